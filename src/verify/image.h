/* SPDX-License-Identifier: Apache-2.0 */
/* Operands as bytes: where a logical element lies in a layout, and what the memory between
 * elements holds. */
#ifndef SC_VERIFY_IMAGE_H
#define SC_VERIFY_IMAGE_H

#include "op/op.h"

/* Elements stored for this many rows, padding channels included. */
int64_t sc_image_stored(const sc_tensor_desc *tensor, int64_t rows);
/* Row-major number of the element at storage position `at`; -1 for a padding channel. */
int64_t sc_image_logical(const sc_tensor_desc *tensor, int64_t at);
/* One element as a double, and back. */
double sc_image_get(const void *data, int dtype, int64_t at);
void sc_image_put(void *data, int dtype, int64_t at, double value);
/* Writes `rows` rows of `value` (row-major) in the tensor's layout, zeros in padding channels. */
void sc_image_pack(void *data, const sc_tensor_desc *tensor, int64_t rows, const double *value);

/* Two fillings of memory that was not written: a NaN, and an ordinary number that shows where the
 * NaN is hidden. */
enum { SC_IMAGE_POISONS = 2 };
void sc_image_poison(void *data, size_t bytes, int which);
/* First byte that is no longer poison, or -1. `data` begins `phase` bytes after a poisoned word. */
int64_t sc_image_find_touched(const void *data, size_t bytes, size_t phase, int which);

#endif
