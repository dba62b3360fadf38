/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution and the gradient of its input, directly, by register tiles of pixels times output
 * channels. A task is one band of one sample and group: it copies a patch, computes
 * [pixel][channel] tiles, and turns them into planes. Where a group has few output channels
 * (depthwise convolutions have one) a panel would be all but empty: `planes` computes each of them
 * by itself, with vectors along the pixels. Sums are the same chains either way.
 *
 *     weights -> panels [group][phase][target channels / columns][source channel, tap][columns]
 *     patch [source channel][rows][columns], one pixel of a tile = one broadcast */
#include "cpu/cpu_conv_pass.h"
#include "cpu/cpu_impls.h"
#include "cpu/cpu_program.h"

#include <string.h>

enum { DEPTH = 384 };
enum { FEW = 4 }; /* planes: a panel has at least so many times the output channels */

typedef struct conv {
    sc_cpu_kernel base;
    sc_conv_pass pass;
    const sc_cpu_isa *isa;
    bool has_tail, by_planes;
    sc_tensor_desc x; /* or dy: what has the samples */
    int64_t panels, panel_columns;
    int output;                       /* operand */
    size_t tiles_offset, tail_offset; /* in a worker's scratch memory, after the patch */
    sc_cpu_program tail;
} conv;

typedef struct job {
    const conv *self;
    const sc_operand *operands;
    sc_operand workspace;
    const sc_launch *launch;
    float *packed;
} job;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Floats of all phases of one group and panel. */
static int64_t panel_floats(const conv *self) {
    const sc_conv_pass *pass = &self->pass;
    return pass->source_channels * pass->kernel[0] * pass->kernel[1] * self->panel_columns;
}

static void pack_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const conv *self = work->self;
    const sc_conv_pass *pass = &self->pass;
    int64_t group = index / self->panels, first = index % self->panels * self->panel_columns;
    int64_t count = smaller(self->panel_columns, pass->target_channels - first);
    int64_t taps = pass->kernel[0] * pass->kernel[1];
    int64_t group_weights = pass->source_channels * pass->target_channels * taps;
    const float *weight = (const float *)sc_cpu_memory(work->operands[1]) + group * group_weights +
                          first * pass->weight_target_stride;
    float *to = work->packed + index * panel_floats(self);
    (void)worker;
    if (pass->phases == 1 && pass->weight_source_stride == taps) {
        self->isa->pack_panel(to, self->panel_columns, weight, pass->weight_target_stride, 1, count,
                              pass->source_channels * taps);
        return;
    }
    for (int phase = 0; phase < pass->phases; phase++) {
        for (int64_t c = 0; c < pass->source_channels; c++) {
            for (int t = pass->phase_taps[phase]; t < pass->phase_taps[phase + 1]; t++) {
                const float *from = weight + c * pass->weight_source_stride + pass->tap[t];
                for (int64_t i = 0; i < self->panel_columns; i++)
                    to[i] = i < count ? from[i * pass->weight_target_stride] : 0.0f;
                to += self->panel_columns;
            }
        }
    }
}

/* All tiles of one band, phase and panel, as [pixel][columns]. */
static void compute_tiles(const conv *self, float *tiles, const float *patch, const float *panel,
                          int phase, int64_t rows) {
    const sc_conv_pass *pass = &self->pass;
    int64_t first_tap = pass->phase_taps[phase], taps = pass->phase_taps[phase + 1] - first_tap;
    int64_t deep = taps * pass->source_channels, width = sc_conv_phase_grid(pass, phase, 1);
    int64_t piece = deep > 0 ? sc_ceil_div(deep, sc_ceil_div(deep, DEPTH)) : 1;
    int64_t tile_width = sc_ceil_div(width, sc_ceil_div(width, *self->isa->tile_rows));
    for (int64_t k = 0; k < deep || k == 0; k += piece) {
        sc_cpu_tile tile = {
            .pitch = self->panel_columns,
            .add = k > 0,
            .panel = panel + k * self->panel_columns,
            .depth = smaller(piece, deep - k),
            .step = pass->source_step[1],
            .depth_offset = pass->offset + first_tap * pass->source_channels + k,
        };
        for (int64_t y = 0; y < rows; y++) {
            for (int64_t x = 0; x < width; x += tile_width) {
                tile.tile = tiles + (y * width + x) * self->panel_columns;
                tile.rows = (int)smaller(tile_width, width - x);
                tile.value =
                    patch + y * pass->source_step[0] * pass->patch[1] + x * pass->source_step[1];
                self->isa->window_tile(&tile);
            }
        }
    }
}

