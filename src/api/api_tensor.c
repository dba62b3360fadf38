/* SPDX-License-Identifier: Apache-2.0 */
/* Public tensors: memory on the context's device with a shape. */
#include "api/api_tensor.h"

typedef struct transfer {
    socle_tensor *tensor;
    const void *from;
    void *to;
} transfer;

static socle_status create_job(sc_device *device, void *argument) {
    socle_tensor *tensor = argument;
    SC_TRY(sc_queue_open(&tensor->queue, device));
    SC_TRY(sc_buffer_create(
        &tensor->buffer, device, SC_BUFFER_DEVICE,
        (size_t)sc_round_up((int64_t)sc_tensor_bytes(&tensor->desc), SC_LANE_ALIGNMENT)));
    SC_TRY(sc_queue_fill(tensor->queue, (sc_operand){tensor->buffer, 0}, 0, tensor->buffer->bytes));
    return sc_queue_finish(tensor->queue);
}

static socle_status destroy_job(sc_device *device, void *argument) {
    (void)device;
    socle_tensor *tensor = argument;
    sc_buffer_destroy(tensor->buffer);
    sc_queue_close(tensor->queue);
    return SOCLE_OK;
}

socle_status sc_api_renew_queue(sc_queue **queue, sc_device *device, socle_status status) {
    bool failed = status == SOCLE_STATUS_DEVICE || status == SOCLE_STATUS_DEVICE_MEMORY;
    if (!failed || !*queue) return status; /* one that does not answer in time is still at work */
    const sc_env before = *device->env;
    sc_queue *fresh;
    if (sc_queue_open(&fresh, device) == SOCLE_OK) {
        sc_queue_close(*queue);
        *queue = fresh;
    }
    *device->env = before;
    return status;
}

static socle_status carry(const transfer *t) {
    sc_operand place = {t->tensor->buffer, 0};
    size_t bytes = sc_tensor_bytes(&t->tensor->desc);
    if (t->to)
        SC_TRY(sc_queue_read(t->tensor->queue, t->to, place, bytes));
    else
        SC_TRY(sc_queue_write(t->tensor->queue, place, t->from, bytes));
    return sc_queue_finish(t->tensor->queue);
}

static socle_status transfer_job(sc_device *device, void *argument) {
    const transfer *t = argument;
    return sc_api_renew_queue(&t->tensor->queue, device, carry(t));
}

socle_status sc_api_check_shape(sc_env *env, socle_dtype dtype, const socle_shape *shape) {
    int64_t elements = 1;
    if ((int)dtype < SOCLE_F32 || (int)dtype > SOCLE_BF16)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "%d is not an element type", (int)dtype);
    if (shape->rank < 0 || shape->rank > SC_MAX_RANK)
        return sc_fail(env, SOCLE_STATUS_SHAPE, "a tensor has 0 to %d dimensions, not %d",
                       SC_MAX_RANK, shape->rank);
    for (int d = 0; d < shape->rank; d++)
        if (shape->size[d] < 1 || !sc_mul_i64(&elements, elements, shape->size[d]) ||
            elements >= INT32_MAX)
            return sc_fail(
                env, SOCLE_STATUS_SHAPE,
                "dimension %d has size %lld; sizes are at least 1 and a tensor has fewer "
                "than 2^31 elements",
                d, (long long)shape->size[d]);
    return SOCLE_OK;
}

socle_status socle_tensor_create(socle_tensor **out, socle_context *context, socle_dtype dtype,
                                 socle_shape shape) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_enter(context));
    SC_TRY(sc_api_check_shape(&context->env, dtype, &shape));
    socle_tensor *tensor;
    SC_TRY(sc_api_create(&tensor, context, sizeof *tensor));
    tensor->users = 1;
    tensor->desc = sc_tensor_make(dtype, 0, shape.rank, shape.size);
    socle_status status = sc_api_run_at(context, &tensor->home, create_job, tensor);
    if (status != SOCLE_OK)
        socle_tensor_destroy(tensor);
    else
        *out = tensor;
    return status;
}

void socle_tensor_destroy(socle_tensor *tensor) {
    if (!tensor || sc_api_enter(tensor->context) != SOCLE_OK || --tensor->users) return;
    if (tensor->queue) sc_api_run_at(tensor->context, &tensor->home, destroy_job, tensor);
    sc_api_destroy(tensor->context, tensor);
}

socle_shape socle_tensor_shape(const socle_tensor *tensor) {
    socle_shape shape = {0};
    if (!tensor) return shape;
    shape.rank = tensor->desc.rank;
    for (int d = 0; d < shape.rank; d++) shape.size[d] = tensor->desc.dim[d];
    return shape;
}

socle_dtype socle_tensor_dtype(const socle_tensor *tensor) {
    return tensor ? (socle_dtype)tensor->desc.dtype : SOCLE_F32;
}

size_t socle_tensor_bytes(const socle_tensor *tensor) {
    return tensor ? sc_tensor_bytes(&tensor->desc) : 0;
}

static socle_status move(socle_tensor *tensor, const char *function, const void *from, void *to,
                         size_t bytes) {
    if (!tensor) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!from && !to) return sc_api_missing(tensor->context, function, "data");
    SC_TRY(sc_api_enter(tensor->context));
    char text[96];
    sc_tensor_text(text, sizeof text, &tensor->desc);
    if (bytes != socle_tensor_bytes(tensor))
        return sc_fail(&tensor->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: %zu bytes given; the tensor, %s, has %zu", function, bytes, text,
                       socle_tensor_bytes(tensor));
    transfer t = {tensor, from, to};
    return sc_api_run_at(tensor->context, &tensor->home, transfer_job, &t);
}

socle_status socle_tensor_write(socle_tensor *tensor, const void *data, size_t bytes) {
    return move(tensor, __func__, data, NULL, bytes);
}

socle_status socle_tensor_read(socle_tensor *tensor, void *data, size_t bytes) {
    return move(tensor, __func__, NULL, data, bytes);
}
