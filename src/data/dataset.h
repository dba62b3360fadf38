/* SPDX-License-Identifier: Apache-2.0 */
/* A data set: a number of samples and a few named columns, each one row-major array [samples, shape
 * of a sample] in its smallest form (images stay bytes), which lies in host memory, or whose rows
 * are read when they are needed. Reading it is safe from any thread once it is built. Knows no file
 * format, no order, no device; what columns are for is in column_kind.h. */
#ifndef SC_DATA_DATASET_H
#define SC_DATA_DATASET_H

#include "base/env.h"

enum { SC_DATASET_MAX_COLUMNS = 10, SC_DATASET_NAME = 64 };

typedef struct sc_dataset sc_dataset;

/* Where the rows of a column come from that do not lie in memory. */
typedef struct sc_row_source {
    void *user;
    /* `count` rows of these numbers, one behind the other, into `out`. Called from any thread, and
     * from several at once; what is wrong is said in `env`. Errors: DATA, IO, OUT_OF_MEMORY: none
     * that would be the fault of a device. */
    socle_status (*read)(void *user, sc_env *env, const uint32_t *row, uint32_t count, void *out);
    void (*release)(void *user); /* NULL: nothing is to be released */
    uint64_t stamp; /* of the sizes and times of what it reads; equal ones are taken for the same */
} sc_row_source;

typedef struct sc_column {
    char name[SC_DATASET_NAME];
    socle_dtype dtype;
    socle_shape shape; /* of one sample */
    size_t row_bytes;
    const void *data; /* row i starts at data + i * row_bytes; NULL: rows come from the source */
    const sc_row_source *source; /* NULL: they lie in memory */
} sc_column;

/* `label` names the data in messages (usually a path); 1 <= count <= UINT32_MAX. `env` must outlive
 * the data set. */
socle_status sc_dataset_create(sc_dataset **out, sc_env *env, const char *label, int64_t count);
void sc_dataset_destroy(sc_dataset *dataset); /* NULL is fine */

/* Three ways to add a column: copy `data`; get zeroed memory to fill; borrow `data`, which then
 * stays until the data set is destroyed and is handed to `release` (may be NULL) once. If adding
 * fails, release is not called. Errors: INVALID_ARGUMENT (name taken or too long, too many
 * columns), SHAPE (a size < 1, or too large). */
socle_status sc_dataset_add_copy(sc_dataset *dataset, const char *name, socle_dtype dtype,
                                 const socle_shape *shape, const void *data);
socle_status sc_dataset_add_new(sc_dataset *dataset, void **data, const char *name,
                                socle_dtype dtype, const socle_shape *shape);
socle_status sc_dataset_add_borrowed(sc_dataset *dataset, const char *name, socle_dtype dtype,
                                     const socle_shape *shape, const void *data,
                                     void (*release)(void *user, const void *data), void *user);

/* A column whose rows are read when they are needed. `source` is copied, and released with the data
 * set, but not if adding fails. Errors: as above. */
socle_status sc_dataset_add_streamed(sc_dataset *dataset, const char *name, socle_dtype dtype,
                                     const socle_shape *shape, const sc_row_source *source);
/* `other`, whose columns this one reads, is destroyed with it; two at most. */
void sc_dataset_keep(sc_dataset *dataset, sc_dataset *other);

/* dataset_rows.c */
bool sc_dataset_is_streamed(const sc_dataset *dataset); /* one of its columns is; NULL: no */
/* `count` rows of these numbers, one behind the other, of any column. Errors: those of its source.
 * Thread: any, with an env of its own. */
socle_status sc_column_read(const sc_column *column, sc_env *env, const uint32_t *row,
                            uint32_t count, void *out);
/* The column of another data set with at least as many samples, which must stay: its first rows. */
socle_status sc_dataset_borrow(sc_dataset *dataset, const sc_column *column);
/* The rows of these numbers, one for each sample: a copy of what lies in memory; what is streamed
 * stays so, and then the other data set must stay. */
socle_status sc_dataset_add_rows(sc_dataset *dataset, const sc_column *column, const uint32_t *row);

/* The file that column `name` came from, for messages about its values; without one they say the
 * label. Errors: NOT_FOUND (no such column), OUT_OF_MEMORY. */
socle_status sc_dataset_set_source(sc_dataset *dataset, const char *name, const char *path);
const char *sc_dataset_source(const sc_dataset *dataset, int index); /* or else the label */

/* dataset_join.c: a new data set of the samples of `a`, then those of `b`, with the label, sources
 * and preparation of `a`. Takes both over if it succeeds. What is streamed in one of them is
 * streamed in the new one. Errors: DATA (their columns differ). */
socle_status sc_dataset_join(sc_dataset **out, sc_dataset *a, sc_dataset *b);

/* How its samples were made of a file's rows, as text (data/preparation.h), for whoever keeps it
 * with a model; NULL: they are the file's. */
socle_status sc_dataset_set_preparation(sc_dataset *dataset, const char *text);
const char *sc_dataset_preparation(const sc_dataset *dataset);

/* For splitting it (data/split.h): a number per sample, of the stratum and of the group that it is
 * of; NULL: none. Both are copied. */
socle_status sc_dataset_set_kinds(sc_dataset *dataset, const uint32_t *stratum,
                                  const uint32_t *group);
const uint32_t *sc_dataset_strata(const sc_dataset *dataset);
const uint32_t *sc_dataset_groups(const sc_dataset *dataset);
/* And that its samples follow one another, each sharing values with the next `reach` of them; -1,
 * as it is at first: they do not. */
void sc_dataset_set_reach(sc_dataset *dataset, int64_t reach);
int64_t sc_dataset_reach(const sc_dataset *dataset);

sc_env *sc_dataset_env(const sc_dataset *dataset);
const char *sc_dataset_label(const sc_dataset *dataset);
int64_t sc_dataset_count(const sc_dataset *dataset);
int sc_dataset_columns(const sc_dataset *dataset);
const sc_column *sc_dataset_column(const sc_dataset *dataset, int index);
int sc_dataset_find(const sc_dataset *dataset, const char *name); /* -1 = none */
/* Bytes of one sample over all columns, and of all samples. */
size_t sc_dataset_row_bytes(const sc_dataset *dataset);
size_t sc_dataset_bytes(const sc_dataset *dataset);

/* Every value of column `name` (u8 or i32, one per sample) is in 0..classes-1. Errors: NOT_FOUND
 * (no such column), SHAPE, DATA (names the first bad sample and its value). */
socle_status sc_dataset_check_labels(const sc_dataset *dataset, const char *name, int64_t classes);
/* The same of `count` samples of whole numbers (u8 or i32, any number per sample) that may lie in
 * no data set; `source` names them. `ignored` is a label too; NULL: none more. Errors: DATA. */
socle_status sc_column_check_labels(sc_env *env, const char *source, const sc_column *column,
                                    int64_t count, int64_t classes, const int32_t *ignored);
int64_t sc_column_elements(const sc_column *column); /* of one sample */
/* A value of a column of labels (u8 or i32), and of any column. */
int64_t sc_column_label(const sc_column *column, int64_t element);
double sc_column_value(const sc_column *column, int64_t element);
/* The largest label + 1, where the number of classes has to be guessed. Errors as above. */
socle_status sc_dataset_classes(const sc_dataset *dataset, const char *name, int64_t *classes);

#endif
