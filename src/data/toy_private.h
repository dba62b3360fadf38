/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of toy data share: toy.c has the table and points, toy_pictures.c has pictures. */
#ifndef SC_DATA_TOY_PRIVATE_H
#define SC_DATA_TOY_PRIVATE_H

#include "data/toy.h"

/* A picture under construction: bytes [channels, height, width], and what they show. */
typedef struct sc_toy_picture {
    uint8_t *pixel;
    uint8_t *label;            /* of each pixel; NULL: pictures of that kind have a class */
    int32_t class;             /* of a picture */
    int64_t index;             /* of the sample */
    float *brightness, *noise; /* room for a number per pixel of a channel */
} sc_toy_picture;

typedef void sc_toy_paint(sc_toy_picture *picture, const sc_toy_options *options);

/* Stripes whose direction is the class; and discs, squares and triangles, whose pixels have theirs.
 */
sc_toy_paint sc_toy_stripes, sc_toy_shapes;

/* The columns "input" and "label" of pictures. Errors: OUT_OF_MEMORY, CONFIG (too many bytes). */
socle_status sc_toy_paint_all(sc_dataset *dataset, sc_env *env, const sc_toy_options *options,
                              sc_toy_paint *paint, bool labels_pixels);

#endif
