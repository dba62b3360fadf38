/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the direct convolution kernels need to be told before they run: tiles, bands, chunks,
 * workspaces and grids, all pure arithmetic on shapes. It is here so that planning and tests need
 * no device. It must not know OpenCL.
 */
#ifndef SC_OPENCL_OCL_CONV_GEOMETRY_H
#define SC_OPENCL_OCL_CONV_GEOMETRY_H

#include "cl/shape_conv.h"
#include "op/op.h"

/* The shape of a launch with `rows` samples, for the three operations alike. */
sc_shape_conv sc_conv_shape_at(const sc_op_desc *desc, int64_t rows);
/* The same at capacity. */
sc_shape_conv sc_conv_shape(const sc_op_desc *desc);

/* What matters of a device; everything else (compute units above all) must not influence a
 * geometry. */
typedef struct sc_conv_traits {
    int width;        /* SC_VECTOR_WIDTH: 16, 8 or 4 */
    int accumulators; /* vector registers a tile may fill: 28 of 32, 12 of 16 */
    size_t local_bytes;
} sc_conv_traits;

/* A forward pass or a gradient of the input, as conv_direct.cl computes it. */
typedef struct sc_conv_pass_geometry {
    sc_shape_conv_pass pass; /* its `samples` is set at launch */
    int pixels;              /* SC_PIXELS */
    int blocks;              /* SC_BLOCKS */
    size_t packed_floats;    /* workspace for the packed weights */
    size_t local_floats;
    size_t target_blocks; /* global size 0 of conv_direct_pack_weight; size 1 is source_channels */
    size_t bands;         /* global sizes 0 and 1 of conv_direct_pass; size 2 is the samples */
    size_t groups;
} sc_conv_pass_geometry;

/* A gradient of the weights, as conv_direct_weight.cl computes it. */
typedef struct sc_conv_weight_geometry {
    sc_shape_conv_weight weight; /* its conv.samples is set at launch */
    int rows;                    /* SC_ROWS */
    int blocks;                  /* SC_BLOCKS */
    size_t partial_floats;       /* workspace for the partial sums */
    size_t patch_floats;         /* the two local arguments */
    size_t turned_floats;
    size_t filter_blocks; /* global sizes 0 and 1 of conv_direct_weight; size 2 is the chunks */
    size_t channel_groups;
} sc_conv_weight_geometry;

/* Each returns false where the kernels do not apply (groups, too many taps, no room);
 * `shape->samples` is the capacity. */
bool sc_conv_forward_geometry(sc_conv_pass_geometry *geometry, const sc_shape_conv *shape,
                              const sc_conv_traits *traits);
bool sc_conv_gradient_input_geometry(sc_conv_pass_geometry *geometry, const sc_shape_conv *shape,
                                     const sc_conv_traits *traits);
bool sc_conv_gradient_weight_geometry(sc_conv_weight_geometry *geometry, const sc_shape_conv *shape,
                                      const sc_conv_traits *traits);

#endif
