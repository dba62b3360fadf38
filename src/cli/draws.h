/* SPDX-License-Identifier: Apache-2.0 */
/* Predictions with dropout and noise as in training, several times over: their mean and how far
 * they deviate from it, which says how sure a network is (Gal and Ghahramani 2016, Monte Carlo
 * dropout).
 */
#ifndef SC_CLI_DRAWS_H
#define SC_CLI_DRAWS_H

#include "engine/engine.h"

typedef struct sc_draws {
    sc_env *env;
    int64_t count; /* at least 2 */
    size_t values; /* outputs of a micro-batch */
    double *mean, *square;
    float *deviation; /* of each output of the micro-batch predicted last, from their mean */
} sc_draws;

socle_status sc_draws_create(sc_draws *out, sc_env *env, int64_t count, size_t values);
void sc_draws_free(sc_draws *draws); /* a zeroed one is fine */
/* As sc_engine_predict, of an engine that draws; out: the means. */
socle_status sc_draws_predict(sc_draws *draws, sc_engine *engine, int slot, int64_t rows,
                              uint32_t first, float *out);

#endif
