/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whole files and finding folders: limits, and paths that name something else than a file.
 */
#include "base/file.h"

#include "sc_temp.h"

typedef struct fixture {
    sc_env env;
    sc_temp temp;
    char *data;
    size_t size;
} fixture;

static void set_up(fixture *test) {
    sc_env_init(&test->env, NULL, NULL);
    sc_temp_make(&test->temp);
}

Test(file, reads_all_bytes_and_a_zero) {
    fixture test;
    set_up(&test);
    enum { SIZE = 100001 };
    static char bytes[SIZE];
    for (int i = 0; i < SIZE; i++) bytes[i] = (char)(i * 31 + i / 251);
    for (size_t size = 0; size <= SIZE; size = size * 10 + 1) {
        const char *path = sc_temp_put(&test.temp, "bytes", bytes, size);
        SC_REPRO("size %zu", size);
        SC_OK(&test.env, sc_file_read(&test.env, &test.data, &test.size, path, size));
        SC_EQ(test.size, size);
        SC_EQ_MEMORY(test.data, bytes, size);
        SC_EQ(test.data[size], 0);
        sc_release(&test.env, test.data);
    }
    sc_temp_remove(&test.temp);
}

Test(file, limit) {
    fixture test;
    set_up(&test);
    const char *path = sc_temp_put(&test.temp, "ten", "0123456789", 10);
    SC_FAILS(&test.env, sc_file_read(&test.env, &test.data, &test.size, path, 9),
             SOCLE_STATUS_DATA);
    SC_TRUE(test.data == NULL);
    SC_EQ(test.size, 0);
    SC_CONTAINS(test.env.text, "ten");
    SC_CONTAINS(test.env.text, "9 bytes");
    sc_temp_remove(&test.temp);
}

/* Files under /proc announce a size of 0. */
Test(file, announced_size_is_not_trusted) {
    fixture test;
    set_up(&test);
    SC_OK(&test.env, sc_file_read(&test.env, &test.data, &test.size, "/proc/self/status", 1 << 20));
    SC_TRUE(test.size > 100);
    SC_EQ(strlen(test.data), test.size);
    sc_release(&test.env, test.data);
    SC_FAILS(&test.env, sc_file_read(&test.env, &test.data, &test.size, "/proc/self/status", 100),
             SOCLE_STATUS_DATA);
    SC_TRUE(test.data == NULL);
    sc_temp_remove(&test.temp);
}

Test(file, what_is_no_file_is_refused, .timeout = 20) {
    fixture test;
    set_up(&test);
    SC_FAILS(&test.env, sc_file_read(&test.env, &test.data, &test.size, test.temp.path, 100),
             SOCLE_STATUS_IO);
    SC_CONTAINS(test.env.text, "directory");
    const char *pipe_path = sc_temp_file(&test.temp, "pipe");
    SC_EQ(mkfifo(pipe_path, 0600), 0);
    SC_FAILS(&test.env, sc_file_read(&test.env, &test.data, &test.size, pipe_path, 100),
             SOCLE_STATUS_IO);
    SC_CONTAINS(test.env.text, "pipe");
    SC_FAILS(&test.env, sc_file_read(&test.env, &test.data, &test.size, "/dev/zero", 100),
             SOCLE_STATUS_IO);
    const char *missing = sc_temp_file(&test.temp, "missing");
    SC_FAILS(&test.env, sc_file_read(&test.env, &test.data, &test.size, missing, 100),
             SOCLE_STATUS_NOT_FOUND);
    SC_CONTAINS(test.env.text, "missing");
    sc_temp_put(&test.temp, "plain", "x", 1);
    const char *below = sc_temp_file(&test.temp, "plain/below");
    SC_FAILS(&test.env, sc_file_read(&test.env, &test.data, &test.size, below, 100),
             SOCLE_STATUS_NOT_FOUND);
    sc_temp_remove(&test.temp);
}

static socle_status read_one(sc_env *env, void *argument) {
    char *data;
    size_t size;
    SC_TRY(sc_file_read(env, &data, &size, argument, 1 << 20));
    sc_release(env, data);
    return SOCLE_OK;
}

Test(file, reading_under_refusal) {
    char path[] = "/proc/self/status";
    sc_test_each_allocation(read_one, path);
}

Test(file, directories_are_made_on_the_way) {
    fixture test;
    set_up(&test);
    const char *deep = sc_temp_file(&test.temp, "a/b//c/");
    SC_OK(&test.env, sc_make_directories(&test.env, deep));
    struct stat info;
    SC_EQ(stat(deep, &info), 0);
    SC_TRUE(S_ISDIR(info.st_mode));
    SC_OK(&test.env, sc_make_directories(&test.env, deep));
    SC_OK(&test.env, sc_make_directories(&test.env, "/"));
    SC_OK(&test.env, sc_make_directories(&test.env, "."));
    SC_FAILS(&test.env, sc_make_directories(&test.env, ""), SOCLE_STATUS_INVALID_ARGUMENT);
    sc_temp_put(&test.temp, "plain", "x", 1);
    const char *below = sc_temp_file(&test.temp, "plain/below");
    SC_FAILS(&test.env, sc_make_directories(&test.env, below), SOCLE_STATUS_IO);
    const char *plain = sc_temp_file(&test.temp, "plain");
    SC_FAILS(&test.env, sc_make_directories(&test.env, plain), SOCLE_STATUS_IO);
    SC_CONTAINS(test.env.text, "plain");
    sc_temp_remove(&test.temp);
}

static void check_directory(sc_env *env, const char *kind, const char *leaf, const char *expected) {
    char *path;
    SC_OK(env, sc_user_directory(env, &path, kind, leaf));
    SC_EQ_STR(path, expected);
    sc_release(env, path);
}

Test(file, user_directories_follow_xdg) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    char *path = (char *)&env;
    setenv("HOME", "/home/someone", 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("XDG_DATA_HOME");
    check_directory(&env, "cache", "programs", "/home/someone/.cache/socle/programs");
    check_directory(&env, "data", "tune", "/home/someone/.local/share/socle/tune");
    check_directory(&env, "data", NULL, "/home/someone/.local/share/socle");
    setenv("XDG_CACHE_HOME", "/var/c", 1);
    setenv("XDG_DATA_HOME", "not/absolute", 1);
    check_directory(&env, "cache", "programs", "/var/c/socle/programs");
    check_directory(&env, "data", "tune", "/home/someone/.local/share/socle/tune");
    unsetenv("HOME");
    SC_FAILS(&env, sc_user_directory(&env, &path, "data", "tune"), SOCLE_STATUS_NOT_FOUND);
    SC_TRUE(path == NULL);
    SC_CONTAINS(env.text, "XDG_DATA_HOME");
}
