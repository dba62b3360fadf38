/* SPDX-License-Identifier: Apache-2.0 */
/* Programs from C: networks by name, phases, losses that are added up or built of layers, and
 * groups of parameters. What C builds is what a configuration says, and training moves what it
 * should. */
#include "api_test.h"

#include "sc_temp.h"

#include <math.h>

enum { ROWS = 16, STEPS = 4, NOISE = 3, MOST = 64 };
static const char *const generator = "generator", *const discriminator = "discriminator";

/* A generator of noise against a discriminator of pairs. */
static socle_net *make_pair(socle_context *context) {
    socle_net *net;
    const float yes = 1, no = 0;
    API_OK(context, socle_net_create(&net, context));
    socle_node real = socle_input(net, SOCLE_SHAPE(2));
    API_OK(context, socle_network_begin(net, generator, -1));
    socle_node x = socle_layer(net, 0, NULL, "{noise: {units: 3}}");
    socle_dense(net, socle_activation(net, socle_dense(net, x, 5, NULL), "tanh"), 2, NULL);
    socle_node drawn = socle_network_end(net);
    API_OK(context, socle_network_begin(net, discriminator, real));
    socle_dense(net, socle_activation(net, socle_dense(net, real, 6, NULL), "tanh"), 1, NULL);
    socle_node truth = socle_network_end(net);
    socle_node lie = socle_network_apply(net, discriminator, drawn);
    API_OK(context, socle_phase(net, NULL, 1, &discriminator));
    API_OK(context, socle_add_loss(net, truth, "binary_cross_entropy", 1, &yes));
    API_OK(context, socle_add_loss(net, lie, "binary_cross_entropy", 0.5f, &no));
    API_OK(context, socle_phase(net, "forger", 1, &generator));
    API_OK(context, socle_add_loss(net, lie, "binary_cross_entropy", 1, &yes));
    API_OK(context, socle_net_output(net, drawn));
    return net;
}

static void points(float out[ROWS][2]) {
    for (int i = 0; i < ROWS; i++) {
        out[i][0] = cosf((float)i);
        out[i][1] = sinf((float)i);
    }
}

static void read_weight(socle_context *context, socle_net *net, const char *name, size_t count,
                        float out[MOST]) {
    API_OK(context, socle_net_read(net, name, out, count));
}

static socle_fit_opts standard(void) {
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = socle_sgd(0.1f, 0);
    opts.batch = ROWS;
    opts.seed = 7;
    return opts;
}

static socle_trainer *train(socle_context *context, socle_net *net, const socle_fit_opts *opts) {
    socle_trainer *trainer;
    float point[ROWS][2];
    points(point);
    API_OK(context, socle_trainer_create_with(&trainer, net, opts));
    for (int step = 0; step < STEPS; step++) {
        const socle_batch batch = {.rows = ROWS, .inputs = point};
        API_OK(context, socle_trainer_step_with(trainer, &batch, NULL));
    }
    return trainer;
}

/* The loss of a step is the sum of those of its phases; metrics begin anew with each look. */
API_TEST(api_program, phases_have_losses_of_their_own) {
    socle_context *context = api_open(device);
    socle_net *net = make_pair(context);
    const socle_fit_opts opts = standard();
    socle_trainer *trainer = train(context, net, &opts);
    socle_metric metric[4];
    int count;
    API_OK(context, socle_trainer_metrics(trainer, metric, 4, &count));
    SC_EQ(count, 3);
    SC_EQ_STR(metric[0].name, "loss");
    SC_EQ_STR(metric[1].name, "discriminator_loss");
    SC_EQ_STR(metric[2].name, "forger_loss");
    SC_TRUE(metric[1].value > 0.1 && metric[2].value > 0.1);
    SC_NEAR(metric[0].value, metric[1].value + metric[2].value, 1e-6);
    API_OK(context, socle_trainer_metrics(trainer, metric, 1, &count));
    SC_TRUE(isnan(metric[0].value)); /* no step since then */
    socle_trainer_destroy(trainer);
    socle_net_destroy(net);
    socle_close(context);
}

