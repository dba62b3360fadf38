/* SPDX-License-Identifier: Apache-2.0 */
/* Files: whole reads with a limit, and writes that either happen completely or not at all (temp
 * file in the same directory, sync, rename, sync of the directory). */
#ifndef SC_BASE_FILE_H
#define SC_BASE_FILE_H

#include "env.h"

/* Reads a regular file of at most `limit` bytes; *data is zero-terminated (not counted), release
 * with sc_release. Errors: NOT_FOUND (missing), IO (directory, FIFO, no permission, read error),
 * DATA (over limit). */
socle_status sc_file_read(sc_env *env, char **data, size_t *size, const char *path, size_t limit);
/* The same of an open file, which stays open; `path` is for texts alone. */
socle_status sc_file_read_open(sc_env *env, char **data, size_t *size, int file, const char *path,
                               size_t limit);

/* For files that decide what runs (built programs, records, verdicts about drivers): the same, but
 * only of a file that no user except the effective one can have written. The file and its folder
 * belong to that user and no other user may write them; folders above belong to the user or root,
 * and no other user may write them unless they are sticky; the file is no link. Errors besides
 * those of sc_file_read: IO (not trusted; the text says which file or folder, and why). */
socle_status sc_file_read_private(sc_env *env, char **data, size_t *size, const char *path,
                                  size_t limit);
/* The same question of a folder. OK; NOT_FOUND: missing; IO: not trusted. */
socle_status sc_directory_is_private(sc_env *env, const char *path);
/* Makes what is missing with mode 0700, then asks that question. */
socle_status sc_make_private_directories(sc_env *env, const char *path);

typedef struct sc_file_writer sc_file_writer;
socle_status sc_file_writer_open(sc_file_writer **out, sc_env *env, const char *path);
socle_status sc_file_writer_write(sc_file_writer *writer, const void *data, size_t size);
/* Makes the file appear under its name. Destroys the writer, also on failure (temp removed). */
socle_status sc_file_writer_commit(sc_file_writer *writer);
void sc_file_writer_abandon(sc_file_writer *writer); /* NULL is fine */
socle_status sc_file_write_whole(sc_env *env, const char *path, const void *data, size_t size);

socle_status sc_make_directories(sc_env *env, const char *path);                     /* mkdir -p */
socle_status sc_make_directories_mode(sc_env *env, const char *path, unsigned mode); /* mkdir -p -m
                                                                                      */
/* XDG folder of Socle: kind is "cache" (XDG_CACHE_HOME, ~/.cache) or "data" (XDG_DATA_HOME,
 * ~/.local/share), then "socle/<leaf>". `out` is allocated. */
socle_status sc_user_directory(sc_env *env, char **out, const char *kind, const char *leaf);

#endif
