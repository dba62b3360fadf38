/* SPDX-License-Identifier: Apache-2.0 */
/* `socle predict`: one line per sample: the class and its probability, or every output. Predictions
 * are printed batch by batch, so that a reader need not wait for the last. */
#include "cli/draws.h"
#include "cli/ensemble.h"
#include "cli/predict_input.h"
#include "cli/prediction.h"
#include "model/net_config.h"
#include "nn/layer.h"
#include "run/recipe_config.h"

#include <string.h>
#include <sys/stat.h>

enum {
    KEY_NETWORK = 300,
    KEY_INPUT = 256,
    KEY_INPUTS,
    KEY_ALL,
    KEY_LOGITS,
    KEY_LAYOUT,
    KEY_DRAWS,
    KEY_FORMAT,
    KEY_OVERWRITE,
    STANDARD_BATCH = 128
};

typedef struct predict_settings {
    sc_cli *cli;
    sc_model_choice choice;
    const char *input;
    sc_input_file file[SC_NET_INPUTS];
    int files;
    const char *network, *output;
    bool all, logits, overwrite, formatted;
    sc_prediction_way way;
    sc_image_layout layout;
    int64_t batch, draws; /* draws 0: dropout is off, as ever */
} predict_settings;

typedef struct predict_job {
    const predict_settings *settings;
    sc_net *net;
    sc_predict_input input;
    sc_prediction_form form;
    float *out; /* predictions of one micro-batch */
    int64_t printed;
    int64_t broken; /* samples with outputs that are not finite numbers */
    sc_draws draws; /* count 0: none */
} predict_job;

/* NAME=FILE */
static error_t add_file(predict_settings *settings, char *text) {
    char *path = strchr(text, '=');
    if (!path || path == text || !path[1])
        return sc_cli_usage(settings->cli,
                            "--inputs: NAME=FILE, as in length=lengths-idx1-ubyte, "
                            "not '%s'",
                            text);
    if (settings->files == SC_NET_INPUTS)
        return sc_cli_usage(settings->cli, "--inputs: at most %d times", SC_NET_INPUTS);
    *path = '\0';
    bool taken = strcmp(text, SC_INPUT_NAME) == 0;
    for (int i = 0; i < settings->files; i++) taken |= strcmp(text, settings->file[i].name) == 0;
    if (taken)
        return sc_cli_usage(settings->cli, "--inputs: '%s' is named twice%s", text,
                            strcmp(text, SC_INPUT_NAME) == 0 ? ": --input gives it" : "");
    settings->file[settings->files++] = (sc_input_file){text, path + 1};
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    predict_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_INPUT:
        settings->input = arg;
        return 0;
    case KEY_INPUTS:
        return add_file(settings, arg);
    case KEY_NETWORK:
        settings->network = arg;
        return 0;
    case KEY_ALL:
        settings->all = true;
        return 0;
    case KEY_LAYOUT:
        settings->layout = strcmp(arg, "nhwc") == 0 ? SC_IMAGES_NHWC : SC_IMAGES_NCHW;
        if (strcmp(arg, "nhwc") == 0 || strcmp(arg, "nchw") == 0) return 0;
        return sc_cli_usage(settings->cli, "--layout: must be nchw or nhwc, not '%s'", arg);
    case KEY_LOGITS:
        settings->logits = true;
        return 0;
    case KEY_DRAWS:
        return sc_cli_integer(settings->cli, &settings->draws, "--dropout-samples", arg, 2,
                              1000000);
    case KEY_FORMAT:
        settings->formatted = true;
        if (sc_prediction_way_of_word(&settings->way, arg)) return 0;
        return sc_cli_usage(settings->cli,
                            "--format: must be lines, csv, json, jsonl or npy, not '%s'", arg);
    case KEY_OVERWRITE:
        settings->overwrite = true;
        return 0;
    case 'o':
        settings->output = arg;
        return 0;
    case 'b':
        return sc_cli_integer(settings->cli, &settings->batch, "--batch", arg, 1, INT32_MAX);
    case ARGP_KEY_ARG:
        return sc_cli_usage(settings->cli,
                            "unexpected argument '%s'; socle predict -m MODEL --input FILE", arg);
    case ARGP_KEY_END:
        if (!settings->choice.model) return sc_cli_usage(settings->cli, "which model? -m MODEL");
        if (!settings->input)
            return sc_cli_usage(settings->cli,
                                "which samples? --input FILE, or - for standard input");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"input", KEY_INPUT, "FILE", 0,
     "Samples as IDX or .npy, or rows as CSV where the model learnt from a table, plain or gzip; - "
     "for standard input; a PNG or JPEG file, or a folder of them",
     1},
    {"inputs", KEY_INPUTS, "NAME=FILE", 0,
     "Another input of the network, as many samples of it; may be repeated", 1},
    {"network", KEY_NETWORK, "NAME", 0,
     "Of a model of several networks, which one's result (default: the one that makes samples, "
     "else "
     "the last)",
     1},
    {"all", KEY_ALL, NULL, 0, "Print every output, not the class alone", 1},
    {"layout", KEY_LAYOUT, "nchw|nhwc", 0,
     "Where the channels of images of four dimensions lie: first, or last", 1},
    {"logits", KEY_LOGITS, NULL, 0,
     "What the network gives, without the softmax or sigmoid that goes with its loss", 1},
    {"dropout-samples", KEY_DRAWS, "N", 0,
     "Predict N times with dropout and noise as in training: means, and how far they deviate", 1},
    {"format", KEY_FORMAT, "lines|csv|json|jsonl|npy", 0,
     "How predictions are written (default: as FILE of -o ends; else lines)", 1},
    {"output", 'o', "FILE", 0, "Write to FILE: .csv, .json, .jsonl or .npy", 1},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace FILE of -o if it is there", 1},
    {"batch", 'b', "N", 0, "Samples at a time (default: 128)", 3},
    {0},
};

