/* SPDX-License-Identifier: Apache-2.0 */
/* One device from its roofs over operations to training steps. */
#include "bench/roofs.h"

socle_status sc_bench_device(sc_env *env, sc_device *device, const char *name,
                             const sc_bench_options *options, sc_bench_sink *sink, void *user) {
    sc_bench_session session = {
        .env = env, .device = device, .name = name, .options = options, .sink = sink, .user = user};
    SC_TRY(sc_queue_open(&session.queue, device));
    socle_status status = sc_bench_measure_roofs(&session);
    if (status == SOCLE_OK) status = sc_bench_measure_transfers(&session);
    if (status == SOCLE_OK && !options->network) status = sc_bench_measure_operations(&session);
    if (status == SOCLE_OK && !options->operation) status = sc_bench_measure_steps(&session);
    sc_queue_close(session.queue);
    return status;
}
