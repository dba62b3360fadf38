/* SPDX-License-Identifier: Apache-2.0 */
/* `socle eval`: loss and accuracy of a model on the data of a configuration, with thresholds for
 * scripts. */
#include "base/shown.h"
#include "cli/ensemble.h"
#include "cli/eval_classes.h"
#include "cli/model_run.h"
#include "model/net_config.h"
#include "nn/metric.h"
#include "run/recipe_config.h"
#include "train/targets.h"

#include <math.h>
#include <string.h>

enum {
    KEY_DATA = 256,
    KEY_MIN_ACCURACY,
    KEY_MAX_LOSS,
    KEY_SPLIT,
    KEY_PER_CLASS,
    EXIT_THRESHOLD = 6
};

typedef struct eval_settings {
    sc_cli *cli;
    sc_model_choice choice;
    const char *data, *split;      /* split NULL: test, else train */
    double min_accuracy, max_loss; /* NaN: not asked for */
    int64_t batch;
    bool per_class;
} eval_settings;

typedef struct eval_job {
    const eval_settings *settings;
    sc_net *net;
    sc_dataset *dataset;
    sc_evaluation result;
    sc_preparation preparation; /* names its classes; zeroed: it has none */
    sc_class_report classes;
} eval_job;

static error_t parse(int key, char *arg, struct argp_state *state) {
    eval_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_DATA:
        settings->data = arg;
        return 0;
    case KEY_SPLIT:
        settings->split = arg;
        if (sc_is_among("test validation train", arg)) return 0;
        return sc_cli_usage(settings->cli, "--split: must be test, validation or train, not '%s'",
                            arg);
    case KEY_MIN_ACCURACY:
        return sc_cli_number(settings->cli, &settings->min_accuracy, "--min-accuracy", arg, 0, 1);
    case KEY_MAX_LOSS:
        return sc_cli_number(settings->cli, &settings->max_loss, "--max-loss", arg, 0, 1e30);
    case KEY_PER_CLASS:
        settings->per_class = true;
        return 0;
    case 'b':
        return sc_cli_integer(settings->cli, &settings->batch, "--batch", arg, 1, INT32_MAX);
    case ARGP_KEY_ARG:
        return sc_cli_usage(settings->cli,
                            "unexpected argument '%s'; socle eval -m MODEL --data CONFIG", arg);
    case ARGP_KEY_END:
        if (!settings->choice.model) return sc_cli_usage(settings->cli, "which model? -m MODEL");
        if (!settings->data) return sc_cli_usage(settings->cli, "which data? --data CONFIG");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"data", KEY_DATA, "CONFIG", 0, "A configuration; its data section is used", 1},
    {"split", KEY_SPLIT, "test|validation|train", 0, "Which data of it (default: test)", 1},
    {"per-class", KEY_PER_CLASS, NULL, 0,
     "Also precision, recall and F1 of each class, and which is taken for which", 1},
    {"min-accuracy", KEY_MIN_ACCURACY, "X", 0, "Exit with 6 if the accuracy is below X", 2},
    {"max-loss", KEY_MAX_LOSS, "X", 0, "Exit with 6 if the loss is above X", 2},
    {"batch", 'b', "N", 0, "Samples at a time (default: 128)", 3},
    {0},
};