/* Same seed, same bits; a frozen network stays as it is and the other one does not. */
API_TEST(api_program, groups_move_what_they_name) {
    socle_context *context = api_open(device);
    float first[MOST], moved[2][MOST], stays[MOST], own[MOST];
    const socle_parameter_group frozen = {.parameters = &generator, .count = 1, .frozen = 1};
    for (int run = 0; run < 2; run++) {
        socle_net *net = make_pair(context);
        socle_fit_opts opts = standard();
        if (run) opts.groups = &frozen;
        opts.group_count = run;
        socle_trainer *trainer = train(context, net, &opts);
        if (!run) read_weight(context, net, "generator.dense1.weight", 15, first);
        API_OK(context, socle_trainer_sync(trainer));
        read_weight(context, net, "discriminator.dense1.weight", 12, moved[run]);
        read_weight(context, net, "generator.dense1.weight", 15, run ? stays : own);
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(stays, first, 15 * sizeof(float));
    SC_TRUE(memcmp(own, first, 15 * sizeof(float)) != 0);
    SC_TRUE(memcmp(moved[0], moved[1], 12 * sizeof(float)) != 0); /* of what the generator draws */
    socle_close(context);
}

/* A group of everything is the fit's own optimizer; half of a rate is half of it. */
API_TEST(api_program, a_group_has_an_optimizer_of_its_own) {
    socle_context *context = api_open(device);
    socle_data *data = api_data(context);
    static const char *const all[] = {"dense1", "dense2*"};
    const float none = 0, some = 0.01f;
    const socle_parameter_group groups[] = {
        {.parameters = all, .count = 2, .optimizer = socle_adam(0.02f), .weight_decay = &some},
        {.parameters = all, .count = 2, .rate = 0.5f, .weight_decay = &none},
    };
    float weight[3][API_WEIGHTS];
    for (int run = 0; run < 3; run++) {
        socle_net *net = api_net(context);
        socle_fit_opts opts = api_opts();
        opts.weight_decay = run ? 0.5f : 0.01f;
        if (run == 2) opts.optimizer = socle_sgd(0.1f, 0);
        if (run == 1) opts.optimizer = socle_sgd(7, 0);
        opts.groups = run ? &groups[run - 1] : NULL;
        opts.group_count = run != 0;
        API_OK(context, socle_fit(net, data, &opts));
        api_weight(context, net, weight[run]);
        socle_net_destroy(net);
    }
    SC_EQ_MEMORY(weight[1], weight[0], sizeof weight[0]);
    socle_net *net = api_net(context);
    socle_fit_opts opts = api_opts();
    opts.optimizer = socle_sgd(0.05f, 0);
    API_OK(context, socle_fit(net, data, &opts));
    api_weight(context, net, weight[0]);
    SC_EQ_MEMORY(weight[2], weight[0], sizeof weight[0]);
    socle_net_destroy(net);
    socle_data_destroy(data);
    socle_close(context);
}

/* A loss of layers and a second input: what mean_squared_error computes of targets. */
static socle_net *make_regression(socle_context *context, bool own) {
    socle_net *net;
    API_OK(context, socle_net_create(&net, context));
    socle_node x = socle_input(net, SOCLE_SHAPE(2));
    socle_node wanted = own ? socle_input_named(net, "wanted", SOCLE_F32, SOCLE_SHAPE(2), 1) : -1;
    socle_node y =
        socle_dense(net, socle_activation(net, socle_dense(net, x, 5, NULL), "tanh"), 2, NULL);
    const socle_node both[2] = {y, wanted};
    if (own)
        API_OK(context,
               socle_add_loss(net, socle_expr(net, 2, both, "(x1 - x2)^2"), NULL, 1, NULL));
    else
        API_OK(context, socle_loss_mean_squared_error(net, y));
    if (own) API_OK(context, socle_net_output(net, y));
    return net;
}

API_TEST(api_program, a_loss_is_built_of_layers) {
    socle_context *context = api_open(device);
    float point[ROWS][2], wanted[ROWS][2], weight[2][MOST], loss[2][STEPS];
    points(point);
    for (int i = 0; i < ROWS; i++) {
        wanted[i][0] = point[i][1];
        wanted[i][1] = 0.25f;
    }
    for (int own = 0; own < 2; own++) {
        socle_net *net = make_regression(context, own);
        socle_trainer *trainer;
        API_OK(context, socle_trainer_create(&trainer, net, socle_sgd(0.1f, 0.9f), ROWS, 7));
        const void *more = wanted;
        socle_batch batch = {.rows = ROWS, .inputs = point, .target_dtype = SOCLE_F32};
        if (own)
            batch.more = &more;
        else
            batch.targets = wanted;
        for (int step = 0; step < STEPS; step++)
            API_OK(context, socle_trainer_step_with(trainer, &batch, &loss[own][step]));
        API_OK(context, socle_trainer_sync(trainer));
        read_weight(context, net, "dense1.weight", 10, weight[own]);
        socle_trainer_destroy(trainer);
        socle_net_destroy(net);
    }
    SC_TRUE(loss[0][STEPS - 1] < loss[0][0]);
    /* Two formulas of one value: a few roundings of numbers below 2 in each of four steps. */
    for (int step = 0; step < STEPS; step++)
        SC_NEAR((double)loss[1][step], (double)loss[0][step], 2e-6);
    for (int i = 0; i < 10; i++) SC_NEAR((double)weight[1][i], (double)weight[0][i], 2e-6);
    socle_close(context);
}

/* The losses of phases are among the metrics of an epoch, and a file keeps the program. */
static int look_at_metrics(void *user, const socle_epoch *epoch) {
    double *sum = user;
    SC_EQ(epoch->metrics, 2);
    SC_EQ_STR(epoch->metric[0].name, "discriminator_loss");
    SC_EQ_STR(epoch->metric[1].name, "forger_loss");
    SC_TRUE(isnan(epoch->val_metric[0].value));
    SC_NEAR(epoch->loss, epoch->metric[0].value + epoch->metric[1].value, 1e-6);
    *sum += epoch->metric[0].value;
    return 0;
}

API_TEST(api_program, a_fit_has_phases_and_a_file_keeps_them) {
    socle_context *context = api_open(device);
    float point[ROWS][2], drawn[2][ROWS][2];
    socle_net *net = make_pair(context), *loaded;
    socle_data *data;
    double sum = 0;
    points(point);
    API_OK(context, socle_data_arrays(&data, context, ROWS, SOCLE_F32, SOCLE_SHAPE(2), point,
                                      SOCLE_F32, NULL, NULL));
    socle_fit_opts opts = standard();
    opts.epochs = 2;
    opts.batch = 8;
    opts.on_epoch = look_at_metrics;
    opts.user = &sum;
    API_OK(context, socle_fit(net, data, &opts));
    SC_TRUE(sum > 0);
    SC_EQ(socle_outputs(net), 2);
    API_OK(context, socle_predict(net, data, &drawn[0][0][0], ROWS * 2));
    sc_temp temp;
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "program.safetensors");
    API_OK(context, socle_save(net, path));
    API_OK(context, socle_load(&loaded, context, path));
    API_OK(context, socle_predict(loaded, data, &drawn[1][0][0], ROWS * 2));
    SC_EQ_MEMORY(drawn[1], drawn[0], sizeof drawn[0]);
    opts.on_epoch = look_at_metrics; /* and goes on as a program */
    API_OK(context, socle_fit(loaded, data, &opts));
    socle_data_destroy(data);
    socle_net_destroy(net);
    socle_net_destroy(loaded);
    sc_temp_remove(&temp);
    socle_close(context);
}

