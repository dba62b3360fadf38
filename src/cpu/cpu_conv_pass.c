/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the geometry and tables of a direct pass, and copies patches. */
#include "cpu/cpu_conv_pass.h"

#include <string.h>

enum { BAND_PIXELS = 1024, PATCH_FLOATS = 1 << 17, NARROW = 16 };

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void set_forward(sc_conv_pass *pass, const sc_op_desc *desc) {
    const sc_tensor_desc *x = &desc->tensor[0], *w = &desc->tensor[1],
                         *y = &desc->tensor[desc->inputs];
    const sc_window *window = &desc->attr.conv.window;
    pass->source_channels = w->dim[1];
    pass->target_channels = w->dim[0] / pass->groups;
    pass->weight_source_stride = w->dim[2] * w->dim[3];
    pass->weight_target_stride = w->dim[1] * w->dim[2] * w->dim[3];
    for (int axis = 0; axis < 2; axis++) {
        pass->source[axis] = x->dim[2 + axis];
        pass->target[axis] = y->dim[2 + axis];
        pass->source_step[axis] = window->stride[axis];
        pass->target_step[axis] = 1;
        pass->tap_step[axis] = window->dilation[axis];
        pass->origin[axis] = -window->pad_before[axis];
    }
}

static void set_grad_input(sc_conv_pass *pass, const sc_op_desc *desc) {
    const sc_tensor_desc *dy = &desc->tensor[0], *w = &desc->tensor[1],
                         *dx = &desc->tensor[desc->inputs];
    const sc_window *window = &desc->attr.conv.window;
    pass->source_channels = w->dim[0] / pass->groups;
    pass->target_channels = w->dim[1];
    pass->weight_source_stride = w->dim[1] * w->dim[2] * w->dim[3];
    pass->weight_target_stride = w->dim[2] * w->dim[3];
    for (int axis = 0; axis < 2; axis++) {
        pass->source[axis] = dy->dim[2 + axis];
        pass->target[axis] = dx->dim[2 + axis];
        pass->source_step[axis] = 1;
        pass->target_step[axis] = window->stride[axis];
        pass->tap_step[axis] = -window->dilation[axis];
        pass->origin[axis] = window->pad_before[axis];
    }
}

/* A pointwise pass sees an image as one long row: narrow images then fill whole tiles. The rows of
 * both sides must be equally long, which padding on the right makes untrue. */
static void flatten_pointwise(sc_conv_pass *pass) {
    if (pass->source[1] != pass->target[1]) return;
    for (int axis = 0; axis < 2; axis++)
        if (pass->kernel[axis] != 1 || pass->source_step[axis] != 1 ||
            pass->target_step[axis] != 1 || pass->origin[axis] != 0)
            return;
    if (pass->target[1] >= NARROW || pass->target[0] * pass->target[1] > 4 * BAND_PIXELS) return;
    pass->source[1] *= pass->source[0];
    pass->target[1] *= pass->target[0];
    pass->source[0] = pass->target[0] = 1;
}

/* Whether tap k of a phase exists along an axis; its distance from source_step * grid position. */
static bool find_tap(const sc_conv_pass *pass, int axis, int64_t phase, int64_t k,
                     int64_t *distance) {
    int64_t at = pass->source_step[axis] * phase + pass->tap_step[axis] * k + pass->origin[axis];
    if (at % pass->target_step[axis] != 0) return false;
    *distance = at / pass->target_step[axis];
    return true;
}

/* The range of distances over all phases and taps gives the patch. */
static void measure(sc_conv_pass *pass) {
    int64_t last[2];
    for (int axis = 0; axis < 2; axis++) {
        bool any = false;
        pass->first[axis] = last[axis] = 0;
        for (int64_t phase = 0; phase < pass->target_step[axis]; phase++) {
            for (int64_t k = 0; k < pass->kernel[axis]; k++) {
                int64_t d;
                if (!find_tap(pass, axis, phase, k, &d)) continue;
                if (!any || d < pass->first[axis]) pass->first[axis] = d;
                if (!any || d > last[axis]) last[axis] = d;
                any = true;
            }
        }
        pass->grid[axis] = sc_ceil_div(pass->target[axis], pass->target_step[axis]);
    }
    pass->patch[1] = pass->source_step[1] * (pass->grid[1] - 1) + last[1] - pass->first[1] + 1;
    int64_t rows = BAND_PIXELS / pass->grid[1];
    int64_t room =
        PATCH_FLOATS / (pass->patch[1] * pass->source_channels) - (last[0] - pass->first[0]);
    rows = smaller(rows, room / pass->source_step[0]);
    rows = smaller(rows < 1 ? 1 : rows, pass->grid[0]);
    pass->bands = sc_ceil_div(pass->grid[0], rows);
    pass->band_rows = sc_ceil_div(pass->grid[0], pass->bands);
    pass->patch[0] = pass->source_step[0] * (pass->band_rows - 1) + last[0] - pass->first[0] + 1;
    pass->patch_floats = pass->source_channels * pass->patch[0] * pass->patch[1];
}

