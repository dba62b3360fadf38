/* SPDX-License-Identifier: Apache-2.0 */
/* Making a trainer: checks the options, splits the data, fixes micro-batches where they must be,
 * initialises the weights; and keeping the best ones. What each device gets is in trainer_equip.c.
 */
#include "train/columns.h"
#include "train/fit_forecast.h"
#include "train/fit_private.h"
#include "train/targets.h"

#include <math.h>
#include <string.h>

sc_fit_options sc_fit_defaults(void) {
    return (sc_fit_options){.optimizer = sc_optimizer_default(sc_optimizer_find("adam")),
                            SC_FIT_STANDARD};
}

static socle_status check_options(sc_env *env, const sc_fit_options *options) {
    if (options->batch < 1 || options->batch > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "train.batch: must be at least 1, not %lld",
                       (long long)options->batch);
    if (options->micro_batch < 0 || (options->micro_batch && options->batch % options->micro_batch))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.micro_batch: %lld does not divide the batch of %lld",
                       (long long)options->micro_batch, (long long)options->batch);
    if (options->epochs < 0 || options->epochs > INT32_MAX || options->steps < 0 ||
        options->steps > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.epochs and train.steps: must be 0 to 2^31-1");
    if (!(options->average >= 0 && options->average < 1))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "train.average: must be 0 to below 1, not %g",
                       (double)options->average);
    if (!isfinite(options->optimizer.value[0]) || options->optimizer.value[0] < 0.0f)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "optimizer.lr: must be a finite number of at least 0, not %g",
                       (double)options->optimizer.value[0]);
    return SOCLE_OK;
}

static socle_status check_adversarial(sc_env *env, const sc_net *net,
                                      const sc_fit_options *options) {
    if (!(options->adversarial > 0)) return SOCLE_OK;
    if (net->phases)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.adversarial: moves samples against one loss, and these are phases "
                       "with losses of their own");
    if (net->inputs && net->input[0].scale != 0.0f) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "train.adversarial: the network reads nothing that could be moved");
}

/* There are images to vary, and they are larger than they may move. */
static socle_status check_augment(sc_env *env, const sc_net *net, const sc_augment *augment) {
    int images = 0;
    if (augment->shift < 0 || augment->shift > SC_AUGMENT_SHIFT_MOST)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.augment.shift: must be 0 to %d pixels, not %d", SC_AUGMENT_SHIFT_MOST,
                       augment->shift);
    if (!(augment->erase >= 0 && augment->erase <= 1) || augment->cutout < 0 ||
        augment->cutout > SC_AUGMENT_SHIFT_MOST)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.augment: erase must be 0 to 1, not %g, and cutout 0 to %d pixels, "
                       "not %d",
                       augment->erase, SC_AUGMENT_SHIFT_MOST, augment->cutout);
    if (augment->erase > 0 && augment->cutout > 0)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.augment: erase and cutout both cover a part of each image: take one");
    for (int i = 0; i < net->inputs; i++) {
        const sc_tensor_desc *image = &net->input[i].desc;
        if (image->rank != SC_IMAGE_RANK) continue;
        images++;
        if (augment->shift < image->dim[2] && augment->shift < image->dim[3]) continue;
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.augment.shift: %d pixels move images of %lldx%lld out of sight",
                       augment->shift, (long long)image->dim[2], (long long)image->dim[3]);
    }
    if (images || !sc_augment_any(augment)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "train.augment: varies images, and the network reads none (an input "
                   "[channels, height, width])");
}

/* What is set aside can be trained on, and what is left judged. */
static socle_status check_counts(const sc_trainer *trainer, const sc_dataset *train) {
    SC_TRY(sc_columns_count(trainer->env, trainer->net, train, &trainer->train_order, "training"));
    if (!trainer->validation_order.count) return SOCLE_OK;
    return sc_columns_count(trainer->env, trainer->net, train, &trainer->validation_order,
                            "validation");
}

/* The engines of a run read each column as one type. */
static socle_status set_source(sc_trainer *trainer, sc_stage_source *source, sc_dataset **converted,
                               const sc_dataset *dataset, const sc_engine_options *chosen) {
    SC_TRY(sc_targets_column_for(&source->target, trainer->env, trainer->net, dataset));
    SC_TRY(sc_columns_convert(converted, trainer->env, dataset, chosen));
    source->dataset = *converted ? *converted : dataset;
    return SOCLE_OK;
}

