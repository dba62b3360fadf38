/* SPDX-License-Identifier: Apache-2.0 */
/* `socle adversarial -m MODEL`: how well a network still answers when its inputs are moved against
 * it, for several lengths of the move. */
#include "base/shown.h"
#include "cli/figure_output.h"
#include "nn/metric.h"
#include "train/columns.h"
#include "train/fit.h"
#include "train/targets.h"
#include "view/view_attack.h"

#include <math.h>
#include <string.h>

enum { KEY_DATA = 256, KEY_SPLIT, KEY_EPSILON, KEY_SAMPLES, MOST = 32, BATCH = 128 };

/* What was measured at one length. */
typedef struct strength {
    double epsilon;
    sc_evaluation result;
} strength;

typedef struct adversarial_settings {
    sc_cli *cli;
    sc_view_request request;
    char *model;
    strength strength[MOST];
    int count;
    int64_t samples; /* 0: all */
    sc_figure_output output;
    sc_worker *worker; /* NULL until something is computed */
} adversarial_settings;

static error_t add_epsilon(adversarial_settings *settings, const char *text) {
    if (settings->count == MOST)
        return sc_cli_usage(settings->cli, "--epsilon: at most %d times", MOST);
    return sc_cli_number(settings->cli, &settings->strength[settings->count++].epsilon, "--epsilon",
                         text, 0, 1e6);
}

static void set_standard(adversarial_settings *settings) {
    static const double standard[] = {0, 0.01, 0.02, 0.05, 0.1, 0.2};
    if (settings->count) return;
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        settings->strength[settings->count++].epsilon = standard[i];
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    adversarial_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->output;
        return 0;
    case 'm':
        settings->model = arg;
        return 0;
    case KEY_DATA:
        settings->request.data = arg;
        return 0;
    case KEY_SPLIT:
        settings->request.split = arg;
        if (strcmp(arg, "test") == 0 || strcmp(arg, "train") == 0) return 0;
        return sc_cli_usage(settings->cli, "--split: must be test or train, not '%s'", arg);
    case KEY_EPSILON:
        return add_epsilon(settings, arg);
    case KEY_SAMPLES:
        return sc_cli_integer(settings->cli, &settings->samples, "--samples", arg, 1, UINT32_MAX);
    case ARGP_KEY_ARG:
        return sc_cli_usage(settings->cli, "unexpected argument '%s'; socle adversarial -m MODEL",
                            arg);
    case ARGP_KEY_END:
        set_standard(settings);
        return settings->model ? 0 : sc_cli_usage(settings->cli, "which model? -m MODEL");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"model", 'm', "FILE", 0, "The model: the directory of a run, or a model file", 1},
    {"data", KEY_DATA, "CONFIG", 0, "A configuration whose data are used (default: the run's own)",
     1},
    {"split", KEY_SPLIT, "test|train", 0, "Which data (default: test, where there are some)", 1},
    {"samples", KEY_SAMPLES, "N", 0, "The first N samples alone", 1},
    {"epsilon", KEY_EPSILON, "E", 0,
     "How far each number is moved, where the network sees pixels from 0 to 1; may be repeated "
     "(default: 0, 0.01, 0.02, 0.05, 0.1, 0.2)",
     1},
    {0},
};

