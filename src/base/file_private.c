/* SPDX-License-Identifier: Apache-2.0 */
/* Files that decide what runs: built programs, records, verdicts about drivers. A user who can
 * write them can run code as this user, and no checksum tells who wrote a file. So such a file is
 * read only if it and its folder belong to the effective user and no other user may write to them,
 * and no folder above lets another user exchange them: the rule of ssh's StrictModes, with the
 * sticky bit allowed. Every name is opened below the folder just checked, never by its path again,
 * so that nothing can be exchanged between look and use. */
#include "base/file.h"
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ABOVE: a folder on the way. Root may own it, and a sticky one may be open to all. PROGRAM: one
 * that is run, or its folder. Root may own it. */
typedef enum place { ABOVE, OWN, PROGRAM } place;

static socle_status check(sc_env *env, int file, const char *path, place place) {
    struct stat info;
    if (fstat(file, &info) != 0)
        return sc_fail(env, SOCLE_STATUS_IO, "cannot look at %s: %s", path, strerror(errno));
    if (info.st_uid != geteuid() && !(place != OWN && info.st_uid == 0))
        return sc_fail(env, SOCLE_STATUS_IO,
                       "%s is not trusted: it belongs to user %lu, who could put code there to be "
                       "run by user %lu",
                       path, (unsigned long)info.st_uid, (unsigned long)geteuid());
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) && !(place == ABOVE && (info.st_mode & S_ISVTX)))
        return sc_fail(
            env, SOCLE_STATUS_IO,
            "%s is not trusted: others may write to it (mode %04o), so they could put code there; "
            "chmod go-w helps, after a look at what is in it",
            path, (unsigned)(info.st_mode & 07777));
    return SOCLE_OK;
}

/* errno of a failed open or realpath. */
static socle_status fail_open(sc_env *env, const char *path) {
    int code = errno;
    if (code == ENOMEM)
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory to look at %s", path);
    bool missing = code == ENOENT || code == ENOTDIR;
    return sc_fail(env, missing ? SOCLE_STATUS_NOT_FOUND : SOCLE_STATUS_IO, "cannot open %s: %s",
                   path, code == ELOOP ? "it is a link" : strerror(code));
}

/* From the root down; `path` has no links, no "." and no "..", and is cut and mended on the way. */
static socle_status walk(sc_env *env, int *folder, char *path, place last) {
    char *name = path + 1;
    *folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder < 0) return fail_open(env, "/");
    SC_TRY(check(env, *folder, "/", *name ? ABOVE : last));
    while (*name) {
        char *end = name + strcspn(name, "/"), after = *end;
        *end = '\0';
        int next = openat(*folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) return fail_open(env, path);
        close(*folder);
        *folder = next;
        SC_TRY(check(env, next, path, after ? ABOVE : last));
        *end = after;
        name = after ? end + 1 : end;
    }
    return SOCLE_OK;
}

/* Opens a folder that no other user can write to. */
static socle_status open_folder(sc_env *env, int *folder, const char *path, place place) {
    *folder = -1;
    char *real = realpath(path, NULL);
    if (!real) return fail_open(env, path);
    socle_status status = walk(env, folder, real, place);
    free(real);
    if (status != SOCLE_OK && *folder >= 0) {
        close(*folder);
        *folder = -1;
    }
    return status;
}

socle_status sc_directory_is_private(sc_env *env, const char *path) {
    int folder;
    SC_TRY(open_folder(env, &folder, path, OWN));
    close(folder);
    return SOCLE_OK;
}

socle_status sc_make_private_directories(sc_env *env, const char *path) {
    SC_TRY(sc_make_directories_mode(env, path, 0700));
    return sc_directory_is_private(env, path);
}

static socle_status open_file(sc_env *env, int *file, const char *path, place place, int flags) {
    char above[PATH_MAX];
    int folder;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = (size_t)(name - path);
    if (length >= sizeof above) {
        errno = ENAMETOOLONG;
        return fail_open(env, path);
    }
    memcpy(above, path, length);
    above[length] = '\0';
    SC_TRY(open_folder(env, &folder, length ? above : ".", place));
    socle_status status = SOCLE_OK;
    *file = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*file < 0) status = fail_open(env, path);
    close(folder);
    return status;
}

socle_status sc_file_read_private(sc_env *env, char **data, size_t *size, const char *path,
                                  size_t limit) {
    int file = -1;
    *data = NULL;
    *size = 0;
    SC_TRY(open_file(env, &file, path, OWN, O_RDONLY));
    socle_status status = check(env, file, path, OWN);
    if (status == SOCLE_OK) status = sc_file_read_open(env, data, size, file, path, limit);
    close(file);
    return status;
}

static socle_status check_program(sc_env *env, int file, const char *path) {
    struct stat info;
    SC_TRY(check(env, file, path, PROGRAM));
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0)
        return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "%s is no program that this user may run", path);
}

socle_status sc_program_check(sc_env *env, const char *path, bool folders) {
    char *real = realpath(path, NULL);
    if (!real) return fail_open(env, path);
    int file = -1;
    socle_status status = SOCLE_OK;
    if (folders)
        status = open_file(env, &file, real, PROGRAM, O_PATH);
    else if ((file = open(real, O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0)
        status = fail_open(env, path);
    if (status == SOCLE_OK) status = check_program(env, file, real);
    if (file >= 0) close(file);
    free(real);
    return status;
}
