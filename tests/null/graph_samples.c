/* SPDX-License-Identifier: Apache-2.0 */
/* The networks. Sizes are odd and unequal on purpose, and small: finite differences run each one
 * hundreds of times. */
#include "graph_samples.h"

#include "random.h"
#include "sc_test.h"

static sc_value parameter(sample *s, int rank, const int64_t *dim) {
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, rank, dim);
    int index = s->parameters++;
    return s->parameter[index] =
               sc_graph_external(s->graph, SC_LANE_PARAMETERS, index, &desc, "parameter");
}

static sc_value input(sample *s, socle_dtype dtype, int rank, const int64_t *rest) {
    int64_t dim[SC_MAX_RANK] = {SAMPLE_CAPACITY};
    for (int d = 1; d < rank; d++) dim[d] = rest[d - 1];
    sc_tensor_desc desc = sc_tensor_make(dtype, 1, rank, dim);
    return sc_graph_external(s->graph, SC_LANE_INPUTS, s->inputs++, &desc, "input");
}

#define DIMS(...)                                                                                  \
    (const int64_t[]) {                                                                            \
        __VA_ARGS__                                                                                \
    }
#define PARAMETER(s, rank, ...) parameter(s, rank, DIMS(__VA_ARGS__))
#define INPUT(s, dtype, rank, ...) input(s, dtype, rank, DIMS(__VA_ARGS__))

static sc_value biased(sample *s, sc_value x, int64_t channels) {
    sc_value bias = PARAMETER(s, 1, channels);
    int rank = sc_graph_desc(s->graph, x)->rank;
    return sc_build_binary(s->graph, SC_EXPR_ADD, x, sc_build_per_channel(s->graph, bias, rank));
}

static sc_value dense(sample *s, sc_value x, int64_t in, int64_t out) {
    return biased(s, sc_build_matmul(s->graph, x, PARAMETER(s, 2, out, in), false, true), out);
}

static sc_value flatten(sample *s, sc_value x) {
    const sc_tensor_desc *desc = sc_graph_desc(s->graph, x);
    return sc_build_reshape(s->graph, x, 2,
                            DIMS(desc->dim[0], sc_tensor_elements(desc) / desc->dim[0]));
}

static sc_value classify(sample *s, sc_value logits) {
    return sc_build_cross_entropy(s->graph, logits, INPUT(s, SOCLE_U8, 1, 0), NULL);
}

/* Sum over all but the rows, as [N]. */
static sc_value per_row(sample *s, sc_value x) {
    const sc_tensor_desc *desc = sc_graph_desc(s->graph, x);
    sc_value sum = sc_build_reduce(s->graph, SC_REDUCE_SUM, x, ((1u << desc->rank) - 1) & ~1u);
    return sc_build_reshape(s->graph, sum, 1, DIMS(SAMPLE_CAPACITY));
}

static sc_value mlp(sample *s) {
    sc_value x = sc_build_to_float(s->graph, INPUT(s, SOCLE_U8, 2, 6), 0.25f);
    x = sc_build_unary(s->graph, SC_EXPR_TANH, dense(s, x, 6, 5));
    return classify(s, dense(s, x, 5, 3));
}

static sc_window window(int kernel, int stride, int padding) {
    return (sc_window){
        {kernel, kernel}, {stride, stride}, {1, 1}, {padding, padding}, {padding, padding}};
}

static sc_value convnet(sample *s) {
    sc_graph *graph = s->graph;
    sc_window same = window(3, 1, 1), two = window(2, 2, 0);
    sc_window odd = {{3, 2}, {2, 1}, {1, 2}, {1, 0}, {0, 1}};
    sc_value x = INPUT(s, SOCLE_F32, 4, 2, 6, 6);
    x = sc_build_conv2d(graph, x, PARAMETER(s, 4, 4, 2, 3, 3), &same, 1);
    x = sc_build_unary(graph, SC_EXPR_RELU, biased(s, x, 4));
    x = sc_build_maxpool2d(graph, x, &two);
    x = sc_build_conv2d(graph, x, PARAMETER(s, 4, 6, 2, 3, 2), &odd, 2);
    x = sc_build_unary(graph, SC_EXPR_SOFTPLUS, biased(s, x, 6));
    x = sc_build_avgpool2d(graph, x, &(sc_window){{2, 2}, {1, 1}, {1, 1}, {1, 0}, {0, 0}}, false);
    int64_t features = sc_tensor_elements(sc_graph_desc(graph, x)) / SAMPLE_CAPACITY;
    return classify(s, dense(s, flatten(s, x), features, 3));
}

