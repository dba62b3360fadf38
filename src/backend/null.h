/* SPDX-License-Identifier: Apache-2.0 */
/* A device that computes nothing and counts calls: what a step asks of a driver, without a driver.
 * Reads give zeros. Also the skeleton of a new backend: every slot is there in its shortest form.
 */
#ifndef SC_BACKEND_NULL_H
#define SC_BACKEND_NULL_H

#include "backend/backend.h"

typedef struct sc_null_counts {
    int64_t buffers, buffer_bytes; /* alive now */
    int64_t kernels;               /* alive now */
    int64_t queues;                /* alive now */
    int64_t events;                /* alive now */
    int64_t prepares, enqueues, writes, reads, copies, fills, flushes, polls;
    int64_t fail_after; /* > 0: the call with this number among all counted ones fails with DEVICE;
                           0: none */
    int64_t calls;
    size_t packing; /* > 0: products pack their second operand into so many bytes; set before they
                       are prepared */
} sc_null_counts;

/* `counts` is the caller's, zeroed before, and must outlive the device. */
socle_status sc_null_open(sc_device **out, sc_env *env, sc_null_counts *counts);

#endif
