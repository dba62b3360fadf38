/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets: samples in host memory, in their smallest form (images stay bytes until they are on
 * the device). A data set has columns by name: what a network's input reads is the column of the
 * same name, and what its loss compares with are the labels or targets. */
#ifndef SOCLE_DATA_H
#define SOCLE_DATA_H

#include "context.h"

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
/* Number of samples; 0 for NULL. */
SOCLE_API int64_t socle_data_count(const socle_data *data);
/* Releases the samples. NULL is fine. */
SOCLE_API void socle_data_destroy(socle_data *data);

#ifdef __cplusplus
}
#endif
#endif
