/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers between host and device. A pinned buffer is the driver's own host memory. What was
 * sent comes back, and is compared. */
#include "bench/measure.h"
#include "bench/roofs.h"

#include <string.h>

enum { BYTES = 1 << 24, QUICK_BYTES = 1 << 22 };

typedef struct transfer {
    sc_buffer *device, *pinned;
    unsigned char *pageable;
    void *host; /* what is used now */
    size_t bytes;
} transfer;

static socle_status to_device(void *user, sc_queue *queue, int64_t times) {
    const transfer *t = user;
    for (int64_t i = 0; i < times; i++)
        SC_TRY(sc_queue_write(queue, (sc_operand){t->device, 0}, t->host, t->bytes));
    return SOCLE_OK;
}

static socle_status to_host(void *user, sc_queue *queue, int64_t times) {
    const transfer *t = user;
    for (int64_t i = 0; i < times; i++)
        SC_TRY(sc_queue_read(queue, t->host, (sc_operand){t->device, 0}, t->bytes));
    return SOCLE_OK;
}

static unsigned char byte_of(size_t i) {
    return (unsigned char)(i * 131 + (i >> 8));
}

static socle_status check(const transfer *t, sc_env *env, const char *name) {
    const unsigned char *got = t->host;
    for (size_t i = 0; i < t->bytes; i++)
        if (got[i] != byte_of(i))
            return sc_fail(env, SOCLE_STATUS_WRONG_RESULT,
                           "%s: byte %zu of a transfer came back as %d, sent as %d", name, i,
                           got[i], byte_of(i));
    return SOCLE_OK;
}

static void report(const sc_bench_session *session, const char *name,
                   const sc_bench_figure *seconds, size_t bytes) {
    sc_bench_row row = {.kind = SC_BENCH_ROOF,
                        .device = session->name,
                        .name = name,
                        .unit = "GB/s",
                        .figure = sc_bench_rate(seconds, (double)bytes * 1e-9),
                        .bytes = (double)bytes};
    session->sink(session->user, &row);
}

static socle_status both_ways(transfer *t, sc_bench_session *session, const char *there,
                              const char *back) {
    sc_bench_patience patience = sc_bench_patience_of(session->options);
    sc_bench_figure seconds;
    unsigned char *host = t->host;
    for (size_t i = 0; i < t->bytes; i++) host[i] = byte_of(i);
    SC_TRY(sc_bench_measure(&seconds, session->queue, &patience, to_device, t));
    report(session, there, &seconds, t->bytes);
    memset(host, 0, t->bytes);
    SC_TRY(sc_bench_measure(&seconds, session->queue, &patience, to_host, t));
    report(session, back, &seconds, t->bytes);
    return check(t, session->env, session->device->info.name);
}

static socle_status measure(transfer *t, sc_bench_session *session) {
    SC_TRY(sc_buffer_create(&t->device, session->device, SC_BUFFER_DEVICE, t->bytes));
    SC_TRY(sc_buffer_create(&t->pinned, session->device, SC_BUFFER_STAGING, t->bytes));
    SC_TRY(sc_allocate(session->env, &t->pageable, t->bytes, 1));
    t->host = t->pageable;
    SC_TRY(both_ways(t, session, "to device", "to host"));
    t->host = t->pinned->host;
    return both_ways(t, session, "to device from pinned", "to host into pinned");
}

socle_status sc_bench_measure_transfers(sc_bench_session *session) {
    transfer t = {.bytes = session->options->quick ? QUICK_BYTES : BYTES};
    socle_status status = measure(&t, session);
    sc_release(session->env, t.pageable);
    sc_buffer_destroy(t.pinned);
    sc_buffer_destroy(t.device);
    return status;
}
