/* SPDX-License-Identifier: Apache-2.0 */
/* See recipe.h: what the tables leave to be settled, and the order in which things are put
 * together. */
#include "io/config_hint.h"
#include "model/net_config.h"
#include "model/pictures.h"
#include "run/recipe_config.h"
#include "run/recipe_private.h"
#include "train/columns.h"

#include <math.h>
#include <string.h>

socle_status sc_recipe_load_config(sc_config **out, sc_env *env, const char *path) {
    socle_status status = sc_config_load(out, env, path);
    if (status == SOCLE_OK) sc_config_describe(*out, &sc_recipe_record);
    return status == SOCLE_OK || status == SOCLE_STATUS_OUT_OF_MEMORY ? status
                                                                      : SOCLE_STATUS_CONFIG;
}

static socle_status check_batches(const sc_recipe *recipe, const json_t *train) {
    const sc_fit_options *fit = &recipe->fit;
    if (!fit->micro_batch || fit->batch % fit->micro_batch == 0) return SOCLE_OK;
    return sc_config_fail(recipe->config, train, "micro_batch",
                          "%lld does not divide the batch of %lld", (long long)fit->micro_batch,
                          (long long)fit->batch);
}

static socle_status check_window(const sc_recipe *recipe, const json_t *train) {
    const sc_fit_options *fit = &recipe->fit;
    if (!fit->window || (fit->shuffle && !fit->replacement)) return SOCLE_OK;
    return sc_config_fail(recipe->config, train, "window",
                          "says how samples are shuffled, and here they %s: leave one out",
                          fit->replacement ? "are drawn one by one" : "are not");
}

/* A formula of one's own is named with its line. */
static socle_status check_schedule(const sc_recipe *recipe, const json_t *train) {
    if (sc_schedule_check(recipe->env, &recipe->fit.schedule) == SOCLE_OK) return SOCLE_OK;
    return sc_config_fail(recipe->config, train, "schedule", "%s", recipe->env->text);
}

/* Who names one of the others wants that many, and gets a checkpoint at the end of every epoch too.
 */
static void settle_checkpoint(sc_recipe *recipe, const json_t *train) {
    const json_t *section = json_object_get(train, "checkpoint");
    bool given = json_is_number(section) || json_object_size(section);
    if (given && !json_object_get(section, "epoch_seconds")) recipe->checkpoint.epoch_seconds = 0;
}

static int precision_of(const char *word) {
    for (int dtype = SOCLE_F16; word && dtype <= SOCLE_BF16; dtype++)
        if (strcmp(word, sc_dtype_word(dtype)) == 0) return dtype;
    return SOCLE_F32;
}

static socle_status read(sc_recipe *recipe) {
    const sc_config *config = recipe->config;
    const json_t *root = sc_config_root(config);
    SC_TRY(sc_record_read(recipe, config, root, &sc_recipe_record));
    SC_TRY(sc_optimizer_read(&recipe->fit.optimizer, config, root));
    const json_t *train = json_object_get(root, "train");
    SC_TRY(check_batches(recipe, train));
    SC_TRY(check_schedule(recipe, train));
    settle_checkpoint(recipe, train);
    recipe->fit.window = (uint32_t)recipe->window;
    recipe->fit.augment.flip_horizontal = recipe->flip != NULL;
    recipe->fit.precision = precision_of(recipe->precision);
    recipe->fit.reproducible = strcmp(recipe->reproducible, "false") != 0;
    recipe->fit.plan.portable = strcmp(recipe->reproducible, "portable") == 0;
    if (recipe->sampling) {
        recipe->fit.shuffle = strcmp(recipe->sampling, "in_order") != 0;
        recipe->fit.replacement = strcmp(recipe->sampling, "replacement") == 0;
    }
    SC_TRY(check_window(recipe, train));
    SC_TRY(sc_recipe_read_groups(recipe));
    return sc_recipe_read_rename(recipe);
}

socle_status sc_recipe_read(sc_recipe *out, sc_env *env, const sc_config *config) {
    sc_record_defaults(out, &sc_recipe_record);
    out->env = env;
    out->config = config;
    out->fit.optimizer = sc_fit_defaults().optimizer;
    socle_status status = read(out);
    if (status != SOCLE_OK) sc_recipe_free(out);
    return status;
}

/* The model that rows of a table are prepared as for; NULL: none. */
static socle_status read_prepared(sc_net **out, const sc_recipe *recipe) {
    const json_t *train = json_object_get(sc_config_root(recipe->config), "train");
    *out = NULL;
    if (!recipe->init_preparation) return SOCLE_OK;
    socle_status status = sc_model_load_net(out, recipe->env, recipe->init_file);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    if (status != SOCLE_OK) return sc_fail_prefix(recipe->env, status, "train.init_from");
    if ((*out)->preparation) return SOCLE_OK;
    sc_net_destroy(*out);
    *out = NULL;
    return sc_config_fail(recipe->config, json_object_get(train, "init_from"), "preparation",
                          "the model in %s did not learn from a table, pictures or a text",
                          recipe->init_file);
}

