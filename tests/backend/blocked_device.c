/* SPDX-License-Identifier: Apache-2.0 */
/* The implementations behind blocked_device.h. They stand on the contract alone. */
#include "blocked_device.h"

#include <string.h>

enum { ALIGNMENT = 128 };

typedef struct blocked_kernel {
    sc_kernel base;
    sc_kernel *inner, *reorder[SC_MAX_OPERANDS];  /* per operand: to plain (inputs) or to blocks
                                                     (outputs); NULL when it lies plain */
    size_t offset[SC_MAX_OPERANDS], inner_offset; /* within the workspace */
    int inputs, outputs;
    int *launched;
} blocked_kernel;

static bool is_blocked(const sc_tensor_desc *tensor) {
    return tensor->layout == SC_LAYOUT_C16;
}

static bool takes_mixtures(const sc_device *device, const sc_op_desc *desc) {
    (void)device;
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (is_blocked(&desc->tensor[i])) return true;
    return false;
}

/* The weight gradient is the one tensor that its home needs plain. */
static bool takes_blocks_alone(const sc_device *device, const sc_op_desc *desc) {
    (void)device;
    for (int i = 0; i < sc_op_base_inputs(desc); i++)
        if (!is_blocked(&desc->tensor[i])) return false;
    return desc->op == SC_OP_CONV2D_GRAD_WEIGHT || is_blocked(&desc->tensor[desc->inputs]);
}

/* A packed weight beside blocked activations, of which one may be plain; never a weight packed
 * alone. */
static bool takes_pairs(const sc_device *device, const sc_op_desc *desc) {
    (void)device;
    bool activations = is_blocked(&desc->tensor[0]) || is_blocked(&desc->tensor[desc->inputs]);
    return is_blocked(&desc->tensor[1]) && activations;
}

static sc_operand at(sc_operand workspace, size_t offset) {
    return (sc_operand){workspace.buffer, workspace.offset + offset};
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    blocked_kernel *self = (blocked_kernel *)kernel;
    sc_operand plain[SC_MAX_OPERANDS];
    int count = self->inputs + self->outputs;
    for (int i = 0; i < count; i++)
        plain[i] = self->reorder[i] ? at(workspace, self->offset[i]) : operands[i];
    for (int i = 0; i < self->inputs; i++)
        if (self->reorder[i])
            SC_TRY(sc_kernel_enqueue(self->reorder[i], queue, (sc_operand[]){operands[i], plain[i]},
                                     (sc_operand){0}, launch));
    SC_TRY(sc_kernel_enqueue(self->inner, queue, plain, at(workspace, self->inner_offset), launch));
    for (int i = self->inputs; i < count; i++)
        if (self->reorder[i])
            SC_TRY(sc_kernel_enqueue(self->reorder[i], queue, (sc_operand[]){plain[i], operands[i]},
                                     (sc_operand){0}, launch));
    ++*self->launched;
    return SOCLE_OK;
}

static void release(sc_kernel *kernel) {
    blocked_kernel *self = (blocked_kernel *)kernel;
    sc_kernel_release(self->inner);
    for (int i = 0; i < self->inputs + self->outputs; i++) sc_kernel_release(self->reorder[i]);
    sc_release(kernel->device->env, self);
}

static socle_status prepare_parts(blocked_kernel *self, const sc_op_desc *desc) {
    sc_device *device = self->base.device;
    sc_op_desc plain = *desc;
    size_t end = 0;
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        if (!is_blocked(&desc->tensor[i])) continue;
        sc_tensor_desc *tensor = &plain.tensor[i];
        tensor->layout = SC_LAYOUT_PLAIN;
        bool input = i < desc->inputs;
        sc_op_desc reorder = {.op = SC_OP_REORDER, .inputs = 1, .outputs = 1};
        reorder.tensor[0] = input ? desc->tensor[i] : *tensor;
        reorder.tensor[1] = input ? *tensor : desc->tensor[i];
        SC_TRY(sc_prepare(&self->reorder[i], device, &reorder, NULL));
        self->offset[i] = end;
        end += (sc_tensor_bytes(tensor) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    SC_TRY(sc_prepare(&self->inner, device, &plain, NULL));
    self->inner_offset = end;
    self->base.workspace = end + self->inner->workspace;
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    blocked_device *owner = ((const blocked_implementation *)implementation)->owner;
    blocked_kernel *self;
    (void)tuning;
    SC_TRY(sc_allocate(device->env, &self, 1, sizeof *self));
    self->base = (sc_kernel){
        .device = device, .implementation = implementation, .enqueue = enqueue, .release = release};
    self->inputs = desc->inputs;
    self->outputs = desc->outputs;
    self->launched = &owner->launched;
    const sc_implementation *const *list = device->implementations;
    device->implementations = owner->real; /* the parts are the device's own */
    socle_status status = prepare_parts(self, desc);
    device->implementations = list;
    if (status != SOCLE_OK) {
        release(&self->base);
        return status;
    }
    *out = &self->base;
    return SOCLE_OK;
}

void blocked_device_install(blocked_device *blocked, sc_device *device, blocked_manner manner) {
    static const sc_op ops[BLOCKED_OPS] = {
        SC_OP_CONV2D,    SC_OP_CONV2D_GRAD_INPUT, SC_OP_CONV2D_GRAD_WEIGHT, SC_OP_ELEMENTWISE,
        SC_OP_MAXPOOL2D, SC_OP_MAXPOOL2D_GRAD,    SC_OP_AVGPOOL2D};
    static bool (*const takes[])(const sc_device *,
                                 const sc_op_desc *) = {[BLOCKED_ANY] = takes_mixtures,
                                                        [BLOCKED_STRICT] = takes_blocks_alone,
                                                        [BLOCKED_PAIRED] = takes_pairs,
                                                        [BLOCKED_APART] = takes_mixtures};
    memset(blocked, 0, sizeof *blocked);
    blocked->device = device;
    blocked->real = device->implementations;
    int n = 0;
    for (; n < BLOCKED_OPS; n++) {
        bool convolution = n < 3;
        blocked->own[n].base =
            (sc_implementation){.op = ops[n],
                                .name = "blocked",
                                .layouts = 1u << SC_LAYOUT_PLAIN | 1u << SC_LAYOUT_C16,
                                .fuses_tail = manner != BLOCKED_APART,
                                .accepts = convolution ? takes[manner] : takes_mixtures,
                                .prepare = prepare};
        blocked->own[n].owner = blocked;
        blocked->list[n] = &blocked->own[n].base;
    }
    for (const sc_implementation *const *list = blocked->real; *list && n + 1 < BLOCKED_LIST;
         list++)
        blocked->list[n++] = *list;
    blocked->list[n] = NULL;
    device->implementations = blocked->list;
}

void blocked_device_remove(blocked_device *blocked) {
    blocked->device->implementations = blocked->real;
}
