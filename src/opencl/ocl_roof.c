/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of an OpenCL device (backend/roof.h, cl/roof.cl). Where thin items pay, neighbours
 * read neighbouring vectors of 16 bytes; elsewhere each compute unit has a part of its own. */
#include "backend/roof.h"
#include "opencl/ocl_frame.h"

#include "cl/shape_roof.h"

#include <stdio.h>

enum { GROUP = 256, GROUPS_PER_UNIT = 8, FAT_LANES = 16, THIN_LANES = 4 };

extern const sc_driver sc_ocl_driver;

typedef struct roof {
    sc_ocl_frame frame;
    sc_roof_desc desc;
    sc_shape_roof shape;
    size_t items;
} roof;

static const sc_implementation name = {.name = "roof"};

static void arrange(const void *frame, void *sizes, size_t *global, int64_t rows) {
    const roof *self = frame;
    sc_shape_roof *shape = sizes;
    (void)rows;
    *shape = self->shape;
    *global = self->items;
}

static void add_arguments(sc_ocl_call *call, const void *frame, const sc_operand *operands,
                          const void *shape, const sc_launch *launch) {
    static const size_t element[] = {sizeof(float), sizeof(float)};
    (void)frame;
    (void)launch;
    sc_ocl_frame_operands(call, operands, 2, element);
    sc_ocl_call_value(call, shape, sizeof(sc_shape_roof));
}

static const sc_shape_roof nothing = {.first = 1, .next = 1};
static const sc_ocl_single single = {sizeof(sc_shape_roof), &nothing, arrange, add_arguments};

/* Chains are as wide as registers are, so that all of them stay there. */
static int lanes_of(const sc_device_info *info, sc_roof_kind kind) {
    bool thin = (info->traits & SC_TRAIT_MANY_ITEMS) != 0;
    if (kind != SC_ROOF_MULTIPLY_ADD) return thin ? THIN_LANES : FAT_LANES;
    if (thin) return 1;
    return info->vector_width >= 16 ? 16 : info->vector_width >= 8 ? 8 : 4;
}

static void divide(roof *self, const sc_device_info *info, int lanes) {
    bool thin = (info->traits & SC_TRAIT_MANY_ITEMS) != 0;
    int64_t vectors = self->desc.elements / lanes;
    int64_t units = info->compute_units > 0 ? info->compute_units : 1;
    int64_t items = self->desc.kind == SC_ROOF_MULTIPLY_ADD ? vectors
                    : thin                                  ? units * GROUPS_PER_UNIT * GROUP
                                                            : units;
    if (items > vectors) items = vectors;
    int64_t count = sc_ceil_div(vectors, items);
    self->items = (size_t)items;
    self->shape = (sc_shape_roof){.vectors = (unsigned)vectors,
                                  .rounds = (unsigned)self->desc.rounds,
                                  .first = thin ? 1 : (unsigned)count,
                                  .next = thin ? (unsigned)items : 1,
                                  .count = (unsigned)count};
}

static socle_status build(roof *self, sc_ocl_device *device) {
    static const char *const kernels[] = {"roof_multiply_add", "roof_read", "roof_write",
                                          "roof_copy"};
    const sc_device_info *info = &device->base.info;
    const size_t local = info->traits & SC_TRAIT_MANY_ITEMS ? GROUP : 1;
    int lanes = lanes_of(info, self->desc.kind);
    const sc_ocl_program *program = NULL;
    char real[16], defines[96];
    snprintf(real, sizeof real, lanes > 1 ? "float%d" : "float", lanes);
    snprintf(defines, sizeof defines, "-D SC_REAL=%s -D SC_LANES=%d -D SC_CHAINS=%d", real, lanes,
             SC_ROOF_CHAINS);
    divide(self, info, lanes);
    SC_TRY(sc_ocl_program_get(&program, device, NULL, "roof.cl", defines));
    SC_TRY(sc_ocl_kernel_create(&self->frame.kernel[0], device, program, kernels[self->desc.kind],
                                1, &local, false));
    /* Items are rounded up to groups; those beyond find no vector of theirs. */
    size_t group = self->frame.kernel[0].local[0];
    self->items = (self->items + group - 1) / group * group;
    if (self->shape.next > 1) {
        self->shape.next = (unsigned)self->items;
        self->shape.count = (unsigned)sc_ceil_div(self->shape.vectors, self->shape.next);
    }
    return sc_ocl_single_warm(&self->frame, 1);
}

static socle_status prepare(sc_kernel **out, sc_device *device, const sc_roof_desc *desc) {
    roof *self = NULL;
    if (desc->elements > INT32_MAX || desc->rounds > INT32_MAX)
        return sc_fail(device->env, SOCLE_STATUS_CONFIG, "a roof of 2^31 elements or rounds");
    SC_TRY(sc_ocl_frame_create(&self, sizeof *self, device, &name, sc_ocl_single_enqueue));
    self->frame.single = &single;
    self->desc = *desc;
    return sc_ocl_frame_finish(out, &self->frame, build(self, sc_ocl_device_of(device)));
}

const sc_roof_driver sc_ocl_roof_driver = {&sc_ocl_driver, prepare};
