/* SPDX-License-Identifier: Apache-2.0 */
/* Layers over sequences, of gated cells, attention, normalisation along rows, and positions:
 * results and gradients are PyTorch's (tests/golden/make_sequences.py); what does not fit is
 * refused. */
#include "../backend/plan_fixture.h"
#include "layer_values.h"
#include "model/net_config.h"
#include "net_eval.h"

enum { SAMPLES = 2, KEYS = 3, KEY_WIDTH = 6, MOST = 20, MOST_NUMBERS = 256 };

typedef struct layer_case {
    const char *layer;      /* as a configuration has it */
    const double *expected; /* the result, then the gradients of the inputs and the parameters */
    bool memory, lengths;   /* what it reads beside `input` */
    socle_shape shape;      /* of `input`; rank 0: a sequence of 4 steps, 8 wide */
} layer_case;

static const int32_t lengths[SAMPLES] = {3, 1};
static const socle_shape sequence = {2, {4, 8}};
#define IMAGE(c, h, w) .shape = {3, {c, h, w}}
#define ROWS(c, t) .shape = {2, {c, t}}
static const layer_case cases[] = {
    {"attention: 2", attention_self, .memory = false},
    {"attention: {heads: 4, causal: true, bias: false}", attention_causal, .memory = false},
    {"attention: 2", attention_lengths, .lengths = true},
    {"attention: 2", attention_memory, .memory = true, .lengths = true},
    {"attention: {heads: 2, causal: true, rotary: true, theta: 100}", attention_rotary,
     .memory = false},
    {"layer_norm: {epsilon: 0.001}", layer_norm, .memory = false},
    {"rms_norm: {epsilon: 0.001}", rms_norm, .memory = false},
    {"position", position_learned, .memory = false},
    {"position: sinusoidal", position_sinusoidal, .memory = false},
    {"gru: {units: 4, return: sequence}", gru_sequence, .memory = false},
    {"gru: {units: 4, bias: false}", gru_last, .lengths = true},
    {"gru: {units: 2, layers: 2, bidirectional: true, return: sequence}", gru_both,
     .lengths = true},
    {"lstm: {units: 4, return: sequence}", lstm_sequence, .memory = false},
    {"lstm: {units: 3, layers: 2}", lstm_last, .lengths = true},
    {"lstm: {units: 3, bidirectional: true}", lstm_both, .lengths = true},
    {"rnn: {units: 4, bidirectional: true, return: sequence}", rnn_both, .memory = false},
    {"group_norm: {groups: 2, epsilon: 0.001}", group_norm, IMAGE(4, 3, 2)},
    {"instance_norm: {epsilon: 0.001}", instance_norm, IMAGE(2, 3, 3)},
    {"local_response_norm: {size: 4, alpha: 0.5, k: 2}", local_response_norm, IMAGE(6, 2, 2)},
    {"conv1d: {filters: 6, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 2}", conv1d,
     ROWS(4, 6)},
    {"conv2d_transpose: {filters: 6, kernel: [3, 2], stride: [2, 1], padding: [1, 1, 0, 0], "
     "output_padding: [1, 0], groups: 2}",
     conv2d_transpose, IMAGE(4, 3, 2)},
    {"conv2d_transpose: {filters: 1, kernel: 2, stride: 3, dilation: 2, bias: false}",
     transpose_dilated, IMAGE(2, 2, 2)},
    {"adaptive_avgpool2d: [3, 4]", adaptive_avgpool2d, IMAGE(2, 5, 3)},
    {"maxpool: {kernel: 3, stride: 2, padding: 1, ceil: true}", maxpool_ceil, IMAGE(2, 6, 5)},
    {"avgpool: {kernel: 2, stride: 3, ceil: true}", avgpool_ceil, IMAGE(2, 5, 4)},
    {"global_maxpool", global_maxpool, IMAGE(3, 3, 2)},
    {"upsample: {factor: [2, 3], method: bilinear}", upsample_bilinear, IMAGE(2, 3, 2)},
    {"permute: [2, 0, 1]", permuted, IMAGE(3, 2, 4)},
    {"slice: {axis: 1, begin: 1, size: 2}", sliced, ROWS(3, 4)},
    {"pad: [1, 2, 3, 4]", padded, IMAGE(1, 2, 2)},
    {"[sigmoid, {dense: {units: 6, name: one}}, {dense: {units: 6, share: one}}]", shared,
     ROWS(2, 6)},
    {"[stop_gradient, {expr: {formula: x1 * x2, from: [stop_gradient1, input]}}]", stopped,
     ROWS(3, 4)},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static uint32_t word;

static void fill(float *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        word = word * 1664525u + 1013904223u;
        data[i] = (float)((double)(word >> 8) * 0x1p-23 - 1.0);
    }
}

