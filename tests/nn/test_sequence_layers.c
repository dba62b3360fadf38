/* SPDX-License-Identifier: Apache-2.0 */
/* Layers over sequences, of gated cells, attention, normalisation along rows, and positions:
 * results and gradients are PyTorch's (tests/golden/make_sequences.py); what does not fit is
 * refused. */
#include "../backend/plan_fixture.h"
#include "net_eval.h"
#include "sequence_layers.h"

enum { SAMPLES = 2, STEPS = 4, WIDTH = 8, KEYS = 3, KEY_WIDTH = 6, MOST = 20, OUT = 128 };

typedef struct layer_case {
    const char *word;
    const double *expected; /* the result, then the gradients of the inputs and the parameters */
    int heads;
    bool memory, causal, no_bias;
    const int32_t *lengths; /* NULL: none */
    float theta;            /* of rotary positions; 0: none */
    const char *method;     /* NULL: the standard one */
    int units, layers;      /* of recurrent ones; 0: no such layer */
    bool both, last;        /* directions; the last state alone */
} layer_case;

static const int32_t lengths[SAMPLES] = {3, 1};
static const layer_case cases[] = {
    {"attention", attention_self, 2, .memory = false},
    {"attention", attention_causal, 4, .causal = true, .no_bias = true},
    {"attention", attention_lengths, 2, .lengths = lengths},
    {"attention", attention_memory, 2, .memory = true, .lengths = lengths},
    {"attention", attention_rotary, 2, .causal = true, .theta = 100},
    {"layer_norm", layer_norm, 0, .memory = false},
    {"rms_norm", rms_norm, 0, .memory = false},
    {"position", position_learned, 0, .method = "learned"},
    {"position", position_sinusoidal, 0, .method = "sinusoidal"},
    {"gru", gru_sequence, .units = 4, .layers = 1},
    {"gru", gru_last, .units = 4, .layers = 1, .last = true, .no_bias = true, .lengths = lengths},
    {"gru", gru_both, .units = 2, .layers = 2, .both = true, .lengths = lengths},
    {"lstm", lstm_sequence, .units = 4, .layers = 1},
    {"lstm", lstm_last, .units = 3, .layers = 2, .last = true, .lengths = lengths},
    {"lstm", lstm_both, .units = 3, .layers = 1, .both = true, .last = true, .lengths = lengths},
    {"rnn", rnn_both, .units = 4, .layers = 1, .both = true},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static uint32_t word;

static void fill(float *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        word = word * 1664525u + 1013904223u;
        data[i] = (float)((double)(word >> 8) * 0x1p-23 - 1.0);
    }
}

static sc_net *net_of(sc_env *env, const layer_case *c) {
    sc_net *net = net_create(env, SOCLE_F32, 2, (int64_t[]){STEPS, WIDTH}, 1);
    sc_layer_options options = options_of(c->word);
    int input[3] = {0}, inputs = 1;
    if (c->memory)
        input[inputs++] =
            sc_net_input(net, "memory", SOCLE_F32, &(socle_shape){2, {KEYS, KEY_WIDTH}}, 1);
    if (c->lengths) input[inputs++] = sc_net_input(net, "length", SOCLE_I32, &(socle_shape){0}, 1);
    options.heads = c->heads;
    options.causal = c->causal;
    options.use_bias = !c->no_bias;
    options.rotary = c->theta > 0;
    if (c->theta > 0) options.theta = c->theta;
    if (options.epsilon > 0) options.epsilon = 1e-3f;
    if (c->method) options.method = c->method;
    options.units = c->units;
    if (c->layers) options.layers = c->layers;
    options.bidirectional = c->both;
    if (c->layers) options.returns = c->last ? "last" : "sequence";
    sc_net_layer(net, sc_layer_kind_find(c->word, &(sc_layer_options){0}), NULL, inputs, input,
                 &options);
    SC_OK(env, net->status);
    return net;
}

/* The sum of the results, each times a drawn number, forward and backward. */
typedef struct results {
    plan_fixture plan;
    sc_value wrt[MOST];
    int inputs, count; /* of those that the gradient is by: inputs, and all */
    size_t elements;   /* of the result */
    float out[OUT];
} results;

