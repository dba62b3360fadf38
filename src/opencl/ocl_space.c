/* SPDX-License-Identifier: Apache-2.0 */
/* Building and collapsing index spaces: arithmetic on shapes, no OpenCL call. */
#include "opencl/ocl_space.h"

#include <string.h>

void sc_ocl_space_init(sc_ocl_space *space, const sc_tensor_desc *shape) {
    memset(space, 0, sizeof *space);
    space->groups = shape->rank;
    for (int d = 0; d < shape->rank; d++) space->size[d] = shape->dim[d];
    space->batched = shape->rows_per_sample > 0;
    space->per_sample = shape->rows_per_sample;
}

int sc_ocl_space_strides(sc_ocl_space *space, const int64_t stride[SC_SPACE_GROUPS]) {
    for (int s = 0; s < space->streams; s++)
        if (memcmp(space->stride[s], stride, sizeof space->stride[0]) == 0) return s;
    memcpy(space->stride[space->streams], stride, sizeof space->stride[0]);
    return space->streams++;
}

/* Row-major strides of `tensor`; 0 where it has one element and the space more. */
int sc_ocl_space_operand(sc_ocl_space *space, const sc_tensor_desc *shape,
                         const sc_tensor_desc *tensor) {
    int64_t stride[SC_SPACE_GROUPS] = {0}, step = 1;
    for (int d = shape->rank - 1; d >= 0; d--) {
        bool same = tensor->dim[d] == shape->dim[d] &&
                    (d > 0 || tensor->rows_per_sample == shape->rows_per_sample);
        stride[d] = same ? step : 0;
        step *= tensor->dim[d];
    }
    return sc_ocl_space_strides(space, stride);
}

/* Rows along dimension 0 become samples along 0 and the rows of each along 1. A shape of several
 * rows per sample leaves room for that. */
static void split_samples(sc_ocl_space *space) {
    int64_t rows = space->per_sample;
    for (int g = space->groups++; g > 1; g--) {
        space->size[g] = space->size[g - 1];
        space->reduced[g] = space->reduced[g - 1];
        for (int s = 0; s < space->streams; s++) space->stride[s][g] = space->stride[s][g - 1];
    }
    space->size[0] /= rows;
    space->size[1] = rows;
    space->reduced[1] = space->reduced[0];
    space->per_sample = 1;
    for (int s = 0; s < space->streams; s++) {
        space->stride[s][1] = space->stride[s][0];
        space->stride[s][0] *= rows;
    }
}

void sc_ocl_space_places(sc_ocl_space *space, sc_ocl_places *out, const sc_expr *expr) {
    bool random = sc_expr_uses(expr, SC_EXPR_UNIFORM) || sc_expr_uses(expr, SC_EXPR_NORMAL);
    bool sample = random || sc_expr_uses(expr, SC_EXPR_SAMPLE);
    int split = sample && space->per_sample > 1; /* dimension d is group d + split */
    if (split) split_samples(space);
    *out = (sc_ocl_places){.sample = -1, .element = -1, .batched = space->batched};
    for (int d = 0; d < SC_MAX_RANK; d++) {
        out->coord[d] = -1;
        for (int k = 0; k < expr->nodes && out->coord[d] < 0; k++) {
            if (expr->node[k].op != SC_EXPR_COORD || expr->node[k].index != d) continue;
            int64_t stride[SC_SPACE_GROUPS] = {0};
            stride[d + split] = 1;
            if (d == 0 && split) stride[0] = space->size[1];
            out->coord[d] = sc_ocl_space_strides(space, stride);
        }
    }
    if (sample) {
        int64_t stride[SC_SPACE_GROUPS] = {space->batched ? 1 : 0};
        out->sample = sc_ocl_space_strides(space, stride);
    }
    if (random) {
        int64_t stride[SC_SPACE_GROUPS] = {0}, step = 1;
        for (int g = space->groups - 1; g >= (space->batched ? 1 : 0); g--) {
            stride[g] = step;
            step *= space->size[g];
        }
        out->element = sc_ocl_space_strides(space, stride);
    }
}

static void remove_group(sc_ocl_space *space, int group) {
    for (int g = group; g + 1 < space->groups; g++) {
        space->size[g] = space->size[g + 1];
        space->reduced[g] = space->reduced[g + 1];
        for (int s = 0; s < space->streams; s++) space->stride[s][g] = space->stride[s][g + 1];
    }
    space->groups--;
}

static bool can_merge(const sc_ocl_space *space, int group) {
    if (space->reduced[group] != space->reduced[group + 1]) return false;
    for (int s = 0; s < space->streams; s++)
        if (space->stride[s][group] != space->stride[s][group + 1] * space->size[group + 1])
            return false;
    return true;
}

void sc_ocl_space_collapse(sc_ocl_space *space) {
    int first = space->batched ? 1 : 0; /* the rows may be 1 now and more at another capacity: never
                                           dropped */
    for (int g = space->groups - 1; g >= first; g--)
        if (space->size[g] == 1 && space->groups > 1) remove_group(space, g);
    for (int g = space->groups - 2; g >= 0; g--) {
        if (!can_merge(space, g)) continue;
        if (g == 0) space->per_sample *= space->size[1];
        int64_t merged = space->size[g] * space->size[g + 1];
        for (int s = 0; s < space->streams; s++) space->stride[s][g] = space->stride[s][g + 1];
        remove_group(space, g + 1);
        space->size[g] = merged;
    }
    if (space->groups == 0) {
        space->groups = 1;
        space->size[0] = 1;
    }
}

static void swap_groups(sc_ocl_space *space, int a, int b) {
    int64_t size = space->size[a];
    bool reduced = space->reduced[a];
    space->size[a] = space->size[b];
    space->size[b] = size;
    space->reduced[a] = space->reduced[b];
    space->reduced[b] = reduced;
    for (int s = 0; s < space->streams; s++) {
        int64_t stride = space->stride[s][a];
        space->stride[s][a] = space->stride[s][b];
        space->stride[s][b] = stride;
    }
    if (space->rows_group == a)
        space->rows_group = b;
    else if (space->rows_group == b)
        space->rows_group = a;
}

void sc_ocl_space_sort(sc_ocl_space *space) {
    for (int round = 0; round < space->groups; round++)
        for (int g = 0; g + 2 < space->groups; g++)
            if (space->reduced[g] && !space->reduced[g + 1]) swap_groups(space, g, g + 1);
}

int64_t sc_ocl_space_size(const sc_ocl_space *space, int group, int64_t rows) {
    return space->batched && group == space->rows_group ? rows * space->per_sample
                                                        : space->size[group];
}

void sc_ocl_space_shape(sc_shape_space *out, const sc_ocl_space *space, int64_t rows) {
    memset(out, 0, sizeof *out);
    for (int g = 0; g < space->groups; g++)
        out->size[g] = (unsigned)sc_ocl_space_size(space, g, rows);
    out->inner = out->size[space->groups - 1];
    for (int s = 0; s < space->streams; s++)
        for (int g = 0; g < space->groups; g++)
            out->stride[SC_SPACE_STRIDE(s, g)] = (int)space->stride[s][g];
}

sc_ocl_step sc_ocl_space_step(const sc_ocl_space *space, int stream) {
    int64_t step = space->stride[stream][space->groups - 1];
    return step == 0 ? SC_OCL_STEP_ZERO : step == 1 ? SC_OCL_STEP_ONE : SC_OCL_STEP_ANY;
}
