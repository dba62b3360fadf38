/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic behind ocl_tile_geometry.h: which tiles there are, what each of them costs, and
 * how work is cut. It must not know OpenCL.
 */
#include "opencl/ocl_tile_geometry.h"

#include <string.h>

enum { ROWS, COLUMNS, DEPTH, ITEM_ROWS, ITEM_COLUMNS, BUFFERS, PARAMETERS };

const sc_tuning_parameter sc_tile_parameters[] = {
    [ROWS] = {"ROWS", 0, {32, 64, 128}},
    [COLUMNS] = {"COLUMNS", 0, {32, 64, 128}},
    [DEPTH] = {"DEPTH", 0, {8, 16, 32}},
    [ITEM_ROWS] = {"ITEM_ROWS", 0, {4, 8}},
    [ITEM_COLUMNS] = {"ITEM_COLUMNS", 0, {4, 8}},
    [BUFFERS] = {"BUFFERS", 0, {1, 2}},
    [PARAMETERS] = {.name = NULL},
};
_Static_assert((int)PARAMETERS <= (int)SC_TUNING_PARAMETERS, "more parameters than a record has");

enum {
    LEAST_ITEMS = 32,
    MOST_ITEMS = 256,
    UNITS = 96, /* of a device that says nothing of it */
    SPLIT_DEPTH = 512,
    SPLIT_OUTPUTS = 1 << 19 /* that fill a large device: 64 tiles of 64 x 128 */
};

static const sc_tile_machine machines[] = {
#define SC_TILE_MACHINE(vendor, each, lanes, file, registers, local_bytes)                         \
    {vendor, each, lanes, file, registers, local_bytes},
#include "opencl/ocl_tile_machine.def"
#undef SC_TILE_MACHINE
};

const sc_tile_machine *sc_tile_machine_of(const char *vendor) {
    const sc_tile_machine *machine = machines;
    while (machine->vendor[0] && !strstr(vendor, machine->vendor)) machine++;
    return machine;
}

static const sc_tile_machine *machine_of(const sc_tile_limits *limits) {
    return limits->machine ? limits->machine : sc_tile_machine_of("");
}

static double units_of(const sc_tile_limits *limits) {
    const int units = limits->compute_units / machine_of(limits)->each;
    return limits->compute_units <= 0 ? UNITS : units > 1 ? units : 1;
}

int sc_tile_items(const sc_tile *tile) {
    return tile->rows / tile->item_rows * (tile->columns / tile->item_columns);
}

/* As SC_TILE_LOCAL of cl/tile.h, and SC_WINDOWS_LOCAL of cl/tile_load_conv.h. */
size_t sc_tile_local_bytes(const sc_tile *tile) {
    const size_t lanes = (size_t)(tile->rows + 4 + tile->columns + 4);
    return (size_t)tile->depth *
           ((size_t)tile->buffers * lanes * sizeof(float) + 2 * 4 * sizeof(int));
}

/* Floats of both operands that an item fetches in a step. */
static int share(const sc_tile *tile) {
    return (tile->rows + tile->columns) * tile->depth / sc_tile_items(tile);
}

static int registers(const sc_tile *tile, const sc_tile_limits *limits) {
    return tile->item_rows * tile->item_columns + tile->item_rows + tile->item_columns +
           share(tile) + limits->loaders;
}

/* What cl/tile.h asks of a tile, and the device. */
static bool fits(const sc_tile *tile, const sc_tile_limits *limits) {
    const int items = sc_tile_items(tile);
    if (items < LEAST_ITEMS || items > MOST_ITEMS || (size_t)items > limits->items) return false;
    if (items % tile->rows || items % tile->columns || items % tile->depth) return false;
    if (tile->rows * tile->depth / items % 4 || tile->columns * tile->depth / items % 4)
        return false;
    const size_t bytes = sc_tile_local_bytes(tile);
    return bytes <= machine_of(limits)->local_bytes && bytes <= limits->local_bytes &&
           registers(tile, limits) <= machine_of(limits)->registers;
}

/* Instructions for a multiply-add, about: itself, its share of reading local memory, of fetching
 * and of the end of a step. */
