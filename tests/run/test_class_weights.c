/* SPDX-License-Identifier: Apache-2.0 */
/* data.<part>.class_weights: what it becomes, what is refused, and that a run continues only one of
 * the same weights. */
#include "sc_test.h"

#include "run/checkpoint.h"

#define GOLDEN SC_SOURCE_DIR "/tests/golden/"
#define FILES "images: " GOLDEN "images-idx3-ubyte, labels: " GOLDEN "labels-idx1-ubyte"
#define TEN "[1, 2, 0.5, 0, 1, 1, 1, 3.25, 1, 1]"

static sc_env env;
static sc_config *config;
static sc_recipe recipe;

/* Reads, loads and builds, as far as it goes. */
static socle_status recipe_of(const char *train, const char *test, const char *rest) {
    char text[2048];
    snprintf(text, sizeof text, "data:\n  train: {" FILES "%s}\n%s%s%s%s", train,
             test ? "  test: {" FILES : "", test ? test : "", test ? "}\n" : "", rest);
    sc_env_init(&env, NULL, NULL);
    recipe = (sc_recipe){0};
    config = NULL;
    SC_TRY(sc_config_parse(&config, &env, "test.yaml", text, strlen(text)));
    SC_TRY(sc_recipe_read(&recipe, &env, config));
    SC_TRY(sc_recipe_load(&recipe));
    return sc_recipe_build(&recipe);
}

#define NET "network: [flatten, dense: 10]\nloss: softmax_cross_entropy\n"

static void done(void) {
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
    config = NULL;
}

static const float *weights_of(const sc_dataset *dataset) {
    const sc_column *column = sc_dataset_column(dataset, sc_dataset_find(dataset, "weight"));
    if (!column) return NULL;
    SC_TRUE(column->dtype == SOCLE_F32 && column->row_bytes == sizeof(float));
    return column->data;
}

Test(class_weights, become_weights_of_samples) {
    static const float weight[] = {1, 2, 0.5f, 0, 1, 1, 1, 3.25f, 1, 1};
    SC_OK(&env, recipe_of(", limit: 100, class_weights: " TEN, "", NET));
    const unsigned char *label =
        sc_dataset_column(recipe.train, sc_dataset_find(recipe.train, "label"))->data;
    const float *train = weights_of(recipe.train), *test = weights_of(recipe.test);
    SC_EQ(sc_dataset_count(recipe.train), 100);
    for (int i = 0; i < 100; i++) SC_EQ_FLOAT_BITS(train[i], weight[label[i]]);
    for (int i = 0; i < 320; i++)
        SC_EQ_FLOAT_BITS(test[i], 1.0f); /* the test counts every sample alike */
    done();
    SC_OK(&env, recipe_of(", class_weights: " TEN,
                          ", class_weights: [0, 0, 0, 0, 0, 0, 0, 0, 0, 2]", NET));
    label = sc_dataset_column(recipe.test, sc_dataset_find(recipe.test, "label"))->data;
    test = weights_of(recipe.test);
    for (int i = 0; i < 320; i++) SC_EQ_FLOAT_BITS(test[i], label[i] == 9 ? 2.0f : 0.0f);
    done();
    SC_OK(&env, recipe_of("", ", class_weights: " TEN, NET)); /* of the test alone */
    train = weights_of(recipe.train), test = weights_of(recipe.test);
    label = sc_dataset_column(recipe.test, sc_dataset_find(recipe.test, "label"))->data;
    for (int i = 0; i < 320; i++) {
        SC_EQ_FLOAT_BITS(train[i], 1.0f);
        SC_EQ_FLOAT_BITS(test[i], weight[label[i]]);
    }
    done();
    SC_OK(&env, recipe_of("", "", NET));
    SC_TRUE(!weights_of(recipe.train) && !weights_of(recipe.test));
    done();
}

static void refused(const char *train, const char *test, const char *rest, socle_status expected,
                    const char *text) {
    SC_FAILS(&env, recipe_of(train, test, rest), expected);
    SC_CONTAINS(env.text, text);
    done();
}

