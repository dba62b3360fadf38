/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed but hardly meant is said to the logger, with what to do. */
#include "api_test.h"

typedef struct said {
    char text[4096];
    int warnings;
} said;

static void line(void *user, socle_log_level level, const char *text) {
    said *to = user;
    if (level != SOCLE_LOG_WARNING) return;
    to->warnings++;
    snprintf(to->text + strlen(to->text), sizeof to->text - strlen(to->text), "%s\n", text);
}

static socle_context *open_with(said *to) {
    socle_context *context;
    *to = (said){.warnings = 0};
    socle_logger logger = {line, to, SOCLE_LOG_WARNING};
    API_OK(NULL, socle_open_with(&context, "cpu", &(socle_open_opts){.logger = &logger}));
    return context;
}

/* Losses that apply an activation themselves, behind a layer that did so before. */
Test(api_advice, squashed_before_the_loss) {
    static const struct {
        const char *layer;
        socle_status (*loss)(socle_net *net, socle_node x);
        int flatten;
        const char *says; /* NULL: nothing */
    } rows[] = {
        {"softmax", socle_loss_softmax_cross_entropy, 0,
         "softmax1: the loss softmax_cross_entropy applies softmax itself"},
        {"softmax", socle_loss_softmax_cross_entropy, 1, "softmax1: "},
        {"sigmoid", socle_loss_softmax_cross_entropy, 0, "sigmoid1: "},
        {"sigmoid", socle_loss_binary_cross_entropy, 0,
         "sigmoid1: the loss binary_cross_entropy applies sigmoid itself"},
        {"softmax", socle_loss_binary_cross_entropy, 0, "softmax1: "},
        {"relu", socle_loss_softmax_cross_entropy, 0, NULL},
        {"tanh", socle_loss_binary_cross_entropy, 1, NULL},
        {"sigmoid", socle_loss_mean_squared_error, 0, NULL},
        {"softmax", socle_loss_mean_squared_error, 0, NULL},
    };
    said to;
    socle_context *context = open_with(&to);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        socle_net *net;
        to = (said){.warnings = 0};
        SC_REPRO("row %zu", i);
        API_OK(context, socle_net_create(&net, context));
        socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(3)), 3, NULL);
        x = socle_activation(net, x, rows[i].layer);
        if (rows[i].flatten) x = socle_flatten(net, x);
        API_OK(context, rows[i].loss(net, x));
        SC_EQ(to.warnings, rows[i].says != NULL);
        if (rows[i].says) SC_CONTAINS(to.text, rows[i].says);
        if (rows[i].says) SC_CONTAINS(to.text, "Leave this layer out");
        socle_net_destroy(net);
    }
    socle_close(context);
}

/* dense, batch normalisation, dense; its statistics over groups of `group`. */
static socle_net *normalised(socle_context *context, int group) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_dense(net, socle_input(net, SOCLE_SHAPE(API_FEATURES)), 8, NULL);
    x = socle_batchnorm(net, x, &(socle_batchnorm_opts){.group = group});
    API_OK(context, socle_loss_softmax_cross_entropy(net, socle_dense(net, x, API_CLASSES, NULL)));
    return net;
}

static void statistics(socle_context *context, socle_net *net, float out[16]) {
    API_OK(context, socle_net_read(net, "batchnorm1.running_mean", out, 8));
    API_OK(context, socle_net_read(net, "batchnorm1.running_var", out + 8, 8));
}

/* 90 samples in batches of 89, or in groups of 4 within batches of 88 or 12: whether one is left
 * over. */
