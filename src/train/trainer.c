/* SPDX-License-Identifier: Apache-2.0 */
/* Making a trainer: checks the options, splits the data, chooses where data live and how large a micro-batch can be, initialises the
 * weights; and keeping the best ones. */
#include "train/fit_private.h"

#include <math.h>
#include <string.h>

sc_fit_options sc_fit_defaults(void) {
    return (sc_fit_options){.optimizer = sc_optimizer_default(sc_optimizer_find("adam")),
                            .epochs = 1,
                            .batch = 32,
                            .seed = 1,
                            .shuffle = true};
}

static socle_status check_options(sc_env *env, const sc_fit_options *options, const sc_net *net) {
    if (options->batch < 1 || options->batch > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "train.batch: must be at least 1, not %lld", (long long)options->batch);
    if (options->micro_batch < 0 || (options->micro_batch && options->batch % options->micro_batch))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "train.micro_batch: %lld does not divide the batch of %lld",
                       (long long)options->micro_batch, (long long)options->batch);
    if (options->epochs < 0 || options->epochs > INT32_MAX || options->steps < 0 || options->steps > INT32_MAX)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "train.epochs and train.steps: must be 0 to 2^31-1");
    if (!isfinite(options->optimizer.value[0]) || options->optimizer.value[0] < 0.0f)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "optimizer.lr: must be a finite number of at least 0, not %g",
                       (double)options->optimizer.value[0]);
    if (options->micro_batch && options->micro_batch < options->batch && sc_net_has_batch_statistics(net))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "batch normalisation over micro-batches of %lld would normalise by other statistics than the batch "
                       "of %lld; set train.batch to the size of the statistics group",
                       (long long)options->micro_batch, (long long)options->batch);
    return SOCLE_OK;
}

static socle_status split_data(sc_trainer *trainer, const sc_dataset *train, const sc_dataset *test) {
    const sc_fit_options *options = &trainer->options;
    sc_split split;
    SC_TRY(sc_split_create(&split, trainer->env, (uint32_t)sc_dataset_count(train), options->validation, options->seed));
    socle_status status = sc_order_init(&trainer->train_order, trainer->env, split.train, split.train_count,
                                        options->seed, options->shuffle);
    if (status == SOCLE_OK && split.validation_count)
        status = sc_order_init(&trainer->validation_order, trainer->env, split.validation, split.validation_count,
                               options->seed, false);
    sc_split_free(&split, trainer->env);
    SC_TRY(status);
    SC_TRY(sc_feed_target(&trainer->train_source.target, trainer->env, train));
    trainer->train_source.dataset = train;
    trainer->target_dtype =
        (uint8_t)sc_dataset_column(train, sc_dataset_find(train, trainer->train_source.target))->dtype;
    if (!test) return SOCLE_OK;
    SC_TRY(sc_feed_target(&trainer->test_source.target, trainer->env, test));
    trainer->test_source.dataset = test;
    return sc_order_init(&trainer->test_order, trainer->env, NULL, (uint32_t)sc_dataset_count(test), 0, false);
}

/* Data stay on the device when they take at most half of the budget and one allocation. */
static bool data_fit(const sc_trainer *trainer, const sc_dataset *train, const sc_dataset *test) {
    const sc_device_info *info = &trainer->device->info;
    uint64_t budget = trainer->options.memory ? trainer->options.memory : info->memory / 4 * 3;
    uint64_t bytes = sc_dataset_bytes(train) + (test ? sc_dataset_bytes(test) : 0);
    bytes += bytes / 64; /* alignment of columns */
    uint64_t rows = (uint64_t)sc_dataset_count(train) + (test ? (uint64_t)sc_dataset_count(test) : 0);
    bool addressable = bytes < UINT64_C(1) << 31 && rows < UINT64_C(1) << 31;
    return !trainer->options.staged && addressable && bytes <= budget / 2 && bytes <= info->max_allocation;
}

static socle_status weight_decay(sc_trainer *trainer) {
    const sc_net *net = trainer->net;
    SC_TRY(sc_allocate(trainer->env, &trainer->decay, net->parameters, sizeof *trainer->decay));
    for (size_t p = 0; p < net->parameters; p++)
        if (net->parameter[p].role == SC_PARAMETER_WEIGHT) trainer->decay[p] = trainer->options.weight_decay;
    return SOCLE_OK;
}

static socle_status try_engine(sc_trainer *trainer, int64_t micro_batch, bool resident, size_t rows) {
    sc_engine_options options = {.capacity = micro_batch,
                                 .micro_batches = trainer->options.batch / micro_batch,
                                 .optimizer = &trainer->options.optimizer,
                                 .resident = resident,
                                 .seed = trainer->options.seed,
                                 .data_rows = rows,
                                 .has_target_dtype = true,
                                 .target_dtype = trainer->target_dtype,
                                 .decay = trainer->decay,
                                 .plan = trainer->options.plan};
    return sc_engine_create(&trainer->engine, trainer->device, trainer->net, &options);
}

/* The next smaller divisor of the batch; 0 when there is none. */
static int64_t next_micro_batch(int64_t batch, int64_t micro_batch) {
    for (int64_t m = micro_batch - 1; m >= 1; m--)
        if (batch % m == 0) return m;
    return 0;
}

