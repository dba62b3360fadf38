/* SPDX-License-Identifier: Apache-2.0 */
/* Builders of single operations: each fills the attributes of one descriptor and appends it. Shapes
 * are inferred and checked on the op floor. Compositions (dropout, normalisation) are in
 * build_layers.c. */
#include "graph/build.h"
#include "graph/precision.h"

#include <string.h>

static sc_expr_type type_of(const sc_graph *graph, sc_value value) {
    return sc_dtype_is_float(sc_graph_desc(graph, value)->dtype) ? SC_EXPR_FLOAT : SC_EXPR_INT;
}

/* False after an earlier error; a number that is no value of this graph is one too. */
static bool ready(sc_graph *graph, int count, const sc_value *value) {
    for (int i = 0; i < count && graph->status == SOCLE_OK; i++)
        if (value[i] < 0 || (size_t)value[i] >= graph->values)
            sc_graph_fail(graph,
                          sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                  "operand %d (%d) is not a value of this graph", i, value[i]));
    return graph->status == SOCLE_OK;
}

static sc_value append_one(sc_graph *graph, sc_op op, const sc_op_attr *attr, const sc_expr *expr,
                           int count, const sc_value *input) {
    sc_value out = SC_NO_VALUE;
    if (ready(graph, count, input)) sc_graph_append(graph, op, attr, expr, count, input, 1, &out);
    return out;
}

/* A function of single elements of a batch gives the same whatever their shape, random numbers
 * included: it is computed in the shape of the value that `x` views, so that it may join the launch
 * that makes this value. SC_NO_VALUE: it is no such function. */
static sc_value viewed(const sc_graph *graph, const sc_expr *expr, int count,
                       const sc_value *input) {
    if (count != 1 || sc_expr_uses(expr, SC_EXPR_COORD)) return SC_NO_VALUE;
    const sc_value_info *x = &graph->value[input[0]];
    if (!x->desc.rows_per_sample || x->detached || x->alias == SC_NO_VALUE) return SC_NO_VALUE;
    return graph->value[x->alias].desc.rows_per_sample ? x->alias : SC_NO_VALUE;
}

void sc_build_expr(sc_graph *graph, const sc_expr *expr, int count, const sc_value *input,
                   sc_value *out) {
    for (int i = 0; i < expr->outputs; i++) out[i] = SC_NO_VALUE;
    if (!ready(graph, count, input)) return;
    sc_value root = viewed(graph, expr, count, input);
    if (root == SC_NO_VALUE) {
        sc_graph_append(graph, SC_OP_ELEMENTWISE, NULL, expr, count, input, expr->outputs, out);
        return;
    }
    const sc_tensor_desc shape = *sc_graph_desc(graph, input[0]);
    sc_build_expr(graph, expr, 1, &root, out);
    for (int i = 0; i < expr->outputs; i++)
        out[i] = sc_build_reshape(graph, out[i], shape.rank, shape.dim);
}

static sc_value build_one(sc_graph *graph, const sc_expr *expr, int count, const sc_value *input) {
    sc_value out = SC_NO_VALUE;
    sc_build_expr(graph, expr, count, input, &out);
    return out;
}

static sc_value apply(sc_graph *graph, sc_expr_op op, int count, const sc_value *input) {
    if (!ready(graph, count, input)) return SC_NO_VALUE;
    sc_expr expr;
    sc_expr_init(&expr);
    int argument[2] = {0, 0};
    const sc_expr_info *info = sc_expr_op_info(op);
    for (int i = 0; i < count; i++) argument[i] = sc_expr_input(&expr, i, info->argument[i]);
    sc_expr_output(&expr, sc_expr_add_node(&expr, op, argument[0], argument[1], 0));
    return build_one(graph, &expr, count, input);
}

sc_value sc_build_unary(sc_graph *graph, sc_expr_op op, sc_value x) {
    return apply(graph, op, 1, &x);
}

