/* SPDX-License-Identifier: Apache-2.0 */
/* Launching one case: a buffer per operand, guards before and behind the data, all memory poisoned
 * before each launch. Nothing is judged here. */
#include "verify/trial.h"

#include "verify/image.h"

#include <string.h>

enum { GUARD = 128 };

static socle_status create_operand(sc_trial *trial, sc_trial_operand *operand, size_t bytes) {
    size_t total;
    if (!sc_add_size(&total, bytes, 2 * trial->guard))
        return sc_fail(trial->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "an operand of %zu bytes with guards overflows", bytes);
    operand->bytes = bytes;
    SC_TRY(sc_allocate(trial->env, &operand->sent, total, 1));
    SC_TRY(sc_allocate(trial->env, &operand->got, total, 1));
    return sc_buffer_create(&operand->buffer, trial->device, SC_BUFFER_DEVICE, total ? total : 4);
}

socle_status sc_trial_create(sc_trial *trial, sc_env *env, sc_device *device, sc_queue *queue,
                             const sc_op_desc *desc, const char *implementation,
                             bool exact_buffers) {
    memset(trial, 0, sizeof *trial);
    trial->env = env;
    trial->device = device;
    trial->queue = queue;
    trial->desc = *desc;
    size_t alignment = device->info.alignment;
    trial->guard = exact_buffers ? 0 : alignment > GUARD ? alignment : GUARD;
    SC_TRY(sc_prepare(&trial->kernel, device, desc, implementation));
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        SC_TRY(create_operand(trial, &trial->operand[i], sc_tensor_bytes(&desc->tensor[i])));
    return trial->kernel->workspace
               ? create_operand(trial, &trial->workspace, trial->kernel->workspace)
               : SOCLE_OK;
}

static void destroy_operand(sc_trial *trial, sc_trial_operand *operand) {
    sc_buffer_destroy(operand->buffer);
    sc_release(trial->env, operand->sent);
    sc_release(trial->env, operand->got);
}

void sc_trial_destroy(sc_trial *trial) {
    sc_kernel_release(trial->kernel);
    for (int i = 0; i < SC_MAX_OPERANDS; i++) destroy_operand(trial, &trial->operand[i]);
    destroy_operand(trial, &trial->workspace);
    memset(trial, 0, sizeof *trial);
}

unsigned char *sc_trial_data(const sc_trial *trial, int operand) {
    return trial->operand[operand].got + trial->guard;
}

static size_t total_bytes(const sc_trial_operand *operand) {
    return operand->buffer ? operand->buffer->bytes : 0;
}

static socle_status send(sc_trial *trial, sc_trial_operand *operand) {
    if (!operand->buffer) return SOCLE_OK;
    return sc_queue_write(trial->queue, (sc_operand){operand->buffer, 0}, operand->sent,
                          total_bytes(operand));
}

static socle_status fetch(sc_trial *trial, sc_trial_operand *operand) {
    if (!operand->buffer) return SOCLE_OK;
    return sc_queue_read(trial->queue, operand->got, (sc_operand){operand->buffer, 0},
                         total_bytes(operand));
}

socle_status sc_trial_launch(sc_trial *trial, const double *const *input, const sc_launch *launch,
                             int poison, int over) {
    const sc_op_desc *desc = &trial->desc;
    int count = desc->inputs + desc->outputs;
    sc_operand operands[SC_MAX_OPERANDS];
    for (int i = 0; i < count; i++) {
        sc_trial_operand *operand = &trial->operand[i];
        sc_image_poison(operand->sent, total_bytes(operand), poison);
        if (i < desc->inputs)
            sc_image_pack(operand->sent + trial->guard, &desc->tensor[i], launch->rows, input[i]);
        operands[i] = (sc_operand){operand->buffer, trial->guard};
        SC_TRY(send(trial, operand));
    }
    if (over >= 0) operands[desc->inputs] = operands[over];
    sc_operand workspace = {trial->workspace.buffer, trial->workspace.buffer ? trial->guard : 0};
    sc_image_poison(trial->workspace.sent, total_bytes(&trial->workspace), poison);
    SC_TRY(send(trial, &trial->workspace));
    SC_TRY(sc_kernel_enqueue(trial->kernel, trial->queue, operands, workspace, launch));
    for (int i = 0; i < count; i++) SC_TRY(fetch(trial, &trial->operand[i]));
    SC_TRY(fetch(trial, &trial->workspace));
    SC_TRY(sc_queue_finish(trial->queue));
    if (over >= 0) /* shown as output 0 like any other result */
        memcpy(sc_trial_data(trial, desc->inputs), sc_trial_data(trial, over),
               trial->operand[over].bytes);
    return SOCLE_OK;
}
