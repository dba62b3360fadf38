/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: an expression with the values it reads, taken out of a node so that two can be joined.
 * Only expressions and operand lists are handled here; the rules say whether a join is
 * allowed. */
#include "graph/fuse_private.h"

#include <string.h>

void sc_fuse_body_load(const sc_node *node, sc_fuse_body *body) {
    body->expr = *node->expr;
    body->inputs = node->inputs;
    memcpy(body->input, node->input, (size_t)node->inputs * sizeof node->input[0]);
}

void sc_fuse_body_load_tail(const sc_graph *graph, const sc_node *node, sc_fuse_body *body) {
    sc_op_desc desc;
    sc_graph_node_desc(graph, node, &desc);
    int base = sc_op_base_inputs(&desc);
    body->input[0] = SC_FUSE_RAW;
    body->inputs = 1;
    if (node->tail) {
        body->expr = *node->tail;
        for (int i = base; i < node->inputs; i++) body->input[body->inputs++] = node->input[i];
        return;
    }
    sc_expr_init(&body->expr);
    sc_expr_output(&body->expr, sc_expr_input(&body->expr, 0, SC_EXPR_FLOAT));
}

int sc_fuse_body_find(const sc_graph *graph, const sc_fuse_body *body, sc_value value) {
    for (int i = 0; i < body->inputs; i++) {
        if (body->input[i] == value) return i;
        if (value < 0 || body->input[i] < 0) continue;
        if (sc_graph_root(graph, body->input[i]) == sc_graph_root(graph, value) &&
            sc_tensor_equal(sc_graph_desc(graph, body->input[i]), sc_graph_desc(graph, value)))
            return i;
    }
    return -1;
}

int sc_fuse_body_find_root(const sc_graph *graph, const sc_fuse_body *body, sc_value root) {
    for (int i = 0; i < body->inputs; i++)
        if (body->input[i] >= 0 && sc_graph_root(graph, body->input[i]) == root) return i;
    return -1;
}

static uint32_t inputs_of_output(const sc_expr *expr, int output) {
    sc_expr one = *expr;
    one.outputs = 1;
    one.output[0] = expr->output[output];
    sc_expr_prune(&one);
    return sc_expr_used_inputs(&one);
}

bool sc_fuse_body_absorb(const sc_graph *graph, sc_fuse_body *body, int at,
                         const sc_fuse_body *producer, int output) {
    uint32_t needed = inputs_of_output(&producer->expr, output);
    int map[SC_EXPR_INPUTS];
    body->input[at] = SC_NO_VALUE; /* free: the first new operand takes it */
    for (int i = 0; i < SC_EXPR_INPUTS; i++) {
        map[i] = at;
        if (!(needed & (1u << i))) continue;
        map[i] = sc_fuse_body_find(graph, body, producer->input[i]);
        if (map[i] < 0) map[i] = body->input[at] == SC_NO_VALUE ? at : body->inputs++;
        if (map[i] >= SC_EXPR_INPUTS) return false;
        body->input[map[i]] = producer->input[i];
    }
    return sc_expr_splice(&body->expr, at, &producer->expr, output, map);
}

static bool is_one(const sc_expr *expr, int node) {
    return expr->node[node].op == SC_EXPR_CONST && expr->node[node].imm.f == 1.0f;
}

/* Copies `from` behind `into`, input i as input map[i]; equal nodes are shared, and x * 1 is x to
 * the bit. */
static void copy_expr(sc_expr *into, const sc_expr *from, const int *map) {
    int number[SC_EXPR_NODES];
    for (int k = 0; k < from->nodes; k++) {
        const sc_expr_node *node = &from->node[k];
        const sc_expr_op op = (sc_expr_op)node->op;
        if (op == SC_EXPR_INPUT)
            number[k] = sc_expr_input(into, map[node->index], (sc_expr_type)node->type);
        else if (op == SC_EXPR_CONST)
            number[k] = sc_expr_const(into, node->imm.f);
        else if (op < SC_EXPR_LEAVES)
            number[k] = sc_expr_leaf(into, op, node->index, node->imm.i);
        else {
            int argument[3] = {0, 0, 0};
            for (int i = 0; i < sc_expr_op_info(op)->arity; i++)
                argument[i] = number[node->argument[i]];
            if (op == SC_EXPR_MUL && is_one(from, node->argument[0]))
                number[k] = argument[1];
            else if (op == SC_EXPR_MUL && is_one(from, node->argument[1]))
                number[k] = argument[0];
            else
                number[k] = sc_expr_add_node(into, op, argument[0], argument[1], argument[2]);
        }
    }
    for (int i = 0; i < from->outputs; i++) sc_expr_output(into, number[from->output[i]]);
}

bool sc_fuse_body_append(const sc_graph *graph, sc_fuse_body *body, const sc_fuse_body *other) {
    uint32_t used = sc_expr_used_inputs(&other->expr);
    int map[SC_EXPR_INPUTS] = {0};
    for (int i = 0; i < SC_EXPR_INPUTS; i++) {
        if (!(used & (1u << i))) continue;
        map[i] = sc_fuse_body_find(graph, body, other->input[i]);
        if (map[i] < 0) {
            if (body->inputs >= SC_EXPR_INPUTS) return false;
            map[i] = body->inputs++;
            body->input[map[i]] = other->input[i];
        }
    }
    copy_expr(&body->expr, &other->expr, map);
    return !body->expr.overflow;
}

void sc_fuse_body_compact(const sc_graph *graph, sc_fuse_body *body) {
    sc_expr_prune(&body->expr);
    const sc_fuse_body old = *body;
    uint32_t used = sc_expr_used_inputs(&old.expr);
    int map[SC_EXPR_INPUTS] = {0}, raw = sc_fuse_body_find(graph, &old, SC_FUSE_RAW);
    body->inputs = 0;
    if (raw >= 0) body->input[body->inputs++] = SC_FUSE_RAW;
    for (int i = 0; i < SC_EXPR_INPUTS; i++) {
        if (!(used & (1u << i))) continue;
        map[i] = sc_fuse_body_find(graph, body, old.input[i]);
        if (map[i] >= 0) continue;
        map[i] = body->inputs++;
        body->input[map[i]] = old.input[i];
    }
    sc_expr_init(&body->expr);
    copy_expr(&body->expr, &old.expr, map);
    sc_expr_prune(&body->expr);
}
