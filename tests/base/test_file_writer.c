/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic writes: whatever goes wrong, the old file is whole and nothing is left lying about. */
#include "base/file.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "sc_temp.h"

typedef struct fixture {
    sc_env env;
    sc_temp temp;
    char path[512];
} fixture;

/* A folder with one file, "model", that says "old". */
static void set_up(fixture *test) {
    sc_env_init(&test->env, NULL, NULL);
    sc_temp_make(&test->temp);
    snprintf(test->path, sizeof test->path, "%s", sc_temp_put(&test->temp, "model", "old", 3));
}

static void check_content(fixture *test, const char *expected) {
    char *data;
    size_t size;
    SC_OK(&test->env, sc_file_read(&test->env, &data, &size, test->path, 1 << 20));
    SC_EQ_STR(data, expected);
    sc_release(&test->env, data);
}

Test(file_writer, commit_replaces) {
    fixture test;
    set_up(&test);
    sc_file_writer *writer;
    SC_OK(&test.env, sc_file_writer_open(&writer, &test.env, test.path));
    SC_OK(&test.env, sc_file_writer_write(writer, "new ", 4));
    check_content(&test, "old");
    SC_OK(&test.env, sc_file_writer_write(writer, "content", 7));
    SC_OK(&test.env, sc_file_writer_write(writer, NULL, 0));
    SC_OK(&test.env, sc_file_writer_commit(writer));
    check_content(&test, "new content");
    SC_EQ(sc_temp_count(&test.temp), 1);
    sc_temp_remove(&test.temp);
}

Test(file_writer, mode_follows_umask) {
    fixture test;
    set_up(&test);
    struct stat info;
    umask(027);
    SC_OK(&test.env, sc_file_write_whole(&test.env, test.path, "x", 1));
    SC_EQ(stat(test.path, &info), 0);
    SC_EQ(info.st_mode & 0777, 0640);
    sc_temp_remove(&test.temp);
}

Test(file_writer, abandon_leaves_the_original) {
    fixture test;
    set_up(&test);
    sc_file_writer *writer;
    SC_OK(&test.env, sc_file_writer_open(&writer, &test.env, test.path));
    SC_OK(&test.env, sc_file_writer_write(writer, "half", 4));
    sc_file_writer_abandon(writer);
    sc_file_writer_abandon(NULL);
    check_content(&test, "old");
    SC_EQ(sc_temp_count(&test.temp), 1);
    sc_temp_remove(&test.temp);
}

/* Writes more than fits: the failure is kept by the writer, the file as it was. */
static void check_too_large(fixture *test) {
    enum { PIECE = 16384, PIECES = 32 };
    static char piece[PIECE];
    memset(piece, 'x', sizeof piece);
    sc_file_writer *writer;
    SC_OK(&test->env, sc_file_writer_open(&writer, &test->env, test->path));
    socle_status status = SOCLE_OK;
    for (int i = 0; i < PIECES; i++) status = sc_file_writer_write(writer, piece, PIECE);
    SC_EQ(status, SOCLE_STATUS_IO);
    SC_CONTAINS(test->env.text, test->path);
    SC_EQ(sc_file_writer_write(writer, "y", 1), SOCLE_STATUS_IO);
    SC_EQ(sc_file_writer_commit(writer), SOCLE_STATUS_IO);
    SC_CONTAINS(test->env.text, "writing");
    check_content(test, "old");
    SC_EQ(sc_temp_count(&test->temp), 1);
}

Test(file_writer, size_limit_leaves_the_original) {
    fixture test;
    set_up(&test);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {100000, 100000};
    SC_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    check_too_large(&test);
    sc_temp_remove(&test.temp);
}

Test(file_writer, full_disk_leaves_the_original) {
    fixture test;
    sc_env_init(&test.env, NULL, NULL);
    sc_temp_make(&test.temp);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", test.temp.path, "tmpfs", 0, "size=128k") != 0) {
        sc_temp_remove(&test.temp);
        cr_skip_test("mounting a small tmpfs needs root, outside a chroot");
    }
    snprintf(test.path, sizeof test.path, "%s", sc_temp_put(&test.temp, "model", "old", 3));
    check_too_large(&test);
    SC_CONTAINS(test.env.text, "No space left");
    SC_EQ(umount(test.temp.path), 0);
    sc_temp_remove(&test.temp);
}

Test(file_writer, targets_that_are_no_files) {
    fixture test;
    set_up(&test);
    sc_file_writer *writer = (sc_file_writer *)&test;
    SC_FAILS(&test.env, sc_file_writer_open(&writer, &test.env, test.temp.path), SOCLE_STATUS_IO);
    SC_TRUE(writer == NULL);
    SC_FAILS(&test.env, sc_file_writer_open(&writer, &test.env, "/dev/null"), SOCLE_STATUS_IO);
    SC_FAILS(&test.env, sc_file_writer_open(&writer, &test.env, ""), SOCLE_STATUS_IO);
    const char *slash = sc_temp_file(&test.temp, "new/");
    SC_FAILS(&test.env, sc_file_writer_open(&writer, &test.env, slash), SOCLE_STATUS_IO);
    const char *nowhere = sc_temp_file(&test.temp, "no/such/folder");
    SC_FAILS(&test.env, sc_file_writer_open(&writer, &test.env, nowhere), SOCLE_STATUS_IO);
    SC_CONTAINS(test.env.text, "no/such/folder");
    SC_EQ(sc_temp_count(&test.temp), 1);
    sc_temp_remove(&test.temp);
}

/* The link is replaced, what it points at is not touched. */
Test(file_writer, links_are_not_followed) {
    fixture test;
    set_up(&test);
    char link_path[512];
    snprintf(link_path, sizeof link_path, "%s", sc_temp_file(&test.temp, "link"));
    SC_EQ(symlink("model", link_path), 0);
    SC_OK(&test.env, sc_file_write_whole(&test.env, link_path, "new", 3));
    check_content(&test, "old");
    struct stat info;
    SC_EQ(lstat(link_path, &info), 0);
    SC_TRUE(S_ISREG(info.st_mode));
    sc_temp_remove(&test.temp);
}

Test(file_writer, long_names_and_plain_names) {
    fixture test;
    set_up(&test);
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    const char *path = sc_temp_file(&test.temp, name);
    SC_OK(&test.env, sc_file_write_whole(&test.env, path, "x", 1));
    SC_EQ(chdir(test.temp.path), 0);
    SC_OK(&test.env, sc_file_write_whole(&test.env, "model", "here", 4));
    check_content(&test, "here");
    SC_EQ(sc_temp_count(&test.temp), 2);
    sc_temp_remove(&test.temp);
}

static socle_status write_one(sc_env *env, void *argument) {
    fixture *test = argument;
    socle_status status = sc_file_write_whole(env, test->path, "new", 3);
    SC_EQ(sc_temp_count(&test->temp), 1);
    return status;
}

Test(file_writer, writing_under_refusal) {
    fixture test;
    set_up(&test);
    sc_test_each_allocation(write_one, &test);
    check_content(&test, "new");
    sc_temp_remove(&test.temp);
}
