/* SPDX-License-Identifier: Apache-2.0 */
/* The `data` section: files to data sets, and whether a data set suits a network. */
#include "data/idx.h"
#include "nn/layer.h"
#include "train/recipe_private.h"
#include "train/targets.h"
#include "train/weights.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const part_words[] = {"train", "test"};

socle_status sc_recipe_find_part(const json_t **part, const sc_config *config, const char *name) {
    const json_t *data = NULL;
    *part = NULL;
    SC_TRY(sc_config_get_object(&data, config, sc_config_root(config), "data"));
    return data ? sc_config_get_object(part, config, data, name) : SOCLE_OK;
}

static socle_status read_layout(sc_image_layout *out, const sc_config *config) {
    static const char *const words[] = {"nchw", "nhwc"};
    const json_t *data = NULL;
    int choice = -1;
    SC_TRY(sc_config_get_object(&data, config, sc_config_root(config), "data"));
    SC_TRY(sc_config_get_choice(&choice, config, data, "layout", words, COUNT(words)));
    *out = choice < 0 ? SC_IMAGES_ASK : choice ? SC_IMAGES_NHWC : SC_IMAGES_NCHW;
    return SOCLE_OK;
}

socle_status sc_recipe_check_data_keys(const sc_config *config) {
    const json_t *data = NULL, *part;
    double scale;
    sc_image_layout layout;
    SC_TRY(sc_config_get_object(&data, config, sc_config_root(config), "data"));
    if (!data) return SOCLE_OK;
    SC_TRY(sc_recipe_check_keys(config, data, SC_RECIPE_DATA));
    SC_TRY(sc_config_get_number(&scale, config, data, "scale", -1e30, 1e30));
    SC_TRY(read_layout(&layout, config));
    for (size_t i = 0; i < COUNT(part_words); i++) {
        int64_t limit;
        SC_TRY(sc_recipe_find_part(&part, config, part_words[i]));
        if (!part) continue;
        SC_TRY(sc_recipe_check_keys(config, part, SC_RECIPE_PART));
        SC_TRY(sc_config_require(config, part, "images"));
        SC_TRY(sc_config_require(config, part, "labels"));
        SC_TRY(sc_config_get_integer(&limit, config, part, "limit", 1, UINT32_MAX));
        SC_TRY(sc_recipe_check_class_weights(config, part));
    }
    return SOCLE_OK;
}

static void release_whole(void *user, const void *data) {
    (void)data;
    sc_dataset_destroy(user);
}

/* The first `limit` samples of *dataset, which the new one owns. */
static socle_status cut(sc_dataset **dataset, sc_env *env, int64_t limit) {
    sc_dataset *whole = *dataset, *part;
    if (limit >= sc_dataset_count(whole)) return SOCLE_OK;
    SC_TRY(sc_dataset_create(&part, env, sc_dataset_label(whole), limit));
    for (int c = sc_dataset_columns(whole) - 1; c >= 0; c--) {
        const sc_column *column = sc_dataset_column(whole, c);
        socle_status status =
            sc_dataset_add_borrowed(part, column->name, column->dtype, &column->shape, column->data,
                                    c ? NULL : release_whole, whole);
        if (status == SOCLE_OK) continue;
        sc_dataset_destroy(part);
        return status;
    }
    *dataset = part;
    for (int c = 0; c < sc_dataset_columns(whole); c++)
        SC_TRY(sc_dataset_set_source(part, sc_dataset_column(whole, c)->name,
                                     sc_dataset_source(whole, c)));
    return SOCLE_OK;
}

static socle_status load_files(sc_dataset **out, sc_env *env, const char *images,
                               const char *labels, int64_t limit, sc_image_layout layout) {
    SC_TRY(sc_dataset_from_images(out, env, images, labels, layout));
    socle_status status = cut(out, env, limit);
    if (status == SOCLE_OK) return status;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}

