/* SPDX-License-Identifier: Apache-2.0 */
/* IDX files (MNIST and its relatives): magic, element type, rank, big-endian sizes, elements; and
 * .npy files, which are taken wherever these are. Plain or gzip-compressed, told apart by their
 * first bytes. Elements become u8, i32 or f32 (elements.h). The sizes in the header are believed
 * only as far as the length of the file allows. */
#ifndef SC_DATA_IDX_H
#define SC_DATA_IDX_H

#include "data/dataset.h"
#include "data/elements.h"

enum { SC_IDX_MAX_RANK = 4 };

typedef struct sc_idx {
    socle_dtype dtype;
    int rank; /* 1..4 */
    int64_t size[SC_IDX_MAX_RANK];
    size_t bytes;
    void *data; /* in the byte order of the host */
} sc_idx;

/* Errors: NOT_FOUND, IO, DATA (file, byte offset, values), OUT_OF_MEMORY. */
socle_status sc_idx_read_file(sc_idx *out, sc_env *env, const char *path);
/* idx_files.c: the same of several files (files.h), one behind the other along their first
 * dimension. Errors: also DATA (another type, or other sizes). */
socle_status sc_idx_read(sc_idx *out, sc_env *env, const char *paths);
/* The same for bytes in memory; `label` stands for the path in messages. */
socle_status sc_idx_read_memory(sc_idx *out, sc_env *env, const char *label, const void *data,
                                size_t size);
/* "60000x28x28" */
void sc_idx_sizes_text(char *out, size_t size, const sc_idx *idx);
void sc_idx_free(sc_idx *idx, sc_env *env); /* a zeroed one is fine */

/* In which order four dimensions come. ASK: channels first; where they look as if they were last,
 * an error asks. */
typedef enum sc_image_layout { SC_IMAGES_ASK, SC_IMAGES_NCHW, SC_IMAGES_NHWC } sc_image_layout;

/* idx_layout.c: puts the channels first; fewer than four dimensions stay. `path` is for the
 * message. Errors: DATA. */
socle_status sc_idx_order(sc_idx *idx, sc_env *env, const char *path, sc_image_layout layout);
/* The same of images that come one by one: puts the sizes right, and says whether the channels of
 * each are moved then. */
socle_status sc_idx_order_sizes(bool *moves, sc_idx *idx, sc_env *env, const char *path,
                                sc_image_layout layout);
/* One image, by the sizes that it has then. */
void sc_idx_move_sample(void *to, const void *from, const sc_idx *idx);

/* What is needed to read the rows of a file one by one. */
typedef struct sc_idx_rows {
    sc_idx idx; /* no data */
    sc_elements elements;
    uint64_t offset; /* of the first */
    sc_input input;
} sc_idx_rows;
/* Reads the header; the file stays open, and is the caller's to close. Errors: as of sc_idx_read;
 * DATA (gzip, an archive: unpack it). */
socle_status sc_idx_open_rows(sc_idx_rows *out, sc_env *env, const char *path);

/* idx_dataset.c. Files here may be several (files.h). Column "input" from `images`: [N] gives
 * samples of shape [1], [N,F] [F], [N,H,W] [1,H,W], [N,C,H,W] [C,H,W]. Column "label" (u8, i32) or
 * "target" (f32) from `labels` of shape [N], or with a label per token [N,T] or pixel [N,H,W]; NULL
 * = no such column. */
socle_status sc_dataset_from_idx(sc_dataset **out, sc_env *env, const char *images,
                                 const char *labels);
/* The same for images of a stated layout. */
socle_status sc_dataset_from_images(sc_dataset **out, sc_env *env, const char *images,
                                    const char *labels, sc_image_layout layout);
/* idx_stream.c: the same, but images stay in their files, which must not change meanwhile. Errors:
 * also DATA (a file that is packed). */
socle_status sc_dataset_stream_images(sc_dataset **out, sc_env *env, const char *images,
                                      const char *labels, sc_image_layout layout);
/* Of these: the shape of a sample, whether two files can be one, and the column of labels. */
void sc_idx_sample_shape(socle_shape *out, const sc_idx *idx);
socle_status sc_idx_check_alike(sc_env *env, const sc_idx *a, const char *first, const sc_idx *b,
                                const char *path);
socle_status sc_dataset_add_labels(sc_dataset *dataset, sc_env *env, const char *paths);
/* The same of what was read already; `idx` is freed, after a failure too. */
socle_status sc_dataset_of_idx(sc_dataset **out, sc_env *env, const char *label, sc_idx *idx,
                               sc_image_layout layout);
/* One more column, of a file with as many samples; shapes as those of images. Errors: as above,
 * DATA (another number of samples). */
socle_status sc_dataset_add_idx(sc_dataset *dataset, sc_env *env, const char *name,
                                const char *path, sc_image_layout layout);
/* One more column with a value per sample [N], token [N,T] or pixel [N,H,W], as labels are. */
socle_status sc_dataset_add_idx_rows(sc_dataset *dataset, sc_env *env, const char *name,
                                     const char *path);

/* idx_write.c: bytes of the rank and sizes of `idx`. The file appears whole or not at all. */
socle_status sc_idx_write(sc_env *env, const char *path, const sc_idx *idx, const uint8_t *data);

#endif
