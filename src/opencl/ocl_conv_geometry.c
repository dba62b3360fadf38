/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic behind ocl_conv_geometry.h: a small cost model picks the register tile, the local
 * memory picks the band. Everything is a function of shape, capacity and traits, so that the same
 * run has the same bits on any number of compute units. It must not know OpenCL.
 */
#include "opencl/ocl_conv_geometry.h"

#include <limits.h>

enum {
    MAX_TAPS = 64,            /* SC_MAX_TAPS of conv_direct.cl */
    WANTED_ITEMS = 64,        /* enough work-items for any CPU, as far as shape allows */
    PATCH_BYTES = 256 * 1024, /* a patch should leave room for weights in a second-level cache */
    MAX_BLOCKS = 4,
    TURNED_BYTES = 28 * 1024, /* every tile reads the turned gradients: a first-level cache */
    CHAIN = 8,                /* half cycles: latency of one multiply-add */
    LOOP = 4,                 /* half cycles: what a tap costs beside its products */
    SQUARE = 300,             /* half cycles: turning and storing a square of pixels and channels */
    PART = 100                /* more when it is not full */
};

static long long ceil_div(long long a, long long b) {
    return (a + b - 1) / b;
}

static long long floor_div(long long a, long long b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static long long largest(long long a, long long b) {
    return a > b ? a : b;
}

static long long smallest(long long a, long long b) {
    return a < b ? a : b;
}

/* Half cycles of one tile per tap: multiply-adds (wide vectors: one a cycle, others two), or loads,
 * or latency; plus the loop. */
static long long tile_cost(long long pixels, long long blocks, const sc_conv_traits *traits) {
    const long long products = pixels * blocks * (traits->width >= 16 ? 2 : 1);
    const long long loads = pixels + blocks;
    return largest(largest(products, loads), CHAIN) + LOOP + loads / 4 + blocks;
}

/* Half cycles of the way out of a tile. */
static long long store_cost(long long pixels, long long blocks, const sc_conv_traits *traits) {
    const long long part = pixels % traits->width ? PART : 0;
    return (ceil_div(pixels, traits->width) * SQUARE + part) * blocks;
}

/* The pixels x blocks tile that covers `positions` x `vectors` with the least work; `products` of
 * each element. */
static void choose_tile(sc_conv_pass_geometry *geometry, long long positions, long long vectors,
                        long long products, const sc_conv_traits *traits) {
    static const int pixels[] = {28, 24, 20, 16, 14, 12, 10, 8, 7, 6, 5, 4};
    long long best = LLONG_MAX;
    for (size_t i = 0; i < sizeof pixels / sizeof pixels[0]; ++i) {
        for (int blocks = 1; blocks <= MAX_BLOCKS && blocks <= vectors; ++blocks) {
            if (pixels[i] * blocks > traits->accumulators) break;
            const long long cost = ceil_div(positions, pixels[i]) * ceil_div(vectors, blocks) *
                                   (tile_cost(pixels[i], blocks, traits) * products +
                                    store_cost(pixels[i], blocks, traits));
            if (cost < best) {
                best = cost;
                geometry->pixels = pixels[i];
                geometry->blocks = blocks;
            }
        }
    }
}

/* The highest source offset, less the lowest, that any tap of any phase reaches along one axis;
 * sets the lowest. */
static long long tap_extent(int source_step, int target_step, int tap_step, int origin, int taps,
                            int *first) {
    const long long end = (long long)tap_step * (taps - 1);
    const long long low = origin + smallest(0, end);
    const long long high = origin + largest(0, end) + (long long)source_step * (target_step - 1);
    *first = (int)floor_div(low, target_step);
    return floor_div(high, target_step) - *first;
}

/* Fills in bands and groups; false when not even one row fits. */
static bool choose_bands(sc_conv_pass_geometry *geometry, long long capacity, long long row_floats,
                         long long row_extent, const sc_conv_traits *traits) {
    sc_shape_conv_pass *pass = &geometry->pass;
    const long long room =
        (long long)(smallest((long long)traits->local_bytes, PATCH_BYTES) / 4 - traits->width) /
        row_floats;
    const long long most_room =
        (long long)(traits->local_bytes / 4 - (size_t)traits->width) / row_floats;
    const long long positions = ceil_div(pass->target_height, pass->target_step_y);
    long long rows = (room - row_extent - 1) / pass->source_step_y + 1;
    if (room < row_extent + 1) rows = most_room < row_extent + 1 ? 0 : 1;
    if (rows < 1) return false;
    long long bands = ceil_div(positions, rows);
    const long long wanted = ceil_div(WANTED_ITEMS, capacity);
    if (bands < wanted) bands = smallest(wanted, ceil_div(positions, 2));
    rows = ceil_div(positions, bands);
    bands = ceil_div(positions, rows);
    const long long groups = smallest(ceil_div(wanted, bands), (long long)geometry->target_blocks);
    pass->band_rows = (int)rows;
    pass->patch_rows = (int)((rows - 1) * pass->source_step_y + 1 + row_extent);
    pass->group_blocks = (int)ceil_div((long long)geometry->target_blocks, groups);
    geometry->bands = (size_t)bands;
    geometry->groups = (size_t)ceil_div((long long)geometry->target_blocks, pass->group_blocks);
    geometry->local_floats = (size_t)(row_floats * pass->patch_rows + traits->width);
    return true;
}

/* What forward and gradient share once the pass itself is described. */
static bool complete_pass(sc_conv_pass_geometry *geometry, long long capacity,
                          const sc_conv_traits *traits) {
    sc_shape_conv_pass *pass = &geometry->pass;
    const long long taps = (long long)pass->kernel_height * pass->kernel_width;
    const long long positions = ceil_div(pass->target_width, pass->target_step_x);
    if (taps > MAX_TAPS || capacity < 1) return false;
    choose_tile(geometry, positions, ceil_div(pass->target_channels, traits->width),
                taps * pass->source_channels, traits);
    const long long lanes = (long long)geometry->blocks * traits->width;
    const long long block_floats = taps * lanes * pass->source_channels;
    const long long target_blocks = ceil_div(pass->target_channels, lanes);
    if (block_floats > INT_MAX || block_floats > LLONG_MAX / 8 / target_blocks) return false;
    geometry->target_blocks = (size_t)target_blocks;
    geometry->packed_floats = (size_t)(block_floats * target_blocks);

    const long long row_extent =
        tap_extent(pass->source_step_y, pass->target_step_y, pass->tap_step_y, pass->origin_y,
                   pass->kernel_height, &pass->first_y);
    const long long column_extent =
        tap_extent(pass->source_step_x, pass->target_step_x, pass->tap_step_x, pass->origin_x,
                   pass->kernel_width, &pass->first_x);
    const long long pitch = ceil_div(positions, geometry->pixels) * geometry->pixels +
                            column_extent / pass->source_step_x;
    const long long row_floats = pitch * pass->source_step_x * pass->source_channels;
    if (pitch > INT_MAX / 4 || row_floats > INT_MAX / 4 || row_extent > INT_MAX / 4) return false;
    pass->phase_pitch = (int)pitch;
    return choose_bands(geometry, capacity, row_floats, row_extent, traits);
}

/* A 1x1 kernel sees no neighbours: its rows are joined into longer ones as far as a patch of one
 * row has room. */
static void join_rows(sc_shape_conv *shape, const sc_conv_traits *traits) {
    const int pads = shape->pad_top | shape->pad_left;
    if (shape->kernel_height != 1 || shape->kernel_width != 1 || shape->stride_y != 1 ||
        shape->stride_x != 1 || pads != 0 || shape->output_height != shape->height ||
        shape->output_width != shape->width)
        return;
    const long long room = smallest((long long)traits->local_bytes, PATCH_BYTES) / 8;
    const long long row = (long long)largest(shape->channels, shape->filters) * shape->width;
    int join = 1;
    for (int i = 2; i <= shape->height && row * i <= room; ++i)
        if (shape->height % i == 0) join = i;
    shape->height /= join;
    shape->width *= join;
    shape->output_height = shape->height;
    shape->output_width = shape->width;
}

bool sc_conv_forward_geometry(sc_conv_pass_geometry *geometry, const sc_shape_conv *plain,
                              const sc_conv_traits *traits) {
    sc_shape_conv joined = *plain;
    const sc_shape_conv *shape = &joined;
    if (shape->groups != 1) return false;
    join_rows(&joined, traits);
    const int taps = shape->kernel_height * shape->kernel_width;
    *geometry = (sc_conv_pass_geometry){.pass = {
                                            .source_channels = shape->channels,
                                            .source_height = shape->height,
                                            .source_width = shape->width,
                                            .target_channels = shape->filters,
                                            .target_height = shape->output_height,
                                            .target_width = shape->output_width,
                                            .kernel_height = shape->kernel_height,
                                            .kernel_width = shape->kernel_width,
                                            .source_step_y = shape->stride_y,
                                            .source_step_x = shape->stride_x,
                                            .target_step_y = 1,
                                            .target_step_x = 1,
                                            .tap_step_y = shape->dilation_y,
                                            .tap_step_x = shape->dilation_x,
                                            .origin_y = -shape->pad_top,
                                            .origin_x = -shape->pad_left,
                                            .weight_source_stride = taps,
                                            .weight_target_stride = taps * shape->channels,
                                        }};
    return complete_pass(geometry, shape->samples, traits);
}

bool sc_conv_gradient_input_geometry(sc_conv_pass_geometry *geometry, const sc_shape_conv *plain,
                                     const sc_conv_traits *traits) {
    sc_shape_conv joined = *plain;
    const sc_shape_conv *shape = &joined;
    if (shape->groups != 1) return false;
    join_rows(&joined, traits);
    const int taps = shape->kernel_height * shape->kernel_width;
    *geometry = (sc_conv_pass_geometry){.pass = {
                                            .source_channels = shape->filters,
                                            .source_height = shape->output_height,
                                            .source_width = shape->output_width,
                                            .target_channels = shape->channels,
                                            .target_height = shape->height,
                                            .target_width = shape->width,
                                            .kernel_height = shape->kernel_height,
                                            .kernel_width = shape->kernel_width,
                                            .source_step_y = 1,
                                            .source_step_x = 1,
                                            .target_step_y = shape->stride_y,
                                            .target_step_x = shape->stride_x,
                                            .tap_step_y = -shape->dilation_y,
                                            .tap_step_x = -shape->dilation_x,
                                            .origin_y = shape->pad_top,
                                            .origin_x = shape->pad_left,
                                            .weight_source_stride = taps * shape->channels,
                                            .weight_target_stride = taps,
                                        }};
    return complete_pass(geometry, shape->samples, traits);
}

/* The rows x blocks tile that covers `pairs` (channel, kernel row) pairs x `vectors` filter vectors
 * with the least work. */
static bool choose_weight_tile(sc_conv_weight_geometry *geometry, long long pairs,
                               long long vectors, int kernel_width, const sc_conv_traits *traits) {
    long long best = LLONG_MAX;
    for (int rows = traits->accumulators / kernel_width; rows >= 1; --rows) {
        for (int blocks = 1; blocks <= MAX_BLOCKS && blocks <= vectors; ++blocks) {
            if (rows * kernel_width * blocks > traits->accumulators) break;
            /* Each row needs a pointer of its own. */
            const long long cost =
                ceil_div(pairs, rows) * ceil_div(vectors, blocks) *
                (tile_cost((long long)rows * kernel_width, blocks, traits) + rows / 2);
            if (cost < best) {
                best = cost;
                geometry->rows = rows;
                geometry->blocks = blocks;
            }
        }
    }
    return best < LLONG_MAX;
}

/* Band and channel group from the local memory; false when not even one row of one channel fits. */
static bool choose_weight_band(sc_conv_weight_geometry *geometry, const sc_conv_traits *traits) {
    sc_shape_conv_weight *weight = &geometry->weight;
    const sc_shape_conv *conv = &weight->conv;
    const long long lanes = (long long)geometry->blocks * traits->width;
    const long long extent = (long long)(conv->kernel_height - 1) * conv->dilation_y;
    const long long pitch = (long long)(conv->output_width - 1) * conv->stride_x +
                            (long long)(conv->kernel_width - 1) * conv->dilation_x + 1;
    const long long total = (long long)smallest((long long)traits->local_bytes, PATCH_BYTES) / 4;
    const long long row_turned = conv->output_width * lanes;
    const long long wanted = TURNED_BYTES / 4 / row_turned;
    const long long band = smallest(largest(wanted, 1), conv->output_height);
    const long long even_band = ceil_div(conv->output_height, ceil_div(conv->output_height, band));
    const long long patch_rows = (even_band - 1) * conv->stride_y + 1 + extent;
    const long long turned = row_turned * even_band + traits->width * lanes;
    if (pitch > INT_MAX / 4 || patch_rows > INT_MAX / 4 || turned > total / 2) return false;
    const long long group =
        smallest((total - turned - traits->width) / (patch_rows * pitch), conv->channels);
    if (group < 1) return false;
    weight->channel_group = (int)ceil_div(conv->channels, ceil_div(conv->channels, group));
    weight->band_rows = (int)even_band;
    weight->patch_rows = (int)patch_rows;
    weight->row_pitch = (int)pitch;
    geometry->patch_floats = (size_t)(weight->channel_group * patch_rows * pitch + traits->width);
    geometry->turned_floats = (size_t)turned;
    return true;
}

bool sc_conv_gradient_weight_geometry(sc_conv_weight_geometry *geometry, const sc_shape_conv *plain,
                                      const sc_conv_traits *traits) {
    *geometry = (sc_conv_weight_geometry){.weight.conv = *plain};
    sc_shape_conv *shape = &geometry->weight.conv;
    join_rows(shape, traits);
    const long long vectors = ceil_div(shape->filters, traits->width);
    const long long pairs = (long long)shape->channels * shape->kernel_height;
    if (shape->groups != 1 || shape->samples < 1 ||
        !choose_weight_tile(geometry, pairs, vectors, shape->kernel_width, traits) ||
        !choose_weight_band(geometry, traits))
        return false;
    const long long lanes = (long long)geometry->blocks * traits->width;
    const long long blocks = ceil_div(vectors, geometry->blocks);
    const long long groups = ceil_div(shape->channels, geometry->weight.channel_group);
    const long long chunks = smallest(ceil_div(WANTED_ITEMS, blocks * groups), shape->samples);
    const long long one = pairs * shape->kernel_width;
    if (one > INT_MAX / lanes || one * lanes > LLONG_MAX / 8 / blocks / chunks) return false;
    geometry->weight.chunk_samples = (int)ceil_div(shape->samples, chunks);
    geometry->weight.chunks = (int)ceil_div(shape->samples, geometry->weight.chunk_samples);
    geometry->filter_blocks = (size_t)blocks;
    geometry->channel_groups = (size_t)groups;
    geometry->partial_floats = (size_t)(one * lanes * blocks * geometry->weight.chunks);
    return true;
}
