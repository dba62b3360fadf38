/* SPDX-License-Identifier: Apache-2.0 */
/* The checked forms of the contract's slots: what holds for every driver (ranges of buffers,
 * owners, empty work) is checked here once, so that a driver sees only sound calls. It must not
 * know any driver. */
#include "backend/kernel_cache.h"

#include <inttypes.h>

void sc_device_close(sc_device *device) {
    if (!device) return;
    sc_kernel_cache_destroy(device);
    device->ops->close(device);
}

socle_status sc_buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                              size_t bytes) {
    *out = NULL;
    if (bytes == 0)
        return sc_fail(device->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "buffer on %s: 0 bytes asked for; a buffer holds at least one",
                       device->info.name);
    SC_TRY(sc_device_take(device, kind, bytes));
    socle_status status = device->ops->buffer_create(out, device, kind, bytes);
    if (status != SOCLE_OK) sc_device_give_back(device, kind, bytes);
    return status;
}

void sc_buffer_destroy(sc_buffer *buffer) {
    if (!buffer) return;
    sc_device *device = buffer->device;
    sc_buffer_kind kind = buffer->kind;
    size_t bytes = buffer->bytes;
    device->ops->buffer_destroy(buffer);
    sc_device_give_back(device, kind, bytes);
}

socle_status sc_queue_open(sc_queue **out, sc_device *device) {
    *out = NULL;
    return device->ops->queue_open(out, device);
}

void sc_queue_close(sc_queue *queue) {
    if (queue) queue->ops->close(queue);
}

static socle_status check_range(sc_queue *queue, const char *what, sc_operand operand,
                                size_t bytes) {
    const sc_buffer *buffer = operand.buffer;
    if (!buffer)
        return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s on %s: no buffer given", what,
                       queue->device->info.name);
    if (buffer->device != queue->device)
        return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s on %s: the buffer belongs to %s; copy through host memory", what,
                       queue->device->info.name, buffer->device->info.name);
    if (operand.offset > buffer->bytes || bytes > buffer->bytes - operand.offset)
        return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s on %s: bytes %zu to %zu + %zu are outside a buffer of %zu bytes", what,
                       queue->device->info.name, operand.offset, operand.offset, bytes,
                       buffer->bytes);
    return SOCLE_OK;
}

static socle_status check_host(sc_queue *queue, const char *what, const void *memory,
                               size_t bytes) {
    if (memory || bytes == 0) return SOCLE_OK;
    return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s on %s: host memory is NULL", what,
                   queue->device->info.name);
}

socle_status sc_queue_write(sc_queue *queue, sc_operand dst, const void *src, size_t bytes) {
    SC_TRY(check_range(queue, "write", dst, bytes));
    SC_TRY(check_host(queue, "write", src, bytes));
    return bytes ? queue->ops->write(queue, dst, src, bytes) : SOCLE_OK;
}

socle_status sc_queue_read(sc_queue *queue, void *dst, sc_operand src, size_t bytes) {
    SC_TRY(check_range(queue, "read", src, bytes));
    SC_TRY(check_host(queue, "read", dst, bytes));
    return bytes ? queue->ops->read(queue, dst, src, bytes) : SOCLE_OK;
}

socle_status sc_queue_copy(sc_queue *queue, sc_operand dst, sc_operand src, size_t bytes) {
    SC_TRY(check_range(queue, "copy to", dst, bytes));
    SC_TRY(check_range(queue, "copy from", src, bytes));
    if (bytes == 0) return SOCLE_OK;
    if (dst.buffer == src.buffer && dst.offset < src.offset + bytes &&
        src.offset < dst.offset + bytes)
        return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "copy on %s: %zu bytes at %zu and at %zu of one buffer overlap",
                       queue->device->info.name, bytes, src.offset, dst.offset);
    return queue->ops->copy(queue, dst, src, bytes);
}

socle_status sc_queue_fill(sc_queue *queue, sc_operand dst, uint32_t pattern, size_t bytes) {
    SC_TRY(check_range(queue, "fill", dst, bytes));
    if (dst.offset % 4 != 0 || bytes % 4 != 0)
        return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "fill on %s: offset %zu and size %zu must be multiples of 4",
                       queue->device->info.name, dst.offset, bytes);
    return bytes ? queue->ops->fill(queue, dst, pattern, bytes) : SOCLE_OK;
}

