/* SPDX-License-Identifier: Apache-2.0 */
/* `socle update -m MODEL --data NEW`: goes on training a model with new data alone. It is a run
 * like others: of the model's configuration with other data, which begins with the model's weights.
 */
#include "base/file.h"
#include "cli/cmd_train.h"
#include "model/model.h"
#include "run/recipe_config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_DATA = 256 };

typedef struct update_settings {
    sc_cli *cli;
    sc_train_settings train; /* no configuration: that of the model's run */
    const char *model, *data;
} update_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    update_settings *settings = state->input;
    sc_cli *cli = settings->cli;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, cli);
        state->child_inputs[0] = &settings->train;
        state->child_inputs[1] = &settings->train.choice;
        return 0;
    case 'm':
        settings->model = arg;
        return 0;
    case KEY_DATA:
        settings->data = arg;
        return 0;
    case ARGP_KEY_END:
        if (!settings->model) return sc_cli_usage(cli, "which model? -m MODEL");
        if (!settings->data) return sc_cli_usage(cli, "which data? --data NEW");
        return settings->train.overwrite && !settings->train.output
                   ? sc_cli_usage(cli, "--overwrite: which run? name its directory with -o")
                   : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"model", 'm', "FILE", 0, "The model: the directory of a run, or a model file", 1},
    {"data", KEY_DATA, "FILE", 0,
     "The new data: a configuration, whose data section is used; or a CSV file, where the model "
     "learnt from a table",
     1},
    {0},
};

static const struct argp_child children[] = {{&sc_train_run_argp, 0, NULL, 0},
                                             {&sc_recipe_choice_argp, 0, NULL, 0},
                                             {&sc_cli_device_argp, 0, NULL, 0},
                                             {&sc_cli_common_argp, 0, NULL, 0},
                                             {0}};

const struct argp sc_update_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[CONFIG]",
    .doc = "Goes on training a model with new data alone, and writes a run of its own. Network, "
           "loss, optimizer and all other settings are those of CONFIG, or of the run that the "
           "model lies in; --set and the short flags change them. Rows of a table, pictures and "
           "texts become samples as they did for the model: nothing is learnt of columns, classes "
           "or words anew.",
    .children = children};

static bool is_directory(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_config(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

/* The folder that a model file lies in. */
static socle_status folder_of(char **out, sc_env *env, const char *file) {
    const char *slash = strrchr(file, '/');
    SC_TRY(sc_copy_string(env, out, slash ? file : "."));
    if (slash) (*out)[slash == file ? 1 : slash - file] = '\0';
    return SOCLE_OK;
}

/* The model file, and the configuration of the run that it lies in. */
static socle_status find_files(char **model, char **config, const update_settings *settings) {
    sc_env *env = &settings->cli->env;
    char *folder;
    if (is_directory(settings->model)) {
        SC_TRY(sc_run_file(model, env, settings->model, SC_RUN_MODEL));
        return sc_run_file(config, env, settings->model, SC_RUN_CONFIG);
    }
    SC_TRY(sc_copy_string(env, model, settings->model));
    SC_TRY(folder_of(&folder, env, settings->model));
    socle_status status = sc_run_file(config, env, folder, SC_RUN_CONFIG);
    sc_release(env, folder);
    return status;
}

static socle_status load_base(sc_config **out, const update_settings *settings, const char *path) {
    const char *given = settings->train.choice.config;
    sc_env *env = &settings->cli->env;
    socle_status status = sc_config_load(out, env, given ? given : path);
    if (!given && status == SOCLE_STATUS_NOT_FOUND)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s: lies in no directory of a run; say how it is trained: socle update -m "
                       "MODEL --data NEW CONFIG",
                       settings->model);
    return status == SOCLE_OK || status == SOCLE_STATUS_OUT_OF_MEMORY ? status
                                                                      : SOCLE_STATUS_CONFIG;
}

/* The data section of a configuration, with paths from anywhere. */
static socle_status data_of_config(json_t **out, sc_env *env, const char *path) {
    sc_config *config;
    socle_status status = sc_config_load(&config, env, path);
    if (status != SOCLE_OK)
        return status == SOCLE_STATUS_OUT_OF_MEMORY ? status : SOCLE_STATUS_CONFIG;
    status = sc_config_require(config, sc_config_root(config), "data");
    if (status == SOCLE_OK) status = sc_recipe_resolve_data(out, env, config);
    sc_config_destroy(config);
    return status;
}

/* Other rows of the table that the model learnt from. */
static socle_status data_of_table(json_t **out, sc_env *env, const sc_config *base,
                                  const char *path) {
    json_t *train = NULL;
    SC_TRY(sc_recipe_resolve_data(out, env, base));
    train = json_object_get(*out, "train");
    if (json_object_get(train, "csv")) {
        json_object_del(*out, "test");
        json_object_del(train, "limit");
        json_object_set_new(train, "csv", sc_absolute_path(path));
        return SOCLE_OK;
    }
    json_decref(*out);
    *out = NULL;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "--data: %s is no configuration (.yaml, .yml, .json), and the model did not "
                   "learn from a table; name a configuration whose data section is used",
                   path);
}

