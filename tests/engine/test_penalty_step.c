/* SPDX-License-Identifier: Apache-2.0 */
/* What a penalty adds to a step, against the step without it, in double precision: on every device,
 * over two optimizers, in half precision, under clipping. */
#include "../train/fixture.h"

#include <math.h>

enum { ROWS = 32, PARAMETERS = 8 };
#define RATE 1.0f
#define UNIT (1.0 / 16777216) /* of rounding: 2^-24 */

typedef struct step {
    float *before, *after;
    size_t count;
} step;

static const float l1[PARAMETERS] = {0.25f, 0, 0, 0, 0.125f}, l2[PARAMETERS] = {0.5f, 0, 0.25f};

/* The last parameter of the first layer is 0 in half of its places, where |w| has no slope. */
static step take(const char *device, bool penalised, float norm, int optimizers, int precision) {
    const sc_optimizer optimizer[2] = {fixture_optimizer("sgd", RATE, 0.0f),
                                       fixture_optimizer("sgd", RATE, 0.5f)};
    const int of[PARAMETERS] = {0, 0, 1, 1, 1, 1, 1, 1};
    fixture f;
    sc_engine *engine;
    step out;
    fixture_open(&f, device, 0);
    fixture_golden(&f, "mlp");
    const sc_engine_options options = {.capacity = ROWS,
                                       .optimizer = optimizer,
                                       .optimizers = optimizers,
                                       .optimizer_of = optimizers > 1 ? of : NULL,
                                       .precision = precision,
                                       .l1 = penalised ? l1 : NULL,
                                       .l2 = penalised ? l2 : NULL,
                                       .clip_norm = norm};
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    fixture_weights(&f, engine, "mlp");
    const int64_t first = sc_tensor_elements(&f.net->parameter[0].desc);
    float *weight = malloc((size_t)first * sizeof *weight);
    FIXTURE_OK(sc_engine_read(engine, 0, weight));
    for (int64_t i = 0; i < first; i += 2) weight[i] = 0;
    FIXTURE_OK(sc_engine_write(engine, 0, weight));
    free(weight);
    out.before = fixture_parameters(&f, engine, &out.count);
    fixture_step(&f, engine, 1, 0, ROWS, 1, RATE);
    out.after = fixture_parameters(&f, engine, &out.count);
    sc_engine_destroy(engine);
    fixture_close(&f);
    return out;
}

static void free_step(step *s) {
    free(s->before);
    free(s->after);
}

/* Which parameter place i is of: 144 inputs, layers of 32, 32 and 10 units. */
static int parameter_of(size_t i) {
    static const size_t sizes[] = {144 * 32, 32, 32 * 32, 32, 32 * 10, 10};
    int p = 0;
    for (size_t end = sizes[0]; i >= end; end += sizes[p]) p++;
    return p;
}

static double penalised(double g, double w, int p) {
    const double own = (double)l1[p];
    g += 2 * (double)l2[p] * w;
    if (w != 0) return g + (w > 0 ? own : -own);
    return fabs(g) <= own ? 0 : g - (g > 0 ? own : -own);
}

static void check(const char *device, int optimizers, int precision, bool clips) {
    step plain = take(device, false, 0, optimizers, precision);
    double norm = 0, factor = 1;
    size_t stays = 0;
    double *wanted = malloc(plain.count * sizeof *wanted);
    for (size_t i = 0; i < plain.count; i++) {
        const double g = (double)plain.before[i] - (double)plain.after[i];
        wanted[i] = penalised(g, (double)plain.before[i], parameter_of(i));
        norm += wanted[i] * wanted[i];
        stays += plain.before[i] == 0 && wanted[i] == 0;
    }
    norm = sqrt(norm);
    if (clips) factor = (double)(float)(norm / 2) / norm;
    SC_TRUE(stays > 100);
    step with = take(device, true, clips ? (float)(norm / 2) : 0, optimizers, precision);
    for (size_t i = 0; i < with.count; i++) {
        const double move = (double)with.before[i] - (double)with.after[i],
                     size = fabs((double)with.before[i]) + fabs(wanted[i]) + 1;
        SC_REPRO("%s, place %zu of parameter %d", device, i, parameter_of(i));
        SC_NEAR(move, wanted[i] * factor,
                8 * UNIT * size + (double)with.count * UNIT * fabs(wanted[i]) * clips);
        if (with.before[i] == 0 && wanted[i] == 0) SC_EQ_FLOAT_BITS(fabsf(with.after[i]), 0.0f);
    }
    free(wanted);
    free_step(&plain);
    free_step(&with);
}

Test(penalty_step, cpu) {
    check("cpu", 1, SOCLE_F32, false);
    check("cpu", 2, SOCLE_F32, false);
}

Test(penalty_step, cpu_clipped) {
    check("cpu", 1, SOCLE_F32, true);
    check("cpu", 2, SOCLE_F32, true);
}

Test(penalty_step, cpu_in_half_precision) {
    check("cpu", 2, SOCLE_F16, false);
}

Test(penalty_step, opencl) {
    if (sc_test_full()) check("opencl:0", 2, SOCLE_F32, true);
}
