/* SPDX-License-Identifier: Apache-2.0 */
/* Private to layout.c (which nodes run blocked) and layout_apply.c (rewriting the graph
 * accordingly). */
#ifndef SC_GRAPH_LAYOUT_PRIVATE_H
#define SC_GRAPH_LAYOUT_PRIVATE_H

#include "graph/layout.h"

enum { PLAIN_BIT = 1u << SC_LAYOUT_PLAIN, BLOCKED_BIT = 1u << SC_LAYOUT_C16 };

typedef struct sc_layout_node {
    bool able, blocked;             /* may run blocked; does */
    uint8_t takes[SC_MAX_OPERANDS]; /* when blocked: layouts that each operand may have; PLAIN_BIT
                                       where it has no choice */
    bool packs[SC_MAX_OPERANDS];    /* a parameter that is taken packed, blocked or not */
} sc_layout_node;

typedef struct sc_layouts {
    sc_graph *graph;
    size_t nodes; /* before REORDER nodes were added */
    sc_layout_node *node;
    bool *aliased;   /* per root value: read through an alias */
    uint8_t *demand; /* per value: layouts in which it is read or must be stored; scratch of the
                        cost */
    sc_layout_result result;
} sc_layouts;

/* The layout in which node `n` stores its output `k`. */
sc_layout sc_layout_stored(const sc_layouts *layouts, int n, int k);
/* Fills layouts->demand. */
void sc_layout_demands(sc_layouts *layouts);

/* layout_apply.c */
socle_status sc_layout_apply(sc_layouts *layouts);

#endif