static const struct argp_child children[] = {{&sc_model_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_eval_argp = {.options = options,
                                  .parser = parse,
                                  .doc = "Evaluates a model on the test data of a configuration.",
                                  .children = children};

static const char *part_of(const eval_settings *settings) {
    return settings->split ? settings->split : "test";
}

/* As training names what it measures on them. */
static const char *prefix_of(const eval_settings *settings) {
    const char *part = part_of(settings);
    if (strcmp(part, "validation") == 0) return "val_";
    return strcmp(part, "train") == 0 ? "train_" : "test_";
}

static socle_status job(sc_device *device, void *argument) {
    eval_job *eval = argument;
    sc_engine *engine;
    sc_stage_source source = {.dataset = eval->dataset};
    SC_TRY(sc_targets_column(&source.target, device->env, eval->dataset));
    const sc_model_choice *choice = &eval->settings->choice;
    SC_TRY(sc_model_run_engine(&engine, device, eval->net, choice->models > 1 ? NULL : choice,
                               eval->dataset, eval->settings->batch, false, false));
    const bool per_class = eval->settings->per_class;
    socle_status status = sc_evaluate_rows(engine, &source, &eval->result,
                                           per_class ? sc_class_report_take : NULL, &eval->classes);
    sc_engine_destroy(engine);
    return status;
}

static socle_status collect_classes(eval_job *eval, sc_cli *cli, const char *text) {
    socle_status status = sc_net_collect(eval->net, SC_COLLECTS_CLASSES);
    if (status != SOCLE_OK) return sc_fail_prefix(&cli->env, status, "--per-class");
    if (!text) return SOCLE_OK;
    SC_TRY(sc_preparation_read(&eval->preparation, &cli->env, eval->settings->choice.model, text));
    const sc_field *field = sc_preparation_classes(&eval->preparation);
    if (field) eval->classes.name = field->category, eval->classes.names = field->categories;
    return SOCLE_OK;
}

/* The network of a configuration comes behind the data, which may have to say its input. */
static socle_status load(eval_job *eval, sc_cli *cli) {
    const char *part = part_of(eval->settings);
    const sc_model_choice *choice = &eval->settings->choice;
    sc_config *config;
    if (!choice->config) SC_TRY(sc_model_choice_net(&eval->net, choice, NULL));
    SC_TRY(sc_recipe_load_config(&config, &cli->env, eval->settings->data));
    socle_status status = sc_recipe_data(&eval->dataset, &cli->env, config, part,
                                         eval->net ? eval->net->preparation : NULL);
    if (status == SOCLE_OK && !eval->dataset)
        status = sc_fail(&cli->env, SOCLE_STATUS_CONFIG, "%s: has no data.%s to evaluate",
                         sc_config_label(config), part);
    if (status == SOCLE_OK && choice->config)
        status = sc_model_choice_net(&eval->net, choice, eval->dataset);
    if (status == SOCLE_OK) status = sc_recipe_suits_inputs(config, part, eval->net);
    if (status == SOCLE_OK && eval->net->losses)
        status = sc_recipe_suits_class_weights(config, part, eval->net);
    if (status == SOCLE_OK && eval->net->losses)
        status = sc_metrics_read(eval->net, config, sc_config_root(config));
    if (status == SOCLE_OK && eval->settings->per_class)
        status = collect_classes(eval, cli, eval->net->preparation);
    sc_config_destroy(config);
    return status;
}

/* The samples as each model reads them. */
static socle_status load_members(sc_ensemble *ensemble, const eval_settings *settings,
                                 const sc_config *config) {
    sc_env *env = &ensemble->cli->env;
    for (int m = 0; m < ensemble->models; m++) {
        sc_member *member = &ensemble->member[m];
        SC_TRY(sc_recipe_data(&member->dataset, env, config, part_of(settings),
                              member->net->preparation));
        if (!member->dataset)
            return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: has no data.%s to evaluate",
                           sc_config_label(config), part_of(settings));
        SC_TRY(sc_recipe_suits_inputs(config, part_of(settings), member->net));
        SC_TRY(sc_recipe_suits(env, member->net, member->dataset, member->net->losses > 0));
    }
    return SOCLE_OK;
}

static socle_status join(eval_job *eval, sc_ensemble *ensemble, const sc_config *config) {
    sc_cli *cli = ensemble->cli;
    sc_worker *worker;
    SC_TRY(load_members(ensemble, eval->settings, config));
    SC_TRY(sc_cli_open_worker(cli, &worker, false));
    socle_status status = sc_worker_run(worker, sc_ensemble_predict, ensemble, 0);
    sc_worker_destroy(worker);
    SC_TRY(status);
    SC_TRY(sc_ensemble_judge(&eval->net, &eval->dataset, ensemble));
    SC_TRY(sc_metrics_read(eval->net, config, sc_config_root(config)));
    if (!eval->settings->per_class) return SOCLE_OK;
    return collect_classes(eval, cli, ensemble->member[0].net->preparation);
}

/* Several models: what is evaluated is the mean of what they predict. */
static socle_status load_several(eval_job *eval, sc_cli *cli) {
    sc_ensemble *ensemble;
    sc_config *config;
    socle_status status = sc_config_load(&config, &cli->env, eval->settings->data);
    if (status != SOCLE_OK)
        return status == SOCLE_STATUS_OUT_OF_MEMORY ? status : SOCLE_STATUS_CONFIG;
    status = sc_allocate(&cli->env, &ensemble, 1, sizeof *ensemble);
    if (status == SOCLE_OK) {
        ensemble->batch = eval->settings->batch;
        status = sc_ensemble_open(ensemble, cli, &eval->settings->choice);
        if (status == SOCLE_OK) status = join(eval, ensemble, config);
        sc_ensemble_close(ensemble);
    }
    sc_release(&cli->env, ensemble);
    sc_config_destroy(config);
    return status;
}

static socle_status evaluate(eval_job *eval, sc_cli *cli) {
    sc_worker *worker;
    if (!eval->net->losses)
        return sc_fail(&cli->env, SOCLE_STATUS_DATA, "%s: this model has no loss to evaluate",
                       eval->settings->choice.model);
    SC_TRY(sc_recipe_suits(&cli->env, eval->net, eval->dataset, true));
    SC_TRY(sc_cli_open_worker(cli, &worker, false));
    socle_status status = sc_worker_run(worker, job, eval, 0);
    sc_worker_destroy(worker);
    return status;
}

static socle_status print_result(sc_cli *cli, const eval_job *eval) {
    const sc_evaluation *result = &eval->result;
    if (cli->json) {
        json_t *event = sc_report("done");
        sc_report_text(event, "model", eval->settings->choice.model);
        if (eval->settings->choice.models > 1)
            sc_report_integer(event, "models", eval->settings->choice.models);
        sc_report_text(event, "split", part_of(eval->settings));
        sc_report_means(event, prefix_of(eval->settings), eval->net, result->loss, result->metric);
        sc_report_integer(event, "samples", result->samples);
        if (eval->settings->per_class) sc_class_report_add(event, &eval->classes);
        sc_report_print(cli, event);
        return SOCLE_OK;
    }
    const char *part = part_of(eval->settings);
    printf("%s loss %.4f\n", part, sc_shown(result->loss));
    sc_metrics_print(part, eval->net, result->metric);
    return eval->settings->per_class ? sc_class_report_print(&eval->classes) : SOCLE_OK;
}

static socle_status check_thresholds(sc_cli *cli, const eval_settings *settings,
                                     const eval_job *eval) {
    socle_status status = SOCLE_OK;
    const sc_evaluation *result = &eval->result;
    double accuracy = sc_metric_value(eval->net, result->metric, "accuracy");
    if (!isnan(settings->min_accuracy) && isnan(accuracy))
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--min-accuracy: the loss of this model has no accuracy");
    if (!isnan(settings->min_accuracy) && !(accuracy >= settings->min_accuracy))
        status =
            sc_fail(&cli->env, SOCLE_STATUS_WRONG_RESULT,
                    "accuracy %.4f is below --min-accuracy %g", accuracy, settings->min_accuracy);
    else if (!isnan(settings->max_loss) && !(result->loss <= settings->max_loss))
        status = sc_fail(&cli->env, SOCLE_STATUS_WRONG_RESULT, "loss %.4f is above --max-loss %g",
                         sc_shown(result->loss), settings->max_loss);
    if (status != SOCLE_OK) cli->exit_code = EXIT_THRESHOLD;
    return status;
}

socle_status sc_eval_command(sc_cli *cli, int argc, char **argv) {
    eval_settings settings = {.cli = cli,
                              .choice = {.cli = cli, .several = true},
                              .min_accuracy = NAN,
                              .max_loss = NAN,
                              .batch = SC_MODEL_RUN_BATCH};
    eval_job eval = {.settings = &settings, .classes = {.env = &cli->env}};
    SC_TRY(sc_cli_parse(cli, &sc_eval_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    socle_status status = settings.choice.models > 1 ? load_several(&eval, cli) : load(&eval, cli);
    if (status == SOCLE_OK) status = evaluate(&eval, cli);
    if (status == SOCLE_OK) {
        status = print_result(cli, &eval);
        if (status == SOCLE_OK)
            status = sc_evaluation_check(&cli->env, &eval.result, part_of(&settings));
        if (status == SOCLE_OK) status = check_thresholds(cli, &settings, &eval);
    }
    sc_class_report_free(&eval.classes);
    sc_preparation_free(&eval.preparation);
    sc_dataset_destroy(eval.dataset);
    sc_net_destroy(eval.net);
    return status;
}
