/* SPDX-License-Identifier: Apache-2.0 */
/* Each operation of the table (cases.h) through the implementation that a run would take, beside
 * the roofs. That results are right is what `socle verify` looks at; here only that they are there:
 * numbers, not what the buffer held before. */
#include "bench/cases.h"
#include "bench/measure.h"
#include "bench/roofs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* An operation ready to be launched. */
typedef struct run {
    const sc_bench_case *test;
    sc_kernel *kernel;
    sc_buffer *buffer[SC_MAX_OPERANDS], *workspace;
    sc_operand operand[SC_MAX_OPERANDS];
} run;

static int operands_of(const run *r) {
    return r->test->desc.inputs + r->test->desc.outputs;
}

static void run_free(run *r) {
    sc_kernel_release(r->kernel);
    for (int i = 0; i < operands_of(r); i++) sc_buffer_destroy(r->buffer[i]);
    sc_buffer_destroy(r->workspace);
}

/* Numbers in [1/4, 3/4), of which no operation of the table makes anything that is not finite;
 * integers below the limit. */
static void fill(void *data, const sc_tensor_desc *tensor, int64_t limit) {
    int64_t count = sc_tensor_elements(tensor);
    uint32_t state = 1;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        if (tensor->dtype == SOCLE_F32)
            ((float *)data)[i] = 0.25f + (float)(state >> 9) * 0x1p-24f;
        else
            ((int32_t *)data)[i] = (int32_t)((int64_t)(state >> 8) % limit);
    }
}

/* Inputs hold numbers; outputs NaN, so that an output that stays unwritten is seen. */
static socle_status put(run *r, sc_bench_session *session, int index) {
    const sc_tensor_desc *tensor = &r->test->desc.tensor[index];
    size_t bytes = sc_tensor_bytes(tensor);
    SC_TRY(sc_buffer_create(&r->buffer[index], session->device, SC_BUFFER_DEVICE, bytes));
    r->operand[index] = (sc_operand){r->buffer[index], 0};
    if (index >= r->test->desc.inputs)
        return bytes % sizeof(uint32_t)
                   ? SOCLE_OK
                   : sc_queue_fill(session->queue, r->operand[index], 0x7fc00000u, bytes);
    void *data;
    SC_TRY(sc_allocate(session->env, &data, bytes, 1));
    fill(data, tensor, r->test->limit);
    socle_status status = sc_queue_write(session->queue, r->operand[index], data, bytes);
    if (status == SOCLE_OK) status = sc_queue_finish(session->queue);
    sc_release(session->env, data);
    return status;
}

static socle_status run_create(run *r, sc_bench_session *session) {
    SC_TRY(sc_prepare(&r->kernel, session->device, &r->test->desc, NULL));
    if (r->kernel->workspace)
        SC_TRY(sc_buffer_create(&r->workspace, session->device, SC_BUFFER_DEVICE,
                                r->kernel->workspace));
    for (int i = 0; i < operands_of(r); i++) SC_TRY(put(r, session, i));
    return SOCLE_OK;
}

static socle_status enqueue(void *user, sc_queue *queue, int64_t times) {
    const run *r = user;
    const sc_launch launch = {.rows = r->test->rows, .step = 1, .seed = 1};
    for (int64_t i = 0; i < times; i++)
        SC_TRY(sc_kernel_enqueue(r->kernel, queue, r->operand, (sc_operand){r->workspace, 0},
                                 &launch));
    return SOCLE_OK;
}

