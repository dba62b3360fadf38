/* SPDX-License-Identifier: Apache-2.0 */
/* The in-order command stream. Every command leaves its event as the queue's last one; the first
 * failure makes every later command fail, because later commands would use results that are not
 * there. It is reported when the commands before it have ended, because the caller then frees what
 * they use. Waiting is in ocl_event.c. */
#include "opencl/ocl.h"

#include <stdio.h>
#include <string.h>

socle_status sc_ocl_queue_handle(cl_command_queue *out, sc_ocl_device *device) {
    cl_int code = CL_SUCCESS;
    *out = clCreateCommandQueue(device->context, device->handle,
                                device->timestamps ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    if (code == CL_SUCCESS && *out) return SOCLE_OK;
    *out = NULL;
    return sc_ocl_device_fail(device->base.env, device, "clCreateCommandQueue",
                              code ? code : CL_INVALID_COMMAND_QUEUE, SC_OCL_PATH_ALLOCATE);
}

socle_status sc_ocl_queue_check(sc_ocl_queue *queue) {
    if (queue->failed == SOCLE_OK) return SOCLE_OK;
    return sc_fail(queue->base.env, SOCLE_STATUS_DEVICE, "the queue of %s has failed before: %s",
                   queue->base.device->info.name, queue->failure);
}

static socle_status fail_for_good(sc_ocl_queue *queue, const char *call, cl_int code) {
    sc_env *env = queue->base.env;
    sc_ocl_device *device = sc_ocl_device_of(queue->base.device);
    char said[sizeof device->notices.text];
    bool done = sc_ocl_settle(queue);
    socle_status status = sc_ocl_device_fail(env, device, call, code, SC_OCL_PATH_RUN);
    sc_ocl_notices_take(&device->notices, said, sizeof said);
    if (said[0]) sc_fail(env, status, "%s; the driver says: %s", env->text, said);
    queue->failed = status;
    queue->mendable = done && status == SOCLE_STATUS_DEVICE_MEMORY;
    snprintf(queue->failure, sizeof queue->failure, "%s", env->text);
    return status;
}

socle_status sc_ocl_queue_done(sc_ocl_queue *queue, const char *call, cl_int code, cl_event event) {
    if (code != CL_SUCCESS) return fail_for_good(queue, call, code);
    if (queue->last) clReleaseEvent(queue->last);
    queue->last = event;
    return SOCLE_OK;
}

static void *host_at(sc_operand operand) {
    return (char *)operand.buffer->host + operand.offset;
}

static socle_status queue_write(sc_queue *base, sc_operand dst, const void *src, size_t bytes) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    cl_event event = NULL;
    SC_TRY(sc_ocl_queue_check(queue));
    cl_int code = clEnqueueWriteBuffer(queue->handle, sc_ocl_memory(dst), CL_FALSE, dst.offset,
                                       bytes, src, 0, NULL, &event);
    return sc_ocl_queue_done(queue, "clEnqueueWriteBuffer", code, event);
}

static socle_status queue_read(sc_queue *base, void *dst, sc_operand src, size_t bytes) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    cl_event event = NULL;
    SC_TRY(sc_ocl_queue_check(queue));
    cl_int code = clEnqueueReadBuffer(queue->handle, sc_ocl_memory(src), CL_FALSE, src.offset,
                                      bytes, dst, 0, NULL, &event);
    return sc_ocl_queue_done(queue, "clEnqueueReadBuffer", code, event);
}

/* Between staging and device memory through the mapped address: a mapped buffer object is not the
 * device's to touch, its host address is what drivers move fast. */
static socle_status queue_copy(sc_queue *base, sc_operand dst, sc_operand src, size_t bytes) {
    if (src.buffer->kind == SC_BUFFER_STAGING) return queue_write(base, dst, host_at(src), bytes);
    if (dst.buffer->kind == SC_BUFFER_STAGING) return queue_read(base, host_at(dst), src, bytes);
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    cl_event event = NULL;
    SC_TRY(sc_ocl_queue_check(queue));
    cl_int code = clEnqueueCopyBuffer(queue->handle, sc_ocl_memory(src), sc_ocl_memory(dst),
                                      src.offset, dst.offset, bytes, 0, NULL, &event);
    return sc_ocl_queue_done(queue, "clEnqueueCopyBuffer", code, event);
}

static socle_status queue_fill(sc_queue *base, sc_operand dst, uint32_t pattern, size_t bytes) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    cl_event event = NULL;
    SC_TRY(sc_ocl_queue_check(queue));
    cl_int code = clEnqueueFillBuffer(queue->handle, sc_ocl_memory(dst), &pattern, sizeof pattern,
                                      dst.offset, bytes, 0, NULL, &event);
    return sc_ocl_queue_done(queue, "clEnqueueFillBuffer", code, event);
}

static void event_release(sc_event *base) {
    sc_ocl_event *event = (sc_ocl_event *)base;
    if (event->handle) clReleaseEvent(event->handle);
    sc_release(base->queue->device->env, event);
}

