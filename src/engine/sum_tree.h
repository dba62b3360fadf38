/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which the partial sums of a step's micro-batches are added up: a binary counter over
 * their numbers, so that the shape depends on how many there are and on nothing else.
 *
 *   m0 m1 m2 m3 m4        level 0
 *    \_/   \_/   |
 *      \___/     |        level 1, 2
 *          \_____/        the rest, low levels first
 *
 * A holder of consecutive micro-batches adds up what the tree joins within them; pushing what is
 * left of every holder, in order, gives the same additions as one holder would make. Pure: it says
 * what to add, and adds nothing. */
#ifndef SC_ENGINE_SUM_TREE_H
#define SC_ENGINE_SUM_TREE_H

#include <stdint.h>

/* Most sums that wait to be joined; most ranges in which those of several devices travel. */
enum { SC_SUM_NODES = 64, SC_SUM_RANGES = 8 };

typedef struct sc_sum_node {
    int level; /* the sum of micro-batches index * 2^level .. (index + 1) * 2^level - 1 */
    int64_t index;
    int holder; /* the caller's number of the memory it lies in */
} sc_sum_node;

typedef struct sc_sum_merge {
    int earlier, later; /* holders: earlier += later */
} sc_sum_merge;

typedef struct sc_sum_tree {
    sc_sum_node node[SC_SUM_NODES]; /* in order of the micro-batches */
    int nodes;
} sc_sum_tree;

/* Appends the node of the micro-batches that follow those so far. `merge` has room for
 * SC_SUM_NODES; gives the number of additions, in order, that its coming makes due. */
int sc_sum_tree_push(sc_sum_tree *tree, sc_sum_node node, sc_sum_merge *merge);
/* Joins all that is left into the first node's holder; gives the number of additions. */
int sc_sum_tree_join(sc_sum_tree *tree, sc_sum_merge *merge);
/* Most nodes, the one being pushed included, that any run within a step of `micro_batches` holds at
 * once. */
int sc_sum_tree_most(int64_t micro_batches);

#endif
