/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a program on the public API: a network with any options, data, forecast, fit,
 * predict, save, load; and a graph of operations with gradients; on the cpu. Calls fail with a
 * status and a text or do their work; memory is limited so that a network too large fails by that.
 */
#include "fuzz.h"

#include <math.h>
#include <socle/socle.h>
#include <stdio.h>

enum { SAMPLES = 5, MOST_ELEMENTS = 1 << 12, MOST_NODES = 12, MOST_VALUES = 16, BUDGET = 48 << 20 };

/* Bytes that say what the program does; zeros when they are used up. */
typedef struct source {
    const uint8_t *at, *end;
} source;

static unsigned byte(source *in) {
    return in->at < in->end ? *in->at++ : 0;
}
static int pick(source *in, int count) {
    return (int)(byte(in) % (unsigned)count);
}

/* Mostly small, now and then at an edge. */
static int size_of(source *in) {
    static const int edge[] = {0, -1, 17, 64, 1 << 12, 1 << 20, 0x7fffffff, -0x7fffffff - 1};
    unsigned value = byte(in);
    return value < 248 ? (int)(value % 9) : edge[value - 248];
}

static float real_of(source *in) {
    static const float edge[] = {0, 1, -1, INFINITY, NAN, 1e30f, 1e-40f, 0.5f};
    unsigned value = byte(in);
    return value < 240 ? (float)value / 256.0f : edge[value % 8];
}

/* --- Memory: what is taken is counted, so that nothing the fuzzer asks for brings the machine
 * down. --- */

static size_t taken;

static void *allocate(void *user, size_t bytes) {
    (void)user;
    if (bytes > BUDGET || taken > BUDGET - bytes) return NULL;
    size_t *memory = aligned_alloc(64, (bytes + 64 + 63) / 64 * 64);
    if (!memory) return NULL;
    *memory = bytes;
    taken += bytes;
    return (char *)memory + 64;
}

static void release(void *user, void *pointer) {
    (void)user;
    if (!pointer) return;
    size_t *memory = (size_t *)(void *)((char *)pointer - 64);
    taken -= *memory;
    free(memory);
}

static socle_context *open_cpu(void) {
    static const socle_allocator allocator = {allocate, release, NULL};
    socle_context *context;
    const socle_open_opts opts = {.allocator = &allocator, .threads = 1};
    FUZZ_REQUIRE(socle_open_with(&context, "cpu", &opts) == SOCLE_OK);
    return context;
}

static void check(socle_context *context, socle_status status) {
    if (status == SOCLE_OK) return;
    FUZZ_REQUIRE(socle_error(context)[0] != '\0');
    if (status != SOCLE_STATUS_INTERNAL && status != SOCLE_STATUS_WRONG_RESULT) return;
    fprintf(stderr, "%s\n", socle_error(context));
    abort();
}

/* --- Networks --- */

static socle_shape sample_shape(source *in) {
    socle_shape shape = {.rank = pick(in, 5)};
    for (int i = 0; i < shape.rank; i++) shape.size[i] = 1 + pick(in, 7);
    return shape;
}

static size_t elements(socle_shape shape) {
    size_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= (size_t)shape.size[i];
    return count;
}

static void pads(source *in, int pad[4]) {
    for (int i = 0; i < 4; i++) pad[i] = pick(in, 4) ? 0 : size_of(in);
}

static socle_node windowed(source *in, socle_net *net, socle_node x, int kind) {
    if (kind == 0) {
        socle_conv2d_opts opts = {.stride = {pick(in, 4), pick(in, 4)},
                                  .dilation = {pick(in, 3), pick(in, 3)},
                                  .groups = pick(in, 8) ? 0 : size_of(in),
                                  .padding = (socle_padding)pick(in, 2),
                                  .no_bias = pick(in, 2)};
        pads(in, opts.pad);
        return socle_conv2d(net, x, size_of(in), size_of(in), pick(in, 4) ? &opts : NULL);
    }
    socle_pool2d_opts opts = {.stride = {pick(in, 4), pick(in, 4)},
                              .padding = (socle_padding)pick(in, 2)};
    pads(in, opts.pad);
    if (kind == 1) return socle_maxpool2d(net, x, size_of(in), pick(in, 4) ? &opts : NULL);
    return socle_avgpool2d(net, x, size_of(in), pick(in, 4) ? &opts : NULL);
}