static const struct argp_child children[] = {{&sc_model_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_predict_argp = {
    .options = options,
    .parser = parse,
    .doc =
        "Prints one line per sample: the class and its probability; every output with --all, or "
        "where the model has no classes. A model that learnt from a table or from pictures names "
        "its classes, and gives values in the units of the table. Of a folder of pictures, lines "
        "begin with the file.",
    .children = children};

static socle_status check_outputs(sc_env *env, const predict_job *job) {
    if (!job->broken) return SOCLE_OK;
    return sc_fail(
        env, SOCLE_STATUS_DIVERGED,
        "%lld of %lld samples have outputs that are NaN or infinite; look for NaN in the "
        "weights and the data",
        (long long)job->broken, (long long)sc_dataset_count(job->input.dataset));
}

/* A pass ends once its output cannot be written; the tool reports that at its end. */
static socle_status print_rows(sc_engine *engine, int slot, int64_t rows, void *argument) {
    predict_job *job = argument;
    int64_t size = sc_engine_prediction_size(engine);
    const uint32_t first = (uint32_t)job->printed;
    SC_TRY(job->draws.count ? sc_draws_predict(&job->draws, engine, slot, rows, first, job->out)
                            : sc_engine_predict(engine, slot, rows, first, job->out));
    for (int64_t r = 0; r < rows; r++) {
        const float *row = job->out + r * size;
        if (job->draws.count) job->form.deviation = job->draws.deviation + r * size;
        job->broken += !sc_prediction_print(&job->form, job->printed++, row, size);
    }
    SC_TRY(job->form.status);
    return ferror(stdout) ? SOCLE_STATUS_INTERRUPTED : SOCLE_OK;
}

static socle_status print_all(predict_job *job, sc_engine *engine) {
    sc_env *env = sc_engine_device(engine)->env;
    sc_stage_source source = {.dataset = job->input.dataset};
    size_t size = (size_t)(sc_engine_capacity(engine) * sc_engine_prediction_size(engine));
    sc_order order;
    SC_TRY(
        sc_order_init(&order, env, NULL, (uint32_t)sc_dataset_count(job->input.dataset), 0, false));
    socle_status status = sc_allocate(env, &job->out, size, sizeof *job->out);
    if (status == SOCLE_OK && job->settings->draws)
        status = sc_draws_create(&job->draws, env, job->settings->draws, size);
    if (status == SOCLE_OK)
        sc_prediction_begin(&job->form, sc_dataset_count(job->input.dataset),
                            sc_engine_prediction_size(engine));
    if (status == SOCLE_OK)
        status =
            sc_stage_pass(engine, &source, &order, sc_engine_capacity(engine), print_rows, job);
    sc_release(env, job->out);
    if (job->draws.env) sc_draws_free(&job->draws);
    sc_order_free(&order);
    if (status == SOCLE_STATUS_INTERRUPTED && ferror(stdout)) return SOCLE_OK;
    SC_TRY(status);
    sc_prediction_end(&job->form);
    SC_TRY(job->form.status);
    return check_outputs(env, job);
}

/* Predictions that cannot differ say nothing of how sure the network is. */
static socle_status check_draws(const predict_job *predict, sc_cli *cli) {
    const sc_net *net = predict->net;
    bool draws = !predict->settings->draws;
    for (size_t l = 0; l < net->layers; l++)
        draws |= sc_is_among("dropout gaussian_noise noise", net->layer[l].kind->record.word);
    return draws ? SOCLE_OK
                 : sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                           "--dropout-samples: this network has no dropout and no noise, so its "
                           "predictions are always the same");
}

static socle_status job(sc_device *device, void *argument) {
    predict_job *predict = argument;
    sc_engine *engine;
    SC_TRY(sc_model_run_engine(&engine, device, predict->net, &predict->settings->choice,
                               predict->input.dataset, predict->settings->batch,
                               predict->settings->logits, predict->settings->draws > 0));
    socle_status status = print_all(predict, engine);
    sc_engine_destroy(engine);
    return status;
}

/* Outputs are classes where the loss compares one row of them with a class. */
static bool has_classes(const sc_net *net) {
    const sc_loss_term *loss = sc_net_output_loss(net);
    return loss && (loss->kind->classes || loss->kind->shares) &&
           sc_net_desc(net, net->output)->rank == 2;
}

/* What a single output is above where it is of the second class, as the loss counts right answers.
 */
static double middle_of(const sc_loss_term *loss) {
    const bool sides = loss && loss->kind->correct;
    return sides ? ((double)loss->kind->least + loss->kind->most) / 2 : 0.5;
}

/* A loss that applies a function of its own, or expects that of a layer, has probabilities. */
static bool has_probabilities(const sc_loss_term *loss) {
    return loss && (loss->kind->applies || loss->kind->expects);
}

/* `net`: NULL where the samples say what the network is like. */
static socle_status read_samples(sc_predict_input *out, const predict_settings *settings,
                                 const sc_net *net, const char *model) {
    sc_env *env = &settings->cli->env;
    SC_TRY(sc_predict_input_load(out, env, net, model, settings->input, settings->layout));
    return sc_model_run_inputs(out->dataset, env, settings->file, settings->files,
                               settings->layout);
}

static socle_status check_inputs(const predict_settings *settings, const sc_net *net) {
    sc_env *env = &settings->cli->env;
    for (int i = 0; i < settings->files; i++) {
        socle_status status = sc_recipe_has_input(env, net, settings->file[i].name);
        if (status != SOCLE_OK) return sc_fail_prefix(env, status, "--inputs");
    }
    return SOCLE_OK;
}

/* The network of a configuration comes behind the samples, which may have to say its input, unless
 * it says how rows of a table become samples. */
static socle_status load_with(predict_job *predict, sc_cli *cli, const sc_config *config) {
    const predict_settings *settings = predict->settings;
    const sc_model_choice *choice = &settings->choice;
    sc_predict_input *input = &predict->input;
    bool first = !config || sc_recipe_prepares(config);
    if (first) SC_TRY(sc_model_choice_net_of(&predict->net, choice, config, NULL));
    SC_TRY(read_samples(input, settings, predict->net, choice->model));
    if (!first) SC_TRY(sc_model_choice_net_of(&predict->net, choice, config, input->dataset));
    if (settings->network) SC_TRY(sc_net_choose_result(predict->net, settings->network));
    SC_TRY(check_inputs(settings, predict->net));
    SC_TRY(check_draws(predict, cli));
    return sc_recipe_suits(&cli->env, predict->net, predict->input.dataset, false);
}

static socle_status load(predict_job *predict, sc_cli *cli) {
    sc_config *config;
    SC_TRY(sc_model_choice_config(&config, &predict->settings->choice));
    socle_status status = load_with(predict, cli, config);
    sc_config_destroy(config);
    return status;
}

static socle_status read_member(sc_member *member, const predict_settings *settings) {
    sc_predict_input input;
    SC_TRY(read_samples(&input, settings, member->net, member->path));
    member->dataset = input.dataset;
    member->folder = input.folder;
    input.dataset = NULL;
    input.folder = (sc_folder){0};
    sc_predict_input_free(&input);
    return SOCLE_OK;
}

/* The samples as each model reads them. */
static socle_status load_members(sc_ensemble *ensemble, const predict_settings *settings) {
    sc_env *env = &ensemble->cli->env;
    for (int m = 0; m < ensemble->models; m++) {
        sc_member *member = &ensemble->member[m];
        if (settings->network) SC_TRY(sc_net_choose_result(member->net, settings->network));
        SC_TRY(read_member(member, settings));
        SC_TRY(check_inputs(settings, member->net));
        SC_TRY(sc_recipe_suits(env, member->net, member->dataset, false));
    }
    return SOCLE_OK;
}

static socle_status print_means(const sc_ensemble *ensemble, const predict_settings *settings) {
    const sc_member *first = &ensemble->member[0];
    sc_prediction_form form = {.cli = ensemble->cli,
                               .preparation = &first->preparation,
                               .file = first->folder.files > 1 ? first->folder.file : NULL,
                               .classes = has_classes(first->net),
                               .all = settings->all,
                               .logits = settings->logits};
    predict_job counts = {.input.dataset = first->dataset};
    for (int64_t i = 0; i < ensemble->samples && !ferror(stdout); i++) {
        form.deviation = ensemble->deviation + i * ensemble->size;
        counts.broken +=
            !sc_prediction_print(&form, i, ensemble->mean + i * ensemble->size, ensemble->size);
    }
    return check_outputs(&ensemble->cli->env, &counts);
}

static socle_status answer(sc_ensemble *ensemble, const predict_settings *settings) {
    sc_worker *worker;
    SC_TRY(sc_ensemble_open(ensemble, settings->cli, &settings->choice));
    SC_TRY(load_members(ensemble, settings));
    SC_TRY(sc_cli_open_worker(settings->cli, &worker, false));
    socle_status status = sc_worker_run(worker, sc_ensemble_predict, ensemble, 0);
    sc_worker_destroy(worker);
    return status == SOCLE_OK ? print_means(ensemble, settings) : status;
}

/* Several models answer by the mean of what they predict. */
static socle_status predict_together(sc_cli *cli, const predict_settings *settings) {
    sc_ensemble *ensemble;
    if (settings->draws)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--dropout-samples: is of one model; several deviate by themselves");
    if (strcmp(settings->input, "-") == 0)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "--input -: several models read their samples from a file");
    SC_TRY(sc_allocate(&cli->env, &ensemble, 1, sizeof *ensemble));
    ensemble->batch = settings->batch;
    ensemble->logits = settings->logits;
    socle_status status = answer(ensemble, settings);
    sc_ensemble_close(ensemble);
    sc_release(&cli->env, ensemble);
    return status;
/* A file appears whole, or not at all; numbers that are not finite are in it. */
static socle_status run(predict_job *predict, sc_worker *worker) {
    sc_prediction_form *form = &predict->form;
    sc_cli *cli = form->cli;
    if (!predict->settings->output) return sc_worker_run(worker, job, predict, 0);
    SC_TRY(sc_file_writer_open(&form->writer, &cli->env, predict->settings->output));
    socle_status status = sc_worker_run(worker, job, predict, 0);
    bool whole = status == SOCLE_OK || status == SOCLE_STATUS_DIVERGED;
    if (!whole) sc_file_writer_abandon(form->writer);
    if (!whole) return status;
    socle_status committed = sc_file_writer_commit(form->writer);
    return status == SOCLE_OK ? committed : status;
}

static socle_status settle_form(predict_settings *settings) {
    sc_cli *cli = settings->cli;
    struct stat info;
    if (!settings->formatted && settings->output &&
        !sc_prediction_way_of_file(&settings->way, settings->output)) {
        sc_cli_usage(cli, "-o: '%s' ends in none of .csv, .json, .jsonl and .npy; say --format",
                     settings->output);
        return SOCLE_STATUS_CONFIG;
    }
    if (cli->json && !settings->formatted && !settings->output) settings->way = SC_PREDICT_EVENTS;
    if (!settings->output || settings->overwrite || stat(settings->output, &info) != 0)
        return SOCLE_OK;
    sc_cli_usage(cli, "-o: %s is there already: name another file, or --overwrite",
                 settings->output);
    return SOCLE_STATUS_CONFIG;
}

socle_status sc_predict_command(sc_cli *cli, int argc, char **argv) {
    predict_settings settings = {
        .cli = cli, .choice = {.cli = cli, .several = true}, .batch = STANDARD_BATCH};
    predict_job predict = {.settings = &settings};
    sc_worker *worker;
    SC_TRY(sc_cli_parse(cli, &sc_predict_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(settle_form(&settings));
    if (settings.choice.models > 1) return predict_together(cli, &settings);
    socle_status status = load(&predict, cli);
    if (status == SOCLE_OK) status = sc_cli_open_worker(cli, &worker, false);
    if (status == SOCLE_OK) {
        const sc_loss_term *loss = sc_net_output_loss(predict.net);
        predict.form = (sc_prediction_form){
            .cli = cli,
            .probabilities = has_probabilities(loss),
            .middle = middle_of(loss),
            .preparation = &predict.input.preparation,
            .file = predict.input.folder.files > 1 ? predict.input.folder.file : NULL,
            .classes = has_classes(predict.net),
            .all = settings.all,
            .logits = settings.logits,
            .draws = settings.draws > 0,
            .way = settings.way};
        status = run(&predict, worker);
        sc_worker_destroy(worker);
    }
    sc_predict_input_free(&predict.input);
    sc_net_destroy(predict.net);
    return status;
}