/* Adds layers as a configuration has them, the first of which reads the first `count` inputs. */
static socle_status read_layers(sc_net *net, int count, const char *text) {
    static const int input[] = {0, 1, 2};
    char whole[512];
    sc_config *config;
    snprintf(whole, sizeof whole,
             text[0] == '['      ? "network: %s"
             : strchr(text, ':') ? "network: [{%s}]"
                                 : "network: [%s]",
             text);
    SC_TRY(sc_config_parse(&config, net->env, "case", whole, strlen(whole)));
    const json_t *list = json_object_get(sc_config_root(config), "network");
    socle_status status = json_array_size(list) == 1
                              ? sc_layer_read(net, config, list, count, input)
                              : sc_net_read(net, config, list);
    sc_config_destroy(config);
    return status;
}

static sc_net *net_of(sc_env *env, const layer_case *c) {
    const socle_shape *shape = c->shape.rank ? &c->shape : &sequence;
    sc_net *net = net_create(env, SOCLE_F32, shape->rank, shape->size, 1);
    if (c->memory) sc_net_input(net, "memory", SOCLE_F32, &(socle_shape){2, {KEYS, KEY_WIDTH}}, 1);
    if (c->lengths) sc_net_input(net, "length", SOCLE_I32, &(socle_shape){0}, 1);
    SC_OK(env, read_layers(net, net->inputs, c->layer));
    return net;
}

/* The sum of the results, each times a drawn number, forward and backward. */
typedef struct results {
    plan_fixture plan;
    sc_value wrt[MOST];
    int inputs, count; /* of those that the gradient is by: inputs, and all */
    size_t elements;   /* of the result */
    float out[MOST_NUMBERS];
} results;

static void add_inputs(results *r, const sc_net *net, const layer_case *c, sc_value input[3]) {
    for (int i = 0; i < net->inputs; i++) {
        sc_tensor_desc desc = net->input[i].desc;
        desc.dim[0] = SAMPLES;
        input[i] = plan_external(&r->plan, SC_LANE_INPUTS, desc.dtype, true, desc.rank, desc.dim);
    }
    r->inputs = net->inputs - (c->lengths ? 1 : 0);
    for (int i = 0; i < r->inputs; i++) r->wrt[r->count++] = input[i];
}

/* Drawn in the order of the gradients, then the numbers that weigh the results. */
static void write_all(results *r, const layer_case *c, int coefficient) {
    float data[MOST_NUMBERS];
    word = 777;
    for (int i = 0; i < r->count; i++) {
        size_t count = (size_t)sc_tensor_elements(sc_graph_desc(r->plan.graph, r->wrt[i]));
        bool input = i < r->inputs;
        fill(data, count);
        plan_write(&r->plan, input ? SC_LANE_INPUTS : SC_LANE_PARAMETERS, input ? i : i - r->inputs,
                   data, count * sizeof *data);
    }
    fill(data, r->elements);
    plan_write(&r->plan, SC_LANE_INPUTS, coefficient, data, r->elements * sizeof *data);
    if (c->lengths) plan_write(&r->plan, SC_LANE_INPUTS, r->inputs, lengths, sizeof lengths);
}

