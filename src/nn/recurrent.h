/* SPDX-License-Identifier: Apache-2.0 */
/* One recurrent layer in one direction over a sequence, whatever its cell: what its steps compute
 * is a row of a table (recurrent_cell.c). It knows values, not options of layers. */
#ifndef SC_NN_RECURRENT_H
#define SC_NN_RECURRENT_H

#include "graph/graph.h"

enum { SC_CELL_GATES = 4 };

typedef struct sc_cell {
    const char *word; /* of its layer */
    int gates;        /* linear maps of the input, and of the state, per unit */
    bool memory;      /* carries a second state, `c`, which nobody else reads */
    int apart;        /* the gate whose maps are not added up: x of the input, r of the state, whose
                         bias is b; -1: none */
    /* new_h, and new_c where it has a memory, of s0, s1 ...: the sums of the maps of the step's
     * input and of the state, with both biases; h, c, and what is apart. %s: the name of a
     * function.
     */
    const char *formula;
} sc_cell;

const sc_cell *sc_cell_find(const char *word);

/* A cell's weights: [gates * units, features], [gates * units, units] and, SC_NO_VALUE: none,
 * [gates * units] each. */
typedef struct sc_cell_weights {
    sc_value input, state, input_bias, state_bias;
} sc_cell_weights;

typedef struct sc_recurrent {
    const sc_cell *cell;
    const char *function; /* for %s of the cell's formula */
    sc_cell_weights weights;
    int64_t units;
    sc_value length; /* of each sample, [N,1]; SC_NO_VALUE: all steps. Behind it a state stays */
    bool backward;   /* from the last step to the first one */
} sc_recurrent;

/* x [N,T,D]. *sequence (NULL: not wanted): the state behind each step, [N,T,units], 0 behind a
 * sample's length. The result: the state at the end, [N,units]. */
sc_value sc_recurrent_build(sc_graph *graph, const sc_recurrent *recurrent, sc_value x,
                            sc_value *sequence);

#endif
