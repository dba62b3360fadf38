/* SPDX-License-Identifier: Apache-2.0 */
/* Available memory of the host. A container's limit is not in /proc/meminfo, so the control groups
 * are read too, from the process's own up to the root; of what a group uses, file caches that the
 * kernel would give up first do not count. Both generations of control groups are known; files that
 * are missing bound nothing. */
#include "base/host_memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST_PATH = 4096 };

/* What the two generations call the same things. */
typedef struct group_files {
    const char *controller; /* of the line in /proc/self/cgroup */
    const char *mount, *limit, *usage, *cache;
} group_files;

static const group_files generations[] = {
    {"", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
    {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
     "total_inactive_file"},
};

/* The number behind `key` in the file, at the beginning of a line; key "": the whole file. False
 * when there is none ("max"). */
static bool read_number(const char *path, const char *key, uint64_t *out) {
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char line[256];
    size_t length = strlen(key);
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        unsigned long long value;
        if (strncmp(line, key, length) != 0 || strchr("-+", line[length])) continue;
        found = sscanf(line + length, " %llu", &value) == 1;
        if (found) *out = value;
    }
    fclose(file);
    return found;
}

/* The process's path in the hierarchy of `controller`: "5:cpu,memory:/path", "0::/path". */
static bool read_group(char out[MOST_PATH], const char *root, const char *controller) {
    char path[MOST_PATH], line[MOST_PATH];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':'), *group = list ? strchr(list + 1, ':') : NULL;
        if (!group) continue;
        *group++ = '\0';
        list++;
        if (!*controller) found = !*list;
        char *rest = NULL;
        for (char *word = strtok_r(list, ",", &rest); word && *controller && !found;
             word = strtok_r(NULL, ",", &rest))
            found = strcmp(word, controller) == 0;
        if (found) memmove(out, group, strlen(group) + 1);
    }
    fclose(file);
    return found;
}

static uint64_t left_in_group(const char *root, const group_files *files, const char *group) {
    char path[3 * MOST_PATH];
    uint64_t limit, usage, cache = 0;
    snprintf(path, sizeof path, "%s%s%s/%s", root, files->mount, group, files->limit);
    if (!read_number(path, "", &limit)) return UINT64_MAX;
    snprintf(path, sizeof path, "%s%s%s/%s", root, files->mount, group, files->usage);
    if (!read_number(path, "", &usage)) return limit;
    snprintf(path, sizeof path, "%s%s%s/memory.stat", root, files->mount, group);
    read_number(path, files->cache, &cache);
    usage = usage > cache ? usage - cache : 0;
    return limit > usage ? limit - usage : 0;
}

static uint64_t left_in_groups(const char *root, const group_files *files) {
    char group[MOST_PATH];
    uint64_t least = UINT64_MAX;
    if (!read_group(group, root, files->controller)) return least;
    for (;;) {
        char *slash = strrchr(group, '/');
        if (slash && !slash[1]) *slash = '\0'; /* "/" is the root, whose files stand at "" */
        uint64_t left = left_in_group(root, files, group);
        if (left < least) least = left;
        slash = strrchr(group, '/');
        if (!slash) return least;
        *slash = '\0';
    }
}

uint64_t sc_host_memory_available(const char *root) {
    char path[MOST_PATH];
    uint64_t least = UINT64_MAX, kibibytes;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (read_number(path, "MemAvailable:", &kibibytes)) least = kibibytes * 1024;
    for (size_t g = 0; g < sizeof generations / sizeof generations[0]; g++) {
        uint64_t left = left_in_groups(root, &generations[g]);
        if (left < least) least = left;
    }
    return least;
}
