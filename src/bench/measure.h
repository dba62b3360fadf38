/* SPDX-License-Identifier: Apache-2.0 */
/* How a time is taken: a stream of equal launches, as long as the clock can tell, again and again.
 * Knows neither operations nor roofs. */
#ifndef SC_BENCH_MEASURE_H
#define SC_BENCH_MEASURE_H

#include "bench/bench.h"

/* Enqueues the work `times` times, without waiting for it. */
typedef socle_status sc_bench_work(void *user, sc_queue *queue, int64_t times);

typedef struct sc_bench_patience {
    double sample; /* seconds that a sample takes at least */
    double all;    /* seconds after which no further sample begins, once there are `least` */
    int least, most;
} sc_bench_patience;

sc_bench_patience sc_bench_patience_of(const sc_bench_options *options);
/* Seconds for one piece of work, after a first one that does not count. */
socle_status sc_bench_measure(sc_bench_figure *out, sc_queue *queue,
                              const sc_bench_patience *patience, sc_bench_work *work, void *user);
/* amount / seconds, as a figure: what was quick is high. */
sc_bench_figure sc_bench_rate(const sc_bench_figure *seconds, double amount);
sc_bench_figure sc_bench_scaled(const sc_bench_figure *figure, double factor);

#endif
