/* SPDX-License-Identifier: Apache-2.0 */
/* Public operation builders: one line each to the graph's builders, with words and windows
 * translated. */
#include "api/api_tensor.h"
#include "graph/build.h"
#include "nn/net_formula.h"
#include "op/expr_parse.h"

#include <math.h>
#include <string.h>

/* The row of the expression table for a word, of this arity and float; fails the graph if there is
 * none. */
static bool find_word(sc_graph *graph, const char *word, int arity, sc_expr_op *out) {
    *out = word ? sc_expr_op_by_word(word) : SC_EXPR_COUNT;
    const sc_expr_info *info = *out == SC_EXPR_COUNT ? NULL : sc_expr_op_info(*out);
    if (info && info->arity == arity && info->result == SC_EXPR_FLOAT &&
        info->argument[0] == SC_EXPR_FLOAT)
        return true;
    sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                 "there is no elementwise function \"%.60s\" of %d argument%s",
                                 word ? word : "", arity, arity == 1 ? "" : "s"));
    return false;
}

/* Elementwise functions compute with f32 alone. */
static bool is_float(sc_graph *graph, const char *word, sc_value x) {
    if (x < 0 || (size_t)x >= graph->values) return true; /* the builder says so */
    const sc_tensor_desc *desc = sc_graph_desc(graph, x);
    if (sc_dtype_is_float(desc->dtype)) return true;
    char text[96];
    sc_tensor_text(text, sizeof text, desc);
    sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                 "%s: computes with f32, the value is %s: convert it by "
                                 "socle_op_to_float",
                                 word, text));
    return false;
}

socle_value socle_op_unary(socle_graph *graph, const char *word, socle_value x) {
    sc_graph *g = sc_api_graph(graph);
    sc_expr_op op;
    if (!g) return SC_NO_VALUE;
    bool fits = find_word(g, word, 1, &op) && is_float(g, word, x);
    return sc_api_built(graph, fits ? sc_build_unary(g, op, x) : SC_NO_VALUE);
}

socle_value socle_op_binary(socle_graph *graph, const char *word, socle_value a, socle_value b) {
    sc_graph *g = sc_api_graph(graph);
    sc_expr_op op;
    if (!g) return SC_NO_VALUE;
    bool fits = find_word(g, word, 2, &op) && is_float(g, word, a) && is_float(g, word, b);
    return sc_api_built(graph, fits ? sc_build_binary(g, op, a, b) : SC_NO_VALUE);
}

/* Reads a user's formula into the graph; SC_NO_VALUE after a failure. */
static sc_value build_expr(sc_graph *g, int count, const sc_value *x, const char *function,
                           const char *formula) {
    sc_expr expr;
    sc_value out = SC_NO_VALUE;
    for (int i = 0; i < count; i++)
        if (!is_float(g, function, x[i])) return out;
    socle_status status = sc_expr_read(g->env, &expr, formula, sc_formula_names(count));
    if (status != SOCLE_OK)
        return sc_graph_fail(g,
                             sc_fail_prefix(g->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s", function));
    sc_graph_fail(g, sc_expr_make_safe(g->env, &expr));
    sc_build_expr(g, &expr, count, x, &out);
    return out;
}

socle_value socle_op_expr(socle_graph *graph, int count, const socle_value *x,
                          const char *formula) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (x && formula && count >= 1 && count <= SC_FORMULA_INPUTS)
        return sc_api_built(graph, build_expr(g, count, x, __func__, formula));
    sc_graph_fail(g, sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                             !x         ? "socle_op_expr: x is NULL"
                             : !formula ? "socle_op_expr: formula is NULL"
                                        : "socle_op_expr: a formula reads 1 to 8 values"));
    return sc_api_built(graph, SC_NO_VALUE);
}

static socle_value apply_formula(socle_graph *graph, int count, const sc_value *x,
                                 const char *function, const char *formula) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    return sc_api_built(graph, build_expr(g, count, x, function, formula));
}

socle_value socle_op_compare(socle_graph *graph, const char *word, socle_value a, socle_value b) {
    static const struct {
        const char *word, *formula;
    } comparison[] = {{"lt", "1 if x1 < x2 else 0"},  {"le", "1 if x1 <= x2 else 0"},
                      {"gt", "1 if x1 > x2 else 0"},  {"ge", "1 if x1 >= x2 else 0"},
                      {"eq", "1 if x1 == x2 else 0"}, {"ne", "1 if x1 != x2 else 0"}};
    const sc_value x[2] = {a, b};
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    for (size_t i = 0; word && i < sizeof comparison / sizeof comparison[0]; i++)
        if (strcmp(word, comparison[i].word) == 0)
            return apply_formula(graph, 2, x, __func__, comparison[i].formula);
    sc_graph_fail(g,
                  sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                          "socle_op_compare: there is no comparison \"%.60s\"; there are lt, le, "
                          "gt, ge, eq and ne",
                          word ? word : ""));
    return sc_api_built(graph, SC_NO_VALUE);
}

socle_value socle_op_select(socle_graph *graph, socle_value condition, socle_value a,
                            socle_value b) {
    const sc_value x[3] = {condition, a, b};
    return apply_formula(graph, 3, x, __func__, "x2 if x1 != 0 else x3");
}

socle_value socle_op_to_float(socle_graph *graph, socle_value x, float factor) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!isfinite(factor))
        return sc_api_built(
            graph, sc_graph_fail(g, sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                            "socle_op_to_float: the factor must be finite, not %g",
                                            (double)factor)));
    return sc_api_built(graph, sc_build_to_float(g, x, factor));
}

