/* SPDX-License-Identifier: Apache-2.0 */
/* `train.groups`: which parameters are moved in another way than the others. */
#include "model/net_config.h"
#include "run/recipe_private.h"
#include "train/updates.h"

#include <math.h>

#define AT(field) offsetof(sc_parameter_group, field)

static const sc_parameter_group standard = {SC_PARAMETER_GROUP_STANDARD};

static const sc_option options[] = {
    {"parameters", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE,
     "names of parameters, or patterns of such; a layer's name stands for all it has",
     .required = true, .least = 1, .most = SC_OPTION_MOST, .example = "[conv2d1, dense*.bias]"},
    {"frozen", SC_OPTION_BOOL, AT(frozen), "they keep their values", .example = "true"},
    {"optimizer", SC_OPTION_KIND, SC_OPTION_ELSEWHERE, "what moves them",
     .standard = "that of the run", .family = &sc_optimizer_family, .example = "{sgd: 0.01}"},
    {"rate", SC_OPTION_FLOAT, AT(rate), "a factor of the learning rate", 0, 1e6, .example = "0.1",
     .aliases = "lr_mult lr_factor"},
    {"weight_decay", SC_OPTION_DOUBLE, AT(decay), "the L2 penalty on their weights, not on biases",
     0, 1e6, .standard = "that of the run", .example = "0.0001"},
    {"l1", SC_OPTION_DOUBLE, AT(penalty.l1), "as in `train.penalty`, of their weights", 0, 1e6,
     .standard = "that of the run", .example = "0.001"},
    {"l2", SC_OPTION_DOUBLE, AT(penalty.l2), "as in `train.penalty`, of their weights", 0, 1e6,
     .standard = "that of the run", .example = "0.001"},
    {"biases", SC_OPTION_BOOL, AT(penalty.biases), "these penalties are of biases and scales too",
     .example = "true"},
};
const sc_record sc_recipe_group_record = {
    .word = "train.groups",
    .help = "Parameters that are moved in another way than the others. A parameter is in one group "
            "at most; what is in none is moved as the run says. What is frozen takes no memory for "
            "gradients and states; running statistics of batch normalisation go on.",
    .options = options,
    .count = sizeof options / sizeof options[0],
    .standard = &standard,
    .size = sizeof(sc_parameter_group),
};

/* One name, or a list of them. */
static socle_status read_patterns(const sc_recipe *recipe, sc_parameter_group *group,
                                  const json_t *names) {
    size_t count = json_is_array(names) ? json_array_size(names) : 1;
    SC_TRY(sc_allocate(recipe->env, &group->pattern, count, sizeof *group->pattern));
    for (size_t i = 0; i < count; i++)
        group->pattern[group->patterns++] =
            json_string_value(json_is_array(names) ? json_array_get(names, i) : names);
    return SOCLE_OK;
}

/* What is frozen is not moved in any way. */
static socle_status check_frozen(const sc_config *config, const sc_parameter_group *group,
                                 const json_t *item) {
    const char *key = group->optimizer.kind       ? "optimizer"
                      : group->rate != 1          ? "rate"
                      : !isnan(group->decay)      ? "weight_decay"
                      : !isnan(group->penalty.l1) ? "l1"
                      : !isnan(group->penalty.l2) ? "l2"
                                                  : NULL;
    if (!group->frozen || !key) return SOCLE_OK;
    return sc_config_fail(config, item, "frozen",
                          "what is frozen does not move: leave out 'frozen' or '%s'", key);
}

socle_status sc_recipe_read_groups(sc_recipe *recipe) {
    const sc_config *config = recipe->config;
    const json_t *list = sc_config_find(config, "train.groups");
    if (!list) return SOCLE_OK;
    SC_TRY(
        sc_allocate(recipe->env, &recipe->group, json_array_size(list) + 1, sizeof *recipe->group));
    recipe->fit.group = recipe->group;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        sc_parameter_group *group = &recipe->group[recipe->fit.groups++];
        sc_record_defaults(group, &sc_recipe_group_record);
        SC_TRY(sc_record_read(group, config, item, &sc_recipe_group_record));
        SC_TRY(sc_optimizer_read(&group->optimizer, config, item));
        SC_TRY(check_frozen(config, group, item));
        SC_TRY(read_patterns(recipe, group, json_object_get(item, "parameters")));
    }
    return SOCLE_OK;
}

/* FILE:LINE before what a network makes of the groups. */
static socle_status place_failure(const sc_recipe *recipe, int group, int pattern) {
    const sc_config *config = recipe->config;
    const json_t *list = sc_config_find(config, "train.groups"),
                 *item = json_array_get(list, (size_t)group),
                 *names = json_object_get(item, "parameters");
    const char *text = recipe->env->text;
    if (group < 0) return sc_config_fail(config, list, NULL, "%s", text);
    if (!json_is_array(names)) return sc_config_fail(config, item, "parameters", "%s", text);
    return sc_config_fail_item(config, names, (size_t)pattern, "%s", text);
}

socle_status sc_recipe_check_groups(const sc_recipe *recipe) {
    sc_updates updates;
    socle_status status = sc_updates_create(&updates, recipe->net, &recipe->fit);
    if (status == SOCLE_STATUS_CONFIG) return place_failure(recipe, updates.group, updates.pattern);
    if (status == SOCLE_OK) sc_updates_free(&updates);
    return status;
}

json_t *sc_recipe_resolve_groups(const sc_recipe *recipe) {
    json_t *list = json_array();
    for (int g = 0; g < recipe->fit.groups; g++) {
        const sc_parameter_group *group = &recipe->group[g];
        json_t *out = sc_record_value(group, &sc_recipe_group_record), *names = json_array();
        for (int i = 0; i < group->patterns; i++)
            json_array_append_new(names, json_string(group->pattern[i]));
        json_object_set_new(out, "parameters", names);
        if (group->optimizer.kind) {
            const sc_record *kind = &group->optimizer.kind->record;
            json_object_set_new(
                out, "optimizer",
                json_pack("{s: o}", kind->word, sc_record_value(&group->optimizer, kind)));
        }
        json_array_append_new(list, out);
    }
    return list;
}

void sc_recipe_free_groups(sc_recipe *recipe) {
    for (int g = 0; g < recipe->fit.groups; g++) sc_release(recipe->env, recipe->group[g].pattern);
    sc_release(recipe->env, recipe->group);
}
