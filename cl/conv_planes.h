/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What convolutions plane by plane share: the sizes that are known when a kernel is compiled, and
 * patches of the source in local memory, with zeros where it ends. OpenCL C only.
 *
 * A group of SC_ITEMS_X * SC_ITEMS_Y * SC_ITEMS_Z work-items takes a tile of SC_ITEMS_X columns and
 * SC_ROWS * SC_ITEMS_Y rows of SC_ITEMS_Z planes; an item has SC_ROWS neighbours of one column. So
 * neighbouring items read neighbouring words, and what an item reads for one row serves the next.
 *
 * -D list: SC_KERNEL_Y, SC_STRIDE_Y, SC_DILATION_Y and the same along X; SC_ITEMS_X, _Y, _Z;
 * SC_BY_INPUT where positions of the target are a stride apart, not those of the source.
 */
#ifndef SC_CONV_PLANES_H
#define SC_CONV_PLANES_H

#include "shape_planes.h"
#include "vector.h"

#ifndef SC_KERNEL_Y
#define SC_KERNEL_Y 3
#define SC_KERNEL_X 3
#define SC_STRIDE_Y 1
#define SC_STRIDE_X 1
#define SC_DILATION_Y 1
#define SC_DILATION_X 1
#endif
#ifndef SC_ITEMS_X
#define SC_ITEMS_X 32
#define SC_ITEMS_Y 4
#define SC_ITEMS_Z 1
#endif

#define SC_ROWS 4
#define SC_TAPS (SC_KERNEL_Y * SC_KERNEL_X)
#define SC_ITEMS (SC_ITEMS_X * SC_ITEMS_Y * SC_ITEMS_Z)

/* Of the source: how far apart two neighbouring positions of the target look, and how far one
 * looks. */
#ifdef SC_BY_INPUT
#define SC_STEP_Y 1
#define SC_STEP_X 1
#define SC_REACH_Y (((SC_KERNEL_Y - 1) * SC_DILATION_Y + SC_STRIDE_Y - 1) / SC_STRIDE_Y)
#define SC_REACH_X (((SC_KERNEL_X - 1) * SC_DILATION_X + SC_STRIDE_X - 1) / SC_STRIDE_X)
#else
#define SC_STEP_Y SC_STRIDE_Y
#define SC_STEP_X SC_STRIDE_X
#define SC_REACH_Y ((SC_KERNEL_Y - 1) * SC_DILATION_Y)
#define SC_REACH_X ((SC_KERNEL_X - 1) * SC_DILATION_X)
#endif
#define SC_PATCH_ROWS ((SC_ROWS * SC_ITEMS_Y - 1) * SC_STEP_Y + SC_REACH_Y + 1)
#define SC_PATCH_COLUMNS ((SC_ITEMS_X - 1) * SC_STEP_X + SC_REACH_X + 1)
#define SC_PATCH (SC_PATCH_ROWS * SC_PATCH_COLUMNS)

#define SC_NO_PLANE 0xffffffffu

/* One patch of each plane, from (first_y, first_x) on. base[z]: where plane z of the group begins,
 * or SC_NO_PLANE. By all items; a barrier before and after it is the caller's. */
static inline void sc_load_patches(local float *patch, global const float *source,
                                   local const uint *base, int first_y, int first_x,
                                   const sc_shape_planes *shape) {
    for (uint i = (uint)get_local_id(0); i < SC_ITEMS_Z * SC_PATCH; i += SC_ITEMS) {
        const uint z = i / SC_PATCH, at = i % SC_PATCH;
        const int y = first_y + (int)(at / SC_PATCH_COLUMNS);
        const int x = first_x + (int)(at % SC_PATCH_COLUMNS);
        const bool inside = base[z] != SC_NO_PLANE && y >= 0 && y < shape->source_height &&
                            x >= 0 && x < shape->source_width;
        patch[i] = inside ? source[base[z] + (uint)(y * shape->source_width + x)] : 0.0f;
    }
}

#endif