static void add_inputs(results *r, const layer_case *c, sc_value input[3]) {
    int inputs = 0;
    input[inputs++] = plan_external(&r->plan, SC_LANE_INPUTS, SOCLE_F32, true, 3,
                                    (int64_t[]){SAMPLES, STEPS, WIDTH});
    if (c->memory)
        input[inputs++] = plan_external(&r->plan, SC_LANE_INPUTS, SOCLE_F32, true, 3,
                                        (int64_t[]){SAMPLES, KEYS, KEY_WIDTH});
    r->inputs = inputs;
    for (int i = 0; i < inputs; i++) r->wrt[r->count++] = input[i];
    if (c->lengths)
        input[inputs] =
            plan_external(&r->plan, SC_LANE_INPUTS, SOCLE_I32, true, 1, (int64_t[]){SAMPLES});
}

/* Drawn in the order of the gradients, then the numbers that weigh the results. */
static void write_all(results *r, const layer_case *c, int coefficient) {
    float data[OUT];
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
    if (c->lengths)
        plan_write(&r->plan, SC_LANE_INPUTS, r->inputs, c->lengths, SAMPLES * sizeof *c->lengths);
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
    sc_net *net = net_of(&env, c);
    results r = {.count = 0};
    SC_REPRO("%s on %s, case %d", c->word, device, (int)(c - cases));
    device_open(&f, device, NULL);
    plan_begin(&r.plan, &f, SAMPLES);
    add_inputs(&r, c, input);
    SC_OK(&f.env, sc_net_build(&build, net, r.plan.graph, SC_BUILD_TRAIN, input));
    sc_value y = build.node[net->output];
    const int coefficient = r.inputs + (c->lengths ? 1 : 0);
    const sc_tensor_desc shape = *sc_graph_desc(r.plan.graph, y);
    r.elements = (size_t)sc_tensor_elements(&shape);
    sc_value weights =
        plan_external(&r.plan, SC_LANE_INPUTS, SOCLE_F32, true, shape.rank, shape.dim);
    sc_value loss = sc_build_reduce(r.plan.graph, SC_REDUCE_SUM,
                                    sc_build_binary(r.plan.graph, SC_EXPR_MUL, y, weights),
                                    shape.rank == 3 ? 6 : 2);
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

Test(sequence_layers, are_pytorchs_cpu) {
    for (int c = 0; c < CASES; c++) check_case("cpu", &cases[c]);
}

Test(sequence_layers, are_pytorchs_opencl) {
    for (int c = 0; c < CASES; c++)
        if (sc_test_full() || c == 3 || c == 4 || c == CASES - 2) check_case("opencl:0", &cases[c]);
}

static void refused(const char *layer, int rank, const int64_t *size, int dtype, int heads,
                    bool rotary, const char *text) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, rank, size, 1);
    sc_layer_options options = options_of(layer);
    int input[3] = {0, sc_net_input(net, "other", dtype, &(socle_shape){2, {3, 7}}, 1), 0};
    options.heads = heads;
    options.rotary = rotary;
    int node = sc_net_layer(net, sc_layer_kind_find(layer, &(sc_layer_options){0}), NULL,
                            dtype == SOCLE_F32 ? 1 : 2, input, &options);
    if (node >= 0 && rotary) /* with a memory */
        node = sc_net_layer(net, sc_layer_kind_find(layer, &(sc_layer_options){0}), NULL, 2, input,
                            &options);
    SC_EQ(node, -1);
    if (!strstr(env.text, text)) SC_TEST_FAIL("says '%s', not '%s'", env.text, text);
    sc_net_destroy(net);
}

Test(sequence_layers, refused) {
    const int64_t image[] = {2, 3, 6}, sequence[] = {5, 6}, odd[] = {5, 6}, none = 1;
    refused("attention", 3, image, SOCLE_F32, 2, false,
            "attention1: expects a sequence [N,T,D]; it is f32[N,2,3,6]");
    refused("attention", 2, sequence, SOCLE_F32, 4, false,
            "4 heads do not divide the 6 features of its input");
    refused("attention", 2, odd, SOCLE_F32, 2, true, "a head has 3");
    refused("attention", 2, sequence, SOCLE_F32, 3, true,
            "rotary positions are of one sequence: a memory has others");
    refused("position", 1, sequence, SOCLE_F32, 0, false, "expects a sequence [N,T,D]");
    refused("layer_norm", 0, &none, SOCLE_F32, 0, false, "features along the last dimension");
    refused("rms_norm", 0, &none, SOCLE_F32, 0, false, "features along the last dimension");
}
