/* SPDX-License-Identifier: Apache-2.0 */
/* See recipe_choice.h. */
#include "cli/recipe_choice.h"
#include "run/recipe_config.h"

enum { KEY_SET = 768 };

static error_t parse(int key, char *arg, struct argp_state *state) {
    sc_recipe_choice *choice = state->input;
    sc_cli *cli = choice->cli;
    switch (key) {
    case KEY_SET:
        if (choice->sets == SC_CLI_SETS)
            return sc_cli_usage(cli, "--set: at most %d times", SC_CLI_SETS);
        choice->set[choice->sets++] = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (choice->config)
            return sc_cli_usage(cli, "one configuration at a time: '%s' and '%s'", choice->config,
                                arg);
        choice->config = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        if (choice->optional) return 0;
        return sc_cli_usage(cli, "which configuration? %s CONFIG", cli->command);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"set", KEY_SET, "PATH=VALUE", 0,
     "Set one value of the configuration, e.g. optimizer.adam.lr=0.01; may be repeated", 1},
    {0}};

const struct argp sc_recipe_choice_argp = {.options = options, .parser = parse};

socle_status sc_recipe_choice_apply(const sc_recipe_choice *choice, sc_config *config) {
    for (int i = 0; i < choice->sets; i++) SC_TRY(sc_config_set(config, choice->set[i]));
    return SOCLE_OK;
}

socle_status sc_recipe_choice_config(sc_config **out, const sc_recipe_choice *choice) {
    *out = NULL;
    SC_TRY(sc_recipe_load_config(out, &choice->cli->env, choice->config));
    socle_status status = sc_recipe_choice_apply(choice, *out);
    if (status == SOCLE_OK) return status;
    sc_config_destroy(*out);
    *out = NULL;
    return status;
}

socle_status sc_recipe_choice_open(sc_config **config, sc_recipe *recipe,
                                   const sc_recipe_choice *choice) {
    *recipe = (sc_recipe){0};
    SC_TRY(sc_recipe_choice_config(config, choice));
    socle_status status = sc_recipe_open(recipe, &choice->cli->env, *config);
    if (status == SOCLE_OK) return status;
    sc_config_destroy(*config);
    *config = NULL;
    return status;
}
