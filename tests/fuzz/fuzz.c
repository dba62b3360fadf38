/* SPDX-License-Identifier: Apache-2.0 */
/* See fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <unistd.h>

enum { FOLDER = 128, FILES = 8 };

static char folder[FOLDER];
static char file[FILES][FOLDER + 64];
static int files;

void fuzz_fail(const char *source, int line, const char *what) {
    fprintf(stderr, "%s:%d: %s is false\n", source, line, what);
    abort();
}

void fuzz_failed_well(const sc_env *env, socle_status status, const socle_status *allowed) {
    FUZZ_REQUIRE(status == env->status && env->text[0] != '\0');
    for (; *allowed != SOCLE_OK; allowed++)
        if (status == *allowed) return;
    fprintf(stderr, "status %d: %s\n", (int)status, env->text);
    abort();
}

static void remove_folder(void) {
    for (int i = 0; i < files; i++) unlink(file[i]);
    rmdir(folder);
}

const char *fuzz_folder(void) {
    if (folder[0]) return folder;
    snprintf(folder, sizeof folder, "%s/socle-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    FUZZ_REQUIRE(mkdtemp(folder) && atexit(remove_folder) == 0);
    return folder;
}

const char *fuzz_file(const char *name) {
    char path[FOLDER + 64];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    for (int i = 0; i < files; i++)
        if (strcmp(file[i], path) == 0) return file[i];
    FUZZ_REQUIRE(files < FILES);
    return strcpy(file[files++], path);
}

void fuzz_write(const char *name, const void *data, size_t size) {
    FILE *out = fopen(fuzz_file(name), "wb");
    FUZZ_REQUIRE(out && fwrite(data, 1, size, out) == size);
    FUZZ_REQUIRE(fclose(out) == 0);
}