sc_value sc_build_binary(sc_graph *graph, sc_expr_op op, sc_value a, sc_value b) {
    if (a == b && a != SC_NO_VALUE && graph->status == SOCLE_OK) {
        sc_expr expr;
        sc_expr_init(&expr);
        int x = sc_expr_input(&expr, 0, sc_expr_op_info(op)->argument[0]);
        sc_expr_output(&expr, sc_expr_add_node(&expr, op, x, x, 0));
        return build_one(graph, &expr, 1, &a);
    }
    return apply(graph, op, 2, (sc_value[]){a, b});
}

sc_value sc_build_scale(sc_graph *graph, sc_value x, float factor, float offset) {
    sc_expr expr;
    sc_expr_init(&expr);
    int node = sc_expr_add_node(&expr, SC_EXPR_MUL, sc_expr_input(&expr, 0, SC_EXPR_FLOAT),
                                sc_expr_const(&expr, factor), 0);
    if (offset != 0.0f)
        node = sc_expr_add_node(&expr, SC_EXPR_ADD, node, sc_expr_const(&expr, offset), 0);
    sc_expr_output(&expr, node);
    return build_one(graph, &expr, 1, &x);
}

sc_value sc_build_zeros_like(sc_graph *graph, sc_value x) {
    /* The input gives the shape alone; its values, NaN included, must not matter. */
    sc_expr expr;
    sc_expr_init(&expr);
    if (!ready(graph, 1, &x)) return SC_NO_VALUE;
    sc_expr_input(&expr, 0, type_of(graph, x));
    sc_expr_output(&expr, sc_expr_const(&expr, 0.0f));
    return build_one(graph, &expr, 1, &x);
}

sc_value sc_build_to_float(sc_graph *graph, sc_value x, float factor) {
    if (!ready(graph, 1, &x)) return SC_NO_VALUE;
    sc_expr expr;
    sc_expr_init(&expr);
    int node = sc_expr_input(&expr, 0, type_of(graph, x));
    if (type_of(graph, x) == SC_EXPR_INT)
        node = sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, node, 0, 0);
    if (factor != 1.0f)
        node = sc_expr_add_node(&expr, SC_EXPR_MUL, node, sc_expr_const(&expr, factor), 0);
    sc_expr_output(&expr, node);
    return build_one(graph, &expr, 1, &x);
}

/* How many rows of `rows` each sample has, or -1. */
static int64_t rows_per_sample(const sc_graph *graph, int64_t rows, int rank) {
    int64_t each = rows / graph->capacity;
    bool whole = each > 0 && rows % graph->capacity == 0;
    return whole && (each == 1 || rank < SC_MAX_RANK) ? each : -1;
}

sc_value sc_build_reshape(sc_graph *graph, sc_value x, int rank, const int64_t *dim) {
    if (!ready(graph, 1, &x)) return SC_NO_VALUE;
    sc_tensor_desc from = *sc_graph_desc(graph, x), to = sc_tensor_make(from.dtype, 0, rank, dim);
    if (from.rows_per_sample)
        to.rows_per_sample = rank > 0 ? rows_per_sample(graph, dim[0], rank) : -1;
    bool keeps_samples = to.rows_per_sample >= 0;
    if (!keeps_samples) to.rows_per_sample = 0;
    if (!keeps_samples || sc_tensor_elements(&from) != sc_tensor_elements(&to)) {
        char a[96], b[96];
        sc_tensor_text(a, sizeof a, &from);
        sc_tensor_text(b, sizeof b, &to);
        return sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_SHAPE,
                                            keeps_samples ? "reshape: %s has other elements than %s"
                                                          : "reshape: %s has other samples than %s",
                                            a, b));
    }
    return sc_graph_alias(graph, x, &to);
}

sc_value sc_build_matmul(sc_graph *graph, sc_value a, sc_value b, bool transpose_a,
                         bool transpose_b) {
    sc_op_attr attr = {.matmul = {transpose_a, transpose_b}};
    return append_one(graph, SC_OP_MATMUL, &attr, NULL, 2, (sc_value[]){a, b});
}

