/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape arguments of the tile engine, shared by C and OpenCL C so that both sides agree on
 * their layout. They are passed to kernels by value. This file must not know about buffers, the
 * sizes of tiles or devices.
 */
#ifndef SC_SHAPE_TILE_H
#define SC_SHAPE_TILE_H

#include "argument.h"
#include "shape_conv.h"

/* Operands whose lines begin at multiples of 16 bytes and are as long. */
#define SC_TILE_WIDE_LEFT 1
#define SC_TILE_WIDE_RIGHT 2
#define SC_TILE_WIDE_RESULT 4

/*
 * Products left (rows x depth) * right (depth x columns) of one size. Each is cut into row_tiles *
 * column_tiles tiles, and its depth into `splits` pieces of split_depth (the last one is shorter).
 * One work-group computes one tile over one piece; groups are numbered by product, then piece, then
 * tile.
 */
typedef struct sc_shape_tile {
    int rows;
    int columns;
    int depth;
    int row_tiles;
    int column_tiles;
    int products;
    int splits;
    int split_depth;
    int first_group; /* number of the launch's first group: large work is cut into launches */
    int wide;        /* SC_TILE_WIDE_... */
} sc_shape_tile;
SC_ARGUMENT(sc_shape_tile, 10);

/*
 * A convolution or its gradient by the input as products. The gradient has stride_y * stride_x
 * phases: pixels that are a stride apart meet the same taps, which are tap_stride_y * tap_stride_x
 * apart. Forward there is one phase.
 */
typedef struct sc_shape_tile_conv {
    sc_shape_conv conv;
    int tap_stride_y;
    int tap_stride_x;
} sc_shape_tile_conv;
SC_ARGUMENT(sc_shape_tile_conv, SC_WORDS(sc_shape_conv) + 2);

/* Pieces of `outputs` sums each, which are added up; outputs lie as [batch][rows][columns]. */
typedef struct sc_shape_tile_add {
    int outputs;
    int splits;
    int rows;
    int columns;
} sc_shape_tile_add;
SC_ARGUMENT(sc_shape_tile_add, 4);

#endif
