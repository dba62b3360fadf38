/* SPDX-License-Identifier: Apache-2.0 */
/* The table of columns: its names are found and reserved, its keys are options of a part of the
 * data, and an engine has room for its factors. */
#include "sc_test.h"

#include "data/column_kind.h"
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
        SC_TRUE(!kind->file || option->type == SC_OPTION_PATH);
        SC_EQ(kind->dtypes != 0, kind->use == SC_USE_FACTOR);
        factors += kind->use == SC_USE_FACTOR;
    }
    SC_TRUE(factors > 0 && factors <= SC_COLUMN_FACTORS);
    SC_EQ_STR(sc_column_name(SC_COLUMN_INPUT), "input");
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
        SC_FAILS(&env, sc_recipe_data(&dataset, &env, config, "train"), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(env.text, expected);
        sc_config_destroy(config);
    }
}