static sc_value normalised(sample *s) {
    sc_graph *graph = s->graph;
    sc_window same = window(3, 1, 1), all = window(4, 4, 0);
    sc_value mean, variance;
    sc_value x = INPUT(s, SOCLE_F32, 4, 2, 4, 4);
    x = sc_build_conv2d(graph, x, PARAMETER(s, 4, 3, 2, 3, 3), &same, 1);
    x = sc_build_batchnorm(graph, x, PARAMETER(s, 1, 3), PARAMETER(s, 1, 3), 0.01f, &mean,
                           &variance);
    sc_graph_output(graph, mean, SC_LANE_SUMS, 10);
    sc_graph_output(graph, variance, SC_LANE_SUMS, 11);
    x = sc_build_unary(graph, SC_EXPR_GELU, x);
    x = flatten(s, sc_build_avgpool2d(graph, x, &all, true));
    x = sc_build_batchnorm(graph, dense(s, x, 3, 4), PARAMETER(s, 1, 4), PARAMETER(s, 1, 4), 0.02f,
                           NULL, NULL);
    return classify(s, dense(s, sc_build_unary(graph, SC_EXPR_RELU, x), 4, 3));
}

static sc_value shapes(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 3, 3, 4), w = PARAMETER(s, 3, 1, 3, 4),
             v = PARAMETER(s, 3, 1, 2, 4);
    x = sc_build_binary(graph, SC_EXPR_MUL, x, w);
    sc_value part = sc_build_slice(graph, x, DIMS(0, 1, 0), DIMS(SAMPLE_CAPACITY, 2, 4));
    part = sc_build_binary(graph, SC_EXPR_MAX, part, v);
    sc_value both = sc_build_concat(graph, 3, (sc_value[]){part, x, part}, 1);
    both = sc_build_permute(graph, both, (int[]){0, 2, 1});
    both = sc_build_pad(graph, both, DIMS(0, 1, 0), DIMS(0, 0, 2));
    both = sc_build_unary(graph, SC_EXPR_SIN, sc_build_scale(graph, both, 1.5f, 0.25f));
    return per_row(s, sc_build_unary(graph, SC_EXPR_SQUARE, both));
}

static sc_value residual(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = sc_build_unary(graph, SC_EXPR_SILU, dense(s, INPUT(s, SOCLE_F32, 2, 5), 5, 4));
    sc_value y = sc_build_binary(graph, SC_EXPR_ADD, dense(s, x, 4, 4), x);
    y = sc_build_binary(graph, SC_EXPR_ADD, sc_build_unary(graph, SC_EXPR_RELU, y), y);
    y = sc_build_binary(graph, SC_EXPR_ADD,
                        sc_build_matmul(graph, y, PARAMETER(s, 2, 4, 4), false, false),
                        sc_build_matmul(graph, x, PARAMETER(s, 2, 4, 4), false, false));
    sc_value logs = sc_build_softmax(graph, y, true);
    sc_value target = INPUT(s, SOCLE_F32, 2, 4), weight = INPUT(s, SOCLE_F32, 1, 0);
    sc_value loss = per_row(s, sc_build_binary(graph, SC_EXPR_MUL, logs, target));
    return sc_build_binary(graph, SC_EXPR_MUL, loss, weight);
}

static sc_value dropped(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = sc_build_dropout(graph, dense(s, INPUT(s, SOCLE_F32, 2, 7), 7, 6), 0.4f);
    x = sc_build_dropout(graph, sc_build_unary(graph, SC_EXPR_MISH, x), 0.25f);
    return classify(s, dense(s, x, 6, 3));
}