/* Data of their own for the validation lie behind the training data, as its last samples. */
static socle_status add_validation(sc_recipe *recipe, sc_dataset *validation) {
    sc_dataset *joined;
    int64_t count = sc_dataset_count(validation);
    if (count + sc_dataset_count(recipe->train) > UINT32_MAX)
        return sc_fail(recipe->env, SOCLE_STATUS_DATA,
                       "data.validation: with the training data there are more than 2^32 samples");
    SC_TRY(sc_dataset_join(&joined, recipe->train, validation));
    recipe->train = joined;
    recipe->fit.tail = (uint32_t)count;
    return SOCLE_OK;
}

static socle_status load_validation(sc_recipe *recipe) {
    sc_dataset *validation;
    const json_t *root = sc_config_root(recipe->config), *part;
    SC_TRY(sc_recipe_find_part(&part, recipe->config, "validation"));
    if (!part || !recipe->train) return SOCLE_OK;
    if (recipe->fit.validation > 0)
        return sc_config_fail(recipe->config, json_object_get(root, "train"), "validation",
                              "stands in the place of data.validation: leave one out");
    SC_TRY(sc_recipe_data(&validation, recipe->env, recipe->config, "validation",
                          sc_dataset_preparation(recipe->train)));
    /* A factor that one part has is given to all: one of the test reaches the training data through
     * the validation, by the third call. */
    socle_status status = sc_columns_complete(recipe->train, validation);
    if (status == SOCLE_OK) status = sc_columns_complete(validation, recipe->test);
    if (status == SOCLE_OK) status = sc_columns_complete(recipe->train, validation);
    if (status == SOCLE_OK) status = add_validation(recipe, validation);
    if (status != SOCLE_OK) sc_dataset_destroy(validation);
    return status;
}

/* Reading far apart is slow, so what is streamed is shuffled among neighbours. */
static void settle_window(sc_recipe *recipe) {
    enum { STANDARD = 10000 };
    sc_fit_options *fit = &recipe->fit;
    if (!sc_dataset_is_streamed(recipe->train) || !fit->shuffle || fit->replacement) return;
    if (!fit->window) recipe->window = fit->window = STANDARD;
    if (fit->window < sc_dataset_count(recipe->train))
        sc_log_line(recipe->env, SOCLE_LOG_INFO,
                    "the training data stay in their files, and are shuffled within windows of %u "
                    "samples (train.window)",
                    fit->window);
}

socle_status sc_recipe_load(sc_recipe *recipe) {
    sc_net *model;
    SC_TRY(read_prepared(&model, recipe));
    socle_status status = sc_recipe_data(&recipe->train, recipe->env, recipe->config, "train",
                                         model ? model->preparation : NULL);
    sc_net_destroy(model);
    SC_TRY(status);
    SC_TRY(sc_recipe_data(&recipe->test, recipe->env, recipe->config, "test",
                          recipe->train ? sc_dataset_preparation(recipe->train) : NULL));
    settle_window(recipe);
    SC_TRY(load_validation(recipe));
    return sc_columns_complete(recipe->train, recipe->test);
}

/* The inputs, as the samples have them: bytes of images become 0 to 1, values stay. */
static socle_status inputs_from_data(sc_net *net, const sc_config *config,
                                     const sc_dataset *samples) {
    const sc_column *column = sc_dataset_column(samples, sc_dataset_find(samples, SC_INPUT_NAME));
    sc_recipe_files files;
    SC_TRY(sc_recipe_read_files(&files, config));
    double scale = !isnan(files.scale) ? files.scale : column->dtype == SOCLE_U8 ? 1.0 / 255 : 1.0;
    sc_net_input(net, SC_INPUT_NAME, (int)column->dtype, &column->shape, (float)scale);
    sc_recipe_inputs_of_net(net, samples);
    return net->status;
}