static double instructions(const sc_tile *tile, const sc_tile_limits *limits) {
    const double sums = tile->item_rows * tile->item_columns;
    const double reads = 0.5 * (tile->item_rows + tile->item_columns) / sums;
    const double fetches = 10.0 * share(tile) / (sums * tile->depth);
    const double ends = (tile->buffers == 1 ? 40.0 : 24.0) / (sums * tile->depth);
    /* Groups whose registers leave no room for a second one wait at every barrier. */
    const bool alone =
        2 * (registers(tile, limits) + 30) * sc_tile_items(tile) > machine_of(limits)->file;
    return (1 + reads + fetches + ends) * (alone ? 1.25 : 1);
}

/* Time on a device, about. Padding is computed too; a unit runs as many items at once as it has
 * lanes, and half as fast again as one that waits where it has two items for each. */
static double cost(const sc_tile *tile, const sc_shape_tile *shape, const sc_tile_limits *limits) {
    sc_shape_tile covered = *shape;
    sc_tile_cover(&covered, tile);
    const double groups = (double)sc_tile_groups(&covered) / units_of(limits);
    const double of_a_unit =
        (groups > 1 ? groups : 1) * sc_tile_items(tile) / machine_of(limits)->lanes;
    const double busy = of_a_unit < 2 ? of_a_unit / 2 : 1;
    const double depth = (double)sc_round_up(shape->split_depth, tile->depth) + 2 * tile->depth;
    return (of_a_unit > 1 ? of_a_unit : 1) * (1.5 - 0.5 * busy) * tile->item_rows *
           tile->item_columns * depth * instructions(tile, limits);
}

/* Tile number `number` of all that the parameters give. False: it is not one that was asked for, or
 * (*end) there are no more. */
static bool numbered(sc_tile *out, int number, const int *tuning, bool *end) {
    int value[PARAMETERS];
    bool asked = true;
    for (int p = 0; p < PARAMETERS; p++) {
        const int *values = sc_tile_parameters[p].value;
        int count = 0;
        while (count < SC_TUNING_VALUES && values[count]) count++;
        value[p] = values[number % count];
        number /= count;
        asked &= tuning[p] == 0 || tuning[p] == value[p];
    }
    *end = number > 0;
    *out = (sc_tile){value[ROWS],      value[COLUMNS],      value[DEPTH],
                     value[ITEM_ROWS], value[ITEM_COLUMNS], value[BUFFERS]};
    return asked && !*end;
}

bool sc_tile_choose(sc_tile *out, const sc_shape_tile *shape, const int *tuning,
                    const sc_tile_limits *limits) {
    double least = 0;
    bool end = false, found = false;
    for (int number = 0; !end; number++) {
        sc_tile tile;
        if (!numbered(&tile, number, tuning, &end) || !fits(&tile, limits)) continue;
        const double its = cost(&tile, shape, limits);
        if (found && its >= least) continue;
        *out = tile;
        least = its;
        found = true;
    }
    return found;
}

int sc_tile_split_depth(int64_t outputs) {
    const int64_t pieces = sc_ceil_div(outputs, SPLIT_OUTPUTS);
    return pieces > INT32_MAX / SPLIT_DEPTH ? INT32_MAX / SPLIT_DEPTH * SPLIT_DEPTH
                                            : (int)pieces * SPLIT_DEPTH;
}

void sc_tile_cut(sc_shape_tile *shape, int split_depth) {
    const bool whole = split_depth == 0 || shape->depth <= split_depth;
    shape->split_depth = whole ? shape->depth : split_depth;
    shape->splits = whole ? 1 : (int)sc_ceil_div(shape->depth, split_depth);
}

void sc_tile_cover(sc_shape_tile *shape, const sc_tile *tile) {
    shape->row_tiles = (int)sc_ceil_div(shape->rows, tile->rows);
    shape->column_tiles = (int)sc_ceil_div(shape->columns, tile->columns);
}

int64_t sc_tile_outputs(const sc_shape_tile *shape) {
    return (int64_t)shape->products * shape->rows * shape->columns;
}

int64_t sc_tile_groups(const sc_shape_tile *shape) {
    return (int64_t)shape->products * shape->splits * shape->row_tiles * shape->column_tiles;
}

int64_t sc_tile_groups_together(const sc_shape_tile *shape, const sc_tile *tile, int64_t most) {
    const int64_t steps = shape->split_depth > tile->depth ? shape->split_depth : tile->depth;
    const int64_t products = (int64_t)tile->rows * tile->columns * steps;
    return products < most ? most / products : 1;
}
