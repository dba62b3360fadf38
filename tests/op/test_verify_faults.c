/* SPDX-License-Identifier: Apache-2.0 */
/* Does verify find faults? Implementations of the cpu driver are wrapped in ones that go wrong in
 * one known way each; every fault must be reported, by the check that is there for it. */
#include "backend/records.h"
#include "backend/tuning.h"
#include "verify_family.h"

typedef enum fault {
    NO_FAULT,
    WRONG_ELEMENT,
    LAST_ELEMENT, /* wrong at full rows alone */
    PAST_END,
    BEFORE_BEGIN,
    IGNORES_ROWS,
    CHANGES_INPUT,
    NOT_REPEATABLE, /* right within the bound, but another bit each time */
    ADDS_TO_OUTPUT, /* reads what it should overwrite, if that is a number */
    CLEARS_FIRST,   /* wrong in place */
    HIDES_NAN,
    ALL_ZERO,
    PAST_WORKSPACE,
    DIRTY_PADDING, /* REORDER to blocks: a padding channel is not zero */
    FAILS_TO_PREPARE,
    FAILS_TO_LAUNCH,
    DECLINES
} fault;

typedef struct faulty_implementation {
    sc_implementation base; /* first */
    const sc_implementation *inner;
    fault fault;
} faulty_implementation;

typedef struct faulty_kernel {
    sc_kernel base; /* first */
    sc_kernel *inner;
    const faulty_implementation *wrapper;
    sc_op_desc desc;
    int launches;
} faulty_kernel;

static float *floats(sc_operand operand) {
    return (float *)((char *)operand.buffer->host + operand.offset);
}

/* What goes wrong after the right result is there. `count` elements of output 0 belong to the
 * launch. */
static void spoil(faulty_kernel *self, const sc_operand *operands, sc_operand workspace,
                  int64_t count) {
    float *out = floats(operands[self->desc.inputs]);
    int64_t capacity = sc_tensor_elements(&self->desc.tensor[self->desc.inputs]);
    switch (self->wrapper->fault) {
    case WRONG_ELEMENT:
        if (count > 3) out[3] += 1;
        break;
    case LAST_ELEMENT:
        if (count == capacity) out[count - 1] += 1;
        break;
    case PAST_END:
        out[capacity] = 0;
        break;
    case BEFORE_BEGIN:
        out[-1] = 0;
        break;
    case CHANGES_INPUT:
        floats(operands[0])[0] = 123;
        break;
    case NOT_REPEATABLE:
        if (count) out[0] = nextafterf(out[0], self->launches % 2 ? 100 : -100);
        break;
    case HIDES_NAN:
        for (int64_t i = 0; i < count; i++)
            if (isnan(out[i])) out[i] = 0;
        break;
    case DIRTY_PADDING:
        if (count) out[15] = 1;
        break;
    case ALL_ZERO:
        memset(out, 0, (size_t)count * sizeof *out);
        break;
    case PAST_WORKSPACE:
        ((char *)workspace.buffer->host)[workspace.offset + self->base.workspace] = 1;
        break;
    default:
        break;
    }
}

static socle_status faulty_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    faulty_kernel *self = (faulty_kernel *)kernel;
    const sc_tensor_desc *result = &self->desc.tensor[self->desc.inputs];
    float *out = floats(operands[self->desc.inputs]);
    int64_t count = sc_tensor_elements_at(result, launch->rows);
    sc_launch changed = *launch;
    self->launches++;
    if (self->wrapper->fault == FAILS_TO_LAUNCH)
        return sc_fail(queue->env, SOCLE_STATUS_INTERNAL, "planted launch failure");
    if (self->wrapper->fault == IGNORES_ROWS && result->rows_per_sample)
        changed.rows = sc_tensor_samples(result);
    SC_TRY(sc_queue_finish(queue));
    float old = out[0];
    if (self->wrapper->fault == CLEARS_FIRST) memset(out, 0, (size_t)count * sizeof *out);
    SC_TRY(sc_kernel_enqueue(self->inner, queue, operands, workspace, &changed));
    SC_TRY(sc_queue_finish(queue));
    if (self->wrapper->fault == ADDS_TO_OUTPUT && count && isfinite(old)) out[0] += old;
    spoil(self, operands, workspace, count);
    return SOCLE_OK;
}

static void faulty_release(sc_kernel *kernel) {
    faulty_kernel *self = (faulty_kernel *)kernel;
    sc_kernel_release(self->inner);
    sc_release(kernel->device->env, self);
}

