/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers of the CPU driver: plain host memory, aligned for the widest vectors; a device buffer and
 * a staging buffer differ in name only. */
#include "cpu/cpu.h"

#include <inttypes.h>

typedef struct cpu_buffer {
    sc_buffer base;
    void *memory; /* as the allocator gave it */
} cpu_buffer;

socle_status sc_cpu_buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                                  size_t bytes) {
    sc_env *env = device->env;
    size_t padded;
    cpu_buffer *self;
    *out = NULL;
    if (bytes > device->info.max_allocation || !sc_add_size(&padded, bytes, SC_CPU_ALIGNMENT))
        return sc_fail(env, SOCLE_STATUS_DEVICE_MEMORY,
                       "cpu: a buffer of %zu bytes is over the limit of %" PRIu64
                       " bytes per allocation",
                       bytes, device->info.max_allocation);
    SC_TRY(sc_allocate(env, &self, 1, sizeof *self));
    self->memory = env->allocator.allocate(env->allocator.user, padded);
    if (!self->memory) {
        sc_release(env, self);
        return sc_fail(
            env, SOCLE_STATUS_DEVICE_MEMORY,
            "cpu: a buffer of %zu bytes was refused; use a smaller batch or memory budget", bytes);
    }
    uintptr_t address = (uintptr_t)self->memory;
    uintptr_t skip = (SC_CPU_ALIGNMENT - address % SC_CPU_ALIGNMENT) % SC_CPU_ALIGNMENT;
    self->base = (sc_buffer){device, kind, bytes, (char *)self->memory + skip};
    *out = &self->base;
    return SOCLE_OK;
}

void sc_cpu_buffer_destroy(sc_buffer *buffer) {
    if (!buffer) return;
    cpu_buffer *self = (cpu_buffer *)buffer;
    const sc_env *env = buffer->device->env;
    sc_release(env, self->memory);
    sc_release(env, self);
}
