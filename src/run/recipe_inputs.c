/* SPDX-License-Identifier: Apache-2.0 */
/* `inputs` of a part of the data: a file for each input of the network beside the images, which
 * becomes a column of that name. */
#include "data/column_kind.h"
#include "io/quote.h"
#include "model/net_config.h"
#include "run/recipe_private.h"

#include <string.h>

static const char key[] = "inputs";

socle_status sc_recipe_check_inputs(const sc_config *config, const json_t *part) {
    const json_t *inputs = NULL;
    const char *name;
    json_t *file;
    SC_TRY(sc_config_get_object(&inputs, config, part, key));
    json_object_foreach((json_t *)inputs, name, file) {
        const sc_column_kind *kind = sc_column_kind_find(name);
        if (kind)
            return sc_config_fail(
                config, inputs, name,
                "is the column of `%s`, and no further input: choose another name", kind->key);
        if (json_string_length(file) == 0)
            return sc_config_fail(config, inputs, name, "must be the name of a file, not empty");
    }
    return SOCLE_OK;
}

socle_status sc_recipe_add_inputs(sc_dataset *dataset, sc_env *env, const sc_config *config,
                                  const json_t *part, sc_image_layout layout) {
    const json_t *inputs = json_object_get(part, key);
    const char *name;
    json_t *file;
    json_object_foreach((json_t *)inputs, name, file) {
        char *path;
        SC_TRY(sc_config_get_path(&path, config, inputs, name));
        socle_status status = sc_dataset_add_idx(dataset, env, name, path, layout);
        sc_release(env, path);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

socle_status sc_recipe_resolve_inputs(json_t *out, sc_env *env, const sc_config *config,
                                      const json_t *part) {
    const json_t *inputs = json_object_get(part, key);
    const char *name;
    json_t *file;
    if (!inputs) return SOCLE_OK;
    json_t *files = json_object();
    json_object_set_new(out, key, files);
    json_object_foreach((json_t *)inputs, name, file) {
        char *path;
        SC_TRY(sc_config_get_path(&path, config, inputs, name));
        json_object_set_new(files, name, sc_absolute_path(path));
        sc_release(env, path);
    }
    return SOCLE_OK;
}

void sc_recipe_inputs_of_net(sc_net *net, const sc_dataset *samples) {
    for (int c = 0; c < sc_dataset_columns(samples); c++) {
        const sc_column *column = sc_dataset_column(samples, c);
        if (!sc_column_kind_find(column->name))
            sc_net_input(net, column->name, (int)column->dtype, &column->shape, 1.0f);
    }
}

static void add_names(sc_text *names, const sc_net *net) {
    for (int i = 0; i < net->inputs; i++)
        sc_text_add(names, "%s%s", i ? ", " : "", net->input[i].name);
}

socle_status sc_recipe_has_input(sc_env *env, const sc_net *net, const char *name) {
    sc_text names;
    for (int i = 0; i < net->inputs; i++)
        if (strcmp(net->input[i].name, name) == 0) return SOCLE_OK;
    sc_text_init(&names, env);
    add_names(&names, net);
    socle_status status = names.status;
    if (status == SOCLE_OK)
        status = sc_fail(env, SOCLE_STATUS_CONFIG, "the network has no input '%s'; it reads %s",
                         sc_quote(name).text, names.data);
    sc_text_free(&names);
    return status;
}

socle_status sc_recipe_suits_inputs(const sc_config *config, const char *part_name,
                                    const sc_net *net) {
    const json_t *part, *inputs = NULL;
    const char *name;
    json_t *file;
    SC_TRY(sc_recipe_find_part(&part, config, part_name));
    SC_TRY(sc_config_get_object(&inputs, config, part, key));
    json_object_foreach((json_t *)inputs, name, file) {
        socle_status status = sc_recipe_has_input(net->env, net, name);
        if (status == SOCLE_STATUS_CONFIG)
            return sc_config_fail(config, inputs, name, "%s", net->env->text);
        SC_TRY(status);
    }
    return SOCLE_OK;
}