/* Turns tiles into planes; `target` is the first channel's plane. */
static void store_tiles(const conv *self, float *target, const float *tiles, int phase,
                        int64_t band_row, int64_t rows, int64_t channels) {
    const sc_conv_pass *pass = &self->pass;
    int64_t plane = pass->target[0] * pass->target[1], width = sc_conv_phase_grid(pass, phase, 1);
    int64_t step_y = pass->target_step[0], step_x = pass->target_step[1];
    int64_t py = phase / step_x, px = phase % step_x;
    if (step_x == 1 && step_y == 1) {
        self->isa->turn(target + band_row * pass->target[1], plane, tiles, self->panel_columns,
                        rows * width, channels);
        return;
    }
    for (int64_t c = 0; c < channels; c++)
        for (int64_t y = 0; y < rows; y++) {
            float *row = target + c * plane + ((band_row + y) * step_y + py) * pass->target[1] + px;
            const float *from = tiles + y * width * self->panel_columns + c;
            for (int64_t x = 0; x < width; x++) row[x * step_x] = from[x * self->panel_columns];
        }
}

/* The weights of one output channel and phase in the order of the patch's offsets. */
static void pick_weights(const sc_conv_pass *pass, float *to, const float *weight, int phase) {
    for (int64_t c = 0; c < pass->source_channels; c++, weight += pass->weight_source_stride)
        for (int t = pass->phase_taps[phase]; t < pass->phase_taps[phase + 1]; t++)
            *to++ = weight[pass->tap[t]];
}

/* A band of one output channel and phase. `line` has room for it as wide as the patch. */
static void compute_plane(const conv *self, float *target, float *line, float *weights,
                          const float *patch, int phase, int64_t band_row, int64_t rows) {
    const sc_conv_pass *pass = &self->pass;
    const int64_t first_tap = pass->phase_taps[phase], step_x = pass->target_step[1];
    const int64_t width = sc_conv_phase_grid(pass, phase, 1), pitch = pass->patch[1];
    const int64_t step = pass->source_step[0] * pitch; /* of rows in the patch */
    sc_cpu_tile tile = {.tile = line,
                        .panel = weights,
                        .value = patch,
                        .depth = (pass->phase_taps[phase + 1] - first_tap) * pass->source_channels,
                        .step = pass->source_step[1],
                        .depth_offset = pass->offset + first_tap * pass->source_channels};
    const bool together = pass->source_step[0] == 1 && pass->source_step[1] == 1;
    if (together) self->isa->window_row(&tile, (rows - 1) * pitch + width); /* with the halo */
    for (int64_t y = 0; y < rows; y++) {
        float *row = target +
                     ((band_row + y) * pass->target_step[0] + phase / step_x) * pass->target[1] +
                     phase % step_x;
        const float *from = together ? line + y * pitch : line;
        tile.value = patch + y * step;
        if (!together) self->isa->window_row(&tile, width);
        for (int64_t x = 0; x < width; x++) row[x * step_x] = from[x];
    }
}