static sc_value embedded(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = sc_build_gather(graph, PARAMETER(s, 2, 3, 4), INPUT(s, SOCLE_I32, 1, 0));
    sc_value y = sc_build_gather(graph, PARAMETER(s, 3, 3, 2, 2), INPUT(s, SOCLE_I32, 1, 0));
    x = sc_build_softmax(graph, sc_build_binary(graph, SC_EXPR_SUB, x, flatten(s, y)), false);
    x = sc_build_binary(graph, SC_EXPR_DIV, x,
                        sc_build_scale(graph, INPUT(s, SOCLE_F32, 2, 4), 0.5f, 2.0f));
    return per_row(s, sc_build_unary(graph, SC_EXPR_EXP, x));
}

static sc_value attention(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 3, 3, 4);
    sc_value q = sc_build_matmul(graph, x, PARAMETER(s, 3, 1, 4, 2), false, false);
    sc_value k = sc_build_matmul(graph, x, PARAMETER(s, 3, 1, 2, 4), false, true);
    sc_value v = sc_build_matmul(graph, PARAMETER(s, 3, 1, 2, 4), x, false, true);
    sc_value score = sc_build_scale(graph, sc_build_matmul(graph, q, k, false, true), 0.7f, 0.0f);
    score = sc_build_softmax(graph, score, false);
    sc_value y = sc_build_matmul(graph, v, score, false, true);
    y = sc_build_binary(graph, SC_EXPR_POW, sc_build_unary(graph, SC_EXPR_SIGMOID, y),
                        sc_build_unary(graph, SC_EXPR_EXP, y));
    return per_row(s, y);
}

static sc_value transposed(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 3, 3, 2), w = PARAMETER(s, 3, 1, 3, 5),
             u = PARAMETER(s, 3, 1, 4, 2);
    sc_value y = sc_build_matmul(graph, x, w, true, false); /* [N,2,5] */
    y = sc_build_unary(graph, SC_EXPR_GELU_TANH,
                       sc_build_matmul(graph, y, u, true, true)); /* [N,5,4]
                                                                   */
    y = sc_build_binary(graph, SC_EXPR_MIN, y,
                        sc_build_unary(graph, SC_EXPR_ABS, sc_build_scale(graph, y, 0.5f, -0.1f)));
    return per_row(s,
                   sc_build_unary(graph, SC_EXPR_LOG1P, sc_build_unary(graph, SC_EXPR_SQUARE, y)));
}

/* Two sums of an expression in one reduce, rows scattered into a table and gathered again. */
static sc_value folded(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 3, 3, 4), w = PARAMETER(s, 3, 1, 3, 4), sum[2], table;
    sc_op_attr attr = {.reduce = {.axes = 2}};
    sc_expr expr;
    sc_expr_init(&expr);
    int wave = sc_expr_add_node(&expr, SC_EXPR_TANH, sc_expr_input(&expr, 1, SC_EXPR_FLOAT), 0, 0);
    int product =
        sc_expr_add_node(&expr, SC_EXPR_MUL, wave, sc_expr_input(&expr, 0, SC_EXPR_FLOAT), 0);
    sc_expr_output(&expr, product);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_EXP, product, 0, 0));
    sc_graph_append(graph, SC_OP_REDUCE, &attr, &expr, 2, (sc_value[]){x, w}, 2, sum);
    sc_value rows = flatten(s, sc_build_binary(graph, SC_EXPR_DIV, sum[0], sum[1])),
             index = INPUT(s, SOCLE_I32, 1, 0);
    sc_tensor_desc shape = sc_tensor_make(SOCLE_F32, 0, 2, DIMS(3, 4));
    sc_graph_append_shaped(graph, SC_OP_SCATTER_ADD, &(sc_op_attr){0}, 2, (sc_value[]){index, rows},
                           &shape, &table);
    rows = sc_build_gather(graph, sc_build_unary(graph, SC_EXPR_EXPM1, table), index);
    return per_row(s, sc_build_unary(graph, SC_EXPR_COS, rows));
}

