/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes: where external values live. A lane is one allocation, or several chunks where one would be
 * too large; its tensors lie at offsets that are multiples of SC_LANE_ALIGNMENT, padded with bytes
 * that stay zero, so that a whole chunk can be treated as a flat array of blocks of 32 floats
 * (optimizer, exchange) without seeing its tensors. Pure: no device, no allocation of device
 * memory. */
#ifndef SC_GRAPH_LANE_H
#define SC_GRAPH_LANE_H

#include "backend/backend.h"
#include "graph/graph.h"

enum { SC_LANE_ALIGNMENT = 128, SC_BLOCK = SC_LANE_ALIGNMENT / 4 };

/* Offsets of one lane's tensors. */
typedef struct sc_lane_layout {
    int count;
    size_t *offset; /* within the tensor's chunk */
    size_t bytes;   /* of all chunks */
    int chunks;
    int *chunk;          /* per tensor; NULL: there is one chunk */
    size_t *chunk_bytes; /* per chunk; NULL: there is one */
} sc_lane_layout;

/* The homes of every lane that a graph uses; lanes without tensors stay zero. */
typedef struct sc_lane_map {
    sc_lane_layout lane[SC_LANES];
} sc_lane_map;

/* Places `count` tensors of `bytes` each in the order given by `order` (NULL: as they come). */
socle_status sc_lane_place(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes,
                           const int *order);
/* The same in chunks of at most `most` bytes; a larger tensor has a chunk to itself. */
socle_status sc_lane_place_chunks(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes,
                                  const int *order, size_t most);
/* And with a chunk begun wherever a tensor is of another group than the one before it. */
socle_status sc_lane_place_groups(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes,
                                  const int *order, const int *group, size_t most);
/* Each tensor, be it of 0 bytes, in a chunk of its own number. */
socle_status sc_lane_place_each(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes);
/* Where a chunk or a tensor begins, counted from the begin of the first chunk; the chunk behind the
 * last one begins at the end. */
size_t sc_lane_chunk_begin(const sc_lane_layout *layout, int chunk);
size_t sc_lane_begin(const sc_lane_layout *layout, int tensor);
void sc_lane_free(sc_lane_layout *layout, sc_env *env);
void sc_lane_map_free(sc_lane_map *map, sc_env *env);

/* Where the lanes are during one run: base address of each. A different base per run selects a
 * staging slot or a partial. */
typedef struct sc_lane_memory {
    sc_operand base[SC_LANES];         /* of the lane's only chunk, or its first */
    const sc_operand *chunk[SC_LANES]; /* of every chunk; NULL: the base is all */
} sc_lane_memory;

#endif
