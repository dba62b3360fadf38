/* SPDX-License-Identifier: Apache-2.0 */
/* Building and reshaping of scalar expressions: nodes with sharing, validation, pruning and
 * splicing (how the planner fuses a chain). Derivatives are in expr_grad.c, the text form in
 * expr_text.c. Nothing here knows shapes or values. */
#include "op/op.h"

#include <string.h>

void sc_expr_init(sc_expr *expr) {
    memset(expr, 0, sizeof *expr);
}

static bool equal_nodes(const sc_expr_node *a, const sc_expr_node *b) {
    return a->op == b->op && a->type == b->type && a->index == b->index &&
           memcmp(a->argument, b->argument, sizeof a->argument) == 0 && a->imm.i == b->imm.i;
}

static int append(sc_expr *expr, const sc_expr_node *node) {
    for (int k = 0; k < expr->nodes; k++)
        if (equal_nodes(&expr->node[k], node)) return k;
    if (expr->nodes >= SC_EXPR_NODES) {
        expr->overflow = true;
        return 0;
    }
    expr->node[expr->nodes] = *node;
    return expr->nodes++;
}

/* A number that does not fit its byte becomes 255, which sc_expr_check refuses everywhere. */
static uint8_t as_byte(int value) {
    return value >= 0 && value < 255 ? (uint8_t)value : 255;
}

static sc_expr_node make_node(sc_expr_op op, sc_expr_type type, int index) {
    sc_expr_node node;
    memset(&node, 0, sizeof node);
    node.op = (uint8_t)op;
    node.type = (uint8_t)type;
    node.index = as_byte(index);
    return node;
}

int sc_expr_input(sc_expr *expr, int index, sc_expr_type type) {
    if (index < 0 || index >= SC_EXPR_INPUTS) {
        expr->overflow = true;
        return 0;
    }
    if (index >= expr->inputs) expr->inputs = index + 1;
    expr->input_type[index] = (uint8_t)type;
    sc_expr_node node = make_node(SC_EXPR_INPUT, type, index);
    return append(expr, &node);
}

int sc_expr_const(sc_expr *expr, float value) {
    sc_expr_node node = make_node(SC_EXPR_CONST, SC_EXPR_FLOAT, 0);
    node.imm.f = value;
    return append(expr, &node);
}

int sc_expr_const_int(sc_expr *expr, int32_t value) {
    return sc_expr_leaf(expr, SC_EXPR_CONST_INT, 0, value);
}

int sc_expr_leaf(sc_expr *expr, sc_expr_op op, int index, int32_t imm) {
    sc_expr_node node = make_node(op, sc_expr_op_info(op)->result, index);
    node.imm.i = imm;
    return append(expr, &node);
}

int sc_expr_add_node(sc_expr *expr, sc_expr_op op, int a, int b, int c) {
    const sc_expr_info *info = sc_expr_op_info(op);
    sc_expr_node node = make_node(op, info->result, 0);
    const int arguments[3] = {a, b, c};
    for (int i = 0; i < info->arity; i++) node.argument[i] = as_byte(arguments[i]);
    return append(expr, &node);
}

void sc_expr_output(sc_expr *expr, int node) {
    if (expr->outputs >= SC_EXPR_OUTPUTS) {
        expr->overflow = true;
        return;
    }
    expr->output[expr->outputs++] = as_byte(node);
}