/* Sums whose derivatives read nothing of full size: they are constant along what was summed. */
static sc_value summed(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 3, 3, 4), w = PARAMETER(s, 3, 1, 3, 4),
             u = PARAMETER(s, 3, 1, 1, 1), sum;
    sc_value v = PARAMETER(s, 3, 1, 1, 4);
    sc_value logs = sc_build_softmax(graph, sc_build_binary(graph, SC_EXPR_MUL, x, w), true);
    sc_op_attr attr = {.reduce = {.axes = 6}};
    sc_expr expr;
    sc_expr_init(&expr);
    int total = sc_expr_add_node(&expr, SC_EXPR_ADD, sc_expr_input(&expr, 0, SC_EXPR_FLOAT),
                                 sc_expr_input(&expr, 1, SC_EXPR_FLOAT), 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SUB, total,
                                           sc_expr_input(&expr, 2, SC_EXPR_FLOAT), 0));
    sc_graph_append(graph, SC_OP_REDUCE, &attr, &expr, 3, (sc_value[]){x, u, v}, 1, &sum);
    sum = sc_build_unary(graph, SC_EXPR_TANH, sc_build_scale(graph, sum, 0.1f, 0.0f));
    return sc_build_binary(graph, SC_EXPR_ADD, per_row(s, logs),
                           sc_build_reshape(graph, sum, 1, DIMS(SAMPLE_CAPACITY)));
}

/* Three crops: of other sizes, plain and mirrored, inside, over the border, far outside. */
static sc_value cropped(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 4, 2, 4, 5), w = PARAMETER(s, 4, 1, 2, 4, 5);
    sc_value origin = INPUT(s, SOCLE_I32, 2, 3), moved[2], y[3];
    sc_expr expr;
    sc_expr_init(&expr);
    int place = sc_expr_add_node(&expr, SC_EXPR_INT_SUB, sc_expr_input(&expr, 0, SC_EXPR_INT),
                                 sc_expr_const_int(&expr, 1), 0);
    sc_expr_output(&expr, place);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_INT_MUL, place,
                                           sc_expr_const_int(&expr, INT32_MIN), 0));
    sc_build_expr(graph, &expr, 1, &origin, moved);
    x = sc_build_binary(graph, SC_EXPR_MUL, x, w);
    y[0] = sc_build_crop2d(graph, x, origin, 3, 4);
    y[1] = sc_build_crop2d(graph, x, moved[0], 6, 7);
    y[2] = sc_build_crop2d(graph, x, moved[1], 2, 9);
    for (int i = 0; i < 3; i++) {
        const sc_tensor_desc *desc = sc_graph_desc(graph, y[i]);
        sc_value mask = PARAMETER(s, 4, 1, 2, desc->dim[2], desc->dim[3]);
        y[i] = per_row(
            s, sc_build_unary(graph, SC_EXPR_SIN, sc_build_binary(graph, SC_EXPR_MUL, y[i], mask)));
    }
    return sc_build_binary(graph, SC_EXPR_ADD, sc_build_binary(graph, SC_EXPR_ADD, y[0], y[1]),
                           y[2]);
}

/* Rows of a table replaced by what the samples made; two go nowhere. */
static sc_value replaced(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 2, 3), index, table;
    sc_tensor_desc numbers = sc_tensor_make(SOCLE_I32, 1, 1, DIMS(SAMPLE_CAPACITY));
    sc_expr expr;
    sc_expr_init(&expr);
    int twice = sc_expr_add_node(&expr, SC_EXPR_INT_MUL, sc_expr_leaf(&expr, SC_EXPR_COORD, 0, 0),
                                 sc_expr_const_int(&expr, 2), 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_INT_SUB, twice,
                                           sc_expr_const_int(&expr, 1), 0)); /* -1, 1, 3, 5 */
    index = sc_graph_append_expr(graph, &expr, 0, NULL, &numbers);
    x = sc_build_binary(graph, SC_EXPR_MUL, x, PARAMETER(s, 2, 1, 3));
    table = sc_build_put_rows(graph, sc_build_unary(graph, SC_EXPR_TANH, PARAMETER(s, 2, 5, 3)),
                              index, x);
    x = sc_build_gather(graph, sc_build_unary(graph, SC_EXPR_SIN, table),
                        INPUT(s, SOCLE_I32, 1, 0));
    return per_row(s, sc_build_unary(graph, SC_EXPR_COS, x));
}

