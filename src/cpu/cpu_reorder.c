/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of layout between [N][C][H][W] and [N][C/16][H][W][16]: a task is a block of channels of
 * one sample. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

#include <string.h>

enum { LANES = 16 };

typedef struct reorder {
    sc_cpu_kernel base;
    sc_tensor_desc in, out;
    size_t size;
    int64_t blocks, pixels;
} reorder;

typedef struct job {
    const reorder *self;
    const char *from;
    char *to;
} job;

/* What is not four bytes wide has no vector loops. */
static void move_each(const reorder *self, char *to, const char *from, int64_t channels,
                      bool blocked) {
    int64_t lanes = blocked ? LANES : channels, size = (int64_t)self->size;
    for (int64_t c = 0; c < lanes; c++)
        for (int64_t p = 0; p < self->pixels; p++) {
            int64_t in_block = p * LANES + c, in_plane = c * self->pixels + p;
            if (!blocked)
                memcpy(to + in_plane * size, from + in_block * size, (size_t)size);
            else if (c < channels)
                memcpy(to + in_block * size, from + in_plane * size, (size_t)size);
            else
                memset(to + in_block * size, 0, (size_t)size);
        }
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const reorder *self = work->self;
    const sc_cpu_isa *isa = sc_cpu_device_of(self->base.base.device)->isa;
    int64_t sample = index / self->blocks, channel = index % self->blocks * LANES,
            all = self->in.dim[1];
    int64_t channels = all - channel < LANES ? all - channel : LANES;
    size_t plain = (size_t)((sample * all + channel) * self->pixels) * self->size;
    size_t block = (size_t)(index * self->pixels * LANES) * self->size;
    bool blocked = self->out.layout == SC_LAYOUT_C16;
    char *to = work->to + (blocked ? block : plain);
    const char *from = work->from + (blocked ? plain : block);
    (void)worker;
    if (self->size != sizeof(float))
        move_each(self, to, from, channels, blocked);
    else if (blocked)
        isa->pack_panel((float *)(void *)to, LANES, (const float *)(const void *)from, self->pixels,
                        1, channels, self->pixels);
    else
        isa->turn((float *)(void *)to, self->pixels, (const float *)(const void *)from, LANES,
                  self->pixels, channels);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const reorder *self = (const reorder *)kernel;
    job work = {self, sc_cpu_memory(operands[0]), sc_cpu_memory(operands[1])};
    int64_t samples = sc_tensor_dim_at(&self->in, 0, launch->rows);
    (void)queue;
    (void)workspace;
    if (self->in.layout != self->out.layout) {
        sc_cpu_run(kernel->device, samples * self->blocks, run_task, &work);
    } else {
        int64_t channels =
            self->in.layout == SC_LAYOUT_C16 ? self->blocks * LANES : self->in.dim[1];
        memcpy(work.to, work.from, (size_t)(samples * channels * self->pixels) * self->size);
    }
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    reorder *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->in = desc->tensor[0];
    self->out = desc->tensor[1];
    self->size = sc_dtype_size(self->in.dtype);
    self->blocks = sc_ceil_div(self->in.dim[1], LANES);
    self->pixels = self->in.dim[2] * self->in.dim[3];
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_reorder = {
    .op = SC_OP_REORDER,
    .name = "blocks",
    .storage = SC_STORAGE_MOVED,
    .layouts = 1u << SC_LAYOUT_PLAIN | 1u << SC_LAYOUT_C16,
    .canonical = true,
    .prepare = prepare,
};
