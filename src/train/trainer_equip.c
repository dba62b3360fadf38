/* SPDX-License-Identifier: Apache-2.0 */
/* What a trainer gives each of its devices, on the device's thread: an engine whose micro-batches fit its memory, the data where they
 * fit too, and the stage that brings samples to it. */
#include "train/fit_private.h"

/* Data stay on the device when they take at most half of the budget and one allocation. */
static bool data_fit(const sc_trainer *trainer, const sc_device_info *info) {
    const sc_dataset *train = trainer->train_source.dataset, *test = trainer->test_source.dataset;
    uint64_t budget = trainer->options.memory ? trainer->options.memory : info->memory / 4 * 3;
    uint64_t bytes = sc_dataset_bytes(train) + (test ? sc_dataset_bytes(test) : 0);
    bytes += bytes / 64; /* alignment of columns */
    uint64_t rows = (uint64_t)sc_dataset_count(train) + (test ? (uint64_t)sc_dataset_count(test) : 0);
    bool addressable = bytes < UINT64_C(1) << 31 && rows < UINT64_C(1) << 31;
    return !trainer->options.staged && addressable && bytes <= budget / 2 && bytes <= info->max_allocation;
}

static socle_status try_engine(sc_engine **out, sc_device *device, const sc_trainer *trainer, int64_t micro_batch, bool resident) {
    const sc_dataset *train = trainer->train_source.dataset;
    sc_engine_options options = {
        .capacity = micro_batch,
        .micro_batches = sc_ceil_div(trainer->options.batch, micro_batch),
        .shares_steps = trainer->devices > 1,
        .fixed_tree = trainer->options.reproducible,
        .ranges = trainer->options.ranges,
        .own_memory = trainer->options.own_memory,
        .optimizer = &trainer->options.optimizer,
        .resident = resident,
        .seed = trainer->options.seed,
        .data_rows = (size_t)sc_dataset_count(train) + (trainer->test_source.dataset ? (size_t)sc_dataset_count(trainer->test_source.dataset) : 0),
        .has_target_dtype = true,
        .target_dtype = trainer->target_dtype,
        .decay = trainer->decay,
        .plan = trainer->options.plan};
    return sc_engine_create(out, device, trainer->net, &options);
}

static socle_status load_data(sc_engine *engine, const sc_trainer *trainer) {
    size_t first;
    SC_TRY(sc_engine_data(engine, trainer->train_source.dataset, trainer->train_source.target, &first));
    if (!trainer->test_source.dataset) return SOCLE_OK;
    return sc_engine_data(engine, trainer->test_source.dataset, trainer->test_source.target, &first);
}

/* The largest micro-batch that the device has memory for, up to `most`. */
static socle_status create_engine(sc_engine **out, sc_device *device, int64_t most, const sc_trainer *trainer) {
    bool resident = data_fit(trainer, &device->info);
    int64_t batch = trainer->options.batch, parts = 1;
    int64_t micro_batch = trainer->micro_batch ? trainer->micro_batch : most && most < batch ? most : batch;
    socle_status status;
    while ((status = try_engine(out, device, trainer, micro_batch, resident)) == SOCLE_STATUS_DEVICE_MEMORY) {
        if (resident) {
            resident = false;
            continue;
        }
        if (trainer->micro_batch || micro_batch == 1) break;
        while (sc_ceil_div(batch, parts) >= micro_batch) parts++;
        micro_batch = sc_ceil_div(batch, parts);
        sc_log_line(device->env, SOCLE_LOG_INFO, "%s: trying micro-batches of %lld", device->info.name,
                    (long long)micro_batch);
    }
    SC_TRY(status);
    return resident ? load_data(*out, trainer) : SOCLE_OK;
}

static socle_status equip(sc_engine **engine, sc_stage **stage, sc_device *device, int64_t most, void *argument) {
    const sc_trainer *trainer = argument;
    SC_TRY(create_engine(engine, device, most, trainer));
    return sc_stage_create(stage, *engine, &trainer->train_source, &trainer->train_order);
}

socle_status sc_trainer_equip(sc_trainer *trainer, const sc_fleet_device *device) {
    sc_fleet_options options = {.batch = trainer->options.batch,
                                .micro_batch = trainer->micro_batch,
                                .fixed_tree = trainer->options.reproducible};
    return sc_fleet_create(&trainer->fleet, trainer->env, device, trainer->devices, &options, equip, trainer);
}
