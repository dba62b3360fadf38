/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a run as a request for memory. */
#include "train/fit_forecast.h"

#include "train/columns.h"

socle_status sc_fit_fixed_rows(int64_t *out, const sc_net *net, const sc_fit_options *options) {
    int64_t group;
    SC_TRY(sc_net_statistics_group(net, &group));
    *out = options->micro_batch ? options->micro_batch : group;
    if (*out) return SOCLE_OK;
    if (options->reproducible)
        *out = sc_fit_reproducible_rows(options->batch);
    else if (sc_net_has_batch_statistics(net))
        *out = options->batch;
    return SOCLE_OK;
}

int sc_fit_memory_sharers(const sc_fleet_device *device, int devices) {
    int sharers = 0;
    for (int i = 0; i < devices; i++) {
        const sc_device_info *info =
            device[i].worker ? sc_worker_info(device[i].worker) : &device[i].device->info;
        sharers += (info->traits & SC_TRAIT_HOST_MEMORY) != 0;
    }
    return sharers ? sharers : 1;
}

void sc_fit_set_budget(sc_device *device, uint64_t memory, int sharers) {
    sc_device_set_budget(device, memory ? memory : sc_memory_safe_share(&device->info, sharers));
}

static size_t samples_of(const sc_dataset *dataset) {
    return dataset ? (size_t)sc_dataset_count(dataset) : 0;
}

socle_status sc_fit_forecast_request(sc_forecast_request *out, const sc_net *net,
                                     const sc_fit_options *options, int devices,
                                     const sc_dataset *train, const sc_dataset *test) {
    int64_t fixed;
    SC_TRY(sc_fit_fixed_rows(&fixed, net, options));
    bool evaluates = test || sc_fit_validates(options);
    *out = (sc_forecast_request){
        .engine = {.shares_steps = devices > 1,
                   .fixed_tree = options->reproducible,
                   .optimizer = &options->optimizer,
                   .slots = SC_ENGINE_STANDARD_SLOTS,
                   .augments = sc_augment_any(&options->augment),
                   .covers = sc_augment_covers(&options->augment),
                   .seed = options->seed,
                   .step_samples =
                       options->average > 0 || options->adversarial > 0 ? 0 : options->batch,
                   .precision = options->precision,
                   .clip_norm = options->clip_norm,
                   .clip_value = options->clip_value,
                   .adversarial = options->adversarial,
                   .adversarial_share = options->adversarial_share,
                   .plan = options->plan},
        .uses = {.evaluates = evaluates, .predicts = options->pictures > 0},
        .batch = options->batch,
        .most = fixed,
        .fixed = fixed != 0,
        .evaluation = options->reproducible ? 0 : options->batch,
        .resident_rows =
            options->staged || sc_dataset_is_streamed(train) || sc_dataset_is_streamed(test)
                ? 0
                : samples_of(train) + samples_of(test),
        .stages = evaluates ? 2 : 1};
    if (train) return sc_columns_choose(&out->engine, net->env, net, train, test);
    out->resident_rows = 0;
    return SOCLE_OK;
}
