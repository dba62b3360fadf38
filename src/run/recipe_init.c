/* SPDX-License-Identifier: Apache-2.0 */
/* `train.init_from`: weights to begin with, from a file that this program or another wrote. */
#include "run/recipe_private.h"

/* {FROM: TO, ...}, in the order of the file. */
socle_status sc_recipe_read_rename(sc_recipe *recipe) {
    const json_t *names = sc_config_find(recipe->config, "train.init_from.rename");
    const char *from;
    json_t *to;
    json_object_foreach((json_t *)names, from, to) {
        socle_status status =
            sc_recipe_add_rename(recipe, (sc_rename){from, json_string_value(to)});
        if (status == SOCLE_STATUS_CONFIG)
            return sc_config_fail(recipe->config, names, from, "%s", recipe->env->text);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

socle_status sc_recipe_add_rename(sc_recipe *recipe, sc_rename rule) {
    SC_TRY(sc_rename_check(recipe->env, &rule));
    SC_TRY(sc_grow(recipe->env, &recipe->rename, &recipe->rename_capacity, recipe->init.rules + 1,
                   sizeof *recipe->rename));
    recipe->rename[recipe->init.rules++] = rule;
    recipe->init.rule = recipe->rename;
    return SOCLE_OK;
}

static socle_status take(void *user, int parameter, const float *data) {
    return sc_fleet_write(sc_trainer_fleet(user), parameter, -1, data);
}

socle_status sc_recipe_initialize(const sc_recipe *recipe, sc_trainer *trainer) {
    if (!recipe->init_file) return SOCLE_OK;
    socle_status status = sc_model_load_parameters(recipe->env, recipe->init_file, recipe->net,
                                                   &recipe->init, take, trainer);
    if (status == SOCLE_OK || status == SOCLE_STATUS_OUT_OF_MEMORY || sc_fleet_is_loss(status))
        return status;
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    return sc_fail_prefix(recipe->env, status, "train.init_from");
}

json_t *sc_recipe_resolve_rename(const sc_recipe *recipe) {
    json_t *names = json_object();
    for (size_t r = 0; r < recipe->init.rules; r++)
        json_object_set_new(names, recipe->rename[r].from, json_string(recipe->rename[r].to));
    return names;
}
