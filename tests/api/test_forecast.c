/* SPDX-License-Identifier: Apache-2.0 */
/* The public forecast: its parts are the whole, the budget splits the batch, what is wrong is said,
 * and nothing is left behind. */
#include "api_test.h"

static socle_memory forecast(socle_context *context, socle_net *net, const socle_data *data,
                             const socle_fit_opts *opts) {
    socle_memory memory;
    API_OK(context, socle_memory_forecast(net, data, opts, &memory));
    SC_TRUE(memory.fits);
    SC_TRUE(memory.needed <= memory.available && memory.largest <= memory.max_allocation);
    SC_EQ(memory.parameters + memory.gradients + memory.optimizer + memory.inputs + memory.data +
              memory.activations + memory.other,
          memory.total);
    return memory;
}

API_TEST(api_forecast, parts_are_the_whole) {
    socle_context *context = api_open(device);
    socle_net *net = api_net(context);
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    socle_memory without = forecast(context, net, NULL, &opts),
                 with = forecast(context, net, data, &opts);
    SC_EQ(without.micro_batch, 16);
    SC_EQ(without.micro_batches, 1);
    SC_TRUE(!without.data_on_device && without.data == 0 && with.data_on_device);
    SC_TRUE(with.data >= API_SAMPLES * (API_FEATURES * sizeof(float) + 1));
    SC_EQ(with.parameters, without.parameters);
    SC_EQ(with.optimizer, 2 * with.parameters);
    socle_memory standard = forecast(context, net, NULL, NULL);
    SC_EQ(standard.micro_batch, 32);
    opts.batch = 1000; /* no step has more samples than there are */
    with = forecast(context, net, data, &opts);
    SC_EQ(with.micro_batch, API_SAMPLES);
    API_OK(context, socle_fit(net, data, &opts));
    SC_EQ(forecast(context, net, data, &opts).needed, with.needed);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

API_TEST(api_forecast, a_budget_splits_the_batch) {
    socle_context *context = api_open(device);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    opts.batch = 4096;
    socle_memory whole = forecast(context, net, NULL, &opts);
    uint64_t in_use = 0;
    SC_EQ(whole.micro_batch, 4096);
    opts.memory = whole.needed + 8192; /* some of it may be in use by the driver */
    socle_memory room = forecast(context, net, NULL, &opts);
    in_use = opts.memory - room.available;
    opts.memory = in_use + whole.needed - 1;
    socle_memory split = forecast(context, net, NULL, &opts);
    SC_TRUE(split.micro_batches > 1 &&
            split.micro_batch == (4096 + split.micro_batches - 1) / split.micro_batches);
    opts.memory = 1000 + in_use;
    API_FAILS(context, socle_memory_forecast(net, NULL, &opts, &split), SOCLE_STATUS_DEVICE_MEMORY,
              "more than the 1000 available");
    SC_TRUE(!split.fits && split.needed > split.available);
    opts.memory = 0; /* the budget was for one call; what the host has left changes meanwhile */
    SC_TRUE(forecast(context, net, NULL, &opts).available > whole.available / 2);
    socle_net_destroy(net);
    socle_close(context);
}

Test(api_forecast, wrong_calls) {
    socle_context *context = api_open("cpu");
    socle_net *net = api_net(context), *empty;
    socle_fit_opts opts = api_opts();
    socle_memory memory = {.total = 1};
    SC_EQ(socle_memory_forecast(NULL, NULL, NULL, &memory), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(memory.total, 0);
    API_FAILS(context, socle_memory_forecast(net, NULL, NULL, NULL), SOCLE_STATUS_INVALID_ARGUMENT,
              "out is NULL");
    opts.batch = 0;
    API_FAILS(context, socle_memory_forecast(net, NULL, &opts, &memory), SOCLE_STATUS_CONFIG,
              "batch");
    opts = api_opts();
    opts.optimizer.kind = "nobody";
    API_FAILS(context, socle_memory_forecast(net, NULL, &opts, &memory), SOCLE_STATUS_CONFIG,
              "nobody");
    API_OK(context, socle_net_create(&empty, context));
    API_FAILS(context, socle_memory_forecast(empty, NULL, NULL, &memory), SOCLE_STATUS_CONFIG,
              "empty");
    socle_dense(empty, socle_input(empty, SOCLE_SHAPE(4)), 2, NULL);
    API_FAILS(context, socle_memory_forecast(empty, NULL, NULL, &memory), SOCLE_STATUS_CONFIG,
              "no loss");
    socle_net_destroy(empty);
    socle_net_destroy(net);
    socle_close(context);
}

SC_OPENCL_BODIES(api_forecast)