/* One of these, or the bytes of the program themselves as text. */
static const char *formula(source *in, const char *const *known, int count) {
    static char text[32];
    int which = pick(in, count + 1);
    if (which < count) return known[which];
    for (size_t i = 0; i < sizeof text - 1; i++) text[i] = (char)byte(in);
    return text;
}

/* Layers as a configuration has them; NULL is one of them. */
static const char *const layers[] = {"{leaky_relu: 0.1}",
                                     "{elu: {alpha: 0}}",
                                     "sinc",
                                     "{maxout: 3}",
                                     "{distances: 3}",
                                     "layer_norm",
                                     "rms_norm",
                                     "{attention: {heads: 2, causal: true, rotary: true}}",
                                     "{position: sinusoidal}",
                                     "{prelu: {per_channel: true}}",
                                     "{",
                                     NULL};
static const char *const formulas[] = {"x * tanh(log(1 + exp(x)))",
                                       "x if x > 0 else expm1(x)",
                                       "x / 0",
                                       "x1 * sigmoid(x2)",
                                       "x ** x",
                                       "y",
                                       "1",
                                       ""};
static const char *const losses[] = {"abs(prediction - target)", "log(prediction) * target",
                                     "prediction", ""};
static const char *const updates[] = {
    "w = w - lr * g",
    "v = 0.9 * v + g; w = w - lr * v / (norm(v) + 1e-6)",
    "w = w - lr * g * min(1, 1 / (total_norm(g) + 1e-6)) / (1 - 0.5 ** step)",
    "a = max(a, abs(g)); b = b + a; w = w - sqrt(g) * b",
    "w = w / g",
    "w = 1"};
#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

static socle_node layer(source *in, socle_net *net, const socle_node *node, int nodes) {
    static const char *const words[] = {"relu",     "tanh", "softmax", "gelu",
                                        "softplus", "",     "no such"};
    socle_node x = node[pick(in, 6) ? nodes - 1 : pick(in, nodes)];
    if (byte(in) == 255) x = (socle_node)size_of(in);
    int kind = pick(in, 16);
    const socle_node several[3] = {x, node[pick(in, nodes)], node[pick(in, nodes)]};
    switch (kind) {
    case 0:
    case 1:
    case 2:
        return windowed(in, net, x, kind);
    case 3:
        return socle_dense(net, x, size_of(in), NULL);
    case 4:
        return socle_activation(net, x, words[pick(in, sizeof words / sizeof words[0])]);
    case 5:
        return socle_flatten(net, x);
    case 6:
        return socle_dropout(net, x, real_of(in));
    case 7: {
        socle_batchnorm_opts opts = {NULL, real_of(in), real_of(in), pick(in, 4)};
        return socle_batchnorm(net, x, pick(in, 2) ? &opts : NULL);
    }
    case 8:
        return socle_add(net, pick(in, 4), several);
    case 9:
        return socle_concat(net, pick(in, 4), several, size_of(in));
    case 10:
        return socle_global_avgpool(net, x);
    case 11:
        return socle_expr(net, pick(in, 4), several, formula(in, formulas, COUNT(formulas)));
    case 12:
        return socle_embedding(net, x, size_of(in), size_of(in), NULL);
    case 13: {
        socle_rnn_opts opts = {.relu = pick(in, 2), .sequence = pick(in, 2)};
        return socle_rnn(net, x, size_of(in), pick(in, 2) ? several : NULL, &opts);
    }
    case 14:
        return socle_layer(net, pick(in, 3), several, layers[pick(in, COUNT(layers))]);
    default:
        return socle_relu(net, x);
    }
}

static socle_status loss(source *in, socle_net *net, socle_node x, int *kind) {
    static const char *const texts[] = {
        "{huber: 0.5}", "log_cosh", "{quantile: 0.9}",         "gaussian_nll_softplus",
        "poisson_nll",  "hinge",    "{mse: {reduction: sum}}", "kl_divergence",
        "mse, a: b"};
    *kind = pick(in, 5);
    if (*kind == 4) return socle_loss(net, x, texts[pick(in, COUNT(texts))]);
    if (*kind == 3) return socle_loss_expr(net, x, formula(in, losses, COUNT(losses)));
    if (*kind == 0) return socle_loss_softmax_cross_entropy(net, x);
    return *kind == 1 ? socle_loss_binary_cross_entropy(net, x)
                      : socle_loss_mean_squared_error(net, x);
}