socle_status sc_recipe_data(sc_dataset **out, sc_env *env, const sc_config *config,
                            const char *part_name) {
    const json_t *part;
    char *images = NULL, *labels = NULL;
    int64_t limit = INT64_MAX;
    sc_image_layout layout = SC_IMAGES_ASK;
    *out = NULL;
    SC_TRY(read_layout(&layout, config));
    SC_TRY(sc_recipe_find_part(&part, config, part_name));
    if (!part) return SOCLE_OK;
    SC_TRY(sc_config_require(config, part, "images"));
    SC_TRY(sc_config_require(config, part, "labels"));
    SC_TRY(sc_config_get_integer(&limit, config, part, "limit", 1, UINT32_MAX));
    SC_TRY(sc_config_get_path(&images, config, part, "images"));
    socle_status status = sc_config_get_path(&labels, config, part, "labels");
    if (status == SOCLE_OK) {
        status = load_files(out, env, images, labels, limit, layout);
        if (status != SOCLE_OK && status != SOCLE_STATUS_OUT_OF_MEMORY)
            status = sc_fail_prefix(env, SOCLE_STATUS_DATA, "data.%s", part_name);
        if (status == SOCLE_OK) status = sc_recipe_add_class_weights(*out, config, part);
    }
    if (status != SOCLE_OK) {
        sc_dataset_destroy(*out);
        *out = NULL;
    }
    sc_release(env, images);
    sc_release(env, labels);
    return status;
}

static bool same_shape(const sc_column *column, const sc_tensor_desc *desc) {
    if (column->shape.rank != desc->rank - 1) return false;
    for (int d = 0; d < column->shape.rank; d++)
        if (column->shape.size[d] != desc->dim[d + 1]) return false;
    return true;
}

static void column_text(char *out, size_t size, const sc_column *column) {
    int64_t dim[SC_MAX_RANK] = {0};
    for (int d = 0; d < column->shape.rank; d++) dim[d] = column->shape.size[d];
    sc_tensor_desc desc = sc_tensor_make((int)column->dtype, false, column->shape.rank, dim);
    sc_tensor_text(out, size, &desc);
}

static socle_status input_suits(sc_env *env, const sc_net *net, int number,
                                const sc_dataset *dataset) {
    const char *name = net->input[number].name;
    const sc_tensor_desc *desc = &net->input[number].desc;
    const sc_column *column = sc_dataset_column(dataset, sc_dataset_find(dataset, name));
    if (!column)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: the network reads an input '%s', which these data do not have",
                       sc_dataset_label(dataset), name);
    if ((int)column->dtype == (int)desc->dtype && same_shape(column, desc)) return SOCLE_OK;
    char have[96], want[96];
    sc_tensor_desc sample = sc_tensor_make(desc->dtype, false, desc->rank - 1, desc->dim + 1);
    column_text(have, sizeof have, column);
    sc_tensor_text(want, sizeof want, &sample);
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: a sample is %s, the network's input '%s' is %s",
                   sc_dataset_label(dataset), have, name, want);
}

socle_status sc_recipe_suits(sc_env *env, const sc_net *net, const sc_dataset *dataset,
                             bool targets) {
    for (int i = 0; i < net->inputs; i++) SC_TRY(input_suits(env, net, i, dataset));
    if (!targets || !net->loss) return SOCLE_OK;
    SC_TRY(sc_targets_suit(env, net, dataset));
    return sc_weights_has(net, dataset) ? sc_dataset_check_weights(dataset) : SOCLE_OK;
}

json_t *sc_recipe_absolute(const char *path) {
    char folder[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] == '/' || !getcwd(folder, sizeof folder)) return json_string(path);
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    return json_string(whole);
}

static socle_status resolve_part(json_t *part, sc_env *env, const sc_config *config,
                                 const char *name) {
    static const char *const paths[] = {"images", "labels"};
    const json_t *from;
    SC_TRY(sc_recipe_find_part(&from, config, name));
    for (size_t i = 0; i < COUNT(paths); i++) {
        char *path;
        SC_TRY(sc_config_get_path(&path, config, from, paths[i]));
        if (path) json_object_set_new(part, paths[i], sc_recipe_absolute(path));
        sc_release(env, path);
    }
    return SOCLE_OK;
}

socle_status sc_recipe_resolve_data(json_t **out, sc_env *env, const sc_config *config) {
    *out = json_deep_copy(json_object_get(sc_config_root(config), "data"));
    for (size_t i = 0; i < COUNT(part_words) && *out; i++) {
        json_t *part = json_object_get(*out, part_words[i]);
        socle_status status = part ? resolve_part(part, env, config, part_words[i]) : SOCLE_OK;
        if (status == SOCLE_OK) continue;
        json_decref(*out);
        *out = NULL;
        return status;
    }
    return SOCLE_OK;
}
