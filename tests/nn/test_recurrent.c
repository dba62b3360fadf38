/* SPDX-License-Identifier: Apache-2.0 */
/* The recurrent layer: states and gradients are PyTorch's, for samples of one length and of
 * several; leaving steps out is masking them, to the bit; what does not fit is refused. */
#include "../backend/plan_fixture.h"
#include "backend/null.h"
#include "engine/stage.h"
#include "net_eval.h"
#include "recurrent.h"

enum { SAMPLES = 3, STEPS = 5, FEATURES = 4, UNITS = 3, OUT = SAMPLES * STEPS * UNITS, MOST = 8 };

static uint32_t word;

static void fill(float *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        word = word * 1664525u + 1013904223u;
        data[i] = (float)((double)(word >> 8) * 0x1p-23 - 1.0);
    }
}

static sc_net *stacked_net(sc_env *env, const char *function, const char *returns, bool ragged,
                           int layers) {
    sc_net *net = net_create(env, SOCLE_F32, 2, (int64_t[]){STEPS, FEATURES}, 1);
    sc_layer_options options = options_of("rnn");
    options.units = UNITS;
    options.function = function;
    options.returns = returns;
    int input[2] = {0, sc_net_input(net, "length", SOCLE_I32, &(socle_shape){0}, 1)};
    for (int l = 0; l < layers; l++) {
        options.returns = l + 1 < layers ? "sequence" : returns;
        input[0] = sc_net_layer(net, sc_layer_kind_find("rnn", &(sc_layer_options){0}), NULL,
                                ragged ? 2 : 1, input, &options);
    }
    SC_OK(env, net->status);
    return net;
}

static sc_net *recurrent_net(sc_env *env, const char *function, const char *returns, bool ragged) {
    return stacked_net(env, function, returns, ragged, 1);
}

typedef struct states {
    float out[OUT], gradient[MOST][UNITS * FEATURES];
    int launches;
} states;

/* Of one layer, then of a second. */
static const size_t gradient_size[MOST] = {UNITS * FEATURES, UNITS *UNITS, UNITS, UNITS,
                                           UNITS *UNITS,     UNITS *UNITS, UNITS, UNITS};

/* Forward and backward of the sum of the results, each times a drawn number. */
static void run(const char *device, sc_net *net, int64_t repetitions, const int32_t *lengths,
                states *out) {
    device_fixture f;
    plan_fixture p;
    sc_build build;
    float data[SAMPLES * STEPS * FEATURES];
    sc_value input[2], wrt[MOST], gradient[MOST];
    int parameters = (int)net->parameters;
    device_open(&f, device, NULL);
    plan_begin(&p, &f, SAMPLES);
    input[0] = plan_external(&p, SC_LANE_INPUTS, SOCLE_F32, true, 3,
                             (int64_t[]){SAMPLES, STEPS, FEATURES});
    input[1] = plan_external(&p, SC_LANE_INPUTS, SOCLE_I32, true, 1, (int64_t[]){SAMPLES});
    SC_OK(&f.env, sc_net_build(&build, net, p.graph, SC_BUILD_TRAIN, input));
    sc_value y = build.node[net->output];
    sc_tensor_desc shape = *sc_graph_desc(p.graph, y);
    sc_value coefficient =
        plan_external(&p, SC_LANE_INPUTS, SOCLE_F32, true, shape.rank, shape.dim);
    sc_value loss = sc_build_reduce(p.graph, SC_REDUCE_SUM,
                                    sc_build_binary(p.graph, SC_EXPR_MUL, y, coefficient),
                                    shape.rank == 3 ? 6 : 2);
    for (int i = 0; i < parameters; i++) {
        wrt[i] = build.parameter[i];
        plan_home(&p, SC_LANE_PARAMETERS, sc_graph_desc(p.graph, wrt[i]));
    }
    SC_OK(&f.env, sc_graph_gradient(p.graph, loss, SC_NO_VALUE, parameters, wrt, gradient, NULL));
    plan_output(&p, y, SC_LANE_OUTPUTS);
    for (int i = 0; i < parameters; i++) plan_output(&p, gradient[i], SC_LANE_GRADIENTS);
    SC_OK(&f.env, plan_make(&p, NULL));
    word = 777;
    fill(data, SAMPLES * STEPS * FEATURES);
    plan_write(&p, SC_LANE_INPUTS, 0, data, sizeof data);
    for (int i = 0; i < parameters; i++) {
        fill(data, gradient_size[i]);
        plan_write(&p, SC_LANE_PARAMETERS, i, data, gradient_size[i] * sizeof *data);
    }
    size_t count = (size_t)sc_tensor_elements(&shape);
    fill(data, count);
    plan_write(&p, SC_LANE_INPUTS, 2, data, count * sizeof *data);
    plan_write(&p, SC_LANE_INPUTS, 1, lengths, SAMPLES * sizeof *lengths);
    SC_OK(&f.env, plan_run(&p, &(sc_launch){.rows = SAMPLES, .repetitions = repetitions}));
    memset(out, 0, sizeof *out);
    plan_read(&p, SC_LANE_OUTPUTS, 0, out->out, count * sizeof(float));
    for (int i = 0; i < parameters; i++)
        plan_read(&p, SC_LANE_GRADIENTS, i, out->gradient[i], gradient_size[i] * sizeof(float));
    out->launches = sc_plan_launches(p.plan);
    sc_build_free(&build);
    plan_end(&p);
    device_close(&f);
}

