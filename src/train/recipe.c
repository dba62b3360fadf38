/* SPDX-License-Identifier: Apache-2.0 */
/* See recipe.h: the keys of a whole configuration, the `train` section, and the order in which
 * things are put together. */
#include "train/recipe_private.h"
#include "train/weights.h"
#include "io/json_text.h"
#include "model/net_config.h"

#include <float.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char flip_word[] = "horizontal";

enum { MOST_MINUTES = 1000000, MOST_SECONDS = 60 * MOST_MINUTES, MOST_KEPT = 10000 };
static const sc_checkpoint_schedule default_schedule = {
    .minutes = 10, .epoch_seconds = 5, .keep = 1};

static socle_status read_validation(sc_recipe *recipe, const json_t *train) {
    SC_TRY(
        sc_config_get_number(&recipe->fit.validation, recipe->config, train, "validation", 0, 1));
    if (recipe->fit.validation < 1) return SOCLE_OK;
    return sc_config_fail(
        recipe->config, train, "validation",
        "is the part of the training data to set aside: a number from 0 to below 1");
}

static socle_status read_batches(sc_recipe *recipe, const json_t *train) {
    sc_fit_options *fit = &recipe->fit;
    SC_TRY(sc_config_get_integer(&fit->batch, recipe->config, train, "batch", 1, INT32_MAX));
    SC_TRY(sc_config_get_integer(&fit->micro_batch, recipe->config, train, "micro_batch", 0,
                                 INT32_MAX));
    if (!fit->micro_batch || fit->batch % fit->micro_batch == 0) return SOCLE_OK;
    return sc_config_fail(recipe->config, train, "micro_batch",
                          "%lld does not divide the batch of %lld", (long long)fit->micro_batch,
                          (long long)fit->batch);
}

/* A number alone stands for `steps`. Who names one of the others wants that many, and gets a
 * checkpoint at the end of every epoch too. */
static socle_status read_checkpoint(sc_recipe *recipe, const json_t *train) {
    const sc_config *config = recipe->config;
    sc_checkpoint_schedule *schedule = &recipe->checkpoint;
    const json_t *section = NULL;
    if (json_is_number(json_object_get(train, "checkpoint"))) {
        schedule->epoch_seconds = 0;
        return sc_config_get_integer(&schedule->steps, config, train, "checkpoint", 0, INT32_MAX);
    }
    SC_TRY(sc_config_get_object(&section, config, train, "checkpoint"));
    if (!section) return SOCLE_OK;
    SC_TRY(sc_recipe_check_keys(config, section, SC_RECIPE_CHECKPOINT));
    SC_TRY(sc_config_get_integer(&schedule->steps, config, section, "steps", 0, INT32_MAX));
    SC_TRY(sc_config_get_number(&schedule->minutes, config, section, "minutes", 0, MOST_MINUTES));
    if (json_object_size(section)) schedule->epoch_seconds = 0;
    SC_TRY(sc_config_get_number(&schedule->epoch_seconds, config, section, "epoch_seconds", 0,
                                MOST_SECONDS));
    return sc_config_get_integer(&schedule->keep, config, section, "keep", 1, MOST_KEPT);
}

static socle_status read_augment(sc_recipe *recipe, const json_t *train) {
    const sc_config *config = recipe->config;
    const json_t *section = NULL;
    const char *flip = NULL;
    int64_t shift = 0;
    SC_TRY(sc_config_get_object(&section, config, train, "augment"));
    if (!section) return SOCLE_OK;
    SC_TRY(sc_recipe_check_keys(config, section, SC_RECIPE_AUGMENT));
    SC_TRY(sc_config_get_integer(&shift, config, section, "shift", 0, SC_AUGMENT_SHIFT_MOST));
    SC_TRY(sc_config_get_string(&flip, config, section, "flip"));
    recipe->fit.augment = (sc_augment){(int32_t)shift, flip != NULL};
    if (!flip || strcmp(flip, flip_word) == 0) return SOCLE_OK;
    return sc_config_fail(config, section, "flip", "knows only \"%s\" (left and right change places)", flip_word);
}

