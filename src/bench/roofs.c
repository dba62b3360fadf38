/* SPDX-License-Identifier: Apache-2.0 */
/* Multiply-adds, passes over memory and launches that do next to nothing (backend/roof.h). After
 * each measurement the results are looked at: a kernel that left work out would show a roof that is
 * not there. */
#include "bench/roofs.h"
#include "backend/roof.h"
#include "bench/measure.h"

#include <string.h>

enum {
    UNIT_ELEMENTS = 1 << 15, /* of multiply-adds per compute unit: enough to fill it several times
                              */
    ADD_ROUNDS = 256,
    LEAST_PASS = 1 << 28, /* bytes that a launch moves, so that beginning it does not count */
    QUICK_PASS = 1 << 26,
    FIRST_SIZE = 1 << 16,
    SIZE_STEP = 4
};

typedef struct trial {
    sc_kernel *kernel;
    sc_buffer *in, *out;
    sc_roof_desc desc;
} trial;

static void trial_free(trial *t) {
    sc_kernel_release(t->kernel);
    sc_buffer_destroy(t->in);
    sc_buffer_destroy(t->out);
}

static socle_status enqueue(void *user, sc_queue *queue, int64_t times) {
    const trial *t = user;
    const sc_operand operands[2] = {{t->in, 0}, {t->out, 0}};
    const sc_launch launch = {.rows = 1};
    for (int64_t i = 0; i < times; i++)
        SC_TRY(sc_kernel_enqueue(t->kernel, queue, operands, (sc_operand){NULL, 0}, &launch));
    return SOCLE_OK;
}

static uint32_t pattern_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static socle_status fill(sc_queue *queue, sc_buffer *buffer, float value) {
    return sc_queue_fill(queue, (sc_operand){buffer, 0}, pattern_of(value), buffer->bytes);
}

/* Ones go in, so every sum is a whole number that a float holds exactly. */
static socle_status trial_create(trial *t, sc_bench_session *session, const sc_roof_desc *desc) {
    size_t bytes = (size_t)desc->elements * sizeof(float);
    *t = (trial){.desc = *desc};
    SC_TRY(sc_buffer_create(&t->in, session->device, SC_BUFFER_DEVICE, bytes));
    SC_TRY(sc_buffer_create(&t->out, session->device, SC_BUFFER_DEVICE, bytes));
    SC_TRY(sc_roof_prepare(&t->kernel, session->device, desc));
    SC_TRY(fill(session->queue, t->in, 1.0f));
    SC_TRY(fill(session->queue, t->out, 0.0f));
    return sc_queue_finish(session->queue);
}

/* Element i of the result, or for READ the sum of all. */
static double expected(const sc_roof_desc *desc, int64_t i) {
    const double rounds = (double)desc->rounds, chains = SC_ROOF_CHAINS;
    if (desc->kind == SC_ROOF_MULTIPLY_ADD)
        return chains * (rounds + (double)(i % 16)) + chains * (chains - 1) / 2;
    return desc->kind == SC_ROOF_READ ? rounds * (double)desc->elements : 1.0;
}

socle_status sc_bench_check_roof(sc_env *env, const char *device, const sc_roof_desc *desc,
                                 const float *value) {
    double sum = 0.0, got = 0.0, want = 0.0;
    int64_t at = 0;
    if (desc->kind == SC_ROOF_READ) {
        for (int64_t i = 0; i < desc->elements; i++) sum += (double)value[i];
        got = sum;
        want = expected(desc, 0);
    }
    for (; at < desc->elements && got == want && desc->kind != SC_ROOF_READ; at++) {
        got = (double)value[at];
        want = expected(desc, at);
    }
    if (got == want) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_WRONG_RESULT,
                   "%s: a kernel that was timed did other work than it should: it gives %.9g, not "
                   "%.9g; the driver's compiler left something out",
                   device, got, want);
}

static socle_status check(const trial *t, sc_bench_session *session) {
    float *value;
    SC_TRY(sc_allocate(session->env, &value, (size_t)t->desc.elements, sizeof *value));
    socle_status status =
        sc_queue_read(session->queue, value, (sc_operand){t->out, 0}, t->out->bytes);
    if (status == SOCLE_OK) status = sc_queue_finish(session->queue);
    if (status == SOCLE_OK)
        status = sc_bench_check_roof(session->env, session->device->info.name, &t->desc, value);
    sc_release(session->env, value);
    return status;
}

/* Seconds for one launch of a kernel whose results are right. */
static socle_status time_of(sc_bench_figure *out, sc_bench_session *session,
                            const sc_roof_desc *desc) {
    sc_bench_patience patience = sc_bench_patience_of(session->options);
    trial t;
    socle_status status = trial_create(&t, session, desc);
    if (status == SOCLE_OK) status = sc_bench_measure(out, session->queue, &patience, enqueue, &t);
    if (status == SOCLE_OK) status = check(&t, session);
    trial_free(&t);
    return status;
}

static void report(const sc_bench_session *session, const char *name, const char *unit,
                   const sc_bench_figure *figure, double bytes) {
    sc_bench_row row = {.kind = SC_BENCH_ROOF,
                        .device = session->name,
                        .name = name,
                        .unit = unit,
                        .figure = *figure,
                        .bytes = bytes};
    session->sink(session->user, &row);
}

