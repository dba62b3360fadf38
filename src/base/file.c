/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whole files, making folders and finding the user's. Writing is file_writer.c. A path may
 * name anything (a FIFO, a device, a file that grows), so only regular files are read, up to a
 * limit. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static const char *kind_of_file(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

/* Opens without blocking: a pipe would block until another process writes. */
static socle_status open_file(sc_env *env, int *out, const char *path) {
    *out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*out >= 0) return SOCLE_OK;
    int code = errno;
    bool missing = code == ENOENT || code == ENOTDIR;
    return sc_fail(env, missing ? SOCLE_STATUS_NOT_FOUND : SOCLE_STATUS_IO, "cannot open %s: %s",
                   path, strerror(code));
}

static socle_status look_at(sc_env *env, int file, struct stat *info, const char *path) {
    if (fstat(file, info) != 0)
        return sc_fail(env, SOCLE_STATUS_IO, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISREG(info->st_mode))
        return sc_fail(env, SOCLE_STATUS_IO, "cannot read %s: it is %s, a regular file is needed",
                       path, kind_of_file(info->st_mode));
    return SOCLE_OK;
}

static socle_status over_limit(sc_env *env, const char *path, size_t limit) {
    return sc_fail(env, SOCLE_STATUS_DATA, "%s is larger than the limit of %zu bytes", path, limit);
}

/* Reads to the end. The size that was announced is only a first guess: the file may grow meanwhile,
 * and files under /proc announce 0. */
static socle_status read_to_end(sc_env *env, char **data, size_t *size, int file, const char *path,
                                size_t limit, size_t capacity) {
    for (;;) {
        size_t needed;
        if (!sc_add_size(&needed, *size, 2)) return over_limit(env, path, limit);
        SC_TRY(sc_grow(env, data, &capacity, needed, 1));
        ssize_t got = read(file, *data + *size, capacity - 1 - *size);
        if (got == 0) return SOCLE_OK;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return sc_fail(env, SOCLE_STATUS_IO, "reading %s failed after %zu bytes: %s", path,
                           *size, strerror(errno));
        *size += (size_t)got;
        if (*size > limit) return over_limit(env, path, limit);
    }
}

socle_status sc_file_read_open(sc_env *env, char **data, size_t *size, int file, const char *path,
                               size_t limit) {
    *data = NULL;
    *size = 0;
    struct stat info;
    SC_TRY(look_at(env, file, &info, path));
    size_t capacity;
    if ((uint64_t)info.st_size > limit || !sc_add_size(&capacity, (size_t)info.st_size, 2))
        return over_limit(env, path, limit);
    SC_TRY(sc_allocate(env, data, capacity, 1));
    socle_status status = read_to_end(env, data, size, file, path, limit, capacity);
    if (status == SOCLE_OK) {
        (*data)[*size] = '\0';
    } else {
        sc_release(env, *data);
        *data = NULL;
        *size = 0;
    }
    return status;
}

socle_status sc_file_read(sc_env *env, char **data, size_t *size, const char *path, size_t limit) {
    int file;
    *data = NULL;
    *size = 0;
    SC_TRY(open_file(env, &file, path));
    socle_status status = sc_file_read_open(env, data, size, file, path, limit);
    close(file);
    return status;
}

static socle_status make_directory(sc_env *env, const char *path, unsigned mode) {
    if (mkdir(path, mode) == 0) return SOCLE_OK;
    int code = errno;
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) return SOCLE_OK;
        code = ENOTDIR;
    }
    return sc_fail(env, SOCLE_STATUS_IO, "cannot make the directory %s: %s", path, strerror(code));
}

socle_status sc_make_directories_mode(sc_env *env, const char *path, unsigned mode) {
    char *partial;
    if (path[0] == '\0')
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "a directory has no name");
    SC_TRY(sc_copy_string(env, &partial, path));
    socle_status status = SOCLE_OK;
    for (char *end = partial + 1; status == SOCLE_OK && *end; end++) {
        if (*end != '/' || end[-1] == '/') continue;
        *end = '\0';
        status = make_directory(env, partial, mode);
        *end = '/';
    }
    if (status == SOCLE_OK) status = make_directory(env, partial, mode);
    sc_release(env, partial);
    return status;
}

socle_status sc_make_directories(sc_env *env, const char *path) {
    return sc_make_directories_mode(env, path, 0777);
}

socle_status sc_user_directory(sc_env *env, char **out, const char *kind, const char *leaf) {
    bool cache = strcmp(kind, "cache") == 0;
    const char *variable = cache ? "XDG_CACHE_HOME" : "XDG_DATA_HOME";
    const char *folder = getenv(variable), *home = getenv("HOME");
    *out = NULL;
    sc_text path;
    sc_text_init(&path, env);
    /* A relative path in either variable counts as unset, as the XDG specification asks. */
    if (folder && folder[0] == '/')
        sc_text_add(&path, "%s/socle", folder);
    else if (home && home[0] == '/')
        sc_text_add(&path, "%s/%s/socle", home, cache ? ".cache" : ".local/share");
    else
        return sc_fail(env, SOCLE_STATUS_NOT_FOUND,
                       "no folder for %s files: set %s or HOME to an absolute path", kind,
                       variable);
    if (leaf && leaf[0]) sc_text_add(&path, "/%s", leaf);
    socle_status status = path.status;
    if (status == SOCLE_OK) status = sc_copy_string(env, out, path.data);
    sc_text_free(&path);
    return status;
}