static socle_status read_train(sc_recipe *recipe) {
    const sc_config *config = recipe->config;
    sc_fit_options *fit = &recipe->fit;
    const json_t *train = NULL;
    int64_t seed = (int64_t)fit->seed;
    double decay = (double)fit->weight_decay;
    SC_TRY(sc_config_get_object(&train, config, sc_config_root(config), "train"));
    if (!train) return SOCLE_OK;
    SC_TRY(sc_recipe_check_keys(config, train, SC_RECIPE_TRAIN));
    SC_TRY(sc_config_get_integer(&fit->epochs, config, train, "epochs", 0, INT32_MAX));
    SC_TRY(read_batches(recipe, train));
    SC_TRY(sc_config_get_integer(&fit->steps, config, train, "steps", 0, INT32_MAX));
    SC_TRY(sc_config_get_integer(&seed, config, train, "seed", 0, INT64_MAX));
    SC_TRY(sc_config_get_boolean(&fit->shuffle, config, train, "shuffle"));
    SC_TRY(read_validation(recipe, train));
    SC_TRY(sc_config_get_number(&decay, config, train, "weight_decay", 0, 1e6));
    SC_TRY(sc_config_get_boolean(&fit->drop_short, config, train, "drop_short"));
    SC_TRY(sc_config_get_boolean(&fit->reproducible, config, train, "reproducible"));
    SC_TRY(read_checkpoint(recipe, train));
    SC_TRY(read_augment(recipe, train));
    SC_TRY(sc_recipe_read_init(recipe, train));
    fit->seed = (uint64_t)seed;
    fit->weight_decay = (float)decay;
    return SOCLE_OK;
}

static socle_status require_sections(const sc_config *config) {
    static const char *const needed[] = {"data", "network", "loss"};
    const json_t *root = sc_config_root(config), *data = NULL, *network = NULL;
    SC_TRY(sc_recipe_check_keys(config, root, SC_RECIPE_ROOT));
    for (size_t i = 0; i < COUNT(needed); i++) SC_TRY(sc_config_require(config, root, needed[i]));
    SC_TRY(sc_config_get_array(&network, config, root, "network"));
    SC_TRY(sc_config_get_object(&data, config, root, "data"));
    return sc_config_require(config, data, "train");
}

socle_status sc_recipe_read(sc_recipe *out, sc_env *env, const sc_config *config) {
    *out = (sc_recipe){.env = env, .config = config, .fit = sc_fit_defaults()};
    out->checkpoint = default_schedule;
    SC_TRY(require_sections(config));
    SC_TRY(sc_recipe_check_data_keys(config));
    SC_TRY(sc_optimizer_read(&out->fit.optimizer, config, sc_config_root(config)));
    socle_status status = read_train(out);
    if (status != SOCLE_OK) sc_recipe_free(out);
    return status;
}

socle_status sc_recipe_load(sc_recipe *recipe) {
    SC_TRY(sc_recipe_data(&recipe->train, recipe->env, recipe->config, "train"));
    SC_TRY(sc_recipe_data(&recipe->test, recipe->env, recipe->config, "test"));
    return sc_recipe_match_weights(recipe->train, recipe->test);
}

/* The only input, as the samples have it: bytes of images become 0 to 1, values stay. */
static socle_status input_from_data(sc_net *net, const sc_config *config,
                                    const sc_dataset *samples) {
    const sc_column *column = sc_dataset_column(samples, sc_dataset_find(samples, SC_INPUT_NAME));
    double scale = column->dtype == SOCLE_U8 ? 1.0 / 255 : 1.0;
    const json_t *data = json_object_get(sc_config_root(config), "data");
    SC_TRY(sc_config_get_number(&scale, config, data, "scale", -FLT_MAX, FLT_MAX));
    sc_net_input(net, SC_INPUT_NAME, (int)column->dtype, &column->shape, (float)scale);
    return net->status;
}

static socle_status build_net(sc_net *net, const sc_config *config, const sc_dataset *samples) {
    const json_t *root = sc_config_root(config), *network = NULL;
    if (json_object_get(root, "inputs"))
        SC_TRY(sc_net_read_inputs(net, config, root));
    else if (samples)
        SC_TRY(input_from_data(net, config, samples));
    else
        return sc_config_fail(config, root, NULL,
                              "needs `inputs: [{shape: [1, 28, 28], dtype: u8}]`, since no data say "
                              "what the network reads");
    SC_TRY(sc_config_get_array(&network, config, root, "network"));
    SC_TRY(sc_net_read(net, config, network));
    return json_object_get(root, "loss") ? sc_loss_read(net, config, root) : SOCLE_OK;
}

socle_status sc_recipe_network(sc_net **out, sc_env *env, const sc_config *config,
                           const sc_dataset *samples) {
    const json_t *root = sc_config_root(config);
    *out = NULL;
    SC_TRY(sc_recipe_check_keys(config, root, SC_RECIPE_ROOT));
    SC_TRY(sc_config_require(config, root, "network"));
    SC_TRY(sc_recipe_check_data_keys(config));
    sc_net *net;
    SC_TRY(sc_net_create(&net, env));
    socle_status status = build_net(net, config, samples);
    if (status == SOCLE_OK)
        *out = net;
    else
        sc_net_destroy(net);
    return status;
}

