/* SPDX-License-Identifier: Apache-2.0 */
/* The table of columns: its names are found and reserved, its keys are options of a part of the
 * data, and an engine has room for its factors. */
#include "sc_temp.h"

#include "data/column_kind.h"
#include "model/net_config.h"
#include "run/recipe.h"

/* The record of data.train. */
static const sc_record *part_record(void) {
    const sc_option *data = sc_option_find(&sc_recipe_record, NULL, "data");
    return sc_option_find(data->record, NULL, "train")->record;
}

Test(columns, rows_tell_the_truth) {
    int factors = 0;
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++) {
        const sc_option *option = sc_option_find(part_record(), NULL, kind->key);
        SC_REPRO("%s", kind->name);
        SC_TRUE(sc_column_kind_find(kind->name) == kind);
        SC_TRUE(option != NULL);
        SC_TRUE(!kind->file || option->type == SC_OPTION_PATHS);
        SC_EQ(kind->dtypes != 0, kind->use == SC_USE_FACTOR);
        factors += kind->use == SC_USE_FACTOR;
    }
    SC_TRUE(factors > 0 && factors <= SC_COLUMN_FACTORS);
    SC_EQ_STR(sc_column_name(SC_COLUMN_INPUT), SC_INPUT_NAME);
    SC_EQ_STR(sc_column_name(SC_COLUMN_LABEL), "label");
    SC_EQ_STR(sc_column_name(SC_COLUMN_TARGET), "target");
    SC_EQ_STR(sc_column_name(SC_COLUMN_WEIGHT), "weight");
    SC_TRUE(!sc_column_kind_find("length"));
}

/* No input beside the images takes the name of another column. */
Test(columns, names_are_reserved) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++) {
        char text[256], expected[128];
        sc_config *config;
        sc_dataset *dataset;
        snprintf(text, sizeof text, "data: {train: {images: a, labels: b, inputs: {%s: c}}}",
                 kind->name);
        snprintf(expected, sizeof expected,
                 "data.train.inputs.%s: is the column of `%s`, and no further input", kind->name,
                 kind->key);
        SC_OK(&env, sc_config_parse(&config, &env, "text", text, strlen(text)));
        SC_FAILS(&env, sc_recipe_data(&dataset, &env, config, "train", NULL), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(env.text, expected);
        sc_config_destroy(config);
    }
}

/* ---- A mask of files ---- */

enum { SAMPLES = 6, FEATURES = 2 };

static sc_temp temp;

/* An IDX file of bytes [SAMPLES], or [SAMPLES, FEATURES] where `wide`. */
static const char *put(const char *name, bool wide, const unsigned char *value) {
    unsigned char file[12 + SAMPLES * FEATURES] = {0, 0, 8, wide ? 2 : 1, 0, 0, 0, SAMPLES,
                                                   0, 0, 0, FEATURES};
    const size_t head = wide ? 12 : 8, count = wide ? SAMPLES * FEATURES : SAMPLES;
    memcpy(file + head, value, count);
    return sc_temp_put(&temp, name, file, head + count);
}

static char text[4096];

/* Two classes; `weights` of them and a mask say what counts. */
static void describe(const char *weights, const unsigned char mask[SAMPLES]) {
    static const unsigned char image[SAMPLES * FEATURES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                                               label[SAMPLES] = {0, 1, 0, 1, 0, 1};
    char path[3][512];
    snprintf(path[0], sizeof path[0], "%s", put("images", true, image));
    snprintf(path[1], sizeof path[1], "%s", put("labels", false, label));
    snprintf(path[2], sizeof path[2], "%s", put("mask", false, mask));
    snprintf(text, sizeof text,
             "data:\n  train: {images: %s, labels: %s, mask: %s, class_weights: %s}\n"
             "  test: {images: %s, labels: %s}\n"
             "network: [dense: 2]\nloss: softmax_cross_entropy\n",
             path[0], path[1], path[2], weights, path[0], path[1]);
}

static socle_status whole(sc_env *env, void *argument) {
    sc_config *config;
    sc_recipe recipe = {0};
    json_t *resolved = NULL;
    (void)argument;
    SC_TRY(sc_config_parse(&config, env, "test.yaml", text, strlen(text)));
    socle_status status = sc_recipe_read(&recipe, env, config);
    if (status == SOCLE_OK) status = sc_recipe_load(&recipe);
    if (status == SOCLE_OK) status = sc_recipe_build(&recipe);
    if (status == SOCLE_OK) status = sc_recipe_resolve(&resolved, &recipe);
    if (status == SOCLE_OK) {
        const sc_dataset *test = recipe.test;
        const sc_column *mask = sc_dataset_column(test, sc_dataset_find(test, "mask"));
        SC_TRUE(mask && mask->dtype == SOCLE_U8 && sc_column_value(mask, SAMPLES - 1) == 1);
        const json_t *data = json_object_get(resolved, "data");
        SC_TRUE(json_is_string(json_object_get(json_object_get(data, "train"), "mask")));
        SC_TRUE(!json_object_get(json_object_get(data, "test"), "mask"));
    }
    json_decref(resolved);
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
    return status;
}

/* The test lacks the mask and counts whole; what the mask leaves, weights may not take. */
Test(columns, a_mask_and_weights) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    describe("[1, 2]", (const unsigned char[SAMPLES]){1, 0, 1, 1, 0, 0});
    SC_OK(&env, whole(&env, NULL));
    sc_test_each_allocation(whole, NULL);
    describe("[0, 2]", (const unsigned char[SAMPLES]){1, 0, 1, 0, 1, 0});
    SC_FAILS(&env, whole(&env, NULL), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "nothing counts: what one column leaves, others do not");
    sc_temp_remove(&temp);
}