static socle_status split_data(sc_trainer *trainer, const sc_dataset *train,
                               const sc_dataset *test) {
    const sc_fit_options *options = &trainer->options;
    sc_split split;
    SC_TRY(sc_trainer_split(&split, trainer, train));
    socle_status status = sc_order_init(&trainer->train_order, trainer->env, split.train,
                                        split.train_count, options->seed, options->shuffle);
    if (status == SOCLE_OK) status = sc_order_set_window(&trainer->train_order, options->window, 0);
    if (status == SOCLE_OK && options->replacement) sc_order_replace(&trainer->train_order, 0);
    if (status == SOCLE_OK && split.validation_count)
        status = sc_order_init(&trainer->validation_order, trainer->env, split.validation,
                               split.validation_count, options->seed, false);
    sc_split_free(&split, trainer->env);
    SC_TRY(status);
    sc_engine_options chosen = {0};
    SC_TRY(sc_columns_choose(&chosen, trainer->env, trainer->net, train, test));
    SC_TRY(check_counts(trainer, train));
    SC_TRY(set_source(trainer, &trainer->train_source, &trainer->converted[0], train, &chosen));
    trainer->validation_source = trainer->train_source; /* as they are: an evaluation has no room
                                                           for origins */
    trainer->train_source.augment = options->augment;
    if (!test) return SOCLE_OK;
    SC_TRY(set_source(trainer, &trainer->test_source, &trainer->converted[1], test, &chosen));
    trainer->test_source.first_row = (size_t)sc_dataset_count(train); /* behind it, where both are
                                                                         resident */
    return sc_order_init(&trainer->test_order, trainer->env, NULL, (uint32_t)sc_dataset_count(test),
                         0, false);
}

static socle_status check_whole_batch(const sc_trainer *trainer) {
    if (!trainer->options.drop_short || trainer->train_order.count >= trainer->options.batch)
        return SOCLE_OK;
    return sc_fail(
        trainer->env, SOCLE_STATUS_CONFIG,
        "train.drop_short leaves nothing: %u training samples are fewer than a batch of %lld",
        trainer->train_order.count, (long long)trainer->options.batch);
}

/* A group that shares statistics and has a single sample, left over at the end of an epoch. */
static void warn_single(const sc_trainer *trainer) {
    int64_t batch = trainer->options.batch, rows = (int64_t)trainer->train_order.count % batch;
    bool single = trainer->micro_batch > 1 && rows % trainer->micro_batch == 1;
    if (!single || trainer->options.drop_short || !sc_net_has_batch_statistics(trainer->net))
        return;
    sc_log_line(trainer->env, SOCLE_LOG_WARNING,
                "the last step of an epoch has %lld of %u training samples, and its last group for "
                "batch normalisation a single "
                "one, which is trained on as its own mean; running statistics pass it over. "
                "train.drop_short leaves that step "
                "out, or choose another batch than %lld",
                (long long)rows, trainer->train_order.count, (long long)batch);
}

int64_t sc_fit_reproducible_rows(int64_t batch) {
    return sc_ceil_div(batch, 8);
}

/* Micro-batches of a fixed size, and whether the network and the devices allow it. */
static socle_status choose_micro_batch(sc_trainer *trainer, int devices) {
    const sc_fit_options *options = &trainer->options;
    int64_t group;
    SC_TRY(sc_net_statistics_group(trainer->net, &group));
    bool statistics = sc_net_has_batch_statistics(trainer->net);
    if (group && options->micro_batch && options->micro_batch != group)
        return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                       "train.micro_batch: %lld is not the statistics group of the batch "
                       "normalisation, which is %lld",
                       (long long)options->micro_batch, (long long)group);
    if (group && options->batch % group)
        return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                       "train.batch: %lld is no multiple of the statistics group of the batch "
                       "normalisation, which is %lld",
                       (long long)options->batch, (long long)group);
    SC_TRY(sc_fit_fixed_rows(&trainer->micro_batch, trainer->net, options));
    if (statistics) SC_TRY(sc_net_check_group(trainer->net, trainer->micro_batch));
    if (!statistics || group) return SOCLE_OK;
    if (options->reproducible && !options->micro_batch)
        sc_log_line(
            trainer->env, SOCLE_LOG_INFO,
            "reproducible: batch normalisation takes its statistics over groups of %lld samples",
            (long long)trainer->micro_batch);
    if (options->reproducible) return SOCLE_OK;
    if (devices > 1 || (options->micro_batch && options->micro_batch < options->batch))
        return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                       "batch normalisation takes its statistics over the whole batch of %lld, "
                       "which cannot be split. Name the size "
                       "of its statistics group, as in `batchnorm: {group: %lld}`, or train with "
                       "--reproducible, which fixes one",
                       (long long)options->batch,
                       (long long)(options->micro_batch ? options->micro_batch
                                                        : sc_ceil_div(options->batch, devices)));
    return SOCLE_OK;
}