Test(class_weights, refused) {
    const socle_status bad = SOCLE_STATUS_CONFIG;
    refused(", class_weights: [1, 2, 3]", NULL, NET, bad,
            "data.train.class_weights: has weights for 3 classes, the labels are of 10");
    refused(", class_weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", NULL, NET, bad,
            "data.train.class_weights: has 11 weights, the network tells 10 classes apart");
    refused(", class_weights: []", NULL, NET, bad,
            "data.train.class_weights: needs a number above 0");
    refused(", class_weights: [0, 0.0]", NULL, NET, bad,
            "data.train.class_weights: needs a number above 0");
    refused(", class_weights: [1, -2]", NULL, NET, bad,
            "data.train.class_weights[1]: must be a number from 0");
    refused(", class_weights: [1, .nan]", NULL, NET, bad, "class_weights");
    refused(", class_weights: [.inf]", NULL, NET, bad, "class_weights");
    refused(", class_weights: [1, 1e16]", NULL, NET, bad, "data.train.class_weights[1]");
    refused(", class_weights: [1, two]", NULL, NET, bad, "data.train.class_weights[1]");
    refused(", class_weights: 2", NULL, NET, bad, "data.train.class_weights");
    refused(", class_weights: {a: 2}", NULL, NET, bad, "data.train.class_weights");
    refused("", ", class_weights: [1]", NET, bad,
            "data.test.class_weights: has weights for 1 classes");
    refused(", class_weights: " TEN, NULL,
            "network: [flatten, dense: 1]\nloss: mean_squared_error\n", bad,
            "the loss mean_squared_error knows none");
}

/* The configuration that a run writes gives the same run again; another weight is another run. */
Test(class_weights, belong_to_the_identity) {
    sc_identity first, same, other, none;
    SC_OK(&env, recipe_of(", class_weights: " TEN, NULL, NET));
    SC_OK(&env, sc_identity_create(&first, &recipe));
    SC_CONTAINS(first.config, "class_weights");
    done();
    SC_OK(&env, sc_config_parse(&config, &env, "again", first.config, strlen(first.config)));
    SC_OK(&env, sc_recipe_read(&recipe, &env, config));
    SC_OK(&env, sc_recipe_load(&recipe));
    SC_OK(&env, sc_recipe_build(&recipe));
    SC_OK(&env, sc_identity_create(&same, &recipe));
    SC_EQ_STR(same.config, first.config);
    SC_OK(&env, sc_identity_match(&env, &first, &same));
    done();
    SC_OK(&env, recipe_of(", class_weights: [1, 2, 0.5, 0, 1, 1, 1, 3.25, 1, 2]", NULL, NET));
    SC_OK(&env, sc_identity_create(&other, &recipe));
    SC_FAILS(&env, sc_identity_match(&env, &first, &other), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "the training data differs at weight.hash");
    done();
    SC_OK(&env, recipe_of("", NULL, NET));
    SC_OK(&env, sc_identity_create(&none, &recipe));
    SC_FAILS(&env, sc_identity_match(&env, &none, &first), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "the training data differs at weight");
    done();
    sc_identity_free(&first, &env);
    sc_identity_free(&same, &env);
    sc_identity_free(&other, &env);
    sc_identity_free(&none, &env);
}

static socle_status whole(sc_env *with, void *argument) {
    static const char text[] =
        "data:\n  train: {" FILES ", class_weights: " TEN "}\n  test: {" FILES "}\n" NET;
    sc_config *own;
    sc_recipe each = {0};
    (void)argument;
    SC_TRY(sc_config_parse(&own, with, "test.yaml", text, strlen(text)));
    socle_status status = sc_recipe_read(&each, with, own);
    if (status == SOCLE_OK) status = sc_recipe_load(&each);
    if (status == SOCLE_OK) status = sc_recipe_build(&each);
    sc_recipe_free(&each);
    sc_config_destroy(own);
    return status;
}

Test(class_weights, each_allocation_may_fail, .timeout = 120) {
    sc_test_each_allocation(whole, NULL);
}
