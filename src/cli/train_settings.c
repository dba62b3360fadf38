/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a run: the file, or that of the run to continue, with --set and the short
 * flags over it. */
#include "base/file.h"
#include "cli/cmd_train.h"

#include <string.h>

/* The resolved configuration that the checkpoint holds: config.json might have been edited. */
static socle_status load_from_run(sc_config **out, sc_env *env, const char *directory) {
    char *path, *text = NULL;
    SC_TRY(sc_run_file(&path, env, directory, SC_RUN_CHECKPOINT));
    socle_status status = sc_checkpoint_config(&text, env, path);
    if (status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    if (status == SOCLE_OK) status = sc_config_parse(out, env, path, text, strlen(text));
    if (status == SOCLE_STATUS_CONFIG)
        status = sc_fail_prefix(env, SOCLE_STATUS_DATA, "the checkpoint is damaged");
    sc_release(env, text);
    sc_release(env, path);
    return status;
}

static socle_status apply_flags(sc_config *config, const sc_train_settings *settings) {
    const char *const flags[] = {settings->epochs, settings->batch, settings->seed};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (*flags[i]) SC_TRY(sc_config_set(config, flags[i]));
    return settings->reproducible ? sc_config_set(config, "train.reproducible=true") : SOCLE_OK;
}

/* Nothing on the command line says what the run shall be. */
static bool is_as_saved(const sc_train_settings *settings) {
    return !settings->choice.config && !settings->choice.sets && !settings->epochs[0] &&
           !settings->batch[0] && !settings->seed[0] && !settings->renames &&
           !settings->reproducible;
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
    if (status == SOCLE_OK) status = apply_flags(*out, settings);
    if (status == SOCLE_OK) return status;
    sc_config_destroy(*out);
    *out = NULL;
    return status;
}
