/* SPDX-License-Identifier: Apache-2.0 */
/* Files that decide what runs are read only if no other user can have written them. Tests that need
 * files of another user run as root alone. */
#include "base/file.h"
#include "base/program.h"

#include "sc_temp.h"

enum { SOMEBODY = 12345 };

typedef struct fixture {
    sc_env env;
    sc_temp temp;
    char folder[300], path[320];
} fixture;

/* temp/folder/file, all private. */
static void set_up(fixture *f) {
    sc_env_init(&f->env, NULL, NULL);
    sc_temp_make(&f->temp);
    snprintf(f->folder, sizeof f->folder, "%s/folder", f->temp.path);
    snprintf(f->path, sizeof f->path, "%s/file", f->folder);
    SC_OK(&f->env, sc_make_private_directories(&f->env, f->folder));
    sc_temp_put(&f->temp, "folder/file", "secret", 6);
    SC_EQ(chmod(f->path, 0644), 0);
}

static void tear_down(fixture *f) {
    sc_temp_remove(&f->temp);
}

static socle_status read_it(fixture *f) {
    char *data;
    size_t size;
    socle_status status = sc_file_read_private(&f->env, &data, &size, f->path, 100);
    if (status == SOCLE_OK) {
        SC_EQ(size, 6);
        SC_EQ_STR(data, "secret");
    } else {
        SC_TRUE(!data && size == 0);
    }
    sc_release(&f->env, data);
    return status;
}

static void refused(fixture *f, const char *what) {
    SC_REPRO("%s", what);
    SC_FAILS(&f->env, read_it(f), SOCLE_STATUS_IO);
    SC_CONTAINS(f->env.text, "not trusted");
    SC_CONTAINS(f->env.text, what);
}

Test(file_private, ones_own_are_read) {
    fixture f;
    set_up(&f);
    struct stat info;
    SC_EQ(stat(f.folder, &info), 0);
    SC_EQ(info.st_mode & 07777, 0700); /* whatever the umask */
    SC_OK(&f.env, read_it(&f));
    SC_EQ(chmod(f.folder, 0755), 0);
    SC_OK(&f.env, read_it(&f));
    SC_OK(&f.env, sc_directory_is_private(&f.env, f.folder));
    SC_EQ(chdir(f.folder), 0);
    snprintf(f.path, sizeof f.path, "file"); /* relative */
    SC_OK(&f.env, read_it(&f));
    SC_EQ(chdir("/"), 0);
    tear_down(&f);
}

Test(file_private, what_others_can_write_is_refused) {
    fixture f;
    set_up(&f);
    static const mode_t open[] = {0020, 0002, 0022};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        SC_EQ(chmod(f.path, 0644 | open[i]), 0);
        refused(&f, "/folder/file is");
        SC_EQ(chmod(f.path, 0644), 0);
        SC_EQ(chmod(f.folder, 0700 | open[i]), 0);
        refused(&f, "/folder is");
        SC_FAILS(&f.env, sc_directory_is_private(&f.env, f.folder), SOCLE_STATUS_IO);
        SC_FAILS(&f.env, sc_make_private_directories(&f.env, f.folder), SOCLE_STATUS_IO);
        SC_EQ(chmod(f.folder, 01700 | open[i]), 0); /* sticky helps a folder above alone: names can
                                                       be added */
        refused(&f, "/folder is");
        SC_EQ(chmod(f.folder, 0700), 0);
        SC_EQ(chmod(f.temp.path, 0700 | open[i]), 0); /* a folder above: its entries can be
                                                         exchanged */
        refused(&f, f.temp.path);
        SC_EQ(chmod(f.temp.path, 01700 | open[i]), 0);
        SC_OK(&f.env, read_it(&f));
        SC_EQ(chmod(f.temp.path, 0700), 0);
        SC_OK(&f.env, read_it(&f));
    }
    tear_down(&f);
}

Test(file_private, of_somebody_else) {
    if (geteuid() != 0) cr_skip_test("only root can make files of somebody else's");
    fixture f;
    set_up(&f);
    SC_EQ(chown(f.path, SOMEBODY, SOMEBODY), 0);
    refused(&f, "/folder/file is");
    SC_CONTAINS(f.env.text, "user 12345");
    SC_EQ(chown(f.path, 0, SOMEBODY), 0);
    SC_OK(&f.env, read_it(&f)); /* a group that can only read */
    SC_EQ(chown(f.folder, SOMEBODY, 0), 0);
    refused(&f, "/folder is");
    SC_EQ(chown(f.folder, 0, 0), 0);
    SC_EQ(chown(f.temp.path, SOMEBODY, 0), 0);
    refused(&f, f.temp.path);
    SC_EQ(chown(f.temp.path, 0, 0), 0);
    SC_OK(&f.env, read_it(&f));
    /* Root's files are not this user's, but root's folders may be above them. */
    SC_EQ(chown(f.folder, SOMEBODY, 0), 0);
    SC_EQ(chown(f.path, SOMEBODY, 0), 0);
    SC_EQ(chmod(f.temp.path, 0755), 0);
    SC_EQ(seteuid(SOMEBODY), 0);
    socle_status own = read_it(&f);
    SC_EQ(seteuid(0), 0);
    SC_OK(&f.env, own);
    SC_EQ(chown(f.path, 0, 0), 0);
    SC_EQ(seteuid(SOMEBODY), 0);
    socle_status of_root = read_it(&f);
    SC_EQ(seteuid(0), 0);
    SC_EQ(of_root, SOCLE_STATUS_IO);
    tear_down(&f);
}

