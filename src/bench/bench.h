/* SPDX-License-Identifier: Apache-2.0 */
/* `socle bench`: what a device can do, and how much of it Socle reaches. Everything is measured
 * through the backend contract, so a figure means the same on every driver. The library yields
 * rows; who asks prints them. */
#ifndef SC_BENCH_BENCH_H
#define SC_BENCH_BENCH_H

#include "backend/backend.h"

/* A figure is unsteady where the middle half of its samples spreads by more than this part of the
 * median. */
#define SC_BENCH_STEADY 0.10

/* One quantity, measured several times. */
typedef struct sc_bench_figure {
    double median, low, high; /* low, high: the quartiles */
    double spread;            /* (high - low) / median */
    int samples;
    bool unsteady;
} sc_bench_figure;

typedef enum sc_bench_kind { SC_BENCH_ROOF, SC_BENCH_OPERATION, SC_BENCH_STEP } sc_bench_kind;

enum { SC_BENCH_SHAPE_TEXT = 128 };

typedef struct sc_bench_row {
    sc_bench_kind kind;
    const char *device; /* as in the list of devices: "opencl:0" */
    const char *name;   /* roofs: "multiply-add f32", "read"; operations: the operation's word;
                           steps: the network's name */
    const char *unit;   /* of the figure: "GFLOP/s", "GB/s", "us", "samples/s" */
    sc_bench_figure figure;
    double bytes; /* roofs: that the working set takes; operations: all operands, moved
                     once; steps: of device memory in use */

    /* Operations alone. */
    char shape[SC_BENCH_SHAPE_TEXT];
    const char *network;        /* where the shape comes from */
    const char *implementation; /* what the device chose */
    double flops;               /* that the mathematics needs; 0 where it only moves */
    double gflops, gbytes;      /* per second */
    double share;               /* of the roof that binds, 0 .. */
    const char *bound;          /* the roof that binds: "compute", "memory", "launch" */

    /* Training steps alone. */
    int64_t batch;
    int launches;        /* of forward and backward pass, without the commit */
    double milliseconds; /* of a step */
    double launch_share; /* of a step that the launches alone would take in a stream */
} sc_bench_row;

/* Borrowed for the call. */
typedef void sc_bench_sink(void *user, const sc_bench_row *row);

typedef struct sc_bench_options {
    bool quick;            /* fewer sizes, shapes and samples: 20 s on two cores */
    const char *network;   /* of the training steps this one alone, and no operation; NULL: all */
    const char *operation; /* word: of the operations this one alone, all its shapes; NULL: all */
} sc_bench_options;

/* Measures an open device; `name` is what rows call it. Errors: WRONG_RESULT where a kernel did
 * other work than was timed, CONFIG (an operation or network that is not measured), DEVICE,
 * DEVICE_MEMORY, OUT_OF_MEMORY, UNSUPPORTED where the driver has no kernels that measure its own
 * limits. */
socle_status sc_bench_device(sc_env *env, sc_device *device, const char *name,
                             const sc_bench_options *options, sc_bench_sink *sink, void *user);

/* The word of an operation that is measured: not all have a shape in the table. NULL beyond the
 * last. */
const char *sc_bench_operation_word(int number);
/* The name of a network whose training steps are measured; NULL beyond the last. */
const char *sc_bench_network_name(int number);

/* Median and quartiles of `count` > 0 samples, which are sorted. A sample that is no positive
 * number makes the figure unsteady and not finite. */
sc_bench_figure sc_bench_figure_of(double *sample, int count);

#endif
