/* SPDX-License-Identifier: Apache-2.0 */
/* One gradient rule per operation: given the gradients of a node's outputs, add contributions for
 * its inputs, as more nodes of the same graph. Scalar derivatives are in src/op/expr_grad.c. */
#include "graph/build.h"
#include "graph/formula.h"
#include "graph/grad.h"

/* Axes along which `from` was stretched to `to`: their contributions sum up. */
static uint32_t stretched_axes(const sc_tensor_desc *from, const sc_tensor_desc *to) {
    uint32_t axes = 0;
    for (int d = 0; d < to->rank; d++) {
        bool rows = d == 0 && to->rows_per_sample && !from->rows_per_sample;
        if (rows || (from->dim[d] == 1 && to->dim[d] != 1)) axes |= 1u << d;
    }
    return axes;
}

/* Inputs of the derivative expression that it really reads, renumbered without holes. */
static int compact_inputs(sc_expr *expr, const sc_value *all, sc_value *used) {
    uint32_t mask = sc_expr_used_inputs(expr);
    int number[SC_EXPR_INPUTS] = {0}, count = 0;
    uint8_t type[SC_EXPR_INPUTS] = {0};
    for (int i = 0; i < expr->inputs; i++) {
        if (!(mask & (1u << i))) continue;
        used[count] = all[i];
        type[count] = expr->input_type[i];
        number[i] = count++;
    }
    for (int n = 0; n < expr->nodes; n++)
        if (expr->node[n].op == SC_EXPR_INPUT)
            expr->node[n].index = (uint8_t)number[expr->node[n].index];
    expr->inputs = count;
    for (int i = 0; i < count; i++) expr->input_type[i] = type[i];
    return count;
}

/* Appends derivative `expr` over `space`, summed over `axes`. */
static sc_value append_derivative(sc_graph *graph, const sc_expr *expr, int count,
                                  const sc_value *input, uint32_t axes) {
    sc_value out = SC_NO_VALUE;
    if (axes) {
        sc_op_attr attr = {.reduce = {.axes = axes, .kind = {SC_REDUCE_SUM}}};
        sc_graph_append(graph, SC_OP_REDUCE, &attr, expr, count, input, 1, &out);
    } else {
        sc_build_expr(graph, expr, count, input, &out);
    }
    return out;
}

/* A reduce's incoming gradient is smaller than its index space, and a derivative may read nothing
 * else. Operands that the expression does not read then give the space: one of full size, or all of
 * them. */
static int span_space(const sc_graph *graph, const sc_node *node, const sc_tensor_desc *space,
                      int count, sc_value *used) {
    bool spans = true;
    for (int d = 0; d < space->rank; d++) {
        int64_t size = 1;
        for (int i = 0; i < count; i++)
            if (sc_graph_desc(graph, used[i])->dim[d] > size)
                size = sc_graph_desc(graph, used[i])->dim[d];
        spans &= size == space->dim[d];
    }
    bool rows = false;
    for (int i = 0; i < count; i++) rows |= sc_graph_desc(graph, used[i])->rows_per_sample > 0;
    if (spans && rows == (space->rows_per_sample > 0)) return count;
    for (int i = 0; i < node->inputs; i++) {
        const sc_tensor_desc *desc = sc_graph_desc(graph, node->input[i]);
        bool full = desc->rows_per_sample == space->rows_per_sample;
        for (int d = 0; d < space->rank; d++) full &= desc->dim[d] == space->dim[d];
        if (!full) continue;
        used[count++] = node->input[i];
        return count;
    }
    for (int i = 0; i < node->inputs; i++) used[count++] = node->input[i];
    return count;
}

/* Contribution of output k to input i of an expression-carrying node. `result` is false when the
 * per-element results are not values of the graph (REDUCE): the derivative then computes them
 * again. */
