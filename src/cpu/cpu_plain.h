/* SPDX-License-Identifier: Apache-2.0 */
/* The references: functions that compute one operation on the calling thread, in the plainest way,
 * from its descriptor, its operands and the launch. cpu_plain.c makes kernels of them, so that
 * their files hold arithmetic alone. */
#ifndef SC_CPU_CPU_PLAIN_H
#define SC_CPU_CPU_PLAIN_H

#include "cpu/cpu.h"

typedef void sc_cpu_plain(const sc_op_desc *desc, const sc_operand *operands,
                          const sc_launch *launch);

sc_cpu_plain sc_cpu_plain_elementwise, sc_cpu_plain_reduce, sc_cpu_plain_matmul, sc_cpu_plain_conv,
    sc_cpu_plain_pool;
sc_cpu_plain sc_cpu_plain_softmax, sc_cpu_plain_norm, sc_cpu_plain_attention, sc_cpu_plain_index,
    sc_cpu_plain_copy, sc_cpu_plain_crop;

#endif