static socle_status faulty_prepare(sc_kernel **out, sc_device *device,
                                   const sc_implementation *implementation, const sc_op_desc *desc,
                                   const int *tuning) {
    const faulty_implementation *wrapper = (const faulty_implementation *)implementation;
    if (wrapper->fault == DECLINES)
        return sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED, "planted refusal");
    if (wrapper->fault == FAILS_TO_PREPARE)
        return sc_fail(device->env, SOCLE_STATUS_INTERNAL, "planted failure");
    faulty_kernel *self;
    int own[SC_TUNING_PARAMETERS];
    (void)tuning;
    sc_tuning_read(own, wrapper->inner, NULL);
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    socle_status status = wrapper->inner->prepare(&self->inner, device, wrapper->inner, desc, own);
    if (status != SOCLE_OK) {
        sc_release(device->env, self);
        return status;
    }
    self->wrapper = wrapper;
    self->desc = *desc;
    self->base = (sc_kernel){.device = device,
                             .implementation = implementation,
                             .workspace = self->inner->workspace,
                             .enqueue = faulty_enqueue,
                             .release = faulty_release};
    if (wrapper->fault == PAST_WORKSPACE) self->base.workspace += 60;
    *out = &self->base;
    return SOCLE_OK;
}

/* --- The runs --- */

typedef struct outcome {
    sc_verify_totals totals;
    char what[64], message[SC_VERIFY_TEXT], repro[256]; /* of the first failure */
} outcome;

static void note(void *user, const sc_verify_row *row) {
    outcome *result = user;
    if (row->state != SC_VERIFY_FAIL || result->what[0]) return;
    snprintf(result->what, sizeof result->what, "%s", row->what);
    snprintf(result->message, sizeof result->message, "%s", row->message);
    snprintf(result->repro, sizeof result->repro, "%s", row->repro);
}

static const sc_implementation *reference_of(const sc_device *device, sc_op op) {
    const sc_implementation *found = NULL;
    for (const sc_implementation *const *list = device->implementations; *list; list++)
        if ((*list)->op == op) found = *list;
    if (!found) SC_TEST_FAIL("the cpu driver has no %s", sc_op_word(op));
    return found;
}

/* Verifies one wrapped implementation of `op` alone: by the quick cases, or where a record is kept
 * by all, since only all of them free an implementation from quarantine. */
static outcome verify_faulty(sc_op op, fault kind, sc_records *record) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_registry registry;
    sc_device *device;
    sc_device_choice choice = {.sub_device = -1};
    SC_OK(&env, sc_registry_create(&registry, &env));
    SC_OK(&env, sc_registry_open(&device, &registry, &env, &choice, &SC_DEVICE_OPTIONS_DEFAULT));
    faulty_implementation faulty = {.inner = reference_of(device, op), .fault = kind};
    faulty.base = *faulty.inner;
    faulty.base.name = "faulty";
    faulty.base.prepare = faulty_prepare;
    faulty.base.storage = SC_STORAGE_COMPUTED; /* the faults are of floats of four bytes */
    const sc_implementation *const *own = device->implementations;
    const sc_implementation *only[] = {&faulty.base, reference_of(device, SC_OP_ELEMENTWISE), NULL};
    device->implementations = only;
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.op = sc_op_word(op);
    options.implementation = "faulty";
    options.record = record;
    options.quick = !record;
    outcome result = {{0}, "", "", ""};
    SC_OK(&env, sc_verify_device(&env, device, "cpu", &options, note, &result, &result.totals));
    device->implementations = own;
    sc_device_close(device);
    sc_registry_free(&registry, &env);
    return result;
}

static void expect_found(sc_op op, fault kind, const char *what) {
    SC_REPRO("%s with fault %d", sc_op_word(op), (int)kind);
    outcome result = verify_faulty(op, kind, NULL);
    SC_TRUE(result.totals.fail > 0);
    SC_EQ_STR(result.what, what);
    SC_TRUE(result.message[0] != '\0');
}

Test(verify_faults, a_right_implementation_passes) {
    outcome result = verify_faulty(SC_OP_MATMUL, NO_FAULT, NULL);
    SC_EQ(result.totals.fail, 0);
    SC_EQ(result.totals.unsupported, 0);
    SC_TRUE(result.totals.pass > 100);
}

Test(verify_faults, wrong_values_are_found) {
    expect_found(SC_OP_MATMUL, WRONG_ELEMENT, "value");
    expect_found(SC_OP_MATMUL, LAST_ELEMENT, "value");
    expect_found(SC_OP_MATMUL, ALL_ZERO, "value");
    expect_found(SC_OP_ELEMENTWISE, WRONG_ELEMENT, "value");
    expect_found(SC_OP_ELEMENTWISE, HIDES_NAN, "value");
    expect_found(SC_OP_REDUCE, LAST_ELEMENT, "value");
    expect_found(SC_OP_REDUCE, HIDES_NAN, "value");
    expect_found(SC_OP_SOFTMAX, WRONG_ELEMENT, "value");
    expect_found(SC_OP_CROSS_ENTROPY, HIDES_NAN, "value");
}

Test(verify_faults, stray_writes_are_found) {
    expect_found(SC_OP_MATMUL, PAST_END, "guard");
    expect_found(SC_OP_MATMUL, BEFORE_BEGIN, "guard");
    expect_found(SC_OP_SOFTMAX, PAST_END, "guard");
    expect_found(SC_OP_MATMUL, PAST_WORKSPACE, "guard");
    expect_found(SC_OP_MATMUL, CHANGES_INPUT, "input");
    expect_found(SC_OP_REORDER, DIRTY_PADDING, "padding");
}

