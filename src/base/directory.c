/* SPDX-License-Identifier: Apache-2.0 */
/* See directory.h. The lock is flock on the file: the kernel releases it when the process ends, in
 * whatever way. The holder may remove the file, so a process that got a lock checks whether the
 * file still has its name. */
#include "base/directory.h"
#include "base/temporary.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RECORD = 512, LOCK_ATTEMPTS = 100, LOCK_MODE = 0644 };

struct sc_directory {
    sc_env *env;
    char *path;
    int descriptor, lock;
    bool locked; /* false: the file system has no locks */
};

/* What the lock file says: a line for people, and the holder as sc_process_text writes it. */
typedef struct lock_record {
    char line[RECORD];
    bool known; /* `holder` is set */
    sc_process holder;
} lock_record;

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void read_record(lock_record *out, int file) {
    *out = (lock_record){.line = "a process that did not say who it is"};
    char text[RECORD];
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    if (length <= 0) return;
    text[length] = '\0';
    char *end = strchr(text, '\n');
    if (!end) return;
    *end = '\0';
    out->known = sc_process_parse(&out->holder, end + 1) > 0;
    for (char *c = text; *c; c++) /* no control characters reach the terminal */
        if (*c < ' ' || *c > '~') *c = '?';
    memcpy(out->line, text, (size_t)(end - text) + 1);
}

static bool write_record(int file) {
    const sc_process self = sc_process_self();
    char host[128] = "", since[64], who[SC_PROCESS_TEXT], text[RECORD];
    time_t now = time(NULL);
    struct tm parts;
    gethostname(host, sizeof host - 1);
    gmtime_r(&now, &parts);
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S UTC", &parts);
    sc_process_text(who, &self);
    int length = snprintf(text, sizeof text, "process %llu on %s since %s\n%s\n",
                          (unsigned long long)self.pid, host, since, who);
    return ftruncate(file, 0) == 0 && pwrite(file, text, (size_t)length, 0) == length;
}

static socle_status in_use(const sc_directory *directory, const lock_record *record) {
    return sc_fail(directory->env, SOCLE_STATUS_STATE,
                   "%s is in use by %s: nothing is written there; wait for it to end, or name "
                   "another directory",
                   directory->path, record->line);
}

static socle_status fail_lock(const sc_directory *directory, const char *what) {
    return sc_fail(directory->env, SOCLE_STATUS_IO,
                   "%s: cannot write there: %s " SC_DIRECTORY_LOCK ": %s", directory->path, what,
                   strerror(errno));
}

/* Opens and locks the file that has the name now; leaves it in directory->lock. *lost: another
 * process removed it meanwhile. */
