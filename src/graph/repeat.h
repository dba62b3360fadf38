/* SPDX-License-Identifier: Apache-2.0 */
/* Regions of a graph that are repeated: a recurrent network's step, written once. A region is
 * planned once, its kernels are prepared once, and a launch runs its list of launches as often as
 * there are steps; only the places of some operands move.
 *
 *   region = sc_repeat_begin(graph, T, ..)
 *     h = sc_repeat_carry(.., initial)     what an earlier repetition left; `initial` in the first
 *     x = sc_repeat_read(.., sequence)     slice t of [T, ..] in repetition t
 *     next = f(x, h, weights)
 *     sc_repeat_next(.., h, next)          what h is in the repetition that follows
 *     y = sc_repeat_collect(.., next)      [T, ..] of all repetitions
 *   sc_repeat_end(graph)
 *   last = sc_repeat_last(.., h)           what the last repetition left
 *
 * A region reads values made before it as they are, in every repetition. What is made in it is
 * read in it alone: others read what was collected or the last. Sequences are not batched:
 * repetition after repetition, each with the samples of the graph's capacity, so that every step
 * lies in one piece. A random number of a region counts by sample, element and repetition. Regions
 * do not nest. */
#ifndef SC_GRAPH_REPEAT_H
#define SC_GRAPH_REPEAT_H

#include "graph/graph.h"

/* The most repetitions of a region. */
enum { SC_REPEAT_MOST = 1 << 20 };

/* A region of `times` repetitions. `to_longest`: as many of them as a launch asks for
 * (sc_launch.repetitions); collected sequences are then 0 behind these. The number of the region; 0
 * on error. */
int sc_repeat_begin(sc_graph *graph, int64_t times, bool to_longest);
/* The same repetitions backward: repetition t of this region may read what repetition t of `of`
 * made. */
int sc_repeat_begin_reverse(sc_graph *graph, int of);
void sc_repeat_end(sc_graph *graph);

/* Before the region's first operation. initial SC_NO_VALUE: zeros of `desc`; else `desc` may be
 * NULL. */
sc_value sc_repeat_carry(sc_graph *graph, sc_value initial, const sc_tensor_desc *desc);
/* Once for each carried value. `next` has its descriptor. */
void sc_repeat_next(sc_graph *graph, sc_value carried, sc_value next);
/* Slice t of `sequence` [T, ..], which is made outside: [..], in which each sample has
 * `rows_per_sample` rows (0: it is not batched). */
sc_value sc_repeat_read(sc_graph *graph, sc_value sequence, int64_t rows_per_sample);
/* [T, ..] of `value` [..]. Read it behind the end. */
sc_value sc_repeat_collect(sc_graph *graph, sc_value value);
/* The number of the repetition, i32 of `rank` dimensions of size 1. Before the region's first
 * operation. */
sc_value sc_repeat_number(sc_graph *graph, int rank);
/* Behind the end: what a carried value has become. */
sc_value sc_repeat_last(sc_graph *graph, sc_value carried);

#endif