Test(api_advice, a_group_of_one_sample) {
    static const struct {
        int batch, group, samples, single;
    } rows[] = {{89, 0, 90, 1}, {88, 0, 90, 0}, {12, 4, 89, 1},
                {12, 4, 90, 0}, {12, 4, 88, 0}, {90, 0, 90, 0}};
    said to;
    socle_context *context = open_with(&to);
    api_blobs blobs;
    api_draw(&blobs);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        socle_data *data;
        socle_fit_opts opts = api_opts();
        float kept[2][16];
        opts.batch = rows[i].batch;
        opts.epochs = 1;
        SC_REPRO("row %zu", i);
        API_OK(context, socle_data_arrays(&data, context, rows[i].samples, SOCLE_F32,
                                          SOCLE_SHAPE(API_FEATURES), blobs.input, SOCLE_U8, NULL,
                                          blobs.label));
        for (int drop = 0; drop < 2; drop++) {
            socle_net *net = normalised(context, rows[i].group);
            to = (said){.warnings = 0};
            opts.drop_short = drop;
            API_OK(context, socle_fit(net, data, &opts));
            SC_EQ(to.warnings, rows[i].single && !drop);
            if (to.warnings) SC_CONTAINS(to.text, "drop_short");
            statistics(context, net, kept[drop]);
            socle_net_destroy(net);
        }
        /* Behind a whole batch, the step of one sample left no trace in them. */
        if (rows[i].batch == 89) SC_EQ_MEMORY(kept[0], kept[1], sizeof kept[0]);
        socle_data_destroy(data);
    }
    socle_close(context);
}

/* Groups of 4, 4 and 1: the means of the two count half each; the third is as if it were not there.
 */
API_TEST(api_advice, what_a_single_sample_leaves) {
    enum { ROWS = 9 };
    socle_context *context = api_open(device);
    api_blobs blobs;
    float kept[2][16], before[16], mean = 0;
    api_draw(&blobs);
    for (int run = 0; run < 2; run++) {
        socle_net *net = normalised(context, 0);
        socle_trainer *trainer;
        API_OK(context, socle_trainer_create(&trainer, net, socle_sgd(0, 0), ROWS, 1));
        API_OK(context, socle_trainer_step(trainer, ROWS, blobs.input, blobs.label, NULL));
        if (run) API_OK(context, socle_trainer_step(trainer, 1, blobs.input, blobs.label, NULL));
        API_OK(context, socle_trainer_sync(trainer));
        statistics(context, net, kept[run]);
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(kept[1], kept[0], sizeof kept[0]);

    float weight[8 * API_FEATURES];
    socle_net *net = normalised(context, 4);
    socle_data *data;
    API_OK(context, socle_data_arrays(&data, context, ROWS, SOCLE_F32, SOCLE_SHAPE(API_FEATURES),
                                      blobs.input, SOCLE_U8, NULL, blobs.label));
    API_OK(context, socle_net_read(net, "dense1.weight", weight, 8 * API_FEATURES));
    statistics(context, net, before);
    socle_fit_opts opts = {.optimizer = socle_sgd(0, 0), .epochs = 1, .batch = 12, .no_shuffle = 1};
    API_OK(context, socle_fit(net, data, &opts));
    statistics(context, net, kept[0]);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < API_FEATURES; k++) mean += weight[k] * blobs.input[i][k] / 8;
    SC_NEAR((double)kept[0][0], 0.9 * (double)before[0] + 0.1 * (double)mean, 1e-6);
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_close(context);
}

/* One value has no variance: refused. One image has. */
Test(api_advice, batches_of_one) {
    socle_context *context = api_open("cpu");
    socle_net *net = normalised(context, 0);
    socle_data *data = api_data(context);
    socle_fit_opts opts = api_opts();
    socle_trainer *trainer;
    opts.batch = 1;
    API_FAILS(context, socle_fit(net, data, &opts), SOCLE_STATUS_CONFIG,
              "batchnorm1: statistics over one sample");
    API_FAILS(context, socle_trainer_create(&trainer, net, socle_adam(1), 1, 1),
              SOCLE_STATUS_CONFIG, "at least 2 samples");
    socle_net_destroy(net);
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_conv2d(net, socle_input(net, SOCLE_SHAPE(1, 4, 4)), 2, 3, NULL);
    x = socle_dense(net, socle_flatten(net, socle_batchnorm(net, x, NULL)), 2, NULL);
    API_OK(context, socle_loss_softmax_cross_entropy(net, x));
    API_OK(context, socle_trainer_create(&trainer, net, socle_adam(0.1f), 1, 1));
    const float image[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    const unsigned char label = 1;
    float mean[2], loss;
    API_OK(context, socle_trainer_step(trainer, 1, image, &label, &loss));
    API_OK(context, socle_trainer_sync(trainer));
    API_OK(context, socle_net_read(net, "batchnorm1.running_mean", mean, 2));
    SC_TRUE(mean[0] != 0.0f);
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

SC_OPENCL_BODIES(api_advice)
