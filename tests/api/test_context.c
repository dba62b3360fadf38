/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: opening what is not there, texts of errors, the order in which things are destroyed. */
#include "api_test.h"

Test(api_context, unknown_device) {
    socle_context *context;
    SC_EQ(socle_open(&context, "gpu-of-tomorrow"), SOCLE_STATUS_NO_DEVICE);
    SC_TRUE(context != NULL);
    SC_CONTAINS(socle_error(context), "gpu-of-tomorrow");
    SC_CONTAINS(socle_error(context), "cpu"); /* lists what there is */
    socle_close(context);
}

Test(api_context, of_failed_opening_refuses_work) {
    socle_context *context;
    socle_tensor *tensor;
    socle_net *net;
    socle_device_info info;
    SC_EQ(socle_open(&context, "no such device"), SOCLE_STATUS_NO_DEVICE);
    API_FAILS(context, socle_tensor_create(&tensor, context, SOCLE_F32, SOCLE_SHAPE(2)),
              SOCLE_STATUS_STATE, "no device");
    SC_TRUE(tensor == NULL);
    socle_context_device(context, &info);
    SC_EQ_STR(info.name, "");
    net = api_net(context); /* needs no device until it is trained */
    socle_data *data = api_data(context);
    API_FAILS(context, socle_fit(net, data, NULL), SOCLE_STATUS_STATE, "no device");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

Test(api_context, several_devices_and_bad_names) {
    socle_context *context;
    socle_device_info first;
    SC_EQ(socle_open(&context, "cpu,cpu"), SOCLE_OK);
    socle_context_device(context, &first);
    SC_EQ_STR(first.backend, "cpu");
    socle_close(context);
    const char *bad[] = {"", ",", "cpu=", "cpu=nan", "opencl:99", "opencl:-1", "opencl:"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SC_REPRO("socle_open \"%s\"", bad[i]);
        SC_TRUE(socle_open(&context, bad[i]) != SOCLE_OK);
        SC_TRUE(socle_error(context)[0] != '\0');
        socle_close(context);
    }
}

Test(api_context, null_arguments) {
    socle_context *context = api_open("cpu");
    socle_context *none = (void *)1;
    socle_open_opts opts = SOCLE_OPEN_OPTS_DEFAULT;
    socle_allocator half = {0};
    int count;
    SC_EQ(socle_open(NULL, "cpu"), SOCLE_STATUS_INVALID_ARGUMENT);
    opts.allocator = &half;
    SC_EQ(socle_open_with(&none, "cpu", &opts), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(none == NULL);
    opts = (socle_open_opts){.threads = -1};
    SC_EQ(socle_open_with(&none, "cpu", &opts), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_CONTAINS(socle_error(none), "-1 threads");
    socle_close(none);
    SC_EQ(socle_devices(NULL, 0, NULL), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_devices(NULL, 1, &count), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_devices(NULL, -1, &count), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(socle_error(NULL)[0] != '\0');
    socle_context_device(NULL, NULL);
    socle_context_device(context, NULL);
    socle_close(NULL);
    SC_EQ_STR(socle_error(context), ""); /* nothing has failed in this one */
    socle_close(context);
}

Test(api_context, describes_devices) {
    socle_device_info info[8], mine;
    int count, all;
    SC_EQ(socle_devices(NULL, 0, &all), SOCLE_OK);
    SC_EQ(socle_devices(info, 8, &count), SOCLE_OK);
    SC_EQ(count, all);
    SC_TRUE(count >= 1);
    SC_EQ_STR(info[0].backend, "cpu");
    socle_context *context = api_open(info[0].id);
    socle_context_device(context, &mine);
    SC_EQ_STR(mine.id, info[0].id);
    SC_TRUE(mine.compute_units >= 1 && mine.memory > 0 && mine.max_allocation > 0);
    socle_close(context);
    SC_TRUE(strlen(socle_version()) >= 5);
    SC_EQ_STR(socle_status_text(SOCLE_OK), "success");
    SC_EQ_STR(socle_status_text((socle_status)12345), "unknown status");
}

/* Any order is fine: what is used lives until its last user is gone. */
Test(api_context, destroy_in_any_order) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    socle_trainer *trainer;
    socle_tensor *a, *b;
    socle_graph *graph;
    api_blobs blobs;
    float loss, two[2] = {3, 4}, got[2];
    api_draw(&blobs);
    API_OK(context, socle_trainer_create(&trainer, net, socle_adam(0.01f), 8, 1));
    API_OK(context, socle_tensor_create(&a, context, SOCLE_F32, SOCLE_SHAPE(2)));
    API_OK(context, socle_tensor_create(&b, context, SOCLE_F32, SOCLE_SHAPE(2)));
    API_OK(context, socle_tensor_write(a, two, sizeof two));
    API_OK(context, socle_graph_create(&graph, context));
    socle_op_store(graph, socle_op_unary(graph, "square", socle_op_tensor(graph, a)), b);
    API_OK(context, socle_graph_compile(graph));

    socle_close(context);
    socle_net_destroy(net);
    socle_tensor_destroy(a);
    API_OK(context, socle_trainer_step(trainer, 8, blobs.input, blobs.label, &loss));
    API_OK(context, socle_graph_run(graph));
    API_OK(context, socle_tensor_read(b, got, sizeof got));
    SC_EQ_FLOAT_BITS(got[0], 9);
    SC_EQ_FLOAT_BITS(got[1], 16);
    socle_trainer_destroy(trainer);
    socle_tensor_destroy(b);
    socle_data_destroy(data);
    socle_graph_destroy(graph);
}

Test(api_context, null_destroy) {
    socle_net_destroy(NULL);
    socle_data_destroy(NULL);
    socle_tensor_destroy(NULL);
    socle_graph_destroy(NULL);
    socle_trainer_destroy(NULL);
}
