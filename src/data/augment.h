/* SPDX-License-Identifier: Apache-2.0 */
/* How the images of a training set are varied: moved by a few pixels, flipped. What one sample
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
} sc_augment;

/* What a device is told of one sample: first row, first column, whether columns run backwards. */
enum { SC_AUGMENT_ORIGIN = 3, SC_AUGMENT_SHIFT_MOST = 1 << 20 };

enum { SC_IMAGE_RANK = 4 }; /* [samples, channels, height, width] */

bool sc_augment_any(const sc_augment *augment);
/* `sample`: its number in the data set. Each shift from -shift to shift is as likely as any other
 * (to 2^-32 of a part). */
void sc_augment_origin(int32_t out[SC_AUGMENT_ORIGIN], const sc_augment *augment, uint64_t seed,
                       uint32_t sample, uint32_t epoch);

#endif
