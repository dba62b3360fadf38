/* SPDX-License-Identifier: Apache-2.0 */
/* A run that gives way to another in the same directory stays as DIRECTORY/previous until the other
 * one has written its first model. Its files get second names there (copies, where the file system
 * knows none), so at every moment it is whole in one place or the other. A marker inside tells such
 * a directory from one that a user made. */
#include "base/file.h"
#include "run/run_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREVIOUS "previous"
#define MARKER ".socle-previous"
#define STAGING ".socle-staging"
enum { MOST_PREVIOUS = 1000, PIECE = 1 << 13 };

static DIR *open_folder(int directory, const char *name) {
    int file = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *folder = file < 0 ? NULL : fdopendir(file);
    if (!folder && file >= 0) close(file);
    return folder;
}

static void remove_files(DIR *folder) {
    for (struct dirent *entry; (entry = readdir(folder));)
        if (sc_run_writes(entry->d_name)) unlinkat(dirfd(folder), entry->d_name, 0);
    unlinkat(dirfd(folder), SC_DIRECTORY_LOCK, 0);
    unlinkat(dirfd(folder), MARKER, 0); /* last: a later run finishes the removal while it is there
                                         */
}

/* Removes the folder and the files of a run in it; other files stay, and the folder with them. */
static void remove_folder(int directory, const char *name) {
    DIR *folder = open_folder(directory, name);
    if (!folder) return;
    remove_files(folder);
    closedir(folder);
    unlinkat(directory, name, AT_REMOVEDIR);
}

/* --- Keeping it --- */