/* Three tokens per sample: rows of one product wherever they pass through weights. */
static sc_value tokens(sample *s) {
    sc_graph *graph = s->graph;
    sc_value index =
        sc_build_reshape(graph, INPUT(s, SOCLE_I32, 2, 3), 1, DIMS(SAMPLE_CAPACITY * 3));
    sc_value x = dense(s, sc_build_gather(graph, PARAMETER(s, 2, 3, 4), index), 4, 5);
    x = sc_build_reshape(graph, x, 3, DIMS(SAMPLE_CAPACITY, 3, 5));
    x = sc_build_dropout(graph, sc_build_unary(graph, SC_EXPR_TANH, x), 0.3f);
    x = sc_build_binary(graph, SC_EXPR_MUL, x, PARAMETER(s, 3, 1, 3, 1));
    x = sc_build_reshape(graph, x, 2, DIMS(SAMPLE_CAPACITY * 3, 5));
    sc_value labels =
        sc_build_reshape(graph, INPUT(s, SOCLE_U8, 2, 3), 1, DIMS(SAMPLE_CAPACITY * 3));
    sc_value loss = sc_build_cross_entropy(graph, dense(s, x, 5, 3), labels, NULL);
    loss = sc_build_reshape(graph, loss, 2, DIMS(SAMPLE_CAPACITY, 3));
    return per_row(s, sc_build_binary(graph, SC_EXPR_MUL, loss, INPUT(s, SOCLE_F32, 2, 3)));
}

/* Rows normalised by themselves, then the rows of their sums. */
static sc_value layered(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x =
        sc_build_binary(graph, SC_EXPR_MUL, INPUT(s, SOCLE_F32, 3, 3, 4), PARAMETER(s, 3, 1, 3, 4));
    x = sc_build_layer_norm(graph, x, PARAMETER(s, 1, 4), PARAMETER(s, 1, 4), 0.05f);
    x = sc_build_unary(graph, SC_EXPR_SIN,
                       sc_build_binary(graph, SC_EXPR_MUL, x, PARAMETER(s, 3, 1, 3, 4)));
    x = sc_build_layer_norm(graph, flatten(s, x), PARAMETER(s, 1, 12), PARAMETER(s, 1, 12), 0.5f);
    return per_row(s, sc_build_unary(graph, SC_EXPR_TANH, x));
}

/* Two heads of a sequence with itself, causal and of other lengths, then one head with another
 * sequence, of which some queries see no key. */
static sc_value attended(sample *s) {
    sc_graph *graph = s->graph;
    sc_value x = INPUT(s, SOCLE_F32, 3, 3, 4), other = INPUT(s, SOCLE_F32, 3, 5, 4), own[3], far[2];
    for (int i = 0; i < 3; i++)
        own[i] = sc_build_binary(graph, SC_EXPR_MUL, x, PARAMETER(s, 3, 1, 3, 4));
    for (int i = 0; i < 2; i++)
        far[i] = sc_build_binary(graph, SC_EXPR_MUL, other, PARAMETER(s, 3, 1, 5, 4));
    sc_value y =
        sc_build_attention(graph, own[0], own[1], own[2], INPUT(s, SOCLE_I32, 1, 0), 2, 0.7f, true);
    y = sc_build_binary(graph, SC_EXPR_ADD, y, sc_build_scale(graph, x, 0.5f, 0.0f));
    y = sc_build_attention(graph, y, far[0], far[1], SC_NO_VALUE, 1, 1.5f, false);
    y = sc_build_attention(graph, far[0], y, y, SC_NO_VALUE, 4, 1.5f, true);
    return per_row(
        s, sc_build_unary(graph, SC_EXPR_SIN,
                          sc_build_binary(graph, SC_EXPR_MUL, y, PARAMETER(s, 3, 1, 5, 4))));
}

