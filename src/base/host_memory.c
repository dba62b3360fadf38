/* SPDX-License-Identifier: Apache-2.0 */
/* Available memory of the host. A container's limit is not in /proc/meminfo, so the control groups
 * are read too, from the process's own up to the root; of what a group uses, file caches that the
 * kernel would give up first do not count. Both generations of control groups are known; files that
 * are missing bound nothing. */
#include "base/host_memory.h"

#include "base/control_group.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What the two generations call the same things. */
typedef struct group_files {
    sc_group_mount mount;
    const char *limit, *usage, *cache;
} group_files;

static const group_files generations[] = {
    {{"", "/sys/fs/cgroup"}, "memory.max", "memory.current", "inactive_file"},
    {{"memory", "/sys/fs/cgroup/memory"},
     "memory.limit_in_bytes",
     "memory.usage_in_bytes",
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

/* The least of what groups leave. */
typedef struct least_left {
    const group_files *files;
    uint64_t bytes;
} least_left;

static void look_at_group(void *user, const char *folder) {
    least_left *least = user;
    const group_files *files = least->files;
    char path[2 * SC_GROUP_PATH + 64];
    uint64_t limit, usage = 0, cache = 0;
    snprintf(path, sizeof path, "%s/%s", folder, files->limit);
    if (!read_number(path, "", &limit)) return;
    snprintf(path, sizeof path, "%s/%s", folder, files->usage);
    if (read_number(path, "", &usage)) {
        snprintf(path, sizeof path, "%s/memory.stat", folder);
        read_number(path, files->cache, &cache);
    }
    usage = usage > cache ? usage - cache : 0;
    uint64_t left = limit > usage ? limit - usage : 0;
    if (left < least->bytes) least->bytes = left;
}

uint64_t sc_host_memory_available(const char *root) {
    char path[SC_GROUP_PATH];
    least_left least = {.bytes = UINT64_MAX};
    uint64_t kibibytes;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (read_number(path, "MemAvailable:", &kibibytes)) least.bytes = kibibytes * 1024;
    for (size_t g = 0; g < sizeof generations / sizeof generations[0]; g++) {
        least.files = &generations[g];
        sc_control_group_visit(root, &generations[g].mount, look_at_group, &least);
    }
    return least.bytes;
}
