/* SPDX-License-Identifier: Apache-2.0 */
/* Multi-head attention (Vaswani et al. 2017): every step of a sequence takes from the steps that it
 * attends to, of its own sequence or of another one, the memory. Four products around the operation
 * `attention` (op/op.h), which stores no scores. Heads lie beside each other in a row, as products
 * give and take them. Rotary positions (Su et al. 2021) turn queries and keys before they meet. */
#include "graph/formula.h"
#include "nn/layer.h"

#include <math.h>

enum { QUERY, KEY, VALUE, RESULT, MAPS };

/* What the layer reads: its sequence, the memory (the sequence itself where there is none), and the
 * lengths of the memory. Places among its inputs; -1: there are none. */
typedef struct sources {
    int memory, lengths;
} sources;

static sources sources_of(const sc_net *net, const sc_layer *layer) {
    int lengths = sc_layer_lengths(net, layer);
    return (sources){.memory = layer->inputs > 1 && lengths != 1 ? 1 : 0, .lengths = lengths};
}

static socle_status check_sequence(sc_net *net, const sc_tensor_desc *input, const char *which) {
    char text[96];
    if (input->rank == 3) return SOCLE_OK;
    sc_tensor_text(text, sizeof text, input);
    return sc_fail(net->env, SOCLE_STATUS_SHAPE, "expects %s [N,T,D]; it is %s", which, text);
}

static socle_status check(sc_net *net, const sc_layer *layer, const sc_tensor_desc *input,
                          const sources *from) {
    const int64_t width = input[0].dim[2];
    const int heads = layer->options.heads;
    if (width % heads)
        return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                       "%d heads do not divide the %lld features of its input", heads,
                       (long long)width);
    if (!layer->options.rotary) return SOCLE_OK;
    if (from->memory)
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "rotary positions are of one sequence: a memory has others");
    if (width / heads % 2 == 0) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_SHAPE,
                   "rotary positions turn pairs of features; a head has %lld",
                   (long long)(width / heads));
}

static socle_status declare_maps(sc_net *net, sc_layer *layer, int64_t width, int64_t memory) {
    static const char *const weight[MAPS] = {"q_proj.weight", "k_proj.weight", "v_proj.weight",
                                             "out_proj.weight"},
                             *const bias[MAPS] = {"q_proj.bias", "k_proj.bias", "v_proj.bias",
                                                  "out_proj.bias"};
    const sc_layer_options *options = &layer->options;
    for (int m = 0; m < MAPS; m++) {
        const int64_t from = m == KEY || m == VALUE ? memory : width;
        SC_TRY(sc_layer_parameter(net, layer, weight[m], SC_PARAMETER_WEIGHT, 2,
                                  (int64_t[]){width, from}, options->weight_init, from, width));
    }
    for (int m = 0; options->use_bias && m < MAPS; m++)
        SC_TRY(sc_layer_parameter(net, layer, bias[m], SC_PARAMETER_BIAS, 1, &width,
                                  options->bias_init, m == KEY || m == VALUE ? memory : width,
                                  width));
    return SOCLE_OK;
}

static socle_status declare(sc_net *net, sc_layer *layer, const sc_tensor_desc *input) {
    const sources from = sources_of(net, layer);
    SC_TRY(check_sequence(net, &input[0], "a sequence"));
    SC_TRY(check_sequence(net, &input[from.memory], "a memory"));
    if (layer->inputs > 2) SC_TRY(sc_net_check_lengths(net, layer->input[2]));
    SC_TRY(check(net, layer, input, &from));
    return declare_maps(net, layer, input[0].dim[2], input[from.memory].dim[2]);
}

/* Queries and results of each step, keys and values of each step of the memory; scores, and what
 * they weigh. */
static int64_t products(const sc_net *net, const sc_layer *layer) {
    const sources from = sources_of(net, layer);
    const int64_t *x = sc_net_desc(net, layer->input[0])->dim,
                  *memory = sc_net_desc(net, layer->input[from.memory])->dim;
    const int64_t of_steps = x[1] * x[2] * x[2], of_memory = memory[1] * memory[2] * x[2];
    return 2 * (of_steps + of_memory + x[1] * memory[1] * x[2]);
}

/* Each step of x times a matrix: [N,T,from] -> [N,T,to]. */
static sc_value map(sc_build *build, const sc_layer *layer, sc_value x, int m) {
    sc_graph *graph = build->graph;
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    sc_value weight = sc_build_parameter(build, m);
    const int64_t width = sc_graph_desc(graph, weight)->dim[0];
    x = sc_build_reshape(graph, x, 2, (int64_t[]){desc.dim[0] * desc.dim[1], desc.dim[2]});
    sc_value y = sc_build_matmul(graph, x, weight, false, true);
    if (layer->options.use_bias) {
        sc_value bias = sc_build_per_channel(graph, sc_build_parameter(build, MAPS + m), 2);
        y = sc_build_binary(graph, SC_EXPR_ADD, y, bias);
    }
    return sc_build_reshape(graph, y, 3, (int64_t[]){desc.dim[0], desc.dim[1], width});
}

/* The half of every head's features that begins at `first`, [N,T,heads,half]. */
static sc_value half_of(sc_graph *graph, sc_value x, const int64_t size[4], int64_t first) {
    return sc_build_slice(graph, x, (int64_t[]){0, 0, 0, first}, size);
}

/* One half of the turned features: feature i of step t, of the first half `a` and of the second
 * `b`, is the point (a, b) turned by t * theta^(-i / half). */
