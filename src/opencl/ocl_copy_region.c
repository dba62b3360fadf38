/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes of the copy family. A blocked layout [N][C/16][H][W][16] is five dimensions to this file; a
 * last block that is not full is a box of its own. */
#include "opencl/ocl_copy_region.h"

#include <string.h>

enum { BLOCK = 16 };

static void dense(int64_t stride[SC_SPACE_GROUPS], const sc_tensor_desc *tensor) {
    int64_t step = 1;
    memset(stride, 0, SC_SPACE_GROUPS * sizeof *stride);
    for (int d = tensor->rank - 1; d >= 0; d--) {
        stride[d] = step;
        step *= tensor->dim[d];
    }
}

static void set_region(sc_ocl_region *region, const sc_tensor_desc *box, const int64_t *source,
                       const int64_t *target) {
    memset(region, 0, sizeof *region);
    sc_ocl_space_init(&region->space, box);
    region->source = sc_ocl_space_strides(&region->space, source);
    region->target = sc_ocl_space_strides(&region->space, target);
    sc_ocl_space_collapse(&region->space);
}

static void permute(sc_ocl_region *region, const sc_op_desc *desc) {
    int64_t in[SC_SPACE_GROUPS], out[SC_SPACE_GROUPS], source[SC_SPACE_GROUPS] = {0};
    dense(in, &desc->tensor[0]);
    dense(out, &desc->tensor[1]);
    for (int d = 0; d < desc->tensor[1].rank; d++) source[d] = in[desc->attr.permute.order[d]];
    set_region(region, &desc->tensor[1], source, out);
}

static int64_t start_of(const int64_t *begin, const int64_t *stride, int rank) {
    int64_t start = 0;
    for (int d = 0; d < rank; d++) start += begin[d] * stride[d];
    return start;
}

static void slice(sc_ocl_region *region, const sc_op_desc *desc) {
    int64_t in[SC_SPACE_GROUPS], out[SC_SPACE_GROUPS];
    dense(in, &desc->tensor[0]);
    dense(out, &desc->tensor[1]);
    set_region(region, &desc->tensor[1], in, out);
    region->source_start = start_of(desc->attr.slice.begin, in, desc->tensor[0].rank);
}

static void pad(sc_ocl_region *region, const sc_op_desc *desc) {
    int64_t in[SC_SPACE_GROUPS], out[SC_SPACE_GROUPS];
    dense(in, &desc->tensor[0]);
    dense(out, &desc->tensor[1]);
    set_region(region, &desc->tensor[0], in, out);
    region->target_start = start_of(desc->attr.pad.before, out, desc->tensor[0].rank);
}

static int concat(sc_ocl_region *region, const sc_op_desc *desc) {
    int axis = desc->attr.concat.axis;
    int64_t in[SC_SPACE_GROUPS], out[SC_SPACE_GROUPS], at = 0;
    dense(out, &desc->tensor[desc->inputs]);
    for (int i = 0; i < desc->inputs; i++) {
        dense(in, &desc->tensor[i]);
        set_region(&region[i], &desc->tensor[i], in, out);
        region[i].input = i;
        region[i].target_start = at * out[axis];
        at += desc->tensor[i].dim[axis];
    }
    return desc->inputs;
}

/* Strides over (N, blocks, within the block, H, W) of a tensor in either layout. */
static void layout_strides(int64_t stride[5], const sc_tensor_desc *tensor) {
    int64_t pixels = tensor->dim[2] * tensor->dim[3], blocks = sc_ceil_div(tensor->dim[1], BLOCK);
    bool blocked = tensor->layout == SC_LAYOUT_C16;
    stride[0] = (blocked ? blocks * BLOCK : tensor->dim[1]) * pixels;
    stride[1] = BLOCK * pixels;
    stride[2] = blocked ? 1 : pixels;
    stride[3] = tensor->dim[3] * (blocked ? BLOCK : 1);
    stride[4] = blocked ? BLOCK : 1;
}

/* The box of `blocks` blocks with `lanes` channels each, ordered so that the target runs along the
 * last dimension. */
static void reorder_box(sc_ocl_region *region, const sc_op_desc *desc, int64_t blocks,
                        int64_t lanes, int64_t first) {
    static const int to_plain[5] = {0, 1, 2, 3, 4}, to_blocked[5] = {0, 1, 3, 4, 2};
    const sc_tensor_desc *in = &desc->tensor[0], *out = &desc->tensor[1];
    const int *order = out->layout == SC_LAYOUT_C16 ? to_blocked : to_plain;
    const int64_t size[5] = {in->dim[0], blocks, lanes, in->dim[2], in->dim[3]};
    int64_t from[5], to[5], source[SC_SPACE_GROUPS] = {0}, target[SC_SPACE_GROUPS] = {0}, dim[5];
    layout_strides(from, in);
    layout_strides(to, out);
    for (int d = 0; d < 5; d++) {
        dim[d] = size[order[d]];
        source[d] = from[order[d]];
        target[d] = to[order[d]];
    }
    sc_tensor_desc box = sc_tensor_make(in->dtype, in->rows_per_sample, 5, dim);
    set_region(region, &box, source, target);
    region->source_start = first * from[1];
    region->target_start = first * to[1];
}

static int reorder(sc_ocl_region *region, const sc_op_desc *desc) {
    int64_t channels = desc->tensor[0].dim[1], full = channels / BLOCK, rest = channels % BLOCK;
    int count = 0;
    if (full) reorder_box(&region[count++], desc, full, BLOCK, 0);
    if (rest) reorder_box(&region[count++], desc, 1, rest, full);
    return count;
}

int sc_ocl_copy_regions(sc_ocl_region *region, const sc_op_desc *desc, bool *covers) {
    const sc_tensor_desc *in = &desc->tensor[0], *out = &desc->tensor[desc->inputs];
    *covers = true;
    switch (desc->op) {
    case SC_OP_PERMUTE:
        permute(region, desc);
        return 1;
    case SC_OP_SLICE:
        slice(region, desc);
        return 1;
    case SC_OP_CONCAT:
        return concat(region, desc);
    case SC_OP_PAD:
        *covers = sc_tensor_elements(in) == sc_tensor_elements(out);
        pad(region, desc);
        return 1;
    default:
        *covers = out->layout == SC_LAYOUT_PLAIN || in->dim[1] % BLOCK == 0;
        return reorder(region, desc);
    }
}

void sc_ocl_region_shape(sc_shape_copy *out, const sc_ocl_region *region, int64_t rows,
                         int turned) {
    const sc_ocl_space *space = &region->space;
    const int64_t *from = space->stride[region->source], *to = space->stride[region->target];
    int last = space->groups - 1;
    memset(out, 0, sizeof *out);
    out->outer = 1;
    out->from_start = (unsigned)region->source_start;
    out->to_start = (unsigned)region->target_start;
    out->inner = (unsigned)sc_ocl_space_size(space, last, rows);
    out->from_step = (unsigned)from[last];
    out->to_step = (unsigned)to[last];
    for (int g = 0; g < last; g++) {
        unsigned size = (unsigned)sc_ocl_space_size(space, g, rows);
        if (g == turned) {
            out->turn = size;
            out->turn_to_step = (unsigned)to[g];
            continue;
        }
        out->size[out->groups] = size;
        out->from[out->groups] = (unsigned)from[g];
        out->to[out->groups] = (unsigned)to[g];
        out->outer *= size;
        out->groups++;
    }
}
