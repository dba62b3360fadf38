/* SPDX-License-Identifier: Apache-2.0 */
/* See formula.h. */
#include "graph/formula.h"

#include "graph/build.h"

#include <string.h>

void sc_formula_begin(sc_formula *formula, sc_graph *graph) {
    formula->graph = graph;
    formula->inputs = 0;
    sc_expr_init(&formula->expr);
    sc_scope_init(&formula->scope, &formula->expr);
}

/* A value that is none stays in the list: building reports it. */
int sc_formula_value(sc_formula *formula, sc_value value) {
    const sc_graph *graph = formula->graph;
    bool exists = value >= 0 && (size_t)value < graph->values;
    bool is_int = exists && !sc_dtype_is_float(sc_graph_desc(graph, value)->dtype);
    int node = sc_expr_input(&formula->expr, formula->inputs, is_int ? SC_EXPR_INT : SC_EXPR_FLOAT);
    if (formula->inputs < SC_EXPR_INPUTS) formula->input[formula->inputs++] = value;
    return node;
}

int sc_formula_input(sc_formula *formula, const char *name, sc_value value) {
    int node = sc_formula_value(formula, value);
    sc_scope_node(&formula->scope, name, node);
    return node;
}

int sc_formula_read(sc_formula *formula, const char *text) {
    sc_graph *graph = formula->graph;
    int node = 0;
    if (graph->status != SOCLE_OK) return node;
    socle_status status = sc_expr_parse(graph->env, &formula->scope, text, &node);
    if (status != SOCLE_OK) /* the library's own text is wrong: people's texts are read before */
        sc_graph_fail(graph,
                      sc_fail_prefix(graph->env, SOCLE_STATUS_INTERNAL, "formula '%s'", text));
    return node;
}

void sc_formula_output(sc_formula *formula, const char *name) {
    int node = sc_scope_node_of(&formula->scope, name);
    sc_graph *graph = formula->graph;
    if (node < 0 && graph->status == SOCLE_OK)
        sc_graph_fail(
            graph, sc_fail(graph->env, SOCLE_STATUS_INTERNAL, "a formula gives %s no value", name));
    sc_expr_output(&formula->expr, node < 0 ? 0 : node);
}

void sc_formula_build(sc_formula *formula, sc_value *out) {
    sc_formula_sum(formula, 0, out);
}

void sc_formula_sum(sc_formula *formula, uint32_t axes, sc_value *out) {
    sc_graph *graph = formula->graph;
    const sc_expr *expr = &formula->expr;
    sc_op_attr attr = {.reduce = {.axes = axes}}; /* a sum is kind 0 */
    if (!axes) {
        sc_build_expr(graph, expr, formula->inputs, formula->input, out);
        return;
    }
    for (int i = 0; i < expr->outputs; i++) out[i] = SC_NO_VALUE;
    if (graph->status == SOCLE_OK)
        sc_graph_append(graph, SC_OP_REDUCE, &attr, expr, formula->inputs, formula->input,
                        expr->outputs, out);
}

sc_value sc_build_formula(sc_graph *graph, const char *text, const char *names,
                          const sc_value *input) {
    sc_formula formula;
    sc_value out = SC_NO_VALUE;
    sc_formula_begin(&formula, graph);
    for (; *(names += strspn(names, " ")); names += strcspn(names, " "))
        sc_scope_node_part(&formula.scope, names, strcspn(names, " "),
                           sc_formula_value(&formula, input[formula.inputs]));
    int node = sc_formula_read(&formula, text);
    if (graph->status != SOCLE_OK) return out;
    if (formula.expr.node[node].type == SC_EXPR_INT)
        node = sc_expr_add_node(&formula.expr, SC_EXPR_TO_FLOAT, node, 0, 0);
    sc_expr_output(&formula.expr, node);
    sc_formula_build(&formula, &out);
    return out;
}
