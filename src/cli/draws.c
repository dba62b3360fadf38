/* SPDX-License-Identifier: Apache-2.0 */
/* See draws.h. Means and deviations are in doubles, by Welford's recurrence, so that they do not
 * depend on how large outputs are. */
#include "cli/draws.h"

#include <math.h>

socle_status sc_draws_create(sc_draws *out, sc_env *env, int64_t count, size_t values) {
    *out = (sc_draws){.env = env, .count = count, .values = values};
    socle_status status = sc_allocate(env, &out->mean, values, sizeof *out->mean);
    if (status == SOCLE_OK) status = sc_allocate(env, &out->square, values, sizeof *out->square);
    if (status == SOCLE_OK)
        status = sc_allocate(env, &out->deviation, values, sizeof *out->deviation);
    if (status != SOCLE_OK) sc_draws_free(out);
    return status;
}

void sc_draws_free(sc_draws *draws) {
    sc_release(draws->env, draws->mean);
    sc_release(draws->env, draws->square);
    sc_release(draws->env, draws->deviation);
    *draws = (sc_draws){.env = draws->env};
}

/* One more draw of `values` outputs, of which so many were before it. */
static void add(sc_draws *draws, const float *out, size_t values, int64_t before) {
    for (size_t i = 0; i < values; i++) {
        const double apart = (double)out[i] - draws->mean[i];
        draws->mean[i] += apart / (double)(before + 1);
        draws->square[i] += apart * ((double)out[i] - draws->mean[i]);
    }
}

socle_status sc_draws_predict(sc_draws *draws, sc_engine *engine, int slot, int64_t rows,
                              uint32_t first, float *out) {
    const size_t values = (size_t)(rows * sc_engine_prediction_size(engine));
    for (size_t i = 0; i < values; i++) draws->mean[i] = draws->square[i] = 0;
    for (int64_t draw = 0; draw < draws->count; draw++) {
        sc_engine_draw(engine, (uint32_t)draw);
        SC_TRY(sc_engine_predict(engine, slot, rows, first, out));
        add(draws, out, values, draw);
    }
    for (size_t i = 0; i < values; i++) {
        out[i] = (float)draws->mean[i];
        draws->deviation[i] = (float)sqrt(draws->square[i] / (double)(draws->count - 1));
    }
    return SOCLE_OK;
}