static const struct {
    const char *function, *returns;
    bool ragged;
    const double *expected;
    int layers;
} cases[] = {
    {"tanh", "last", false, rnn_tanh_last_full, 1},
    {"relu", "last", false, rnn_relu_last_full, 1},
    {"tanh", "sequence", false, rnn_tanh_sequence_full, 1},
    {"relu", "sequence", false, rnn_relu_sequence_full, 1},
    {"tanh", "last", true, rnn_tanh_last_ragged, 1},
    {"relu", "last", true, rnn_relu_last_ragged, 1},
    {"tanh", "sequence", true, rnn_tanh_sequence_ragged, 1},
    {"relu", "sequence", true, rnn_relu_sequence_ragged, 1},
    {"tanh", "last", true, rnn_tanh_last_ragged_2, 2},
};
enum { CASES = sizeof cases / sizeof cases[0] };
static const int32_t ragged[SAMPLES] = {2, 4, 1};

/* Of at most 5 steps with weights below 1, each a sum of 3 + 4 + 2 products: what a step's rounding
 * does to later ones grows by 3 with each, and a gradient adds 15 of them. */
static const double TOLERANCE = 15 * 9 * 3 * 0x1p-24;

static void check(const char *what, const float *actual, const double *expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)actual[i] - expected[i]) <= TOLERANCE * fmax(1, fabs(expected[i]))))
            SC_TEST_FAIL("%s[%zu] is %.9g, PyTorch's is %.9g", what, i, (double)actual[i],
                         expected[i]);
}

static void are_pytorchs(const char *device, int first, int step) {
    for (int c = first; c < CASES; c += step) {
        sc_env env;
        states s;
        SC_REPRO("%s, %s, %s lengths on %s", cases[c].function, cases[c].returns,
                 cases[c].ragged ? "several" : "equal", device);
        sc_net *net = stacked_net(&env, cases[c].function, cases[c].returns, cases[c].ragged,
                                  cases[c].layers);
        run(device, net, 0, ragged, &s);
        const double *expected = cases[c].expected;
        size_t count = strcmp(cases[c].returns, "last") == 0 ? OUT / STEPS : OUT;
        check("state", s.out, expected, count);
        expected += count;
        for (size_t i = 0; i < net->parameters; i++) {
            check(net->parameter[i].name, s.gradient[i], expected, gradient_size[i]);
            expected += gradient_size[i];
        }
        sc_net_destroy(net);
    }
}

Test(recurrent, states_and_gradients_are_pytorchs_cpu) {
    are_pytorchs("cpu", 0, 1);
}

Test(recurrent, states_and_gradients_are_pytorchs_opencl) {
    if (sc_test_full())
        are_pytorchs("opencl:0", 0, 1);
    else
        are_pytorchs("opencl:0", CASES - 2, 1);
}