static void compute_planes(const job *work, float *target, float *line, const float *patch,
                           int64_t group, int64_t band_row) {
    const conv *self = work->self;
    const sc_conv_pass *pass = &self->pass;
    const int64_t taps = pass->kernel[0] * pass->kernel[1];
    const float *weight = (const float *)sc_cpu_memory(work->operands[1]) +
                          group * pass->source_channels * pass->target_channels * taps;
    float *weights = line + pass->band_rows * pass->patch[1];
    for (int64_t channel = 0; channel < pass->target_channels; channel++)
        for (int phase = 0; phase < pass->phases; phase++) {
            const int64_t rows =
                smaller(pass->band_rows, sc_conv_phase_grid(pass, phase, 0) - band_row);
            if (rows <= 0 || sc_conv_phase_grid(pass, phase, 1) <= 0) continue;
            pick_weights(pass, weights, weight + channel * pass->weight_target_stride, phase);
            compute_plane(self, target + channel * pass->target[0] * pass->target[1], line, weights,
                          patch, phase, band_row, rows);
        }
}

static void apply_tail(const job *work, int64_t plane, int64_t band_row, int worker) {
    const conv *self = work->self;
    const sc_conv_pass *pass = &self->pass;
    char *scratch = sc_cpu_scratch(&self->base, work->workspace, worker);
    sc_cpu_frame frame;
    frame.program = &self->tail;
    frame.launch = work->launch;
    frame.scratch = scratch + self->tail_offset;
    frame.input[0] = frame.output[0] = sc_cpu_memory(work->operands[self->output]);
    for (int i = 1; i < self->tail.inputs; i++)
        frame.input[i] = sc_cpu_memory(work->operands[1 + i]);
    int64_t size = pass->target[0] * pass->target[1];
    int64_t begin = band_row * pass->target_step[0] * pass->target[1];
    int64_t end = smaller(size, begin + pass->band_rows * pass->target_step[0] * pass->target[1]);
    sc_cpu_frame_begin(&frame, SC_CPU_BLOCK);
    for (int64_t c = 0; c < pass->target_channels; c++)
        for (int64_t at = begin; at < end; at += SC_CPU_BLOCK)
            sc_cpu_frame_run(&frame, (plane + c) * size + at, smaller(SC_CPU_BLOCK, end - at));
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const conv *self = work->self;
    const sc_conv_pass *pass = &self->pass;
    char *scratch = sc_cpu_scratch(&self->base, work->workspace, worker);
    float *patch = (float *)(void *)scratch,
          *tiles = (float *)(void *)(scratch + self->tiles_offset);
    int64_t band = index % pass->bands, image = index / pass->bands, group = image % pass->groups;
    int64_t source_plane = pass->source[0] * pass->source[1],
            target_plane = pass->target[0] * pass->target[1];
    int64_t band_row = band * pass->band_rows, plane = image * pass->target_channels;
    const float *source = (const float *)sc_cpu_memory(work->operands[0]);
    float *target = (float *)sc_cpu_memory(work->operands[self->output]) + plane * target_plane;
    sc_conv_patch(pass, patch, source + image * pass->source_channels * source_plane,
                  pass->source_channels, band);
    if (self->by_planes) compute_planes(work, target, tiles, patch, group, band_row);
    for (int64_t p = 0; p < self->panels && !self->by_planes; p++) {
        const float *panel = work->packed + (group * self->panels + p) * panel_floats(self);
        int64_t channel = p * self->panel_columns;
        int64_t channels = smaller(self->panel_columns, pass->target_channels - channel);
        for (int phase = 0; phase < pass->phases; phase++) {
            int64_t rows = smaller(pass->band_rows, sc_conv_phase_grid(pass, phase, 0) - band_row);
            if (rows > 0 && sc_conv_phase_grid(pass, phase, 1) > 0) {
                compute_tiles(self, tiles, patch, panel, phase, rows);
                store_tiles(self, target + channel * target_plane, tiles, phase, band_row, rows,
                            channels);
            }
            panel += (pass->phase_taps[phase + 1] - pass->phase_taps[phase]) *
                     pass->source_channels * self->panel_columns;
        }
    }
    if (self->has_tail) apply_tail(work, plane, band_row, worker);
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const conv *self = (const conv *)kernel;
    const sc_conv_pass *pass = &self->pass;
    job work = {self, operands, workspace, launch, sc_cpu_memory(workspace)};
    int64_t samples = sc_tensor_dim_at(&self->x, 0, launch->rows);
    (void)queue;
    if (samples == 0) return SOCLE_OK;
    if (!self->by_planes) sc_cpu_run(kernel->device, pass->groups * self->panels, pack_task, &work);
    sc_cpu_run(kernel->device, samples * pass->groups * pass->bands, run_task, &work);
    return SOCLE_OK;
}

