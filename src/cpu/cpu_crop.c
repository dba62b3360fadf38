/* SPDX-License-Identifier: Apache-2.0 */
/* Crop2d: a window of each sample at a place of its own. Each line of the result is a run of zeros,
 * a run of the input (backwards if mirrored), and a run of zeros; any of them may be empty. Places
 * are any 32-bit numbers, so all sums of them are made in 64 bits. */
#include "cpu/cpu.h"
#include "cpu/cpu_impls.h"

#include <string.h>

enum { TASK_ELEMENTS = 16384 };

typedef struct crop {
    sc_cpu_kernel base;
    sc_tensor_desc x, out;
    size_t size; /* of an element */
    int64_t task_lines;
} crop;

typedef struct job {
    const crop *self;
    const char *x;
    const int32_t *origin;
    char *out;
    int64_t lines;
} job;

static int64_t clamped(int64_t value, int64_t most) {
    return value < 0 ? 0 : value > most ? most : value;
}

/* to[i] = last[-i]; inlined, so that each size gets a loop of its own. */
static inline void copy_backwards(char *to, const char *last, int64_t count, size_t size) {
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * (int64_t)size, last - i * (int64_t)size, size);
}

/* One line of the result. `from` is the input's line, NULL: there is none. */
static void crop_line(const crop *self, char *to, const char *from, int64_t column, bool mirrored) {
    int64_t width = self->out.dim[3], have = self->x.dim[3];
    size_t size = self->size;
    int64_t begin = mirrored ? column + width - have : -column;
    int64_t end = from ? clamped(begin + have, width) : 0;
    begin = from ? clamped(begin, width) : 0;
    memset(to, 0, (size_t)begin * size);
    if (end > begin && !mirrored)
        memcpy(to + (size_t)begin * size, from + (size_t)(column + begin) * size,
               (size_t)(end - begin) * size);
    else if (end > begin && size == 1)
        copy_backwards(to + begin, from + (column + width - 1 - begin), end - begin, 1);
    else if (end > begin && size == 2)
        copy_backwards(to + (size_t)begin * 2, from + (size_t)(column + width - 1 - begin) * 2,
                       end - begin, 2);
    else if (end > begin)
        copy_backwards(to + (size_t)begin * 4, from + (size_t)(column + width - 1 - begin) * 4,
                       end - begin, 4);
    memset(to + (size_t)end * size, 0, (size_t)(width - end) * size);
}

static void run_task(void *argument, int64_t task, int worker) {
    const job *work = argument;
    const crop *self = work->self;
    int64_t channels = self->out.dim[1], height = self->out.dim[2], have = self->x.dim[2];
    size_t line_bytes = (size_t)self->out.dim[3] * self->size;
    int64_t first = task * self->task_lines, last = first + self->task_lines;
    (void)worker;
    for (int64_t line = first; line < last && line < work->lines; line++) {
        int64_t plane = line / height;
        const int32_t *place = work->origin + plane / channels * 3;
        int64_t row = place[0] + line % height;
        const char *from = NULL;
        if (row >= 0 && row < have)
            from = work->x + (size_t)((plane * have + row) * self->x.dim[3]) * self->size;
        crop_line(self, work->out + (size_t)line * line_bytes, from, place[1], place[2] != 0);
    }
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const crop *self = (const crop *)kernel;
    job work = {self, sc_cpu_memory(operands[0]), sc_cpu_memory(operands[1]),
                sc_cpu_memory(operands[2]),
                sc_tensor_elements_at(&self->out, launch->rows) / self->out.dim[3]};
    (void)queue;
    (void)workspace;
    sc_cpu_run(kernel->device, sc_ceil_div(work.lines, self->task_lines), run_task, &work);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    crop *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->x = desc->tensor[0];
    self->out = desc->tensor[2];
    self->size = sc_dtype_size(self->out.dtype);
    self->task_lines = sc_ceil_div(TASK_ELEMENTS, self->out.dim[3]);
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_crop2d = {.op = SC_OP_CROP2D,
                                         .name = "lines",
                                         .storage = SC_STORAGE_MOVED,
                                         .canonical = true,
                                         .prepare = prepare};
