/* SPDX-License-Identifier: Apache-2.0 */
/* A small file system in memory, to be filled. */
#ifndef SMALL_DISK_H
#define SMALL_DISK_H

#include <stdbool.h>
#include <stddef.h>

/* Mounts one of `bytes` at `path`, an empty folder given relative to the current one, for this
 * process and its children. Needs root, or the right to make a user namespace; *reason says so. One
 * at a time. */
bool small_disk_mount(const char *path, size_t bytes, const char **reason);
void small_disk_unmount(const char *path);
/* Takes all the room that is left, by a file `filler`; and gives it back. */
void small_disk_fill(const char *path);
void small_disk_free(const char *path);

#endif