/* The scores that drawn numbers of at most 1 give are below 16, and the error of a score is the
 * relative one of its weight; on the way to a result lie sums of 8, 4, 4 and 8 products. Of
 * recurrent ones, 4 steps of sums of at most 8 + 4 products and biases. */
static const double TOLERANCE = 16 * 24 * 0x1p-24;

static const double *check(const char *what, const float *actual, const double *expected,
                           size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)actual[i] - expected[i]) <= TOLERANCE * fmax(1, fabs(expected[i]))))
            SC_TEST_FAIL("%s[%zu] is %.9g, PyTorch's is %.9g", what, i, (double)actual[i],
                         expected[i]);
    return expected + count;
}

static void check_case(const char *device, const layer_case *c) {
    device_fixture f;
    sc_env env;
    sc_build build;
    sc_value input[3], gradient[MOST];
    SC_REPRO("%s on %s", c->layer, device);
    sc_net *net = net_of(&env, c);
    results r = {.count = 0};
    device_open(&f, device, NULL);
    plan_begin(&r.plan, &f, SAMPLES);
    add_inputs(&r, net, c, input);
    SC_OK(&f.env, sc_net_build(&build, net, r.plan.graph, SC_BUILD_TRAIN, input));
    sc_value y = build.node[net->output];
    const int coefficient = r.inputs + (c->lengths ? 1 : 0);
    const sc_tensor_desc shape = *sc_graph_desc(r.plan.graph, y);
    r.elements = (size_t)sc_tensor_elements(&shape);
    sc_value weights =
        plan_external(&r.plan, SC_LANE_INPUTS, SOCLE_F32, true, shape.rank, shape.dim);
    sc_value loss = sc_build_reduce(r.plan.graph, SC_REDUCE_SUM,
                                    sc_build_binary(r.plan.graph, SC_EXPR_MUL, y, weights),
                                    (1u << shape.rank) - 2);
    for (size_t i = 0; i < net->parameters; i++) {
        r.wrt[r.count++] = build.parameter[i];
        plan_home(&r.plan, SC_LANE_PARAMETERS, sc_graph_desc(r.plan.graph, build.parameter[i]));
    }
    SC_OK(&f.env,
          sc_graph_gradient(r.plan.graph, loss, SC_NO_VALUE, r.count, r.wrt, gradient, NULL));
    plan_output(&r.plan, y, SC_LANE_OUTPUTS);
    for (int i = 0; i < r.count; i++)
        plan_output(&r.plan, gradient[i], i < r.inputs ? SC_LANE_OUTPUTS : SC_LANE_GRADIENTS);
    SC_OK(&f.env, plan_make(&r.plan, NULL));
    write_all(&r, c, coefficient);
    SC_OK(&f.env, plan_run(&r.plan, &(sc_launch){.rows = SAMPLES}));
    plan_read(&r.plan, SC_LANE_OUTPUTS, 0, r.out, r.elements * sizeof(float));
    const double *expected = check("result", r.out, c->expected, r.elements);
    for (int i = 0; i < r.count; i++) {
        size_t count = (size_t)sc_tensor_elements(sc_graph_desc(r.plan.graph, r.wrt[i]));
        bool in = i < r.inputs;
        plan_read(&r.plan, in ? SC_LANE_OUTPUTS : SC_LANE_GRADIENTS, in ? i + 1 : i - r.inputs,
                  r.out, count * sizeof(float));
        expected = check(in ? net->input[i].name : net->parameter[i - r.inputs].name, r.out,
                         expected, count);
    }
    sc_build_free(&build);
    plan_end(&r.plan);
    device_close(&f);
    sc_net_destroy(net);
}

Test(layer_values, are_pytorchs_cpu) {
    for (int c = 0; c < CASES; c++) check_case("cpu", &cases[c]);
}

Test(layer_values, are_pytorchs_opencl) {
    for (int c = 0; c < CASES; c++)
        if (sc_test_full() || c == 3 || c == 4 || c == 14 || c == 20)
            check_case("opencl:0", &cases[c]);
}