/* The longest sample has 4 steps: the fifth is masked in every sample, or not made at all. */
Test(recurrent, leaving_out_is_masking) {
    for (int c = 0; c < CASES; c++) {
        sc_env env;
        states masked, left_out;
        if (!cases[c].ragged) continue;
        SC_REPRO("%s, %s", cases[c].function, cases[c].returns);
        sc_net *net = stacked_net(&env, cases[c].function, cases[c].returns, true, cases[c].layers);
        run("cpu", net, 0, ragged, &masked);
        run("cpu", net, 4, ragged, &left_out);
        SC_EQ_MEMORY(&masked, &left_out, sizeof masked);
        sc_net_destroy(net);
    }
}

/* Kernels are prepared once, whatever number of steps; each step is as many launches. */
Test(recurrent, kernels_do_not_grow) {
    static const int steps[] = {28, 280};
    int64_t prepares[2], enqueues[2];
    for (int i = 0; i < 2; i++) {
        sc_null_counts counts = {0};
        sc_env env;
        sc_device *device;
        sc_engine *engine;
        float input[280] = {0};
        uint8_t label = 0;
        sc_optimizer adam = sc_optimizer_default(sc_optimizer_find("adam"));
        sc_engine_options options = {.capacity = 1, .optimizer = &adam};
        sc_net *net = net_create(&env, SOCLE_F32, 2, (int64_t[]){steps[i], 1}, 1);
        sc_layer_options layer = options_of("rnn");
        layer.units = 64;
        layer.returns = "sequence";
        net_add(net, "rnn", -1, &layer);
        layer = options_of("dense");
        layer.units = 10;
        net_add(net, "flatten", -1, NULL);
        SC_OK(&env, sc_net_loss(net, "softmax_cross_entropy", net_add(net, "dense", -1, &layer)));
        SC_OK(&env, sc_null_open(&device, &env, &counts));
        options.has_target_dtype = true, options.target_dtype = SOCLE_U8;
        SC_OK(&env, sc_engine_create(&engine, device, net, &options));
        SC_OK(&env, sc_engine_upload(engine, 0, 1, (const void *[]){input, &label}, NULL));
        SC_OK(&env, sc_engine_slot_uploaded(engine, 0));
        prepares[i] = counts.prepares;
        enqueues[i] = counts.enqueues;
        SC_OK(&env, sc_engine_micro_batch(engine, 0, 1, 0, 1));
        enqueues[i] = counts.enqueues - enqueues[i];
        SC_EQ(counts.prepares, prepares[i]);
        sc_engine_destroy(engine);
        sc_device_close(device);
        sc_net_destroy(net);
    }
    SC_EQ(prepares[0], prepares[1]);
    SC_TRUE(enqueues[1] - enqueues[0] >= 2 * (280 - 28));
    SC_EQ((enqueues[1] - enqueues[0]) % (280 - 28), 0);
}

