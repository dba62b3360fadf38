/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups of Linux, both generations: which group this process is in, and the numbers in its
 * files. A container's limits are there and nowhere else. `root` stands before /proc and /sys: ""
 * outside of tests. What is missing bounds nothing. */
#ifndef SC_BASE_CONTROL_GROUP_H
#define SC_BASE_CONTROL_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SC_GROUP_PATH = 1024 };

/* One way in which a hierarchy is mounted. */
typedef struct sc_group_mount {
    const char *controller; /* of the line in /proc/self/cgroup; "": the second generation */
    const char *folder;
} sc_group_mount;

/* Calls `visit` with the folder of the process's group and with that of every group above it, up to
 * the root of the mount. */
void sc_control_group_visit(const char *root, const sc_group_mount *mount,
                            void (*visit)(void *user, const char *folder), void *user);
/* The first line of the file FOLDER/NAME. False: there is none. */
bool sc_control_group_line(char *out, size_t size, const char *folder, const char *name);

#endif
