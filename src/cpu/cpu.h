/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the CPU driver share: its device, the way work reaches the threads, and the
 * making of prepared operations. Nothing outside src/cpu includes this; it knows no graph and no
 * other driver. */
#ifndef SC_CPU_CPU_H
#define SC_CPU_CPU_H

#include "backend/backend.h"
#include "base/thread_pool.h"
#include "cpu/cpu_isa.h"

#include <pthread.h>

enum { SC_CPU_ALIGNMENT = 128 };

typedef struct sc_cpu_device {
    sc_device base;
    const sc_cpu_isa *isa;
    sc_thread_pool *pool;
    pthread_mutex_t lock; /* the pool serves one caller at a time; queues may be several */
    int workers;
    bool timestamps;
} sc_cpu_device;

static inline sc_cpu_device *sc_cpu_device_of(sc_device *device) {
    return (sc_cpu_device *)device;
}

typedef void sc_cpu_task(void *argument, int64_t index, int worker);

/* Runs task(argument, 0 .. tasks - 1) on the device's threads and returns when all are done. */
void sc_cpu_run(sc_device *device, int64_t tasks, sc_cpu_task *task, void *argument);
static inline void *sc_cpu_memory(sc_operand operand) {
    return operand.buffer ? (char *)operand.buffer->host + operand.offset : NULL;
}

typedef socle_status sc_cpu_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                    sc_operand workspace, const sc_launch *launch);

/* First member of each prepared operation of this driver. */
typedef struct sc_cpu_kernel {
    sc_kernel base;
    sc_cpu_enqueue *enqueue;
    size_t scratch_offset, scratch_bytes; /* of the workers' parts of the workspace; of each */
} sc_cpu_kernel;

/* Allocates the struct of a prepared operation (`size` bytes, zeroed, an sc_cpu_kernel first) and
 * fills its head. */
socle_status sc_cpu_kernel_create(void *out, size_t size, sc_device *device,
                                  const sc_implementation *implementation, sc_cpu_enqueue *enqueue);
/* Called once by prepare, when base.workspace is what the operation as a whole wants: behind that,
 * each worker gets `bytes` of its own. */
socle_status sc_cpu_scratch_plan(sc_cpu_kernel *kernel, size_t bytes);
/* A worker's part of a launch's workspace, aligned; contents are undefined. NULL where the launch
 * has none. */
static inline void *sc_cpu_scratch(const sc_cpu_kernel *kernel, sc_operand workspace, int worker) {
    char *memory = sc_cpu_memory(workspace);
    return memory ? memory + kernel->scratch_offset + (size_t)worker * kernel->scratch_bytes : NULL;
}

/* cpu_device.c */
extern const sc_driver sc_cpu_driver;
/* cpu_describe.c: facts of this machine; `isa` is what a device opened now would use. */
socle_status sc_cpu_describe(sc_env *env, int index, sc_device_info *out);
socle_status sc_cpu_isa_choose(sc_env *env, const sc_cpu_isa **out);
/* cpu_buffer.c */
socle_status sc_cpu_buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                                  size_t bytes);
void sc_cpu_buffer_destroy(sc_buffer *buffer);
/* cpu_queue.c */
socle_status sc_cpu_queue_open(sc_queue **out, sc_device *device);
void sc_cpu_queue_begin(sc_queue *queue); /* a command starts now */
/* cpu_impls.c */
extern const sc_implementation *const sc_cpu_implementations[];

#endif
