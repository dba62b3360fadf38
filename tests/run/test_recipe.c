/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes: what a configuration settles, and that no allocation that fails leaks or goes unsaid.
 * Wrong configurations are tested through the tool (tests/tool/test_tool_config.c). */
#include "sc_test.h"

#include "run/checkpoint.h"

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
    SC_CONTAINS(
        first.config,
        "{\"dense\": {\"name\": \"dense1\", \"units\": 12, \"bias\": true, \"weight_init\": "
        "\"he_normal\", \"bias_init\": \"zeros\", \"from\": [\"flatten1\"]}}");
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

static char said[2048];
static void keep(void *user, socle_log_level level, const char *text) {
    (void)user, (void)level;
    strncat(said, text, sizeof said - strlen(said) - 1);
}

static void identity_of(sc_identity *out, const char *set) {
    sc_config *config;
    sc_recipe recipe;
    SC_OK(&env, sc_config_parse(&config, &env, "test.yaml", config_text, strlen(config_text)));
    SC_OK(&env, sc_config_set(config, set));
    SC_OK(&env, sc_recipe_read(&recipe, &env, config));
    SC_OK(&env, sc_recipe_load(&recipe));
    SC_OK(&env, sc_recipe_build(&recipe));
    SC_OK(&env, sc_identity_create(out, &recipe));
    sc_recipe_free(&recipe);
    sc_config_destroy(config);
}

/* A saved configuration that lacks a key, as one of an earlier version does, had it as by default;
 * and what may change between a run and one that goes on with it is what the table says. */
Test(recipe, identity_is_what_the_table_says) {
    static const struct {
        const char *set, *error, *line;
    } rows[] = {
        {"train.epochs=9", NULL, NULL},
        {"train.weight_decay=0.1", NULL, NULL},
        {"train.checkpoint=5", NULL, NULL},
        {"train.micro_batch=8", NULL, "another train.micro_batch (4 then, 8 now)"},
        {"train.reproducible=true", NULL, "another train.reproducible (false then, true now)"},
        {"train.batch=20", "the samples of a step differs at batch: 16 then, 20 now", NULL},
        {"train.seed=8", "differs at seed", NULL},
        {"train.shuffle=true", "differs at shuffle", NULL},
        {"train.drop_short=false", "differs at drop_short", NULL},
        {"train.validation=0.1", "differs at validation", NULL},
        {"train.augment={flip: horizontal}", "differs at augment", NULL},
        {"train.best=accuracy", NULL, NULL}, /* what is best where nothing is said */
        {"train.best=acc", NULL, NULL},
        {"train.best=loss", "what says which epoch is best differs at best", NULL},
        {"optimizer={adam: }", "the optimizer was sgd then, is adam now", NULL},
    };
    sc_identity saved, now;
    const socle_logger logger = {.line = keep, .level = SOCLE_LOG_INFO};
    sc_env_init(&env, NULL, &logger);
    identity_of(&saved, "train.batch=16");
    json_t *text = json_loads(saved.config, 0, NULL), *train = json_object_get(text, "train");
    SC_TRUE(json_object_get(train, "reproducible") != NULL);
    json_object_del(train, "reproducible");
    json_object_del(train, "augment");
    char *less = json_dumps(text, 0);
    sc_release(&env, saved.config);
    SC_OK(&env, sc_copy_string(&env, &saved.config, less));
    free(less);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SC_REPRO("%s", rows[i].set);
        identity_of(&now, rows[i].set);
        said[0] = '\0';
        if (rows[i].error) {
            SC_FAILS(&env, sc_identity_match(&env, &saved, &now), SOCLE_STATUS_CONFIG);
            SC_CONTAINS(env.text, rows[i].error);
        } else
            SC_OK(&env, sc_identity_match(&env, &saved, &now));
        if (rows[i].line)
            SC_CONTAINS(said, rows[i].line);
        else
            SC_EQ_STR(said, "");
        sc_identity_free(&now, &env);
    }
    json_decref(text);
    sc_identity_free(&saved, &env);
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
