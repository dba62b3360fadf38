/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes: where external values live. A lane is one allocation; its tensors lie at offsets that are multiples of
 * SC_LANE_ALIGNMENT, padded with bytes that stay zero, so that a whole lane can be treated as a flat array of blocks of 32
 * floats (optimizer, exchange) without seeing its tensors. Pure: no device, no allocation of device memory. */
#ifndef SC_GRAPH_LANE_H
#define SC_GRAPH_LANE_H

#include "backend/backend.h"
#include "graph/graph.h"

enum { SC_LANE_ALIGNMENT = 128, SC_BLOCK = SC_LANE_ALIGNMENT / 4 };

/* Offsets of one lane's tensors. */
typedef struct sc_lane_layout {
    int count;
    size_t *offset;
    size_t bytes;
} sc_lane_layout;

/* The homes of every lane that a graph uses; lanes without tensors stay zero. */
typedef struct sc_lane_map {
    sc_lane_layout lane[SC_LANE_COUNT];
} sc_lane_map;

/* Places `count` tensors of `bytes` each in the order given by `order` (NULL: as they come). */
socle_status sc_lane_place(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes, const int *order);
void sc_lane_free(sc_lane_layout *layout, sc_env *env);
void sc_lane_map_free(sc_lane_map *map, sc_env *env);

/* Where the lanes are during one run: base address of each. A different base per run selects a staging slot or a partial. */
typedef struct sc_lane_memory {
    sc_operand base[SC_LANE_COUNT];
} sc_lane_memory;

#endif
