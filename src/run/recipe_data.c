/* SPDX-License-Identifier: Apache-2.0 */
/* The `data` section: files to data sets, and whether a data set suits a network. */
#include "nn/layer.h"
#include "run/readers.h"
#include "run/recipe_config.h"
#include "train/columns.h"
#include "train/targets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const part_words[] = {"train", "validation", "test"};

socle_status sc_recipe_find_part(const json_t **part, const sc_config *config, const char *name) {
    const json_t *data = NULL;
    *part = NULL;
    SC_TRY(sc_config_get_object(&data, config, sc_config_root(config), "data"));
    return data ? sc_config_get_object(part, config, data, name) : SOCLE_OK;
}

socle_status sc_recipe_read_files(sc_recipe_files *out, const sc_config *config) {
    const json_t *data = NULL;
    sc_record_defaults(out, &sc_recipe_files_record);
    SC_TRY(sc_config_get_object(&data, config, sc_config_root(config), "data"));
    return sc_record_read_given(out, config, data, &sc_recipe_files_record);
}

socle_status sc_recipe_check_data(const sc_config *config) {
    sc_recipe_files files;
    return sc_recipe_read_files(&files, config);
}

static socle_status borrow_all(sc_dataset *part, const sc_dataset *whole) {
    for (int c = 0; c < sc_dataset_columns(whole); c++) {
        SC_TRY(sc_dataset_borrow(part, sc_dataset_column(whole, c)));
        SC_TRY(sc_dataset_set_source(part, sc_dataset_column(whole, c)->name,
                                     sc_dataset_source(whole, c)));
    }
    if (sc_dataset_preparation(whole))
        SC_TRY(sc_dataset_set_preparation(part, sc_dataset_preparation(whole)));
    sc_dataset_set_reach(part, sc_dataset_reach(whole));
    return sc_dataset_set_kinds(part, sc_dataset_strata(whole), sc_dataset_groups(whole));
}

/* The first `limit` samples (0: all) of *dataset, which the new one owns. */
static socle_status cut(sc_dataset **dataset, sc_env *env, int64_t limit) {
    sc_dataset *whole = *dataset, *part;
    if (!limit || limit >= sc_dataset_count(whole)) return SOCLE_OK;
    SC_TRY(sc_dataset_create(&part, env, sc_dataset_label(whole), limit));
    socle_status status = borrow_all(part, whole);
    if (status != SOCLE_OK) {
        sc_dataset_destroy(part);
        return status;
    }
    sc_dataset_keep(part, whole);
    *dataset = part;
    return SOCLE_OK;
}

static socle_status load_part(sc_dataset **out, const sc_reader *reader, const sc_recipe_part *part,
                              const sc_reading *reading) {
    socle_status status = reader->read(out, reading);
    if (status == SOCLE_OK)
        status = sc_recipe_choose_classes(out, reading->env, reading->config, reading->json,
                                          part->per_class);
    if (status == SOCLE_OK) status = cut(out, reading->env, part->limit);
    if (status != SOCLE_OK && status != SOCLE_STATUS_OUT_OF_MEMORY && status != SOCLE_STATUS_CONFIG)
        return sc_fail_prefix(reading->env, SOCLE_STATUS_DATA, "data.%s", reading->name);
    SC_TRY(status);
    return sc_recipe_add_class_weights(*out, reading->config, reading->json);
}

static socle_status read_data(sc_dataset **out, sc_env *env, const sc_config *config,
                              const char *part_name, const char *preparation, bool whole) {
    const json_t *json;
    const sc_reader *reader;
    sc_recipe_part part;
    sc_recipe_files files;
    *out = NULL;
    SC_TRY(sc_recipe_read_files(&files, config));
    SC_TRY(sc_recipe_find_part(&json, config, part_name));
    if (!json) return SOCLE_OK;
    sc_record_defaults(&part, &sc_recipe_part_record);
    const sc_reading reading = {env, config, part_name, json, &part, &files, preparation, whole};
    socle_status status = sc_record_read(&part, config, json, &sc_recipe_part_record);
    if (status == SOCLE_OK) status = sc_reader_find(&reader, config, json);
    if (status == SOCLE_OK) status = load_part(out, reader, &part, &reading);
    sc_record_release(env, &part, &sc_recipe_part_record);
    if (status == SOCLE_OK) return status;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}

socle_status sc_recipe_data(sc_dataset **out, sc_env *env, const sc_config *config,
                            const char *part, const char *preparation) {
    return read_data(out, env, config, part, preparation, false);
}

socle_status sc_recipe_data_whole(sc_dataset **out, sc_env *env, const sc_config *config,
                                  const char *part, const char *preparation) {
    return read_data(out, env, config, part, preparation, true);
}

bool sc_recipe_prepares(const sc_config *config) {
    const sc_reader *reader = sc_reader_named(sc_config_find(config, "data.train"));
    return reader && reader->learnt;
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
    sc_tensor_desc desc = sc_tensor_make((int)column->dtype, 0, column->shape.rank, dim);
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
    if ((int)column->dtype == (int)desc->dtype && same_shape(column, desc))
        return sc_numbers_check(env, net, number,
                                sc_dataset_source(dataset, sc_dataset_find(dataset, name)), column,
                                sc_dataset_count(dataset));
    char have[96], want[96];
    sc_tensor_desc sample = sc_tensor_make(desc->dtype, 0, desc->rank - 1, desc->dim + 1);
    column_text(have, sizeof have, column);
    sc_tensor_text(want, sizeof want, &sample);
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: a sample is %s, the network's input '%s' is %s",
                   sc_dataset_label(dataset), have, name, want);
}

socle_status sc_recipe_suits(sc_env *env, const sc_net *net, const sc_dataset *dataset,
                             bool targets) {
    for (int i = 0; i < net->inputs; i++) SC_TRY(input_suits(env, net, i, dataset));
    if (!targets || !net->losses) return SOCLE_OK;
    return sc_columns_suit(env, net, dataset);
}

static socle_status resolve_part(json_t *data, sc_env *env, const sc_config *config,
                                 const char *name) {
    const json_t *from;
    const sc_reader *reader;
    sc_recipe_part part;
    SC_TRY(sc_recipe_find_part(&from, config, name));
    if (!from) return SOCLE_OK;
    sc_record_defaults(&part, &sc_recipe_part_record);
    socle_status status = sc_record_read(&part, config, from, &sc_recipe_part_record);
    if (status == SOCLE_OK) status = sc_reader_find(&reader, config, from);
    if (status == SOCLE_OK) {
        static const char *const copied[] = {"class_weights", "classes"};
        json_t *value = sc_record_value(&part, &sc_recipe_part_record);
        sc_reader_strip(reader, value, name, from);
        for (size_t k = 0; k < COUNT(copied); k++)
            if (json_object_get(from, copied[k]))
                json_object_set(value, copied[k], json_object_get(from, copied[k]));
        json_object_set_new(data, name, value);
        if (reader->resolve) status = reader->resolve(value, env, config, from);
    }
    sc_record_release(env, &part, &sc_recipe_part_record);
    return status;
}

socle_status sc_recipe_resolve_data(json_t **out, sc_env *env, const sc_config *config) {
    sc_recipe_files files;
    *out = NULL;
    SC_TRY(sc_recipe_read_files(&files, config));
    json_t *data = sc_record_value(&files, &sc_recipe_files_record);
    for (size_t i = 0; i < COUNT(part_words); i++) {
        socle_status status = resolve_part(data, env, config, part_words[i]);
        if (status == SOCLE_OK) continue;
        json_decref(data);
        return status;
    }
    *out = data;
    return SOCLE_OK;
}
