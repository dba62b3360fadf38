/* SPDX-License-Identifier: Apache-2.0 */
/* The null device. It accepts every operation, remembers nothing, and can be told to fail at its
 * n-th call, which is how the floors above are tested for leaks and half-done work. */
#include "backend/null.h"

#include <string.h>

typedef struct null_device {
    sc_device base;
    sc_null_counts *counts;
} null_device;

static const sc_driver null_driver = {.name = "null"};

/* Counts one call; DEVICE when it is the one that shall fail. */
static socle_status count(sc_device *device, int64_t *counter) {
    sc_null_counts *counts = ((null_device *)device)->counts;
    counts->calls++;
    if (counts->fail_after && counts->calls == counts->fail_after)
        return sc_fail(device->env, SOCLE_STATUS_DEVICE, "null device: call %lld fails as asked",
                       (long long)counts->calls);
    ++*counter;
    return SOCLE_OK;
}

static sc_null_counts *counts_of(sc_device *device) {
    return ((null_device *)device)->counts;
}

static void kernel_release(sc_kernel *kernel) {
    counts_of(kernel->device)->kernels--;
    sc_release(kernel->device->env, kernel);
}

static socle_status kernel_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    (void)queue, (void)operands, (void)workspace, (void)launch;
    return count(kernel->device, &counts_of(kernel->device)->enqueues);
}

static socle_status kernel_pack(sc_kernel *kernel, sc_queue *queue, sc_operand from,
                                sc_operand to) {
    (void)queue, (void)from, (void)to;
    return count(kernel->device, &counts_of(kernel->device)->enqueues);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    (void)tuning;
    SC_TRY(count(device, &counts_of(device)->prepares));
    sc_kernel *kernel;
    SC_TRY(sc_allocate(device->env, &kernel, 1, sizeof *kernel));
    *kernel = (sc_kernel){.device = device,
                          .implementation = implementation,
                          .enqueue = kernel_enqueue,
                          .release = kernel_release};
    if (desc->op == SC_OP_MATMUL) {
        kernel->packing = (sc_packing){.bytes = counts_of(device)->packing,
                                       .operand = 1,
                                       .pack = kernel_pack,
                                       .enqueue = kernel_enqueue};
        kernel->workspace = kernel->packing.bytes;
    }
    counts_of(device)->kernels++;
    *out = kernel;
    return SOCLE_OK;
}

enum { ALL_LAYOUTS = (1u << SC_LAYOUT_COUNT) - 1 };
static const sc_implementation implementation[] = {
#define SC_OP(NAME, word, inputs, outputs)                                                         \
    {.op = SC_OP_##NAME,                                                                           \
     .name = "null",                                                                               \
     .layouts = ALL_LAYOUTS,                                                                       \
     .storage = SC_STORAGE_ANY,                                                                    \
     .fuses_tail = true,                                                                           \
     .prepare = prepare},
#include "op/op_list.def"
#undef SC_OP
};
static const sc_implementation *const implementations[] = {
#define SC_OP(NAME, word, inputs, outputs) &implementation[SC_OP_##NAME],
#include "op/op_list.def"
#undef SC_OP
    NULL};

static socle_status buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                                  size_t bytes) {
    SC_TRY(count(device, &counts_of(device)->buffers));
    sc_buffer *buffer;
    socle_status status = sc_allocate(device->env, &buffer, 1, sizeof *buffer);
    void *host = NULL;
    if (status == SOCLE_OK && kind == SC_BUFFER_STAGING) {
        status = sc_allocate(device->env, &host, bytes, 1);
        if (status != SOCLE_OK) sc_release(device->env, buffer);
    }
    if (status != SOCLE_OK) {
        counts_of(device)->buffers--;
        return status;
    }
    *buffer = (sc_buffer){device, kind, bytes, host};
    counts_of(device)->buffer_bytes += (int64_t)bytes;
    *out = buffer;
    return SOCLE_OK;
}

static void buffer_destroy(sc_buffer *buffer) {
    counts_of(buffer->device)->buffers--;
    counts_of(buffer->device)->buffer_bytes -= (int64_t)buffer->bytes;
    sc_env *env = buffer->device->env;
    sc_release(env, buffer->host);
    sc_release(env, buffer);
}