static socle_status build_net(sc_net *net, const sc_config *config, const sc_dataset *samples) {
    const json_t *root = sc_config_root(config), *network = NULL;
    if (json_object_get(root, "inputs"))
        SC_TRY(sc_net_read_inputs(net, config, root));
    else if (samples)
        SC_TRY(inputs_from_data(net, config, samples));
    else
        return sc_config_fail(
            config, root, NULL,
            "needs `inputs: [{shape: [1, 28, 28], dtype: u8}]`, since no data say "
            "what the network reads");
    SC_TRY(sc_config_get_array(&network, config, root, "network"));
    if (network) SC_TRY(sc_net_read(net, config, network));
    if (json_object_get(root, "loss")) SC_TRY(sc_loss_read(net, config, root, net->output));
    SC_TRY(sc_program_read(net, config, root));
    if (samples && sc_dataset_preparation(samples))
        SC_TRY(sc_net_set_preparation(net, sc_dataset_preparation(samples)));
    return sc_metrics_read(net, config, root);
}

/* Of keys that stand in each other's place there is one. */
static socle_status check_alone(const sc_config *config, const json_t *root, const char *key,
                                const char *other) {
    if (!json_object_get(root, key) || !json_object_get(root, other)) return SOCLE_OK;
    return sc_config_fail(config, root, other, "stands in the place of `%s`: leave one out", key);
}

static socle_status check_program(const sc_config *config, const json_t *root) {
    bool several = json_object_get(root, "networks");
    if (!several) SC_TRY(sc_config_require(config, root, "network"));
    SC_TRY(check_alone(config, root, "network", "networks"));
    SC_TRY(check_alone(config, root, "loss", "losses"));
    SC_TRY(check_alone(config, root, "loss", "phases"));
    SC_TRY(check_alone(config, root, "losses", "phases"));
    if (several && json_object_get(root, "loss"))
        return sc_config_fail(config, root, "loss",
                              "with several networks, `losses` or `phases` say what losses are of");
    return SOCLE_OK;
}

socle_status sc_recipe_network(sc_net **out, sc_env *env, const sc_config *config,
                               const sc_dataset *samples) {
    const json_t *root = sc_config_root(config);
    *out = NULL;
    SC_TRY(sc_record_keys(config, root, &sc_recipe_record));
    SC_TRY(check_program(config, root));
    SC_TRY(sc_recipe_check_data(config));
    sc_net *net;
    SC_TRY(sc_net_create(&net, env));
    socle_status status = build_net(net, config, samples);
    if (status == SOCLE_OK)
        *out = net;
    else
        sc_net_destroy(net);
    return status;
}

static socle_status require_validation(const sc_recipe *recipe, const json_t *train,
                                       const char *key) {
    return sc_config_fail(recipe->config, train, key,
                          "waits for the validation, and there is none: set apart some of the "
                          "training data, as in train.validation: 0.1");
}

static socle_status check_validation(const sc_recipe *recipe) {
    const json_t *train = json_object_get(sc_config_root(recipe->config), "train");
    const sc_fit_options *fit = &recipe->fit;
    if (sc_fit_validates(fit)) return SOCLE_OK;
    if (fit->patience) return require_validation(recipe, train, "early_stopping");
    return fit->best ? require_validation(recipe, train, "best") : SOCLE_OK;
}

static socle_status check_best(const sc_recipe *recipe) {
    int judge;
    socle_status status = sc_net_judge(&judge, recipe->net, recipe->fit.best);
    if (status != SOCLE_STATUS_CONFIG) return status;
    return sc_config_fail(recipe->config, json_object_get(sc_config_root(recipe->config), "train"),
                          "best", "%s", recipe->env->text);
}

static socle_status check_progress(const sc_recipe *recipe) {
    int judge;
    socle_status status = sc_fit_judge_progress(&judge, recipe->net, &recipe->fit);
    if (status != SOCLE_STATUS_CONFIG) return status;
    return sc_config_fail(recipe->config, json_object_get(sc_config_root(recipe->config), "train"),
                          "schedule", "metric: %s", recipe->env->text);
}

static socle_status check_pictures(const sc_recipe *recipe) {
    const json_t *train = json_object_get(sc_config_root(recipe->config), "train");
    const sc_net *net = recipe->net;
    if (!recipe->fit.pictures) return SOCLE_OK;
    if (sc_net_reads_inputs(net, net->output))
        return sc_config_fail(recipe->config, train, "pictures",
                              "shows what a network makes itself, of `noise`; here none does");
    if (sc_pictures_check(net, recipe->fit.pictures) == SOCLE_OK) return SOCLE_OK;
    return sc_config_fail(recipe->config, train, "pictures", "%s", recipe->env->text);
}

