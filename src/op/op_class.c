/* SPDX-License-Identifier: Apache-2.0 */
/* The class of shapes of a descriptor. Its samples are not counted: which implementation computes a
 * sample must not depend on how many others lie beside it. Sizes are of one class up to the same
 * power of two; small ones, of which kernels know, stand for themselves. */
#include "base/text.h"
#include "op/op.h"

enum { EXACT = 8 };

static int64_t rounded(int64_t size) {
    if (size <= EXACT) return size;
    int64_t power = EXACT;
    while (power < size) power *= 2;
    return power;
}

void sc_op_class(sc_text *text, const sc_op_desc *desc) {
    sc_op_desc plain = *desc;
    int base = sc_op_base_inputs(desc);
    plain.inputs = base;
    plain.expr = plain.tail = NULL;
    for (int k = 0; k < desc->outputs; k++) plain.tensor[base + k] = desc->tensor[desc->inputs + k];
    for (int i = 0; i < plain.inputs + plain.outputs; i++) {
        sc_tensor_desc *tensor = &plain.tensor[i];
        tensor->layout = SC_LAYOUT_PLAIN;
        for (int d = 0; d < tensor->rank; d++)
            tensor->dim[d] = d == 0 && tensor->rows_per_sample ? tensor->rows_per_sample
                                                               : rounded(tensor->dim[d]);
    }
    sc_op_print(text, &plain);
    if (desc->expr) sc_text_add(text, " nodes %lld", (long long)rounded(desc->expr->nodes));
}