socle_status sc_queue_record(sc_queue *queue, sc_event **out) {
    *out = NULL;
    return queue->ops->record(queue, out);
}

socle_status sc_queue_wait_event(sc_queue *queue, sc_event *event) {
    if (!event) return SOCLE_OK;
    if (event->queue->device != queue->device)
        return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "wait on %s: the event belongs to %s; wait for it on the host",
                       queue->device->info.name, event->queue->device->info.name);
    return queue->ops->wait_event(queue, event);
}

socle_status sc_queue_flush(sc_queue *queue) {
    return queue->ops->flush(queue);
}

socle_status sc_queue_poll(sc_queue *queue, sc_event *event, uint64_t deadline) {
    return queue->ops->poll(queue, event, deadline);
}

socle_status sc_queue_mend(sc_queue *queue) {
    return queue->ops->mend ? queue->ops->mend(queue) : SOCLE_OK;
}

socle_status sc_queue_finish(sc_queue *queue) {
    return queue->ops->poll(queue, NULL, SC_DEADLINE_DEFAULT);
}

socle_status sc_event_times(sc_event *event, uint64_t *start, uint64_t *end) {
    *start = *end = 0;
    return event->queue->ops->event_times(event, start, end);
}

void sc_event_release(sc_event *event) {
    if (event) event->queue->ops->event_release(event);
}

static socle_status check_owner(const sc_kernel *kernel, const sc_queue *queue) {
    if (queue->device == kernel->device) return SOCLE_OK;
    return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT,
                   "%s was prepared for %s and cannot run on a queue of %s",
                   sc_op_word(kernel->implementation->op), kernel->device->info.name,
                   queue->device->info.name);
}

/* Whether `bytes` bytes lie at `place`. */
static socle_status check_room(const sc_kernel *kernel, const sc_queue *queue, sc_operand place,
                               size_t bytes, const char *what) {
    if (place.buffer && place.offset <= place.buffer->bytes &&
        bytes <= place.buffer->bytes - place.offset)
        return SOCLE_OK;
    return sc_fail(
        queue->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s (%s) needs %zu bytes of %s and got less",
        sc_op_word(kernel->implementation->op), kernel->implementation->name, bytes, what);
}

/* What holds for every launch that takes `workspace` bytes. */
static socle_status check_launch(const sc_kernel *kernel, const sc_queue *queue, sc_operand place,
                                 size_t workspace, const sc_launch *launch) {
    SC_TRY(check_owner(kernel, queue));
    if (launch->rows < 0)
        return sc_fail(queue->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s: %lld rows",
                       sc_op_word(kernel->implementation->op), (long long)launch->rows);
    return workspace ? check_room(kernel, queue, place, workspace, "workspace") : SOCLE_OK;
}

socle_status sc_kernel_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                               sc_operand workspace, const sc_launch *launch) {
    SC_TRY(check_launch(kernel, queue, workspace, kernel->workspace, launch));
    return kernel->enqueue(kernel, queue, operands, workspace, launch);
}

socle_status sc_kernel_enqueue_packed(sc_kernel *kernel, sc_queue *queue,
                                      const sc_operand *operands, sc_operand workspace,
                                      const sc_launch *launch) {
    const sc_packing *packing = &kernel->packing;
    SC_TRY(check_launch(kernel, queue, workspace, kernel->workspace - packing->bytes, launch));
    SC_TRY(
        check_room(kernel, queue, operands[packing->operand], packing->bytes, "a packed operand"));
    return packing->enqueue(kernel, queue, operands, workspace, launch);
}

socle_status sc_kernel_pack(sc_kernel *kernel, sc_queue *queue, sc_operand from, sc_operand to) {
    SC_TRY(check_owner(kernel, queue));
    SC_TRY(check_room(kernel, queue, to, kernel->packing.bytes, "memory for a packed operand"));
    return kernel->packing.pack(kernel, queue, from, to);
}

void sc_kernel_release(sc_kernel *kernel) {
    if (kernel && kernel->shared)
        sc_kernel_cache_give_back(kernel);
    else if (kernel)
        kernel->release(kernel);
}

const char *sc_kernel_name(const sc_kernel *kernel) {
    return kernel->implementation->name;
}
