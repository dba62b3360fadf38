/* SPDX-License-Identifier: Apache-2.0 */
/* `train.init_from`: weights to begin with, from a file that this program or another wrote. */
#include "train/recipe_private.h"

static const char init_key[] = "init_from";

static socle_status fail_rule(sc_recipe *recipe, const json_t *names, const char *from) {
    return sc_config_fail(recipe->config, names, from, "%s", recipe->env->text);
}

/* {FROM: TO, ...}, in the order of the file. */
static socle_status read_rules(sc_recipe *recipe, const json_t *section) {
    const json_t *names = NULL;
    const char *from;
    json_t *to;
    SC_TRY(sc_config_get_object(&names, recipe->config, section, "rename"));
    json_object_foreach((json_t *)names, from, to) {
        if (!json_is_string(to))
            return sc_config_fail(recipe->config, names, from,
                                  "must be the name of a parameter: {features.0.*: conv2d1.*}");
        socle_status status =
            sc_recipe_add_rename(recipe, (sc_rename){from, json_string_value(to)});
        if (status == SOCLE_STATUS_CONFIG) return fail_rule(recipe, names, from);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

socle_status sc_recipe_read_init(sc_recipe *recipe, const json_t *train) {
    const sc_config *config = recipe->config;
    const json_t *section = NULL;
    if (json_is_string(json_object_get(train, init_key)))
        return sc_config_get_path(&recipe->init_file, config, train, init_key);
    SC_TRY(sc_config_get_object(&section, config, train, init_key));
    if (!section) return SOCLE_OK;
    SC_TRY(sc_recipe_check_keys(config, section, SC_RECIPE_INIT));
    SC_TRY(sc_config_require(config, section, "file"));
    SC_TRY(sc_config_get_path(&recipe->init_file, config, section, "file"));
    SC_TRY(sc_config_get_boolean(&recipe->init.partial, config, section, "partial"));
    return read_rules(recipe, section);
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

json_t *sc_recipe_resolve_init(const sc_recipe *recipe) {
    json_t *section = json_object(), *names = json_object();
    json_object_set_new(section, "file", sc_recipe_absolute(recipe->init_file));
    for (size_t r = 0; r < recipe->init.rules; r++)
        json_object_set_new(names, recipe->rename[r].from, json_string(recipe->rename[r].to));
    json_object_set_new(section, "rename", names);
    json_object_set_new(section, "partial", json_boolean(recipe->init.partial));
    return section;
}
