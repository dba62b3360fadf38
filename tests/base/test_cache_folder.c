/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of files that can be made again: what was used longest ago goes, nothing else does. */
#include "base/cache_folder.h"
#include <time.h>

#include "sc_temp.h"

enum { FILES = 8, FILE_BYTES = 64 << 10 };

static const char *const suffixes[] = {".bin", ".unit", NULL};

static bool ours(const char *name) {
    return sc_cache_name_is(name, suffixes);
}

static const char *key_name(int number, const char *suffix) {
    static char name[64];
    snprintf(name, sizeof name, "%032x%s", number, suffix);
    return name;
}

static void used_at(const char *path, int64_t second) {
    const struct timespec times[2] = {{second, 0}, {second, 0}};
    SC_EQ(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Number 0 was used first. */
static void fill(sc_temp *temp) {
    static const char bytes[FILE_BYTES] = {1};
    sc_temp_make(temp);
    for (int i = 0; i < FILES; i++)
        used_at(sc_temp_put(temp, key_name(i, suffixes[i % 2]), bytes, sizeof bytes),
                1000000 + 10 * i);
}

static bool there(sc_temp *temp, const char *name) {
    return access(sc_temp_file(temp, name), F_OK) == 0;
}

Test(cache_folder, below_the_limit_all_stay) {
    sc_temp temp;
    fill(&temp);
    sc_cache_folder_limit(temp.path, FILES * FILE_BYTES, ours);
    SC_EQ(sc_temp_count(&temp), FILES);
    sc_temp_remove(&temp);
}

Test(cache_folder, the_files_used_longest_ago_go) {
    sc_temp temp;
    fill(&temp);
    sc_cache_file_used(sc_temp_file(&temp, key_name(0, ".bin")));
    sc_cache_folder_limit(temp.path, (FILES - 1) * FILE_BYTES, ours);
    SC_EQ(sc_temp_count(&temp), 5); /* three quarters of seven are 5.25 */
    SC_TRUE(there(&temp, key_name(0, ".bin")));
    for (int i = 1; i < FILES; i++) SC_EQ(there(&temp, key_name(i, suffixes[i % 2])), i >= 4);
    sc_temp_remove(&temp);
}

Test(cache_folder, what_is_not_ours_stays) {
    const char *const others[] = {
        "holiday.jpg", "0123.bin", "000000000000000000000000000000000.bin",
        "0000000000000000000000000000000G.bin", "00000000000000000000000000000000.c"};
    enum { OTHERS = sizeof others / sizeof others[0] };
    sc_temp temp;
    fill(&temp);
    for (int i = 0; i < OTHERS; i++) used_at(sc_temp_put(&temp, others[i], "x", 1), 1);
    SC_EQ(symlink("holiday.jpg", sc_temp_file(&temp, key_name(77, ".bin"))), 0);
    sc_cache_folder_limit(temp.path, 0, ours);
    for (int i = 0; i < OTHERS; i++) SC_TRUE(there(&temp, others[i]));
    SC_EQ(sc_temp_count(&temp), OTHERS + 1); /* and the link */
    sc_temp_remove(&temp);
}

/* Files may say that they are of any time, and of the same one. */
Test(cache_folder, odd_times) {
    sc_temp temp;
    fill(&temp);
    used_at(sc_temp_file(&temp, key_name(7, ".unit")), -5);
    used_at(sc_temp_file(&temp, key_name(6, ".bin")), INT64_C(1) << 33);
    sc_cache_folder_limit(temp.path, 4 * FILE_BYTES, ours);
    SC_EQ(sc_temp_count(&temp), 3);
    SC_TRUE(there(&temp, key_name(6, ".bin")) && !there(&temp, key_name(7, ".unit")));
    sc_cache_folder_limit(temp.path, 1, ours);
    SC_EQ(sc_temp_count(&temp), 0);
    sc_temp_remove(&temp);
}

Test(cache_folder, a_missing_folder_is_none) {
    sc_cache_folder_limit("/nonexistent/folder", 0, ours);
    sc_cache_file_used("/nonexistent/file");
}
