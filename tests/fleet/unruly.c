/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the place of a real device's tables: the device's own functions are called behind the
 * counting. A late queue keeps its commands in a list, which late.c runs. */
#include "unruly_private.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

static unruly *table[UNRULY_MOST];
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool released;
static unruly device_of_number[UNRULY_MOST];

unruly *unruly_of(const sc_device *device) {
    return table[device->info.index];
}

void unruly_sleep(uint64_t nanoseconds) {
    struct timespec span = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
    if (nanoseconds) nanosleep(&span, NULL);
}

static void hang(unruly *u) {
    u->hanging = true;
    pthread_mutex_lock(&gate);
    while (!released) pthread_cond_wait(&opened, &gate);
    pthread_mutex_unlock(&gate);
    u->hanging = false;
}

void unruly_release(void) {
    pthread_mutex_lock(&gate);
    released = true;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&gate);
}

socle_status unruly_count(unruly *u, sc_env *env) {
    int64_t call = ++u->calls;
    if (call == u->manner.hangs_at) hang(u);
    if (call == u->manner.starves_at)
        return sc_fail(env, SOCLE_STATUS_DEVICE_MEMORY,
                       "unruly:%d: call %lld has no memory, as asked", u->number, (long long)call);
    if (!u->manner.fails_at || call < u->manner.fails_at) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DEVICE, "unruly:%d: call %lld fails as asked", u->number,
                   (long long)call);
}

/* ---- Kernels ---- */

static unruly_kernel *kernel_of(unruly *u, const sc_kernel *kernel) {
    for (int k = 0; k < UNRULY_KERNELS; k++)
        if (u->kernel[k].kernel == kernel) return &u->kernel[k];
    return NULL;
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    unruly *u = unruly_of(kernel->device);
    const unruly_kernel *mine = kernel_of(u, kernel);
    SC_TRY(unruly_count(u, queue->env));
    if (mine->op == SC_OP_CROSS_ENTROPY) unruly_sleep(u->manner.row_time * (uint64_t)launch->rows);
    if (!u->manner.late) return mine->enqueue(kernel, queue, operands, workspace, launch);
    unruly_command command = {
        .kind = UNRULY_KERNEL, .kernel = mine, .workspace = workspace, .launch = *launch};
    memcpy(command.operand, operands, (size_t)mine->operands * sizeof *operands);
    return unruly_append(u, queue, &command);
}

static void release(sc_kernel *kernel) {
    unruly_kernel *mine = kernel_of(unruly_of(kernel->device), kernel);
    void (*real)(sc_kernel *) = mine->release;
    mine->kernel = NULL;
    real(kernel);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    unruly *u = unruly_of(device);
    const sc_implementation *real = u->real_implementations[implementation - u->implementation];
    unruly_kernel *mine = kernel_of(u, NULL);
    if (!mine)
        return sc_fail(device->env, SOCLE_STATUS_INTERNAL, "more than %d kernels", UNRULY_KERNELS);
    if (u->manner.lacks && desc->op == SC_OP_MATMUL)
        return sc_fail(device->env, SOCLE_STATUS_UNSUPPORTED, "unruly:%d: has no product, as asked",
                       u->number);
    SC_TRY(real->prepare(out, device, real, desc, tuning));
    *mine = (unruly_kernel){*out, (*out)->enqueue, (*out)->release, desc->op,
                            desc->inputs + desc->outputs};
    (*out)->enqueue = enqueue;
    (*out)->release = release;
    return SOCLE_OK;
}

/* ---- Queues ---- */

static socle_status queue_write(sc_queue *queue, sc_operand dst, const void *src, size_t bytes) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    if (!u->manner.late) return u->real_queue->write(queue, dst, src, bytes);
    return unruly_append(
        u, queue,
        &(unruly_command){.kind = UNRULY_WRITE, .operand = {dst}, .from = src, .bytes = bytes});
}

static socle_status queue_read(sc_queue *queue, void *dst, sc_operand src, size_t bytes) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    if (!u->manner.late) return u->real_queue->read(queue, dst, src, bytes);
    return unruly_append(
        u, queue,
        &(unruly_command){.kind = UNRULY_READ, .operand = {src}, .to = dst, .bytes = bytes});
}

static socle_status queue_copy(sc_queue *queue, sc_operand dst, sc_operand src, size_t bytes) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    if (!u->manner.late) return u->real_queue->copy(queue, dst, src, bytes);
    return unruly_append(
        u, queue, &(unruly_command){.kind = UNRULY_COPY, .operand = {dst, src}, .bytes = bytes});
}

