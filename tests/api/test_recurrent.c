/* SPDX-License-Identifier: Apache-2.0 */
/* Recurrent networks through the public API: which of two marks came last, in sequences of several
 * lengths; lengths that are none. */
#include "api_test.h"
#include "sc_temp.h"

#include <math.h>

enum { SAMPLES = 120, STEPS = 9, UNITS = 12 };

typedef struct marks {
    float x[SAMPLES][STEPS][2];
    int32_t length[SAMPLES];
    unsigned char label[SAMPLES];
} marks;

/* In each step before the sample's end mark 0 or 1 may be set, in the first one is; behind the end
 * both are, which is never to be seen. */
static void write_marks(marks *m) {
    uint32_t state = 3;
    memset(m, 0, sizeof *m);
    for (int i = 0; i < SAMPLES; i++) {
        m->length[i] = 1 + i % STEPS;
        for (int t = 0; t < STEPS; t++) {
            state = state * 1664525u + 1013904223u;
            int mark = (int)(state >> 31);
            if (t >= m->length[i]) {
                m->x[i][t][0] = m->x[i][t][1] = 100;
            } else if (t == 0 || (state >> 29 & 3) == 0) {
                m->x[i][t][mark] = 1;
                m->label[i] = (unsigned char)mark;
            }
        }
    }
}

static socle_net *mark_net(socle_context *context, const char *first_layer) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(STEPS, 2));
    socle_node length = socle_input_named(net, "length", SOCLE_I32, (socle_shape){0}, 1);
    x = socle_rnn(net, x, UNITS, &length, &(socle_rnn_opts){.name = first_layer});
    SC_EQ(socle_net_parameters(net), UNITS * 2 + UNITS * UNITS + 2 * UNITS);
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, 2, NULL)));
    return net;
}

static socle_data *mark_data(socle_context *context, const marks *m) {
    socle_data *data;
    API_OK(context, socle_data_arrays(&data, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(STEPS, 2),
                                      m->x, SOCLE_U8, NULL, m->label));
    API_OK(context, socle_data_add_input(data, "length", SOCLE_I32, (socle_shape){0}, m->length));
    return data;
}

static void learns_which_mark_came_last(const char *device) {
    socle_context *context = api_open(device);
    static marks m;
    write_marks(&m);
    socle_net *net = mark_net(context, "reader");
    socle_data *data = mark_data(context, &m);
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    socle_result after, changed;
    opts.optimizer = socle_adam(0.02f);
    opts.epochs = 40;
    opts.batch = 24;
    API_OK(context, socle_fit(net, data, &opts));
    API_OK(context, socle_evaluate(net, data, &after));
    SC_TRUE(after.accuracy > 0.97);
    socle_data_destroy(data);
    /* What lies behind the lengths is not seen. */
    for (int i = 0; i < SAMPLES; i++)
        for (int t = m.length[i]; t < STEPS; t++) m.x[i][t][0] = -7;
    data = mark_data(context, &m);
    API_OK(context, socle_evaluate(net, data, &changed));
    SC_EQ(changed.loss, after.loss);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

Test(api_recurrent, learns_which_mark_came_last) {
    learns_which_mark_came_last("cpu");
    if (sc_test_full()) learns_which_mark_came_last("opencl:0");
}

enum { PADDING = 200 };

/* The mark that came last, at every step. Labels behind a sample's length are left out by their
 * class, or by the length. */
static socle_net *step_net(socle_context *context, bool by_length) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(STEPS, 2));
    socle_node length = socle_input_named(net, "length", SOCLE_I32, (socle_shape){0}, 1);
    x = socle_rnn(net, x, UNITS, &length, &(socle_rnn_opts){.sequence = 1});
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, 2, NULL)));
    API_OK(context, by_length ? socle_loss_lengths(net, length) : socle_loss_ignore(net, PADDING));
    return net;
}

