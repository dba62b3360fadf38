/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of convolution weights, by register tiles of (input channel, tap) times filters. The
 * samples are cut into chunks, a fixed number for each capacity; a task is a chunk and a block of
 * input channels. Partial gradients of chunks are added in order at the end.
 *
 *     dy of a band, turned: [pixel][filters / columns] = the panel; a row of x in the patch = one
 * broadcast per pixel partial [chunk][group][panel][input channel, tap][columns] */
#include "cpu/cpu_conv_pass.h"
#include "cpu/cpu_impls.h"

#include <string.h>

enum { MOST_CHUNKS = 16, PARTIAL_BYTES = 1 << 24 };

typedef struct conv_weight {
    sc_cpu_kernel base;
    sc_conv_pass pass; /* of the forward pass: source x, target y */
    const sc_cpu_isa *isa;
    sc_tensor_desc x;
    int64_t samples, chunks, chunk_samples;
    int64_t channel_blocks, block_channels;
    int64_t panels, panel_columns, taps;
    size_t panel_offset; /* in a worker's scratch memory, after the patch */
} conv_weight;

typedef struct job {
    const conv_weight *self;
    sc_operand workspace;
    const float *x, *dy;
    float *dw, *partial;
    int64_t samples, chunks; /* of this launch */
} job;

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Floats of one chunk, group and panel. */
static int64_t partial_floats(const conv_weight *self) {
    return self->pass.source_channels * self->taps * self->panel_columns;
}

static float *partial_of(const job *work, int64_t chunk, int64_t group, int64_t panel) {
    const conv_weight *self = work->self;
    return work->partial +
           ((chunk * self->pass.groups + group) * self->panels + panel) * partial_floats(self);
}

/* Adds one band's products to the sums of all (channel, tap) rows of a block. */
static void add_band(const conv_weight *self, float *sums, const float *patch, const float *panel,
                     int64_t channels, int64_t rows, bool first) {
    const sc_conv_pass *pass = &self->pass;
    int64_t deep = channels * self->taps;
    sc_cpu_tile tile = {
        .pitch = self->panel_columns,
        .add = !first,
        .panel = panel,
        .value = patch,
        .depth = pass->target[1],
        .step = pass->source_step[1],
        .lines = rows,
        .line_step = pass->source_step[0] * pass->patch[1],
    };
    int64_t height = sc_ceil_div(deep, sc_ceil_div(deep, *self->isa->tile_rows));
    for (int64_t k = 0; k < deep; k += height) {
        tile.rows = (int)smaller(height, deep - k);
        tile.tile = sums + k * self->panel_columns;
        for (int i = 0; i < tile.rows; i++) tile.row_offset[i] = pass->offset[k + i];
        self->isa->rows_tile(&tile);
    }
}

static void turn_band(const job *work, float *panel, const float *dy, int64_t band_row,
                      int64_t rows, int64_t filters) {
    const conv_weight *self = work->self;
    const sc_conv_pass *pass = &self->pass;
    int64_t pixels = rows * pass->target[1];
    self->isa->pack_panel(panel, self->panel_columns, dy + band_row * pass->target[1],
                          pass->target[0] * pass->target[1], 1, filters, pixels);
}

static void run_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const conv_weight *self = work->self;
    const sc_conv_pass *pass = &self->pass;
    char *scratch = sc_cpu_scratch(&self->base, work->workspace, worker);
    float *patch = (float *)(void *)scratch,
          *panel = (float *)(void *)(scratch + self->panel_offset);
    int64_t channel = index % self->channel_blocks * self->block_channels;
    int64_t group = index / self->channel_blocks % pass->groups,
            chunk = index / self->channel_blocks / pass->groups;
    int64_t channels = smaller(self->block_channels, pass->source_channels - channel);
    int64_t first = chunk * self->chunk_samples,
            last = smaller(work->samples, first + self->chunk_samples);
    int64_t source_plane = pass->source[0] * pass->source[1],
            target_plane = pass->target[0] * pass->target[1];
    for (int64_t n = first; n < last; n++) {
        int64_t image = n * pass->groups + group;
        const float *x = work->x + (image * pass->source_channels + channel) * source_plane;
        for (int64_t band = 0; band < pass->bands; band++) {
            int64_t row = band * pass->band_rows,
                    rows = smaller(pass->band_rows, pass->target[0] - row);
            sc_conv_patch(pass, patch, x, channels, band);
            for (int64_t p = 0; p < self->panels; p++) {
                int64_t filter = p * self->panel_columns;
                const float *dy =
                    work->dy + (image * pass->target_channels + filter) * target_plane;
                turn_band(work, panel, dy, row, rows,
                          smaller(self->panel_columns, pass->target_channels - filter));
                add_band(self,
                         partial_of(work, chunk, group, p) +
                             channel * self->taps * self->panel_columns,
                         patch, panel, channels, rows, n == first && band == 0);
            }
        }
    }
}

