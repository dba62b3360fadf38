/* SPDX-License-Identifier: Apache-2.0 */
/* Clipping of gradients: what a step moves the parameters by, against the step that is not clipped,
 * in double precision. */
#include "../train/fixture.h"

#include <math.h>

enum { ROWS = 32 };
#define RATE 1.0f
#define UNIT (1.0 / 16777216) /* of rounding: 2^-24 */

/* How one step of plain descent changes all parameters; optimizers 2: the second layer has one of
 * its own. */
static double *moves(fixture *f, const char *device, float norm, float value, int optimizers,
                     int precision, size_t *count) {
    fixture_open(f, device, 0);
    fixture_golden(f, "mlp");
    const sc_optimizer optimizer[2] = {fixture_optimizer("sgd", RATE, 0.0f),
                                       fixture_optimizer("sgd", RATE, 0.5f)};
    const int of[] = {0, 0, 1, 1, 1, 1, 1, 1};
    const sc_engine_options options = {.capacity = ROWS,
                                       .optimizer = optimizer,
                                       .optimizers = optimizers,
                                       .optimizer_of = optimizers > 1 ? of : NULL,
                                       .precision = precision,
                                       .clip_norm = norm,
                                       .clip_value = value};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &options));
    fixture_weights(f, engine, "mlp");
    float *before = fixture_parameters(f, engine, count);
    fixture_step(f, engine, 1, 0, ROWS, 1, RATE);
    float *after = fixture_parameters(f, engine, count);
    double *move = malloc(*count * sizeof *move);
    for (size_t i = 0; i < *count; i++) move[i] = (double)before[i] - (double)after[i];
    free(before);
    free(after);
    sc_engine_destroy(engine);
    fixture_close(f);
    return move;
}

static double norm_of(const double *move, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += move[i] * move[i];
    return sqrt(sum);
}

/* A move is the difference of two weights of at most 1, each rounded; the factor errs by the sum of
 * `count` squares and a handful of operations. */
static void compare(const double *move, const double *free_move, size_t count, double factor,
                    double most) {
    for (size_t i = 0; i < count; i++) {
        double wanted = fmax(fmin(free_move[i] * factor, most), -most);
        double bound = 4 * UNIT + (double)count * UNIT * fabs(wanted);
        if (fabs(move[i] - wanted) > bound)
            SC_TEST_FAIL("parameter %zu moves by %.9g, not %.9g", i, move[i], wanted);
    }
}

static void by_norm(const char *device, int optimizers, int precision) {
    fixture f;
    size_t count;
    double *all = moves(&f, device, 0, 0, optimizers, precision, &count),
           norm = norm_of(all, count);
    SC_TRUE(norm > 0.01);
    double *half = moves(&f, device, (float)(norm / 2), 0, optimizers, precision, &count),
           *same = moves(&f, device, (float)(norm * 2), 0, optimizers, precision, &count);
    compare(half, all, count, 0.5, INFINITY);
    for (size_t i = 0; i < count; i++) SC_EQ(same[i], all[i]);
    free(all);
    free(half);
    free(same);
}

static void by_value(const char *device) {
    fixture f;
    size_t count, beyond = 0;
    double *all = moves(&f, device, 0, 0, 1, SOCLE_F32, &count), most = 0;
    for (size_t i = 0; i < count; i++) most = fmax(most, fabs(all[i]));
    double *cut = moves(&f, device, 0, (float)(most / 4), 1, SOCLE_F32, &count);
    compare(cut, all, count, 1, (double)(float)(most / 4));
    for (size_t i = 0; i < count; i++) beyond += fabs(all[i]) > most / 4;
    SC_TRUE(beyond > 0 && beyond < count);
    free(all);
    free(cut);
}

/* First the norm, then what is still too large. */
static void by_both(const char *device) {
    fixture f;
    size_t count;
    double *all = moves(&f, device, 0, 0, 1, SOCLE_F32, &count), most = 0, norm;
    norm = norm_of(all, count);
    for (size_t i = 0; i < count; i++) most = fmax(most, fabs(all[i]));
    double *cut = moves(&f, device, (float)(norm / 2), (float)(most / 4), 1, SOCLE_F32, &count);
    compare(cut, all, count, 0.5, (double)(float)(most / 4));
    free(all);
    free(cut);
}

Test(clip, cpu_by_norm) {
    by_norm("cpu", 1, SOCLE_F32);
}

Test(clip, cpu_by_norm_over_two_optimizers) {
    by_norm("cpu", 2, SOCLE_F32);
}

Test(clip, cpu_by_norm_in_half_precision) {
    by_norm("cpu", 2, SOCLE_F16);
}

Test(clip, cpu_by_value) {
    by_value("cpu");
}

Test(clip, cpu_by_both) {
    by_both("cpu");
}

/* In one process: the kernels are built once. */
Test(clip, opencl) {
    if (sc_test_full()) by_norm("opencl:0", 2, SOCLE_F32);
    by_both("opencl:0");
}
