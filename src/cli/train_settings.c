/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a run: the file, or that of the run to continue, with --set and the short
 * flags over it. */
#include "base/file.h"
#include "cli/cmd_train.h"
#include "io/config_hint.h"

#include <string.h>

enum { KEY_EPOCHS = 1280, KEY_BATCH, KEY_SEED, KEY_MEMORY, KEY_OVERWRITE, KEY_REPRODUCIBLE };

/* A flag that stands for one value of the configuration. */
static error_t integer_flag(sc_train_settings *settings, char out[64], const char *flag,
                            const char *key, const char *text, int64_t minimum, int64_t maximum) {
    int64_t value;
    error_t error = sc_cli_integer(settings->cli, &value, flag, text, minimum, maximum);
    if (!error) snprintf(out, 64, "%s=%lld", key, (long long)value);
    return error;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    sc_train_settings *settings = state->input;
    switch (key) {
    case KEY_EPOCHS:
        return integer_flag(settings, settings->epochs, "--epochs", "train.epochs", arg, 0,
                            INT32_MAX);
    case KEY_BATCH:
        return integer_flag(settings, settings->batch, "--batch", "train.batch", arg, 1, INT32_MAX);
    case KEY_SEED:
        return integer_flag(settings, settings->seed, "--seed", "train.seed", arg, 0, INT64_MAX);
    case KEY_MEMORY:
        return sc_cli_size(settings->cli, &settings->memory, "--memory", arg);
    case KEY_OVERWRITE:
        settings->overwrite = true;
        return 0;
    case KEY_REPRODUCIBLE:
        if (arg && strcmp(arg, "portable") != 0)
            return sc_cli_usage(settings->cli, "--reproducible=%s: the word is portable, or none",
                                arg);
        settings->reproducible = arg ? "train.reproducible=portable" : "train.reproducible=true";
        return 0;
    case 'o':
        settings->output = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"epochs", KEY_EPOCHS, "N", 0, "Epochs; short for --set train.epochs=N", 1},
    {"batch", KEY_BATCH, "N", 0, "Samples per step; short for --set train.batch=N", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of weights, order and dropout; short for --set train.seed=N",
     1},
    {"output", 'o', "DIR", 0, "Directory of the run (default: runs/NAME-DATE-TIME)", 2},
    {"overwrite", KEY_OVERWRITE, NULL, 0,
     "Replace the run that lies in the directory of -o; it stays in DIR/previous until the new one "
     "has its first model",
     2},
    {"reproducible", KEY_REPRODUCIBLE, "portable", OPTION_ARG_OPTIONAL,
     "The same bytes on one or several devices of one kind; with =portable on every device that "
     "can, and on any mixture of them; short for --set train.reproducible=true, or =portable",
     3},
    {"memory", KEY_MEMORY, "SIZE", 0, "Device memory to use at most, e.g. 2G", 3},
    {0},
};

const struct argp sc_train_run_argp = {.options = options, .parser = parse};

/* The resolved configuration that the checkpoint holds: config.json might have been edited. */
static socle_status load_from_run(sc_config **out, sc_env *env, const char *directory) {
    char *path, *text = NULL;
    SC_TRY(sc_run_file(&path, env, directory, SC_RUN_CHECKPOINT));
    socle_status status = sc_checkpoint_config(&text, env, path);
    if (status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    if (status == SOCLE_OK) status = sc_config_parse(out, env, path, text, strlen(text));
    if (status == SOCLE_OK) sc_config_describe(*out, &sc_recipe_record);
    if (status == SOCLE_STATUS_CONFIG)
        status = sc_fail_prefix(env, SOCLE_STATUS_DATA, "the checkpoint is damaged");
    sc_release(env, text);
    sc_release(env, path);
    return status;
}

socle_status sc_train_apply_flags(sc_config *config, const sc_train_settings *settings) {
    const char *const flags[] = {settings->epochs, settings->batch, settings->seed};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (*flags[i]) SC_TRY(sc_config_set(config, flags[i]));
    return settings->reproducible ? sc_config_set(config, settings->reproducible) : SOCLE_OK;
}

/* Nothing on the command line says what the run shall be. */
static bool is_as_saved(const sc_train_settings *settings) {
    return settings->resume && !settings->choice.config && !settings->choice.sets &&
           !settings->epochs[0] && !settings->batch[0] && !settings->seed[0] &&
           !settings->renames && !settings->reproducible;
}

socle_status sc_train_judge_config(const sc_train_settings *settings, socle_status status) {
    if (status != SOCLE_STATUS_CONFIG || !is_as_saved(settings)) return status;
    return sc_fail_prefix(&settings->cli->env, SOCLE_STATUS_DATA, "the checkpoint is damaged");
}

socle_status sc_train_load_config(sc_config **out, const sc_train_settings *settings) {
    sc_env *env = &settings->cli->env;
    *out = NULL;
    const sc_recipe_choice *choice = &settings->choice;
    socle_status status = SOCLE_OK;
    if (choice->config) {
        SC_TRY(sc_recipe_choice_config(out, choice));
    } else {
        SC_TRY(load_from_run(out, env, settings->resume));
        status = sc_recipe_choice_apply(choice, *out);
    }
    if (status == SOCLE_OK) status = sc_train_apply_flags(*out, settings);
    if (status == SOCLE_OK) return status;
    sc_config_destroy(*out);
    *out = NULL;
    return status;
}
