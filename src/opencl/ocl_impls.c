/* SPDX-License-Identifier: Apache-2.0 */
/* The ordered list of implementations: per operation the fastest first, the plain reference last.
 * Which one a device gets is decided by backend/prepare.c from the traits they state. */
#include "opencl/ocl.h"

#define SC_OCL_LIST(X)                                                                             \
    X(sc_ocl_elementwise_wide)                                                                     \
    X(sc_ocl_elementwise_quad)                                                                     \
    X(sc_ocl_elementwise_thin)                                                                     \
    X(sc_ocl_reduce_group)                                                                         \
    X(sc_ocl_reduce_lanes)                                                                         \
    X(sc_ocl_matmul_tile)                                                                          \
    X(sc_ocl_matmul_clblast)                                                                       \
    X(sc_ocl_matmul_packed)                                                                        \
    X(sc_ocl_matmul_plain)                                                                         \
    X(sc_ocl_conv2d_direct)                                                                        \
    X(sc_ocl_conv2d_planes)                                                                        \
    X(sc_ocl_conv2d_tile)                                                                          \
    X(sc_ocl_conv2d_plain)                                                                         \
    X(sc_ocl_conv2d_grad_input_direct)                                                             \
    X(sc_ocl_conv2d_grad_input_planes)                                                             \
    X(sc_ocl_conv2d_grad_input_tile)                                                               \
    X(sc_ocl_conv2d_grad_input_plain)                                                              \
    X(sc_ocl_conv2d_grad_weight_direct)                                                            \
    X(sc_ocl_conv2d_grad_weight_planes)                                                            \
    X(sc_ocl_conv2d_grad_weight_tile)                                                              \
    X(sc_ocl_conv2d_grad_weight_plain)                                                             \
    X(sc_ocl_maxpool2d_rows)                                                                       \
    X(sc_ocl_maxpool2d_each)                                                                       \
    X(sc_ocl_maxpool2d_grad_rows)                                                                  \
    X(sc_ocl_maxpool2d_grad_each)                                                                  \
    X(sc_ocl_avgpool2d_rows)                                                                       \
    X(sc_ocl_avgpool2d_each)                                                                       \
    X(sc_ocl_avgpool2d_grad_rows)                                                                  \
    X(sc_ocl_avgpool2d_grad_each)                                                                  \
    X(sc_ocl_softmax_group)                                                                        \
    X(sc_ocl_softmax_rows)                                                                         \
    X(sc_ocl_softmax_grad_group)                                                                   \
    X(sc_ocl_softmax_grad_rows)                                                                    \
    X(sc_ocl_cross_entropy_group)                                                                  \
    X(sc_ocl_cross_entropy_rows)                                                                   \
    X(sc_ocl_layer_norm_group)                                                                     \
    X(sc_ocl_layer_norm_rows)                                                                      \
    X(sc_ocl_layer_norm_grad_group)                                                                \
    X(sc_ocl_layer_norm_grad_rows)                                                                 \
    X(sc_ocl_attention_group)                                                                      \
    X(sc_ocl_attention_lanes)                                                                      \
    X(sc_ocl_attention_rows)                                                                       \
    X(sc_ocl_attention_grad_query_group)                                                           \
    X(sc_ocl_attention_grad_query_lanes)                                                           \
    X(sc_ocl_attention_grad_query_rows)                                                            \
    X(sc_ocl_attention_grad_key_group)                                                             \
    X(sc_ocl_attention_grad_key_lanes)                                                             \
    X(sc_ocl_attention_grad_key_rows)                                                              \
    X(sc_ocl_gather_wide)                                                                          \
    X(sc_ocl_gather_thin)                                                                          \
    X(sc_ocl_scatter_add_sorted)                                                                   \
    X(sc_ocl_scatter_add_wide)                                                                     \
    X(sc_ocl_scatter_add_thin)                                                                     \
    X(sc_ocl_put_rows_wide)                                                                        \
    X(sc_ocl_put_rows_thin)                                                                        \
    X(sc_ocl_argmax_wide)                                                                          \
    X(sc_ocl_argmax_thin)                                                                          \
    X(sc_ocl_permute_tile)                                                                         \
    X(sc_ocl_permute_wide)                                                                         \
    X(sc_ocl_permute_thin)                                                                         \
    X(sc_ocl_slice_wide)                                                                           \
    X(sc_ocl_slice_thin)                                                                           \
    X(sc_ocl_concat_wide)                                                                          \
    X(sc_ocl_concat_thin)                                                                          \
    X(sc_ocl_pad_wide)                                                                             \
    X(sc_ocl_pad_thin)                                                                             \
    X(sc_ocl_crop2d_wide)                                                                          \
    X(sc_ocl_crop2d_thin)                                                                          \
    X(sc_ocl_reorder_tile)                                                                         \
    X(sc_ocl_reorder_wide)                                                                         \
    X(sc_ocl_reorder_thin)

#define DECLARE(name) extern const sc_implementation name;
SC_OCL_LIST(DECLARE)
#undef DECLARE

const sc_implementation *const sc_ocl_implementations[] = {
#define ROW(name) &name,
    SC_OCL_LIST(ROW)
#undef ROW
        NULL,
};