/* The largest micro-batch that the device has memory for. */
static socle_status create_engine(sc_trainer *trainer, const sc_dataset *train, const sc_dataset *test) {
    bool resident = data_fit(trainer, train, test);
    size_t rows = (size_t)sc_dataset_count(train) + (test ? (size_t)sc_dataset_count(test) : 0);
    int64_t micro_batch = trainer->options.micro_batch ? trainer->options.micro_batch : trainer->options.batch;
    bool fixed = trainer->options.micro_batch || sc_net_has_batch_statistics(trainer->net);
    socle_status status;
    while ((status = try_engine(trainer, micro_batch, resident, rows)) == SOCLE_STATUS_DEVICE_MEMORY) {
        if (resident) {
            resident = false;
            continue;
        }
        int64_t smaller = fixed ? 0 : next_micro_batch(trainer->options.batch, micro_batch);
        if (!smaller) break;
        sc_log_line(trainer->env, SOCLE_LOG_INFO, "a micro-batch of %lld does not fit the device; trying %lld",
               (long long)micro_batch, (long long)smaller);
        micro_batch = smaller;
    }
    SC_TRY(status);
    if (!resident) return SOCLE_OK;
    SC_TRY(sc_engine_data(trainer->engine, train, trainer->train_source.target, &trainer->train_source.first_row));
    if (!test) return SOCLE_OK;
    return sc_engine_data(trainer->engine, test, trainer->test_source.target, &trainer->test_source.first_row);
}

static socle_status fill_trainer(sc_trainer *trainer, const sc_dataset *train, const sc_dataset *test) {
    SC_TRY(check_options(trainer->env, &trainer->options, trainer->net));
    trainer->counts_correct = sc_net_counts_correct(trainer->net);
    SC_TRY(split_data(trainer, train, test));
    SC_TRY(weight_decay(trainer));
    SC_TRY(create_engine(trainer, train, test));
    return sc_engine_initialize(trainer->engine, trainer->options.seed);
}

socle_status sc_trainer_create(sc_trainer **out, sc_device *device, sc_net *net, const sc_fit_options *options,
                               const sc_dataset *train, const sc_dataset *test) {
    *out = NULL;
    if (net->status != SOCLE_OK) return net->status;
    sc_trainer *trainer;
    SC_TRY(sc_allocate(device->env, &trainer, 1, sizeof *trainer));
    trainer->env = device->env;
    trainer->device = device;
    trainer->net = net;
    trainer->options = *options;
    trainer->position.best = NAN;
    socle_status status = fill_trainer(trainer, train, test);
    if (status != SOCLE_OK) {
        sc_trainer_destroy(trainer);
        return status;
    }
    *out = trainer;
    return SOCLE_OK;
}

static void free_best(sc_trainer *trainer) {
    for (size_t p = 0; trainer->best && p < trainer->net->parameters; p++) sc_release(trainer->env, trainer->best[p]);
    sc_release(trainer->env, trainer->best);
    trainer->best = NULL;
}

void sc_trainer_destroy(sc_trainer *trainer) {
    if (!trainer) return;
    sc_engine_destroy(trainer->engine);
    sc_order_free(&trainer->train_order);
    sc_order_free(&trainer->validation_order);
    sc_order_free(&trainer->test_order);
    free_best(trainer);
    sc_release(trainer->env, trainer->decay);
    sc_release(trainer->env, trainer);
}

sc_engine *sc_trainer_engine(sc_trainer *trainer) {
    return trainer->engine;
}

const sc_fit_options *sc_trainer_options(const sc_trainer *trainer) {
    return &trainer->options;
}

static socle_status allocate_best(sc_trainer *trainer) {
    if (trainer->best) return SOCLE_OK;
    const sc_net *net = trainer->net;
    SC_TRY(sc_allocate(trainer->env, &trainer->best, net->parameters, sizeof *trainer->best));
    for (size_t p = 0; p < net->parameters; p++) {
        socle_status status = sc_allocate(trainer->env, &trainer->best[p], sc_tensor_bytes(&net->parameter[p].desc), 1);
        if (status != SOCLE_OK) {
            free_best(trainer);
            return status;
        }
    }
    return SOCLE_OK;
}

socle_status sc_trainer_keep_best(sc_trainer *trainer) {
    SC_TRY(allocate_best(trainer));
    for (size_t p = 0; p < trainer->net->parameters; p++)
        SC_TRY(sc_engine_read(trainer->engine, (int)p, trainer->best[p]));
    return SOCLE_OK;
}

socle_status sc_trainer_restore_best(sc_trainer *trainer) {
    if (!trainer->best) return SOCLE_OK;
    for (size_t p = 0; p < trainer->net->parameters; p++)
        SC_TRY(sc_engine_write(trainer->engine, (int)p, trainer->best[p]));
    return SOCLE_OK;
}

float *const *sc_trainer_best(const sc_trainer *trainer) {
    return trainer->best;
}

socle_status sc_trainer_set_best(sc_trainer *trainer, int parameter, const float *data) {
    SC_TRY(allocate_best(trainer));
    memcpy(trainer->best[parameter], data, sc_tensor_bytes(&trainer->net->parameter[parameter].desc));
    return SOCLE_OK;
}

sc_position sc_trainer_position(const sc_trainer *trainer) {
    return trainer->position;
}

socle_status sc_trainer_set_position(sc_trainer *trainer, const sc_position *position) {
    trainer->position = *position;
    sc_totals totals = {.loss = position->loss, .weight = position->weight, .correct = position->correct};
    return sc_engine_totals_set(trainer->engine, &totals);
}
