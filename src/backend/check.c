/* SPDX-License-Identifier: Apache-2.0 */
/* The check device: pairs of buffers, queues and kernels on two devices, and a comparison after
 * each launch. It stands on the contract alone and knows neither device. */
#include "backend/check.h"

#include "backend/check_compare.h"

typedef struct check_device {
    sc_device base;
    sc_device *side[2];
    double relative, absolute;
    int64_t compared;
    bool announcing, announces[2]; /* the second: which sides build what is announced */
} check_device;

typedef struct check_buffer {
    sc_buffer base;
    sc_buffer *side[2];
} check_buffer;

typedef struct check_queue {
    sc_queue base;
    sc_queue *side[2];
} check_queue;

typedef struct check_event {
    sc_event base;
    sc_event *side[2];
} check_event;

typedef struct check_kernel {
    sc_kernel base;
    sc_kernel *side[2];
    sc_op_desc desc; /* without expressions: shapes are what comparing needs */
} check_kernel;

sc_operand sc_check_side(sc_operand operand, int side) {
    if (!operand.buffer) return operand;
    return (sc_operand){((check_buffer *)operand.buffer)->side[side], operand.offset};
}

/* After each launch: waits for both sides and compares every output. */
static socle_status compare_outputs(check_kernel *kernel, check_queue *queue,
                                    const sc_operand *operands, const sc_launch *launch) {
    check_device *device = (check_device *)kernel->base.device;
    for (int s = 0; s < 2; s++) SC_TRY(sc_queue_finish(queue->side[s]));
    for (int i = kernel->desc.inputs; i < kernel->desc.inputs + kernel->desc.outputs; i++) {
        sc_operand at[2] = {sc_check_side(operands[i], 0), sc_check_side(operands[i], 1)};
        SC_TRY(sc_check_compare(device->base.env, queue->side, at, &kernel->desc, i, launch->rows,
                                device->relative, device->absolute, sc_kernel_name(kernel->side[0]),
                                sc_kernel_name(kernel->side[1])));
    }
    device->compared++;
    return SOCLE_OK;
}

static socle_status kernel_enqueue(sc_kernel *base, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch) {
    check_kernel *kernel = (check_kernel *)base;
    check_queue *pair = (check_queue *)queue;
    int count = kernel->desc.inputs + kernel->desc.outputs;
    for (int s = 0; s < 2; s++) {
        sc_operand mine[SC_MAX_OPERANDS];
        for (int i = 0; i < count; i++) mine[i] = sc_check_side(operands[i], s);
        SC_TRY(sc_kernel_enqueue(kernel->side[s], pair->side[s], mine, sc_check_side(workspace, s),
                                 launch));
    }
    return compare_outputs(kernel, pair, operands, launch);
}

static void kernel_release(sc_kernel *base) {
    check_kernel *kernel = (check_kernel *)base;
    for (int s = 0; s < 2; s++) sc_kernel_release(kernel->side[s]);
    sc_release(base->device->env, kernel);
}

static void announce_begin(sc_device *device) {
    check_device *check = (check_device *)device;
    for (int s = 0; s < 2; s++) check->announces[s] = sc_announce_begin(check->side[s]);
    check->announcing = true;
}

/* To the sides that build something. */
static socle_status announce(check_device *check, const sc_op_desc *desc) {
    for (int s = 0; s < 2; s++)
        if (check->announces[s]) sc_announce(check->side[s], desc, NULL);
    return SOCLE_STATUS_INTERRUPTED;
}

static void announce_end(sc_device *device) {
    check_device *check = (check_device *)device;
    check->announcing = false;
    for (int s = 0; s < 2; s++)
        if (check->announces[s]) sc_announce_end(check->side[s]);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    (void)tuning;
    check_device *check = (check_device *)device;
    check_kernel *kernel;
    if (check->announcing) return announce(check, desc);
    SC_TRY(sc_allocate(device->env, &kernel, 1, sizeof *kernel));
    kernel->base = (sc_kernel){.device = device,
                               .implementation = implementation,
                               .enqueue = kernel_enqueue,
                               .release = kernel_release};
    kernel->desc = *desc;
    kernel->desc.expr = kernel->desc.tail = NULL;
    for (int s = 0; s < 2; s++) {
        socle_status status = sc_prepare(&kernel->side[s], check->side[s], desc, NULL);
        if (status != SOCLE_OK) {
            kernel_release(&kernel->base);
            return status;
        }
        if (kernel->side[s]->workspace > kernel->base.workspace)
            kernel->base.workspace = kernel->side[s]->workspace;
    }
    *out = &kernel->base;
    return SOCLE_OK;
}

