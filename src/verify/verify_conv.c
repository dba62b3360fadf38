/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of conv2d and its two gradients: one table of geometries for all three. */
#include "verify/case.h"

typedef struct shape {
    int rows, channels, filters, height, width;
    int kernel[2], stride[2], dilation[2], pad[4]; /* top, left, bottom, right */
    int groups;
    unsigned flags;
} shape;

/* QUICK: also in the quick part. PLAIN: one row of whole numbers for each operation, no tails.
 * FIXED: without a batch dimension. WEIGHT: of the gradient by the weights alone. PAIRS: two images
 * to a sample. */
enum { SMALL = 1, QUICK = 2, PLAIN = 4, FIXED = 8, WEIGHT = 16, PAIRS = 32 };

static const shape shapes[] = {
    /* N  C   O   H   W    kernel  strides  dilation  padding  groups */
    {2, 1, 1, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, SMALL},
    {3, 3, 5, 7, 6, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, SMALL},
    {2, 4, 6, 6, 7, {3, 2}, {2, 2}, {1, 1}, {1, 1, 0, 0}, 2, SMALL},
    {2, 3, 3, 5, 5, {3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 3, SMALL},
    {2, 17, 18, 3, 4, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, SMALL},
    {2, 3, 5, 7, 9, {2, 3}, {1, 2}, {1, 1}, {0, 1, 1, 1}, 1, SMALL},
    {3, 16, 16, 8, 8, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 16, 32, 9, 15, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 32, 17, 14, 14, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {3, 17, 33, 11, 9, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 32, 32, 7, 29, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {4, 1, 32, 28, 28, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 3, 16, 32, 31, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 3, 64, 23, 23, {7, 7}, {2, 2}, {1, 1}, {3, 3, 3, 3}, 1, 0},
    {2, 16, 16, 13, 13, {5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1, 0},
    {2, 5, 7, 12, 10, {5, 3}, {2, 2}, {1, 1}, {1, 1, 2, 2}, 1, 0},
    {2, 32, 64, 9, 9, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, 0},
    {2, 32, 16, 9, 9, {1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 1, 0},
    {2, 16, 16, 15, 16, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 16, 16, 16, 17, {3, 3}, {3, 3}, {1, 1}, {1, 1, 0, 0}, 1, 0},
    {2, 16, 32, 12, 12, {3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 1, 0},
    {2, 3, 4, 15, 11, {3, 3}, {2, 2}, {2, 2}, {1, 1, 2, 2}, 1, 0},
    {2, 32, 32, 9, 8, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 2, 0},
    {2, 32, 32, 10, 10, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 32, 0},
    {2, 17, 34, 8, 9, {3, 3}, {2, 2}, {1, 1}, {0, 0, 1, 1}, 17, 0},
    {2, 6, 9, 8, 8, {5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 3, 0},
    {1, 2, 3, 5, 5, {5, 5}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, 0},
    {2, 2, 3, 3, 3, {3, 3}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1, 0}, /* full padding: some windows hold
                                                                    one element */
    {2, 2, 3, 4, 4, {1, 1}, {3, 3}, {1, 1}, {1, 1, 1, 1}, 1, 0}, /* windows in the padding alone */
    {1, 3, 4, 1, 40, {1, 9}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, 0},
    {5, 8, 8, 2, 2, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 48, 50, 6, 30, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {2, 16, 17, 11, 14, {3, 3}, {1, 2}, {1, 1}, {1, 2, 0, 0}, 1, 0},
    {2, 4, 6, 12, 15, {3, 2}, {2, 3}, {1, 1}, {1, 2, 1, 1}, 2, 0},
    {13, 4, 8, 5, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
};

/* Both sides of what implementations treat apart. The numbers beside a row are the limits that it
 * lies at. */
static const shape edges[] = {
    /* 1x1 without stride and padding: images are seen as long rows, where both have equal widths.
     */
    {2, 2, 3, 2, 2, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 1}, 1, SMALL | QUICK | PLAIN}, /* right */
    {2, 3, 5, 4, 5, {1, 1}, {1, 1}, {1, 1}, {0, 0, 1, 0}, 1, QUICK | PLAIN},         /* bottom */
    {2, 3, 5, 4, 5, {1, 1}, {1, 1}, {1, 1}, {1, 0, 0, 0}, 1, QUICK | PLAIN},         /* top */
    {2, 3, 5, 4, 5, {1, 1}, {1, 1}, {1, 1}, {0, 2, 0, 0}, 1, QUICK | PLAIN},         /* left */
    {2, 3, 5, 4, 5, {1, 1}, {1, 1}, {1, 1}, {0, 0, 2, 3}, 1, QUICK}, /* bottom and right */
    {3, 4, 6, 1, 5, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 2}, 2, PLAIN}, /* one line, right, groups */
    {2, 4, 6, 5, 7, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 2, QUICK | PLAIN},  /* none, groups */
    {1, 3, 2, 6, 15, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, QUICK | PLAIN}, /* narrower than 16 */
    {1, 3, 2, 6, 15, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 1}, 1, PLAIN},
    {1, 3, 2, 6, 16, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, QUICK | PLAIN},
    {1, 2, 3, 273, 15, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, QUICK | PLAIN}, /* 4096 pixels */
    {1, 2, 3, 274, 15, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, QUICK | PLAIN},
    {2, 3, 4, 5, 6, {1, 1}, {1, 2}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {2, 3, 4, 5, 6, {1, 1}, {2, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {2, 3, 4, 5, 6, {1, 1}, {1, 1}, {3, 2}, {0, 0, 0, 0}, 1, PLAIN}, /* dilation of a single tap */
    {2, 3, 4, 7, 6, {1, 2}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {2, 3, 4, 7, 6, {2, 1}, {1, 1}, {1, 1}, {0, 0, 0, 1}, 1, PLAIN},
    /* Padding on one side alone, with and without stride and dilation. */
    {2, 3, 5, 6, 7, {3, 3}, {1, 1}, {1, 1}, {2, 0, 0, 0}, 1, PLAIN},
    {2, 2, 3, 7, 8, {3, 2}, {2, 3}, {1, 1}, {2, 0, 0, 0}, 1, PLAIN},
    {2, 4, 4, 8, 7, {2, 3}, {1, 1}, {2, 1}, {2, 0, 0, 0}, 1, PLAIN},
    {2, 3, 5, 6, 7, {3, 3}, {1, 1}, {1, 1}, {0, 2, 0, 0}, 1, QUICK | PLAIN},
    {2, 2, 3, 7, 8, {3, 2}, {2, 3}, {1, 1}, {0, 2, 0, 0}, 1, PLAIN},
    {2, 4, 4, 8, 7, {2, 3}, {1, 1}, {2, 1}, {0, 2, 0, 0}, 2, PLAIN},
    {2, 3, 5, 6, 7, {3, 3}, {1, 1}, {1, 1}, {0, 0, 2, 0}, 1, PLAIN},
    {2, 2, 3, 7, 8, {3, 2}, {2, 3}, {1, 1}, {0, 0, 2, 0}, 1, PLAIN},
    {2, 4, 4, 8, 7, {2, 3}, {1, 1}, {2, 1}, {0, 0, 2, 0}, 4, PLAIN},
    {2, 3, 5, 6, 7, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 2}, 1, QUICK | PLAIN},
    {2, 2, 3, 7, 8, {3, 2}, {2, 3}, {1, 1}, {0, 0, 0, 2}, 1, PLAIN},
    {2, 4, 4, 8, 7, {2, 3}, {1, 1}, {2, 1}, {0, 0, 0, 2}, 1, PLAIN},
    {2, 3, 5, 6, 7, {3, 3}, {1, 2}, {1, 1}, {1, 0, 0, 3}, 1, PLAIN},
    {2, 2, 3, 3, 4, {3, 3}, {1, 1}, {1, 1}, {0, 0, 4, 5}, 1, PLAIN}, /* windows in the padding alone
                                                                      */
    {2, 2, 3, 3, 4, {2, 2}, {3, 3}, {1, 1}, {5, 4, 0, 0}, 1, PLAIN},
    /* Channels and filters around the lanes of a vector (8, 16) and of a panel (32, 48, 64). */
    {2, 7, 9, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, QUICK | PLAIN},
    {2, 8, 8, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 9, 7, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 15, 17, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, QUICK | PLAIN},
    {2, 16, 15, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 17, 16, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 31, 33, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 33, 31, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, QUICK | PLAIN},
    {2, 47, 49, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 48, 48, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 64, 63, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {2, 65, 65, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    /* Widths around the pixels of a tile. */
    {1, 3, 4, 3, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 4, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 7, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 8, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 12, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 13, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 24, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 25, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 27, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, QUICK | PLAIN},
    {1, 3, 4, 3, 28, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 29, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, QUICK | PLAIN},
    {1, 3, 4, 3, 56, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 3, 4, 3, 57, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    /* Sums of 384 products and more are made in pieces; patches of 2^17 floats, bands of 1024
       pixels. */
    {1, 128, 3, 2, 4, {1, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, QUICK | PLAIN}, /* 384 */
    {1, 129, 3, 2, 4, {1, 3}, {1, 1}, {1, 1}, {0, 1, 0, 0}, 1, QUICK | PLAIN}, /* 387 */
    {1, 3, 2, 9, 128, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, QUICK | PLAIN}, /* 1152 pixels */
    {1, 3, 2, 7, 128, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 4, 2, 20, 130, {3, 3}, {2, 1}, {1, 1}, {1, 0, 0, 1}, 2, PLAIN},
    {1, 2, 3, 30, 140, {3, 3}, {1, 1}, {3, 1}, {0, 1, 2, 0}, 1, PLAIN},
    {1, 128, 2, 9, 128, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {1, 2, 1, 3, 1100, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN}, /* a row is more than a band
                                                                         */
    {1, 2048, 2, 2, 70, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN}, /* a row is more than 256
                                                                            KB */
    {1, 4096, 1, 2, 70, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 1}, 1, PLAIN},
    /* Strides beyond the kernel, and images smaller than a stride. */
    {2, 3, 4, 9, 10, {2, 2}, {3, 4}, {1, 1}, {0, 0, 0, 0}, 1, QUICK | PLAIN},
    {2, 3, 4, 2, 2, {2, 2}, {3, 3}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {2, 3, 4, 2, 3, {2, 2}, {5, 4}, {1, 1}, {1, 0, 0, 2}, 1, PLAIN},
    {2, 2, 2, 7, 7, {3, 3}, {2, 2}, {3, 3}, {3, 3, 3, 3}, 1, PLAIN},
    /* One input channel of a group: its weights are packed in the order of the filters. */
    {2, 3, 3, 5, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3, QUICK | PLAIN},
    {2, 3, 6, 5, 6, {3, 3}, {2, 1}, {1, 1}, {1, 1, 1, 1}, 3, QUICK | PLAIN},
    {2, 1, 5, 5, 6, {3, 2}, {2, 2}, {1, 1}, {1, 0, 0, 1}, 1, PLAIN},
    {2, 6, 3, 5, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3, PLAIN},
    /* 64 taps; kernels as wide as the registers of a device (12, 28). */
    {1, 2, 3, 10, 11, {8, 8}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {1, 2, 3, 10, 11, {13, 5}, {1, 1}, {1, 1}, {2, 0, 1, 0}, 1, PLAIN},
    {1, 2, 3, 2, 31, {1, 12}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {1, 2, 3, 2, 31, {1, 13}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {1, 2, 3, 2, 31, {1, 28}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    {1, 2, 3, 2, 31, {1, 29}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN},
    /* More samples than chunks (16), fewer than a chunk; partial gradients of more than 16 MB. */
    {15, 2, 3, 4, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {16, 2, 3, 4, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PLAIN},
    {17, 2, 3, 4, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, QUICK | PLAIN},
    {33, 4, 2, 4, 3, {2, 3}, {1, 1}, {1, 1}, {1, 1, 0, 1}, 2, PLAIN},
    {3, 1200, 1300, 1, 2, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, PLAIN | WEIGHT},
    /* Without a batch dimension, and a batch of one. */
    {3, 5, 6, 6, 5, {3, 3}, {1, 1}, {1, 1}, {1, 0, 0, 1}, 1, QUICK | FIXED},
    {3, 4, 6, 6, 5, {3, 3}, {2, 1}, {1, 1}, {1, 0, 0, 1}, 2, PLAIN | FIXED},
    {1, 5, 6, 6, 5, {3, 3}, {1, 1}, {1, 1}, {1, 0, 0, 1}, 1, PLAIN},
    /* Several images to a sample. */
    {6, 3, 5, 4, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, SMALL | QUICK | PLAIN | PAIRS},
    {6, 16, 17, 5, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PAIRS},
    {6, 17, 16, 5, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, PAIRS},
    /* Planes of several tiles, several planes to a tile, and several sums of each weight. */
    {3, 12, 12, 37, 45, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 12, QUICK},
    {2, 5, 10, 36, 40, {5, 5}, {2, 2}, {1, 1}, {2, 2, 2, 2}, 5, PLAIN},
    {90, 3, 3, 7, 7, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3, QUICK},
    {300, 4, 4, 1, 2, {1, 2}, {1, 1}, {1, 1}, {0, 1, 0, 0}, 4, PLAIN},
    {2, 4, 4, 30, 33, {7, 7}, {1, 1}, {1, 1}, {3, 3, 3, 3}, 4, PLAIN},
    {2, 4, 4, 20, 21, {3, 3}, {1, 1}, {3, 3}, {3, 3, 3, 3}, 4, PLAIN},
    {2, 4, 8, 19, 35, {3, 3}, {2, 3}, {2, 1}, {1, 1, 2, 2}, 4, PLAIN},
};

static void geometry(sc_verify_case *test, const shape *s) {
    sc_window *window = &test->desc.attr.conv.window;
    for (int axis = 0; axis < 2; axis++) {
        window->kernel[axis] = s->kernel[axis];
        window->stride[axis] = s->stride[axis];
        window->dilation[axis] = s->dilation[axis];
        window->pad_before[axis] = s->pad[axis];
        window->pad_after[axis] = s->pad[2 + axis];
    }
    test->desc.attr.conv.groups = s->groups;
}

enum { NO_TAIL, BIAS, GATE };

static void one(sc_verify_list *list, const shape *s, sc_op op, uint8_t fill, int tail) {
    sc_verify_case test =
        sc_verify_case_of(op, 2, 1, fill == SC_FILL_WHOLE ? "whole numbers" : "real numbers");
    geometry(&test, s);
    test.quick = (s->flags & QUICK) != 0;
    const sc_window *window = &test.desc.attr.conv.window;
    bool rows = !(s->flags & FIXED);
    sc_tensor_desc x = SC_VERIFY_TENSOR(SOCLE_F32, rows, s->rows, s->channels, s->height, s->width);
    sc_tensor_desc w = SC_VERIFY_TENSOR(SOCLE_F32, 0, s->filters, s->channels / s->groups,
                                        s->kernel[0], s->kernel[1]);
    sc_tensor_desc y = SC_VERIFY_TENSOR(SOCLE_F32, rows, s->rows, s->filters,
                                        sc_window_output(s->height, window, 0),
                                        sc_window_output(s->width, window, 1));
    bool by_input = op == SC_OP_CONV2D_GRAD_INPUT;
    test.desc.tensor[0] = by_input ? y : x;
    test.desc.tensor[1] = op == SC_OP_CONV2D_GRAD_WEIGHT ? y : w;
    if (by_input) test.desc.tensor[2] = x;
    test.fill[0] = test.fill[1] = fill;
    if (tail == GATE) sc_verify_gate(&test, by_input ? x : y, true);
    if (tail == BIAS)
        sc_verify_bias_relu(
            &test, SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, by_input ? s->channels : s->filters, 1, 1));
    if (s->flags & PAIRS) sc_verify_case_rows(&test, 2);
    list->emit(list, &test);
}

static const sc_op ops[] = {SC_OP_CONV2D, SC_OP_CONV2D_GRAD_INPUT, SC_OP_CONV2D_GRAD_WEIGHT};
enum { OPS = sizeof ops / sizeof ops[0] };

/* Whole numbers always, for those show a wrong index by bits; tails and real numbers by turns. */
static void all_of(sc_verify_list *list, const shape *s, size_t i, sc_op op) {
    bool tail = op != SC_OP_CONV2D_GRAD_WEIGHT;
    if (s->flags & WEIGHT && tail) return;
    one(list, s, op, SC_FILL_WHOLE, NO_TAIL);
    if (s->flags & PLAIN || (list->small && i > 1)) return;
    one(list, s, op, i % 2 ? SC_FILL_REAL : SC_FILL_WHOLE, tail ? BIAS : NO_TAIL);
    if (i % 3 == 0) one(list, s, op, SC_FILL_REAL, NO_TAIL);
    if (i % 3 == 1 && tail) one(list, s, op, SC_FILL_REAL, GATE);
}

static const shape pieces[] = {{9, 3, 5, 90, 91, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, SMALL}};

static void table(sc_verify_list *list, const shape *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < OPS; k++)
            if (!list->small || rows[i].flags & SMALL) all_of(list, &rows[i], i, ops[k]);
}

void sc_verify_conv_cases(sc_verify_list *list) {
    table(list, shapes, sizeof shapes / sizeof shapes[0]);
    table(list, edges, sizeof edges / sizeof edges[0]);
    if (list->pieces) table(list, pieces, 1);
}

/* None, one side alone, all sides alike, or any. */
static void draw_padding(uint64_t *state, int pad[4], const int most[2]) {
    int64_t kind = sc_draw_below(state, 8), side = sc_draw_below(state, 4);
    for (int i = 0; i < 4; i++) {
        int any = (int)sc_draw_between(state, 0, most[i % 2]);
        pad[i] = kind < 3    ? 0
                 : kind < 6  ? (i == side ? any : 0)
                 : kind == 6 ? most[i % 2] / 2
                             : any;
    }
}

/* A size whose window leaves `outputs`, and up to a stride more that no window reaches. */
static int draw_input(uint64_t *state, const shape *s, int axis, int64_t outputs) {
    int64_t span = (int64_t)(s->kernel[axis] - 1) * s->dilation[axis] + 1;
    int64_t size = (outputs - 1) * s->stride[axis] + span - s->pad[axis] - s->pad[2 + axis] +
                   sc_draw_below(state, s->stride[axis]);
    return size < 1 ? 1 : (int)size;
}

static void draw_window(sc_draw *draw, shape *s) {
    static const int sizes[] = {1, 3, 2, 5, 1, 3, 4, 7};
    bool pointwise = sc_draw_once_in(&draw->row, 4);
    s->kernel[0] = sizes[sc_draw_below(&draw->row, 8)];
    s->kernel[1] = sizes[sc_draw_below(&draw->style, 8)];
    s->dilation[0] = sc_draw_once_in(&draw->row, 3) ? 2 : 1;
    s->dilation[1] = sc_draw_once_in(&draw->style, 3) ? 2 : 1;
    if (pointwise) s->kernel[0] = s->kernel[1] = 1;
    int most[2];
    for (int axis = 0; axis < 2; axis++) {
        s->stride[axis] =
            sc_draw_once_in(&draw->row, 3) ? (int)sc_draw_between(&draw->row, 2, 4) : 1;
        most[axis] = pointwise ? 3 : s->kernel[axis] * s->dilation[axis];
    }
    if (pointwise && !sc_draw_once_in(&draw->row, 4)) s->stride[0] = s->stride[1] = 1;
    draw_padding(&draw->row, s->pad, most);
}

void sc_verify_conv_random(sc_verify_list *list, sc_draw *draw) {
    enum { PRODUCTS = 1 << 18, ELEMENTS = 1 << 13 };
    uint64_t *state = &draw->row;
    shape s = {.groups = sc_draw_once_in(state, 3) ? (int)sc_draw_between(state, 2, 5) : 1};
    draw_window(draw, &s);
    int64_t columns = sc_draw_size(&draw->style, 64), lines = sc_draw_size(state, 24);
    int64_t channels = sc_draw_size(&draw->style, 80), filters = sc_draw_size(&draw->style, 80);
    int tail = (int)sc_draw_below(&draw->style, 4);
    if (s.groups > 1) channels = sc_draw_size(state, 8), filters = sc_draw_size(state, 8);
    /* Beside what the style says, so that kernels are compiled for few tiles. */
    columns += sc_draw_between(state, columns > 1 ? -1 : 0, 1);
    channels += sc_draw_between(state, channels > 1 ? -1 : 0, 1);
    filters += sc_draw_between(state, filters > 1 ? -1 : 0, 1);
    s.rows = (int)sc_draw_between(state, 1, 4);
    if (sc_draw_once_in(state, 8)) s.rows = (int)sc_draw_between(state, 15, 34);
    int64_t planes = s.rows * s.groups * (channels > filters ? channels : filters);
    while (planes * lines * columns > ELEMENTS && lines > 1) lines /= 2;
    int64_t products = s.rows * s.groups * filters * lines * columns * s.kernel[0] * s.kernel[1];
    while (products * channels > PRODUCTS && channels > 1) channels /= 2;
    s.channels = (int)channels * s.groups;
    s.filters = (int)filters * s.groups;
    s.height = draw_input(state, &s, 0, lines);
    s.width = draw_input(state, &s, 1, columns);
    if (sc_draw_once_in(state, 8)) s.flags |= FIXED;
    sc_op op = ops[sc_draw_below(state, OPS)];
    uint8_t fill = sc_draw_once_in(state, 3) ? SC_FILL_REAL : SC_FILL_WHOLE;
    one(list, &s, op, fill, op == SC_OP_CONV2D_GRAD_WEIGHT || tail > GATE ? NO_TAIL : tail);
}