static socle_status check_leaf(sc_env *env, const sc_expr *expr, int k) {
    const sc_expr_node *node = &expr->node[k];
    const char *word = sc_expr_op_info((sc_expr_op)node->op)->word;
    int limit = 1;
    sc_expr_type type = sc_expr_op_info((sc_expr_op)node->op)->result;
    if (node->op == SC_EXPR_INPUT) {
        limit = expr->inputs;
        if (node->index < expr->inputs) type = (sc_expr_type)expr->input_type[node->index];
    } else if (node->op == SC_EXPR_SCALAR) {
        limit = SC_LAUNCH_SCALARS;
    } else if (node->op == SC_EXPR_COORD) {
        limit = SC_MAX_RANK;
    }
    if (node->index >= limit)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "expression node %d (%s): index %d, limit %d", k,
                       word, node->index, limit);
    if (node->type != type)
        return sc_fail(env, SOCLE_STATUS_INTERNAL,
                       "expression node %d (%s %d): typed %s, declared %s", k, word, node->index,
                       node->type ? "int" : "float", type ? "int" : "float");
    return SOCLE_OK;
}

static socle_status check_node(sc_env *env, const sc_expr *expr, int k) {
    const sc_expr_node *node = &expr->node[k];
    if (node->op >= SC_EXPR_COUNT)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "expression node %d: unknown operation %d", k,
                       node->op);
    if (node->op < SC_EXPR_LEAVES) return check_leaf(env, expr, k);
    const sc_expr_info *info = sc_expr_op_info((sc_expr_op)node->op);
    if (node->type != info->result)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "expression node %d (%s): wrong result type", k,
                       info->word);
    for (int i = 0; i < info->arity; i++) {
        int a = node->argument[i];
        if (a >= k)
            return sc_fail(
                env, SOCLE_STATUS_INTERNAL,
                "expression node %d (%s): argument %d is node %d, which is not before it", k,
                info->word, i, a);
        if (expr->node[a].type != info->argument[i])
            return sc_fail(env, SOCLE_STATUS_INTERNAL,
                           "expression node %d (%s): argument %d must be %s, node %d is not", k,
                           info->word, i, info->argument[i] ? "int" : "float", a);
    }
    return SOCLE_OK;
}

socle_status sc_expr_check(sc_env *env, const sc_expr *expr) {
    if (expr->overflow)
        return sc_fail(
            env, SOCLE_STATUS_INTERNAL,
            "expression has no room: limits are %d nodes, %d inputs, %d outputs; split it",
            SC_EXPR_NODES, SC_EXPR_INPUTS, SC_EXPR_OUTPUTS);
    if (expr->nodes < 0 || expr->nodes > SC_EXPR_NODES || expr->inputs < 0 ||
        expr->inputs > SC_EXPR_INPUTS || expr->outputs < 1 || expr->outputs > SC_EXPR_OUTPUTS)
        return sc_fail(env, SOCLE_STATUS_INTERNAL,
                       "expression with %d nodes, %d inputs, %d outputs", expr->nodes, expr->inputs,
                       expr->outputs);
    for (int i = 0; i < expr->inputs; i++)
        if (expr->input_type[i] > SC_EXPR_INT)
            return sc_fail(env, SOCLE_STATUS_INTERNAL, "expression input %d: unknown type %d", i,
                           expr->input_type[i]);
    for (int k = 0; k < expr->nodes; k++) SC_TRY(check_node(env, expr, k));
    for (int i = 0; i < expr->outputs; i++)
        if (expr->output[i] >= expr->nodes)
            return sc_fail(env, SOCLE_STATUS_INTERNAL, "expression output %d is node %d of %d", i,
                           expr->output[i], expr->nodes);
    return SOCLE_OK;
}

void sc_expr_prune(sc_expr *expr) {
    bool needed[SC_EXPR_NODES] = {false};
    uint8_t number[SC_EXPR_NODES] = {0};
    for (int i = 0; i < expr->outputs; i++)
        if (expr->output[i] < expr->nodes) needed[expr->output[i]] = true;
    for (int k = expr->nodes - 1; k >= 0; k--)
        for (int i = 0; needed[k] && i < sc_expr_op_info((sc_expr_op)expr->node[k].op)->arity; i++)
            needed[expr->node[k].argument[i]] = true;
    int kept = 0;
    for (int k = 0; k < expr->nodes; k++) {
        if (!needed[k]) continue;
        sc_expr_node node = expr->node[k];
        for (int i = 0; i < sc_expr_op_info((sc_expr_op)node.op)->arity; i++)
            node.argument[i] = number[node.argument[i]];
        number[k] = (uint8_t)kept;
        expr->node[kept++] = node;
    }
    expr->nodes = kept;
    for (int i = 0; i < expr->outputs; i++) expr->output[i] = number[expr->output[i]];
}

