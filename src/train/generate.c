/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a network that makes them itself: of an engine, and of a run as it is now. */
#include "train/fit_private.h"

#include <string.h>

socle_status sc_generate(sc_engine *engine, int64_t count, float *out) {
    const int64_t size = sc_engine_prediction_size(engine);
    for (int64_t first = 0, rows; first < count; first += rows) {
        rows =
            count - first < sc_engine_capacity(engine) ? count - first : sc_engine_capacity(engine);
        SC_TRY(sc_engine_generate(engine, rows, (uint32_t)first, out + first * size));
    }
    return SOCLE_OK;
}

/* One block of memory, of which a fleet makes copies. */
typedef struct generation {
    int64_t count;
    float data[];
} generation;

static socle_status generate_job(sc_engine *engine, void *argument) {
    generation *job = argument;
    return sc_generate(engine, job->count, job->data);
}

socle_status sc_trainer_generate(sc_trainer *trainer, int64_t count, float *out) {
    const size_t size =
        (size_t)sc_tensor_elements_at(sc_net_desc(trainer->net, trainer->net->output), 1);
    const size_t bytes = (size_t)count * size * sizeof *out;
    generation *job;
    SC_TRY(sc_allocate(trainer->env, &job, sizeof *job + bytes, 1));
    job->count = count;
    socle_status status = sc_trainer_show_averages(trainer);
    if (status == SOCLE_OK)
        status = sc_fleet_lead(
            trainer->fleet,
            sc_fleet_deadline(trainer->fleet, sc_ceil_div(count, trainer->options.batch) + 1),
            generate_job, job, sizeof *job + bytes);
    if (status == SOCLE_OK) memcpy(out, job->data, bytes);
    status = sc_trainer_end_averages(trainer, status);
    sc_release(trainer->env, job);
    return status;
}
