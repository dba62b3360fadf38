/* SPDX-License-Identifier: Apache-2.0 */
/* The geometry of pooling that its implementations share. */
#ifndef SC_CPU_CPU_POOL_H
#define SC_CPU_CPU_POOL_H

#include "cpu/cpu_isa.h"
#include "op/op.h"

sc_cpu_pool sc_cpu_pool_make(const sc_op_desc *desc);

#endif
