/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reductions of an expression over part of its index space, in two fixed stages: partial results
 * over chunks whose bounds depend on the shape alone, then their combination. What is reduced comes
 * from a generated text before this file; this file knows order and memory.
 *
 * The index space is (kept row, reduced row, inner); inner is reduced or kept (SC_INNER_REDUCED).
 * Partial results: [output][part][kept], `kept` = all results.
 *
 * The kernels of lone work-items keep the canonical order: reduced elements are numbered row by row,
 * and part p takes the `chunk` numbers from p * chunk on. Where inner is reduced it has 16 sums, number
 * n goes into sum n % 16, and these are combined in pairs; where inner is kept it has one. Parts are
 * combined in rising order. The order of groups is theirs: a unit is a reduced row's piece of at most
 * `piece` inner elements (inner reduced) or a reduced row, part p combines the units from p * chunk
 * on, in shape->lanes interleaved sums (a power of two), then pairwise.
 *
 * The generated text defines: SC_RESULTS, SC_INNER_REDUCED; SC_INPUT_PARAMETERS /
 * SC_INPUT_ARGUMENTS; SC_RESULT_PARAMETERS (r0, r0_offset ...); sc_evaluate (fills
 * tile[result][at..at + count) with the expression at inner elements begin .. begin + count);
 * sc_evaluate_one; SC_IDENTITY(k); sc_combine(k, a, b) and sc_combine16; sc_store_result(k, index,
 * value). It may define sc_accumulate, and then SC_HAS_ACCUMULATE: sc_evaluate and sc_combine16 in
 * one for the vectors that fit, returning the number of their elements.
 *
 * -D SC_BY_GROUP: the kernels of GPU-class devices, else the others. Global sizes:
 *   reduce_lanes  (kept rows / together, or kept rows * column blocks; parts), local 1:
 *                 CPU-class devices, and the reference
 *   reduce_group  (groups of SC_GROUP / lanes results or columns * SC_GROUP, parts), local
 *                 (SC_GROUP, 1): GPU-class devices
 *   reduce_final  (blocks of 64 results), local 1: behind reduce_lanes
 *   reduce_final_group  (groups of SC_GROUP / lanes results * SC_GROUP), local SC_GROUP: behind
 *                 reduce_group
 */
#include "shape_space.h"

#pragma OPENCL FP_CONTRACT OFF

#define SC_FINAL 64
#define SC_LONG_ROW 64 /* from here on a row's own vectors pay, however it begins */
#ifndef SC_GROUP
#define SC_GROUP 256
#endif

/* Where the result of stage one goes: to its place when there is one part, else to the workspace.
 */
static inline void sc_store_partial(int k, uint part, uint index, float value,
                                    const sc_shape_space *shape,
                                    global float *partial SC_RESULT_PARAMETERS) {
    if (shape->parts == 1)
        sc_store_result(k, index, value SC_RESULT_ARGUMENTS);
    else
        partial[((size_t)k * shape->parts + part) * shape->kept + index] = value;
}

#ifdef SC_BY_GROUP
/* Combines the sums of `lanes` items that lie `apart` from each other in the group, as a tree; lane 0
 * has the result. Every item of the group calls it. */
static inline void sc_combine_lanes(local float (*lane)[SC_GROUP], const float *sum, uint my_lane,
                                    uint lanes, uint apart) {
    const uint me = (uint)get_local_id(0);
    for (int k = 0; k < SC_RESULTS; ++k) lane[k][me] = sum[k];
    for (uint step = lanes / 2; step > 0; step /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (my_lane < step)
            for (int k = 0; k < SC_RESULTS; ++k)
                lane[k][me] = sc_combine(k, lane[k][me], lane[k][me + step * apart]);
    }
}

#endif

#if SC_INNER_REDUCED

#ifdef SC_BY_GROUP
static inline void sc_units(uint part, const sc_shape_space *shape, uint *first, uint *last) {
    *first = part * shape->chunk;
    *last = min(*first + shape->chunk, shape->outer * shape->pieces);
}
#endif

#ifndef SC_BY_GROUP
/* The expression at `count` reduced elements from number `from` on, whatever rows they are in. */
static inline void sc_fill(SC_INPUT_PARAMETERS float tile[][SC_TILE + 16], uint kept, uint from,
                           uint count, const sc_shape_space *shape) {
    for (uint at = 0; at < count;) {
        const uint row = (from + at) / shape->inner;
        const uint begin = from + at - row * shape->inner;
        const uint here = min(count - at, shape->inner - begin);
        sc_evaluate(SC_INPUT_ARGUMENTS tile, at, kept, row, begin, here, shape);
        at += here;
    }
}

