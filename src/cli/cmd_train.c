/* SPDX-License-Identifier: Apache-2.0 */
/* `socle train`: from a command line to a run: configuration, data, device, and the job on the
 * device's thread. */
#include "cli/cmd_train.h"
#include "base/thread_pool.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_PROFILE = 256, KEY_RESUME, KEY_RENAME };

/* A profile is written at the end; its folder must be there before hours of training. */
static error_t set_profile(sc_train_settings *settings, const char *path) {
    const char *slash = strrchr(path, '/');
    struct stat info;
    char folder[4096];
    int length = slash ? (int)(slash - path) + 1 : 1;
    if (!*path || (slash && !slash[1]))
        return sc_cli_usage(settings->cli, "--profile: '%s' names no file", path);
    if (length >= (int)sizeof folder)
        return sc_cli_usage(settings->cli, "--profile: the name of the file is too long");
    snprintf(folder, sizeof folder, "%.*s", length, slash ? path : ".");
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return sc_cli_usage(settings->cli, "--profile: there is no folder %s", folder);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return sc_cli_usage(settings->cli, "--profile: %s is a folder: name a file", path);
    settings->profile = path;
    return 0;
}

static error_t check_settings(const sc_train_settings *settings) {
    if (!settings->choice.config && !settings->resume)
        return sc_cli_usage(settings->cli,
                            "which configuration? socle train CONFIG, or socle train --resume DIR");
    if (settings->overwrite && !settings->output)
        return sc_cli_usage(settings->cli, "--overwrite: which run? name its directory with -o");
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    sc_train_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = settings;
        state->child_inputs[1] = &settings->choice;
        return 0;
    case KEY_PROFILE:
        return set_profile(settings, arg);
    case KEY_RESUME:
        settings->resume = arg;
        return 0;
    case KEY_RENAME:
        return sc_cli_rename(settings->cli, settings->rename, &settings->renames, arg);
    case ARGP_KEY_END:
        return check_settings(settings);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"rename", KEY_RENAME, "FROM=TO", 0,
     "What tensors FROM in the file of train.init_from are called here, e.g. "
     "'features.0.*=conv2d1.*'; may be repeated",
     1},
    {"resume", KEY_RESUME, "DIR", 0,
     "Continue the run in DIR from its checkpoint; CONFIG may then be left out", 2},
    {"profile", KEY_PROFILE, "FILE", 0,
     "Write the time of each launch of the training step, as JSON", 3},
    {0},
};

static const struct argp_child children[] = {{&sc_train_run_argp, 0, NULL, 0},
                                             {&sc_recipe_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_train_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc =
        "Trains the network of a configuration (YAML or JSON, - for standard input) and writes a "
        "run directory: config.json, "
        "metrics.jsonl, metrics.csv, model.safetensors (best), checkpoint.safetensors, env.json.\v"
        "SIGINT, SIGTERM, SIGHUP or SIGXCPU ends the run after the current step and saves a "
        "checkpoint; a second SIGINT or SIGTERM ends it at once. SIGUSR1 saves a checkpoint and "
        "lets the run go on.",
    .children = children};

static socle_status run_on_devices(sc_train_session *session) {
    sc_cli *cli = session->cli;
    sc_fleet_device *device;
    int count;
    SC_TRY(sc_cli_open_workers(cli, &device, &count, session->settings->profile != NULL));
    socle_status status = sc_train_on(session, device, count);
    sc_cli_close_workers(cli, device, count);
    return status;
}

static socle_status add_renames(sc_recipe *recipe, const sc_train_settings *settings) {
    if (settings->renames && !recipe->init_file)
        return sc_fail(recipe->env, SOCLE_STATUS_CONFIG,
                       "--rename: there is no file of weights: train: {init_from: FILE}");
    for (int i = 0; i < settings->renames; i++)
        SC_TRY(sc_recipe_add_rename(recipe, settings->rename[i]));
    return SOCLE_OK;
}

static socle_status run_recipe(sc_train_session *session, const sc_config *config) {
    sc_cli *cli = session->cli;
    sc_recipe recipe;
    sc_identity identity = {0};
    socle_status status = sc_recipe_read(&recipe, &cli->env, config);
    if (status != SOCLE_OK) return sc_train_judge_config(session->settings, status);
    session->recipe = &recipe;
    session->identity = &identity;
    status = sc_recipe_load(&recipe);
    if (status == SOCLE_OK) status = add_renames(&recipe, session->settings);
    if (status == SOCLE_OK) status = sc_recipe_build(&recipe);
    status = sc_train_judge_config(session->settings, status);
    if (status == SOCLE_OK) status = sc_identity_create(&identity, &recipe);
    if (status == SOCLE_OK) status = run_on_devices(session);
    sc_identity_free(&identity, &cli->env);
    if (!cli->hangs) sc_recipe_free(&recipe);
    return status;
}

socle_status sc_train_run(const sc_train_settings *settings, const char *label, sc_train_load load,
                          const void *user) {
    sc_cli *cli = settings->cli;
    sc_train_session session = {.cli = cli, .settings = settings, .opened = sc_now_ns()};
    sc_config *config;
    sc_signals_prepare();
    signal(SIGXFSZ, SIG_IGN);         /* a file that may not grow fails like a full disk */
    SC_TRY(sc_train_claim(&session)); /* before anything of it is read */
    socle_status status = load(&config, user);
    if (status == SOCLE_OK) {
        session.label = label ? label : sc_config_label(config);
        status = run_recipe(&session, config);
        sc_config_destroy(config);
    }
    sc_release(&cli->env, session.curve);
    sc_directory_release(session.place);
    return status;
}

static socle_status load(sc_config **out, const void *settings) {
    return sc_train_load_config(out, settings);
}

socle_status sc_train_command(sc_cli *cli, int argc, char **argv) {
    sc_train_settings settings = {.cli = cli, .choice = {.cli = cli, .optional = true}};
    SC_TRY(sc_cli_parse(cli, &sc_train_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    return sc_train_run(&settings, settings.choice.config ? NULL : "run", load, &settings);
}
