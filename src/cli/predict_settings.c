/* SPDX-License-Identifier: Apache-2.0 */
/* See predict_settings.h. The options of the command are read here. */
#include "cli/predict_settings.h"
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
    KEY_OVERWRITE
};

/* NAME=FILE */
static error_t add_file(sc_predict_settings *settings, char *text) {
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
    sc_predict_settings *settings = state->input;
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
        settings->output = strcmp(arg, "-") == 0 ? NULL : arg; /* standard output */
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
    {"output", 'o', "FILE", 0, "Write to FILE: .csv, .json, .jsonl or .npy; -: standard output", 1},
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

socle_status sc_predict_settle(sc_predict_settings *settings) {
    sc_cli *cli = settings->cli;
    struct stat info;
    if (!settings->formatted && settings->output &&
        !sc_prediction_way_of_file(&settings->way, settings->output)) {
        sc_cli_usage(cli, "-o: '%s' ends in none of .csv, .json, .jsonl and .npy; say --format",
                     settings->output);
        return SOCLE_STATUS_CONFIG;
    }
    if (cli->json && !settings->formatted && !settings->output) settings->way = SC_PREDICT_EVENTS;
    if (!settings->output || settings->overwrite || lstat(settings->output, &info) != 0)
        return SOCLE_OK;
    sc_cli_usage(cli, "-o: %s is there already: name another file, or --overwrite",
                 settings->output);
    return SOCLE_STATUS_CONFIG;
}

socle_status sc_predict_samples(sc_predict_input *out, const sc_predict_settings *settings,
                                const sc_net *net, const char *model) {
    sc_env *env = &settings->cli->env;
    SC_TRY(sc_predict_input_load(out, env, net, model, settings->input, settings->layout));
    return sc_model_run_inputs(out->dataset, env, settings->file, settings->files,
                               settings->layout);
}

socle_status sc_predict_check_inputs(const sc_predict_settings *settings, const sc_net *net) {
    sc_env *env = &settings->cli->env;
    for (int i = 0; i < settings->files; i++) {
        socle_status status = sc_recipe_has_input(env, net, settings->file[i].name);
        if (status != SOCLE_OK) return sc_fail_prefix(env, status, "--inputs");
    }
    return SOCLE_OK;
}

/* Outputs are classes where the loss compares rows of them, each of `rank` dimensions, with a
 * class. */
static bool has_classes(const sc_net *net, int rank) {
    const sc_loss_term *loss = sc_net_output_loss(net);
    return loss && (loss->kind->classes || loss->kind->shares) &&
           sc_net_desc(net, net->output)->rank == rank;
}

/* Of a text a model may say what comes behind each of its tokens; what comes behind the last one is
 * what is asked. */
static int64_t last_of(const sc_predict_settings *settings, const sc_net *net,
                       const sc_preparation *preparation) {
    const bool each = sc_preparation_made_of(preparation) == SC_MADE_OF_TEXT &&
                      preparation->tokens.each && has_classes(net, 3);
    return each && !settings->all ? sc_net_desc(net, net->output)->dim[2] : 0;
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

sc_prediction_form sc_predict_form(const sc_predict_settings *settings, const sc_net *net,
                                   const sc_preparation *preparation, const sc_folder *folder) {
    const sc_loss_term *loss = sc_net_output_loss(net);
    const int64_t last = last_of(settings, net, preparation);
    return (sc_prediction_form){.cli = settings->cli,
                                .probabilities = has_probabilities(loss),
                                .middle = middle_of(loss),
                                .preparation = preparation,
                                .file = folder->files > 1 ? folder->file : NULL,
                                .classes = last || has_classes(net, 2),
                                .last = last,
                                .all = settings->all,
                                .logits = settings->logits,
                                .draws = settings->draws > 0,
                                .way = settings->way};
}

/* Numbers that are not finite are in a file too. */
socle_status sc_predict_write(const sc_predict_settings *settings, sc_prediction_form *form,
                              socle_status (*write)(void *user, sc_prediction_form *form),
                              void *user) {
    if (!settings->output) return write(user, form);
    SC_TRY(sc_file_writer_open(&form->writer, &settings->cli->env, settings->output));
    socle_status status = write(user, form);
    bool whole = status == SOCLE_OK || status == SOCLE_STATUS_DIVERGED;
    if (!whole) sc_file_writer_abandon(form->writer);
    if (!whole) return status;
    socle_status committed = sc_file_writer_commit(form->writer);
    return status == SOCLE_OK ? committed : status;
}

socle_status sc_predict_check_outputs(sc_env *env, int64_t broken, int64_t samples) {
    if (!broken) return SOCLE_OK;
    return sc_fail(
        env, SOCLE_STATUS_DIVERGED,
        "%lld of %lld samples have outputs that are NaN or infinite; look for NaN in the "
        "weights and the data",
        (long long)broken, (long long)samples);
}
