/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets: samples in host memory, in their smallest form (images stay bytes until they are on the device). */
#ifndef SOCLE_DATA_H
#define SOCLE_DATA_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_data socle_data;

/* Images and labels from IDX files (MNIST, Fashion-MNIST), plain or .gz. Samples are [1,H,W] u8; labels u8.
 * owns: the caller. errors: NOT_FOUND, IO, DATA (file and byte offset in the text). */
SOCLE_API socle_status socle_data_idx(socle_data **out, socle_context *context, const char *images, const char *labels);

/* `count` samples from memory, copied. inputs: [count, shape] of `dtype`; targets: class numbers u8 or i32 [count] when target_shape is
 * NULL, else values f32 [count, target_shape]; targets NULL: none (prediction).
 * errors: INVALID_ARGUMENT, SHAPE. */
SOCLE_API socle_status socle_data_arrays(socle_data **out, socle_context *context, int64_t count, socle_dtype dtype,
                                         socle_shape shape, const void *inputs, socle_dtype target_dtype,
                                         const socle_shape *target_shape, const void *targets);
SOCLE_API int64_t socle_data_count(const socle_data *data);
SOCLE_API void socle_data_destroy(socle_data *data); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