static sc_value expr_contribution(sc_graph *graph, const sc_node *node, int k, int i, sc_value dy,
                                  const sc_tensor_desc *space, bool result) {
    sc_expr expr;
    socle_status status = sc_expr_gradient(graph->env, &expr, node->expr, k, i);
    if (status != SOCLE_OK) return sc_graph_fail(graph, status);
    int inputs = node->expr->inputs, outputs = node->expr->outputs;
    int map[SC_EXPR_INPUTS];
    for (int j = 0; j < SC_EXPR_INPUTS; j++) map[j] = j;
    for (int j = 0; !result && j < outputs; j++)
        if (sc_expr_used_inputs(&expr) & (1u << (inputs + j)))
            if (!sc_expr_splice(&expr, inputs + j, node->expr, j, map)) expr.overflow = true;
    if (!(sc_expr_used_inputs(&expr) & (1u << (inputs + outputs))))
        return SC_NO_VALUE; /* derivative 0 */
    sc_value all[SC_EXPR_INPUTS], used[SC_EXPR_INPUTS + SC_MAX_OPERANDS];
    for (int j = 0; j < inputs; j++) all[j] = node->input[j];
    for (int j = 0; j < outputs; j++) all[inputs + j] = node->output[j];
    all[inputs + outputs] = dy;
    int count = span_space(graph, node, space, compact_inputs(&expr, all, used), used);
    return append_derivative(graph, &expr, count, used,
                             stretched_axes(sc_graph_desc(graph, node->input[i]), space));
}

static void expr_rule(sc_grad *grad, sc_graph *graph, const sc_node *node, const sc_value *dy,
                      bool result) {
    sc_op_desc desc;
    sc_graph_node_desc(graph, node, &desc);
    sc_tensor_desc space = sc_op_space(&desc);
    for (int i = 0; i < node->inputs; i++) {
        if (!sc_grad_wanted(grad, node->input[i])) continue;
        for (int k = 0; k < node->outputs; k++)
            if (dy[k] != SC_NO_VALUE)
                sc_grad_add(grad, node->input[i],
                            expr_contribution(graph, node, k, i, dy[k], &space, result));
    }
}

static void elementwise_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    expr_rule(grad, graph, &node, dy, true);
}

static void reduce_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    for (int k = 0; k < node.outputs; k++)
        if (dy[k] != SC_NO_VALUE && node.attr.reduce.kind[k] != SC_REDUCE_SUM) {
            sc_graph_fail(
                graph,
                sc_fail(graph->env, SOCLE_STATUS_UNSUPPORTED,
                        "the gradient of a maximum or minimum over dimensions is not defined here; "
                        "use a pooling operation or a sum"));
            return;
        }
    expr_rule(grad, graph, &node, dy, false);
}

/* Sums a gradient over batch dimensions along which the operand was broadcast. */
static sc_value sum_to(sc_graph *graph, sc_value gradient, sc_value like) {
    if (gradient == SC_NO_VALUE) return gradient;
    uint32_t axes = stretched_axes(sc_graph_desc(graph, like), sc_graph_desc(graph, gradient));
    return axes ? sc_build_reduce(graph, SC_REDUCE_SUM, gradient, axes) : gradient;
}

static void matmul_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_value a = node.input[0], b = node.input[1], dc = dy[0];
    bool ta = node.attr.matmul.transpose_a, tb = node.attr.matmul.transpose_b;
    if (sc_grad_wanted(grad, a)) {
        sc_value da = ta ? sc_build_matmul(graph, b, dc, tb, true)
                         : sc_build_matmul(graph, dc, b, false, !tb);
        sc_grad_add(grad, a, sum_to(graph, da, a));
    }
    if (sc_grad_wanted(grad, b)) {
        sc_value db = tb ? sc_build_matmul(graph, dc, a, true, ta)
                         : sc_build_matmul(graph, a, dc, !ta, false);
        sc_grad_add(grad, b, sum_to(graph, db, b));
    }
}

static sc_value shaped_like(sc_graph *graph, sc_op op, const sc_op_attr *attr, int count,
                            const sc_value *input, sc_value like) {
    sc_tensor_desc shape = *sc_graph_desc(graph, like);
    sc_value out;
    sc_graph_append_shaped(graph, op, attr, count, input, &shape, &out);
    return out;
}

