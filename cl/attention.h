/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all attention kernels share: which head of which sample a work-item belongs to, and which
 * keys a query sees. Queries and keys are rows of [samples][rows][width], of which a head has
 * `depth` columns. OpenCL C only.
 */
#ifndef SC_ATTENTION_H
#define SC_ATTENTION_H

#include "scalar.h"
#include "shape_attention.h"

/* Pointers to the first row of a head; rows lie `width` apart. */
#define SC_HEAD_OF(rows)                                                                           \
    (((size_t)get_group_id(2) * (rows)*shape.width) + get_group_id(1) * (size_t)shape.depth)
/* The first of the values [samples][queries][heads]; those of a head lie `heads` apart. */
#define SC_STATISTICS ((size_t)get_group_id(2) * shape.queries * shape.heads + get_group_id(1))

/* The keys that count of a sample. */
static inline int sc_length_of(global const int *length, const sc_shape_attention *shape) {
    return shape->has_lengths ? clamp(length[get_group_id(2)], 0, shape->keys) : shape->keys;
}

/* Query t sees the keys below this. */
static inline int sc_end_of_keys(int t, int length, const sc_shape_attention *shape) {
    return shape->causal ? clamp(t + shape->shift + 1, 0, length) : length;
}

/* Key s is seen by the queries from this on, which is shape->queries where nobody sees it. */
static inline int sc_begin_of_queries(int s, int length, const sc_shape_attention *shape) {
    if (s >= length) return shape->queries;
    return shape->causal ? clamp(s - shape->shift, 0, shape->queries) : 0;
}

#endif