static const struct argp_child children[] = {{&sc_figure_output_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_adversarial_argp = {
    .options = options,
    .parser = parse,
    .doc = "Moves every number of each sample by epsilon in the direction in which its loss grows "
           "(the fast gradient sign method), and prints loss and metrics for each epsilon. Pixels "
           "stay within black and white. The figure adversarial of `socle plot` shows one picture; "
           "train.adversarial trains against it.",
    .children = children};

static socle_status on_device(void *user, sc_worker_job job, void *argument) {
    adversarial_settings *settings = user;
    if (!settings->worker) SC_TRY(sc_cli_open_worker(settings->cli, &settings->worker, false));
    return sc_worker_run(settings->worker, job, argument, 0);
}

typedef struct measure_job {
    adversarial_settings *settings;
    const sc_view_model *model;
    const sc_dataset *dataset;
    int input;
    const float *sign;
} measure_job;

static socle_status measure(const measure_job *job, sc_engine *engine, strength *strength) {
    sc_stage_source source = {0};
    sc_dataset *moved;
    SC_TRY(sc_view_attacked(&moved, job->model, job->dataset, job->input, job->sign,
                            strength->epsilon));
    source.dataset = moved;
    socle_status status = sc_targets_column(&source.target, sc_engine_device(engine)->env, moved);
    if (status == SOCLE_OK) status = sc_evaluate(engine, &source, &strength->result);
    sc_dataset_destroy(moved);
    return status;
}

static socle_status measure_all(sc_device *device, void *argument) {
    const measure_job *job = argument;
    adversarial_settings *settings = job->settings;
    const sc_view_model *model = job->model;
    const int64_t count = sc_dataset_count(job->dataset);
    sc_engine_options options = {.capacity = count < BATCH ? count : BATCH};
    sc_engine *engine;
    SC_TRY(sc_columns_choose(&options, device->env, model->net, job->dataset, NULL));
    SC_TRY(sc_engine_create(&engine, device, model->net, &options));
    socle_status status = SOCLE_OK;
    for (size_t p = 0; status == SOCLE_OK && p < model->net->parameters; p++)
        status = sc_engine_write(engine, (int)p, model->parameter[p]);
    for (int i = 0; status == SOCLE_OK && i < settings->count; i++)
        status = measure(job, engine, &settings->strength[i]);
    sc_engine_destroy(engine);
    return status;
}

static socle_status attack(adversarial_settings *settings, sc_view_model *model) {
    measure_job job = {.settings = settings, .model = model};
    const int64_t most = settings->samples ? settings->samples : UINT32_MAX;
    sc_dataset *part;
    float *sign;
    SC_TRY(sc_view_model_data(model, true));
    SC_TRY(sc_view_attack_begin(model, &job.input));
    SC_TRY(sc_view_model_part(model, 0, most, &part));
    job.dataset = part;
    const int64_t each = sc_tensor_elements_at(&model->net->input[job.input].desc, 1);
    socle_status status =
        sc_allocate(model->env, &sign, (size_t)(each * sc_dataset_count(part)), sizeof *sign);
    job.sign = sign;
    if (status == SOCLE_OK) status = sc_view_attack_signs(model, part, job.input, sign);
    if (status == SOCLE_OK) status = on_device(settings, measure_all, &job);
    sc_release(model->env, sign);
    sc_dataset_destroy(part);
    return status;
}

static void print_json(const adversarial_settings *settings, const sc_net *net) {
    for (int i = 0; i < settings->count; i++) {
        const strength *strength = &settings->strength[i];
        json_t *event = sc_report("adversarial");
        sc_report_number(event, "epsilon", strength->epsilon);
        sc_report_means(event, "", net, strength->result.loss, strength->result.metric);
        sc_report_integer(event, "samples", strength->result.samples);
        sc_report_print(settings->cli, event);
    }
}

static socle_status print_table(const adversarial_settings *settings, const sc_net *net) {
    sc_table_column columns[2 + SC_NET_METRICS] = {{"EPSILON", .right = true},
                                                   {"LOSS", .right = true}};
    sc_table *table;
    for (int m = 0; m < net->metrics; m++)
        columns[2 + m] = (sc_table_column){sc_metric_word(net->metric[m]), .right = true};
    SC_TRY(sc_table_create(&table, &settings->cli->env, columns, 2 + net->metrics));
    for (int i = 0; i < settings->count; i++) {
        const strength *strength = &settings->strength[i];
        sc_table_cell(table, "%g", strength->epsilon);
        sc_table_cell(table, "%.4f", sc_shown(strength->result.loss));
        for (int m = 0; m < net->metrics; m++)
            sc_table_cell(table, "%.4f", sc_shown(strength->result.metric[m]));
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

/* The first metric, where there is one, over epsilon. */
static socle_status draw(const adversarial_settings *settings, const sc_net *net) {
    double x[MOST], y[MOST];
    sc_figure *figure;
    if (!settings->output.file) return SOCLE_OK;
    const char *word = net->metrics ? sc_metric_word(net->metric[0]) : "loss";
    SC_TRY(sc_figure_create(&figure, &settings->cli->env));
    sc_figure_title(figure, "%s under the fast gradient sign method", settings->model);
    sc_panel *panel = sc_figure_panel(figure, NULL, "epsilon", word);
    for (int i = 0; i < settings->count; i++) {
        const sc_evaluation *result = &settings->strength[i].result;
        x[i] = settings->strength[i].epsilon;
        y[i] = net->metrics ? result->metric[0] : result->loss;
    }
    sc_panel_line(panel, NULL, (sc_style){0}, (size_t)settings->count, x, y);
    sc_panel_points(panel, NULL, (sc_style){0}, (size_t)settings->count, x, y, NULL);
    socle_status status = figure->status;
    if (status == SOCLE_OK) status = sc_figure_output_write(&settings->output, figure);
    sc_figure_destroy(figure);
    return status;
}

static socle_status run(adversarial_settings *settings) {
    sc_view_model model;
    SC_TRY(sc_view_model_open(&model, &settings->request, 0));
    socle_status status = attack(settings, &model);
    if (status == SOCLE_OK) status = draw(settings, model.net);
    if (status == SOCLE_OK && settings->cli->json)
        print_json(settings, model.net);
    else if (status == SOCLE_OK)
        status = print_table(settings, model.net);
    sc_view_model_close(&model);
    return status;
}

socle_status sc_adversarial_command(sc_cli *cli, int argc, char **argv) {
    adversarial_settings settings = {.cli = cli, .output.cli = cli};
    settings.request = (sc_view_request){.env = &cli->env,
                                         .run = &settings.model,
                                         .runs = 1,
                                         .on_device = on_device,
                                         .user = &settings};
    SC_TRY(sc_cli_parse(cli, &sc_adversarial_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_figure_output_ready(&settings.output));
    socle_status status = run(&settings);
    sc_worker_destroy(settings.worker);
    return status;
}
