/* SPDX-License-Identifier: Apache-2.0 */
/* A whole small session on an allocator that counts, and refuses one request: for the normal test
 * and the long one. */
#ifndef SC_TEST_API_MEMORY_H
#define SC_TEST_API_MEMORY_H

#include "api_test.h"

#include "sc_temp.h"

/* Level one: two tensors, a gradient. */
static SC_UNUSED socle_status memory_graph(socle_context *context) {
    socle_tensor *x = NULL, *y = NULL;
    socle_graph *graph = NULL;
    socle_value gradient;
    socle_status status = socle_tensor_create(&x, context, SOCLE_F32, SOCLE_SHAPE(5));
    if (status == SOCLE_OK) status = socle_tensor_create(&y, context, SOCLE_F32, SOCLE_SHAPE(5));
    if (status == SOCLE_OK) status = socle_graph_create(&graph, context);
    if (status == SOCLE_OK) {
        socle_value v = socle_op_tensor(graph, x);
        socle_graph_gradient(graph, socle_op_unary(graph, "exp", v), 1, &v, &gradient);
        socle_op_store(graph, gradient, y);
        status = socle_graph_compile(graph);
    }
    if (status == SOCLE_OK) status = socle_graph_run(graph);
    socle_graph_destroy(graph);
    socle_tensor_destroy(x);
    socle_tensor_destroy(y);
    return status;
}

/* Level two and three: data, a net, fit, evaluate, predict, a step, save, load. */
static SC_UNUSED socle_status memory_learning(socle_context *context, const char *path) {
    static float out[API_SAMPLES * API_CLASSES];
    api_blobs blobs;
    socle_data *data = NULL;
    socle_net *net = NULL, *loaded = NULL;
    socle_trainer *trainer = NULL;
    socle_result result;
    socle_fit_opts opts = api_opts();
    opts.validation_split = 0.2f;
    opts.epochs = 2;
    api_draw(&blobs);
    socle_status status =
        socle_data_arrays(&data, context, API_SAMPLES, SOCLE_F32, SOCLE_SHAPE(API_FEATURES),
                          blobs.input, SOCLE_U8, NULL, blobs.label);
    if (status == SOCLE_OK) status = socle_net_create(&net, context);
    if (status == SOCLE_OK) {
        socle_node x = socle_batchnorm(net, socle_input(net, SOCLE_SHAPE(API_FEATURES)), NULL);
        x = socle_dropout(net, socle_relu(net, socle_dense(net, x, 8, NULL)), 0.1f);
        status = socle_loss_softmax_cross_entropy(net, socle_dense(net, x, API_CLASSES, NULL));
    }
    if (status == SOCLE_OK) status = socle_fit(net, data, &opts);
    if (status == SOCLE_OK) status = socle_evaluate(net, data, &result);
    if (status == SOCLE_OK) status = socle_predict(net, data, out, API_SAMPLES * API_CLASSES);
    if (status == SOCLE_OK)
        status = socle_trainer_create(&trainer, net, socle_sgd(0.1f, 0.9f), 8, 1);
    if (status == SOCLE_OK) status = socle_trainer_step(trainer, 8, blobs.input, blobs.label, NULL);
    if (status == SOCLE_OK) status = socle_trainer_sync(trainer);
    if (status == SOCLE_OK) status = socle_save(net, path);
    if (status == SOCLE_OK) status = socle_load(&loaded, context, path);
    socle_trainer_destroy(trainer);
    socle_net_destroy(loaded);
    socle_net_destroy(net);
    socle_data_destroy(data);
    return status;
}

typedef struct memory_run {
    socle_status status;
    long requests, live;
    char text[512];
} memory_run;

/* The session on `device`, with request number `refuse` refused (0: none). */
static SC_UNUSED memory_run memory_session(const char *device, long refuse, const char *path) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, refuse);
    socle_open_opts opts = {.allocator = &allocator, .threads = 2};
    socle_context *context;
    memory_run run = {.status = socle_open_with(&context, device, &opts)};
    if (run.status == SOCLE_OK) run.status = memory_graph(context);
    if (run.status == SOCLE_OK) run.status = memory_learning(context, path);
    snprintf(run.text, sizeof run.text, "%s", socle_error(context));
    socle_close(context);
    run.requests = atomic_load(&state.requests);
    run.live = atomic_load(&state.live);
    return run;
}

/* Refuses the requests first, first + stride, ... up to the last of a session. Each such session
 * must end with a text and leave nothing. Two ways are right: OUT_OF_MEMORY, or for memory of the
 * device (which the cpu takes from the same allocator) DEVICE_MEMORY, where fit tries smaller
 * pieces and may well succeed. OpenCL also asks for memory where it can do without: announcing the
 * kernels that will be built, and keeping files of them. The number of requests depends on threads
 * by a few, so the last may be past the end. */
static SC_UNUSED void memory_refuse(const char *device_name, long first, long stride) {
    sc_temp temp;
    sc_temp_make(&temp);
    char path[600];
    snprintf(path, sizeof path, "%s", sc_temp_file(&temp, "model.safetensors"));
    memory_run whole = memory_session(device_name, 0, path);
    if (whole.status == SOCLE_STATUS_NO_DEVICE)
        cr_skip_test("no device %s here: %s", device_name, whole.text);
    SC_EQ(whole.status, SOCLE_OK);
    long requests = whole.requests, host = 0, device = 0, without = 0;
    for (long refuse = first; refuse <= requests; refuse += stride) {
        SC_REPRO("refuse request %ld of %ld on %s", refuse, requests, device_name);
        memory_run run = memory_session(device_name, refuse, path);
        SC_EQ(run.live, 0);
        if (run.requests < refuse) {
            SC_EQ(run.status, SOCLE_OK);
            continue;
        }
        host += run.status == SOCLE_STATUS_OUT_OF_MEMORY;
        device += run.status == SOCLE_STATUS_DEVICE_MEMORY;
        without += run.status == SOCLE_OK;
        bool known = run.status == SOCLE_STATUS_OUT_OF_MEMORY ||
                     run.status == SOCLE_STATUS_DEVICE_MEMORY || run.status == SOCLE_OK;
        if (!known || (run.status != SOCLE_OK && !run.text[0]))
            SC_TEST_FAIL("status %d: \"%s\"", (int)run.status, run.text);
    }
    cr_log_info("%ld requests; refused: %ld host, %ld device, %ld done without", requests, host,
                device, without);
    SC_TRUE((host + device) * stride > requests / 2);
    SC_TRUE(host > 4 * device && host > without * (device_name[0] == 'o' ? 1 : 4));
    sc_temp_remove(&temp);
}

#endif