static socle_status queue_record(sc_queue *base, sc_event **out) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    sc_ocl_event *event = NULL;
    SC_TRY(sc_ocl_queue_check(queue));
    SC_TRY(sc_allocate(base->env, &event, 1, sizeof *event));
    event->base.queue = base;
    cl_int code = queue->last ? clRetainEvent(queue->last) : CL_SUCCESS;
    if (code != CL_SUCCESS) {
        sc_release(base->env, event);
        return fail_for_good(queue, "clRetainEvent", code);
    }
    event->handle = queue->last;
    *out = &event->base;
    return SOCLE_OK;
}

static socle_status queue_wait_event(sc_queue *base, sc_event *waited) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    sc_ocl_event *event = (sc_ocl_event *)waited;
    cl_event barrier = NULL;
    SC_TRY(sc_ocl_queue_check(queue));
    if (!event->handle || waited->queue == base) return SOCLE_OK;
    /* Flushed first: a command must not be waited for while its own queue has not submitted it. */
    cl_int code = clFlush(sc_ocl_queue_of(waited->queue)->handle);
    if (code != CL_SUCCESS) return sc_ocl_queue_done(queue, "clFlush", code, NULL);
    code = clEnqueueBarrierWithWaitList(queue->handle, 1, &event->handle, &barrier);
    return sc_ocl_queue_done(queue, "clEnqueueBarrierWithWaitList", code, barrier);
}

static socle_status queue_flush(sc_queue *base) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    SC_TRY(sc_ocl_queue_check(queue));
    cl_int code = clFlush(queue->handle);
    return code == CL_SUCCESS ? SOCLE_OK : fail_for_good(queue, "clFlush", code);
}

static socle_status queue_poll(sc_queue *base, sc_event *event, uint64_t deadline) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    SC_TRY(sc_ocl_queue_check(queue));
    cl_event handle = event ? ((sc_ocl_event *)event)->handle : queue->last;
    if (!handle) return SOCLE_OK;
    if (event && event->queue != base) {
        cl_int code = clFlush(sc_ocl_queue_of(event->queue)->handle);
        if (code != CL_SUCCESS) return fail_for_good(queue, "clFlush", code);
    }
    return sc_ocl_wait(queue, handle, deadline);
}

static socle_status queue_mend(sc_queue *base) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    if (!queue->mendable) return sc_ocl_queue_check(queue);
    queue->mendable = false;
    queue->failed = SOCLE_OK;
    return SOCLE_OK;
}

static socle_status event_times(sc_event *base, uint64_t *start, uint64_t *end) {
    sc_ocl_event *event = (sc_ocl_event *)base;
    sc_ocl_device *device = sc_ocl_device_of(base->queue->device);
    cl_ulong from = 0, to = 0;
    if (!device->timestamps)
        return sc_fail(base->queue->env, SOCLE_STATUS_UNSUPPORTED,
                       "%s was opened without timestamps", device->base.info.name);
    if (!event->handle) return SOCLE_OK;
    cl_int code = clGetEventProfilingInfo(event->handle, CL_PROFILING_COMMAND_START, sizeof from,
                                          &from, NULL);
    if (code == CL_SUCCESS)
        code =
            clGetEventProfilingInfo(event->handle, CL_PROFILING_COMMAND_END, sizeof to, &to, NULL);
    if (code == CL_PROFILING_INFO_NOT_AVAILABLE)
        return sc_fail(base->queue->env, SOCLE_STATUS_UNSUPPORTED,
                       "%s has no times for this command (yet)", device->base.info.name);
    if (code != CL_SUCCESS)
        return sc_ocl_device_fail(base->queue->env, device, "clGetEventProfilingInfo", code,
                                  SC_OCL_PATH_RUN);
    *start = from;
    *end = to;
    return SOCLE_OK;
}

/* Commands that still run use memory the caller may free next, so closing waits for them; but not
 * for a device that has failed or has stopped answering. The caller's error text stays. */
static void queue_close(sc_queue *base) {
    sc_ocl_queue *queue = sc_ocl_queue_of(base);
    if (queue->handle) {
        sc_env quiet;
        sc_env_child(&quiet, base->env);
        base->env = &quiet;
        if (queue->last && !queue->unanswered && queue->failed == SOCLE_OK)
            sc_ocl_wait(queue, queue->last, SC_DEADLINE_DEFAULT);
        clReleaseCommandQueue(queue->handle);
    }
    if (queue->last) clReleaseEvent(queue->last);
    sc_ocl_waiter_release(queue->waiter, queue->unanswered);
    sc_release(base->device->env, queue);
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
    .mend = queue_mend,
    .event_times = event_times,
    .event_release = event_release,
};

socle_status sc_ocl_queue_open(sc_queue **out, sc_device *device) {
    *out = NULL;
    sc_ocl_queue *queue = NULL;
    SC_TRY(sc_ocl_check_lost(sc_ocl_device_of(device), device->env));
    SC_TRY(sc_allocate(device->env, &queue, 1, sizeof *queue));
    queue->base = (sc_queue){&queue_ops, device, device->env};
    socle_status status = sc_ocl_queue_handle(&queue->handle, sc_ocl_device_of(device));
    if (status == SOCLE_OK) status = sc_ocl_waiter_create(&queue->waiter, device->env);
    if (status != SOCLE_OK) {
        queue_close(&queue->base);
        return status;
    }
    *out = &queue->base;
    return SOCLE_OK;
}
