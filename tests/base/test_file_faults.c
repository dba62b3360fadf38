/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic writes while the system fails or kills the process at every single call in turn. Linked
 * with --wrap for the calls below, so it knows which calls src/base/file_writer.c makes. */
#include "base/file.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "sc_temp.h"

/* Which call to spoil, counted from 1, and how. */
static struct faults {
    int calls, spoil;
    int error;          /* returned by the spoilt call */
    bool kill;          /* the process dies just before the spoilt call */
    bool no_unnamed;    /* a file system without O_TMPFILE */
    bool interruptions; /* every other call returns EINTR, and writes are short */
} faults;

static bool spoilt(void) {
    if (++faults.calls != faults.spoil) return false;
    if (faults.kill) raise(SIGKILL);
    errno = faults.error;
    return true;
}

static bool interrupted(void) {
    static bool now;
    now = faults.interruptions && !now;
    if (now) errno = EINTR;
    return now;
}

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, mode_t mode);
int __wrap_openat(int folder, const char *path, int flags, mode_t mode) {
    if (faults.no_unnamed && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return spoilt() ? -1 : __real_openat(folder, path, flags, mode);
}

ssize_t __real_write(int file, const void *data, size_t size);
ssize_t __wrap_write(int file, const void *data, size_t size);
ssize_t __wrap_write(int file, const void *data, size_t size) {
    if (spoilt() || interrupted()) return -1;
    return __real_write(file, data, faults.interruptions && size > 3 ? 3 : size);
}

int __real_fsync(int file);
int __wrap_fsync(int file);
int __wrap_fsync(int file) {
    return spoilt() || interrupted() ? -1 : __real_fsync(file);
}

int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file) {
    bool failed = spoilt();
    int code = errno, result = __real_close(file);
    errno = code;
    return failed ? -1 : result;
}

int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags) {
    return spoilt() ? -1 : __real_linkat(from, old, to, new, flags);
}

int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new) {
    return spoilt() ? -1 : __real_renameat(from, old, to, new);
}

static const char new_text[] = "the new content";

static socle_status write_new(sc_env *env, const char *path) {
    faults.calls = 0;
    return sc_file_write_whole(env, path, new_text, sizeof new_text - 1);
}

static bool file_says(sc_env *env, const char *path, const char *text) {
    char *data;
    size_t size;
    faults.spoil = 0;
    SC_OK(env, sc_file_read(env, &data, &size, path, 1000));
    bool same = strcmp(data, text) == 0;
    sc_release(env, data);
    return same;
}

/* Returns how many calls a whole write makes; every one of them was spoilt once. */
static int fail_each_call(int error) {
    enum { MOST_CALLS = 100 };
    for (int spoil = 1; spoil < MOST_CALLS; spoil++) {
        sc_env env;
        sc_temp temp;
        sc_env_init(&env, NULL, NULL);
        sc_temp_make(&temp);
        const char *path = sc_temp_put(&temp, "model", "old", 3);
        SC_REPRO("error %d at call %d", error, spoil);
        faults.spoil = spoil;
        faults.error = error;
        socle_status status = write_new(&env, path);
        int calls = faults.calls;
        SC_TRUE(status == SOCLE_OK || status == SOCLE_STATUS_IO);
        if (status == SOCLE_OK) SC_TRUE(file_says(&env, path, new_text));
        if (status != SOCLE_OK) SC_TRUE(env.text[0] != '\0');
        SC_TRUE(file_says(&env, path, "old") || file_says(&env, path, new_text));
        SC_EQ(sc_temp_count(&temp), 1);
        sc_temp_remove(&temp);
        if (calls < spoil) return calls;
    }
    SC_TEST_FAIL("a write makes more than %d calls", MOST_CALLS);
    return 0;
}

Test(file_faults, each_call_fails) {
    static const int errors[] = {EIO, ENOSPC, EXDEV, EACCES, EDQUOT, EINVAL};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        SC_TRUE(fail_each_call(errors[i]) >= 6);
        faults.no_unnamed = !faults.no_unnamed;
        SC_TRUE(fail_each_call(errors[i]) >= 6);
    }
}

static void kill_before_each_call(bool no_unnamed) {
    bool killed = true;
    for (int spoil = 1; killed; spoil++) {
        sc_env env;
        sc_temp temp;
        sc_env_init(&env, NULL, NULL);
        sc_temp_make(&temp);
        const char *path = sc_temp_put(&temp, "model", "old", 3);
        SC_REPRO("killed before call %d", spoil);
        pid_t child = fork();
        if (child == 0) {
            faults = (struct faults){.spoil = spoil, .kill = true, .no_unnamed = no_unnamed};
            _exit(write_new(&env, path) == SOCLE_OK ? 0 : 1);
        }
        int state;
        SC_EQ(waitpid(child, &state, 0), child);
        killed = WIFSIGNALED(state);
        SC_TRUE(killed || WEXITSTATUS(state) == 0);
        SC_TRUE((killed && file_says(&env, path, "old")) || file_says(&env, path, new_text));
        SC_TRUE(sc_temp_count(&temp) <= 2);
        SC_OK(&env, write_new(&env, path));
        SC_TRUE(file_says(&env, path, new_text));
        sc_temp_remove(&temp);
    }
}

Test(file_faults, killed_before_each_call) {
    kill_before_each_call(false);
    kill_before_each_call(true);
}

Test(file_faults, interruptions_and_short_writes) {
    sc_env env;
    sc_temp temp;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "model");
    faults.interruptions = true;
    SC_OK(&env, write_new(&env, path));
    faults.interruptions = false;
    SC_TRUE(faults.calls >= 10);
    SC_TRUE(file_says(&env, path, new_text));
    sc_temp_remove(&temp);
}
