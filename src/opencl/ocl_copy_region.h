/* SPDX-License-Identifier: Apache-2.0 */
/* The copy family as boxes: which elements of which input go where in the output. Arithmetic on
 * shapes only. */
#ifndef SC_OPENCL_OCL_COPY_REGION_H
#define SC_OPENCL_OCL_COPY_REGION_H

#include "opencl/ocl_space.h"

#include "cl/shape_copy.h"

typedef struct sc_ocl_region {
    sc_ocl_space space; /* streams: source, target */
    int source, target; /* stream numbers */
    int input;          /* which operand is read */
    int64_t source_start, target_start;
} sc_ocl_region;

enum { SC_OCL_REGIONS = SC_MAX_OPERANDS };

/* PERMUTE, SLICE, CONCAT, PAD, REORDER; returns the number of regions. *covers: together they write
 * every stored element of the output; otherwise it is to be filled with zeros first. */
int sc_ocl_copy_regions(sc_ocl_region *region, const sc_op_desc *desc, bool *covers);
/* Sizes and strides for a launch; the division into pieces and tiles is not set. `turned`: the
 * group that is walked together with the last one, or -1. */
void sc_ocl_region_shape(sc_shape_copy *out, const sc_ocl_region *region, int64_t rows, int turned);

#endif