/* --- What is wrong --- */

typedef struct wrong {
    socle_context *context;
    socle_net *net;
    socle_node x;
} wrong;

static void begin(wrong *w) {
    w->context = api_open("cpu");
    API_OK(w->context, socle_net_create(&w->net, w->context));
    w->x = socle_input(w->net, SOCLE_SHAPE(2));
}

static void end(wrong *w) {
    socle_net_destroy(w->net);
    socle_close(w->context);
}

static socle_node add_network(wrong *w, const char *name) {
    API_OK(w->context, socle_network_begin(w->net, name, w->x));
    socle_dense(w->net, w->x, 1, NULL);
    return socle_network_end(w->net);
}

static socle_status create(const wrong *w, const socle_fit_opts *opts) {
    socle_trainer *trainer;
    socle_status status = socle_trainer_create_with(&trainer, w->net, opts);
    SC_TRUE(status != SOCLE_OK);
    return status;
}

Test(api_program, networks_that_are_none) {
    wrong w;
    begin(&w);
    add_network(&w, "a");
    static const char *const unknown = "b";
    API_FAILS(w.context, socle_phase(w.net, NULL, 1, &unknown), SOCLE_STATUS_CONFIG,
              "there is no network 'b'; known: a");
    API_FAILS(w.context, create(&w, NULL), SOCLE_STATUS_CONFIG, "there is no network 'b'");
    end(&w);
    begin(&w);
    SC_EQ(socle_network_apply(w.net, "a", w.x), -1);
    SC_CONTAINS(socle_error(w.context), "there is no network 'a'");
    end(&w);
    begin(&w);
    add_network(&w, "a");
    API_FAILS(w.context, socle_network_begin(w.net, "a", w.x), SOCLE_STATUS_CONFIG, "used twice");
    end(&w);
    begin(&w);
    API_FAILS(w.context, socle_network_begin(w.net, "a", 5), SOCLE_STATUS_CONFIG, "reads no node");
    end(&w);
    begin(&w);
    SC_EQ(socle_network_end(w.net), -1);
    SC_CONTAINS(socle_error(w.context), "no network was begun");
    end(&w);
    begin(&w);
    add_network(&w, "a");
    API_OK(w.context, socle_network_begin(w.net, "b", w.x));
    SC_EQ(socle_network_apply(w.net, "a", w.x), -1);
    SC_CONTAINS(socle_error(w.context), "before another network begins");
    end(&w);
}

