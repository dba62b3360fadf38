/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of array files, of any width and byte order, as the three types that data sets have:
 * bytes and truth values stay u8, other whole numbers become i32, reals f32. Knows no format. */
#ifndef SC_DATA_ELEMENTS_H
#define SC_DATA_ELEMENTS_H

#include "io/stream.h"

typedef struct sc_elements {
    char kind;   /* 'b' truth values, 'u' and 'i' whole numbers, 'f' reals */
    size_t size; /* bytes of one: 1, 2, 4 or 8; of reals 2, 4 or 8 */
    bool big;    /* the byte of the highest value comes first */
} sc_elements;

socle_dtype sc_elements_dtype(const sc_elements *elements);
size_t sc_elements_bytes(const sc_elements *elements); /* of one in a data set */
/* Elements as a file has them become those of a data set. Returns how many could be: `count`, or
 * the number of the first that its type cannot hold. */
size_t sc_elements_turn(void *out, const unsigned char *from, const sc_elements *elements,
                        size_t count);
/* The next `count` elements of a stream, which begin at byte `offset`, into `out`. `path` is for
 * messages. Errors: IO, DATA (the file ends before; a number that the type of the data set cannot
 * hold, with its place). */
socle_status sc_elements_read(void *out, sc_env *env, const char *path, sc_stream *stream,
                              const sc_elements *elements, size_t count, uint64_t offset);

#endif