static void fill_tables(sc_conv_pass *pass) {
    int taps = 0;
    int32_t *offset = pass->offset;
    for (int phase = 0; phase < pass->phases; phase++) {
        int64_t py = phase / pass->target_step[1], px = phase % pass->target_step[1], y = 0, x = 0;
        int first = pass->phase_taps[phase] = taps;
        int32_t plane = (int32_t)(pass->patch[0] * pass->patch[1]);
        int32_t in_plane = 0;
        for (int64_t ky = 0; ky < pass->kernel[0]; ky++) {
            if (!find_tap(pass, 0, py, ky, &y)) continue;
            for (int64_t kx = 0; kx < pass->kernel[1]; kx++) {
                if (!find_tap(pass, 1, px, kx, &x)) continue;
                in_plane = (int32_t)((y - pass->first[0]) * pass->patch[1] + x - pass->first[1]);
                offset[taps - first] = in_plane;
                pass->tap[taps++] = (int)(ky * pass->kernel[1] + kx);
            }
        }
        int count = taps - first;
        for (int64_t c = 1; c < pass->source_channels; c++)
            for (int t = 0; t < count; t++) offset[c * count + t] = offset[t] + (int32_t)c * plane;
        offset += pass->source_channels * count;
    }
    pass->phase_taps[pass->phases] = taps;
}

socle_status sc_conv_pass_init(sc_conv_pass *pass, sc_env *env, const sc_op_desc *desc) {
    memset(pass, 0, sizeof *pass);
    pass->groups = desc->attr.conv.groups;
    for (int axis = 0; axis < 2; axis++) pass->kernel[axis] = desc->attr.conv.window.kernel[axis];
    if (desc->op == SC_OP_CONV2D)
        set_forward(pass, desc);
    else
        set_grad_input(pass, desc);
    flatten_pointwise(pass);
    measure(pass);
    int64_t taps = pass->kernel[0] * pass->kernel[1],
            phases = pass->target_step[0] * pass->target_step[1];
    if (pass->patch_floats > INT32_MAX || phases > INT16_MAX)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "direct: a patch of %lld floats, %lld phases is too much",
                       (long long)pass->patch_floats, (long long)phases);
    pass->phases = (int)phases;
    socle_status status =
        sc_allocate(env, &pass->phase_taps, (size_t)phases + 1, sizeof *pass->phase_taps);
    if (status == SOCLE_OK) status = sc_allocate(env, &pass->tap, (size_t)taps, sizeof *pass->tap);
    if (status == SOCLE_OK)
        status = sc_allocate(env, &pass->offset, (size_t)(taps * pass->source_channels),
                             sizeof *pass->offset);
    if (status == SOCLE_OK)
        fill_tables(pass);
    else
        sc_conv_pass_free(pass, env);
    return status;
}

void sc_conv_pass_free(sc_conv_pass *pass, const sc_env *env) {
    sc_release(env, pass->phase_taps);
    sc_release(env, pass->tap);
    sc_release(env, pass->offset);
    pass->phase_taps = pass->tap = NULL;
    pass->offset = NULL;
}

int64_t sc_conv_phase_grid(const sc_conv_pass *pass, int phase, int axis) {
    int64_t at = axis == 0 ? phase / pass->target_step[1] : phase % pass->target_step[1];
    return at < pass->target[axis] ? sc_ceil_div(pass->target[axis] - at, pass->target_step[axis])
                                   : 0;
}

/* Columns first .. first + width - 1 of a source row, zeros outside of it. */
static void copy_row(float *to, const float *row, int64_t first, int64_t width, int64_t size) {
    int64_t begin = first < 0 ? -first : 0, end = size - first < width ? size - first : width;
    if (begin > width) begin = width;
    if (end < begin) end = begin;
    for (int64_t i = 0; i < begin; i++) to[i] = 0.0f;
    memcpy(to + begin, row + first + begin, (size_t)(end - begin) * sizeof *to);
    for (int64_t i = end; i < width; i++) to[i] = 0.0f;
}

void sc_conv_patch(const sc_conv_pass *pass, float *patch, const float *source, int64_t channels,
                   int64_t band) {
    int64_t top = band * pass->band_rows * pass->source_step[0] + pass->first[0];
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t i = 0; i < pass->patch[0]; i++, patch += pass->patch[1]) {
            int64_t y = top + i;
            if (y < 0 || y >= pass->source[0])
                memset(patch, 0, (size_t)pass->patch[1] * sizeof *patch);
            else
                copy_row(patch, source + y * pass->source[1], pass->first[1], pass->patch[1],
                         pass->source[1]);
        }
        source += pass->source[0] * pass->source[1];
    }
}