/* A micro-batch makes the steps of its longest sample, staged or resident. */
Test(recurrent, launches_go_to_the_longest) {
    static const int32_t lengths[4] = {2, 5, 1, 3};
    int64_t made[2][4];
    for (int resident = 0; resident < 2; resident++)
        for (int first = 0; first < 4; first++) {
            sc_null_counts counts = {0};
            sc_env env;
            sc_device *device;
            sc_engine *engine;
            sc_dataset *data;
            sc_stage *stage;
            sc_order order;
            sc_optimizer adam = sc_optimizer_default(sc_optimizer_find("adam"));
            static const float x[4 * STEPS * FEATURES];
            static const float target[4 * UNITS];
            const socle_shape sequence = {2, {STEPS, FEATURES}}, one = {0}, row = {1, {UNITS}};
            sc_net *net = recurrent_net(&env, "tanh", "last", true);
            SC_OK(&env, sc_net_loss(net, "mean_squared_error", net->output));
            SC_OK(&env, sc_dataset_create(&data, &env, "data", 4));
            SC_OK(&env,
                  sc_dataset_add_borrowed(data, "input", SOCLE_F32, &sequence, x, NULL, NULL));
            SC_OK(&env,
                  sc_dataset_add_borrowed(data, "length", SOCLE_I32, &one, lengths, NULL, NULL));
            SC_OK(&env,
                  sc_dataset_add_borrowed(data, "target", SOCLE_F32, &row, target, NULL, NULL));
            SC_OK(&env, sc_null_open(&device, &env, &counts));
            sc_engine_options options = {.capacity = 1,
                                         .optimizer = &adam,
                                         .resident = resident,
                                         .data_rows = resident ? 4 : 0};
            SC_OK(&env, sc_engine_create(&engine, device, net, &options));
            sc_stage_source source = {.dataset = data, .target = "target"};
            if (resident) SC_OK(&env, sc_engine_data(engine, data, "target", &source.first_row));
            SC_OK(&env, sc_order_init(&order, &env, NULL, 4, 1, false));
            SC_OK(&env, sc_stage_create(&stage, engine, &source, &order, 1));
            int slot;
            SC_OK(&env, sc_stage_slot(stage, &(sc_stage_rows){0, (uint32_t)first, 1}, &slot));
            int64_t before = counts.enqueues;
            SC_OK(&env, sc_engine_micro_batch(engine, slot, 1, 0, 1));
            made[resident][first] = counts.enqueues - before;
            sc_stage_destroy(stage);
            sc_order_free(&order);
            sc_engine_destroy(engine);
            sc_device_close(device);
            sc_dataset_destroy(data);
            sc_net_destroy(net);
        }
    for (int resident = 0; resident < 2; resident++) {
        int64_t each = made[resident][0] - made[resident][2]; /* 2 steps and 1 */
        SC_TRUE(each >= 4);
        SC_EQ(made[resident][1] - made[resident][0], 3 * each);
        SC_EQ(made[resident][3] - made[resident][2], 2 * each);
    }
}

Test(recurrent, names_and_shapes) {
    static const char *const names[] = {"rnn1.weight_ih_l0", "rnn1.weight_hh_l0", "rnn1.bias_ih_l0",
                                        "rnn1.bias_hh_l0"};
    for (int c = 0; c < CASES; c++) {
        sc_env env;
        char text[96];
        sc_net *net = recurrent_net(&env, cases[c].function, cases[c].returns, cases[c].ragged);
        SC_EQ(net->parameters, 4);
        for (int i = 0; i < 4; i++) SC_EQ_STR(net->parameter[i].name, names[i]);
        sc_tensor_text(text, sizeof text, sc_net_desc(net, net->output));
        SC_EQ_STR(text, strcmp(cases[c].returns, "last") ? "f32[N,5,3]" : "f32[N,3]");
        SC_EQ(sc_net_length_limit(net, 1, NULL), cases[c].ragged ? STEPS : 0);
        SC_EQ(sc_net_length_limit(net, 0, NULL), 0);
        sc_net_destroy(net);
    }
}

static void refused(int rank, const int64_t *size, int dtype, const socle_shape *length,
                    float scale, const char *text) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, rank, size, 1);
    sc_layer_options options = options_of("rnn");
    options.units = UNITS;
    int input[2] = {0, sc_net_input(net, "length", dtype, length, scale)};
    int node = sc_net_layer(net, sc_layer_kind_find("rnn", &(sc_layer_options){0}), NULL, 2, input,
                            &options);
    SC_EQ(node, -1);
    if (!strstr(env.text, text)) SC_TEST_FAIL("says '%s', not '%s'", env.text, text);
    sc_net_destroy(net);
}

Test(recurrent, refused) {
    const socle_shape one = {0}, two = {1, {2}};
    const int64_t flat[] = {7}, colours[] = {3, 5, 4}, good[] = {5, 4},
                  endless[] = {(1 << 20) + 1, 1};
    refused(1, flat, SOCLE_I32, &one, 1, "rnn1: expects a sequence [N,T,D], or an image of one");
    refused(3, colours, SOCLE_I32, &one, 1, "whose rows are the steps; the input is f32[N,3,5,4]");
    refused(2, endless, SOCLE_I32, &one, 1, "takes sequences of at most 1048576 steps");
    refused(2, good, SOCLE_I32, &two, 1, "rnn1: the length of each sample must be a whole number");
    refused(2, good, SOCLE_F32, &one, 1, "straight from an input of the network; it is f32[N]");
    refused(2, good, SOCLE_U8, &one, 0.5f,
            "must come as it is; input 'length' is multiplied by 0.5");
}