static socle_status multiply_adds(sc_bench_session *session) {
    int units = session->device->info.compute_units;
    sc_roof_desc desc = {SC_ROOF_MULTIPLY_ADD, (int64_t)UNIT_ELEMENTS * (units > 0 ? units : 1),
                         ADD_ROUNDS};
    /* Of a launch. */
    double flops = 2.0 * SC_ROOF_CHAINS * (double)desc.elements * (double)desc.rounds;
    sc_bench_figure seconds, rate;
    SC_TRY(time_of(&seconds, session, &desc));
    rate = sc_bench_rate(&seconds, flops * 1e-9);
    session->roofs.flops = rate.median * 1e9;
    report(session, "multiply-add f32", "GFLOP/s", &rate, (double)desc.elements * sizeof(float));
    return SOCLE_OK;
}

/* A working set of `bytes`, of which a copy has half for each side. */
static socle_status bandwidth(sc_bench_session *session, sc_roof_kind kind, double bytes,
                              double *best) {
    static const char *const names[] = {
        [SC_ROOF_READ] = "read", [SC_ROOF_WRITE] = "write", [SC_ROOF_COPY] = "copy"};
    double pass = session->options->quick ? QUICK_PASS : LEAST_PASS;
    int64_t elements = (int64_t)(bytes / sizeof(float)) / (kind == SC_ROOF_COPY ? 2 : 1);
    int64_t rounds = bytes < pass ? (int64_t)(pass / bytes) : 1;
    sc_roof_desc desc = {kind, elements, rounds};
    sc_bench_figure seconds, rate;
    SC_TRY(time_of(&seconds, session, &desc));
    rate = sc_bench_rate(&seconds, bytes * (double)rounds * 1e-9);
    if (rate.median * 1e9 > *best) *best = rate.median * 1e9;
    report(session, names[kind], "GB/s", &rate, bytes);
    return SOCLE_OK;
}

static socle_status bandwidths(sc_bench_session *session) {
    const sc_device_info *info = &session->device->info;
    sc_bench_roofs *roofs = &session->roofs;
    double most = (double)info->memory / 8, last = session->options->quick ? 1 << 26 : 1 << 28;
    if (most > (double)info->max_allocation) most = (double)info->max_allocation;
    for (double bytes = FIRST_SIZE;
         bytes <= last && (bytes <= most || roofs->sizes == 0) && roofs->sizes < SC_BENCH_SIZES;
         bytes *= SIZE_STEP) {
        double best = 0.0;
        for (int kind = SC_ROOF_READ; kind < SC_ROOF_KINDS; kind++)
            SC_TRY(bandwidth(session, (sc_roof_kind)kind, bytes, &best));
        roofs->size[roofs->sizes] = bytes;
        roofs->bandwidth[roofs->sizes++] = best;
    }
    return SOCLE_OK;
}

/* One launch after the other in a stream, and one with a wait for it. */
static socle_status wait_for_each(void *user, sc_queue *queue, int64_t times) {
    for (int64_t i = 0; i < times; i++) {
        SC_TRY(enqueue(user, queue, 1));
        SC_TRY(sc_queue_finish(queue));
    }
    return SOCLE_OK;
}

static socle_status launches(sc_bench_session *session) {
    const sc_roof_desc desc = {SC_ROOF_WRITE, SC_ROOF_GRAIN, 1};
    sc_bench_patience patience = sc_bench_patience_of(session->options);
    sc_bench_figure streamed, alone;
    trial t;
    socle_status status = trial_create(&t, session, &desc);
    if (status == SOCLE_OK)
        status = sc_bench_measure(&streamed, session->queue, &patience, enqueue, &t);
    if (status == SOCLE_OK)
        status = sc_bench_measure(&alone, session->queue, &patience, wait_for_each, &t);
    if (status == SOCLE_OK) status = check(&t, session);
    trial_free(&t);
    SC_TRY(status);
    session->roofs.launch = streamed.median;
    streamed = sc_bench_scaled(&streamed, 1e6);
    alone = sc_bench_scaled(&alone, 1e6);
    report(session, "launch in a stream", "us", &streamed, SC_ROOF_GRAIN * sizeof(float));
    report(session, "launch and wait", "us", &alone, SC_ROOF_GRAIN * sizeof(float));
    return SOCLE_OK;
}

socle_status sc_bench_measure_roofs(sc_bench_session *session) {
    SC_TRY(multiply_adds(session));
    SC_TRY(bandwidths(session));
    return launches(session);
}

double sc_bench_least(const sc_bench_roofs *roofs, double flops, double bytes, const char **bound) {
    int at = 0;
    while (at + 1 < roofs->sizes && roofs->size[at] < bytes) at++;
    double compute = flops / roofs->flops, memory = bytes / roofs->bandwidth[at];
    double least = compute > memory ? compute : memory;
    *bound = compute > memory ? "compute" : "memory";
    if (roofs->launch <= least) return least;
    *bound = "launch";
    return roofs->launch;
}