/* A link to a folder is followed, and what it points at is asked; a link in the place of the file
 * is not. */
Test(file_private, links) {
    fixture f;
    set_up(&f);
    char other[300];
    snprintf(other, sizeof other, "%s/other", f.temp.path);
    SC_EQ(symlink(f.folder, other), 0);
    snprintf(f.path, sizeof f.path, "%s/file", other);
    SC_OK(&f.env, read_it(&f));
    SC_EQ(chmod(f.folder, 0777), 0);
    refused(&f, "/folder is");
    SC_EQ(chmod(f.folder, 0700), 0);
    snprintf(f.path, sizeof f.path, "%s/link", f.folder);
    SC_EQ(symlink("file", f.path), 0);
    SC_FAILS(&f.env, read_it(&f), SOCLE_STATUS_IO);
    SC_CONTAINS(f.env.text, "it is a link");
    tear_down(&f);
}

static void refused_program(fixture *f, bool folders, const char *what) {
    SC_REPRO("%s", what);
    SC_FAILS(&f->env, sc_program_check(&f->env, f->path, folders), SOCLE_STATUS_IO);
    SC_CONTAINS(f->env.text, "not trusted");
    SC_CONTAINS(f->env.text, what);
}

/* What is run may be root's; who can write to its folder matters where it was only named. */
Test(file_private, programs) {
    fixture f;
    set_up(&f);
    SC_FAILS(&f.env, sc_program_check(&f.env, f.path, true), SOCLE_STATUS_NOT_FOUND);
    SC_EQ(chmod(f.path, 0711), 0);
    SC_OK(&f.env, sc_program_check(&f.env, f.path, true));
    SC_OK(&f.env, sc_program_check(&f.env, "/bin/sh", true));
    SC_EQ(chmod(f.path, 0775), 0);
    refused_program(&f, true, "/folder/file is");
    refused_program(&f, false, "chmod go-w helps");
    SC_EQ(chmod(f.path, 0755), 0);
    SC_EQ(chmod(f.folder, 0775), 0);
    refused_program(&f, true, "/folder is");
    SC_OK(&f.env, sc_program_check(&f.env, f.path, false));
    SC_EQ(chmod(f.folder, 01777), 0);
    refused_program(&f, true, "/folder is");
    SC_EQ(chmod(f.folder, 0700), 0);
    if (geteuid() == 0) {
        SC_EQ(chown(f.path, SOMEBODY, 0), 0);
        refused_program(&f, true, "user 12345");
        refused_program(&f, false, "user 12345");
    }
    SC_EQ(unlink(f.path), 0);
    SC_FAILS(&f.env, sc_program_check(&f.env, f.path, false), SOCLE_STATUS_NOT_FOUND);
    tear_down(&f);
}

Test(file_private, no_file) {
    fixture f;
    set_up(&f);
    SC_EQ(unlink(f.path), 0);
    SC_FAILS(&f.env, read_it(&f), SOCLE_STATUS_NOT_FOUND);
    SC_EQ(mkdir(f.path, 0700), 0);
    SC_FAILS(&f.env, read_it(&f), SOCLE_STATUS_IO);
    SC_EQ(rmdir(f.path), 0);
    SC_EQ(mkfifo(f.path, 0600), 0); /* and no call waits for a writer */
    SC_FAILS(&f.env, read_it(&f), SOCLE_STATUS_IO);
    SC_EQ(unlink(f.path), 0);
    sc_temp_put(&f.temp, "folder/file", "0123456789", 10);
    char *data;
    size_t size;
    SC_FAILS(&f.env, sc_file_read_private(&f.env, &data, &size, f.path, 9), SOCLE_STATUS_DATA);
    SC_EQ(unlink(f.path), 0);
    SC_EQ(rmdir(f.folder), 0);
    SC_FAILS(&f.env, read_it(&f), SOCLE_STATUS_NOT_FOUND);
    SC_FAILS(&f.env, sc_directory_is_private(&f.env, f.folder), SOCLE_STATUS_NOT_FOUND);
    sc_temp_put(&f.temp, "folder", "", 0);
    SC_FAILS(&f.env, sc_make_private_directories(&f.env, f.folder), SOCLE_STATUS_IO);
    tear_down(&f);
}

static socle_status make_and_read(sc_env *env, void *argument) {
    fixture *f = argument;
    char *data;
    size_t size;
    SC_TRY(sc_make_private_directories(env, f->folder));
    SC_TRY(sc_file_read_private(env, &data, &size, f->path, 100));
    sc_release(env, data);
    return SOCLE_OK;
}

Test(file_private, refused_allocations) {
    fixture f;
    set_up(&f);
    sc_test_each_allocation(make_and_read, &f);
    tear_down(&f);
}