sc_value sc_build_conv2d(sc_graph *graph, sc_value x, sc_value weight, const sc_window *window,
                         int groups) {
    sc_op_attr attr = {.conv = {*window, groups}};
    return append_one(graph, SC_OP_CONV2D, &attr, NULL, 2, (sc_value[]){x, weight});
}

sc_value sc_build_conv2d_transpose(sc_graph *graph, sc_value x, sc_value weight,
                                   const sc_window *window, int groups,
                                   const sc_tensor_desc *desc) {
    const sc_op_attr attr = {.conv = {.window = *window, .groups = groups}};
    sc_value out = SC_NO_VALUE;
    if (x == SC_NO_VALUE || weight == SC_NO_VALUE || graph->status != SOCLE_OK) return out;
    sc_graph_append_shaped(graph, SC_OP_CONV2D_GRAD_INPUT, &attr, 2, (sc_value[]){x, weight}, desc,
                           &out);
    return out;
}

sc_value sc_build_maxpool2d(sc_graph *graph, sc_value x, const sc_window *window) {
    sc_op_attr attr = {.pool = {*window, false}};
    sc_value out[2] = {SC_NO_VALUE, SC_NO_VALUE};
    if (ready(graph, 1, &x)) sc_graph_append(graph, SC_OP_MAXPOOL2D, &attr, NULL, 1, &x, 2, out);
    return out[0];
}

sc_value sc_build_avgpool2d(sc_graph *graph, sc_value x, const sc_window *window,
                            bool count_padding) {
    sc_op_attr attr = {.pool = {*window, count_padding}};
    return append_one(graph, SC_OP_AVGPOOL2D, &attr, NULL, 1, &x);
}

sc_value sc_build_reduce(sc_graph *graph, sc_reduce_kind kind, sc_value x, uint32_t axes) {
    sc_op_attr attr = {.reduce = {.axes = axes, .kind = {(uint8_t)kind}}};
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_input(&expr, 0, SC_EXPR_FLOAT));
    return append_one(graph, SC_OP_REDUCE, &attr, &expr, 1, &x);
}

sc_value sc_build_softmax(sc_graph *graph, sc_value x, bool log) {
    sc_op_attr attr = {.softmax = {log}};
    return append_one(graph, SC_OP_SOFTMAX, &attr, NULL, 1, &x);
}

sc_value sc_build_cross_entropy(sc_graph *graph, sc_value logits, sc_value labels,
                                sc_value *dlogits) {
    sc_value out[2] = {SC_NO_VALUE, SC_NO_VALUE}, input[2] = {logits, labels};
    if (ready(graph, 2, input))
        sc_graph_append(graph, SC_OP_CROSS_ENTROPY, NULL, NULL, 2, input, 2, out);
    if (dlogits) *dlogits = out[1];
    return out[0];
}

sc_value sc_build_layer_norm(sc_graph *graph, sc_value x, sc_value scale, sc_value shift,
                             float epsilon) {
    sc_op_attr attr = {.layer_norm = {epsilon}};
    sc_value out[3] = {SC_NO_VALUE, SC_NO_VALUE, SC_NO_VALUE}, input[3] = {x, scale, shift};
    if (ready(graph, 3, input))
        sc_graph_append(graph, SC_OP_LAYER_NORM, &attr, NULL, 3, input, 3, out);
    for (int k = 1; k < 3; k++) sc_graph_keep_whole(graph, out[k]);
    return out[0];
}

sc_value sc_build_attention(sc_graph *graph, sc_value q, sc_value k, sc_value v, sc_value length,
                            int heads, float scale, bool causal) {
    sc_op_attr attr = {.attention = {.heads = heads, .scale = scale, .causal = causal}};
    sc_value out[2] = {SC_NO_VALUE, SC_NO_VALUE}, input[4] = {q, k, v, length};
    int inputs = length == SC_NO_VALUE ? 3 : 4;
    if (!ready(graph, inputs, input)) return SC_NO_VALUE;
    if (causal && sc_graph_desc(graph, q)->rank > 1 && sc_graph_desc(graph, k)->rank > 1)
        attr.attention.shift = sc_graph_desc(graph, k)->dim[1] - sc_graph_desc(graph, q)->dim[1];
    sc_graph_append(graph, SC_OP_ATTENTION, &attr, NULL, inputs, input, 2, out);
    sc_graph_keep_whole(graph, out[1]);
    return out[0];
}

