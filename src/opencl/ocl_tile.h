/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on the tile engine (cl/tile.h): one way to prepare and to launch them all. An
 * operation says in a table of its own which products it is (a kind). It must not know graphs or
 * compute units.
 */
#ifndef SC_OPENCL_OCL_TILE_H
#define SC_OPENCL_OCL_TILE_H

#include "opencl/ocl_frame.h"
#include "opencl/ocl_tile_geometry.h"

/* What an operation is to the engine. */
typedef struct sc_ocl_tile_kind {
    const char *file, *kernel;
    int left, right; /* the operands that are multiplied; the result comes after the inputs */
    int loaders;     /* registers of its loaders, about */
    bool (*tail)(sc_ocl_tail *out, const sc_op_desc *desc); /* false: it does not fit */
    /* Fills rows, columns, depth and products of a launch of `rows` samples, and the sides whose
     * lines are multiples of four floats (SC_TILE_WIDE_...). */
    void (*measure)(sc_shape_tile *out, const sc_op_desc *desc, int64_t rows);
    /* Whether the depth may be cut into pieces: only where the result is not batched, so that no
     * sample's bits depend on how many others there are. */
    bool (*splits)(const sc_op_desc *desc);
    void (*defines)(sc_text *out, const sc_op_desc *desc); /* " -D NAME" */
    /* Its own argument. desc NULL: of a warm-up, which reads the first elements of its operands. */
    void (*shape)(sc_ocl_call *call, const sc_op_desc *desc, int64_t rows);
} sc_ocl_tile_kind;

/* sc_implementation.prepare and .accepts of an operation of that kind. */
socle_status sc_ocl_tile_prepare(sc_kernel **out, sc_device *device,
                                 const sc_implementation *implementation, const sc_op_desc *desc,
                                 const int *tuning, const sc_ocl_tile_kind *kind);

/* What all implementations on the engine have in common. */
#define SC_OCL_TILE_IMPLEMENTATION                                                                 \
    .name = "tile", .needs = SC_TRAIT_MANY_ITEMS | SC_TRAIT_LOCAL_MEMORY,                          \
    .parameter = sc_tile_parameters

extern const sc_implementation sc_ocl_matmul_tile;
extern const sc_implementation sc_ocl_conv2d_tile;
extern const sc_implementation sc_ocl_conv2d_grad_input_tile;
extern const sc_implementation sc_ocl_conv2d_grad_weight_tile;

#endif