static sc_value turned(sc_graph *graph, const char *text, sc_value a, sc_value b, float log_theta) {
    sc_formula f;
    sc_value out = SC_NO_VALUE;
    if (graph->status != SOCLE_OK) return out;
    const int64_t half = sc_graph_desc(graph, a)->dim[3];
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "a", a);
    sc_formula_input(&f, "b", b);
    sc_scope_leaf(&f.scope, "t", SC_EXPR_COORD, 1);
    sc_scope_leaf(&f.scope, "i", SC_EXPR_COORD, 3);
    sc_scope_number(&f.scope, "slower", -log_theta / (float)half);
    sc_expr_output(&f.expr, sc_formula_read(&f, text));
    sc_formula_build(&f, &out);
    return out;
}

static sc_value rotary(sc_graph *graph, const sc_layer *layer, sc_value x) {
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK || !layer->options.rotary) return x;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t heads = layer->options.heads, features = desc.dim[2] / heads;
    const int64_t apart[4] = {desc.dim[0], desc.dim[1], heads, features},
                  size[4] = {desc.dim[0], desc.dim[1], heads, features / 2};
    const float log_theta = logf(layer->options.theta);
    x = sc_build_reshape(graph, x, 4, apart);
    sc_value a = half_of(graph, x, size, 0), b = half_of(graph, x, size, features / 2);
    const sc_value half[2] = {
        turned(graph, "angle = t * exp(i * slower); a * cos(angle) - b * sin(angle)", a, b,
               log_theta),
        turned(graph, "angle = t * exp(i * slower); b * cos(angle) + a * sin(angle)", a, b,
               log_theta)};
    if (graph->status != SOCLE_OK) return SC_NO_VALUE;
    return sc_build_reshape(graph, sc_build_concat(graph, 2, half, 3), 3, desc.dim);
}

/* Lengths as the operation takes them: i32 [N]. */
static sc_value lengths_of(sc_graph *graph, sc_value x) {
    sc_expr expr;
    sc_value out = SC_NO_VALUE;
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return out;
    const int64_t samples = sc_graph_desc(graph, x)->dim[0];
    x = sc_build_reshape(graph, x, 1, &samples);
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_TO_INT,
                                           sc_expr_input(&expr, 0, SC_EXPR_FLOAT), 0, 0));
    sc_build_expr(graph, &expr, 1, &x, &out);
    return out;
}

static sc_value build(sc_build *build, const sc_layer *layer, const sc_value *input) {
    sc_graph *graph = build->graph;
    const sources from = sources_of(build->net, layer);
    const sc_value memory = input[from.memory];
    sc_value length = from.lengths < 0 ? SC_NO_VALUE : lengths_of(graph, input[from.lengths]);
    sc_value q = rotary(graph, layer, map(build, layer, input[0], QUERY)),
             k = rotary(graph, layer, map(build, layer, memory, KEY)),
             v = map(build, layer, memory, VALUE);
    if (graph->status != SOCLE_OK || q == SC_NO_VALUE || k == SC_NO_VALUE || v == SC_NO_VALUE)
        return SC_NO_VALUE;
    const int64_t features = sc_graph_desc(graph, q)->dim[2] / layer->options.heads;
    sc_value y = sc_build_attention(graph, q, k, v, length, layer->options.heads,
                                    (float)(1 / sqrt((double)features)), layer->options.causal);
    return map(build, layer, y, RESULT);
}

#define AT(field) offsetof(sc_layer_options, field)
static const sc_option options[] = {
    {"heads", SC_OPTION_INTEGER, AT(heads), "heads; they divide the features of its input", 1,
     1 << 20, .required = true, .shorthand = true, .example = "1", .aliases = "num_heads"},
    {"from", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE,
     "the sequence; the memory that its steps attend to, where that is another one; and, where "
     "samples are shorter than that, an input with their lengths",
     .standard = "the layer before", .least = 1, .most = 3, .example = "[a, b]"},
    {"causal", SC_OPTION_BOOL, AT(causal), "no step attends to a later one", .example = "true",
     .aliases = "is_causal"},
    {"rotary", SC_OPTION_BOOL, AT(rotary),
     "queries and keys are turned by their positions (Su et al. 2021)", .example = "true"},
    {"theta", SC_OPTION_FLOAT, AT(theta),
     "rotary: how much slower the last pair turns than the "
     "first one",
     1, 1e9, .example = "500000", .aliases = "rope_theta"},
    {"bias", SC_OPTION_BOOL, AT(use_bias), "add a number per feature", .example = "false",
     .aliases = "use_bias"},
    {"weight_init", SC_OPTION_KIND, AT(weight_init), "first weights",
     .family = &sc_initializer_family, .example = "he_normal", .aliases = "kernel_initializer"},
    {"bias_init", SC_OPTION_KIND, AT(bias_init), "first biases", .family = &sc_initializer_family,
     .example = "{normal: 0.01}", .aliases = "bias_initializer"},
};

const sc_layer_kind sc_layer_attention = {
    .record = {.word = "attention",
               .help = "multi-head attention: each step of a sequence takes what it needs from the "
                       "others, or from those of a memory (Vaswani et al. 2017)",
               .aliases = "multihead_attention multi_head_attention mha",
               .options = options,
               .count = sizeof options / sizeof options[0],
               .standard = &(const sc_layer_options){.use_bias = true,
                                                     .theta = 10000,
                                                     .weight_init = {.kind = "glorot_uniform"},
                                                     .bias_init = {.kind = "zeros"}},
               .size = sizeof(sc_layer_options)},
    .lengths = true,
    .products = products,
    .declare = declare,
    .build = build,
    .record.use = "transformers: sequences in which far steps matter as much as near ones",
    .record.source = "Vaswani et al. 2017, Attention Is All You Need",
    .record.formula = "y = O softmax(Q K^T / sqrt(D)) V of each head, Q = A x, K = B m, V = C m",
    .record.derivative = "by V: the weights; by Q and K: weight times what the gradient says of a "
                         "value less its mean, times K and Q",
};
