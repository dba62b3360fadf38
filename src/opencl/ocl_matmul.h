/* SPDX-License-Identifier: Apache-2.0 */
/* The matmul implementations of the OpenCL driver, for the ordered list in ocl_impls.c. */
#ifndef SC_OPENCL_OCL_MATMUL_H
#define SC_OPENCL_OCL_MATMUL_H

#include "opencl/ocl.h"

extern const sc_implementation sc_ocl_matmul_packed; /* CPU-class devices */
extern const sc_implementation sc_ocl_matmul_plain;  /* the reference: any device, any shape */

/* The tail of a product at (batch, row, column); false where it does not fit. */
bool sc_ocl_matmul_tail(sc_ocl_tail *out, const sc_op_desc *desc);

#endif
