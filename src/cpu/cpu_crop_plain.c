/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of crop2d: for every output element, where it comes from. */
#include "cpu/cpu_eval.h"
#include "cpu/cpu_plain.h"

#include <string.h>

void sc_cpu_plain_crop(const sc_op_desc *desc, const sc_operand *operands,
                       const sc_launch *launch) {
    const sc_tensor_desc *x = &desc->tensor[0], *out = &desc->tensor[2];
    const char *from = sc_cpu_memory(operands[0]);
    const int32_t *origin = sc_cpu_memory(operands[1]);
    char *to = sc_cpu_memory(operands[2]);
    size_t size = sc_dtype_size(out->dtype);
    for (int64_t e = 0; e < sc_tensor_elements_at(out, launch->rows); e++) {
        int64_t at[SC_MAX_RANK] = {0};
        sc_cpu_coordinates(out, e, at);
        const int32_t *place = origin + at[0] * 3;
        if (place[2] != 0) at[3] = out->dim[3] - 1 - at[3];
        at[2] += place[0];
        at[3] += place[1];
        if (at[2] >= 0 && at[2] < x->dim[2] && at[3] >= 0 && at[3] < x->dim[3])
            memcpy(to + (size_t)e * size, from + (size_t)sc_cpu_element(x, at) * size, size);
        else
            memset(to + (size_t)e * size, 0, size);
    }
}
