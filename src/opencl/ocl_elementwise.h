/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of elementwise operations share: how a prepared one is launched
 * (ocl_elementwise.c), and the texts of its kernel's forms (ocl_elementwise_text.c). */
#ifndef SC_OPENCL_OCL_ELEMENTWISE_H
#define SC_OPENCL_OCL_ELEMENTWISE_H

#include "opencl/ocl_space.h"

enum { SC_OCL_QUAD = 4 };

/* The streams of an expression's operands and of the places it reads. */
typedef struct sc_ocl_elementwise_streams {
    int operand[SC_EXPR_INPUTS], output;
    sc_ocl_places places;
} sc_ocl_elementwise_streams;

typedef void sc_ocl_elementwise_text(sc_text *text, const sc_ocl_space *space,
                                     const sc_op_desc *desc,
                                     const sc_ocl_elementwise_streams *streams);

/* Each writes one kernel, named elementwise_wide, _quad, _thin. */
sc_ocl_elementwise_text sc_ocl_elementwise_wide_text, sc_ocl_elementwise_quad_text,
    sc_ocl_elementwise_thin_text;

#endif