/* Over the steps that the run is to have, however far it has come. */
static socle_status begin_schedule(sc_trainer *trainer) {
    const sc_fit_options *options = &trainer->options;
    const int64_t epoch_steps = sc_trainer_epoch_steps(trainer);
    int64_t steps = options->epochs * epoch_steps;
    if (options->steps && options->steps < steps) steps = options->steps;
    const char *word = options->schedule.word;
    bool changes = (word && strcmp(word, "constant") != 0) || options->schedule.warmup > 0;
    if (changes && trainer->updates.optimizers > 1 && options->optimizer.value[0] == 0)
        return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                       "train.schedule: the rates of other optimizers follow that of the run in "
                       "proportion, and optimizer.lr is 0: give it a rate, and freeze what shall "
                       "not move by train.groups");
    return sc_schedule_begin(&trainer->schedule, trainer->env, &options->schedule, epoch_steps,
                             steps);
}

static socle_status initialize_job(sc_engine *engine, void *argument) {
    return sc_engine_initialize(engine, *(const uint64_t *)argument);
}

static socle_status fill_trainer(sc_trainer *trainer, const sc_fleet_device *device, int devices,
                                 const sc_dataset *train, const sc_dataset *test) {
    SC_TRY(check_options(trainer->env, &trainer->options));
    SC_TRY(sc_trainer_check_patience(trainer));
    SC_TRY(check_augment(trainer->env, trainer->net, &trainer->options.augment));
    SC_TRY(check_adversarial(trainer->env, trainer->net, &trainer->options));
    SC_TRY(sc_net_judge(&trainer->judge, trainer->net, trainer->options.best));
    SC_TRY(sc_fit_judge_progress(&trainer->progress_judge, trainer->net, &trainer->options));
    trainer->options.best = NULL; /* the caller's, and settled */
    SC_TRY(choose_micro_batch(trainer, devices));
    SC_TRY(split_data(trainer, train, test));
    SC_TRY(check_whole_batch(trainer));
    warn_single(trainer);
    SC_TRY(sc_updates_create(&trainer->updates, trainer->net, &trainer->options));
    SC_TRY(begin_schedule(trainer));
    trainer->options.group = NULL; /* the caller's, and settled */
    trainer->options.groups = 0;
    trainer->devices = devices;
    SC_TRY(sc_trainer_equip(trainer, device));
    uint64_t seed = trainer->options.seed;
    return sc_fleet_all(trainer->fleet, sc_fleet_deadline(trainer->fleet, 1), initialize_job, &seed,
                        sizeof seed);
}

socle_status sc_trainer_create_on(sc_trainer **out, sc_env *env, const sc_fleet_device *device,
                                  int devices, sc_net *net, const sc_fit_options *options,
                                  const sc_dataset *train, const sc_dataset *test) {
    *out = NULL;
    if (net->status != SOCLE_OK) return net->status;
    sc_trainer *trainer;
    SC_TRY(sc_allocate(env, &trainer, 1, sizeof *trainer));
    trainer->env = env;
    trainer->net = net;
    trainer->options = *options;
    trainer->position.best = NAN;
    trainer->position.plateau = sc_plateau_begin();
    trainer->position.patience = sc_patience_begin(0);
    socle_status status = fill_trainer(trainer, device, devices, train, test);
    if (status != SOCLE_OK) {
        sc_trainer_destroy(trainer);
        return status;
    }
    *out = trainer;
    return SOCLE_OK;
}

socle_status sc_trainer_create(sc_trainer **out, sc_device *device, sc_net *net,
                               const sc_fit_options *options, const sc_dataset *train,
                               const sc_dataset *test) {
    sc_fleet_device one = {.device = device};
    return sc_trainer_create_on(out, device->env, &one, 1, net, options, train, test);
}

