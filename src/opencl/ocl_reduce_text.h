/* SPDX-License-Identifier: Apache-2.0 */
/* The generated part of a reduction's program: what cl/reduce.cl needs to know of expression,
 * operands and kinds. */
#ifndef SC_OPENCL_OCL_REDUCE_TEXT_H
#define SC_OPENCL_OCL_REDUCE_TEXT_H

#include "opencl/ocl_space.h"

typedef struct sc_ocl_reduce_streams {
    int operand[SC_EXPR_INPUTS];
    sc_ocl_places places;
    int kept_groups; /* of the sorted space, without the last group */
} sc_ocl_reduce_streams;

void sc_ocl_reduce_text(sc_text *text, const sc_op_desc *desc, const sc_ocl_space *space,
                        const sc_ocl_reduce_streams *streams);

#endif
