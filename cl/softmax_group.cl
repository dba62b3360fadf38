/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Softmax, its gradient and cross entropy along the rows of [rows][columns], for GPUs: SC_LANES
 * work-items share a row, a group of SC_GROUP of them takes several rows where rows are short.
 * softmax.cl is for CPU-class devices. It must not know layers.
 *
 * Each item keeps its SC_HELD values of a row in registers, so memory is read once and exp is taken
 * once; SC_HELD 0: rows too long for that are read again. Item l has the columns l, l + SC_LANES, ...
 *
 * Global (groups of rows * SC_GROUP), local SC_GROUP. SC_LANES is a power of two. -D SC_LABEL=
 * uchar|int: the type of labels. Accuracy: exp 1 ulp; sums in SC_LANES interleaved accumulators, then
 * pairwise. The maximum is subtracted before exp. A NaN in a row makes the row NaN.
 */
#include "scalar.h"
#include "shape_rows.h"

#ifndef SC_LABEL
#define SC_LABEL int
#endif
#ifndef SC_LANES
#define SC_LANES 64
#endif
#ifndef SC_GROUP
#define SC_GROUP 64
#endif
#ifndef SC_HELD
#define SC_HELD 0
#endif

/* SC_EACH runs over the item's columns j. What SC_KEEP put away is what SC_KEPT gives; where nothing
 * is held, SC_KEPT computes it again. */
#if SC_HELD
#define SC_HELD_ARRAY(name) float name[SC_HELD]
#define SC_EACH                                                                                    \
    _Pragma("unroll") for (uint i = 0, j = sc_my_lane(); i < SC_HELD; ++i, j += SC_LANES) if (j <  \
                                                                                              columns)
#define SC_KEEP(name, value) name[i] = (value)
#define SC_KEPT(name, value) name[i]
#else
#define SC_HELD_ARRAY(name)
#define SC_EACH for (uint j = sc_my_lane(); j < columns; j += SC_LANES)
#define SC_KEEP(name, value)
#define SC_KEPT(name, value) (value)
#endif

static inline uint sc_my_lane(void) {
    return (uint)get_local_id(0) & (SC_LANES - 1);
}

/* The maximum, the sum of the values of a row's items. Every item of the group calls them. */
static inline float sc_lanes_max(local float *lane, float value) {
    const uint me = (uint)get_local_id(0), mine = sc_my_lane();
    lane[me] = value;
    for (uint step = SC_LANES / 2; step > 0; step /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (mine < step) lane[me] = sc_max(lane[me], lane[me + step]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    value = lane[me - mine];
    barrier(CLK_LOCAL_MEM_FENCE);
    return value;
}

static inline float sc_lanes_sum(local float *lane, float value) {
    const uint me = (uint)get_local_id(0), mine = sc_my_lane();
    lane[me] = value;
    for (uint step = SC_LANES / 2; step > 0; step /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (mine < step) lane[me] += lane[me + step];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    value = lane[me - mine];
    barrier(CLK_LOCAL_MEM_FENCE);
    return value;
}

kernel void softmax_group(global const float *x, ulong x_offset, global float *y, ulong y_offset,
                          sc_shape_rows shape) {
    local float lane[SC_GROUP];
    SC_HELD_ARRAY(held);
    const uint row = (uint)get_global_id(0) / SC_LANES;
    const uint columns = row < shape.rows ? shape.columns : 0;
    global const float *from = x + x_offset + row * (size_t)shape.columns;
    global float *to = y + y_offset + row * (size_t)shape.columns;
    float most = -INFINITY, sum = 0.0f;
    SC_EACH {
        const float value = from[j];
        SC_KEEP(held, value);
        most = sc_max(most, value);
    }
    most = sc_lanes_max(lane, most);
    SC_EACH {
        const float value = SC_KEPT(held, from[j]) - most;
        const float power = sc_exp(value);
        sum += power;
        SC_KEEP(held, shape.logarithm ? value : power);
    }
    sum = sc_lanes_sum(lane, sum);
    const float shift = sc_log(sum);
    if (shape.logarithm) {
        SC_EACH to[j] = SC_KEPT(held, from[j] - most) - shift;
    } else {
        SC_EACH to[j] = SC_KEPT(held, sc_exp(from[j] - most)) / sum;
    }
}

kernel void softmax_grad_group(global const float *y, ulong y_offset, global const float *dy,
                               ulong dy_offset, global float *dx, ulong dx_offset,
                               sc_shape_rows shape) {
    local float lane[SC_GROUP];
    SC_HELD_ARRAY(held);
    SC_HELD_ARRAY(slope);
    const uint row = (uint)get_global_id(0) / SC_LANES;
    const uint columns = row < shape.rows ? shape.columns : 0;
    global const float *result = y + y_offset + row * (size_t)shape.columns;
    global const float *gradient = dy + dy_offset + row * (size_t)shape.columns;
    global float *to = dx + dx_offset + row * (size_t)shape.columns;
    float sum = 0.0f;
    SC_EACH {
        const float r = result[j], g = gradient[j];
        SC_KEEP(held, r);
        SC_KEEP(slope, g);
        sum += shape.logarithm ? g : r * g;
    }
    sum = sc_lanes_sum(lane, sum);
    SC_EACH {
        const float r = SC_KEPT(held, result[j]), g = SC_KEPT(slope, gradient[j]);
        to[j] = shape.logarithm ? g - sc_exp(r) * sum : r * (g - sum);
    }
}

kernel void cross_entropy_group(global const float *x, ulong x_offset, global const SC_LABEL *label,
                                ulong label_offset, global float *loss, ulong loss_offset,
                                global float *dx, ulong dx_offset, sc_shape_rows shape) {
    local float lane[SC_GROUP];
    SC_HELD_ARRAY(held);
    const uint row = (uint)get_global_id(0) / SC_LANES;
    const uint columns = row < shape.rows ? shape.columns : 0;
    global const float *from = x + x_offset + row * (size_t)shape.columns;
    global float *to = dx + dx_offset + row * (size_t)shape.columns;
    const int wanted = columns ? label[label_offset + row] : 0;
    const bool known = wanted >= 0 && (uint)wanted < columns;
    float most = -INFINITY, sum = 0.0f;
    SC_EACH {
        const float value = from[j];
        SC_KEEP(held, value);
        most = sc_max(most, value);
    }
    most = sc_lanes_max(lane, most);
    SC_EACH {
        const float power = sc_exp(SC_KEPT(held, from[j]) - most);
        SC_KEEP(held, power);
        sum += power;
    }
    sum = sc_lanes_sum(lane, sum);
    const float scale = known ? sum : NAN;
    SC_EACH to[j] = SC_KEPT(held, sc_exp(from[j] - most)) / scale - (j == (uint)wanted ? 1.0f : 0.0f);
    if (columns && sc_my_lane() == 0)
        loss[loss_offset + row] = known ? sc_log(sum) - (from[wanted] - most) : NAN;
}