/* The new data and the first weights, in the place of those that were. What the model learnt of
 * samples, numbers of classes and of words among it, holds for the new ones. */
static socle_status put_in(sc_config *config, const update_settings *settings, const char *model) {
    sc_env *env = &settings->cli->env;
    json_t *root = sc_config_root(config), *data, *train = json_object_get(root, "train");
    bool learnt;
    SC_TRY(is_config(settings->data) ? data_of_config(&data, env, settings->data)
                                     : data_of_table(&data, env, config, settings->data));
    const bool table = json_object_get(json_object_get(data, "train"), "csv") != NULL;
    bool done = json_object_set_new(root, "data", data) == 0;
    socle_status status = sc_model_has_preparation(&learnt, env, model);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    SC_TRY(status);
    json_t *init = json_pack("{s: o, s: b}", "file", sc_absolute_path(model), "preparation",
                             table || (learnt && sc_recipe_prepares(config)));
    if (!train) {
        train = json_object();
        done &= json_object_set_new(root, "train", train) == 0;
    }
    done &= json_object_set_new(train, "init_from", init) == 0;
    return done ? SOCLE_OK
                : sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for the configuration");
}

static socle_status load(sc_config **out, const void *user) {
    const update_settings *settings = user;
    sc_env *env = &settings->cli->env;
    char *model = NULL, *path = NULL;
    *out = NULL;
    socle_status status = find_files(&model, &path, settings);
    if (status == SOCLE_OK) status = load_base(out, settings, path);
    if (status == SOCLE_OK) status = put_in(*out, settings, model);
    if (status == SOCLE_OK) status = sc_recipe_choice_apply(&settings->train.choice, *out);
    if (status == SOCLE_OK) status = sc_train_apply_flags(*out, &settings->train);
    sc_release(env, model);
    sc_release(env, path);
    if (status == SOCLE_OK) return status;
    sc_config_destroy(*out);
    *out = NULL;
    return status;
}

/* Before anything is made: a model that is not there is bad data, whatever lies around it. */
static socle_status check_model(const update_settings *settings) {
    struct stat info;
    if (stat(settings->model, &info) == 0) return SOCLE_OK;
    return sc_fail(&settings->cli->env, SOCLE_STATUS_DATA, "%s: there is no such run or model: %s",
                   settings->model, strerror(errno));
}

socle_status sc_update_command(sc_cli *cli, int argc, char **argv) {
    update_settings settings = {.cli = cli,
                                .train = {.cli = cli, .choice = {.cli = cli, .optional = true}}};
    SC_TRY(sc_cli_parse(cli, &sc_update_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(check_model(&settings));
    return sc_train_run(&settings.train, "update", load, &settings);
}