static const sc_implementation implementation[] = {
#define SC_OP(NAME, word, inputs, outputs)                                                         \
    {.op = SC_OP_##NAME,                                                                           \
     .name = "both",                                                                               \
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

static void buffer_destroy(sc_buffer *base) {
    check_buffer *buffer = (check_buffer *)base;
    for (int s = 0; s < 2; s++) sc_buffer_destroy(buffer->side[s]);
    sc_release(base->device->env, buffer);
}

static socle_status buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                                  size_t bytes) {
    check_device *check = (check_device *)device;
    check_buffer *buffer;
    SC_TRY(sc_allocate(device->env, &buffer, 1, sizeof *buffer));
    buffer->base = (sc_buffer){device, kind, bytes, NULL};
    for (int s = 0; s < 2; s++) {
        socle_status status = sc_buffer_create(&buffer->side[s], check->side[s], kind, bytes);
        if (status != SOCLE_OK) {
            buffer_destroy(&buffer->base);
            return status;
        }
    }
    /* The host sees the first side; a write from staging memory reads host memory, so both sides
     * get the same bytes. */
    buffer->base.host = kind == SC_BUFFER_STAGING ? buffer->side[0]->host : NULL;
    *out = &buffer->base;
    return SOCLE_OK;
}

#define EACH_SIDE(call)                                                                            \
    do {                                                                                           \
        check_queue *pair = (check_queue *)queue;                                                  \
        for (int s = 0; s < 2; s++) SC_TRY(call);                                                  \
        return SOCLE_OK;                                                                           \
    } while (0)

static socle_status queue_write(sc_queue *queue, sc_operand dst, const void *src, size_t bytes) {
    EACH_SIDE(sc_queue_write(pair->side[s], sc_check_side(dst, s), src, bytes));
}

static socle_status queue_read(sc_queue *queue, void *dst, sc_operand src, size_t bytes) {
    check_queue *pair = (check_queue *)queue;
    return sc_queue_read(pair->side[0], dst, sc_check_side(src, 0), bytes);
}

static socle_status queue_copy(sc_queue *queue, sc_operand dst, sc_operand src, size_t bytes) {
    EACH_SIDE(sc_queue_copy(pair->side[s], sc_check_side(dst, s), sc_check_side(src, s), bytes));
}

static socle_status queue_fill(sc_queue *queue, sc_operand dst, uint32_t pattern, size_t bytes) {
    EACH_SIDE(sc_queue_fill(pair->side[s], sc_check_side(dst, s), pattern, bytes));
}

static void event_release(sc_event *base) {
    check_event *event = (check_event *)base;
    for (int s = 0; s < 2; s++) sc_event_release(event->side[s]);
    sc_release(base->queue->device->env, event);
}

static socle_status queue_record(sc_queue *queue, sc_event **out) {
    check_queue *pair = (check_queue *)queue;
    check_event *event;
    SC_TRY(sc_allocate(queue->device->env, &event, 1, sizeof *event));
    event->base.queue = queue;
    for (int s = 0; s < 2; s++) {
        socle_status status = sc_queue_record(pair->side[s], &event->side[s]);
        if (status != SOCLE_OK) {
            event_release(&event->base);
            return status;
        }
    }
    *out = &event->base;
    return SOCLE_OK;
}

static socle_status queue_wait_event(sc_queue *queue, sc_event *event) {
    EACH_SIDE(sc_queue_wait_event(pair->side[s], ((check_event *)event)->side[s]));
}

static socle_status queue_flush(sc_queue *queue) {
    EACH_SIDE(sc_queue_flush(pair->side[s]));
}

static socle_status queue_poll(sc_queue *queue, sc_event *event, uint64_t deadline) {
    EACH_SIDE(
        sc_queue_poll(pair->side[s], event ? ((check_event *)event)->side[s] : NULL, deadline));
}

/* What one side refused the other may have done: done again, the two differ, which is told. */
static socle_status queue_mend(sc_queue *queue) {
    EACH_SIDE(sc_queue_mend(pair->side[s]));
}

static socle_status event_times(sc_event *event, uint64_t *start, uint64_t *end) {
    return sc_event_times(((check_event *)event)->side[0], start, end);
}

static void queue_close(sc_queue *queue) {
    check_queue *pair = (check_queue *)queue;
    for (int s = 0; s < 2; s++) sc_queue_close(pair->side[s]);
    sc_release(queue->device->env, pair);
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

static socle_status queue_open(sc_queue **out, sc_device *device) {
    check_device *check = (check_device *)device;
    check_queue *pair;
    SC_TRY(sc_allocate(device->env, &pair, 1, sizeof *pair));
    pair->base = (sc_queue){&queue_ops, device, device->env};
    for (int s = 0; s < 2; s++) {
        socle_status status = sc_queue_open(&pair->side[s], check->side[s]);
        if (status != SOCLE_OK) {
            queue_close(&pair->base);
            return status;
        }
    }
    *out = &pair->base;
    return SOCLE_OK;
}

static void device_close(sc_device *device) {
    sc_release(device->env, device);
}

static const sc_driver check_driver = {.name = "check"};
static const sc_device_ops device_ops = {.close = device_close,
                                         .buffer_create = buffer_create,
                                         .buffer_destroy = buffer_destroy,
                                         .queue_open = queue_open,
                                         .announce_begin = announce_begin,
                                         .announce_end = announce_end};

socle_status sc_check_open(sc_device **out, sc_env *env, sc_device *first, sc_device *second,
                           double relative, double absolute) {
    *out = NULL;
    check_device *check;
    SC_TRY(sc_allocate(env, &check, 1, sizeof *check));
    check->base = (sc_device){
        .ops = &device_ops, .env = env, .info = first->info, .implementations = implementations};
    check->base.info.driver = &check_driver;
    check->base.info.traits = UINT32_MAX;
    if (second->info.max_allocation < first->info.max_allocation)
        check->base.info.max_allocation = second->info.max_allocation;
    check->side[0] = first;
    check->side[1] = second;
    check->relative = relative;
    check->absolute = absolute;
    *out = &check->base;
    return SOCLE_OK;
}

int64_t sc_check_compared(const sc_device *check) {
    return ((const check_device *)check)->compared;
}
