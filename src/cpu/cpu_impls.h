/* SPDX-License-Identifier: Apache-2.0 */
/* Every implementation of the CPU driver, by operation; cpu_impls.c puts them in order. */
#ifndef SC_CPU_CPU_IMPLS_H
#define SC_CPU_CPU_IMPLS_H

#include "backend/backend.h"

extern const sc_implementation sc_cpu_elementwise_blocks, sc_cpu_elementwise_plain;
extern const sc_implementation sc_cpu_reduce_blocks, sc_cpu_reduce_ordered, sc_cpu_reduce_plain;
extern const sc_implementation sc_cpu_matmul_packed, sc_cpu_matmul_plain;
extern const sc_implementation sc_cpu_conv_planes, sc_cpu_conv_grad_input_planes;
extern const sc_implementation sc_cpu_conv_direct, sc_cpu_conv_plain;
extern const sc_implementation sc_cpu_conv_grad_input_direct, sc_cpu_conv_grad_input_plain;
extern const sc_implementation sc_cpu_conv_grad_weight_direct, sc_cpu_conv_grad_weight_plain;
extern const sc_implementation sc_cpu_max_pool_planes, sc_cpu_max_pool_plain;
extern const sc_implementation sc_cpu_max_pool_grad_planes, sc_cpu_max_pool_grad_plain;
extern const sc_implementation sc_cpu_average_pool_planes, sc_cpu_average_pool_plain;
extern const sc_implementation sc_cpu_average_pool_grad_planes, sc_cpu_average_pool_grad_plain;
extern const sc_implementation sc_cpu_softmax_rows, sc_cpu_softmax_plain;
extern const sc_implementation sc_cpu_softmax_grad_rows, sc_cpu_softmax_grad_plain;
extern const sc_implementation sc_cpu_cross_entropy_rows, sc_cpu_cross_entropy_plain;
extern const sc_implementation sc_cpu_layer_norm_rows, sc_cpu_layer_norm_plain;
extern const sc_implementation sc_cpu_layer_norm_grad_rows, sc_cpu_layer_norm_grad_plain;
extern const sc_implementation sc_cpu_attention_blocks, sc_cpu_attention_plain;
extern const sc_implementation sc_cpu_attention_grad_query_blocks,
    sc_cpu_attention_grad_query_plain;
extern const sc_implementation sc_cpu_attention_grad_key_blocks, sc_cpu_attention_grad_key_plain;
extern const sc_implementation sc_cpu_gather, sc_cpu_gather_plain;
extern const sc_implementation sc_cpu_scatter_add, sc_cpu_scatter_add_plain;
extern const sc_implementation sc_cpu_put_rows, sc_cpu_put_rows_plain;
extern const sc_implementation sc_cpu_argmax, sc_cpu_argmax_plain;
extern const sc_implementation sc_cpu_permute, sc_cpu_permute_plain;
extern const sc_implementation sc_cpu_slice, sc_cpu_slice_plain;
extern const sc_implementation sc_cpu_concat, sc_cpu_concat_plain;
extern const sc_implementation sc_cpu_pad, sc_cpu_pad_plain;
extern const sc_implementation sc_cpu_crop2d, sc_cpu_crop2d_plain;
extern const sc_implementation sc_cpu_reorder, sc_cpu_reorder_plain;

#endif