static socle_status check_output(const run *r, sc_bench_session *session, int index) {
    const sc_tensor_desc *tensor = &r->test->desc.tensor[index];
    int64_t count = sc_tensor_elements(tensor);
    float *value;
    if (tensor->dtype != SOCLE_F32) return SOCLE_OK;
    SC_TRY(sc_allocate(session->env, &value, (size_t)count, sizeof *value));
    socle_status status =
        sc_queue_read(session->queue, value, r->operand[index], (size_t)count * sizeof *value);
    if (status == SOCLE_OK) status = sc_queue_finish(session->queue);
    int64_t at = 0;
    while (status == SOCLE_OK && at < count && isfinite(value[at])) at++;
    sc_release(session->env, value);
    if (status != SOCLE_OK || at == count) return status;
    return sc_fail(session->env, SOCLE_STATUS_WRONG_RESULT,
                   "%s: %s by %s left element %lld without a number; `socle verify --op %s` says "
                   "more",
                   session->device->info.name, sc_op_word(r->test->desc.op),
                   sc_kernel_name(r->kernel), (long long)at, sc_op_word(r->test->desc.op));
}

/* "f32[128,784] f32[256,784]" */
static void print_shape(char *out, size_t size, const sc_op_desc *desc) {
    size_t used = 0;
    for (int i = 0; i < desc->inputs && used + 1 < size; i++) {
        char one[64];
        sc_tensor_desc tensor = desc->tensor[i];
        tensor.rows_per_sample = 0; /* with its batch as a number */
        sc_tensor_text(one, sizeof one, &tensor);
        int length = snprintf(out + used, size - used, "%s%s", i ? " " : "", one);
        used += length > 0 ? (size_t)length : 0;
    }
}

static void report(const run *r, const sc_bench_session *session, const sc_bench_figure *seconds) {
    const sc_bench_case *test = r->test;
    sc_bench_row row = {.kind = SC_BENCH_OPERATION,
                        .device = session->name,
                        .name = sc_op_word(test->desc.op),
                        .unit = "us",
                        .figure = sc_bench_scaled(seconds, 1e6),
                        .bytes = test->bytes,
                        .network = test->network,
                        .implementation = sc_kernel_name(r->kernel),
                        .flops = test->flops};
    row.gflops = test->flops / seconds->median * 1e-9;
    row.gbytes = test->bytes / seconds->median * 1e-9;
    row.share =
        sc_bench_least(&session->roofs, test->flops, test->bytes, &row.bound) / seconds->median;
    print_shape(row.shape, sizeof row.shape, &test->desc);
    session->sink(session->user, &row);
}

static socle_status measure(sc_bench_session *session, const sc_bench_case *test) {
    sc_bench_patience patience = sc_bench_patience_of(session->options);
    run r = {.test = test};
    sc_bench_figure seconds;
    socle_status status = run_create(&r, session);
    if (status == SOCLE_OK)
        status = sc_bench_measure(&seconds, session->queue, &patience, enqueue, &r);
    for (int i = test->desc.inputs; i < operands_of(&r) && status == SOCLE_OK; i++)
        status = check_output(&r, session, i);
    if (status == SOCLE_OK) report(&r, session, &seconds);
    run_free(&r);
    return status;
}

/* A shape that the device has no memory for is left out, and the others are measured. */
static socle_status pass_over(const sc_bench_session *session, const sc_bench_case *test,
                              socle_status status) {
    if (status != SOCLE_STATUS_DEVICE_MEMORY) return status;
    char shape[SC_BENCH_SHAPE_TEXT];
    print_shape(shape, sizeof shape, &test->desc);
    sc_log_line(session->env, SOCLE_LOG_WARNING,
                "%s: %s of %s is not measured: the device has not enough memory", session->name,
                sc_op_word(test->desc.op), shape);
    return SOCLE_OK;
}

socle_status sc_bench_measure_operations(sc_bench_session *session) {
    const sc_bench_options *options = session->options;
    sc_bench_case test;
    bool there = true;
    for (int number = 0; there; number++) {
        SC_TRY(sc_bench_case_at(session->env, number, &test, &there));
        if (!there || (options->quick && !options->operation && !test.quick)) continue;
        if (options->operation && strcmp(options->operation, sc_op_word(test.desc.op)) != 0)
            continue;
        SC_TRY(pass_over(session, &test, measure(session, &test)));
    }
    return SOCLE_OK;
}