sc_value sc_build_gather(sc_graph *graph, sc_value table, sc_value index) {
    return append_one(graph, SC_OP_GATHER, NULL, NULL, 2, (sc_value[]){table, index});
}

sc_value sc_build_put_rows(sc_graph *graph, sc_value table, sc_value index, sc_value rows) {
    return append_one(graph, SC_OP_PUT_ROWS, NULL, NULL, 3, (sc_value[]){table, index, rows});
}

sc_value sc_build_crop2d(sc_graph *graph, sc_value x, sc_value origin, int64_t height,
                         int64_t width) {
    sc_value out = SC_NO_VALUE, input[2] = {x, origin};
    if (!ready(graph, 2, input)) return out;
    const sc_tensor_desc *from = sc_graph_desc(graph, x);
    sc_tensor_desc shape = sc_tensor_make(from->dtype, from->rows_per_sample, 4,
                                          (int64_t[]){from->dim[0], from->dim[1], height, width});
    sc_graph_append_shaped(graph, SC_OP_CROP2D, &(sc_op_attr){0}, 2, input, &shape, &out);
    return out;
}

sc_value sc_build_argmax(sc_graph *graph, sc_value x) {
    return append_one(graph, SC_OP_ARGMAX, NULL, NULL, 1, &x);
}

sc_value sc_build_permute(sc_graph *graph, sc_value x, const int *order) {
    if (!ready(graph, 1, &x)) return SC_NO_VALUE;
    sc_op_attr attr = {0};
    memcpy(attr.permute.order, order, (size_t)sc_graph_desc(graph, x)->rank * sizeof *order);
    return append_one(graph, SC_OP_PERMUTE, &attr, NULL, 1, &x);
}

/* SLICE and PAD cannot infer their output: its shape is part of the request. */
static sc_value append_shaped(sc_graph *graph, sc_op op, const sc_op_attr *attr, sc_value x,
                              const int64_t *size) {
    sc_tensor_desc desc = *sc_graph_desc(graph, x);
    memcpy(desc.dim, size, (size_t)desc.rank * sizeof *size);
    sc_value out;
    sc_graph_append_shaped(graph, op, attr, 1, &x, &desc, &out);
    return out;
}

sc_value sc_build_slice(sc_graph *graph, sc_value x, const int64_t *begin, const int64_t *size) {
    if (!ready(graph, 1, &x)) return SC_NO_VALUE;
    sc_op_attr attr = {0};
    memcpy(attr.slice.begin, begin, (size_t)sc_graph_desc(graph, x)->rank * sizeof *begin);
    return append_shaped(graph, SC_OP_SLICE, &attr, x, size);
}

sc_value sc_build_pad(sc_graph *graph, sc_value x, const int64_t *before, const int64_t *after) {
    if (!ready(graph, 1, &x)) return SC_NO_VALUE;
    const sc_tensor_desc *desc = sc_graph_desc(graph, x);
    sc_op_attr attr = {0};
    int64_t size[SC_MAX_RANK];
    for (int d = 0; d < desc->rank; d++) {
        attr.pad.before[d] = before[d];
        size[d] = desc->dim[d] + before[d] + after[d];
    }
    return append_shaped(graph, SC_OP_PAD, &attr, x, size);
}

sc_value sc_build_concat(sc_graph *graph, int count, const sc_value *input, int axis) {
    sc_op_attr attr = {.concat = {axis}};
    return append_one(graph, SC_OP_CONCAT, &attr, NULL, count, input);
}