static void conv2d_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_value x = node.input[0], weight = node.input[1];
    if (sc_grad_wanted(grad, weight))
        sc_grad_add(grad, weight,
                    shaped_like(graph, SC_OP_CONV2D_GRAD_WEIGHT, &node.attr, 2,
                                (sc_value[]){x, dy[0]}, weight));
    if (sc_grad_wanted(grad, x))
        sc_grad_add(grad, x,
                    shaped_like(graph, SC_OP_CONV2D_GRAD_INPUT, &node.attr, 2,
                                (sc_value[]){dy[0], weight}, x));
}

/* The transposed convolution: what it gives is the x of a convolution, what it takes its result. */
static void conv2d_grad_input_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_value x = node.input[0], weight = node.input[1];
    if (sc_grad_wanted(grad, weight))
        sc_grad_add(grad, weight,
                    shaped_like(graph, SC_OP_CONV2D_GRAD_WEIGHT, &node.attr, 2,
                                (sc_value[]){dy[0], x}, weight));
    if (sc_grad_wanted(grad, x))
        sc_grad_add(
            grad, x,
            sc_build_conv2d(graph, dy[0], weight, &node.attr.conv.window, node.attr.conv.groups));
}

static void maxpool2d_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_grad_add(grad, node.input[0],
                shaped_like(graph, SC_OP_MAXPOOL2D_GRAD, &node.attr, 2,
                            (sc_value[]){dy[0], node.output[1]}, node.input[0]));
}

static void avgpool2d_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_grad_add(grad, node.input[0],
                shaped_like(graph, SC_OP_AVGPOOL2D_GRAD, &node.attr, 1, &dy[0], node.input[0]));
}

static void softmax_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_value dx;
    sc_graph_append(graph, SC_OP_SOFTMAX_GRAD, &node.attr, NULL, 2,
                    (sc_value[]){node.output[0], dy[0]}, 1, &dx);
    sc_grad_add(grad, node.input[0], dx);
}

static void cross_entropy_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    if (dy[0] == SC_NO_VALUE) {
        sc_graph_fail(graph,
                      sc_fail(graph->env, SOCLE_STATUS_UNSUPPORTED,
                              "the gradient of cross_entropy's second output is not defined"));
        return;
    }
    int64_t dim[2] = {sc_graph_desc(graph, dy[0])->dim[0], 1};
    sc_value seed = sc_build_reshape(graph, dy[0], 2, dim);
    sc_grad_add(grad, node.input[0], sc_build_binary(graph, SC_EXPR_MUL, node.output[1], seed));
}

static void gather_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_grad_add(grad, node.input[0],
                shaped_like(graph, SC_OP_SCATTER_ADD, &node.attr, 2,
                            (sc_value[]){node.input[1], dy[0]}, node.input[0]));
}

static void scatter_add_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_grad_add(grad, node.input[1], sc_build_gather(graph, dy[0], node.input[0]));
}

/* What was replaced had no part in the result. */
static void put_rows_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    if (sc_grad_wanted(grad, node.input[2]))
        sc_grad_add(grad, node.input[2], sc_build_gather(graph, dy[0], node.input[1]));
    if (!sc_grad_wanted(grad, node.input[0])) return;
    sc_value none = sc_build_zeros_like(graph, node.input[2]);
    sc_grad_add(grad, node.input[0], sc_build_put_rows(graph, dy[0], node.input[1], none));
}

static void permute_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    int inverse[SC_MAX_RANK] = {0};
    for (int d = 0; d < sc_graph_desc(graph, node.input[0])->rank; d++)
        inverse[node.attr.permute.order[d]] = d;
    sc_grad_add(grad, node.input[0], sc_build_permute(graph, dy[0], inverse));
}

static void slice_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_op_attr attr = {0};
    for (int d = 0; d < SC_MAX_RANK; d++) attr.pad.before[d] = node.attr.slice.begin[d];
    sc_grad_add(grad, node.input[0],
                shaped_like(graph, SC_OP_PAD, &attr, 1, &dy[0], node.input[0]));
}

