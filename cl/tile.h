/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tile engine for GPU-class devices: a work-group computes a tile of SC_TILE_ROWS x
 * SC_TILE_COLUMNS sums of a product, step by step of SC_TILE_DEPTH. Each step brings a piece of
 * both operands into local memory, from which every work-item keeps SC_ITEM_ROWS x SC_ITEM_COLUMNS
 * sums in its registers. OpenCL C only. It must not know what is multiplied.
 *
 * A kernel is put together from
 *   this file           where a group works, and how pieces lie in local memory
 *   tile_load*.h        loaders: how an operand is read; each operation chooses two
 *   tile_sum.h          the loop, the same for all
 *   tile_store.h        how sums leave the registers, through the tail
 *
 * A loader `kind` is a struct of that name and two functions, `lanes` being SC_TILE_ROWS or
 * SC_TILE_COLUMNS:
 *   kind_fetch(next, self, lanes, depth, end)   reads an item's share of the step that begins at
 *                                               `depth` into registers; from `end` on there is 0
 *   kind_put(tile, next, lanes, item)           writes it into local memory
 *
 * -D list: SC_TILE_ROWS, SC_TILE_COLUMNS, SC_TILE_DEPTH, SC_TILE_BUFFERS (1, 2), SC_ITEM_ROWS,
 * SC_ITEM_COLUMNS; SC_VECTOR_WIDTH=4; SC_NO_FMA. Items of a group are a multiple of rows and of
 * columns of its tile; each of them fetches whole quads.
 *
 * Accuracy: every sum is one chain of fused multiply-adds in rising order of depth, for each piece
 * of the depth, whatever the tile.
 */
#ifndef SC_TILE_H
#define SC_TILE_H

#include "shape_tile.h"
#include "vector.h"

#define SC_TILE_GROUP_ROWS (SC_TILE_ROWS / SC_ITEM_ROWS) /* items of a group */
#define SC_TILE_GROUP_COLUMNS (SC_TILE_COLUMNS / SC_ITEM_COLUMNS)
#define SC_TILE_ITEMS (SC_TILE_GROUP_ROWS * SC_TILE_GROUP_COLUMNS)
/* In local memory the lanes of one depth lie side by side, a quad apart from the next depth, so
 * that writing across them meets different banks. */
#define SC_TILE_PITCH(lanes) ((lanes) + 4)
#define SC_TILE_QUADS(lanes) (SC_TILE_PITCH(lanes) / 4 * SC_TILE_DEPTH)
#define SC_TILE_LOCAL(lanes) (SC_TILE_BUFFERS * SC_TILE_QUADS(lanes)) /* vectors */
/* What an item fetches in a step, in vectors. */
#define SC_TILE_SHARE(lanes) ((lanes)*SC_TILE_DEPTH / (4 * SC_TILE_ITEMS))

#if SC_TILE_ITEMS % SC_TILE_ROWS || SC_TILE_ITEMS % SC_TILE_COLUMNS || SC_TILE_ITEMS % SC_TILE_DEPTH
#error the items of a group must be a multiple of its rows, its columns and its depth
#endif
#if SC_TILE_ROWS * SC_TILE_DEPTH % (4 * SC_TILE_ITEMS) ||                                          \
    SC_TILE_COLUMNS * SC_TILE_DEPTH % (4 * SC_TILE_ITEMS)
#error an item must fetch whole quads
#endif

/* Rows of tiles that neighbouring groups share: they read the same columns while these are in a
 * cache. */
#define SC_TILE_STRIP 8

typedef struct sc_tile_place {
    int product;
    int piece; /* of the depth, from begin to end */
    int begin, end;
    int row, column; /* the tile's first */
    int rows;        /* of the result; 0: there is nothing to do */
} sc_tile_place;

/* Where the group works. One that has nothing to do gets no depth and a place outside of the
 * result: to leave a kernel before a barrier is more than some compilers understand (PoCL 3.1). */
