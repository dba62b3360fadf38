/* SPDX-License-Identifier: Apache-2.0 */
/* Socle: neural networks trained on every OpenCL device, or on a plain CPU, through one API. */
#ifndef SOCLE_SOCLE_H
#define SOCLE_SOCLE_H

#include "context.h"
#include "data.h"
#include "net.h"
#include "program.h"
#include "status.h"
#include "tensor.h"
#include "train.h"
#include "types.h"

#endif