static socle_status try_lock(sc_directory *directory, bool *lost) {
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    struct stat opened, named;
    *lost = false;
    int file = directory->lock = openat(directory->descriptor, SC_DIRECTORY_LOCK, flags, LOCK_MODE);
    if (file < 0 || fstat(file, &opened) != 0) return fail_lock(directory, "opening");
    if (!S_ISREG(opened.st_mode))
        return sc_fail(directory->env, SOCLE_STATUS_IO,
                       "%s: " SC_DIRECTORY_LOCK " in it is no regular file", directory->path);
    int result;
    do result = flock(file, LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    directory->locked = result == 0;
    if (result != 0 && errno == EWOULDBLOCK) {
        lock_record record;
        read_record(&record, file);
        return in_use(directory, &record);
    }
    if (result != 0)
        sc_log_line(directory->env, SOCLE_LOG_WARNING,
                    "%s: this file system has no locks (%s): only the file " SC_DIRECTORY_LOCK
                    " keeps other processes from writing there",
                    directory->path, strerror(errno));
    *lost = fstatat(directory->descriptor, SC_DIRECTORY_LOCK, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
            !same_file(&opened, &named);
    return SOCLE_OK;
}

static void close_lock(sc_directory *directory) {
    if (directory->lock >= 0) close(directory->lock);
    directory->lock = -1;
}

static socle_status lock(sc_directory *directory) {
    for (int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
        bool lost;
        socle_status status = try_lock(directory, &lost);
        if (status == SOCLE_OK && !lost) return SOCLE_OK;
        close_lock(directory);
        SC_TRY(status);
    }
    return sc_fail(directory->env, SOCLE_STATUS_STATE, "%s: other processes keep taking it",
                   directory->path);
}

/* Whether the record of a holder may be overwritten. A process that held a lock of this kernel and
 * holds it no more has ended, even in a container that is not visible from here. */
static socle_status replace_record(sc_directory *directory) {
    lock_record before;
    read_record(&before, directory->lock);
    if (!directory->locked && before.known && sc_process_look(&before.holder) != SC_PROCESS_GONE)
        return sc_fail_prefix(directory->env, in_use(directory, &before),
                              "if that process has ended, remove %s/" SC_DIRECTORY_LOCK,
                              directory->path);
    const sc_process self = sc_process_self();
    bool released = directory->locked && before.known && before.holder.boot == self.boot;
    sc_temporary_remove(directory->descriptor, released ? &before.holder : NULL);
    if (write_record(directory->lock) || directory->locked) return SOCLE_OK;
    return fail_lock(directory, "writing");
}

socle_status sc_directory_hold(sc_directory **out, sc_env *env, const char *path) {
    sc_directory *directory;
    *out = NULL;
    SC_TRY(sc_allocate(env, &directory, 1, sizeof *directory));
    *directory = (sc_directory){.env = env, .descriptor = -1, .lock = -1};
    socle_status status = sc_copy_string(env, &directory->path, path);
    if (status == SOCLE_OK) {
        directory->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory->descriptor < 0)
            status = sc_fail(env, errno == ENOENT ? SOCLE_STATUS_NOT_FOUND : SOCLE_STATUS_IO,
                             "cannot open the directory %s: %s", path, strerror(errno));
    }
    if (status == SOCLE_OK) status = lock(directory);
    if (status == SOCLE_OK) {
        status = replace_record(directory);
        if (status != SOCLE_OK) close_lock(directory); /* its file stays */
    }
    if (status != SOCLE_OK) {
        sc_directory_release(directory);
        return status;
    }
    *out = directory;
    return SOCLE_OK;
}

void sc_directory_release(sc_directory *directory) {
    if (!directory) return;
    if (directory->lock >= 0) unlinkat(directory->descriptor, SC_DIRECTORY_LOCK, 0);
    close_lock(directory);
    if (directory->descriptor >= 0) close(directory->descriptor);
    sc_release(directory->env, directory->path);
    sc_release(directory->env, directory);
}

const char *sc_directory_path(const sc_directory *directory) {
    return directory->path;
}

int sc_directory_descriptor(const sc_directory *directory) {
    return directory->descriptor;
}

/* Where the open directory lies now; false: nowhere, or the system does not say. */
static bool find_path(const sc_directory *directory, const struct stat *held, char out[PATH_MAX]) {
    char self[64];
    struct stat found;
    snprintf(self, sizeof self, "/proc/self/fd/%d", directory->descriptor);
    ssize_t length = readlink(self, out, PATH_MAX - 1);
    if (length <= 0) return false;
    out[length] = '\0';
    return stat(out, &found) == 0 && same_file(&found, held);
}

static bool is_deleted(const struct stat *held, const char *path) {
    static const char mark[] = " (deleted)";
    size_t length = strlen(path), tail = strlen(mark);
    return held->st_nlink == 0 || (length > tail && strcmp(path + length - tail, mark) == 0);
}

socle_status sc_directory_locate(sc_directory *directory) {
    struct stat held, named;
    char now[PATH_MAX] = "", *copy;
    if (fstat(directory->descriptor, &held) != 0)
        return sc_fail(directory->env, SOCLE_STATUS_IO, "cannot look at the directory %s: %s",
                       directory->path, strerror(errno));
    bool exists = stat(directory->path, &named) == 0;
    if (exists && same_file(&held, &named)) return SOCLE_OK;
    const char *instead =
        exists ? "; what has its name now is something else, and stays as it is" : "";
    if (!find_path(directory, &held, now))
        return sc_fail(directory->env, SOCLE_STATUS_IO,
                       "cannot write into %s: it was %s meanwhile%s", directory->path,
                       is_deleted(&held, now) ? "deleted" : "replaced or moved away", instead);
    SC_TRY(sc_copy_string(directory->env, &copy, now));
    sc_log_line(directory->env, SOCLE_LOG_WARNING, "the directory %s was moved: goes on in %s%s",
                directory->path, now, instead);
    sc_release(directory->env, directory->path);
    directory->path = copy;
    return SOCLE_OK;
}

bool sc_directory_exists(const sc_directory *directory) {
    struct stat held, named;
    char now[PATH_MAX];
    if (fstat(directory->descriptor, &held) != 0) return false;
    return (stat(directory->path, &named) == 0 && same_file(&held, &named)) ||
           find_path(directory, &held, now);
}

bool sc_directory_same(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && same_file(&first, &second);
}
