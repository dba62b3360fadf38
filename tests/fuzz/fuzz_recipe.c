/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a whole configuration: keys, data, network over them, and the text of what was
 * settled, which gives the same recipe again. Runs in tests/golden, so that a configuration can
 * name data that exist. */
#include "fuzz.h"

#include "run/recipe.h"

static const socle_status bad[] = {SOCLE_STATUS_CONFIG, SOCLE_STATUS_DATA, SOCLE_STATUS_SHAPE,
                                   SOCLE_OK};

/* Of the same recipe, resolved once more: the same text. */
static void check_resolved(sc_env *env, const sc_recipe *recipe) {
    json_t *settled, *again;
    sc_config *config;
    sc_recipe copy;
    FUZZ_REQUIRE(sc_recipe_resolve(&settled, recipe) == SOCLE_OK);
    char *text = json_dumps(settled, 0);
    FUZZ_REQUIRE(text != NULL);
    FUZZ_REQUIRE(sc_config_parse(&config, env, "resolved", text, strlen(text)) == SOCLE_OK);
    socle_status status = sc_recipe_read(&copy, env, config);
    if (status == SOCLE_OK) status = sc_recipe_load(&copy);
    if (status == SOCLE_OK) status = sc_recipe_build(&copy);
    FUZZ_REQUIRE(status == SOCLE_OK);
    FUZZ_REQUIRE(sc_recipe_resolve(&again, &copy) == SOCLE_OK);
    FUZZ_REQUIRE(json_equal(settled, again));
    sc_recipe_free(&copy);
    sc_config_destroy(config);
    json_decref(again);
    json_decref(settled);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sc_env env;
    sc_config *config;
    sc_recipe recipe;
    sc_env_init(&env, NULL, NULL);
    socle_status status = sc_config_parse(&config, &env, "fuzz", (const char *)data, size);
    if (status != SOCLE_OK) {
        fuzz_failed_well(&env, status, bad);
        return 0;
    }
    status = sc_recipe_read(&recipe, &env, config);
    if (status == SOCLE_OK) {
        status = sc_recipe_load(&recipe);
        if (status == SOCLE_OK) status = sc_recipe_build(&recipe);
        if (status == SOCLE_OK) check_resolved(&env, &recipe);
        sc_recipe_free(&recipe);
    }
    if (status != SOCLE_OK) fuzz_failed_well(&env, status, bad);
    sc_config_destroy(config);
    return 0;
}
