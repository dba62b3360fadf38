/* SPDX-License-Identifier: Apache-2.0 */
/* See small_disk.h. Root mounts it in a mount namespace of its own. Without root a child process
 * does so in a user namespace, where it is root, and keeps it; we reach it through /proc/PID/root.
 * (A process with threads, as one under Criterion is, cannot enter a user namespace itself.) */
#include "small_disk.h"

#include "sc_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t holder; /* 0: the mount is our own */

static bool put(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool done = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    close(file);
    return done;
}

static bool mount_here(const char *path, const char *options) {
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", path, "tmpfs", 0, options) == 0;
}

/* The child's life. */
static void hold(const char *path, const char *options, int ready) {
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bool root = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put("/proc/self/setgroups", "deny") &&
                put("/proc/self/uid_map", users) && put("/proc/self/gid_map", groups);
    if (!root || !mount_here(path, options) || write(ready, "", 1) != 1) _exit(1);
    close(ready);
    for (;;) pause();
}

static void end_holder(void) {
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    holder = 0;
}

static bool mount_in_child(const char *path, const char *options) {
    char disk[256], seen[768], folder[256], byte;
    int ready[2];
    snprintf(disk, sizeof disk, "%s.disk", path);
    if (!getcwd(folder, sizeof folder) || (mkdir(disk, 0700) != 0 && errno != EEXIST) ||
        pipe2(ready, O_CLOEXEC) != 0)
        return false;
    holder = fork();
    if (holder == 0) hold(disk, options, ready[1]);
    close(ready[1]);
    bool held = holder > 0 && read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    snprintf(seen, sizeof seen, "/proc/%d/root%s/%s", (int)holder, folder, disk);
    if (held && rmdir(path) == 0 && symlink(seen, path) == 0) return true;
    if (holder > 0) end_holder();
    return false;
}

bool small_disk_mount(const char *path, size_t bytes, const char **reason) {
    char options[64];
    snprintf(options, sizeof options, "size=%zu", bytes);
    *reason = "mounting a small tmpfs needs root or user namespaces";
    static bool inside;
    if (!inside) inside = unshare(CLONE_NEWNS) == 0;
    return inside ? mount_here(path, options) : mount_in_child(path, options);
}

void small_disk_unmount(const char *path) {
    bool done = true;
    if (holder) {
        end_holder();
        done = unlink(path) == 0 && mkdir(path, 0700) == 0;
    } else {
        done = umount(path) == 0;
    }
    if (!done) SC_TEST_FAIL("cannot unmount %s: %s", path, strerror(errno));
}

static void filler(char name[512], const char *path) {
    snprintf(name, 512, "%s/filler", path);
}

void small_disk_fill(const char *path) {
    char name[512], block[4096] = {0};
    filler(name, path);
    int file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) SC_TEST_FAIL("cannot make %s: %s", name, strerror(errno));
    while (write(file, block, sizeof block) > 0) continue;
    if (errno != ENOSPC) SC_TEST_FAIL("filling %s: %s", name, strerror(errno));
    close(file);
}

void small_disk_free(const char *path) {
    char name[512];
    filler(name, path);
    if (unlink(name) != 0) SC_TEST_FAIL("cannot remove %s: %s", name, strerror(errno));
}
