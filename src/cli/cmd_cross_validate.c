/* SPDX-License-Identifier: Apache-2.0 */
/* `socle cross-validate CONFIG`: trains once for each fold, validates on the samples that this run
 * did not see, and shows means and deviations. Writes no run. */
#include "base/shown.h"
#include "cli/recipe_choice.h"
#include "nn/metric.h"

#include <math.h>
#include <string.h>

enum { KEY_FOLDS = 256, KEY_MEMORY, STANDARD_FOLDS = 5, MOST_FOLDS = 1000 };

/* What the last epoch of a fold's run measured: loss, then the metrics. */
typedef struct fold {
    double value[1 + SC_NET_METRICS];
} fold;

typedef struct validate_settings {
    sc_cli *cli;
    sc_recipe_choice choice;
    uint64_t memory;
    int64_t folds;
    fold *fold;
    int values;
    char name[1 + SC_NET_METRICS][SC_NAME_MOST + 8]; /* "val_loss", ... */
} validate_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    validate_settings *settings = state->input;
    sc_cli *cli = settings->cli;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_FOLDS:
        return sc_cli_integer(cli, &settings->folds, "--folds", arg, 2, MOST_FOLDS);
    case KEY_MEMORY:
        return sc_cli_size(cli, &settings->memory, "--memory", arg);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"folds", KEY_FOLDS, "K", 0, "Parts of the training data, each set aside once (default: 5)", 1},
    {"memory", KEY_MEMORY, "SIZE", 0, "Device memory to use at most, e.g. 2G", 3},
    {0},
};

