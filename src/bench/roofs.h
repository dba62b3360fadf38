/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a device, measured, and which of them binds a piece of work. */
#ifndef SC_BENCH_ROOFS_H
#define SC_BENCH_ROOFS_H

#include "backend/roof.h"
#include "bench/bench.h"

enum { SC_BENCH_SIZES = 8 };

typedef struct sc_bench_roofs {
    double flops; /* per second, f32 */
    /* Bytes per second at a working set of `size` bytes: the best of read, write and copy. */
    int sizes;
    double size[SC_BENCH_SIZES], bandwidth[SC_BENCH_SIZES];
    double launch; /* seconds from one launch to the next */
} sc_bench_roofs;

/* What the measuring functions share. */
typedef struct sc_bench_session {
    sc_env *env;
    sc_device *device;
    sc_queue *queue;
    const char *name;
    const sc_bench_options *options;
    sc_bench_sink *sink;
    void *user;
    sc_bench_roofs roofs;
} sc_bench_session;

/* Whether `value`, the out operand of a roof whose `in` was ones and whose `out` was zeros, is what
 * all its work gives. WRONG_RESULT if not. */
socle_status sc_bench_check_roof(sc_env *env, const char *device, const sc_roof_desc *desc,
                                 const float *value);
socle_status sc_bench_measure_roofs(sc_bench_session *session);
/* transfers.c: between host and device, from ordinary memory and from pinned. */
socle_status sc_bench_measure_transfers(sc_bench_session *session);
/* The least seconds that `flops` and `bytes` can take in one launch, and what says so. */
double sc_bench_least(const sc_bench_roofs *roofs, double flops, double bytes, const char **bound);
/* operations.c: needs the roofs. */
socle_status sc_bench_measure_operations(sc_bench_session *session);
/* steps.c: the same. */
socle_status sc_bench_measure_steps(sc_bench_session *session);

#endif