Test(verify_faults, work_beyond_the_rows_is_found) {
    expect_found(SC_OP_MATMUL, IGNORES_ROWS, "rows");
    expect_found(SC_OP_ELEMENTWISE, IGNORES_ROWS, "rows");
    expect_found(SC_OP_SOFTMAX, IGNORES_ROWS, "rows");
}

Test(verify_faults, results_that_change_are_found) {
    expect_found(SC_OP_SOFTMAX, NOT_REPEATABLE, "repeat");
    expect_found(SC_OP_SOFTMAX, ADDS_TO_OUTPUT, "repeat");
    expect_found(SC_OP_ELEMENTWISE, CLEARS_FIRST, "in place");
}

Test(verify_faults, failures_are_failures_and_refusals_are_no_passes) {
    expect_found(SC_OP_MATMUL, FAILS_TO_PREPARE, "prepare");
    expect_found(SC_OP_MATMUL, FAILS_TO_LAUNCH, "launch");
    outcome result = verify_faulty(SC_OP_MATMUL, DECLINES, NULL);
    SC_EQ(result.totals.pass, 0);
    SC_EQ(result.totals.fail, 0);
    SC_EQ(result.totals.unsupported, result.totals.cases);
}

Test(verify_faults, a_failure_says_how_to_repeat_it) {
    outcome result = verify_faulty(SC_OP_MATMUL, WRONG_ELEMENT, NULL);
    SC_CONTAINS(result.repro,
                "socle verify --device cpu --op matmul --implementation faulty --case ");
    SC_CONTAINS(result.repro, " --seed 1");
    SC_CONTAINS(result.message, "output 0[3]");
    SC_CONTAINS(result.message, "expected");
}

Test(verify_faults, a_failing_implementation_is_quarantined_and_freed_when_it_passes) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_temp temp;
    sc_temp_make(&temp);
    sc_records *records;
    SC_OK(&env, sc_records_load(&records, &env, temp.path));
    sc_registry registry;
    SC_OK(&env, sc_registry_create(&registry, &env));
    verify_faulty(SC_OP_MATMUL, WRONG_ELEMENT, records);
    SC_TRUE(sc_records_quarantined(records, &registry.info[0], SC_OP_MATMUL, "faulty"));
    SC_TRUE(!sc_records_quarantined(records, &registry.info[0], SC_OP_MATMUL, "plain"));
    verify_faulty(SC_OP_MATMUL, NO_FAULT, records);
    SC_TRUE(!sc_records_quarantined(records, &registry.info[0], SC_OP_MATMUL, "faulty"));
    sc_registry_free(&registry, &env);
    sc_records_destroy(records);
    sc_temp_remove(&temp);
}

Test(verify_faults, an_unknown_operation_is_an_error) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.op = "matmull";
    sc_verify_totals totals = {0};
    SC_FAILS(&env,
             sc_verify_run(&env, "cpu", &SC_DEVICE_OPTIONS_DEFAULT, &options, NULL, NULL, &totals),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "matmull");
}

/* Whether oclgrind's messages are read: An output buffer half as large as its tensor must show in
 * the log. */
Test(verify_faults, oclgrind_sees_a_write_past_a_buffer) {
    sc_temp temp;
    char devices[1024], log[1500];
    family_start_oclgrind(&temp);
    family_opencl(devices, sizeof devices);
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_registry registry;
    sc_device *device;
    sc_queue *queue;
    sc_buffer *buffer;
    sc_kernel *kernel;
    SC_OK(&env, sc_registry_create(&registry, &env));
    sc_device_choice choice = {.entry = registry.count - 1, .sub_device = -1};
    SC_OK(&env, sc_registry_open(&device, &registry, &env, &choice, &SC_DEVICE_OPTIONS_DEFAULT));
    SC_OK(&env, sc_queue_open(&queue, device));
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_const(&expr, 2.0f));
    sc_op_desc desc = {.op = SC_OP_ELEMENTWISE, .outputs = 1, .expr = &expr};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, 0, 1, (int64_t[]){64});
    SC_OK(&env, sc_prepare(&kernel, device, &desc, NULL));
    SC_OK(&env, sc_buffer_create(&buffer, device, SC_BUFFER_DEVICE, 128));
    const sc_operand out = {buffer, 0}, none = {NULL, 0};
    const sc_launch launch = {.rows = 1};
    SC_OK(&env, sc_kernel_enqueue(kernel, queue, &out, none, &launch));
    SC_OK(&env, sc_queue_finish(queue));
    family_oclgrind_log(&temp, log, sizeof log);
    SC_CONTAINS(log, "Invalid write");
    sc_kernel_release(kernel);
    sc_buffer_destroy(buffer);
    sc_queue_close(queue);
    sc_device_close(device);
    sc_registry_free(&registry, &env);
}
