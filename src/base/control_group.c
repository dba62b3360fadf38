/* SPDX-License-Identifier: Apache-2.0 */
/* Finds this process's control groups. A container may see its own group as the root of a mount
 * while /proc still says where it lies on the host: then the folders on the way are missing, and
 * the root remains. */
#include "base/control_group.h"

#include <stdio.h>
#include <string.h>

/* The process's path in the hierarchy of `controller`: "5:cpu,memory:/path", "0::/path". */
static bool read_group(char out[SC_GROUP_PATH], const char *root, const char *controller) {
    char path[SC_GROUP_PATH], line[SC_GROUP_PATH];
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

void sc_control_group_visit(const char *root, const sc_group_mount *mount,
                            void (*visit)(void *user, const char *folder), void *user) {
    char group[SC_GROUP_PATH], folder[2 * SC_GROUP_PATH];
    if (!read_group(group, root, mount->controller)) return;
    for (;;) {
        char *slash = strrchr(group, '/');
        if (slash && !slash[1]) *slash = '\0'; /* "/" is the root, whose files stand at "" */
        snprintf(folder, sizeof folder, "%s%s%s", root, mount->folder, group);
        visit(user, folder);
        slash = strrchr(group, '/');
        if (!slash) return;
        *slash = '\0';
    }
}

bool sc_control_group_line(char *out, size_t size, const char *folder, const char *name) {
    char path[2 * SC_GROUP_PATH + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool read = fgets(out, (int)size, file) != NULL;
    fclose(file);
    return read;
}
