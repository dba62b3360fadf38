/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a part of the data that name the file of a column: whatever the table of columns
 * (data/column_kind.h) has of them. */
#include "data/column_kind.h"
#include "run/recipe_private.h"

static bool is_given(const sc_column_kind *kind, const json_t *part) {
    return kind->file && json_object_get(part, kind->key);
}

socle_status sc_recipe_add_columns(sc_dataset *dataset, sc_env *env, const sc_config *config,
                                   const json_t *part) {
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++) {
        char *path;
        if (!is_given(kind, part)) continue;
        SC_TRY(sc_config_get_paths(&path, config, part, kind->key));
        socle_status status = sc_dataset_add_idx_rows(dataset, env, kind->name, path);
        sc_release(env, path);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

socle_status sc_recipe_resolve_columns(json_t *out, sc_env *env, const sc_config *config,
                                       const json_t *part) {
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++) {
        char *path;
        if (!is_given(kind, part)) continue;
        SC_TRY(sc_config_get_paths(&path, config, part, kind->key));
        json_object_set_new(out, kind->key, sc_absolute_paths(path));
        sc_release(env, path);
    }
    return SOCLE_OK;
}