static socle_data *data_for(source *in, socle_context *context, socle_shape shape, int kind,
                            int64_t outputs) {
    static float input[SAMPLES * MOST_ELEMENTS], target[SAMPLES * MOST_ELEMENTS];
    static uint8_t label[SAMPLES];
    size_t count = SAMPLES * elements(shape);
    for (size_t i = 0; i < count; i++) input[i] = i < 64 ? real_of(in) : (float)(i % 7) - 3.0f;
    for (int i = 0; i < SAMPLES; i++) label[i] = (uint8_t)(pick(in, 8) ? 0 : byte(in));
    for (size_t i = 0; i < SAMPLES * MOST_ELEMENTS; i++) target[i] = (float)(i % 2);
    socle_data *data;
    const socle_shape row = {.rank = 1,
                             .size = {outputs > 0 && outputs <= MOST_ELEMENTS ? outputs : 1}};
    socle_status status = kind == 0 ? socle_data_arrays(&data, context, SAMPLES, SOCLE_F32, shape,
                                                        input, SOCLE_U8, NULL, label)
                                    : socle_data_arrays(&data, context, SAMPLES, SOCLE_F32, shape,
                                                        input, SOCLE_F32, &row, target);
    check(context, status);
    FUZZ_REQUIRE((status == SOCLE_OK) == (data != NULL));
    return data;
}

static void predict(socle_context *context, socle_net *net, const socle_data *data) {
    int64_t outputs = socle_outputs(net);
    if (outputs < 1 || outputs > MOST_ELEMENTS) return;
    size_t size = (size_t)outputs * SAMPLES;
    float *out = malloc(size * sizeof *out);
    socle_result result;
    FUZZ_REQUIRE(out != NULL);
    check(context, socle_predict(net, data, out, size));
    check(context, socle_evaluate(net, data, &result));
    free(out);
}

static void save_and_load(socle_context *context, socle_net *net, const socle_data *data) {
    socle_status status = socle_save(net, fuzz_file("model"));
    socle_net *again;
    check(context, status);
    if (status != SOCLE_OK) return;
    status = socle_load(&again, context, fuzz_file("model"));
    check(context, status);
    FUZZ_REQUIRE(status == SOCLE_OK || status == SOCLE_STATUS_OUT_OF_MEMORY); /* what was saved can
                                                                                 be loaded */
    if (status != SOCLE_OK) return;
    FUZZ_REQUIRE(socle_net_parameters(again) == socle_net_parameters(net));
    predict(context, again, data);
    socle_net_destroy(again);
}

static void network(source *in, socle_context *context) {
    socle_net *net;
    socle_node node[MOST_NODES];
    int nodes = 1, kind, layers = pick(in, MOST_NODES);
    FUZZ_REQUIRE(socle_net_create(&net, context) == SOCLE_OK);
    socle_shape shape = sample_shape(in);
    node[0] = socle_input(net, shape);
    for (int i = 1; i < layers; i++, nodes++) node[i] = layer(in, net, node, nodes);
    check(context, loss(in, net, node[nodes - 1], &kind));
    socle_data *data = data_for(in, context, shape, kind, socle_outputs(net));
    if (data) {
        socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
        socle_memory memory;
        opts.steps = 1 + pick(in, 2);
        opts.batch = pick(in, 8) ? 2 + pick(in, 3) : size_of(in);
        opts.optimizer =
            pick(in, 2) ? socle_adam(real_of(in)) : socle_sgd(real_of(in), real_of(in));
        if (pick(in, 3) == 1)
            opts.optimizer = socle_update(real_of(in), formula(in, updates, COUNT(updates)));
        opts.validation_split = pick(in, 4) ? 0 : real_of(in);
        opts.weight_decay = pick(in, 4) ? 0 : real_of(in);
        opts.reproducible = pick(in, 8) == 1;
        opts.augment.shift = pick(in, 16) ? 0 : size_of(in);
        opts.memory = pick(in, 8) ? BUDGET : (uint64_t)byte(in) << 8;
        check(context, socle_memory_forecast(net, data, &opts, &memory));
        socle_status status = socle_fit(net, data, &opts);
        check(context, status);
        if (status == SOCLE_OK) {
            predict(context, net, data);
            save_and_load(context, net, data);
        }
    }
    socle_data_destroy(data);
    socle_net_destroy(net);
}

/* --- Graphs --- */

static socle_value any_of(source *in, const socle_value *value, int values) {
    return byte(in) == 255 ? (socle_value)size_of(in) : value[pick(in, values)];
}

static socle_window window(source *in) {
    socle_window window = {.kernel = {size_of(in), size_of(in)},
                           .stride = {1 + pick(in, 2), 1 + pick(in, 2)},
                           .dilation = {1 + pick(in, 2), pick(in, 3)}};
    pads(in, window.pad);
    return window;
}

