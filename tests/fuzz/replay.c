/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds files to a fuzz target, without a fuzzer: every ./test replays what was once found.
 *   replay_<target> FILE-OR-FOLDER ... */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

static int replayed;

static void replay_file(const char *path) {
    FILE *in = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0, got;
    if (!in) {
        perror(path);
        exit(1);
    }
    do {
        data = realloc(data, size + 4096);
        FUZZ_REQUIRE(data != NULL);
        got = fread(data + size, 1, 4096, in);
        size += got;
    } while (got > 0);
    fclose(in);
    printf("%s\n", path);
    fflush(stdout);                           /* a crash comes after its name */
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees a byte too many */
    FUZZ_REQUIRE(exact != NULL);
    if (size) memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    replayed++;
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void replay(const char *path) {
    struct stat info;
    struct dirent **entry;
    char name[4096];
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        replay_file(path);
        return;
    }
    int count = scandir(path, &entry, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s/%s", path, entry[i]->d_name);
        replay(name);
        free(entry[i]);
    }
    if (count >= 0) free(entry);
}

/* Mutators are linked, and never called. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
    (void)data, (void)max_size;
    return size;
}

int main(int count, char **word) {
    for (int i = 1; i < count; i++) replay(word[i]);
    printf("%d inputs\n", replayed);
    return replayed ? 0 : 1;
}