/* Adds the chunks of one group and panel in order, and turns the sum into rows of weights. */
static void sum_task(void *argument, int64_t index, int worker) {
    const job *work = argument;
    const conv_weight *self = work->self;
    const sc_conv_pass *pass = &self->pass;
    int64_t group = index / self->panels, p = index % self->panels,
            filter = p * self->panel_columns;
    int64_t deep = pass->source_channels * self->taps, floats = partial_floats(self);
    float *sum = partial_of(work, 0, group, p);
    (void)worker;
    if (work->chunks == 0) memset(sum, 0, (size_t)floats * sizeof *sum);
    for (int64_t chunk = 1; chunk < work->chunks; chunk++) {
        const float *more = partial_of(work, chunk, group, p);
        for (int64_t i = 0; i < floats; i++) sum[i] += more[i];
    }
    self->isa->turn(work->dw + (group * pass->target_channels + filter) * deep, deep, sum,
                    self->panel_columns, deep,
                    smaller(self->panel_columns, pass->target_channels - filter));
}

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const conv_weight *self = (const conv_weight *)kernel;
    job work = {
        .self = self,
        .workspace = workspace,
        .x = sc_cpu_memory(operands[0]),
        .dy = sc_cpu_memory(operands[1]),
        .dw = sc_cpu_memory(operands[2]),
        .partial = sc_cpu_memory(workspace),
        .samples = sc_tensor_dim_at(&self->x, 0, launch->rows),
    };
    (void)queue;
    work.chunks = sc_ceil_div(work.samples, self->chunk_samples);
    sc_cpu_run(kernel->device, work.chunks * self->pass.groups * self->channel_blocks, run_task,
               &work);
    sc_cpu_run(kernel->device, self->pass.groups * self->panels, sum_task, &work);
    return SOCLE_OK;
}

static void release(sc_kernel *kernel) {
    conv_weight *self = (conv_weight *)kernel;
    const sc_env *env = kernel->device->env;
    sc_conv_pass_free(&self->pass, env);
    sc_release(env, self);
}

/* The geometry is that of the forward pass over the same tensors. */
static socle_status forward_pass(sc_conv_pass *pass, sc_env *env, const sc_op_desc *desc) {
    sc_op_desc forward = {.op = SC_OP_CONV2D, .inputs = 2, .outputs = 1, .attr = desc->attr};
    forward.tensor[0] = desc->tensor[0];
    forward.tensor[1] = desc->tensor[2];
    forward.tensor[2] = desc->tensor[1];
    return sc_conv_pass_init(pass, env, &forward);
}

static socle_status plan(conv_weight *self, sc_device *device) {
    const sc_conv_pass *pass = &self->pass;
    self->taps = pass->kernel[0] * pass->kernel[1];
    self->panels = sc_ceil_div(pass->target_channels, self->panel_columns);
    int64_t floats = pass->groups * self->panels * partial_floats(self);
    int64_t most = PARTIAL_BYTES / (int64_t)sizeof(float) / floats;
    most = most < 1 ? 1 : smaller(most, MOST_CHUNKS);
    self->chunk_samples = sc_ceil_div(self->samples, most);
    self->chunks = sc_ceil_div(self->samples, self->chunk_samples);
    int64_t blocks =
        smaller(pass->source_channels, sc_ceil_div(MOST_CHUNKS, self->chunks * pass->groups));
    self->block_channels = sc_ceil_div(pass->source_channels, blocks);
    self->channel_blocks = sc_ceil_div(pass->source_channels, self->block_channels);
    size_t bytes = (size_t)self->chunks * sizeof(float);
    if (!sc_mul_size(&bytes, bytes, (size_t)floats))
        return sc_fail(device->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "direct: partial gradients exceed the address space");
    self->base.base.workspace = bytes;
    self->panel_offset = (size_t)sc_round_up(pass->patch_floats, 32) * sizeof(float);
    size_t panel =
        (size_t)(pass->band_rows * pass->target[1] * self->panel_columns) * sizeof(float);
    return sc_cpu_scratch_plan(&self->base, self->panel_offset + panel);
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    conv_weight *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->base.base.release = release;
    self->isa = sc_cpu_device_of(device)->isa;
    self->x = desc->tensor[0];
    self->samples = desc->tensor[0].dim[0];
    self->panel_columns = *self->isa->tile_columns;
    socle_status status = forward_pass(&self->pass, device->env, desc);
    if (status == SOCLE_OK) status = plan(self, device);
    if (status != SOCLE_OK) {
        sc_kernel_release(&self->base.base);
        return status;
    }
    *out = &self->base.base;
    return SOCLE_OK;
}

const sc_implementation sc_cpu_conv_grad_weight_direct = {
    .op = SC_OP_CONV2D_GRAD_WEIGHT, .name = "direct", .prepare = prepare};
