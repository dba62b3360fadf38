/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets: samples in host memory, in their smallest form (images stay bytes until they are on
 * the device), or brought by the program when they are needed. A data set has columns by name: what
 * a network's input reads is the column of the same name, and what its loss compares with are the
 * labels or targets. */
#ifndef SOCLE_DATA_H
#define SOCLE_DATA_H

#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_data socle_data;

/* Reads images and labels from IDX files (MNIST, Fashion-MNIST), plain or .gz.
 * images: [N,H,W] u8 becomes samples of [1,H,W], named "input". labels: [N] u8, i32 (class numbers)
 * or f32 (values); NULL: none, for prediction.
 * errors: NOT_FOUND, IO, DATA (file and byte offset in the text). */
SOCLE_API socle_status socle_data_idx(socle_data **out, socle_context *context, const char *images,
                                      const char *labels);

/* Where the channels of images lie: [N,C,H,W] or [N,H,W,C]. */
typedef enum socle_layout { SOCLE_NCHW = 1, SOCLE_NHWC = 2 } socle_layout;
/* socle_data_idx for images of four dimensions, whose layout is stated; samples are [C,H,W].
 * socle_data_idx takes [N,C,H,W], and refuses what looks as if its channels were last.
 * errors: as of socle_data_idx; INVALID_ARGUMENT. */
SOCLE_API socle_status socle_data_images(socle_data **out, socle_context *context,
                                         const char *images, const char *labels,
                                         socle_layout layout);
/* Copies `count` samples of one input, named "input", from memory.
 * inputs: [count, shape] of `dtype`. targets: class numbers u8 or i32 [count] when target_shape is
 * NULL, else [count, target_shape] of target_dtype: values, or a class number for each token or
 * pixel; NULL: none, for prediction. errors: INVALID_ARGUMENT, SHAPE, OUT_OF_MEMORY. */
SOCLE_API socle_status socle_data_arrays(socle_data **out, socle_context *context, int64_t count,
                                         socle_dtype dtype, socle_shape shape, const void *inputs,
                                         socle_dtype target_dtype, const socle_shape *target_shape,
                                         const void *targets);
/* Copies one more input into a data set, for networks of several inputs.
 * name: of the network's input that reads it. values: [count of data, shape] of `dtype`.
 * The name "weight", unless an input has it, gives each sample a weight: F32, SOCLE_SHAPE(1),
 * each 0 or a finite number of at least 1e-15, not all 0; socle_fit and socle_evaluate check them.
 * Weight 2 is as if the sample were there twice, 0 as if it were not there, but for the statistics
 * of batch normalisation, and its values must be finite all the same.
 * The name "mask", unless an input has it, says which rows of the loss count: U8 or F32 in the
 * shape of the labels (per sample, token or pixel; of a loss of values SOCLE_SHAPE(1), for it has
 * one row per sample), each 1 or 0, not all 0. A row of 0 counts neither in the loss, nor in what
 * it is divided by, nor in the metrics, as if its label were ignored; its label must be one all the
 * same. errors: INVALID_ARGUMENT (a name used twice), SHAPE, OUT_OF_MEMORY. */
SOCLE_API socle_status socle_data_add_input(socle_data *data, const char *name, socle_dtype dtype,
                                            socle_shape shape, const void *values);
/* Brings samples when they are needed: puts `count` samples of these numbers, in this order, one
 * behind the other into `out`, and returns 0; a number has the same sample always. Called on any
 * thread, from several at once; it calls nothing of the library. Anything but 0 ends the call that
 * needed them with IO. */
typedef int (*socle_read_samples)(void *user, const uint32_t *sample, uint32_t count, void *out);
/* socle_data_arrays for inputs that do not lie in memory: `read` is called with `user` until the
 * data set is destroyed. Targets are copied. socle_fit_opts.window keeps what is read together
 * close together. Numbers that an embedding looks up must lie in memory.
 * errors: as of socle_data_arrays. */
SOCLE_API socle_status socle_data_stream(socle_data **out, socle_context *context, int64_t count,
                                         socle_dtype dtype, socle_shape shape,
                                         socle_read_samples read, void *user,
                                         socle_dtype target_dtype, const socle_shape *target_shape,
                                         const void *targets);

/* How a table becomes samples; begin with SOCLE_TABLE_OPTS_DEFAULT. Lists of names end with NULL.
 */
typedef struct socle_table_opts {
    const char *const *targets;  /* columns that are predicted: one of classes, or numbers; NULL:
                                    none */
    const char *const *features; /* columns that are inputs; NULL: all that are no targets */
    const char *const *ignore;   /* columns that are left out; NULL: none */
    char separator;              /* between cells; 0: found by looking */
    char decimal;                /* '.' or ','; 0: a point */
    int header;                  /* 1: the first row names the columns; -1: it does not; 0: found */
    int values;                  /* 1: whole numbers of the target are values, and no classes */
    const char *scale;   /* of numbers: "standardise", "min_max"; "none", NULL: as they are */
    const char *missing; /* what stands for no value: "mean", "median", "most_frequent",
                            "category"; "refuse", NULL: it is an error */
    const char *encode;  /* what categories become: "embedding", "both"; "one_hot", NULL: a number
                            0 or 1 for each */
    float validation_split; /* as socle_fit is told, and its seed: nothing is learnt of rows that it
                               sets aside */
    uint64_t seed;
} socle_table_opts;
#ifdef __cplusplus
static inline socle_table_opts socle_table_opts_default(void) {
    socle_table_opts opts = socle_table_opts();
    opts.seed = 1;
    return opts;
}
#define SOCLE_TABLE_OPTS_DEFAULT socle_table_opts_default()
#else
#define SOCLE_TABLE_OPTS_DEFAULT                                                                   \
    { .seed = 1 }
#endif

/* Reads a table from a CSV file, plain or .gz, or from several (a path or a pattern per line).
 * Columns are numbers, categories or dates, found by looking; what is learnt of them (means,
 * categories, classes) goes into a network that socle_fit trains on the data, and into its file,
 * which then takes raw rows. Input "input" [socle_data_features] f32, and of each column that is
 * embedded an input of its name, i32 [1]; targets as labels i32, or values f32 [targets]. opts
 * NULL: the defaults. errors: NOT_FOUND, IO, DATA (file, line and column), INVALID_ARGUMENT (an
 * unknown word). */
SOCLE_API socle_status socle_data_csv(socle_data **out, socle_context *context, const char *path,
                                      const socle_table_opts *opts);
/* The rows of a further table as samples of a network that learnt from a table, here or where its
 * file comes from: columns by name, made into numbers by what was learnt; with targets where the
 * table has them. errors: as of socle_data_csv; DATA (a category that was not learnt, the network
 * learnt from something else); INVALID_ARGUMENT (from no files). */
SOCLE_API socle_status socle_data_csv_for(socle_data **out, socle_net *net, const char *path);
/* Of a table: numbers of the input of a sample; classes of its target, 0: targets are values. What
 * is no table has 0. */
SOCLE_API int64_t socle_data_features(const socle_data *data);
SOCLE_API int64_t socle_data_classes(const socle_data *data);
/* What class `number` of a table is called in it; NULL: there is none. Lives as long as the data.
 */
SOCLE_API const char *socle_data_class(const socle_data *data, int64_t number);
/* Number of samples; 0 for NULL. */
SOCLE_API int64_t socle_data_count(const socle_data *data);
/* Releases the samples. NULL is fine. */
SOCLE_API void socle_data_destroy(socle_data *data);

#ifdef __cplusplus
}
#endif
#endif