static socle_status copy_bytes(sc_env *env, sc_file_writer *writer, int from, const char *target) {
    char piece[PIECE];
    for (ssize_t got; (got = read(from, piece, sizeof piece)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return sc_fail(env, SOCLE_STATUS_IO, "cannot write %s: reading what it copies: %s",
                           target, strerror(errno));
        SC_TRY(sc_file_writer_write(writer, piece, (size_t)got));
    }
    return SOCLE_OK;
}

static socle_status copy_file(sc_env *env, int from, const char *target) {
    sc_file_writer *writer;
    SC_TRY(sc_file_writer_open(&writer, env, target));
    socle_status status = copy_bytes(env, writer, from, target);
    if (status == SOCLE_OK) return sc_file_writer_commit(writer);
    sc_file_writer_abandon(writer);
    return status;
}

static socle_status keep_file(sc_env *env, const sc_directory *directory, int staging,
                              const char *name) {
    int here = sc_directory_descriptor(directory);
    char *folder, *target = NULL;
    struct stat info;
    if (fstatat(here, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode))
        return SOCLE_OK; /* no file of a run */
    if (linkat(here, name, staging, name, 0) == 0) return SOCLE_OK;
    int from = openat(here, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (from < 0)
        return sc_fail(env, SOCLE_STATUS_IO, "cannot keep %s/%s of the run before: %s",
                       sc_directory_path(directory), name, strerror(errno));
    socle_status status = sc_run_file(&folder, env, sc_directory_path(directory), STAGING);
    if (status == SOCLE_OK) status = sc_run_file(&target, env, folder, name);
    if (status == SOCLE_OK) status = copy_file(env, from, target);
    close(from);
    sc_release(env, folder);
    sc_release(env, target);
    return status;
}

static socle_status fail_here(sc_env *env, const sc_directory *directory, const char *what) {
    return sc_fail(env, SOCLE_STATUS_IO, "cannot keep the run before in %s/" PREVIOUS ": %s: %s",
                   sc_directory_path(directory), what, strerror(errno));
}

static socle_status fill(sc_env *env, const sc_directory *directory, int staging) {
    DIR *folder = open_folder(sc_directory_descriptor(directory), ".");
    if (!folder) return fail_here(env, directory, "listing the directory");
    socle_status status = SOCLE_OK;
    for (struct dirent *entry; status == SOCLE_OK && (entry = readdir(folder));)
        if (sc_run_writes(entry->d_name))
            status = keep_file(env, directory, staging, entry->d_name);
    closedir(folder);
    SC_TRY(status);
    int marker = openat(staging, MARKER, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (marker < 0) return fail_here(env, directory, "marking it");
    close(marker);
    return fsync(staging) == 0 || errno == EINVAL || errno == ENOTSUP
               ? SOCLE_OK
               : fail_here(env, directory, "syncing it");
}

static void previous_name(char out[SC_PREVIOUS_NAME], int number) {
    snprintf(out, SC_PREVIOUS_NAME, number == 1 ? PREVIOUS : PREVIOUS "-%d", number);
}

/* Gives the filled directory the first free name. A rename replaces no directory that holds
 * anything. */
static socle_status give_name(char name[SC_PREVIOUS_NAME], sc_env *env,
                              const sc_directory *directory) {
    int here = sc_directory_descriptor(directory);
    struct stat info;
    for (int number = 1; number <= MOST_PREVIOUS; number++) {
        previous_name(name, number);
        if (fstatat(here, name, &info, AT_SYMLINK_NOFOLLOW) == 0) continue;
        if (renameat(here, STAGING, here, name) == 0) return SOCLE_OK;
        if (errno != EEXIST && errno != ENOTEMPTY) break;
    }
    name[0] = '\0';
    return fail_here(env, directory, "naming it");
}

static bool has_files(int directory) {
    DIR *folder = open_folder(directory, ".");
    bool found = false;
    if (!folder) return false;
    for (struct dirent *entry; !found && (entry = readdir(folder));)
        found = sc_run_writes(entry->d_name);
    closedir(folder);
    return found;
}

socle_status sc_run_keep_previous(char name[SC_PREVIOUS_NAME], sc_env *env,
                                  const sc_directory *directory) {
    int here = sc_directory_descriptor(directory);
    name[0] = '\0';
    if (!has_files(here)) return SOCLE_OK;
    remove_folder(here, STAGING); /* of a process that was killed */
    if (mkdirat(here, STAGING, 0777) != 0) return fail_here(env, directory, "making it");
    int staging = openat(here, STAGING, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (staging < 0) return fail_here(env, directory, "opening it");
    socle_status status = fill(env, directory, staging);
    close(staging);
    if (status == SOCLE_OK) status = give_name(name, env, directory);
    if (status != SOCLE_OK) remove_folder(here, STAGING);
    return status;
}

void sc_run_unkeep_previous(const sc_directory *directory, const char *name) {
    if (name[0]) remove_folder(sc_directory_descriptor(directory), name);
}

/* --- Having it --- */

/* previous or previous-N, with our marker inside. */
static bool is_previous(int directory, const char *name) {
    char again[SC_PREVIOUS_NAME], path[SC_PREVIOUS_NAME + sizeof MARKER + 1];
    struct stat info;
    if (strncmp(name, PREVIOUS, strlen(PREVIOUS)) != 0) return false;
    long number = name[strlen(PREVIOUS)] ? strtol(name + strlen(PREVIOUS "-"), NULL, 10) : 1;
    if (number < 1 || number > MOST_PREVIOUS) return false;
    previous_name(again, (int)number);
    if (strcmp(name, again) != 0) return false;
    snprintf(path, sizeof path, "%s/" MARKER, name);
    return fstatat(directory, path, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

bool sc_run_has_previous(const sc_directory *directory) {
    int here = sc_directory_descriptor(directory);
    DIR *folder = open_folder(here, ".");
    bool found = false;
    if (!folder) return false;
    for (struct dirent *entry; !found && (entry = readdir(folder));)
        found = is_previous(here, entry->d_name);
    closedir(folder);
    return found;
}

void sc_run_drop_previous(const sc_directory *directory) {
    int here = sc_directory_descriptor(directory);
    DIR *folder = open_folder(here, ".");
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_previous(here, entry->d_name)) remove_folder(here, entry->d_name);
    closedir(folder);
}

void sc_run_is_own(const sc_directory *directory) {
    unlinkat(sc_directory_descriptor(directory), MARKER, 0);
}

/* --- Removing a run --- */

static bool has_others(int directory) {
    DIR *folder = open_folder(directory, ".");
    bool found = false;
    if (!folder) return true;
    for (struct dirent *entry; !found && (entry = readdir(folder));)
        found = entry->d_name[0] != '.' && !sc_run_writes(entry->d_name);
    closedir(folder);
    return found;
}

socle_status sc_run_check_removal(sc_env *env, const char *path) {
    sc_directory *held;
    SC_TRY(sc_run_place_claim(&held, env, &(sc_run_wish){.output = path, .overwrite = true}));
    const bool others = held && has_others(sc_directory_descriptor(held));
    sc_directory_release(held);
    if (!others) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "%s: what lies there beside the run is not of it; move it elsewhere", path);
}

socle_status sc_run_remove(sc_env *env, const char *path) {
    remove_folder(AT_FDCWD, path);
    if (access(path, F_OK) != 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_IO, "cannot remove %s", path);
}
