/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a folder of files that can be made again from growing without end. */
#ifndef SC_BASE_CACHE_FOLDER_H
#define SC_BASE_CACHE_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

/* Notes that a file was used now: it is among the last to be removed. A file that is missing or
 * belongs to somebody else stays as it is. */
void sc_cache_file_used(const char *path);

/* Where the files of the folder `path` occupy more than `most` bytes of the disk, removes those
 * that were used longest ago until three quarters of that are left. Counts and removes only regular
 * files whose names `ours` accepts, since users may name a folder that holds other things too, and
 * what killed processes left half-written. A folder that cannot be read stays as it is. */
void sc_cache_folder_limit(const char *path, int64_t most, bool (*ours)(const char *name));

/* Whether `name` is a key of 32 hexadecimal digits with one of the suffixes (".bin"); the list ends
 * with NULL. */
bool sc_cache_name_is(const char *name, const char *const *suffixes);

#endif
