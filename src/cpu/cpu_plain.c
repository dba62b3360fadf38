/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of the references: one kernel for all, which keeps the descriptor, and the table of
 * functions. */
#include "cpu/cpu_plain.h"
#include "cpu/cpu_impls.h"

typedef struct plain {
    sc_cpu_kernel base;
    sc_cpu_plain *run;
    sc_op_desc desc;
    sc_expr expr; /* what desc.expr points to: the caller's goes when it has prepared */
} plain;

static sc_cpu_plain *const reference[SC_OP_COUNT] = {
    [SC_OP_ELEMENTWISE] = sc_cpu_plain_elementwise,
    [SC_OP_REDUCE] = sc_cpu_plain_reduce,
    [SC_OP_MATMUL] = sc_cpu_plain_matmul,
    [SC_OP_CONV2D] = sc_cpu_plain_conv,
    [SC_OP_CONV2D_GRAD_INPUT] = sc_cpu_plain_conv,
    [SC_OP_CONV2D_GRAD_WEIGHT] = sc_cpu_plain_conv,
    [SC_OP_MAXPOOL2D] = sc_cpu_plain_pool,
    [SC_OP_MAXPOOL2D_GRAD] = sc_cpu_plain_pool,
    [SC_OP_AVGPOOL2D] = sc_cpu_plain_pool,
    [SC_OP_AVGPOOL2D_GRAD] = sc_cpu_plain_pool,
    [SC_OP_SOFTMAX] = sc_cpu_plain_softmax,
    [SC_OP_SOFTMAX_GRAD] = sc_cpu_plain_softmax,
    [SC_OP_CROSS_ENTROPY] = sc_cpu_plain_softmax,
    [SC_OP_LAYER_NORM] = sc_cpu_plain_norm,
    [SC_OP_LAYER_NORM_GRAD] = sc_cpu_plain_norm,
    [SC_OP_ATTENTION] = sc_cpu_plain_attention,
    [SC_OP_ATTENTION_GRAD_QUERY] = sc_cpu_plain_attention,
    [SC_OP_ATTENTION_GRAD_KEY] = sc_cpu_plain_attention,
    [SC_OP_GATHER] = sc_cpu_plain_index,
    [SC_OP_SCATTER_ADD] = sc_cpu_plain_index,
    [SC_OP_PUT_ROWS] = sc_cpu_plain_index,
    [SC_OP_ARGMAX] = sc_cpu_plain_index,
    [SC_OP_PERMUTE] = sc_cpu_plain_copy,
    [SC_OP_SLICE] = sc_cpu_plain_copy,
    [SC_OP_CONCAT] = sc_cpu_plain_copy,
    [SC_OP_PAD] = sc_cpu_plain_copy,
    [SC_OP_REORDER] = sc_cpu_plain_copy,
    [SC_OP_CROP2D] = sc_cpu_plain_crop,
};

static socle_status enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                            sc_operand workspace, const sc_launch *launch) {
    const plain *self = (const plain *)kernel;
    (void)queue;
    (void)workspace;
    self->run(&self->desc, operands, launch);
    return SOCLE_OK;
}

static socle_status prepare(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning) {
    plain *self;
    (void)tuning;
    SC_TRY(sc_cpu_kernel_create(&self, sizeof *self, device, implementation, enqueue));
    self->run = reference[desc->op];
    self->desc = *desc;
    if (desc->expr) self->expr = *desc->expr;
    self->desc.expr = &self->expr;
    self->desc.tail = NULL;
    *out = &self->base.base;
    return SOCLE_OK;
}

#define PLAIN(OP) .op = SC_OP_##OP, .name = "plain", .prepare = prepare
const sc_implementation sc_cpu_elementwise_plain = {PLAIN(ELEMENTWISE), .storage = SC_STORAGE_ANY,
                                                    .canonical = true};
const sc_implementation sc_cpu_reduce_plain = {PLAIN(REDUCE), .storage = SC_STORAGE_ANY,
                                               .canonical = true};
const sc_implementation sc_cpu_matmul_plain = {PLAIN(MATMUL)};
const sc_implementation sc_cpu_conv_plain = {PLAIN(CONV2D)};
const sc_implementation sc_cpu_conv_grad_input_plain = {PLAIN(CONV2D_GRAD_INPUT)};
const sc_implementation sc_cpu_conv_grad_weight_plain = {PLAIN(CONV2D_GRAD_WEIGHT)};
const sc_implementation sc_cpu_max_pool_plain = {PLAIN(MAXPOOL2D)};
const sc_implementation sc_cpu_max_pool_grad_plain = {PLAIN(MAXPOOL2D_GRAD)};
const sc_implementation sc_cpu_average_pool_plain = {PLAIN(AVGPOOL2D)};
const sc_implementation sc_cpu_average_pool_grad_plain = {PLAIN(AVGPOOL2D_GRAD)};
const sc_implementation sc_cpu_softmax_plain = {PLAIN(SOFTMAX)};
const sc_implementation sc_cpu_softmax_grad_plain = {PLAIN(SOFTMAX_GRAD)};
const sc_implementation sc_cpu_cross_entropy_plain = {PLAIN(CROSS_ENTROPY)};
const sc_implementation sc_cpu_layer_norm_plain = {PLAIN(LAYER_NORM)};
const sc_implementation sc_cpu_layer_norm_grad_plain = {PLAIN(LAYER_NORM_GRAD)};
const sc_implementation sc_cpu_attention_plain = {PLAIN(ATTENTION)};
const sc_implementation sc_cpu_attention_grad_query_plain = {PLAIN(ATTENTION_GRAD_QUERY)};
const sc_implementation sc_cpu_attention_grad_key_plain = {PLAIN(ATTENTION_GRAD_KEY)};
const sc_implementation sc_cpu_gather_plain = {PLAIN(GATHER), .storage = SC_STORAGE_MOVED};
const sc_implementation sc_cpu_scatter_add_plain = {PLAIN(SCATTER_ADD)};
const sc_implementation sc_cpu_put_rows_plain = {PLAIN(PUT_ROWS), .storage = SC_STORAGE_MOVED};
const sc_implementation sc_cpu_argmax_plain = {PLAIN(ARGMAX)};
const sc_implementation sc_cpu_permute_plain = {PLAIN(PERMUTE), .storage = SC_STORAGE_MOVED};
const sc_implementation sc_cpu_slice_plain = {PLAIN(SLICE), .storage = SC_STORAGE_MOVED};
const sc_implementation sc_cpu_concat_plain = {PLAIN(CONCAT), .storage = SC_STORAGE_MOVED};
const sc_implementation sc_cpu_pad_plain = {PLAIN(PAD), .storage = SC_STORAGE_MOVED};
const sc_implementation sc_cpu_crop2d_plain = {PLAIN(CROP2D), .storage = SC_STORAGE_MOVED};
const sc_implementation sc_cpu_reorder_plain = {PLAIN(REORDER), .storage = SC_STORAGE_MOVED,
                                                .layouts =
                                                    1u << SC_LAYOUT_PLAIN | 1u << SC_LAYOUT_C16};