socle_status sc_recipe_build(sc_recipe *recipe) {
    SC_TRY(sc_recipe_network(&recipe->net, recipe->env, recipe->config, recipe->train));
    SC_TRY(check_best(recipe));
    SC_TRY(check_progress(recipe));
    SC_TRY(check_validation(recipe));
    sc_engine_options chosen = {0};
    SC_TRY(sc_recipe_check_groups(recipe));
    SC_TRY(check_pictures(recipe));
    SC_TRY(sc_recipe_suits_inputs(recipe->config, "train", recipe->net));
    SC_TRY(sc_recipe_suits_class_weights(recipe->config, "train", recipe->net));
    SC_TRY(sc_recipe_suits(recipe->env, recipe->net, recipe->train, true));
    if (!recipe->test) return SOCLE_OK;
    SC_TRY(sc_recipe_suits_inputs(recipe->config, "test", recipe->net));
    SC_TRY(sc_recipe_suits_class_weights(recipe->config, "test", recipe->net));
    SC_TRY(sc_recipe_suits(recipe->env, recipe->net, recipe->test, true));
    return sc_columns_choose(&chosen, recipe->env, recipe->net, recipe->train, recipe->test);
}

socle_status sc_recipe_open(sc_recipe *out, sc_env *env, const sc_config *config) {
    SC_TRY(sc_recipe_read(out, env, config));
    socle_status status = sc_recipe_load(out);
    if (status == SOCLE_OK) status = sc_recipe_build(out);
    if (status != SOCLE_OK) sc_recipe_free(out);
    return status;
}

void sc_recipe_free(sc_recipe *recipe) {
    sc_net_destroy(recipe->net);
    sc_dataset_destroy(recipe->train);
    sc_dataset_destroy(recipe->test);
    if (recipe->env) sc_record_release(recipe->env, recipe, &sc_recipe_record);
    if (recipe->env) sc_release(recipe->env, recipe->rename);
    if (recipe->env) sc_recipe_free_groups(recipe);
    *recipe = (sc_recipe){0};
}

static json_t *resolve_train(const sc_recipe *recipe) {
    json_t *train = sc_record_value(recipe, &sc_recipe_train_record);
    json_t *init = json_object_get(train, "init_from");
    if (init) json_object_set_new(init, "rename", sc_recipe_resolve_rename(recipe));
    if (recipe->fit.groups) json_object_set_new(train, "groups", sc_recipe_resolve_groups(recipe));
    return train;
}

static bool add(json_t *out, const char *key, json_t *value) {
    return json_object_set_new(out, key, value) == 0;
}

static json_t *resolve_losses(const sc_config *config, const json_t *losses) {
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(losses); i++)
        json_array_append_new(list, sc_loss_item_value(config, json_array_get(losses, i)));
    return list;
}

static json_t *resolve_phases(const sc_config *config, const json_t *phases) {
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(phases); i++) {
        json_t *phase = json_deep_copy(json_array_get(phases, i));
        json_object_set_new(phase, "losses",
                            resolve_losses(config, json_object_get(phase, "losses")));
        json_array_append_new(list, phase);
    }
    return list;
}

/* Layers with every option, once there is a network; else as they are given. And what training
 * makes small. */
static bool resolve_program(json_t *out, const sc_recipe *recipe) {
    const sc_config *config = recipe->config;
    const json_t *root = sc_config_root(config), *networks = json_object_get(root, "networks"),
                 *network = networks ? networks : json_object_get(root, "network"),
                 *loss = json_object_get(root, "loss"), *losses = json_object_get(root, "losses"),
                 *phases = json_object_get(root, "phases");
    bool done = add(out, networks ? "networks" : "network",
                    recipe->net ? sc_net_layers(recipe->net) : json_deep_copy(network));
    if (loss) done &= add(out, "loss", json_deep_copy(loss));
    if (losses) done &= add(out, "losses", resolve_losses(config, losses));
    if (phases) done &= add(out, "phases", resolve_phases(config, phases));
    return done;
}

socle_status sc_recipe_resolve(json_t **out, const sc_recipe *recipe) {
    const json_t *root = sc_config_root(recipe->config), *inputs = json_object_get(root, "inputs"),
                 *metrics = json_object_get(root, "metrics");
    const sc_optimizer *optimizer = &recipe->fit.optimizer;
    const sc_record *kind = &optimizer->kind->record;
    json_t *data;
    SC_TRY(sc_recipe_resolve_data(&data, recipe->env, recipe->config));
    *out = json_object();
    bool done = add(*out, "data", data);
    if (inputs) done &= add(*out, "inputs", json_deep_copy(inputs));
    done &= resolve_program(*out, recipe);
    if (metrics) done &= add(*out, "metrics", json_deep_copy(metrics));
    done &=
        add(*out, "optimizer", json_pack("{s: o}", kind->word, sc_record_value(optimizer, kind)));
    done &= add(*out, "train", resolve_train(recipe));
    if (done) return SOCLE_OK;
    json_decref(*out);
    *out = NULL;
    return sc_fail(recipe->env, SOCLE_STATUS_OUT_OF_MEMORY,
                   "out of memory for the resolved configuration");
}
