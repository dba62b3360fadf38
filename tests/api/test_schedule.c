/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules and limits of gradients from C: what is wrong is named, and what is right changes the
 * steps. */
#include "api_test.h"

#include <math.h>

enum { WEIGHTS = API_WEIGHTS };

static void fit(socle_context *context, const socle_data *data, const socle_fit_opts *opts,
                float weight[WEIGHTS]) {
    socle_net *net = api_net(context);
    API_OK(context, socle_fit(net, data, opts));
    api_weight(context, net, weight);
    socle_net_destroy(net);
}

Test(api_schedule, a_factor_of_the_rate) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    float plain[WEIGHTS], other[WEIGHTS], first[WEIGHTS];
    opts.optimizer = socle_sgd(0.1f, 0);
    fit(context, data, &opts, plain);
    opts.schedule = (socle_schedule){.kind = "constant"};
    fit(context, data, &opts, other);
    SC_EQ_MEMORY(other, plain, sizeof plain);
    opts.optimizer = socle_sgd(0.2f, 0);
    opts.schedule = (socle_schedule){.kind = "1 / 2 + 0 * epoch"};
    fit(context, data, &opts, other);
    SC_EQ_MEMORY(other, plain, sizeof plain);
    opts.optimizer = socle_sgd(0.01f, 0);
    opts.schedule = (socle_schedule){.kind = "epochs"};
    fit(context, data, &opts, other);
    opts.optimizer = socle_sgd(0.01f * (float)opts.epochs, 0);
    opts.schedule = (socle_schedule){NULL};
    fit(context, data, &opts, first);
    SC_EQ_MEMORY(other, first, sizeof first);
    opts.schedule = socle_cosine(0.5f);
    fit(context, data, &opts, other);
    SC_TRUE(memcmp(other, plain, sizeof plain) != 0);
    opts.schedule = (socle_schedule){.kind = "0 * step"};
    fit(context, data, &opts, other);
    opts.epochs = 0;
    fit(context, data, &opts, first);
    SC_EQ_MEMORY(other, first, sizeof first);
    socle_data_destroy(data);
    socle_close(context);
}

Test(api_schedule, limits_of_gradients) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    float plain[WEIGHTS], clipped[WEIGHTS], wide[WEIGHTS];
    opts.optimizer = socle_sgd(0.1f, 0);
    fit(context, data, &opts, plain);
    opts.clip_norm = 1e-3f;
    fit(context, data, &opts, clipped);
    SC_TRUE(memcmp(clipped, plain, sizeof plain) != 0);
    opts.clip_norm = opts.clip_value = 1e20f;
    fit(context, data, &opts, wide);
    SC_EQ_MEMORY(wide, plain, sizeof plain);
    socle_data_destroy(data);
    socle_close(context);
}

Test(api_schedule, averages) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    float plain[WEIGHTS], averaged[WEIGHTS], first[WEIGHTS];
    fit(context, data, &opts, plain);
    opts.average = 0.99f;
    fit(context, data, &opts, averaged);
    opts.epochs = 0;
    fit(context, data, &opts, first);
    double whole = 0, part = 0;
    for (int i = 0; i < WEIGHTS; i++) {
        whole += pow((double)plain[i] - (double)first[i], 2);
        part += pow((double)averaged[i] - (double)first[i], 2);
    }
    SC_TRUE(part > 0 && part < whole); /* it lags behind on the way from the first weights */
    static const float wrong[] = {-0.5f, 1, NAN};
    socle_net *net = api_net(context);
    for (int i = 0; i < 3; i++) {
        opts.average = wrong[i];
        SC_EQ(socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(socle_error(context), "average");
    }
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

static int count_epoch(void *user, const socle_epoch *epoch) {
    *(int64_t *)user = epoch->epoch;
    return 0;
}

Test(api_schedule, early_stopping) {
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    int64_t epochs = 0;
    opts.epochs = 20;
    opts.validation_split = 0.25f;
    opts.patience = 3;
    opts.least_gain = 1e6f;
    opts.on_epoch = count_epoch;
    opts.user = &epochs;
    API_OK(context, socle_fit(net, data, &opts));
    SC_EQ(epochs, 4);
    opts.validation_split = 0;
    SC_EQ(socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(socle_error(context), "waits for the validation");
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

Test(api_schedule, what_is_wrong_is_named) {
    static const struct {
        socle_schedule schedule;
        const char *text;
    } wrong[] = {
        {{.kind = "cosin"}, "there is no schedule \"cosin\""},
        {{.kind = "step"},
         "schedule: step: value[0] ('every', the rate falls after so long, again "
         "and again) is missing"},
        {{.kind = "multi_step"}, "'at' is no number: write the schedule as a formula"},
        {{.kind = "cosine", .value = {0, 1, 0, 1, 1}, .values = 5}, "takes 0 to 4 values, not 5"},
        {{.kind = "cosine", .value = {-1}, .values = 1}, "period: must be 0 to"},
        {{.kind = "plateau", .value = {0.5f, 1.5f}, .values = 2},
         "patience: must be a whole number"},
        {{.kind = "epoch + 1", .values = 1}, "a formula takes no values, not 1"},
        {{.kind = "1 / rate"}, "schedule: expr: column 5: unknown name 'rate'"},
    };
    socle_context *context = api_open("cpu");
    socle_data *data = api_data(context);
    socle_net *net = api_net(context);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        socle_fit_opts opts = api_opts();
        opts.schedule = wrong[i].schedule;
        SC_EQ(socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(socle_error(context), wrong[i].text);
    }
    static const float limits[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        socle_fit_opts opts = api_opts();
        opts.clip_norm = limits[i];
        SC_EQ(socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG);
        opts.clip_norm = 0;
        opts.clip_value = limits[i];
        SC_EQ(socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(socle_error(context), "clip_value");
    }
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}
