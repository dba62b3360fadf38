/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for a test's files, removed with all it holds. */
#ifndef SC_TEMP_H
#define SC_TEMP_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sc_test.h"

typedef struct sc_temp {
    char path[256];
    char file[512]; /* of the last sc_temp_file */
} sc_temp;

static SC_UNUSED void sc_temp_make(sc_temp *temp) {
    const char *root = getenv("TMPDIR");
    snprintf(temp->path, sizeof temp->path, "%s/socle-test-XXXXXX",
             root && root[0] ? root : "/tmp");
    if (!mkdtemp(temp->path)) SC_TEST_FAIL("cannot make %s", temp->path);
}

static SC_UNUSED int sc_temp_remove_entry(const char *path, const struct stat *info, int kind,
                                          struct FTW *walk) {
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static SC_UNUSED void sc_temp_remove(sc_temp *temp) {
    nftw(temp->path, sc_temp_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of `name` in the folder; valid until the next call. */
static SC_UNUSED const char *sc_temp_file(sc_temp *temp, const char *name) {
    snprintf(temp->file, sizeof temp->file, "%s/%s", temp->path, name);
    return temp->file;
}

/* Writes a file plainly, without the code under test. */
static SC_UNUSED const char *sc_temp_put(sc_temp *temp, const char *name, const void *data,
                                         size_t size) {
    const char *path = sc_temp_file(temp, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        SC_TEST_FAIL("cannot write %s", path);
    return path;
}

/* Entries of the folder, hidden ones included. */
static SC_UNUSED int sc_temp_count(const sc_temp *temp) {
    DIR *folder = opendir(temp->path);
    if (!folder) SC_TEST_FAIL("cannot list %s", temp->path);
    int count = -2; /* . and .. */
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

#endif
