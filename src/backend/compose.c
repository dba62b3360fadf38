/* SPDX-License-Identifier: Apache-2.0 */
/* The composite of an operation and its tail: first the bare operation into the output, then an
 * elementwise launch in place over it. So fusion never depends on a driver. It must not know which
 * operation it is. */
#include "backend/compose.h"

#include <stdio.h>
#include <string.h>

typedef struct composite {
    sc_kernel base;
    sc_implementation shown; /* the operation's implementation under a name that tells of the tail
                              */
    char name[64];
    sc_kernel *bare, *tail;
    int bare_inputs, tail_inputs; /* tail_inputs: without the result itself */
} composite;

void sc_compose_bare(sc_op_desc *bare, const sc_op_desc *desc) {
    *bare = *desc;
    bare->inputs = sc_op_base_inputs(desc);
    bare->tail = NULL;
    for (int k = 0; k < desc->outputs; k++)
        bare->tensor[bare->inputs + k] = desc->tensor[desc->inputs + k];
}

void sc_compose_tail_desc(sc_op_desc *tail, const sc_op_desc *desc) {
    int base = sc_op_base_inputs(desc);
    memset(tail, 0, sizeof *tail);
    tail->op = SC_OP_ELEMENTWISE;
    tail->inputs = 1 + desc->inputs - base;
    tail->outputs = 1;
    tail->tensor[0] = desc->tensor[desc->inputs];
    for (int k = base; k < desc->inputs; k++) tail->tensor[1 + k - base] = desc->tensor[k];
    tail->tensor[tail->inputs] = desc->tensor[desc->inputs];
    tail->expr = desc->tail;
}

static socle_status composite_enqueue(sc_kernel *kernel, sc_queue *queue,
                                      const sc_operand *operands, sc_operand workspace,
                                      const sc_launch *launch) {
    composite *self = (composite *)kernel;
    sc_operand result = operands[self->bare_inputs + self->tail_inputs];
    sc_operand list[SC_MAX_OPERANDS + 2];
    memcpy(list, operands, (size_t)self->bare_inputs * sizeof *list);
    list[self->bare_inputs] = result;
    SC_TRY(self->bare->enqueue(self->bare, queue, list, workspace, launch));
    list[0] = result;
    memcpy(list + 1, operands + self->bare_inputs, (size_t)self->tail_inputs * sizeof *list);
    list[1 + self->tail_inputs] = result;
    return self->tail->enqueue(self->tail, queue, list, workspace, launch);
}

static void composite_release(sc_kernel *kernel) {
    composite *self = (composite *)kernel;
    sc_env *env = kernel->device->env;
    sc_kernel_release(self->tail);
    sc_kernel_release(self->bare);
    sc_release(env, self);
}

socle_status sc_compose_tail(sc_kernel **kernel, sc_device *device, const sc_op_desc *desc) {
    sc_kernel *bare = *kernel, *tail = NULL;
    composite *self = NULL;
    sc_op_desc elementwise;
    sc_compose_tail_desc(&elementwise, desc);
    *kernel = NULL;
    socle_status status = sc_prepare(&tail, device, &elementwise, NULL);
    if (status == SOCLE_OK) status = sc_allocate(device->env, &self, 1, sizeof *self);
    if (status != SOCLE_OK) {
        sc_kernel_release(tail);
        sc_kernel_release(bare);
        return status;
    }
    self->bare = bare;
    self->tail = tail;
    self->bare_inputs = sc_op_base_inputs(desc);
    self->tail_inputs = desc->inputs - self->bare_inputs;
    self->shown = *bare->implementation;
    snprintf(self->name, sizeof self->name, "%s+tail", bare->implementation->name);
    self->shown.name = self->name;
    self->base = (sc_kernel){
        .device = device,
        .implementation = &self->shown,
        .workspace = bare->workspace > tail->workspace ? bare->workspace : tail->workspace,
        .enqueue = composite_enqueue,
        .release = composite_release,
    };
    *kernel = &self->base;
    return SOCLE_OK;
}
