/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise operations: the expression runs over the outputs' index space in blocks; a task is a
 * fixed number of blocks. */
#include "cpu/cpu_impls.h"
#include "cpu/cpu_program.h"

#include <string.h>

enum { TASK_ELEMENTS = 16 * SC_CPU_BLOCK };

typedef struct elementwise {
    sc_cpu_kernel base;
    sc_cpu_program program;
} elementwise;

typedef struct job {
    const elementwise *self;
    const sc_operand *operands;
    sc_operand workspace;
    const sc_launch *launch;
    int64_t elements;
} job;

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const sc_cpu_program *program = &work->self->program;
    sc_cpu_frame frame;
    frame.program = program;
    frame.launch = work->launch;
    frame.scratch = sc_cpu_scratch(&work->self->base, work->workspace, worker);
    for (int i = 0; i < program->inputs; i++) frame.input[i] = sc_cpu_memory(work->operands[i]);
    for (int o = 0; o < program->outputs; o++)
        frame.output[o] = sc_cpu_memory(work->operands[program->inputs + o]);
    int64_t start = index * TASK_ELEMENTS;
    int64_t end = start + TASK_ELEMENTS < work->elements ? start + TASK_ELEMENTS : work->elements;
    sc_cpu_frame_begin(&frame, end - start);
    for (; start < end; start += SC_CPU_BLOCK)
        sc_cpu_frame_run(&frame, start, end - start < SC_CPU_BLOCK ? end - start : SC_CPU_BLOCK);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const elementwise *self = (const elementwise *)kernel;
    (void)queue;
    job work = {self, operands, workspace, launch,
                sc_cpu_program_elements(&self->program, launch->rows)};
    sc_cpu_run(kernel->device, sc_ceil_div(work.elements, TASK_ELEMENTS), run_task, &work);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    elementwise *self;
    sc_tensor_desc space = sc_op_space(desc);
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    sc_cpu_program_init(&self->program, device, desc->expr, &space, desc->tensor,
                        desc->tensor + desc->inputs);
    /* Operands stand in descriptor order, whatever the expression uses of them. */
    self->program.inputs = desc->inputs;
    socle_status status = sc_cpu_scratch_plan(&self->base, sc_cpu_program_scratch(&self->program));
    if (status != SOCLE_OK) {
        sc_kernel_release(&self->base.base);
        return status;
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_elementwise_blocks = {
    .op = SC_OP_ELEMENTWISE,
    .name = "blocks",
    .storage = SC_STORAGE_ANY,
    .canonical = true,
    .prepare = prepare,
};
