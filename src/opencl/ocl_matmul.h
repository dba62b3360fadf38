/* SPDX-License-Identifier: Apache-2.0 */
/* The matmul implementations of the OpenCL driver, for the ordered list in ocl_impls.c. */
#ifndef SC_OPENCL_OCL_MATMUL_H
#define SC_OPENCL_OCL_MATMUL_H

#include "backend/backend.h"

extern const sc_implementation sc_ocl_matmul_packed; /* CPU-class devices */
extern const sc_implementation sc_ocl_matmul_plain;  /* the reference: any device, any shape */

#endif
