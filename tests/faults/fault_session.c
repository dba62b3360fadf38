/* SPDX-License-Identifier: Apache-2.0 */
/* See fault_session.h. It knows the public headers alone. */
#include "fault_session.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY(call)                                                                                  \
    do {                                                                                           \
        socle_status status_ = (call);                                                             \
        if (status_ != SOCLE_OK) return status_;                                                   \
    } while (0)

static void *allocate(void *user, size_t bytes) {
    fault_session *session = user;
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes) != 0) return NULL;
    memset(memory, 0xa5, bytes);
    atomic_fetch_add(&session->live, 1);
    return memory;
}

static void release(void *user, void *memory) {
    fault_session *session = user;
    atomic_fetch_sub(&session->live, 1);
    free(memory);
}

socle_status fault_session_open(fault_session *session, const char *device,
                                const socle_logger *logger) {
    socle_allocator allocator = {allocate, release, session};
    socle_open_opts opts = {.allocator = &allocator, .logger = logger, .threads = 1};
    session->where = "open";
    return socle_open_with(&session->context, device, &opts);
}

void fault_session_draw(float input[FAULT_SAMPLES][FAULT_PIXELS],
                        unsigned char label[FAULT_SAMPLES]) {
    uint32_t state = 12345;
    for (int i = 0; i < FAULT_SAMPLES; i++) {
        label[i] = (unsigned char)(i % FAULT_CLASSES);
        for (int p = 0; p < FAULT_PIXELS; p++) {
            state = state * 1664525u + 1013904223u;
            input[i][p] = (float)(state >> 8) / 16777216.0f + (p / 12 == label[i] ? 1.0f : 0.0f);
        }
    }
}

/* After a transient fault the same call on the same objects works. */
#define INSIST(call)                                                                               \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != SOCLE_OK && session->insists && socle_error(session->context)[0]) {          \
            session->met = status;                                                                 \
            session->where = fault_again;                                                          \
            status = (call);                                                                       \
        }                                                                                          \
    } while (0)

const char fault_again[] = "the same call again";

/* Level one: the derivative of exp at five places. */
static socle_status use_tensors(fault_session *session, float out[5]) {
    const float at[5] = {-1.0f, -0.5f, 0.0f, 0.5f, 1.0f};
    socle_tensor *x = NULL, *y = NULL;
    socle_graph *graph = NULL;
    socle_value gradient;
    session->where = "tensors and graph";
    socle_status status = socle_tensor_create(&x, session->context, SOCLE_F32, SOCLE_SHAPE(5));
    if (status == SOCLE_OK)
        status = socle_tensor_create(&y, session->context, SOCLE_F32, SOCLE_SHAPE(5));
    if (status == SOCLE_OK) INSIST(socle_tensor_write(x, at, sizeof at));
    if (status == SOCLE_OK) status = socle_graph_create(&graph, session->context);
    if (status == SOCLE_OK) {
        socle_value v = socle_op_tensor(graph, x);
        socle_graph_gradient(graph, socle_op_unary(graph, "exp", v), 1, &v, &gradient);
        socle_op_store(graph, gradient, y);
        status = socle_graph_compile(graph);
    }
    if (status == SOCLE_OK) INSIST(socle_graph_run(graph));
    if (status == SOCLE_OK) INSIST(socle_tensor_read(y, out, 5 * sizeof *out));
    socle_graph_destroy(graph);
    socle_tensor_destroy(x);
    socle_tensor_destroy(y);
    return status;
}

socle_status fault_session_build(fault_session *session) {
    socle_net *net;
    session->where = "building the net";
    TRY(socle_net_create(&session->net, session->context));
    net = session->net;
    socle_node x = socle_input(net, SOCLE_SHAPE(1, 6, 6));
    x = socle_conv2d(net, x, 4, 3, &(socle_conv2d_opts){.padding = SOCLE_SAME});
    x = socle_relu(net, socle_batchnorm(net, x, NULL));
    x = socle_flatten(net, socle_maxpool2d(net, x, 2, NULL));
    x = socle_relu(net, socle_dense(net, socle_dropout(net, x, 0.25f), 8, NULL));
    return socle_loss_softmax_cross_entropy(net, socle_dense(net, x, FAULT_CLASSES, NULL));
}

