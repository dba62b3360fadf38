/* SPDX-License-Identifier: Apache-2.0 */
/* One device from its roofs over operations to training steps. */
#include "bench/roofs.h"

#include <string.h>

/* Whether `word` is NULL, or one of those that `word_at` gives. */
static bool is_measured(const char *word, const char *(*word_at)(int number)) {
    const char *known;
    for (int number = 0; word && (known = word_at(number)); number++)
        if (strcmp(word, known) == 0) return true;
    return !word;
}

socle_status sc_bench_device(sc_env *env, sc_device *device, const char *name,
                             const sc_bench_options *options, sc_bench_sink *sink, void *user) {
    sc_bench_session session = {
        .env = env, .device = device, .name = name, .options = options, .sink = sink, .user = user};
    if (!is_measured(options->operation, sc_bench_operation_word) ||
        !is_measured(options->network, sc_bench_network_name))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "'%s' is not among what is measured",
                       options->operation ? options->operation : options->network);
    SC_TRY(sc_queue_open(&session.queue, device));
    socle_status status = sc_bench_measure_roofs(&session);
    if (status == SOCLE_OK) status = sc_bench_measure_transfers(&session);
    if (status == SOCLE_OK && !options->network) status = sc_bench_measure_operations(&session);
    if (status == SOCLE_OK && !options->operation) status = sc_bench_measure_steps(&session);
    sc_queue_close(session.queue);
    return status;
}
