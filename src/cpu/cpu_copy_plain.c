/* SPDX-License-Identifier: Apache-2.0 */
/* The references of permute, slice, concat, pad and reorder: for every output element, where it
 * comes from. */
#include "cpu/cpu_eval.h"
#include "cpu/cpu_plain.h"

#include <string.h>

/* Turns an output coordinate into the input and coordinate it comes from; false: a zero. */
static bool source_of(const sc_op_desc *desc, const int64_t *at, int *input, int64_t *from) {
    int rank = desc->tensor[0].rank;
    *input = 0;
    memcpy(from, at, SC_MAX_RANK * sizeof *from);
    if (desc->op == SC_OP_PERMUTE) {
        for (int d = 0; d < rank; d++) from[desc->attr.permute.order[d]] = at[d];
    } else if (desc->op == SC_OP_SLICE) {
        for (int d = 0; d < rank; d++) from[d] = at[d] + desc->attr.slice.begin[d];
    } else if (desc->op == SC_OP_PAD) {
        for (int d = 0; d < rank; d++) {
            from[d] = at[d] - desc->attr.pad.before[d];
            if (from[d] < 0 || from[d] >= desc->tensor[0].dim[d]) return false;
        }
    } else if (desc->op == SC_OP_CONCAT) {
        int axis = desc->attr.concat.axis;
        while (from[axis] >= desc->tensor[*input].dim[axis])
            from[axis] -= desc->tensor[(*input)++].dim[axis];
    } else {
        return at[1] < desc->tensor[0].dim[1];
    }
    return true;
}

static int64_t stored_at(const sc_tensor_desc *tensor, const int64_t *at) {
    if (tensor->layout == SC_LAYOUT_PLAIN) return sc_cpu_element(tensor, at);
    int64_t blocks = sc_ceil_div(tensor->dim[1], 16);
    int64_t row = ((at[0] * blocks + at[1] / 16) * tensor->dim[2] + at[2]) * tensor->dim[3] + at[3];
    return row * 16 + at[1] % 16;
}

void sc_cpu_plain_copy(const sc_op_desc *desc, const sc_operand *operands,
                       const sc_launch *launch) {
    const sc_tensor_desc *out = &desc->tensor[desc->inputs];
    size_t size = sc_dtype_size(out->dtype);
    sc_tensor_desc walked = *out; /* with the channels that only a layout adds */
    if (out->layout == SC_LAYOUT_C16) walked.dim[1] = sc_round_up(out->dim[1], 16);
    int64_t elements = sc_tensor_elements_at(&walked, launch->rows);
    for (int64_t e = 0; e < elements; e++) {
        int64_t at[SC_MAX_RANK] = {0}, from[SC_MAX_RANK];
        int input;
        sc_cpu_coordinates(&walked, e, at);
        char *to =
            (char *)sc_cpu_memory(operands[desc->inputs]) + (size_t)stored_at(out, at) * size;
        if (source_of(desc, at, &input, from))
            memcpy(to,
                   (const char *)sc_cpu_memory(operands[input]) +
                       (size_t)stored_at(&desc->tensor[input], from) * size,
                   size);
        else
            memset(to, 0, size);
    }
}