static void free_copies(const sc_trainer *trainer, float ***copies) {
    for (size_t p = 0; *copies && p < trainer->net->parameters; p++)
        sc_release(trainer->env, (*copies)[p]);
    sc_release(trainer->env, *copies);
    *copies = NULL;
}

bool sc_trainer_destroy(sc_trainer *trainer) {
    if (!trainer) return true;
    if (!sc_fleet_destroy(trainer->fleet))
        return false; /* the thread of a member that hangs may still read what is here */
    for (int i = 0; i < 2; i++) sc_dataset_destroy(trainer->converted[i]);
    sc_order_free(&trainer->train_order);
    sc_order_free(&trainer->validation_order);
    sc_order_free(&trainer->test_order);
    free_copies(trainer, &trainer->best);
    free_copies(trainer, &trainer->best_before);
    sc_trainer_forget(trainer);
    sc_trainer_forget_raw(trainer);
    sc_updates_free(&trainer->updates);
    sc_release(trainer->env, trainer);
    return true;
}

sc_env *sc_trainer_env(const sc_trainer *trainer) {
    return trainer->env;
}

const sc_net *sc_trainer_net(const sc_trainer *trainer) {
    return trainer->net;
}

sc_fleet *sc_trainer_fleet(const sc_trainer *trainer) {
    return trainer->fleet;
}

const sc_optimizer *sc_trainer_optimizer(const sc_trainer *trainer, int parameter) {
    return sc_updates_optimizer(&trainer->updates, (size_t)parameter);
}

const sc_fit_options *sc_trainer_options(const sc_trainer *trainer) {
    return &trainer->options;
}

static socle_status allocate_copies(const sc_trainer *trainer, float ***copies) {
    if (*copies) return SOCLE_OK;
    const sc_net *net = trainer->net;
    SC_TRY(sc_allocate(trainer->env, copies, net->parameters, sizeof **copies));
    for (size_t p = 0; p < net->parameters; p++) {
        socle_status status =
            sc_allocate(trainer->env, &(*copies)[p], sc_tensor_bytes(&net->parameter[p].desc), 1);
        if (status != SOCLE_OK) {
            free_copies(trainer, copies);
            return status;
        }
    }
    return SOCLE_OK;
}

static void exchange_best(sc_trainer *trainer) {
    float **best = trainer->best;
    trainer->best = trainer->best_before;
    trainer->best_before = best;
}

/* A device may be lost between two tensors, so what was best stays whole until the new copy is. */
socle_status sc_trainer_keep_best(sc_trainer *trainer) {
    SC_TRY(allocate_copies(trainer, &trainer->best_before));
    trainer->best_is_new = false;
    for (size_t p = 0; p < trainer->net->parameters; p++)
        SC_TRY(sc_fleet_read(trainer->fleet, (int)p, -1, trainer->best_before[p]));
    exchange_best(trainer);
    trainer->best_is_new = true;
    return SOCLE_OK;
}

void sc_trainer_forget_new_best(sc_trainer *trainer) {
    if (trainer->best_is_new) exchange_best(trainer);
    trainer->best_is_new = false;
}

socle_status sc_trainer_restore_best(sc_trainer *trainer) {
    if (!trainer->best) return SOCLE_OK;
    for (size_t p = 0; p < trainer->net->parameters; p++)
        SC_TRY(sc_fleet_write(trainer->fleet, (int)p, -1, trainer->best[p]));
    return SOCLE_OK;
}

float *const *sc_trainer_best(const sc_trainer *trainer) {
    return trainer->best;
}

socle_status sc_trainer_set_best(sc_trainer *trainer, int parameter, const float *data) {
    SC_TRY(allocate_copies(trainer, &trainer->best));
    memcpy(trainer->best[parameter], data,
           sc_tensor_bytes(&trainer->net->parameter[parameter].desc));
    return SOCLE_OK;
}

sc_position sc_trainer_position(const sc_trainer *trainer) {
    return trainer->position;
}

socle_status sc_trainer_set_position(sc_trainer *trainer, const sc_position *position) {
    trainer->position = *position;
    sc_totals totals = {.sum = position->sum, .scaling = position->scaling};
    return sc_fleet_set_totals(trainer->fleet, &totals);
}
