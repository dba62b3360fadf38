/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures in folders: a folder per class, named as the class, with its PNG and JPEG files in it;
 * or one folder of files without classes. Listing reads names alone, so that pictures can be read
 * when they are needed. */
#ifndef SC_DATA_FOLDER_H
#define SC_DATA_FOLDER_H

#include "base/thread_pool.h"
#include "data/picture.h"
#include "data/preparation.h"

typedef struct sc_folder {
    sc_env *env;
    sc_arena *arena;
    const char *path;
    const char **class; /* in their order; NULL: files without classes */
    size_t classes;
    const char **file; /* paths */
    int32_t *label;    /* of each file; with classes */
    uint64_t *stamp;   /* of each file's size and time; NULL: they may change */
    size_t files, capacity, labels, class_capacity, others; /* others: files of another kind */
} sc_folder;

/* A folder per class. Files are in such an order that any number of the first ones has each class
 * about as often as all have it, and else by name. `known`: the classes that there may be; NULL:
 * those found, at least two. Errors: NOT_FOUND, IO, DATA (no folder in it, a class without
 * pictures, one class only, one that is not known). */
socle_status sc_folder_list(sc_folder *out, sc_env *env, const char *path, const sc_names *known);
/* The files of one folder by name, or one file. */
socle_status sc_folder_list_files(sc_folder *out, sc_env *env, const char *path);
void sc_folder_free(sc_folder *folder); /* a zeroed one is fine */

/* Completes `form` from the first picture, where it leaves sizes or colours open. */
socle_status sc_folder_form(const sc_folder *folder, sc_picture_form *form);
/* Column "input" (u8, [C, H, W]) of the first `limit` pictures (0: all), and with classes "label".
 * `form` names all sizes. Errors: as of pictures. */
socle_status sc_folder_read(sc_dataset **out, const sc_folder *folder, const sc_picture_form *form,
                            int64_t limit);

/* folder_read.c: the pictures of these numbers (NULL: the first ones) one behind the other into
 * `out`, read by all threads of a pool; what is wrong is said of the first that is. Errors: as of
 * pictures; DATA (a file was changed). */
socle_status sc_folder_read_pictures(const sc_folder *folder, sc_env *env, sc_thread_pool *pool,
                                     const sc_picture_form *form, const uint32_t *number,
                                     size_t count, uint8_t *out);
/* Of the size and time of a file. Errors: IO. */
socle_status sc_folder_stamp(uint64_t *out, sc_env *env, const char *path);
/* folder_stream.c: as sc_folder_read, but pictures are read when they are needed. Takes `folder`
 * over, and leaves it zeroed, if it succeeds. */
socle_status sc_folder_stream(sc_dataset **out, sc_folder *folder, const sc_picture_form *form,
                              int64_t limit);

#endif