socle_status sc_recipe_build(sc_recipe *recipe) {
    SC_TRY(sc_recipe_network(&recipe->net, recipe->env, recipe->config, recipe->train));
    bool weighted;
    SC_TRY(sc_recipe_suits_class_weights(recipe->config, "train", recipe->net));
    SC_TRY(sc_recipe_suits(recipe->env, recipe->net, recipe->train, true));
    if (!recipe->test) return SOCLE_OK;
    SC_TRY(sc_recipe_suits_class_weights(recipe->config, "test", recipe->net));
    SC_TRY(sc_recipe_suits(recipe->env, recipe->net, recipe->test, true));
    return sc_weights_agree(&weighted, recipe->env, recipe->net, recipe->train, recipe->test);
}

void sc_recipe_free(sc_recipe *recipe) {
    sc_net_destroy(recipe->net);
    sc_dataset_destroy(recipe->train);
    sc_dataset_destroy(recipe->test);
    if (recipe->env) sc_release(recipe->env, recipe->init_file);
    if (recipe->env) sc_release(recipe->env, recipe->rename);
    *recipe = (sc_recipe){0};
}

static json_t *resolve_optimizer(const sc_optimizer *optimizer) {
    json_t *options = json_object(), *named = json_object();
    for (int i = 0; i < optimizer->kind->options; i++)
        json_object_set_new(options, optimizer->kind->option[i].key,
                            json_real(sc_number_of_float(optimizer->value[i])));
    json_object_set_new(named, optimizer->kind->word, options);
    return named;
}

/* As nothing was said of it, nothing is written of it: so that one of its keys, if it is added
 * later, means what it does in a configuration of one's own. */
static bool is_default(const sc_checkpoint_schedule *schedule) {
    return schedule->steps == default_schedule.steps &&
           schedule->minutes == default_schedule.minutes &&
           schedule->epoch_seconds == default_schedule.epoch_seconds &&
           schedule->keep == default_schedule.keep;
}

static json_t *resolve_checkpoint(const sc_checkpoint_schedule *schedule) {
    json_t *section = json_object();
    json_object_set_new(section, "steps", json_integer(schedule->steps));
    json_object_set_new(section, "minutes", json_real(schedule->minutes));
    json_object_set_new(section, "epoch_seconds", json_real(schedule->epoch_seconds));
    json_object_set_new(section, "keep", json_integer(schedule->keep));
    return section;
}

static json_t *resolve_augment(const sc_augment *augment) {
    json_t *section = json_object();
    json_object_set_new(section, "shift", json_integer(augment->shift));
    if (augment->flip_horizontal) json_object_set_new(section, "flip", json_string(flip_word));
    return section;
}

static json_t *resolve_train(const sc_recipe *recipe) {
    const sc_fit_options *fit = &recipe->fit;
    json_t *train = json_object();
    json_object_set_new(train, "epochs", json_integer(fit->epochs));
    json_object_set_new(train, "batch", json_integer(fit->batch));
    if (fit->micro_batch) json_object_set_new(train, "micro_batch", json_integer(fit->micro_batch));
    if (fit->steps) json_object_set_new(train, "steps", json_integer(fit->steps));
    json_object_set_new(train, "seed", json_integer((json_int_t)fit->seed));
    json_object_set_new(train, "shuffle", json_boolean(fit->shuffle));
    json_object_set_new(train, "validation", json_real(fit->validation));
    json_object_set_new(train, "weight_decay", json_real(sc_number_of_float(fit->weight_decay)));
    json_object_set_new(train, "drop_short", json_boolean(fit->drop_short));
    if (fit->reproducible) json_object_set_new(train, "reproducible", json_true());
    if (sc_augment_any(&fit->augment)) json_object_set_new(train, "augment", resolve_augment(&fit->augment));
    if (recipe->init_file) json_object_set_new(train, "init_from", sc_recipe_resolve_init(recipe));
    if (!is_default(&recipe->checkpoint))
        json_object_set_new(train, "checkpoint", resolve_checkpoint(&recipe->checkpoint));
    return train;
}

socle_status sc_recipe_resolve(json_t **out, const sc_recipe *recipe) {
    static const char *const as_given[] = {"inputs", "network", "loss"};
    const json_t *root = sc_config_root(recipe->config);
    json_t *data;
    SC_TRY(sc_recipe_resolve_data(&data, recipe->env, recipe->config));
    *out = json_object();
    json_object_set_new(*out, "data", data);
    for (size_t i = 0; i < COUNT(as_given); i++) {
        json_t *value = json_object_get(root, as_given[i]);
        if (value) json_object_set_new(*out, as_given[i], json_deep_copy(value));
    }
    json_object_set_new(*out, "optimizer", resolve_optimizer(&recipe->fit.optimizer));
    json_object_set_new(*out, "train", resolve_train(recipe));
    if (json_object_size(*out) >= 5) return SOCLE_OK;
    json_decref(*out);
    *out = NULL;
    return sc_fail(recipe->env, SOCLE_STATUS_OUT_OF_MEMORY,
                   "out of memory for the resolved configuration");
}
