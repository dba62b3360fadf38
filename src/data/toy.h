/* SPDX-License-Identifier: Apache-2.0 */
/* Toy data: points in the plane or on a line that a rule gives a class or a value, and pictures
 * that a rule paints, with noise. They are rows of one table, and a function of their options: the
 * same bits on every machine. Knows no configuration. */
#ifndef SC_DATA_TOY_H
#define SC_DATA_TOY_H

#include "base/option.h"
#include "data/dataset.h"

typedef struct sc_toy_options {
    const char *kind; /* first, as an option of a kind has it: a word of the table */
    int64_t samples, seed;
    float noise; /* standard deviation */
    int classes;
    float turns, factor;
    int channels, size[2]; /* of pictures: height, width */
} sc_toy_options;

/* The kinds, each the beginning of a row. */
extern const sc_family sc_toy_family;

/* Of pictures: columns "input" of bytes [channels, height, width] and "label", a class each (i32)
 * or one for each pixel (u8 [height, width]). Of points: column "input" [samples, 1 or 2], and
 * "label" (i32, as many samples of one class as of another) or "target" [samples, 1]; as of a table
 * with the columns x1, x2 and y. Sample i is the same whatever their number. Errors: CONFIG for an
 * unknown kind or too many pictures, OUT_OF_MEMORY. */
socle_status sc_toy_make(sc_dataset **out, sc_env *env, const sc_toy_options *options);

#endif
