/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a configuration, section by section. What a key means is said where it is read;
 * docs/configuration.md lists them all, which a test holds against these tables. */
#include "train/recipe_private.h"
#include "model/net_config.h"

static const char *const root_keys[] = {"data", "inputs", "network", "loss",
                                        "optimizer", "train", NULL};
static const char *const data_keys[] = {"train", "test", "scale", "layout", NULL};
static const char *const part_keys[] = {"images", "labels", "limit", "class_weights", NULL};
static const char *const train_keys[] = {
    "epochs",     "batch",        "micro_batch", "steps",        "seed",       "shuffle",
    "validation", "weight_decay", "drop_short",  "reproducible", "checkpoint", "augment",
    "init_from",  NULL};
static const char *const checkpoint_keys[] = {"steps", "minutes", "epoch_seconds", "keep", NULL};
static const char *const augment_keys[] = {"shift", "flip", NULL};
static const char *const init_keys[] = {"file", "rename", "partial", NULL};

static const sc_recipe_section sections[SC_RECIPE_SECTIONS] = {
    [SC_RECIPE_ROOT] = {"", root_keys},
    [SC_RECIPE_DATA] = {"data", data_keys},
    [SC_RECIPE_PART] = {"data.train", part_keys}, /* data.test has the same */
    [SC_RECIPE_TRAIN] = {"train", train_keys},
    [SC_RECIPE_CHECKPOINT] = {"train.checkpoint", checkpoint_keys},
    [SC_RECIPE_AUGMENT] = {"train.augment", augment_keys},
    [SC_RECIPE_INIT] = {"train.init_from", init_keys},
};

const sc_recipe_section *sc_recipe_section_of(sc_recipe_section_id id) {
    return &sections[id];
}

socle_status sc_recipe_check_keys(const sc_config *config, const json_t *object,
                                  sc_recipe_section_id id) {
    size_t count = 0;
    while (sections[id].keys[count]) count++;
    return sc_check_keys(config, object, SC_WORD_KEY, sections[id].keys, count);
}