Test(api_program, phases_that_train_nothing) {
    wrong w;
    static const char *const a = "a", *const b = "b";
    const float no = 0;
    begin(&w);
    socle_node x = add_network(&w, a);
    add_network(&w, b);
    API_OK(w.context, socle_phase(w.net, NULL, 1, &b));
    API_OK(w.context, socle_add_loss(w.net, x, "mse", 1, &no));
    API_FAILS(w.context, create(&w, NULL), SOCLE_STATUS_CONFIG,
              "reaches no parameter that the phase 'b' trains");
    end(&w);
    begin(&w);
    x = add_network(&w, a);
    API_OK(w.context, socle_add_loss(w.net, x, "mse", 1, &no));
    API_FAILS(w.context, socle_phase(w.net, NULL, 1, &a), SOCLE_STATUS_CONFIG,
              "a loss before the first phase");
    end(&w);
    begin(&w);
    x = add_network(&w, a);
    API_OK(w.context, socle_phase(w.net, NULL, 1, &a));
    API_FAILS(w.context, socle_loss_mean_squared_error(w.net, x), SOCLE_STATUS_CONFIG,
              "phases have losses of their own");
    end(&w);
    begin(&w);
    x = add_network(&w, a);
    API_OK(w.context, socle_add_loss(w.net, x, "mse", 1, &no));
    API_OK(w.context, socle_network_begin(w.net, b, w.x));
    socle_dense(w.net, w.x, 1, NULL);
    API_FAILS(w.context, create(&w, NULL), SOCLE_STATUS_CONFIG, "'b' was begun and not ended");
    end(&w);
    begin(&w);
    x = add_network(&w, a);
    API_FAILS(w.context, socle_add_loss(w.net, x, "mse", -1, &no), SOCLE_STATUS_CONFIG, "weight");
    end(&w);
}

Test(api_program, groups_that_are_wrong) {
    wrong w;
    static const char *const a = "a", *const unknown = "dens*", *const all = "*";
    const float no = 0, bad = -1;
    const struct {
        socle_parameter_group group[2];
        int count;
        socle_status status;
        const char *part;
    } rows[] = {
        {{{.parameters = &unknown, .count = 1}}, 1, SOCLE_STATUS_CONFIG, "'dens*'"},
        {{{.parameters = &all, .count = 1, .frozen = 1}},
         1,
         SOCLE_STATUS_CONFIG,
         "every parameter is frozen"},
        {{{.parameters = &all, .count = 1}, {.parameters = &a, .count = 1}},
         2,
         SOCLE_STATUS_CONFIG,
         "a parameter has one optimizer"},
        {{{.count = 1}}, 1, SOCLE_STATUS_INVALID_ARGUMENT, "groups[0]: it names no parameters"},
        {{{.parameters = &a, .count = 1, .rate = -1}}, 1, SOCLE_STATUS_CONFIG, "groups[0]: rate"},
        {{{.parameters = &a, .count = 1, .weight_decay = &bad}},
         1,
         SOCLE_STATUS_CONFIG,
         "weight_decay"},
        {{{.parameters = &a, .count = 1, .optimizer = socle_update(1, "w = w - lr * q")}},
         1,
         SOCLE_STATUS_CONFIG,
         "groups[0]"},
        {{{.parameters = &a}}, -1, SOCLE_STATUS_INVALID_ARGUMENT, "-1 groups"},
    };
    begin(&w);
    socle_node x = add_network(&w, a);
    API_OK(w.context, socle_add_loss(w.net, x, "mse", 1, &no));
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        SC_REPRO("row %zu", r);
        socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
        opts.groups = rows[r].group;
        opts.group_count = rows[r].count;
        API_FAILS(w.context, create(&w, &opts), rows[r].status, rows[r].part);
    }
    end(&w);
}

SC_OPENCL_BODIES(api_program)
