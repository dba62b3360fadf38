/* SPDX-License-Identifier: Apache-2.0 */
/* The CPU driver: opening and closing its one device, and the threads its operations run on. It
 * must not know any operation. */
#include "cpu/cpu.h"

#include <string.h>

static socle_status cpu_count(sc_env *env, int *out) {
    (void)env;
    *out = 1;
    return SOCLE_OK;
}

static void cpu_close(sc_device *device) {
    sc_cpu_device *self = sc_cpu_device_of(device);
    sc_thread_pool_destroy(self->pool);
    pthread_mutex_destroy(&self->lock);
    sc_release(device->env, self);
}

static const sc_device_ops device_ops = {
    .close = cpu_close,
    .buffer_create = sc_cpu_buffer_create,
    .buffer_destroy = sc_cpu_buffer_destroy,
    .queue_open = sc_cpu_queue_open,
};

static socle_status cpu_open(sc_device **out, sc_env *env, int index,
                             const sc_device_options *options) {
    sc_device_options used = options ? *options : SC_DEVICE_OPTIONS_DEFAULT;
    *out = NULL;
    if (used.sub_device >= 0)
        return sc_fail(
            env, SOCLE_STATUS_UNSUPPORTED,
            "cpu: sub-device %d asked for; this driver has none, limit its threads instead",
            used.sub_device);
    sc_device_info info;
    const sc_cpu_isa *isa;
    SC_TRY(sc_cpu_describe(env, index, &info));
    SC_TRY(sc_cpu_isa_choose(env, &isa));
    sc_cpu_device *self;
    SC_TRY(sc_allocate(env, &self, 1, sizeof *self));
    socle_status status = sc_thread_pool_create(&self->pool, env, used.threads);
    if (status != SOCLE_OK) {
        sc_release(env, self);
        return status;
    }
    pthread_mutex_init(&self->lock, NULL);
    self->base = (sc_device){
        .ops = &device_ops,
        .env = env,
        .info = info,
        .implementations = sc_cpu_implementations,
        .records = used.records,
    };
    self->isa = isa;
    self->workers = sc_thread_pool_size(self->pool);
    self->base.info.compute_units = self->workers;
    self->timestamps = used.timestamps;
    *out = &self->base;
    return SOCLE_OK;
}

const sc_driver sc_cpu_driver = {
    .name = "cpu",
    .count = cpu_count,
    .describe = sc_cpu_describe,
    .open = cpu_open,
};

void sc_cpu_run(sc_device *device, int64_t tasks, sc_cpu_task *task, void *argument) {
    sc_cpu_device *self = sc_cpu_device_of(device);
    pthread_mutex_lock(&self->lock);
    sc_thread_pool_run(self->pool, tasks, task, argument);
    pthread_mutex_unlock(&self->lock);
}

static void kernel_release(sc_kernel *kernel) {
    sc_release(kernel->device->env, kernel);
}

static socle_status kernel_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    sc_cpu_queue_begin(queue);
    return ((sc_cpu_kernel *)kernel)->enqueue(kernel, queue, operands, workspace, launch);
}

socle_status sc_cpu_kernel_create(void *out, size_t size, sc_device *device,
                                  const sc_implementation *implementation,
                                  sc_cpu_enqueue *enqueue) {
    sc_cpu_kernel *kernel;
    SC_TRY(sc_allocate(device->env, out, 1, size));
    memcpy(&kernel, out, sizeof kernel);
    kernel->base.device = device;
    kernel->base.implementation = implementation;
    kernel->base.enqueue = kernel_enqueue;
    kernel->base.release = kernel_release;
    kernel->enqueue = enqueue;
    return SOCLE_OK;
}

static bool round_up(size_t *out, size_t bytes) {
    if (!sc_add_size(out, bytes, SC_CPU_ALIGNMENT - 1)) return false;
    *out -= *out % SC_CPU_ALIGNMENT;
    return true;
}

socle_status sc_cpu_scratch_plan(sc_cpu_kernel *kernel, size_t bytes) {
    size_t workers = (size_t)sc_cpu_device_of(kernel->base.device)->workers, all;
    if (!bytes) return SOCLE_OK;
    if (!round_up(&kernel->scratch_offset, kernel->base.workspace) ||
        !round_up(&kernel->scratch_bytes, bytes) ||
        !sc_mul_size(&all, kernel->scratch_bytes, workers) ||
        !sc_add_size(&kernel->base.workspace, kernel->scratch_offset, all))
        return sc_fail(kernel->base.device->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "cpu: %zu bytes of scratch memory per thread exceed the address space",
                       bytes);
    return SOCLE_OK;
}