static socle_value operation(source *in, socle_graph *graph, const socle_value *value, int values) {
    static const char *const unary[] = {"relu", "exp",    "log", "sqrt", "tanh",
                                        "neg",  "square", "abs", "",     "none"};
    static const char *const binary[] = {"add", "sub", "mul", "div", "max", "min", "pow", ""};
    socle_value a = any_of(in, value, values), b = any_of(in, value, values);
    socle_window w;
    const socle_value several[3] = {a, b, a};
    int order[SOCLE_MAX_RANK];
    switch (pick(in, 14)) {
    case 0:
        return socle_op_unary(graph, unary[pick(in, 10)], a);
    case 1:
        return socle_op_binary(graph, binary[pick(in, 8)], a, b);
    case 2:
        return socle_op_matmul(graph, a, b, pick(in, 2), pick(in, 2));
    case 3:
        w = window(in);
        return socle_op_conv2d(graph, a, b, &w, size_of(in));
    case 4:
        w = window(in);
        return pick(in, 2) ? socle_op_maxpool2d(graph, a, &w) : socle_op_avgpool2d(graph, a, &w);
    case 5:
        return socle_op_layer_norm(graph, a, b, several[pick(in, 3)], 1e-5f);
    case 6:
        return socle_op_sum(graph, a, byte(in));
    case 7:
        return pick(in, 2) ? socle_op_softmax(graph, a) : socle_op_argmax(graph, a);
    case 8:
        return socle_op_cross_entropy(graph, a, b);
    case 9:
        return socle_op_gather(graph, a, b);
    case 10: {
        socle_shape shape = sample_shape(in);
        return socle_op_reshape(graph, a, shape);
    }
    case 11:
        for (int i = 0; i < SOCLE_MAX_RANK; i++)
            order[i] = pick(in, 16) ? (i + pick(in, 2)) % 4 : size_of(in);
        return socle_op_permute(graph, a, order);
    case 12:
        return socle_op_attention(graph, a, b, several[pick(in, 3)], pick(in, 4) ? -1 : a,
                                  &(socle_attention){size_of(in), 0, pick(in, 2)});
    default:
        return socle_op_concat(graph, pick(in, 4), several, size_of(in));
    }
}

static void graph(source *in, socle_context *context) {
    enum { TENSORS = 3 };
    static uint8_t zeros[MOST_ELEMENTS * 4];
    socle_graph *made;
    socle_tensor *tensor[TENSORS];
    socle_value value[MOST_VALUES], gradient[2];
    int values = 0, operations = 1 + pick(in, MOST_VALUES - TENSORS);
    FUZZ_REQUIRE(socle_graph_create(&made, context) == SOCLE_OK);
    for (int i = 0; i < TENSORS; i++) {
        socle_dtype dtype = pick(in, 4) ? SOCLE_F32 : (socle_dtype)pick(in, 3);
        socle_status status = socle_tensor_create(&tensor[i], context, dtype, sample_shape(in));
        check(context, status);
        FUZZ_REQUIRE((status == SOCLE_OK) == (tensor[i] != NULL));
        if (!tensor[i]) continue;
        size_t bytes = socle_tensor_bytes(tensor[i]);
        if (bytes <= sizeof zeros) check(context, socle_tensor_write(tensor[i], zeros, bytes));
        value[values++] = socle_op_tensor(made, tensor[i]);
    }
    if (values) {
        for (int i = 0; i < operations; i++, values++)
            value[values] = operation(in, made, value, values);
        const socle_value wrt[2] = {value[0], value[pick(in, values)]};
        check(context,
              socle_graph_gradient(made, value[values - 1], 1 + pick(in, 2), wrt, gradient));
        socle_tensor *out = tensor[pick(in, TENSORS)];
        if (out) socle_op_store(made, pick(in, 2) ? gradient[0] : value[values - 1], out);
        socle_status status = socle_graph_compile(made);
        check(context, status);
        if (status == SOCLE_OK) check(context, socle_graph_run(made));
    }
    socle_graph_destroy(made);
    for (int i = 0; i < TENSORS; i++) socle_tensor_destroy(tensor[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    source in = {data, data + size};
    socle_context *context = open_cpu();
    if (pick(&in, 2))
        graph(&in, context);
    else
        network(&in, context);
    socle_close(context);
    FUZZ_REQUIRE(taken == 0);
    return 0;
}