static socle_data *step_data(socle_context *context, const marks *m, unsigned char behind) {
    static unsigned char label[SAMPLES][STEPS];
    const socle_shape labels = SOCLE_SHAPE(STEPS);
    socle_data *data;
    for (int i = 0; i < SAMPLES; i++) {
        unsigned char last = 0;
        for (int t = 0; t < STEPS; t++) {
            if (m->x[i][t][0] == 1) last = 0;
            if (m->x[i][t][1] == 1) last = 1;
            label[i][t] = t >= m->length[i] ? behind : last;
        }
    }
    API_OK(context, socle_data_arrays(&data, context, SAMPLES, SOCLE_F32, SOCLE_SHAPE(STEPS, 2),
                                      m->x, SOCLE_U8, &labels, label));
    API_OK(context, socle_data_add_input(data, "length", SOCLE_I32, (socle_shape){0}, m->length));
    return data;
}

/* Leaving labels out by the sample's length is leaving them out one by one; a model file says it.
 */
Test(api_recurrent, the_loss_goes_to_the_length) {
    socle_context *context = api_open("cpu");
    static marks m;
    socle_result result[2], again;
    float weight[2][UNITS * UNITS];
    sc_temp temp;
    sc_temp_make(&temp);
    write_marks(&m);
    for (int by_length = 0; by_length < 2; by_length++) {
        socle_net *net = step_net(context, by_length), *loaded;
        socle_data *data = step_data(context, &m, by_length ? 1 : PADDING);
        socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
        opts.optimizer = socle_adam(0.02f);
        opts.epochs = 30;
        opts.batch = 24;
        API_OK(context, socle_fit(net, data, &opts));
        API_OK(context, socle_evaluate(net, data, &result[by_length]));
        API_OK(context, socle_net_read(net, "rnn1.weight_hh_l0", weight[by_length], UNITS * UNITS));
        const char *path = sc_temp_file(&temp, "steps.safetensors");
        API_OK(context, socle_save(net, path));
        API_OK(context, socle_load(&loaded, context, path));
        API_OK(context, socle_evaluate(loaded, data, &again));
        SC_EQ(again.loss, result[by_length].loss);
        socle_net_destroy(loaded);
        socle_data_destroy(data);
        socle_net_destroy(net);
    }
    SC_EQ(result[0].loss, result[1].loss);
    SC_EQ(result[0].accuracy, result[1].accuracy);
    SC_EQ_MEMORY(weight[0], weight[1], sizeof weight[0]);
    SC_TRUE(result[0].accuracy > 0.9);
    sc_temp_remove(&temp);
    socle_close(context);
}

Test(api_recurrent, lengths_of_a_loss_are_refused) {
    socle_context *context = api_open("cpu");
    socle_net *net;
    for (int i = 0; i < 3; i++) {
        API_OK(context, socle_net_create(&net, context));
        socle_node x = socle_input(net, SOCLE_SHAPE(STEPS, 2));
        socle_node length = socle_input_named(net, "length", SOCLE_I32, (socle_shape){0}, 1);
        x = socle_rnn(net, x, UNITS, NULL, &(socle_rnn_opts){.sequence = i != 0});
        API_OK(context, socle_loss_softmax_cross_entropy(net, x));
        API_FAILS(context,
                  socle_loss_lengths(net, i == 1   ? x
                                          : i == 2 ? 0
                                                   : length),
                  i == 2 ? SOCLE_STATUS_SHAPE : SOCLE_STATUS_CONFIG,
                  i == 0   ? "softmax_cross_entropy: lengths count the labels of sequences"
                  : i == 1 ? "lengths come from an input of the network"
                           : "must be a whole number");
        socle_net_destroy(net);
    }
    SC_EQ(socle_loss_lengths(NULL, 0), SOCLE_STATUS_INVALID_ARGUMENT);
    socle_close(context);
}

