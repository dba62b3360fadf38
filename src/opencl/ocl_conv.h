/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The convolution implementations of the OpenCL driver, for the ordered list in ocl_impls.c, and
 * what they share. It must not know graphs or compute units.
 */
#ifndef SC_OPENCL_OCL_CONV_H
#define SC_OPENCL_OCL_CONV_H

#include "opencl/ocl_conv_geometry.h"
#include "opencl/ocl_frame.h"

/* CPU-class devices. */
extern const sc_implementation sc_ocl_conv2d_direct;
extern const sc_implementation sc_ocl_conv2d_grad_input_direct;
extern const sc_implementation sc_ocl_conv2d_grad_weight_direct;
/* The references: any device, any shape. */
extern const sc_implementation sc_ocl_conv2d_plain;
extern const sc_implementation sc_ocl_conv2d_grad_input_plain;
extern const sc_implementation sc_ocl_conv2d_grad_weight_plain;

/* The tail of a convolution at (sample, channel, pixel); false where it does not fit. */
bool sc_ocl_conv_tail(sc_ocl_tail *out, const sc_op_desc *desc);
/* What the geometries may know of a device. */
sc_conv_traits sc_ocl_conv_traits(const sc_device *device);
/* `file` with the descriptor's tail before it and "-D SC_VECTOR_WIDTH" and `defines` around it. */
socle_status sc_ocl_conv_build(const sc_ocl_program **out, sc_ocl_device *device,
                               const sc_op_desc *desc, const char *file, const char *defines);

#endif
