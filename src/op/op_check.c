/* SPDX-License-Identifier: Apache-2.0 */
/* Full validation of a descriptor: counts, tensors, sizes, then the operation's shape rule, whose
 * result must be what the descriptor says. What passes here a driver may rely on, and nothing else
 * checks shapes. */
#include "op/op_shape.h"

#include <string.h>

static socle_status check_counts(sc_env *env, const sc_op_desc *desc) {
    static const struct {
        int inputs, outputs;
    } counts[SC_OP_COUNT] = {
#define SC_OP(NAME, word, inputs, outputs) {inputs, outputs},
#include "op/op_list.def"
#undef SC_OP
    };
    if (desc->op < 0 || desc->op >= SC_OP_COUNT)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "unknown operation %d", (int)desc->op);
    const char *word = sc_op_word(desc->op);
    if (desc->inputs < 0 || desc->outputs < 1 || desc->outputs > SC_EXPR_OUTPUTS ||
        desc->inputs > SC_MAX_OPERANDS - desc->outputs)
        return sc_fail(env, SOCLE_STATUS_INTERNAL,
                       "%s: %d inputs and %d outputs, limit %d together", word, desc->inputs,
                       desc->outputs, SC_MAX_OPERANDS);
    int inputs = counts[desc->op].inputs, outputs = counts[desc->op].outputs;
    if ((inputs >= 0 && desc->inputs < inputs) || (outputs >= 0 && desc->outputs != outputs))
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "%s: %d inputs and %d outputs, needs %d and %d",
                       word, desc->inputs, desc->outputs, inputs, outputs);
    if (!sc_op_takes_tail(desc->op) && (desc->tail || (inputs >= 0 && desc->inputs != inputs)))
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "%s takes %d inputs and no tail, has %d%s", word,
                       inputs, desc->inputs, desc->tail ? " and one" : "");
    return SOCLE_OK;
}

static socle_status check_tensor(sc_env *env, const sc_op_desc *desc, int index) {
    const sc_tensor_desc *tensor = &desc->tensor[index];
    if (tensor->dtype > SOCLE_BF16)
        return sc_fail(env, SOCLE_STATUS_INTERNAL, "%s: operand %d has unknown dtype %d",
                       sc_op_word(desc->op), index, tensor->dtype);
    const int64_t rows = tensor->rows_per_sample;
    const int limit = SC_MAX_RANK - (rows > 1);
    if (tensor->rank < 0 || tensor->rank > limit || (rows && tensor->rank < 1))
        return sc_shape_fail(env, desc, "operand %d has %d dimensions%s, limit %d", index,
                             tensor->rank,
                             rows > 1 ? " and several rows per sample"
                             : rows   ? " and is batched"
                                      : "",
                             limit);
    for (int d = 0; d < tensor->rank; d++)
        if (tensor->dim[d] < 1)
            return sc_shape_fail(env, desc,
                                 "operand %d has size %lld along dimension %d, must be at least 1",
                                 index, (long long)tensor->dim[d], d);
    if (tensor->layout >= SC_LAYOUT_COUNT ||
        (tensor->layout != SC_LAYOUT_PLAIN && tensor->rank != 4))
        return sc_shape_fail(env, desc,
                             "operand %d has layout %d with %d dimensions; blocked layouts need 4",
                             index, tensor->layout, tensor->rank);
    if (rows < 0 || (rows && tensor->dim[0] % rows))
        return sc_shape_fail(env, desc, "operand %d has %lld rows, which are no samples of %lld",
                             index, (long long)tensor->dim[0], (long long)rows);
    if (sc_tensor_bytes(tensor) / sc_dtype_size(tensor->dtype) >= (size_t)INT32_MAX) {
        char text[128];
        sc_tensor_text(text, sizeof text, tensor);
        return sc_shape_fail(env, desc, "operand %d, %s, has 2^31 elements or more", index, text);
    }
    return SOCLE_OK;
}

socle_status sc_op_check(sc_env *env, const sc_op_desc *desc) {
    SC_TRY(check_counts(env, desc));
    for (int i = 0; i < desc->inputs + desc->outputs; i++) SC_TRY(check_tensor(env, desc, i));
    sc_tensor_desc out[SC_EXPR_OUTPUTS];
    memcpy(out, &desc->tensor[desc->inputs], (size_t)desc->outputs * sizeof out[0]);
    SC_TRY(sc_shape_apply(env, desc, out));
    for (int k = 0; k < desc->outputs; k++) {
        const sc_tensor_desc *given = &desc->tensor[desc->inputs + k];
        if (sc_shape_stores(desc, k, out[k].dtype, given->dtype)) out[k].dtype = given->dtype;
        if (sc_tensor_equal(given, &out[k])) continue;
        char text[128], wanted[128];
        sc_tensor_text(text, sizeof text, given);
        sc_tensor_text(wanted, sizeof wanted, &out[k]);
        return sc_shape_fail(env, desc, "output %d is %s%s, must be %s%s", k, text,
                             given->rows_per_sample ? " (batched)" : "", wanted,
                             out[k].rows_per_sample ? " (batched)" : "");
    }
    return SOCLE_OK;
}
