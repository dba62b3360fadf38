/* SPDX-License-Identifier: Apache-2.0 */
/* See model_choice.h. */
#include "cli/model_choice.h"
#include "model/net_config.h"
#include "run/recipe_config.h"

#include <string.h>

enum { KEY_CONFIG = 512, KEY_RENAME };

error_t sc_cli_rename(sc_cli *cli, sc_rename *rules, int *count, char *text) {
    char *to = strchr(text, '=');
    if (!to)
        return sc_cli_usage(cli, "--rename: FROM=TO, as in 'features.0.*=conv2d1.*', not '%s'",
                            text);
    if (*count == SC_CLI_RENAMES)
        return sc_cli_usage(cli, "--rename: at most %d times", SC_CLI_RENAMES);
    *to = '\0';
    rules[*count] = (sc_rename){text, to + 1};
    if (sc_rename_check(&cli->env, &rules[*count]) != SOCLE_OK)
        return sc_cli_usage(cli, "--rename: %s", cli->env.text);
    (*count)++;
    return 0;
}

static error_t add_model(sc_model_choice *choice, const char *path) {
    const int most = choice->several ? SC_CLI_MODELS : 1;
    if (choice->models == most)
        return sc_cli_usage(choice->cli,
                            most == 1 ? "one model at a time: '%s' and '%s'"
                                      : "too many models: '%s' ... '%s'",
                            choice->model, path);
    if (!choice->models) choice->model = path;
    choice->every[choice->models++] = path;
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    sc_model_choice *choice = state->input;
    switch (key) {
    case 'm':
        return add_model(choice, arg);
    case KEY_CONFIG:
        choice->config = arg;
        return 0;
    case KEY_RENAME:
        return sc_cli_rename(choice->cli, choice->rule, &choice->rules, arg);
    case ARGP_KEY_END:
        if (choice->models > 1 && choice->config)
            return sc_cli_usage(choice->cli,
                                "--config: several models must each say their network");
        if (choice->rules && !choice->config)
            return sc_cli_usage(choice->cli,
                                "--rename goes with --config: a model file has its names");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"model", 'm', "FILE", 0,
     "The model, e.g. runs/NAME/model.safetensors; of eval and predict several, whose mean counts",
     1},
    {"config", KEY_CONFIG, "FILE", 0,
     "A configuration whose network FILE of -m holds the weights of, where it does not say so "
     "itself",
     1},
    {"rename", KEY_RENAME, "FROM=TO", 0,
     "With --config: what tensors FROM are called here, e.g. 'features.0.*=conv2d1.*'; may be "
     "repeated",
     1},
    {0},
};

const struct argp sc_model_choice_argp = {.options = options, .parser = parse};

/* A file that cannot be read is as good as a bad one. */
static socle_status as_data(socle_status status) {
    return status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO ? SOCLE_STATUS_DATA
                                                                         : status;
}

static sc_model_mapping mapping_of(const sc_model_choice *choice) {
    return (sc_model_mapping){.rule = choice->rule, .rules = (size_t)choice->rules};
}

/* The network of a table's configuration has with it how rows become samples, which is learnt of
 * its training data. */
static socle_status net_of_config(sc_net **out, sc_env *env, const sc_config *config,
                                  const sc_dataset *samples) {
    sc_dataset *own = NULL;
    bool asks = !samples &&
                (sc_recipe_prepares(config) || !json_object_get(sc_config_root(config), "inputs"));
    if (asks) SC_TRY(sc_recipe_data(&own, env, config, "train", NULL));
    socle_status status = sc_recipe_network(out, env, config, own ? own : samples);
    sc_dataset_destroy(own);
    return status;
}

static socle_status check_file(const sc_model_choice *choice, const sc_net *net) {
    sc_env *env = &choice->cli->env;
    sc_safetensors *file;
    sc_model_mapping mapping = mapping_of(choice);
    SC_TRY(as_data(sc_safetensors_open(&file, env, choice->model)));
    socle_status status = sc_model_check_parameters(env, file, net, &mapping);
    sc_safetensors_close(file);
    return status;
}

socle_status sc_model_choice_config(sc_config **out, const sc_model_choice *choice) {
    *out = NULL;
    return choice->config ? sc_recipe_load_config(out, &choice->cli->env, choice->config)
                          : SOCLE_OK;
}

socle_status sc_model_choice_net_of(sc_net **out, const sc_model_choice *choice,
                                    const sc_config *config, const sc_dataset *samples) {
    *out = NULL;
    if (!config) return as_data(sc_model_load_net(out, &choice->cli->env, choice->model));
    SC_TRY(net_of_config(out, &choice->cli->env, config, samples));
    socle_status status = check_file(choice, *out);
    if (status == SOCLE_OK) return status;
    sc_net_destroy(*out);
    *out = NULL;
    return status;
}

socle_status sc_model_choice_net(sc_net **out, const sc_model_choice *choice,
                                 const sc_dataset *samples) {
    sc_config *config;
    SC_TRY(sc_model_choice_config(&config, choice));
    socle_status status = sc_model_choice_net_of(out, choice, config, samples);
    sc_config_destroy(config);
    return status;
}

/* Whether a model file still describes the network that was read from it before. */
static socle_status check_same(sc_env *env, const sc_safetensors *file, const sc_net *before) {
    char *then = NULL, *now = NULL;
    sc_net *net;
    SC_TRY(sc_model_read_net(&net, env, file));
    net->output = before->output; /* which result is looked at is the command's */
    socle_status status = sc_net_text(&then, before);
    if (status == SOCLE_OK) status = sc_net_text(&now, net);
    if (status == SOCLE_OK && strcmp(then, now) != 0)
        status = sc_fail(env, SOCLE_STATUS_DATA,
                         "%s: was replaced by a model of another network while it was read; run "
                         "the command again",
                         sc_safetensors_path(file));
    sc_release(env, then);
    sc_release(env, now);
    sc_net_destroy(net);
    return status;
}

/* The file may have been replaced since its network was read: all parameters come from one opening,
 * and belong to that network. */
socle_status sc_model_choice_load(sc_env *env, const sc_model_choice *choice, const sc_net *net,
                                  sc_model_take take, void *user) {
    sc_model_mapping mapping = mapping_of(choice);
    sc_safetensors *file;
    SC_TRY(as_data(sc_safetensors_open(&file, env, choice->model)));
    socle_status status = choice->config ? SOCLE_OK : check_same(env, file, net);
    if (status == SOCLE_OK)
        status = as_data(sc_model_read_parameters(env, file, net, &mapping, take, user));
    sc_safetensors_close(file);
    return status;
}