static void release(sc_kernel *kernel) {
    conv *self = (conv *)kernel;
    const sc_env *env = kernel->device->env;
    sc_conv_pass_free(&self->pass, env);
    sc_release(env, self);
}

static void prepare_tail(conv *self, sc_device *device, const sc_op_desc *desc) {
    sc_tensor_desc input[SC_EXPR_INPUTS];
    if (!desc->tail) return;
    self->has_tail = true;
    input[0] = desc->tensor[desc->inputs];
    for (int i = 1; i < desc->tail->inputs; i++) input[i] = desc->tensor[1 + i];
    sc_cpu_program_init(&self->tail, device, desc->tail, &input[0], input, &input[0]);
}

static socle_status plan_memory(conv *self) {
    const sc_conv_pass *pass = &self->pass;
    size_t columns = (size_t)self->panel_columns;
    size_t patch = (size_t)sc_round_up(pass->patch_floats, 32) * sizeof(float);
    size_t tiles = (size_t)(pass->band_rows * pass->grid[1]) * columns * sizeof(float);
    if (self->by_planes) { /* a line and the weights of a plane */
        int64_t depth = pass->source_channels * pass->kernel[0] * pass->kernel[1];
        int64_t floats = pass->band_rows * pass->patch[1] + depth;
        tiles = (size_t)sc_round_up(floats, 32) * sizeof(float);
    }
    self->tiles_offset = patch;
    self->tail_offset = patch + tiles;
    if (!self->by_planes)
        self->base.base.workspace =
            (size_t)(pass->groups * self->panels * panel_floats(self)) * sizeof(float);
    return sc_cpu_scratch_plan(&self->base,
                               self->tail_offset + sc_cpu_program_scratch(&self->tail));
}

static bool has_few_targets(const sc_device *device, const sc_op_desc *desc) {
    const sc_tensor_desc *w = &desc->tensor[1];
    const int64_t targets =
        desc->op == SC_OP_CONV2D ? w->dim[0] / desc->attr.conv.groups : w->dim[1];
    return targets * FEW <= *((const sc_cpu_device *)device)->isa->tile_columns;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    conv *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->base.base.release = release;
    self->isa = sc_cpu_device_of(device)->isa;
    self->x = desc->tensor[0];
    self->output = desc->inputs;
    self->panel_columns = *self->isa->tile_columns;
    self->by_planes = strcmp(implementation->name, "planes") == 0;
    socle_status status = sc_conv_pass_init(&self->pass, device->env, desc);
    self->panels = sc_ceil_div(self->pass.target_channels, self->panel_columns);
    prepare_tail(self, device, desc);
    if (status == SOCLE_OK) status = plan_memory(self);
    if (status != SOCLE_OK) {
        sc_kernel_release(&self->base.base);
        return status;
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_conv_planes = {.op = SC_OP_CONV2D,
                                              .name = "planes",
                                              .fuses_tail = true,
                                              .accepts = has_few_targets,
                                              .prepare = prepare};
const sc_implementation sc_cpu_conv_grad_input_planes = {.op = SC_OP_CONV2D_GRAD_INPUT,
                                                         .name = "planes",
                                                         .fuses_tail = true,
                                                         .accepts = has_few_targets,
                                                         .prepare = prepare};
const sc_implementation sc_cpu_conv_direct = {
    .op = SC_OP_CONV2D, .name = "direct", .fuses_tail = true, .prepare = prepare};
const sc_implementation sc_cpu_conv_grad_input_direct = {
    .op = SC_OP_CONV2D_GRAD_INPUT, .name = "direct", .fuses_tail = true, .prepare = prepare};
