/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scatter with addition for GPUs: the rows are sorted by the entry of the table that they name,
 * then each entry adds its own rows up. index.cl has the form for CPU-class devices. It must not
 * know layers.
 *
 * The sort is by digits of SC_SORT_BITS bits, the lowest first, and stable: within an entry rows
 * keep their order, so an entry is the sum of its rows in rising order, the bits of index.cl. A
 * group takes `tile` rows; work-item d of it owns digit d, and meets the rows one by one, so there
 * are no atomics. A key is the entry of a row; rows that name none have the key `table` and end
 * behind all others.
 *
 * sort_count   how often each digit occurs in each tile: [tiles][digits]
 *              global (tiles * SC_SORT_DIGITS), local SC_SORT_DIGITS
 * sort_place   puts the numbers of rows where their digits want them; the same sizes
 * sort_bounds  where the rows of each entry begin, and behind the last one where they end
 *              global (table + 1), local any
 * sort_add     source [rows][columns] -> [table][columns]
 *              global (table * columns), local any
 *
 * Nothing here rounds but the sums. -D SC_SORT_BITS=8, or less where groups are smaller.
 */
#include "shape_sort.h"

#ifndef SC_SORT_BITS
#define SC_SORT_BITS 8
#endif
#define SC_SORT_DIGITS (1u << SC_SORT_BITS) /* and the work-items of a group */

#pragma OPENCL FP_CONTRACT OFF

#define SC_NO_DIGIT SC_SORT_DIGITS /* behind the last row */

/* The key of row number `at` in the order that `from` holds. */
static inline uint sc_sort_key(global const int *index, global const uint *from, uint at,
                               const sc_shape_sort *shape) {
    const uint entry = (uint)index[shape->shift == 0 ? at : from[at]];
    return min(entry, shape->table); /* negative ones are large */
}

static inline uint sc_sort_digit(uint key, const sc_shape_sort *shape) {
    return key >> shape->shift & (SC_SORT_DIGITS - 1);
}

kernel void sort_count(global const int *index, ulong index_offset, global const uint *from,
                       ulong from_offset, global uint *count, ulong count_offset,
                       sc_shape_sort shape) {
    local uint4 quads[SC_SORT_DIGITS / 4];
    local uint *digit = (local uint *)quads;
    const uint me = (uint)get_local_id(0), tile = (uint)get_group_id(0);
    const uint begin = tile * shape.tile, end = min(begin + shape.tile, shape.rows);
    uint found = 0;
    index += index_offset;
    from += from_offset;
    for (uint first = begin; first < end; first += SC_SORT_DIGITS) {
        const uint at = first + me;
        digit[me] =
            at < end ? sc_sort_digit(sc_sort_key(index, from, at, &shape), &shape) : SC_NO_DIGIT;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint k = 0; k < SC_SORT_DIGITS / 4; ++k) {
            const uint4 four = quads[k];
            found += (four.x == me) + (four.y == me) + (four.z == me) + (four.w == me);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (tile < shape.tiles) count[count_offset + tile * SC_SORT_DIGITS + me] = found;
}

/* Where the first row of the tile with digit `me` goes: behind all rows with lower digits, and
 * those with this digit in earlier tiles. */
static inline uint sc_sort_begin(global const uint *count, uint tile, uint me, local uint *total,
                                 const sc_shape_sort *shape) {
    uint all = 0, place = 0;
    for (uint t = 0; t < shape->tiles; ++t) {
        const uint here = count[t * SC_SORT_DIGITS + me];
        all += here;
        place += t < tile ? here : 0;
    }
    total[me] = all;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint lower = 0; lower < SC_SORT_DIGITS; ++lower) place += lower < me ? total[lower] : 0;
    return place;
}

kernel void sort_place(global const int *index, ulong index_offset, global const uint *from,
                       ulong from_offset, global const uint *count, ulong count_offset,
                       global uint *to, ulong to_offset, sc_shape_sort shape) {
    local uint digit[SC_SORT_DIGITS], place[SC_SORT_DIGITS];
    const uint me = (uint)get_local_id(0), tile = (uint)get_group_id(0);
    const uint begin = tile * shape.tile, end = min(begin + shape.tile, shape.rows);
    uint next = sc_sort_begin(count + count_offset, tile, me, place, &shape);
    index += index_offset;
    from += from_offset;
    to += to_offset;
    for (uint first = begin; first < end; first += SC_SORT_DIGITS) {
        const uint at = first + me;
        digit[me] =
            at < end ? sc_sort_digit(sc_sort_key(index, from, at, &shape), &shape) : SC_NO_DIGIT;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint k = 0; k < SC_SORT_DIGITS; ++k)
            if (digit[k] == me) place[k] = next++;
        barrier(CLK_LOCAL_MEM_FENCE);
        if (at < end) to[place[me]] = shape.shift == 0 ? at : from[at];
    }
}

kernel void sort_bounds(global const int *index, ulong index_offset, global const uint *order,
                        ulong order_offset, global uint *bound, ulong bound_offset,
                        sc_shape_sort shape) {
    const uint entry = (uint)get_global_id(0);
    uint low = 0, high = shape.rows;
    if (entry > shape.table) return;
    while (low < high) {
        const uint middle = low + (high - low) / 2;
        const uint key = min((uint)index[index_offset + order[order_offset + middle]], shape.table);
        if (key < entry)
            low = middle + 1;
        else
            high = middle;
    }
    bound[bound_offset + entry] = low;
}

kernel void sort_add(global const float *source, ulong source_offset, global const uint *order,
                     ulong order_offset, global const uint *bound, ulong bound_offset,
                     global float *y, ulong y_offset, sc_shape_sort shape) {
    const uint item = (uint)get_global_id(0);
    if (shape.table == 0 || item >= shape.table * shape.columns) return;
    const uint entry = item / shape.columns, column = item - entry * shape.columns;
    const uint end = bound[bound_offset + entry + 1];
    float sum = 0.0f;
    source += source_offset + column;
    order += order_offset;
    for (uint at = bound[bound_offset + entry]; at < end; ++at)
        sum += source[order[at] * (size_t)shape.columns];
    y[y_offset + item] = sum;
}