socle_status fault_session_weights(fault_session *session, float out[FAULT_WEIGHTS]) {
    static const struct {
        const char *name;
        size_t count;
    } part[] = {{"conv2d1.weight", 36},         {"conv2d1.bias", 4},
                {"batchnorm1.weight", 4},       {"batchnorm1.bias", 4},
                {"batchnorm1.running_mean", 4}, {"batchnorm1.running_var", 4},
                {"dense1.weight", 288},         {"dense1.bias", 8},
                {"dense2.weight", 24},          {"dense2.bias", 3}};
    for (size_t i = 0; i < sizeof part / sizeof part[0]; out += part[i++].count)
        TRY(socle_net_read(session->net, part[i].name, out, part[i].count));
    return SOCLE_OK;
}

socle_status fault_session_judge(fault_session *session, int state, fault_record *out) {
    socle_result result;
    session->where = "evaluate";
    TRY(socle_evaluate(session->net, session->data, &result));
    out->evaluation[state][0] = result.loss;
    out->evaluation[state][1] = result.accuracy;
    session->where = "predict";
    return socle_predict(session->net, session->data, out->prediction[state],
                         FAULT_SAMPLES * FAULT_CLASSES);
}

/* The weights are in the state that they were becoming. */
static socle_status arrive(fault_session *session, fault_record *out) {
    session->state = session->next;
    TRY(fault_session_weights(session, out->weights[session->state]));
    return session->judge_all ? fault_session_judge(session, session->state, out) : SOCLE_OK;
}

/* Two of the steps wait for their loss, the others do not. */
static socle_status take_steps(fault_session *session, float input[][FAULT_PIXELS],
                               const unsigned char *label, fault_record *out) {
    session->where = "trainer";
    TRY(socle_trainer_create(&session->trainer, session->net, socle_sgd(0.05f, 0.9f), 8, 3));
    for (int k = 0; k < FAULT_STEPS; k++) {
        session->next = k + 1;
        session->where = "step";
        TRY(socle_trainer_step(session->trainer, 8, input[8 * k], label + 8 * k,
                               k == 1 ? NULL : &out->loss[k]));
        session->where = "sync";
        TRY(socle_trainer_sync(session->trainer));
        TRY(arrive(session, out));
    }
    socle_trainer_destroy(session->trainer);
    session->trainer = NULL;
    return SOCLE_OK;
}

static socle_status fit(fault_session *session, fault_record *out) {
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = socle_sgd(0.05f, 0.9f);
    opts.batch = 6;
    opts.epochs = 2;
    opts.validation_split = 0.25f;
    session->next = FAULT_STEPS + 1;
    session->where = "fit";
    TRY(socle_fit(session->net, session->data, &opts));
    return arrive(session, out);
}

static socle_status save(fault_session *session, const char *path, unsigned long long *hash) {
    session->where = "save";
    TRY(socle_save(session->net, path));
    FILE *file = fopen(path, "rb");
    *hash = 1469598103934665603u;
    for (int byte; file && (byte = fgetc(file)) != EOF;)
        *hash = (*hash ^ (unsigned long long)byte) * 1099511628211u;
    if (file) fclose(file);
    return SOCLE_OK;
}

socle_status fault_session_run(fault_session *session, const char *device, const char *path,
                               fault_record *out) {
    static float input[FAULT_SAMPLES][FAULT_PIXELS];
    unsigned char label[FAULT_SAMPLES];
    fault_session_draw(input, label);
    TRY(fault_session_open(session, device, NULL));
    TRY(use_tensors(session, out->tensor));
    session->where = "data";
    TRY(socle_data_arrays(&session->data, session->context, FAULT_SAMPLES, SOCLE_F32,
                          SOCLE_SHAPE(1, 6, 6), input, SOCLE_U8, NULL, label));
    TRY(fault_session_build(session));
    TRY(arrive(session, out));
    TRY(take_steps(session, input, label, out));
    TRY(fit(session, out));
    if (!session->judge_all) TRY(fault_session_judge(session, session->state, out));
    return save(session, path, &out->file);
}

void fault_session_end(fault_session *session) {
    socle_trainer_destroy(session->trainer);
    socle_net_destroy(session->net);
    socle_data_destroy(session->data);
    socle_close(session->context);
    session->trainer = NULL;
    session->net = NULL;
    session->data = NULL;
    session->context = NULL;
}