bool sc_expr_equal(const sc_expr *a, const sc_expr *b) {
    bool equal = a->nodes == b->nodes && a->outputs == b->outputs;
    for (int k = 0; equal && k < a->nodes; k++) equal = equal_nodes(&a->node[k], &b->node[k]);
    for (int i = 0; equal && i < a->outputs; i++) equal = a->output[i] == b->output[i];
    return equal;
}

uint32_t sc_expr_used_inputs(const sc_expr *expr) {
    uint32_t mask = 0;
    for (int k = 0; k < expr->nodes; k++)
        if (expr->node[k].op == SC_EXPR_INPUT) mask |= UINT32_C(1) << expr->node[k].index;
    return mask;
}

bool sc_expr_uses(const sc_expr *expr, sc_expr_op op) {
    for (int k = 0; k < expr->nodes; k++)
        if (expr->node[k].op == op) return true;
    return false;
}

/* Copies a node with its arguments renumbered; the new number. */
static int transplant(sc_expr *into, const sc_expr_node *node, const uint8_t *number) {
    sc_expr_node copy = *node;
    for (int i = 0; i < sc_expr_op_info((sc_expr_op)node->op)->arity; i++)
        copy.argument[i] = number[node->argument[i]];
    return append(into, &copy);
}

/* The producer's nodes in the consumer's numbering; false when an input cannot be mapped. */
static bool plant_producer(sc_expr *into, const sc_expr *producer, const int *map,
                           uint8_t *number) {
    for (int k = 0; k < producer->nodes; k++) {
        const sc_expr_node *node = &producer->node[k];
        if (node->op == SC_EXPR_INPUT) {
            int target = map[node->index];
            if (target < 0 || target >= SC_EXPR_INPUTS) return false;
            number[k] = (uint8_t)sc_expr_input(into, target, (sc_expr_type)node->type);
        } else {
            number[k] = (uint8_t)transplant(into, node, number);
        }
    }
    return true;
}

bool sc_expr_splice(sc_expr *consumer, int at, const sc_expr *producer, int output,
                    const int *map) {
    if (consumer->overflow || producer->overflow || at < 0 || at >= consumer->inputs ||
        output < 0 || output >= producer->outputs)
        return false;
    sc_expr source = *producer, result;
    source.outputs = 1;
    source.output[0] = producer->output[output];
    sc_expr_prune(&source);
    if (source.node[source.output[0]].type != consumer->input_type[at]) return false;

    sc_expr_init(&result);
    result.inputs = consumer->inputs;
    memcpy(result.input_type, consumer->input_type, sizeof result.input_type);
    uint8_t number[SC_EXPR_NODES] = {0};
    if (!plant_producer(&result, &source, map, number)) return false;
    int joint = number[source.output[0]];
    for (int k = 0; k < consumer->nodes; k++) {
        const sc_expr_node *node = &consumer->node[k];
        bool joins = node->op == SC_EXPR_INPUT && node->index == at;
        number[k] = (uint8_t)(joins ? joint : transplant(&result, node, number));
    }
    for (int i = 0; i < consumer->outputs; i++)
        sc_expr_output(&result, number[consumer->output[i]]);
    for (int k = 0; k < result.nodes; k++) {
        const sc_expr_node *node = &result.node[k];
        if (node->op == SC_EXPR_INPUT && node->type != result.input_type[node->index]) return false;
    }
    if (result.overflow) return false;
    sc_expr_prune(&result);
    *consumer = result;
    return true;
}
