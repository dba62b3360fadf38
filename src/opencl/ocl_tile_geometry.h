/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tile engine (cl/tile.h) needs to be told before it runs: the tile, how the depth is cut
 * into pieces, and the groups of a launch. All of it is arithmetic on shapes. The tile may be any,
 * for no bit of a result depends on it; the pieces decide bits, so they follow from the shape
 * alone. It must not know OpenCL.
 */
#ifndef SC_OPENCL_OCL_TILE_GEOMETRY_H
#define SC_OPENCL_OCL_TILE_GEOMETRY_H

#include "backend/backend.h"
#include "cl/shape_tile.h"

/* The engine's parameters, in the order of sc_tile's members. */
extern const sc_tuning_parameter sc_tile_parameters[];

typedef struct sc_tile {
    int rows, columns, depth; /* SC_TILE_ROWS, SC_TILE_COLUMNS, SC_TILE_DEPTH */
    int item_rows, item_columns;
    int buffers;
} sc_tile;

/* What a vendor's GPUs are taken for (ocl_tile_machine.def). */
typedef struct sc_tile_machine {
    const char *vendor;
    int each;  /* compute units of a unit */
    int lanes; /* of a unit, as are `file`: registers */
    int file;
    int registers; /* of an item */
    size_t local_bytes;
} sc_tile_machine;
const sc_tile_machine *sc_tile_machine_of(const char *vendor);

/* What matters of a device, and of the loaders of an operation. */
typedef struct sc_tile_limits {
    size_t items; /* of a group */
    size_t local_bytes;
    int loaders;                    /* registers that they keep from step to step, about */
    const sc_tile_machine *machine; /* NULL: of a vendor that is not known */
    int compute_units;              /* 0: many */
} sc_tile_limits;

int sc_tile_items(const sc_tile *tile); /* of a group */
size_t sc_tile_local_bytes(const sc_tile *tile);

/* The depth of a piece for results of so many elements: the more there are, the fewer groups it
 * takes to have work for a whole device, and the dearer is another copy of them. */
int sc_tile_split_depth(int64_t outputs);
/* Cuts the depth of `shape`, whose rows, columns, depth and products are set. split_depth 0: it
 * stays one piece. */
void sc_tile_cut(sc_shape_tile *shape, int split_depth);
/* The tile for a shape that is cut, with those values of `tuning` that are not 0. False: there is
 * none that fits. */
bool sc_tile_choose(sc_tile *out, const sc_shape_tile *shape, const int *tuning,
                    const sc_tile_limits *limits);
void sc_tile_cover(sc_shape_tile *shape, const sc_tile *tile); /* how many tiles there are */
int64_t sc_tile_outputs(const sc_shape_tile *shape);           /* of all products */
int64_t sc_tile_groups(const sc_shape_tile *shape);            /* of all launches together */
/* Groups of one launch that makes so many multiply-adds at most; at least one. */
int64_t sc_tile_groups_together(const sc_shape_tile *shape, const sc_tile *tile, int64_t most);

#endif
