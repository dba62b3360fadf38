/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of the CPU driver. The contract is asynchronous; here every command is done when its
 * call returns, which is a valid schedule: events are complete when they are made, and waiting
 * returns at once. */
#include "cpu/cpu.h"

#include <string.h>

typedef struct cpu_queue {
    sc_queue base;
    uint64_t start; /* of the last command; 0 before the first and without timestamps */
} cpu_queue;

typedef struct cpu_event {
    sc_event base;
    bool timed;
    uint64_t start, end;
} cpu_event;

void sc_cpu_queue_begin(sc_queue *queue) {
    cpu_queue *self = (cpu_queue *)queue;
    if (((const sc_cpu_device *)queue->device)->timestamps) self->start = sc_now_ns();
}

static void cpu_queue_close(sc_queue *queue) {
    sc_release(queue->device->env, queue);
}

static socle_status cpu_write(sc_queue *queue, sc_operand dst, const void *src, size_t bytes) {
    sc_cpu_queue_begin(queue);
    memcpy(sc_cpu_memory(dst), src, bytes);
    return SOCLE_OK;
}

static socle_status cpu_read(sc_queue *queue, void *dst, sc_operand src, size_t bytes) {
    sc_cpu_queue_begin(queue);
    memcpy(dst, sc_cpu_memory(src), bytes);
    return SOCLE_OK;
}

static socle_status cpu_copy(sc_queue *queue, sc_operand dst, sc_operand src, size_t bytes) {
    sc_cpu_queue_begin(queue);
    memcpy(sc_cpu_memory(dst), sc_cpu_memory(src), bytes);
    return SOCLE_OK;
}

static socle_status cpu_fill(sc_queue *queue, sc_operand dst, uint32_t pattern, size_t bytes) {
    uint32_t *words = sc_cpu_memory(dst);
    sc_cpu_queue_begin(queue);
    for (size_t i = 0; i < bytes / sizeof pattern; i++) words[i] = pattern;
    return SOCLE_OK;
}

static socle_status cpu_record(sc_queue *queue, sc_event **out) {
    const cpu_queue *self = (const cpu_queue *)queue;
    cpu_event *event;
    *out = NULL;
    SC_TRY(sc_allocate(queue->env, &event, 1, sizeof *event));
    event->base.queue = queue;
    event->timed = ((const sc_cpu_device *)queue->device)->timestamps;
    if (event->timed) {
        event->end = sc_now_ns();
        event->start = self->start ? self->start : event->end;
    }
    *out = &event->base;
    return SOCLE_OK;
}

static socle_status cpu_wait_event(sc_queue *queue, sc_event *event) {
    (void)queue;
    (void)event;
    return SOCLE_OK;
}

static socle_status cpu_flush(sc_queue *queue) {
    (void)queue;
    return SOCLE_OK;
}

static socle_status cpu_poll(sc_queue *queue, sc_event *event, uint64_t deadline) {
    (void)queue;
    (void)event;
    (void)deadline;
    return SOCLE_OK;
}

static socle_status cpu_event_times(sc_event *event, uint64_t *start, uint64_t *end) {
    const cpu_event *self = (const cpu_event *)event;
    if (!self->timed)
        return sc_fail(event->queue->env, SOCLE_STATUS_UNSUPPORTED,
                       "cpu: no times were recorded; open the device with timestamps");
    *start = self->start;
    *end = self->end;
    return SOCLE_OK;
}

static void cpu_event_release(sc_event *event) {
    sc_release(event->queue->device->env, event);
}

static const sc_queue_ops queue_ops = {
    .close = cpu_queue_close,
    .write = cpu_write,
    .read = cpu_read,
    .copy = cpu_copy,
    .fill = cpu_fill,
    .record = cpu_record,
    .wait_event = cpu_wait_event,
    .flush = cpu_flush,
    .poll = cpu_poll,
    .event_times = cpu_event_times,
    .event_release = cpu_event_release,
};

socle_status sc_cpu_queue_open(sc_queue **out, sc_device *device) {
    cpu_queue *self;
    *out = NULL;
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_queue){&queue_ops, device, device->env};
    *out = &self->base;
    return SOCLE_OK;
}