socle_value socle_op_matmul(socle_graph *graph, socle_value a, socle_value b, int transpose_a,
                            int transpose_b) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    return sc_api_built(graph, sc_build_matmul(g, a, b, transpose_a != 0, transpose_b != 0));
}

static sc_window translate(const socle_window *window, bool pooling) {
    sc_window out = {0};
    for (int axis = 0; axis < 2; axis++) {
        int standard = pooling ? window->kernel[axis] : 1;
        out.kernel[axis] = window->kernel[axis];
        out.stride[axis] = window->stride[axis] ? window->stride[axis] : standard;
        out.dilation[axis] = window->dilation[axis] ? window->dilation[axis] : 1;
        out.pad_before[axis] = window->pad[2 * axis];
        out.pad_after[axis] = window->pad[2 * axis + 1];
    }
    return out;
}

socle_value socle_op_conv2d(socle_graph *graph, socle_value x, socle_value weight,
                            const socle_window *window, int groups) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!window) return sc_api_graph_missing(graph, __func__, "window");
    sc_window w = translate(window, false);
    return sc_api_built(graph, sc_build_conv2d(g, x, weight, &w, groups ? groups : 1));
}

socle_value socle_op_maxpool2d(socle_graph *graph, socle_value x, const socle_window *window) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!window) return sc_api_graph_missing(graph, __func__, "window");
    sc_window w = translate(window, true);
    return sc_api_built(graph, sc_build_maxpool2d(g, x, &w));
}

socle_value socle_op_avgpool2d(socle_graph *graph, socle_value x, const socle_window *window) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!window) return sc_api_graph_missing(graph, __func__, "window");
    sc_window w = translate(window, true);
    return sc_api_built(graph, sc_build_avgpool2d(g, x, &w, false));
}

socle_value socle_op_sum(socle_graph *graph, socle_value x, unsigned axes) {
    sc_graph *g = sc_api_graph(graph);
    return g ? sc_api_built(graph, sc_build_reduce(g, SC_REDUCE_SUM, x, axes)) : SC_NO_VALUE;
}

socle_value socle_op_softmax(socle_graph *graph, socle_value x) {
    sc_graph *g = sc_api_graph(graph);
    return g ? sc_api_built(graph, sc_build_softmax(g, x, false)) : SC_NO_VALUE;
}

socle_value socle_op_cross_entropy(socle_graph *graph, socle_value logits, socle_value labels) {
    sc_graph *g = sc_api_graph(graph);
    return g ? sc_api_built(graph, sc_build_cross_entropy(g, logits, labels, NULL)) : SC_NO_VALUE;
}

socle_value socle_op_layer_norm(socle_graph *graph, socle_value x, socle_value scale,
                                socle_value shift, float epsilon) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    return sc_api_built(graph, sc_build_layer_norm(g, x, scale, shift, epsilon));
}

/* 1 / sqrt(columns of a head), as far as q has any. */
static float usual_scale(const sc_graph *g, sc_value q, int heads) {
    if (q < 0 || (size_t)q >= g->values || heads < 1) return 1.0f;
    const sc_tensor_desc *desc = sc_graph_desc(g, q);
    int64_t depth = desc->rank ? desc->dim[desc->rank - 1] / heads : 0;
    return depth > 0 ? 1.0f / sqrtf((float)depth) : 1.0f;
}

socle_value socle_op_attention(socle_graph *graph, socle_value q, socle_value k, socle_value v,
                               socle_value length, const socle_attention *attention) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    const socle_attention usual = {0}, *given = attention ? attention : &usual;
    int heads = given->heads ? given->heads : 1;
    float scale = given->scale != 0 ? given->scale : usual_scale(g, q, heads);
    return sc_api_built(graph,
                        sc_build_attention(g, q, k, v, length, heads, scale, given->causal != 0));
}

socle_value socle_op_gather(socle_graph *graph, socle_value table, socle_value index) {
    sc_graph *g = sc_api_graph(graph);
    return g ? sc_api_built(graph, sc_build_gather(g, table, index)) : SC_NO_VALUE;
}

socle_value socle_op_argmax(socle_graph *graph, socle_value x) {
    sc_graph *g = sc_api_graph(graph);
    return g ? sc_api_built(graph, sc_build_argmax(g, x)) : SC_NO_VALUE;
}

socle_value socle_op_reshape(socle_graph *graph, socle_value x, socle_shape shape) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    socle_status status = sc_api_check_shape(g->env, SOCLE_F32, &shape);
    if (status != SOCLE_OK) return sc_api_built(graph, sc_graph_fail(g, status));
    return sc_api_built(graph, sc_build_reshape(g, x, shape.rank, shape.size));
}

socle_value socle_op_permute(socle_graph *graph, socle_value x, const int *order) {
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!order) return sc_api_graph_missing(graph, __func__, "order");
    return sc_api_built(graph, sc_build_permute(g, x, order));
}

socle_value socle_op_concat(socle_graph *graph, int count, const socle_value *x, int axis) {
    enum { MOST = SC_MAX_OPERANDS - 1 };
    sc_graph *g = sc_api_graph(graph);
    if (!g) return SC_NO_VALUE;
    if (!x) return sc_api_graph_missing(graph, __func__, "x");
    if (count < 1 || count > MOST)
        return sc_api_built(
            graph, sc_graph_fail(g, sc_fail(g->env, SOCLE_STATUS_INVALID_ARGUMENT,
                                            "concat: 1 to %d values, not %d", MOST, count)));
    return sc_api_built(graph, sc_build_concat(g, count, x, axis));
}