static socle_status queue_fill(sc_queue *queue, sc_operand dst, uint32_t pattern, size_t bytes) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    if (!u->manner.late) return u->real_queue->fill(queue, dst, pattern, bytes);
    return unruly_append(
        u, queue,
        &(unruly_command){
            .kind = UNRULY_FILL, .operand = {dst}, .pattern = pattern, .bytes = bytes});
}

static socle_status queue_record(sc_queue *queue, sc_event **out) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    return u->manner.late ? unruly_late_record(u, queue, out) : u->real_queue->record(queue, out);
}

static socle_status queue_wait_event(sc_queue *queue, sc_event *event) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    return u->manner.late ? unruly_late_wait(u, queue, event)
                          : u->real_queue->wait_event(queue, event);
}

static socle_status queue_flush(sc_queue *queue) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    return u->manner.late ? SOCLE_OK : u->real_queue->flush(queue);
}

static socle_status queue_poll(sc_queue *queue, sc_event *event, uint64_t deadline) {
    unruly *u = unruly_of(queue->device);
    SC_TRY(unruly_count(u, queue->env));
    return u->manner.late ? unruly_late_poll(u, queue, event, deadline)
                          : u->real_queue->poll(queue, event, deadline);
}

static socle_status event_times(sc_event *event, uint64_t *start, uint64_t *end) {
    return unruly_of(event->queue->device)->real_queue->event_times(event, start, end);
}

static void event_release(sc_event *event) {
    unruly *u = unruly_of(event->queue->device);
    if (!unruly_late_event_release(u, event)) u->real_queue->event_release(event);
}

static void queue_close(sc_queue *queue) {
    unruly *u = unruly_of(queue->device);
    unruly_late_close(u, queue);
    u->real_queue->close(queue);
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

/* ---- Devices ---- */

static socle_status queue_open(sc_queue **out, sc_device *device) {
    unruly *u = unruly_of(device);
    SC_TRY(unruly_count(u, device->env));
    SC_TRY(u->real_device->queue_open(out, device));
    u->real_queue = (*out)->ops;
    (*out)->ops = &queue_ops;
    return SOCLE_OK;
}

static socle_status buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                                  size_t bytes) {
    unruly *u = unruly_of(device);
    SC_TRY(unruly_count(u, device->env));
    return u->real_device->buffer_create(out, device, kind, bytes);
}

static void buffer_destroy(sc_buffer *buffer) {
    unruly_of(buffer->device)->real_device->buffer_destroy(buffer);
}

static void device_close(sc_device *device) {
    unruly_of(device)->real_device->close(device);
}

static const sc_device_ops device_ops = {.close = device_close,
                                         .buffer_create = buffer_create,
                                         .buffer_destroy = buffer_destroy,
                                         .queue_open = queue_open};

static void take_place(unruly *u, sc_device *device) {
    int count = 0;
    u->real_implementations = device->implementations;
    for (; count + 1 < UNRULY_IMPLEMENTATIONS && device->implementations[count]; count++) {
        u->implementation[count] = *device->implementations[count];
        u->implementation[count].prepare = prepare;
        u->list[count] = &u->implementation[count];
    }
    u->list[count] = NULL;
    u->real_device = device->ops;
    device->ops = &device_ops;
    device->implementations = u->list;
    device->info.driver = &unruly_driver;
    device->info.index = u->number;
    if (u->manner.own_memory) device->info.traits &= ~(uint32_t)SC_TRAIT_HOST_MEMORY;
}

static socle_status driver_open(sc_device **out, sc_env *env, int index,
                                const sc_device_options *options) {
    unruly *u = &device_of_number[index];
    const sc_device_info *real = &u->registry->info[u->entry];
    SC_TRY(real->driver->open(out, env, real->index, options));
    take_place(u, *out);
    return SOCLE_OK;
}

const sc_driver unruly_driver = {.name = "unruly", .open = driver_open};

socle_status unruly_registry(sc_registry *out, sc_env *env, const sc_registry *real, int entry,
                             int count) {
    *out = (sc_registry){.count = count};
    SC_TRY(sc_allocate(env, &out->info, (size_t)count, sizeof *out->info));
    for (int i = 0; i < count; i++) {
        unruly *u = &device_of_number[i];
        *u = (unruly){.number = i, .registry = real, .entry = entry};
        table[i] = u;
        out->info[i] = real->info[entry];
        out->info[i].driver = &unruly_driver;
        out->info[i].index = i;
    }
    released = false;
    return SOCLE_OK;
}

void unruly_behave(int number, unruly_manner manner) {
    device_of_number[number].manner = manner;
    device_of_number[number].calls = 0;
}

int64_t unruly_calls(int number) {
    return device_of_number[number].calls;
}

bool unruly_hanging(int number) {
    return device_of_number[number].hanging;
}
