/* SPDX-License-Identifier: Apache-2.0 */
/* How the images of a training set are varied: moved by a few pixels, flipped, a part of them
 * covered. What one sample
 * looks like in one epoch is a function of the seed, its number in the data set and the epoch, so
 * it is the same on any device, in any order, under any split, and when work is done again. This
 * file draws; devices do the moving (CROP2D in op/op.h). Knows no data and no device. */
#ifndef SC_DATA_AUGMENT_H
#define SC_DATA_AUGMENT_H

#include "base/env.h"

/* Zeroed: images stay as they are. */
typedef struct sc_augment {
    int32_t shift; /* up to so many pixels down or up, and right or left; what comes in is 0 */
    bool flip_horizontal; /* left and right change places in every second image */
    double erase;         /* how many of the images have a rectangle of 0: 0 to 1 */
    int32_t cutout;       /* or each has a square of 0 with sides of so many pixels; 0: none */
} sc_augment;

/* What a device is told of one sample: first row, first column, whether columns run backwards; and
 * where something is covered, of what is then seen: first row, first column, rows, columns. */
enum {
    SC_AUGMENT_ORIGIN = 3,
    SC_AUGMENT_HOLE = 4,
    SC_AUGMENT_NUMBERS = SC_AUGMENT_ORIGIN + SC_AUGMENT_HOLE,
    SC_AUGMENT_SHIFT_MOST = 1 << 20
};

enum { SC_IMAGE_RANK = 4 }; /* [samples, channels, height, width] */

bool sc_augment_any(const sc_augment *augment);
bool sc_augment_covers(const sc_augment *augment);
/* What is covered of an image of height x width. A square of `cutout` has its centre on any pixel
 * alike (DeVries and Taylor 2017); a rectangle of `erase` covers 0.02 to 0.33 of the image and is
 * 0.3 to 3.3 times as high as wide (Zhong et al. 2020). */
void sc_augment_hole(int32_t out[SC_AUGMENT_HOLE], const sc_augment *augment, uint64_t seed,
                     uint32_t sample, uint32_t epoch, int64_t height, int64_t width);
/* `sample`: its number in the data set. Each shift from -shift to shift is as likely as any other
 * (to 2^-32 of a part). */
void sc_augment_origin(int32_t out[SC_AUGMENT_ORIGIN], const sc_augment *augment, uint64_t seed,
                       uint32_t sample, uint32_t epoch);

#endif