static void pad_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_op_attr attr = {0};
    for (int d = 0; d < SC_MAX_RANK; d++) attr.slice.begin[d] = node.attr.pad.before[d];
    sc_grad_add(grad, node.input[0],
                shaped_like(graph, SC_OP_SLICE, &attr, 1, &dy[0], node.input[0]));
}

/* Origins that take a crop's result back to where it came from: (-row, -column), and mirrored
 * (-row, column + shift), shift being the width of the result less that of x. Where 32 bits wrap,
 * both the crop and its way back lie outside. */
static sc_value crop_back(sc_graph *graph, sc_value origin, int64_t shift) {
    int64_t samples = sc_graph_desc(graph, origin)->dim[0];
    sc_value mirror = sc_build_slice(graph, origin, (int64_t[]){0, 2}, (int64_t[]){samples, 1}),
             back;
    sc_formula f;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "place", origin);
    sc_formula_input(&f, "mirrored", mirror);
    sc_scope_leaf(&f.scope, "field", SC_EXPR_COORD, 1); /* 0 row, 1 column, 2 mirror */
    sc_scope_node(&f.scope, "shift", sc_expr_const_int(&f.expr, (int32_t)shift));
    sc_expr_output(
        &f.expr, sc_formula_read(&f, "opposite = -place;"
                                     "turned = place + shift if field == 1 else opposite;"
                                     "place if field == 2 else turned if mirrored else opposite"));
    sc_formula_build(&f, &back);
    return back;
}

static void crop2d_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    const sc_tensor_desc x = *sc_graph_desc(graph, node.input[0]);
    sc_value back = crop_back(graph, node.input[1], sc_graph_desc(graph, dy[0])->dim[3] - x.dim[3]);
    sc_grad_add(grad, node.input[0], sc_build_crop2d(graph, dy[0], back, x.dim[2], x.dim[3]));
}

static void concat_rule(sc_grad *grad, sc_graph *graph, int n, const sc_value *dy) {
    sc_node node = graph->node[n];
    sc_op_attr attr = {0};
    int axis = node.attr.concat.axis;
    for (int i = 0; i < node.inputs; i++) {
        if (sc_grad_wanted(grad, node.input[i]))
            sc_grad_add(grad, node.input[i],
                        shaped_like(graph, SC_OP_SLICE, &attr, 1, &dy[0], node.input[i]));
        attr.slice.begin[axis] += sc_graph_desc(graph, node.input[i])->dim[axis];
    }
}

sc_grad_rule sc_grad_rule_of(sc_op op) {
    static const sc_grad_rule rules[SC_OP_COUNT] = {
        [SC_OP_ELEMENTWISE] = elementwise_rule,
        [SC_OP_MATMUL] = matmul_rule,
        [SC_OP_CONV2D] = conv2d_rule,
        [SC_OP_CONV2D_GRAD_INPUT] = conv2d_grad_input_rule,
        [SC_OP_MAXPOOL2D] = maxpool2d_rule,
        [SC_OP_AVGPOOL2D] = avgpool2d_rule,
        [SC_OP_REDUCE] = reduce_rule,
        [SC_OP_SOFTMAX] = softmax_rule,
        [SC_OP_CROSS_ENTROPY] = cross_entropy_rule,
        [SC_OP_GATHER] = gather_rule,
        [SC_OP_SCATTER_ADD] = scatter_add_rule,
        [SC_OP_PERMUTE] = permute_rule,
        [SC_OP_SLICE] = slice_rule,
        [SC_OP_CONCAT] = concat_rule,
        [SC_OP_PAD] = pad_rule,
        [SC_OP_CROP2D] = crop2d_rule,
        [SC_OP_PUT_ROWS] = put_rows_rule,
        [SC_OP_LAYER_NORM] = sc_grad_layer_norm,
        [SC_OP_ATTENTION] = sc_grad_attention,
    };
    return rules[op];
}
