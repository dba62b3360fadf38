/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows picked by index: gather, scatter with addition, rows put in their places, and the place of a
 * row's maximum. Each work-item takes `piece` columns (argmax: `chunk` rows); one on GPU-class devices, many on
 * CPU-class ones.
 *
 * gather       table [table][columns], index [rows] -> [rows][columns]; a wrong index gives zeros
 *              global (pieces * rows / chunk)
 * scatter_add  index [rows], source [rows][columns] -> [table][columns]; a table row is the sum of
 *              its source rows in rising order, by one work-item: no atomics, so the bits are
 *              always the same
 *              global (pieces * table / chunk)
 * put_rows     index [rows], source [rows][columns] -> rows of [table][columns], of which nothing else
 *              is touched; a wrong index is put nowhere, no index comes twice
 *              global (pieces * rows / chunk)
 * argmax_rows  [rows][columns] -> [rows]; the first maximum, a NaN counts as one
 *              global (rows / chunk)
 *
 * Local size any. -D SC_ELEMENT=uint|ushort|uchar: the type that gather and put_rows move. Nothing here rounds but
 * the sums.
 */
#include "shape_rows.h"
#include "vector_loop.h"

#pragma OPENCL FP_CONTRACT OFF

#ifndef SC_ELEMENT
#define SC_ELEMENT uint
#endif

kernel void gather(global const SC_ELEMENT *table, ulong table_offset, global const int *index,
                   ulong index_offset, global SC_ELEMENT *y, ulong y_offset, sc_shape_rows shape) {
    const size_t columns = shape.columns;
    const uint group = (uint)get_global_id(0) / shape.pieces; /* of rows */
    const size_t begin = ((uint)get_global_id(0) - group * shape.pieces) * (size_t)shape.piece;
    const size_t end = min(begin + shape.piece, columns);
    const uint first = group * shape.chunk;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        const int from = index[index_offset + row];
        const bool known = from >= 0 && (uint)from < shape.table;
        global const SC_ELEMENT *source =
            table + table_offset + (known ? (size_t)from : 0) * columns;
        global SC_ELEMENT *to = y + y_offset + row * columns;
        if (known) {
            SC_VECTOR_LOOP
            for (size_t j = begin; j < end; ++j) to[j] = source[j];
        } else {
            for (size_t j = begin; j < end; ++j) to[j] = 0;
        }
    }
}

kernel void scatter_add(global const int *index, ulong index_offset, global const float *source,
                        ulong source_offset, global float *y, ulong y_offset, sc_shape_rows shape) {
    const size_t columns = shape.columns;
    const uint group = (uint)get_global_id(0) / shape.pieces; /* of table rows */
    const size_t begin = ((uint)get_global_id(0) - group * shape.pieces) * (size_t)shape.piece;
    const size_t end = min(begin + shape.piece, columns);
    const uint first = group * shape.chunk;
    const uint last = min(first + shape.chunk, shape.table);
    y += y_offset;
    for (uint entry = first; entry < last; ++entry)
        for (size_t j = begin; j < end; ++j) y[entry * columns + j] = 0.0f;
    for (uint row = 0; row < shape.rows; ++row) {
        const int entry = index[index_offset + row];
        if (entry < 0 || (uint)entry < first || (uint)entry >= last) continue;
        global const float *from = source + source_offset + row * columns;
        global float *to = y + (size_t)entry * columns;
        SC_VECTOR_LOOP
        for (size_t j = begin; j < end; ++j) to[j] += from[j];
    }
}

kernel void put_rows(global const int *index, ulong index_offset, global const SC_ELEMENT *source,
                     ulong source_offset, global SC_ELEMENT *y, ulong y_offset,
                     sc_shape_rows shape) {
    const size_t columns = shape.columns;
    const uint group = (uint)get_global_id(0) / shape.pieces; /* of rows */
    const size_t begin = ((uint)get_global_id(0) - group * shape.pieces) * (size_t)shape.piece;
    const size_t end = min(begin + shape.piece, columns);
    const uint first = group * shape.chunk;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        const int entry = index[index_offset + row];
        if (entry < 0 || (uint)entry >= shape.table) continue;
        global const SC_ELEMENT *from = source + source_offset + row * columns;
        global SC_ELEMENT *to = y + y_offset + (size_t)entry * columns;
        SC_VECTOR_LOOP
        for (size_t j = begin; j < end; ++j) to[j] = from[j];
    }
}

kernel void argmax_rows(global const float *x, ulong x_offset, global int *y, ulong y_offset,
                        sc_shape_rows shape) {
    const uint first = (uint)get_global_id(0) * shape.chunk;
    for (uint row = first; row < min(first + shape.chunk, shape.rows); ++row) {
        global const float *from = x + x_offset + row * (size_t)shape.columns;
        float most = from[0];
        int place = 0;
        for (uint j = 1; j < shape.columns; ++j) {
            const float v = from[j];
            const bool more = !(v <= most) & (most == most);
            most = more ? v : most;
            place = more ? (int)j : place;
        }
        y[y_offset + row] = place;
    }
}