static inline void sc_reduce_one(SC_INPUT_PARAMETERS uint kept, uint part, global float *partial,
                                 const sc_shape_space *shape SC_RESULT_PARAMETERS) {
    const uint end = min((part + 1) * shape->chunk, shape->outer * shape->inner);
    float16 sum[SC_RESULTS];
    float tile[SC_RESULTS][SC_TILE + 16];
    for (int k = 0; k < SC_RESULTS; ++k) sum[k] = (float16)(SC_IDENTITY(k));
    for (uint at = part * shape->chunk; at < end;) {
#ifdef SC_HAS_ACCUMULATE
        const uint row = at / shape->inner;
        const uint begin = at - row * shape->inner;
        const uint whole = sc_accumulate(SC_INPUT_ARGUMENTS sum, kept, row, begin,
                                         min(end - at, shape->inner - begin), shape);
        if (whole) {
            at += whole;
            continue;
        }
        const uint most = shape->inner < SC_LONG_ROW ? SC_TILE : 16;
#else
        const uint most = SC_TILE;
#endif
        const uint count = min(most, end - at);
        sc_fill(SC_INPUT_ARGUMENTS tile, kept, at, count, shape);
        for (int k = 0; k < SC_RESULTS; ++k) {
            for (uint j = count; j % 16 != 0; ++j) tile[k][j] = SC_IDENTITY(k);
            for (uint j = 0; j < count; j += 16)
                sum[k] = sc_combine16(k, sum[k], vload16(0, &tile[k][j]));
        }
        at += count;
    }
    for (int k = 0; k < SC_RESULTS; ++k) {
        float lane[16];
        vstore16(sum[k], 0, lane);
        for (int step = 8; step > 0; step /= 2)
            for (int j = 0; j < step; ++j) lane[j] = sc_combine(k, lane[j], lane[j + step]);
        sc_store_partial(k, part, kept, lane[0], shape, partial SC_RESULT_ARGUMENTS);
    }
}

kernel void reduce_lanes(SC_INPUT_PARAMETERS global float *workspace,
                         ulong workspace_offset SC_RESULT_PARAMETERS, sc_shape_space values) {
    const sc_shape_space *shape = &values;
    const uint first = (uint)get_global_id(0) * shape->together;
    const uint part = (uint)get_global_id(1);
    if (part >= shape->parts) return;
    for (uint kept = first; kept < min(first + shape->together, shape->kept); ++kept)
        sc_reduce_one(SC_INPUT_ARGUMENTS kept, part, workspace + workspace_offset,
                      shape SC_RESULT_ARGUMENTS);
}

#else

/* shape->lanes items share a result; a group takes SC_GROUP / lanes results side by side. */
kernel void reduce_group(SC_INPUT_PARAMETERS global float *workspace,
                         ulong workspace_offset SC_RESULT_PARAMETERS, sc_shape_space values) {
    const sc_shape_space *shape = &values;
    local float lane[SC_RESULTS][SC_GROUP];
    const uint lanes = shape->lanes;
    const uint me = (uint)get_local_id(0);
    const uint my_lane = me & (lanes - 1);
    const uint kept = (uint)get_global_id(0) / lanes;
    const uint part = (uint)get_global_id(1);
    const bool valid = kept < shape->kept && part < shape->parts;
    float sum[SC_RESULTS], value[SC_RESULTS];
    uint unit = 0, last = 0;
    if (valid) sc_units(part, shape, &unit, &last);
    for (int k = 0; k < SC_RESULTS; ++k) sum[k] = SC_IDENTITY(k);
    for (; unit < last; ++unit) {
        const uint row = unit / shape->pieces;
        const uint first = (unit - row * shape->pieces) * shape->piece;
        const uint end = min(first + shape->piece, shape->inner);
        /* Short rows would leave most items idle if each started at item 0. */
        const uint turned =
            shape->inner < lanes ? (my_lane - unit * shape->inner) & (lanes - 1) : my_lane;
        for (uint j = first + turned; j < end; j += lanes) {
            sc_evaluate_one(SC_INPUT_ARGUMENTS value, kept, row, j, shape);
            for (int k = 0; k < SC_RESULTS; ++k) sum[k] = sc_combine(k, sum[k], value[k]);
        }
    }
    sc_combine_lanes(lane, sum, my_lane, lanes, 1);
    if (my_lane == 0 && valid)
        for (int k = 0; k < SC_RESULTS; ++k)
            sc_store_partial(k, part, kept, lane[k][me], shape,
                             workspace + workspace_offset SC_RESULT_ARGUMENTS);
}
#endif

#else

#ifndef SC_BY_GROUP
kernel void reduce_lanes(SC_INPUT_PARAMETERS global float *workspace,
                         ulong workspace_offset SC_RESULT_PARAMETERS, sc_shape_space values) {
    const sc_shape_space *shape = &values;
    const uint kept_row = (uint)get_global_id(0) / shape->pieces;
    const uint begin = ((uint)get_global_id(0) - kept_row * shape->pieces) * shape->piece;
    const uint part = (uint)get_global_id(1);
    float sum[SC_RESULTS][SC_TILE], tile[SC_RESULTS][SC_TILE + 16];
    if (kept_row * shape->inner >= shape->kept || part >= shape->parts) return;
    const uint count = min(shape->piece, shape->inner - begin);
    const uint last = min((part + 1) * shape->chunk, shape->outer);
    for (int k = 0; k < SC_RESULTS; ++k)
        for (uint j = 0; j < count; ++j) sum[k][j] = SC_IDENTITY(k);
    for (uint row = part * shape->chunk; row < last; ++row) {
        sc_evaluate(SC_INPUT_ARGUMENTS tile, 0, kept_row, row, begin, count, shape);
        for (int k = 0; k < SC_RESULTS; ++k)
            for (uint j = 0; j < count; ++j) sum[k][j] = sc_combine(k, sum[k][j], tile[k][j]);
    }
    for (int k = 0; k < SC_RESULTS; ++k)
        for (uint j = 0; j < count; ++j)
            sc_store_partial(k, part, kept_row * shape->inner + begin + j, sum[k][j], shape,
                             workspace + workspace_offset SC_RESULT_ARGUMENTS);
}