static const struct argp_child children[] = {{&sc_recipe_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_cross_validate_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc =
        "Splits the training data into K parts by train.seed. For each part a run trains on the "
        "others, from first weights of the same seed, and is measured on that part after its last "
        "epoch. Shows each, their mean, and the standard deviation between folds. What is learnt "
        "of columns of a table is learnt anew for each fold. Nothing is kept.",
    .children = children};

/* The run of one fold, while it goes on. */
typedef struct fold_run {
    validate_settings *settings;
    const sc_net *net;
    fold *out;
} fold_run;

static bool on_stop(void *user) {
    (void)user;
    sc_signals_look();
    return sc_signal_seen() != 0;
}

static socle_status on_epoch(void *user, const sc_epoch_report *report) {
    fold_run *run = user;
    run->out->value[0] = report->val_loss;
    for (int m = 0; m < run->net->metrics; m++) run->out->value[1 + m] = report->val_metric[m];
    return SOCLE_OK;
}

static void name_values(validate_settings *settings, const sc_net *net) {
    settings->values = 1 + net->metrics;
    snprintf(settings->name[0], sizeof settings->name[0], "val_loss");
    for (int m = 0; m < net->metrics; m++)
        snprintf(settings->name[1 + m], sizeof settings->name[0], "val_%s",
                 sc_metric_word(net->metric[m]));
}

static socle_status train(fold_run *run, const sc_recipe *recipe, const sc_fleet_device *device,
                          int count) {
    sc_env *env = &run->settings->cli->env;
    sc_fit_options fit = recipe->fit;
    sc_trainer *trainer;
    fit.memory = run->settings->memory;
    fit.user = run;
    fit.epoch = on_epoch;
    fit.stop = on_stop;
    SC_TRY(
        sc_trainer_create_on(&trainer, env, device, count, recipe->net, &fit, recipe->train, NULL));
    socle_status status = sc_recipe_initialize(recipe, trainer);
    if (status == SOCLE_OK) status = sc_trainer_check_weights(trainer);
    if (status == SOCLE_OK) status = sc_trainer_run(trainer);
    if (!sc_trainer_destroy(trainer)) run->settings->cli->hangs = true;
    return status;
}

static void report_fold(const validate_settings *settings, int64_t number) {
    const fold *fold = &settings->fold[number];
    sc_cli *cli = settings->cli;
    if (cli->json) {
        json_t *event = sc_report("fold");
        sc_report_integer(event, "fold", number + 1);
        for (int v = 0; v < settings->values; v++)
            sc_report_number(event, settings->name[v], fold->value[v]);
        sc_report_print(cli, event);
    } else {
        sc_cli_say(cli, "fold %lld of %lld: %s %.4g", (long long)number + 1,
                   (long long)settings->folds, settings->name[settings->values > 1],
                   sc_shown(fold->value[settings->values > 1]));
    }
}

/* Fold number `number`, from 0, over the configuration: data, network and run are made anew. */
static socle_status run_fold(validate_settings *settings, int64_t number,
                             const sc_fleet_device *device, int count) {
    sc_env *env = &settings->cli->env;
    char size[64], part[64];
    sc_config *config;
    sc_recipe recipe = {0};
    snprintf(size, sizeof size, "train.validation=%.17g", 1.0 / (double)settings->folds);
    snprintf(part, sizeof part, "train.fold=%lld", (long long)number + 1);
    SC_TRY(sc_recipe_choice_config(&config, &settings->choice));
    socle_status status = sc_config_set(config, size);
    if (status == SOCLE_OK) status = sc_config_set(config, part);
    if (status == SOCLE_OK) status = sc_recipe_open(&recipe, env, config);
    if (status == SOCLE_OK && sc_dataset_count(recipe.train) < settings->folds)
        status =
            sc_fail(env, SOCLE_STATUS_CONFIG,
                    "--folds: %lld parts of %lld samples: there are at most as many as samples",
                    (long long)settings->folds, (long long)sc_dataset_count(recipe.train));
    fold_run run = {.settings = settings, .net = recipe.net, .out = &settings->fold[number]};
    for (int v = 0; v <= SC_NET_METRICS; v++) run.out->value[v] = NAN;
    if (status == SOCLE_OK) {
        name_values(settings, recipe.net);
        status = train(&run, &recipe, device, count);
    }
    if (!settings->cli->hangs) sc_recipe_free(&recipe);
    sc_config_destroy(config);
    if (status == SOCLE_OK) report_fold(settings, number);
    return status;
}

static double mean_of(const validate_settings *settings, int value) {
    double sum = 0;
    for (int64_t k = 0; k < settings->folds; k++) sum += settings->fold[k].value[value];
    return sum / (double)settings->folds;
}

/* Between folds, with folds - 1 degrees of freedom. */
static double deviation_of(const validate_settings *settings, int value) {
    double mean = mean_of(settings, value), sum = 0;
    for (int64_t k = 0; k < settings->folds; k++)
        sum += pow(settings->fold[k].value[value] - mean, 2);
    return sqrt(sum / (double)(settings->folds - 1));
}

static void print_json(sc_cli *cli, const validate_settings *settings) {
    json_t *event = sc_report("done"), *mean = sc_report(NULL), *deviation = sc_report(NULL);
    for (int v = 0; v < settings->values; v++) {
        sc_report_number(mean, settings->name[v], mean_of(settings, v));
        sc_report_number(deviation, settings->name[v], deviation_of(settings, v));
    }
    sc_report_integer(event, "folds", settings->folds);
    sc_report_value(event, "mean", mean);
    sc_report_value(event, "deviation", deviation);
    sc_report_print(cli, event);
}

static socle_status print_table(sc_cli *cli, const validate_settings *settings) {
    sc_table_column column[2 + SC_NET_METRICS] = {{.title = "FOLD"}};
    sc_table *table;
    for (int v = 0; v < settings->values; v++)
        column[1 + v] = (sc_table_column){.title = settings->name[v], .right = true};
    SC_TRY(sc_table_create(&table, &cli->env, column, 1 + settings->values));
    for (int64_t k = 0; k < settings->folds; k++) {
        sc_table_cell(table, "%lld", (long long)k + 1);
        for (int v = 0; v < settings->values; v++)
            sc_table_cell(table, "%.4f", sc_shown(settings->fold[k].value[v]));
    }
    sc_table_cell(table, "mean");
    for (int v = 0; v < settings->values; v++)
        sc_table_cell(table, "%.4f", sc_shown(mean_of(settings, v)));
    sc_table_cell(table, "deviation");
    for (int v = 0; v < settings->values; v++)
        sc_table_cell(table, "%.4f", sc_shown(deviation_of(settings, v)));
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static socle_status run_folds(validate_settings *settings) {
    sc_cli *cli = settings->cli;
    sc_fleet_device *device;
    int count;
    SC_TRY(sc_cli_open_workers(cli, &device, &count, false));
    sc_signals_begin();
    socle_status status = SOCLE_OK;
    for (int64_t k = 0; status == SOCLE_OK && k < settings->folds; k++)
        status = run_fold(settings, k, device, count);
    sc_signals_end();
    sc_cli_close_workers(cli, device, count);
    if (status == SOCLE_STATUS_INTERRUPTED) cli->exit_code = 128 + sc_signal_seen();
    return status;
}

socle_status sc_cross_validate_command(sc_cli *cli, int argc, char **argv) {
    validate_settings settings = {.cli = cli, .choice.cli = cli, .folds = STANDARD_FOLDS};
    sc_signals_prepare();
    SC_TRY(sc_cli_parse(cli, &sc_cross_validate_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_allocate(&cli->env, &settings.fold, (size_t)settings.folds, sizeof *settings.fold));
    socle_status status = run_folds(&settings);
    if (status == SOCLE_OK && cli->json)
        print_json(cli, &settings);
    else if (status == SOCLE_OK)
        status = print_table(cli, &settings);
    sc_release(&cli->env, settings.fold);
    return status;
}
