/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as values of --set upon a good configuration: each one changes the tree or leaves it as
 * it was, and what comes out is a recipe or says why not. */
#include "fuzz.h"

#include "run/recipe.h"

static const char good[] =
    "data: {train: {images: images-idx3-ubyte, labels: labels-idx1-ubyte}}\n"
    "network: [{conv2d: {filters: 2, kernel: 3}}, relu, flatten, {dense: 10}]\n"
    "loss: softmax_cross_entropy\n"
    "optimizer: {adam: {lr: 0.001}}\n"
    "train: {epochs: 1, batch: 8, checkpoint: {steps: 5}, augment: {shift: 1}}\n";
static const socle_status bad[] = {SOCLE_STATUS_CONFIG, SOCLE_STATUS_SHAPE, SOCLE_OK};

static void set(sc_env *env, sc_config *config, const char *line, size_t length) {
    char *text = malloc(length + 1);
    json_t *before = json_deep_copy(sc_config_root(config));
    FUZZ_REQUIRE(text && before);
    memcpy(text, line, length);
    text[length] = '\0';
    socle_status status = sc_config_set(config, text);
    if (status != SOCLE_OK) {
        fuzz_failed_well(env, status, bad);
        FUZZ_REQUIRE(json_equal(before, sc_config_root(config)));
    }
    json_decref(before);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sc_env env;
    sc_config *config;
    sc_recipe recipe;
    sc_env_init(&env, NULL, NULL);
    FUZZ_REQUIRE(sc_config_parse(&config, &env, "good", good, sizeof good - 1) == SOCLE_OK);
    for (const char *at = (const char *)data, *end = at + size; at < end;) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        if (!line) line = end;
        set(&env, config, at, (size_t)(line - at));
        at = line + 1;
    }
    socle_status status = sc_recipe_read(&recipe, &env, config);
    if (status == SOCLE_OK)
        sc_recipe_free(&recipe);
    else
        fuzz_failed_well(&env, status, bad);
    sc_config_destroy(config);
    return 0;
}