static void queue_close(sc_queue *queue) {
    counts_of(queue->device)->queues--;
    sc_release(queue->device->env, queue);
}

static socle_status queue_write(sc_queue *queue, sc_operand dst, const void *src, size_t bytes) {
    (void)dst, (void)src, (void)bytes;
    return count(queue->device, &counts_of(queue->device)->writes);
}

static socle_status queue_read(sc_queue *queue, void *dst, sc_operand src, size_t bytes) {
    (void)src;
    SC_TRY(count(queue->device, &counts_of(queue->device)->reads));
    memset(dst, 0, bytes);
    return SOCLE_OK;
}

static socle_status queue_copy(sc_queue *queue, sc_operand dst, sc_operand src, size_t bytes) {
    (void)dst, (void)src, (void)bytes;
    return count(queue->device, &counts_of(queue->device)->copies);
}

static socle_status queue_fill(sc_queue *queue, sc_operand dst, uint32_t pattern, size_t bytes) {
    (void)dst, (void)pattern, (void)bytes;
    return count(queue->device, &counts_of(queue->device)->fills);
}

static socle_status queue_record(sc_queue *queue, sc_event **out) {
    SC_TRY(count(queue->device, &counts_of(queue->device)->events));
    socle_status status = sc_allocate(queue->device->env, out, 1, sizeof **out);
    if (status != SOCLE_OK) {
        counts_of(queue->device)->events--;
        return status;
    }
    (*out)->queue = queue;
    return SOCLE_OK;
}

static socle_status queue_wait_event(sc_queue *queue, sc_event *event) {
    (void)queue, (void)event;
    return SOCLE_OK;
}

static socle_status queue_flush(sc_queue *queue) {
    return count(queue->device, &counts_of(queue->device)->flushes);
}

static socle_status queue_poll(sc_queue *queue, sc_event *event, uint64_t deadline) {
    (void)event, (void)deadline;
    return count(queue->device, &counts_of(queue->device)->polls);
}

static socle_status event_times(sc_event *event, uint64_t *start, uint64_t *end) {
    (void)start, (void)end;
    return sc_fail(event->queue->env, SOCLE_STATUS_UNSUPPORTED, "the null device has no clock");
}

static void event_release(sc_event *event) {
    counts_of(event->queue->device)->events--;
    sc_release(event->queue->device->env, event);
}

static const sc_queue_ops queue_ops = {
    .close = queue_close,
    .write = queue_write,
    .read = queue_read,
    .copy = queue_copy,
    .fill = queue_fill,
    .record = queue_record,
    .wait_event = queue_wait_event,
    .flush = queue_flush,
    .poll = queue_poll,
    .event_times = event_times,
    .event_release = event_release,
};

static socle_status queue_open(sc_queue **out, sc_device *device) {
    SC_TRY(count(device, &counts_of(device)->queues));
    socle_status status = sc_allocate(device->env, out, 1, sizeof **out);
    if (status != SOCLE_OK) {
        counts_of(device)->queues--;
        return status;
    }
    **out = (sc_queue){&queue_ops, device, device->env};
    return SOCLE_OK;
}

static void device_close(sc_device *device) {
    sc_release(device->env, device);
}

static const sc_device_ops device_ops = {.close = device_close,
                                         .buffer_create = buffer_create,
                                         .buffer_destroy = buffer_destroy,
                                         .queue_open = queue_open};

socle_status sc_null_open(sc_device **out, sc_env *env, sc_null_counts *counts) {
    *out = NULL;
    null_device *device;
    SC_TRY(sc_allocate(env, &device, 1, sizeof *device));
    device->counts = counts;
    device->base = (sc_device){.ops = &device_ops, .env = env, .implementations = implementations};
    sc_device_info *info = &device->base.info;
    *info = (sc_device_info){.driver = &null_driver,
                             .id = "null",
                             .name = "null",
                             .device_class = SC_DEVICE_OTHER,
                             .traits = UINT32_MAX,
                             .vector_width = 1,
                             .compute_units = 1,
                             .memory = UINT64_C(1) << 40,
                             .max_allocation = UINT64_C(1) << 40,
                             .max_work_group = 1,
                             .alignment = 4};
    *out = &device->base;
    return SOCLE_OK;
}