static inline sc_tile_place sc_tile_find(const sc_shape_tile *tile) {
    sc_tile_place place;
    const uint columns = (uint)max(tile->column_tiles, 1);
    const uint tiles = (uint)max(tile->row_tiles, 1) * columns;
    const uint splits = (uint)max(tile->splits, 1);
    const uint groups = (uint)tile->products * splits * tiles;
    const uint numbered = (uint)get_group_id(0) + (uint)tile->first_group;
    const uint group = numbered < groups ? numbered : 0;
    const uint piece = group / tiles;
    const uint rest = group - piece * tiles;
    const uint strip = rest / (SC_TILE_STRIP * columns);
    const uint within = rest - strip * (SC_TILE_STRIP * columns);
    const uint height = min((uint)SC_TILE_STRIP, tiles / columns - strip * SC_TILE_STRIP);
    const uint column = within / height;
    place.product = (int)(piece / splits);
    place.piece = (int)(piece % splits);
    place.begin = place.piece * tile->split_depth;
    place.end = place.piece + 1 == (int)splits ? tile->depth : place.begin + tile->split_depth;
    place.row = (int)(strip * SC_TILE_STRIP + within - column * height) * SC_TILE_ROWS;
    place.column = (int)column * SC_TILE_COLUMNS;
    place.rows = numbered < groups ? tile->rows : 0;
    return place;
}

/* An item's share as quads along the lanes, one depth each. */
static inline void sc_tile_put_along(local float *tile, const sc_vector *next, const int lanes,
                                     int item) {
    local float *to = tile + item / (lanes / 4) * SC_TILE_PITCH(lanes) + item % (lanes / 4) * 4;
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(lanes); ++i)
        *(local sc_vector *)(to + i * (SC_TILE_ITEMS / (lanes / 4)) * SC_TILE_PITCH(lanes)) =
            next[i];
}

/* As quads along the depth, one lane each. */
static inline void sc_tile_put_across(local float *tile, const sc_vector *next, const int lanes,
                                      int item) {
    local float *to =
        tile + item % (SC_TILE_DEPTH / 4) * 4 * SC_TILE_PITCH(lanes) + item / (SC_TILE_DEPTH / 4);
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
        const int lane = i * (SC_TILE_ITEMS / (SC_TILE_DEPTH / 4));
        to[lane] = next[i].x;
        to[lane + SC_TILE_PITCH(lanes)] = next[i].y;
        to[lane + 2 * SC_TILE_PITCH(lanes)] = next[i].z;
        to[lane + 3 * SC_TILE_PITCH(lanes)] = next[i].w;
    }
}

/* One by one: all in one lane, at every SC_TILE_ITEMS / lanes-th depth. */
static inline void sc_tile_put_lane(local float *tile, const sc_vector *next, const int lanes,
                                    int item) {
    const int step = SC_TILE_ITEMS / lanes * SC_TILE_PITCH(lanes);
    local float *to = tile + item / lanes * SC_TILE_PITCH(lanes) + item % lanes;
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
        to[4 * i * step] = next[i].x;
        to[(4 * i + 1) * step] = next[i].y;
        to[(4 * i + 2) * step] = next[i].z;
        to[(4 * i + 3) * step] = next[i].w;
    }
}

/* One by one: all at one depth, in every SC_TILE_ITEMS / SC_TILE_DEPTH-th lane. */
static inline void sc_tile_put_depth(local float *tile, const sc_vector *next, const int lanes,
                                     int item) {
    const int step = SC_TILE_ITEMS / SC_TILE_DEPTH;
    local float *to = tile + item % SC_TILE_DEPTH * SC_TILE_PITCH(lanes) + item / SC_TILE_DEPTH;
#pragma unroll
    for (int i = 0; i < SC_TILE_SHARE(lanes); ++i) {
        to[4 * i * step] = next[i].x;
        to[(4 * i + 1) * step] = next[i].y;
        to[(4 * i + 2) * step] = next[i].z;
        to[(4 * i + 3) * step] = next[i].w;
    }
}

#endif
