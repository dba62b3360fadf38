/* SPDX-License-Identifier: Apache-2.0 */
/* See measure.h. */
#include "bench/measure.h"
#include "base/thread_pool.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_SAMPLES = 25, MOST_TIMES = 1 << 20 };

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between the two samples that the place lies between. */
static double quantile(const double *sample, int count, double part) {
    double place = part * (count - 1);
    int below = (int)place, above = below + 1 < count ? below + 1 : below;
    return sample[below] + (place - below) * (sample[above] - sample[below]);
}

sc_bench_figure sc_bench_figure_of(double *sample, int count) {
    for (int i = 0; i < count; i++)
        if (!isfinite(sample[i]) || sample[i] <= 0.0)
            return (sc_bench_figure){NAN, NAN, NAN, NAN, count, true};
    qsort(sample, (size_t)count, sizeof *sample, by_value);
    sc_bench_figure out = {.median = quantile(sample, count, 0.5),
                           .low = quantile(sample, count, 0.25),
                           .high = quantile(sample, count, 0.75),
                           .samples = count};
    out.spread = (out.high - out.low) / out.median;
    out.unsteady = !(out.spread <= SC_BENCH_STEADY);
    return out;
}

sc_bench_figure sc_bench_rate(const sc_bench_figure *seconds, double amount) {
    sc_bench_figure out = *seconds;
    out.median = amount / seconds->median;
    out.low = amount / seconds->high;
    out.high = amount / seconds->low;
    out.spread = (out.high - out.low) / out.median;
    out.unsteady = !(out.spread <= SC_BENCH_STEADY);
    return out;
}

sc_bench_figure sc_bench_scaled(const sc_bench_figure *figure, double factor) {
    sc_bench_figure out = *figure;
    out.median *= factor;
    out.low *= factor;
    out.high *= factor;
    return out;
}

sc_bench_patience sc_bench_patience_of(const sc_bench_options *options) {
    if (options->quick) return (sc_bench_patience){0.005, 0.1, 5, 9};
    return (sc_bench_patience){0.02, 0.8, 7, MOST_SAMPLES};
}

static socle_status take(double *seconds, sc_queue *queue, sc_bench_work *work, void *user,
                         int64_t times) {
    uint64_t begin = sc_now_ns();
    SC_TRY(work(user, queue, times));
    SC_TRY(sc_queue_finish(queue));
    *seconds = (double)(sc_now_ns() - begin) * 1e-9;
    return SOCLE_OK;
}

socle_status sc_bench_measure(sc_bench_figure *out, sc_queue *queue,
                              const sc_bench_patience *patience, sc_bench_work *work, void *user) {
    double sample[MOST_SAMPLES], spent = 0.0, seconds;
    int64_t times = 1;
    int count = 0;
    SC_TRY(take(&seconds, queue, work, user, 1));
    SC_TRY(take(&seconds, queue, work, user, 1));
    while (seconds < patience->sample && times < MOST_TIMES) {
        times *= seconds < patience->sample / 8 ? 8 : 2;
        SC_TRY(take(&seconds, queue, work, user, times));
    }
    while (count < patience->most && (count < patience->least || spent < patience->all)) {
        SC_TRY(take(&seconds, queue, work, user, times));
        sample[count++] = seconds / (double)times;
        spent += seconds;
    }
    *out = sc_bench_figure_of(sample, count);
    return SOCLE_OK;
}
