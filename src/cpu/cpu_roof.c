/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of the processor (backend/roof.h): each thread has an even part of the elements, and
 * goes over it as often as there are rounds. */
#include "cpu/cpu_roof.h"
#include "backend/roof.h"
#include "cpu/cpu.h"

typedef struct roof {
    sc_cpu_kernel base;
    const sc_cpu_roof_loops *loops;
    sc_roof_desc desc;
    int64_t part; /* elements of a thread */
} roof;

typedef struct job {
    const roof *self;
    const float *in;
    float *out;
} job;

static const sc_implementation name = {.name = "roof"};

static const sc_cpu_roof_loops *loops_of(const sc_cpu_isa *isa) {
#if defined(SC_HAVE_ISA_AVX512)
    if (isa == &sc_cpu_isa_avx512) return &sc_cpu_roof_avx512;
#endif
#if defined(SC_HAVE_ISA_AVX2)
    if (isa == &sc_cpu_isa_avx2) return &sc_cpu_roof_avx2;
#endif
    (void)isa;
    return &sc_cpu_roof_baseline;
}

static void pass_over(const roof *self, const float *in, float *out, int64_t count) {
    float sum[SC_CPU_ROOF_LANES] = {0};
    for (int64_t r = 0; r < self->desc.rounds; r++) {
        if (self->desc.kind == SC_ROOF_READ)
            self->loops->read(sum, in, count);
        else if (self->desc.kind == SC_ROOF_COPY)
            self->loops->copy(out, in, count);
    }
    for (int l = 0; l < SC_CPU_ROOF_LANES && self->desc.kind == SC_ROOF_READ; l++) out[l] = sum[l];
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const roof *self = work->self;
    int64_t begin = index * self->part, count = self->desc.elements - begin;
    (void)worker;
    if (count > self->part) count = self->part;
    if (self->desc.kind == SC_ROOF_MULTIPLY_ADD)
        self->loops->multiply_add(work->out + begin, count, self->desc.rounds, work->in);
    else if (self->desc.kind == SC_ROOF_WRITE)
        for (int64_t r = 0; r < self->desc.rounds; r++)
            self->loops->write(work->out + begin, work->in[0], count);
    else
        pass_over(self, work->in + begin, work->out + begin, count);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const roof *self = (const roof *)kernel;
    (void)queue;
    (void)workspace;
    (void)launch;
    job work = {self, sc_cpu_memory(operands[0]), sc_cpu_memory(operands[1])};
    sc_cpu_run(kernel->device, sc_ceil_div(self->desc.elements, self->part), run_task, &work);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device, const sc_roof_desc *desc) {
    roof *self;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, &name, enqueue));
    const sc_cpu_device *cpu = sc_cpu_device_of(device);
    int64_t grains = desc->elements / SC_ROOF_GRAIN;
    self->loops = loops_of(cpu->isa);
    self->desc = *desc;
    self->part = sc_ceil_div(grains, cpu->workers) * SC_ROOF_GRAIN;
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_roof_driver sc_cpu_roof_driver = {&sc_cpu_driver, prepare};
