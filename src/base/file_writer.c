/* SPDX-License-Identifier: Apache-2.0 */
/* Files that appear whole or not at all: the bytes go to a temporary file in the same directory,
 * are synced, and take the name by a rename. A crash at any point leaves the old file as it was. */
#include "base/file.h"
#include "base/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SELF_PATH = 64, NAME_ATTEMPTS = 100, FILE_MODE = 0644 };

/* The directory is held open: a chdir, or a rename of the directory, between open and commit does
 * no harm. */
struct sc_file_writer {
    sc_env *env;
    char *path;
    const char *name; /* last part of path */
    int directory, file;
    char temporary[SC_TEMPORARY_NAME]; /* "" while there is no such entry */
    socle_status status;               /* of the first failure; text is with the env */
};

static socle_status fail_io(sc_file_writer *writer, const char *what) {
    int code = errno;
    writer->status = sc_fail(writer->env, SOCLE_STATUS_IO, "cannot write %s: %s: %s", writer->path,
                             what, strerror(code));
    return writer->status;
}

void sc_file_writer_abandon(sc_file_writer *writer) {
    if (!writer) return;
    if (writer->file >= 0) close(writer->file);
    if (writer->temporary[0]) unlinkat(writer->directory, writer->temporary, 0);
    if (writer->directory >= 0) close(writer->directory);
    sc_release(writer->env, writer->path);
    sc_release(writer->env, writer);
}

/* A rename would replace a device or a pipe by a plain file; a directory it could not replace. */
static socle_status check_target(sc_file_writer *writer) {
    struct stat info;
    if (fstatat(writer->directory, writer->name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? SOCLE_OK : fail_io(writer, "looking at it");
    if (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) return SOCLE_OK;
    return sc_fail(writer->env, SOCLE_STATUS_IO,
                   "cannot write %s: it exists and is no regular file", writer->path);
}

static socle_status open_directory(sc_file_writer *writer) {
    char *slash = strrchr(writer->path, '/');
    writer->name = slash ? slash + 1 : writer->path;
    if (writer->name[0] == '\0')
        return sc_fail(writer->env, SOCLE_STATUS_IO, "cannot write \"%s\": a file name is needed",
                       writer->path);
    const char *directory = ".";
    if (slash == writer->path)
        directory = "/";
    else if (slash) {
        *slash = '\0';
        directory = writer->path;
    }
    writer->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = errno;
    if (slash) *slash = '/';
    errno = code;
    return writer->directory < 0 ? fail_io(writer, "opening its directory") : SOCLE_OK;
}

typedef int (*make_entry)(sc_file_writer *writer, const char *name);

/* Finds a new name for an entry beside the target. Making one refuses whatever exists, links
 * included, so the name need not be secret. */
static bool with_new_name(sc_file_writer *writer, make_entry make) {
    const sc_process self = sc_process_self();
    for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        char name[SC_TEMPORARY_NAME];
        sc_temporary_name(name, &self, attempt);
        if (make(writer, name) >= 0) {
            memcpy(writer->temporary, name, sizeof name);
            return true;
        }
        if (errno != EEXIST && errno != EINTR) return false;
    }
    return false;
}

static int create_named(sc_file_writer *writer, const char *name) {
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    return writer->file = openat(writer->directory, name, flags, FILE_MODE);
}

/* Gives the unnamed file a name; the plain way, AT_EMPTY_PATH, needs a privilege. */
static int link_unnamed(sc_file_writer *writer, const char *name) {
    char self[SELF_PATH];
    snprintf(self, sizeof self, "/proc/self/fd/%d", writer->file);
    return linkat(AT_FDCWD, self, writer->directory, name, AT_SYMLINK_FOLLOW);
}

/* An unnamed file where the system has them: a killed process then leaves nothing behind. */
static socle_status open_temporary(sc_file_writer *writer) {
#ifdef O_TMPFILE
    if (access("/proc/self/fd", X_OK) == 0)
        writer->file = openat(writer->directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, FILE_MODE);
    if (writer->file >= 0) return SOCLE_OK;
#endif
    if (with_new_name(writer, create_named)) return SOCLE_OK;
    return fail_io(writer, "making a temporary file beside it");
}

socle_status sc_file_writer_open(sc_file_writer **out, sc_env *env, const char *path) {
    *out = NULL;
    sc_file_writer *writer;
    SC_TRY(sc_allocate(env, &writer, 1, sizeof *writer));
    *writer = (sc_file_writer){.env = env, .directory = -1, .file = -1};
    socle_status status = sc_copy_string(env, &writer->path, path);
    if (status == SOCLE_OK) status = open_directory(writer);
    if (status == SOCLE_OK) status = check_target(writer);
    if (status == SOCLE_OK) status = open_temporary(writer);
    if (status != SOCLE_OK) {
        sc_file_writer_abandon(writer);
        return status;
    }
    *out = writer;
    return SOCLE_OK;
}

socle_status sc_file_writer_write(sc_file_writer *writer, const void *data, size_t size) {
    const char *bytes = data;
    while (writer->status == SOCLE_OK && size > 0) {
        ssize_t done = write(writer->file, bytes, size);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return fail_io(writer, "writing");
        bytes += done;
        size -= (size_t)done;
    }
    return writer->status;
}

static int sync_file(int file) {
    int result;
    do result = fsync(file);
    while (result != 0 && errno == EINTR);
    return result;
}

static socle_status finish(sc_file_writer *writer) {
    if (sync_file(writer->file) != 0) return fail_io(writer, "syncing");
    if (!writer->temporary[0] && !with_new_name(writer, link_unnamed))
        return fail_io(writer, "naming its temporary file");
    int closed = close(writer->file);
    writer->file = -1;
    if (closed != 0 && errno != EINTR) return fail_io(writer, "closing");
    if (renameat(writer->directory, writer->temporary, writer->directory, writer->name) != 0)
        return fail_io(writer, "giving it its name");
    writer->temporary[0] = '\0';
    /* Some file systems cannot sync a directory and say EINVAL; there is nothing more to do there.
     */
    if (sync_file(writer->directory) != 0 && errno != EINVAL && errno != ENOTSUP)
        return fail_io(
            writer, "syncing its directory (the file is there, but may not survive a power cut)");
    return SOCLE_OK;
}

socle_status sc_file_writer_commit(sc_file_writer *writer) {
    socle_status status = writer->status;
    if (status == SOCLE_OK) status = finish(writer);
    sc_file_writer_abandon(writer);
    return status;
}

socle_status sc_file_write_whole(sc_env *env, const char *path, const void *data, size_t size) {
    sc_file_writer *writer;
    SC_TRY(sc_file_writer_open(&writer, env, path));
    sc_file_writer_write(writer, data, size); /* a failure comes back from commit */
    return sc_file_writer_commit(writer);
}
