/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes: what a configuration settles, and that no allocation that fails leaks or goes unsaid.
 * Wrong configurations are tested through the tool (tests/tool/test_tool_config.c). */
#include "sc_test.h"

#include "train/checkpoint.h"

#define GOLDEN SC_SOURCE_DIR "/tests/golden/"

static const char config_text[] =
    "data:\n"
    "  train: {images: " GOLDEN "images-idx3-ubyte, labels: " GOLDEN
    "labels-idx1-ubyte, limit: 100}\n"
    "  test: {images: " GOLDEN "images-idx3-ubyte, labels: " GOLDEN "labels-idx1-ubyte}\n"
    "  scale: 0.5\n"
    "network: [flatten, dense: 12, relu, dense: 10]\n"
    "loss: softmax_cross_entropy\n"
    "optimizer: {sgd: {lr: 0.25}}\n"
    "train: {epochs: 3, batch: 16, micro_batch: 4, seed: 9, validation: 0.2, weight_decay: 0.001,\n"
    "        shuffle: false, drop_short: true, steps: 11}\n";

static sc_env env;

static sc_config *parse(const char *text) {
    sc_config *config;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_config_parse(&config, &env, "test.yaml", text, strlen(text)));
    return config;
}

Test(recipe, everything_arrives) {
    sc_config *config = parse(config_text);
    sc_recipe recipe;
    SC_OK(&env, sc_recipe_read(&recipe, &env, config));
    SC_OK(&env, sc_recipe_load(&recipe));
    SC_OK(&env, sc_recipe_build(&recipe));
    const sc_fit_options *fit = &recipe.fit;
    SC_EQ(fit->epochs, 3);
    SC_EQ(fit->batch, 16);
    SC_EQ(fit->micro_batch, 4);
    SC_EQ(fit->seed, 9);
    SC_EQ(fit->steps, 11);
    SC_TRUE(!fit->shuffle);
    SC_TRUE(fit->drop_short);
    SC_TRUE(fit->validation == 0.2);
    SC_EQ_FLOAT_BITS(fit->weight_decay, 0.001f);
    SC_EQ_STR(fit->optimizer.kind->record.word, "sgd");
    SC_EQ_FLOAT_BITS(fit->optimizer.value[0], 0.25f);
    SC_EQ(sc_dataset_count(recipe.train), 100);
    SC_EQ(sc_dataset_count(recipe.test), 320);
    SC_EQ(recipe.net->inputs, 1);
    SC_EQ_FLOAT_BITS(recipe.net->input[0].scale, 0.5f);
    SC_EQ(sc_net_parameter_count(recipe.net), 144 * 12 + 12 + 12 * 10 + 10);
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
}

/* The words of other systems; and --set over them. */
Test(recipe, other_words_for_the_same) {
    sc_config *config = parse("data: {train: {images: a, labels: b, class_weight: [1, 2]}}\n"
                              "network: [flatten, dense: 2]\nloss: bce\n"
                              "optimizer: {adam: {learning_rate: 0.25, eps: 0.5}}\n"
                              "train: {batch_size: 16, max_epochs: 3, random_seed: 4}\n");
    sc_recipe recipe;
    SC_OK(&env, sc_config_set(config, "train.batch=8"));
    SC_OK(&env, sc_recipe_read(&recipe, &env, config));
    SC_EQ(recipe.fit.batch, 8);
    SC_EQ(recipe.fit.epochs, 3);
    SC_EQ(recipe.fit.seed, 4);
    SC_EQ_FLOAT_BITS(recipe.fit.optimizer.value[0], 0.25f);
    SC_EQ_FLOAT_BITS(recipe.fit.optimizer.value[3], 0.5f);
    SC_TRUE(sc_config_find(config, "data.train.class_weights") != NULL);
    sc_config_destroy(config);
}

/* A resolved configuration settles the same. */
Test(recipe, resolving_changes_nothing) {
    sc_config *config = parse(config_text), *again;
    sc_recipe recipe, second;
    sc_identity first, same;
    SC_OK(&env, sc_recipe_read(&recipe, &env, config));
    SC_OK(&env, sc_recipe_load(&recipe));
    SC_OK(&env, sc_recipe_build(&recipe));
    SC_OK(&env, sc_identity_create(&first, &recipe));
    SC_OK(&env, sc_config_parse(&again, &env, "again", first.config, strlen(first.config)));
    SC_OK(&env, sc_recipe_read(&second, &env, again));
    SC_OK(&env, sc_recipe_load(&second));
    SC_OK(&env, sc_recipe_build(&second));
    SC_OK(&env, sc_identity_create(&same, &second));
    SC_EQ_STR(same.config, first.config);
    SC_EQ_STR(same.network, first.network);
    SC_EQ_STR(same.data, first.data);
    SC_OK(&env, sc_identity_match(&env, &first, &same));
    sc_identity_free(&first, &env);
    sc_identity_free(&same, &env);
    sc_recipe_free(&recipe);
    sc_recipe_free(&second);
    sc_config_destroy(config);
    sc_config_destroy(again);
}

static socle_status whole(sc_env *with, void *argument) {
    sc_config *config;
    sc_recipe recipe = {0};
    sc_identity identity = {0};
    (void)argument;
    SC_TRY(sc_config_parse(&config, with, "test.yaml", config_text, strlen(config_text)));
    socle_status status = sc_recipe_read(&recipe, with, config);
    if (status == SOCLE_OK) status = sc_recipe_load(&recipe);
    if (status == SOCLE_OK) status = sc_recipe_build(&recipe);
    if (status == SOCLE_OK) status = sc_identity_create(&identity, &recipe);
    sc_identity_free(&identity, with);
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
    return status;
}

Test(recipe, each_allocation_may_fail, .timeout = 120) {
    sc_test_each_allocation(whole, NULL);
}