#else

/* A group takes SC_GROUP / lanes columns side by side; shape->lanes items share each, item l the
 * rows l, l + lanes, ... of the part. */
kernel void reduce_group(SC_INPUT_PARAMETERS global float *workspace,
                         ulong workspace_offset SC_RESULT_PARAMETERS, sc_shape_space values) {
    const sc_shape_space *shape = &values;
    local float lane[SC_RESULTS][SC_GROUP];
    const uint lanes = shape->lanes, width = SC_GROUP / lanes;
    const uint blocks = (shape->inner + width - 1) / width;
    const uint me = (uint)get_local_id(0);
    const uint my_lane = me / width;
    const uint kept_row = (uint)get_group_id(0) / blocks;
    const uint column = ((uint)get_group_id(0) - kept_row * blocks) * width + (me & (width - 1));
    const uint part = (uint)get_global_id(1);
    const bool valid = column < shape->inner && kept_row * shape->inner < shape->kept &&
                       part < shape->parts;
    const uint last = valid ? min((part + 1) * shape->chunk, shape->outer) : 0;
    float sum[SC_RESULTS], value[SC_RESULTS];
    for (int k = 0; k < SC_RESULTS; ++k) sum[k] = SC_IDENTITY(k);
    for (uint row = part * shape->chunk + my_lane; row < last; row += lanes) {
        sc_evaluate_one(SC_INPUT_ARGUMENTS value, kept_row, row, column, shape);
        for (int k = 0; k < SC_RESULTS; ++k) sum[k] = sc_combine(k, sum[k], value[k]);
    }
    sc_combine_lanes(lane, sum, my_lane, lanes, width);
    if (my_lane == 0 && valid)
        for (int k = 0; k < SC_RESULTS; ++k)
            sc_store_partial(k, part, kept_row * shape->inner + column, lane[k][me], shape,
                             workspace + workspace_offset SC_RESULT_ARGUMENTS);
}
#endif

#endif

#ifndef SC_BY_GROUP
kernel void reduce_final(global const float *workspace, ulong workspace_offset SC_RESULT_PARAMETERS,
                         sc_shape_space values) {
    const sc_shape_space *shape = &values;
    const uint begin = (uint)get_global_id(0) * SC_FINAL;
    float sum[SC_FINAL];
    if (begin >= shape->kept) return;
    const uint count = min((uint)SC_FINAL, shape->kept - begin);
    workspace += workspace_offset;
    for (int k = 0; k < SC_RESULTS; ++k) {
        for (uint j = 0; j < SC_FINAL; ++j) sum[j] = SC_IDENTITY(k);
        for (uint part = 0; part < shape->parts; ++part) {
            global const float *from =
                workspace + ((size_t)k * shape->parts + part) * shape->kept + begin;
            for (uint j = 0; j < count; ++j) sum[j] = sc_combine(k, sum[j], from[j]);
        }
        for (uint j = 0; j < count; ++j) sc_store_result(k, begin + j, sum[j] SC_RESULT_ARGUMENTS);
    }
}

#else

/* A group takes SC_GROUP / lanes results side by side; shape->lanes items share each, item l the
 * parts l, l + lanes, ... */
kernel void reduce_final_group(global const float *workspace,
                               ulong workspace_offset SC_RESULT_PARAMETERS, sc_shape_space values) {
    const sc_shape_space *shape = &values;
    local float lane[SC_RESULTS][SC_GROUP];
    const uint lanes = shape->lanes, width = SC_GROUP / lanes;
    const uint me = (uint)get_local_id(0);
    const uint my_lane = me / width;
    const uint index = (uint)get_group_id(0) * width + (me & (width - 1));
    const uint parts = index < shape->kept ? shape->parts : 0;
    float sum[SC_RESULTS];
    workspace += workspace_offset + index;
    for (int k = 0; k < SC_RESULTS; ++k) {
        global const float *from = workspace + (size_t)k * shape->parts * shape->kept;
        sum[k] = SC_IDENTITY(k);
        for (uint part = my_lane; part < parts; part += lanes)
            sum[k] = sc_combine(k, sum[k], from[(size_t)part * shape->kept]);
    }
    sc_combine_lanes(lane, sum, my_lane, lanes, width);
    if (my_lane == 0 && index < shape->kept)
        for (int k = 0; k < SC_RESULTS; ++k)
            sc_store_result(k, index, lane[k][me] SC_RESULT_ARGUMENTS);
}
#endif
