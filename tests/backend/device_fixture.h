/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the contract share: a device by name with a queue, a logger that keeps its
 * lines, one launch of one operation, and a list of implementations put before the device's own. It
 * knows no driver. */
#ifndef SC_TEST_DEVICE_FIXTURE_H
#define SC_TEST_DEVICE_FIXTURE_H

#include "backend/registry.h"
#include "sc_test.h"

enum { FIXTURE_LINES = 32, FIXTURE_LIST = 160 };

typedef struct log_lines {
    int count;
    socle_log_level level[FIXTURE_LINES];
    char text[FIXTURE_LINES][512];
} log_lines;

/* Keeps all but the lines about single kernels, of which a plan may have any number. */
static SC_UNUSED void keep_line(void *user, socle_log_level level, const char *text) {
    log_lines *log = user;
    if (level == SOCLE_LOG_DEBUG && strstr(text, " built in ")) return;
    if (log->count == FIXTURE_LINES) SC_TEST_FAIL("more than %d log lines", FIXTURE_LINES);
    log->level[log->count] = level;
    snprintf(log->text[log->count++], sizeof log->text[0], "%s", text);
}

static SC_UNUSED void log_env_init(sc_env *env, log_lines *log) {
    socle_logger logger = {keep_line, log, SOCLE_LOG_DEBUG};
    memset(log, 0, sizeof *log);
    sc_env_init(env, NULL, &logger);
}

typedef struct device_fixture {
    sc_env env;
    log_lines log;
    sc_registry registry;
    sc_device *device;
    sc_queue *queue;
    const sc_implementation *list[FIXTURE_LIST];
} device_fixture;

/* A device that is not there skips the test with the reason. */
static SC_UNUSED void device_open(device_fixture *f, const char *name,
                                  const sc_device_options *options) {
    sc_device_choice *choice;
    int count;
    memset(f, 0, sizeof *f);
    log_env_init(&f->env, &f->log);
    SC_OK(&f->env, sc_registry_create(&f->registry, &f->env));
    if (sc_registry_select(&f->registry, &f->env, name, &choice, &count) != SOCLE_OK)
        cr_skip_test("no device %s here: %s", name, f->env.text);
    SC_OK(&f->env, sc_registry_open(&f->device, &f->registry, &f->env, &choice[0], options));
    SC_OK(&f->env, sc_queue_open(&f->queue, f->device));
    sc_release(&f->env, choice);
}

static SC_UNUSED void device_close(device_fixture *f) {
    sc_queue_close(f->queue);
    sc_device_close(f->device);
    sc_registry_free(&f->registry, &f->env);
}

/* The device asks `count` implementations first, in this order; NULL `own` leaves those of the
 * driver out. */
static SC_UNUSED void device_put_first(device_fixture *f, int count,
                                       const sc_implementation *const *first,
                                       const sc_implementation *const *own) {
    int n = 0;
    for (int i = 0; i < count; i++) f->list[n++] = first[i];
    for (; own && *own; own++) {
        SC_TRUE(n + 1 < FIXTURE_LIST);
        f->list[n++] = *own;
    }
    f->list[n] = NULL;
    f->device->implementations = f->list;
}

/* The driver's implementation of `op` called `name`, which must be there. */
static SC_UNUSED const sc_implementation *device_implementation(const sc_device *device, sc_op op,
                                                                const char *name) {
    for (const sc_implementation *const *list = device->implementations; *list; list++)
        if ((*list)->op == op && (!name || strcmp((*list)->name, name) == 0)) return *list;
    SC_TEST_FAIL("%s has no implementation %s", sc_op_word(op), name ? name : "at all");
    return NULL;
}

/* Runs `desc` once by `kernel`: operand i is read from data[i] (inputs) or written to it (outputs),
 * whole tensors at capacity. */
static SC_UNUSED void device_run(device_fixture *f, sc_kernel *kernel, const sc_op_desc *desc,
                                 void *const *data, const sc_launch *launch) {
    sc_operand operand[SC_MAX_OPERANDS], workspace = {0};
    int count = desc->inputs + desc->outputs;
    for (int i = 0; i < count; i++) {
        size_t bytes = sc_tensor_bytes(&desc->tensor[i]);
        operand[i] = (sc_operand){0};
        SC_OK(&f->env, sc_buffer_create(&operand[i].buffer, f->device, SC_BUFFER_DEVICE, bytes));
        SC_OK(&f->env, sc_queue_write(f->queue, operand[i], data[i], bytes));
    }
    if (kernel->workspace)
        SC_OK(&f->env,
              sc_buffer_create(&workspace.buffer, f->device, SC_BUFFER_DEVICE, kernel->workspace));
    SC_OK(&f->env, sc_kernel_enqueue(kernel, f->queue, operand, workspace, launch));
    for (int i = desc->inputs; i < count; i++)
        SC_OK(&f->env,
              sc_queue_read(f->queue, data[i], operand[i], sc_tensor_bytes(&desc->tensor[i])));
    SC_OK(&f->env, sc_queue_finish(f->queue));
    for (int i = 0; i < count; i++) sc_buffer_destroy(operand[i].buffer);
    sc_buffer_destroy(workspace.buffer);
}

/* Reproducible floats in (-1, 1). */
static SC_UNUSED void device_fill(float *out, size_t count, uint32_t seed) {
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = (float)(int32_t)(seed & 0xffffff00u) * (1.0f / 2147483648.0f);
    }
}

#endif