const sample_net sample_nets[] = {
    {"mlp", mlp},           {"convnet", convnet},     {"normalised", normalised},
    {"shapes", shapes},     {"residual", residual},   {"dropped", dropped},
    {"embedded", embedded}, {"attention", attention}, {"transposed", transposed},
    {"folded", folded},     {"summed", summed},       {"cropped", cropped},
    {"tokens", tokens},     {"replaced", replaced},   {"layered", layered},
    {"attended", attended},
};
const int sample_net_count = sizeof sample_nets / sizeof sample_nets[0];

/* v = 0.9 v + g; p = p - scalar[0] * v, the norm of all gradients on the way. */
static void add_update(sample *s) {
    sc_graph *graph = s->graph;
    for (int i = 0; i < s->parameters; i++) {
        const sc_tensor_desc desc = *sc_graph_desc(graph, s->parameter[i]);
        sc_value velocity = sc_graph_external(graph, SC_LANE_STATE, i, &desc, "velocity"), next[2];
        sc_expr expr;
        sc_expr_init(&expr);
        int v = sc_expr_add_node(&expr, SC_EXPR_MUL, sc_expr_input(&expr, 1, SC_EXPR_FLOAT),
                                 sc_expr_const(&expr, 0.9f), 0);
        v = sc_expr_add_node(&expr, SC_EXPR_ADD, v, sc_expr_input(&expr, 2, SC_EXPR_FLOAT), 0);
        int step =
            sc_expr_add_node(&expr, SC_EXPR_MUL, v, sc_expr_leaf(&expr, SC_EXPR_SCALAR, 0, 0), 0);
        sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SUB,
                                               sc_expr_input(&expr, 0, SC_EXPR_FLOAT), step, 0));
        sc_expr_output(&expr, v);
        sc_build_expr(graph, &expr, 3, (sc_value[]){s->parameter[i], velocity, s->gradient[i]},
                      next);
        sc_graph_update(graph, next[0], s->parameter[i]);
        sc_graph_update(graph, next[1], velocity);
    }
}

void sample_create(sample *s, const sample_net *net, bool train, bool update) {
    memset(s, 0, sizeof *s);
    sc_env_init(&s->env, NULL, NULL);
    SC_REPRO("net %s", net->name);
    SC_OK(&s->env, sc_graph_create(&s->graph, &s->env, SAMPLE_CAPACITY));
    sc_graph_scope(s->graph, net->name);
    s->loss = net->build(s);
    SC_OK(&s->env, s->graph->status);
    if (!train) return;
    SC_OK(&s->env, sc_graph_gradient(s->graph, s->loss, SC_NO_VALUE, s->parameters, s->parameter,
                                     s->gradient, NULL));
    sc_value sum = sc_build_reduce(s->graph, SC_REDUCE_SUM, s->loss, 1);
    sc_graph_output(s->graph, sum, SC_LANE_SUMS, 0);
    for (int i = 0; i < s->parameters && !update; i++)
        s->gradient[i] = sc_graph_output(s->graph, s->gradient[i], SC_LANE_GRADIENTS, i);
    if (update) add_update(s);
    SC_OK(&s->env, s->graph->status);
}

void sample_destroy(sample *s) {
    sc_graph_destroy(s->graph);
}

void sample_fill(graph_eval *eval, uint64_t seed) {
    const sc_graph *graph = eval->graph;
    for (size_t v = 0; v < graph->values; v++) {
        const sc_value_info *info = &graph->value[v];
        if (info->lane == SC_LANE_NONE || info->is_output) continue;
        int64_t elements = sc_tensor_elements(&info->desc);
        double *data = eval_home_data(eval, info->lane, info->index, elements);
        uint64_t state = seed * 1000 + (uint64_t)info->lane * 100 + (uint64_t)info->index;
        for (int64_t i = 0; i < elements; i++)
            data[i] = info->desc.dtype == SOCLE_F32 ? (double)random_float(&state)
                                                    : random_below(&state, 3);
    }
}
