/* SPDX-License-Identifier: Apache-2.0 */
/* See cache_folder.h. The time of a file's last change is the time of its last use. Nothing is
 * allocated: the folder is read again for each question, and the time before which files go is
 * found by bisection. Other processes may add, use and remove files meanwhile. */
#include "base/cache_folder.h"
#include "base/hash.h"
#include "base/temporary.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, KEY = SC_HASH_TEXT - 1 }; /* the unit of st_blocks */

typedef struct survey {
    int64_t bytes; /* of the files used at `since` or later */
    int64_t first, last;
} survey;

/* In nanoseconds; whatever else a file says counts as 1970, or as 2242. */
static int64_t time_of(const struct stat *file) {
    int64_t seconds = (int64_t)file->st_mtim.tv_sec, latest = INT64_C(1) << 33;
    if (seconds < 0) return 0;
    return (seconds < latest ? seconds : latest) * 1000000000 + file->st_mtim.tv_nsec;
}

/* The next file of ours; false at the end. */
static bool next_file(DIR *folder, bool (*ours)(const char *name), const char **name,
                      struct stat *file) {
    for (struct dirent *entry; (entry = readdir(folder));) {
        *name = entry->d_name;
        if (ours(*name) && fstatat(dirfd(folder), *name, file, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(file->st_mode))
            return true;
    }
    return false;
}

static survey look(DIR *folder, bool (*ours)(const char *name), int64_t since) {
    survey found = {0, INT64_MAX, INT64_MIN};
    const char *name;
    struct stat file;
    rewinddir(folder);
    while (next_file(folder, ours, &name, &file)) {
        int64_t used = time_of(&file);
        if (used < found.first) found.first = used;
        if (used > found.last) found.last = used;
        if (used >= since) found.bytes += (int64_t)file.st_blocks * BLOCK;
    }
    return found;
}

/* The earliest time since which the files used take at most `most` bytes. */
static int64_t oldest_kept(DIR *folder, bool (*ours)(const char *name), int64_t most,
                           const survey *all) {
    int64_t low = all->first, high = all->last + 1; /* too much since `low`; little since `high` */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (look(folder, ours, middle).bytes > most)
            low = middle;
        else
            high = middle;
    }
    return high;
}

void sc_cache_folder_limit(const char *path, int64_t most, bool (*ours)(const char *name)) {
    DIR *folder = opendir(path);
    const char *name;
    struct stat file;
    if (!folder) return;
    sc_temporary_remove(dirfd(folder), NULL);
    survey all = look(folder, ours, INT64_MIN);
    if (all.bytes > most) {
        int64_t kept = oldest_kept(folder, ours, most / 4 * 3, &all);
        rewinddir(folder);
        while (next_file(folder, ours, &name, &file))
            if (time_of(&file) < kept) unlinkat(dirfd(folder), name, 0);
    }
    closedir(folder);
}

void sc_cache_file_used(const char *path) {
    utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}

bool sc_cache_name_is(const char *name, const char *const *suffixes) {
    if (strspn(name, "0123456789abcdef") != KEY) return false;
    for (; *suffixes; suffixes++)
        if (strcmp(name + KEY, *suffixes) == 0) return true;
    return false;
}
