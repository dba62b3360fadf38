/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas over values of a graph (op/expr_parse.h): one elementwise launch or reduction, written
 * as text. A formula under construction remembers that something failed, in its graph, as all
 * builders do. */
#ifndef SC_GRAPH_FORMULA_H
#define SC_GRAPH_FORMULA_H

#include "graph/graph.h"
#include "op/expr_parse.h"

/* `names` ("x mean") are the values in `input`, floats or integers as their types are. The result
 * is a float. */
sc_value sc_build_formula(sc_graph *graph, const char *text, const char *names,
                          const sc_value *input);

/* The same in steps, for numbers, launch arguments and several results. */
typedef struct sc_formula {
    sc_graph *graph;
    sc_expr expr;
    sc_expr_scope scope; /* sc_scope_number and sc_scope_leaf add names that are no values */
    int inputs;
    sc_value input[SC_EXPR_INPUTS];
} sc_formula;

void sc_formula_begin(sc_formula *formula, sc_graph *graph);
/* A value under a name, and one without: the node that reads it. */
int sc_formula_input(sc_formula *formula, const char *name, sc_value value);
int sc_formula_value(sc_formula *formula, sc_value value);
/* Reads a formula; its node, for sc_expr_output(&formula->expr, node). */
int sc_formula_read(sc_formula *formula, const char *text);
/* Adds the node that a statement gave a name to the results. */
void sc_formula_output(sc_formula *formula, const char *name);
/* Appends the launch: elementwise, or the sum over `axes` (bit mask, 0: none). One value per
 * result. */
void sc_formula_build(sc_formula *formula, sc_value *out);
void sc_formula_sum(sc_formula *formula, uint32_t axes, sc_value *out);

#endif