Test(api_recurrent, lengths_are_checked) {
    static const int32_t wrong[] = {0, -3, STEPS + 1};
    static const char *const text[] = {"column 'length': sample 5 has 0 steps; rnn1 takes 1 to 9",
                                       "column 'length': sample 5 has -3 steps; rnn1 takes 1 to 9",
                                       "column 'length': sample 5 has 10 steps; rnn1 takes 1 to 9"};
    static marks m;
    for (int i = 0; i < 3; i++) {
        socle_context *context = api_open("cpu");
        write_marks(&m);
        m.length[5] = wrong[i];
        socle_net *net = mark_net(context, NULL);
        socle_data *data = mark_data(context, &m);
        socle_result out;
        float shown[SAMPLES][2];
        API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_DATA, text[i]);
        API_FAILS(context, socle_evaluate(net, data, &out), SOCLE_STATUS_DATA, text[i]);
        API_FAILS(context, socle_predict(net, data, &shown[0][0], SAMPLES * 2), SOCLE_STATUS_DATA,
                  text[i]);
        socle_data_destroy(data);
        const void *more[] = {m.length};
        const socle_batch batch = {SAMPLES, m.x, m.label, SOCLE_U8, more};
        socle_trainer *trainer;
        API_OK(context, socle_trainer_create(&trainer, net, socle_adam(0.01f), SAMPLES, 1));
        API_FAILS(context, socle_trainer_step_with(trainer, &batch, NULL), SOCLE_STATUS_DATA,
                  text[i]);
        m.length[5] = STEPS;
        API_OK(context, socle_trainer_step_with(trainer, &batch, NULL));
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
        socle_close(context);
    }
}

/* In a graph, whose samples are those of its tensors: what predictions say, and slopes that are 0
 * behind the lengths and nowhere else. */
static void in_a_graph(const char *device) {
    socle_context *context = api_open(device);
    static marks m;
    static float predicted[SAMPLES][2], found[SAMPLES][2], slope[SAMPLES][STEPS][2];
    socle_graph *graph;
    socle_value x[2], out, gradient;
    write_marks(&m);
    socle_net *net = mark_net(context, NULL);
    socle_data *data = mark_data(context, &m);
    API_OK(context, socle_predict_logits(net, data, predicted[0], SAMPLES * 2));
    socle_tensor *marks = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(SAMPLES, STEPS, 2)),
                 *length = api_tensor(context, SOCLE_I32, SOCLE_SHAPE(SAMPLES)),
                 *scores = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(SAMPLES, 2)),
                 *slopes = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(SAMPLES, STEPS, 2));
    API_OK(context, socle_tensor_write(marks, m.x, sizeof m.x));
    API_OK(context, socle_tensor_write(length, m.length, sizeof m.length));
    API_OK(context, socle_graph_create(&graph, context));
    x[0] = socle_op_tensor(graph, marks);
    x[1] = socle_op_tensor(graph, length);
    out = socle_graph_net(graph, net, 2, x, 0);
    socle_graph_gradient(graph, out, 1, x, &gradient);
    socle_op_store(graph, out, scores);
    socle_op_store(graph, gradient, slopes);
    API_OK(context, socle_graph_compile(graph));
    API_OK(context, socle_graph_run(graph));
    API_OK(context, socle_tensor_read(scores, found, sizeof found));
    API_OK(context, socle_tensor_read(slopes, slope, sizeof slope));
    for (int i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < 2; k++) /* 9 steps of sums of 14 terms of at most 1 */
            SC_TRUE(fabsf(found[i][k] - predicted[i][k]) <= 1e-5f);
        for (int t = 0; t < STEPS; t++) SC_EQ(slope[i][t][0] != 0, t < m.length[i]);
    }
    socle_graph_destroy(graph);
    socle_tensor_destroy(marks);
    socle_tensor_destroy(length);
    socle_tensor_destroy(scores);
    socle_tensor_destroy(slopes);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

Test(api_recurrent, in_a_graph) {
    in_a_graph("cpu");
    if (sc_test_full()) in_a_graph("opencl:0");
}