static void refused(socle_shape shape, const char *layer, const char *text) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, shape.rank, shape.size, 1);
    sc_net_input(net, "other", SOCLE_F32, &(socle_shape){2, {3, 7}}, 1);
    SC_REPRO("%s", layer);
    SC_TRUE(read_layers(net, strstr(layer, "another") ? 2 : 1, layer) != SOCLE_OK);
    if (!strstr(env.text, text)) SC_TEST_FAIL("says '%s', not '%s'", env.text, text);
    sc_net_destroy(net);
}

Test(layer_values, refused) {
    const socle_shape image = {3, {2, 3, 6}}, rows = {2, {5, 6}}, none = {0}, flat = {1, {6}};
    static const char channels[] = "expects images [N,C,H,W]";
    refused(image, "attention: 2", "attention1: expects a sequence [N,T,D]; it is f32[N,2,3,6]");
    refused(rows, "attention: 4", "4 heads do not divide the 6 features of its input");
    refused(rows, "attention: {heads: 2, rotary: true}", "a head has 3");
    refused(rows, "attention: {heads: 3, rotary: true, name: another}",
            "of one sequence: a memory");
    refused(flat, "position", "expects a sequence [N,T,D]");
    refused(none, "layer_norm", "features along the last dimension");
    refused(none, "rms_norm", "features along the last dimension");
    refused(image, "group_norm: 3", "groups 3 must divide the 2 channels");
    refused(none, "group_norm: 1", "expects [N,C] or [N,C,..]");
    refused(flat, "instance_norm", "expects channels of several places");
    refused(image, "local_response_norm: 5", "at least 3 channels, half of its size");
    refused(image, "conv1d: {filters: 1, kernel: 1}", "expects channels of a sequence [N,C,T]");
    refused(rows, "conv1d: {filters: 1, kernel: 9}", "the kernel covers 9 along the width");
    refused(rows, "conv1d: {filters: 2, kernel: 1, groups: 2}", "must divide the 5 input channels");
    refused(rows, "conv2d_transpose: {filters: 1, kernel: 1}", channels);
    refused(image, "conv2d_transpose: {filters: 1, kernel: 1, padding: same}",
            "does not say the size of the result");
    refused(image, "conv2d_transpose: {filters: 1, kernel: 3, output_padding: 1}",
            "output_padding 1 must be less than the stride, 1");
    refused(image, "conv2d_transpose: {filters: 1, kernel: 1, padding: [2, 1, 0, 0]}",
            "takes all of the result's height");
    refused(image, "avgpool: {kernel: 2, ceil: true, count_padding: true}", "choose one");
    refused(rows, "adaptive_avgpool2d: 2", channels);
    refused(rows, "global_maxpool", channels);
    refused(image, "permute: [0, 1]", "must name each of the 3 dimensions");
    refused(image, "permute: [0, 1, 1]", "must name each of the 3 dimensions");
    refused(rows, "slice: {axis: 2}", "slice1: axis 2 of a sample that has only 2 dimensions");
    refused(rows, "slice: {begin: 5}", "0 places from place 5 on, of 5 along axis 0");
    refused(rows, "slice: {begin: 3, size: 3}", "3 places from place 3 on, of 5");
    refused(rows, "pad: 1", channels);
    refused(image, "pad: same", "says how many zeros");
    refused(rows, "dense: {units: 2, share: input}",
            "'input' is an input, which has no parameters");
    refused(rows, "dense: {units: 2, share: nothing}", "layer or input 'nothing'");
    refused(rows, "[{sigmoid: {from: input}}, {dense: {units: 2, share: sigmoid1}}]",
            "share the parameters of sigmoid1");
    refused(
        rows,
        "[{sigmoid: {from: input}}, {dense: {units: 6}}, {dense: {units: 6, bias: false, share: "
        "dense1}}]",
        "dense2: cannot share the parameters of dense1: it has 1, first f32[6,6]; dense1 has 2");
}
