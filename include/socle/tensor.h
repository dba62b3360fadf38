/* SPDX-License-Identifier: Apache-2.0 */
/* Level one: tensors and operations. A tensor is memory on the context's device; a graph is a number of operations on values,
 * compiled once and run often. Shapes are row-major; images are [N,C,H,W]. Building functions return a value, or -1 after an
 * error, which the graph remembers: check once, at socle_graph_compile. */
#ifndef SOCLE_TENSOR_H
#define SOCLE_TENSOR_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOCLE_SHAPE_COUNT_(...) ((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
/* SOCLE_SHAPE(1, 28, 28): sizes, outermost first. */
#define SOCLE_SHAPE(...) ((socle_shape){SOCLE_SHAPE_COUNT_(__VA_ARGS__), {__VA_ARGS__}})

typedef struct socle_tensor socle_tensor;

/* A tensor of zeros. owns: the caller. errors: SHAPE (a size < 1, 2^31 elements or more), DEVICE_MEMORY. */
SOCLE_API socle_status socle_tensor_create(socle_tensor **out, socle_context *context, socle_dtype dtype, socle_shape shape);
SOCLE_API void socle_tensor_destroy(socle_tensor *tensor); /* NULL is fine */
SOCLE_API socle_shape socle_tensor_shape(const socle_tensor *tensor);
SOCLE_API socle_dtype socle_tensor_dtype(const socle_tensor *tensor);
SOCLE_API size_t socle_tensor_bytes(const socle_tensor *tensor);
/* Copies all elements from / to host memory of `bytes` == socle_tensor_bytes; returns when done. errors: INVALID_ARGUMENT. */
SOCLE_API socle_status socle_tensor_write(socle_tensor *tensor, const void *data, size_t bytes);
SOCLE_API socle_status socle_tensor_read(socle_tensor *tensor, void *data, size_t bytes);

typedef struct socle_graph socle_graph;
typedef int socle_value;

/* Height and width of a window, in that order. Zeros mean: stride and dilation 1 (pooling: stride = kernel), no padding. */
typedef struct socle_window {
    int kernel[2], stride[2], dilation[2];
    int pad[4]; /* top, bottom, left, right */
} socle_window;

SOCLE_API socle_status socle_graph_create(socle_graph **out, socle_context *context);
SOCLE_API void socle_graph_destroy(socle_graph *graph); /* NULL is fine */

/* A value read from `tensor` at each run. The tensor must outlive the graph. */
SOCLE_API socle_value socle_op_tensor(socle_graph *graph, socle_tensor *tensor);
/* After each run, `value` stands in `tensor` (same shape; f32 or i32 as the value is). */
SOCLE_API void socle_op_store(socle_graph *graph, socle_value value, socle_tensor *tensor);

/* Elementwise function by word: "relu", "tanh", "sigmoid", "exp", "log", "sqrt", "square", "neg", "abs", "gelu", "silu", ... x: f32. */
SOCLE_API socle_value socle_op_unary(socle_graph *graph, const char *word, socle_value x);
/* "add", "sub", "mul", "div", "min", "max", "pow". a, b: f32 of equal rank; sizes equal, or 1, which stretches. */
SOCLE_API socle_value socle_op_binary(socle_graph *graph, const char *word, socle_value a, socle_value b);
/* a [.., M,K] (or [.., K,M] transposed) times b [.., K,N] (or [.., N,K]) -> [.., M,N]. */
SOCLE_API socle_value socle_op_matmul(socle_graph *graph, socle_value a, socle_value b, int transpose_a, int transpose_b);
/* x [N,C,H,W], weight [O, C/groups, KH, KW] -> [N,O,OH,OW]. */
SOCLE_API socle_value socle_op_conv2d(socle_graph *graph, socle_value x, socle_value weight, const socle_window *window, int groups);
/* x [N,C,H,W] -> [N,C,OH,OW]. */
SOCLE_API socle_value socle_op_maxpool2d(socle_graph *graph, socle_value x, const socle_window *window);
SOCLE_API socle_value socle_op_avgpool2d(socle_graph *graph, socle_value x, const socle_window *window);
/* Sum over the dimensions of which bit d of `axes` is set; they stay as size 1. */
SOCLE_API socle_value socle_op_sum(socle_graph *graph, socle_value x, unsigned axes);
/* Along the last dimension. */
SOCLE_API socle_value socle_op_softmax(socle_graph *graph, socle_value x);
/* logits [N,C], labels u8 or i32 [N] -> loss [N]. */
SOCLE_API socle_value socle_op_cross_entropy(socle_graph *graph, socle_value logits, socle_value labels);
/* table [V, ...], index i32 [N] -> [N, ...]. */
SOCLE_API socle_value socle_op_gather(socle_graph *graph, socle_value table, socle_value index);
/* x [.., C] -> i32 [..]. */
SOCLE_API socle_value socle_op_argmax(socle_graph *graph, socle_value x);
SOCLE_API socle_value socle_op_reshape(socle_graph *graph, socle_value x, socle_shape shape);
/* out.size[i] = in.size[order[i]]. */
SOCLE_API socle_value socle_op_permute(socle_graph *graph, socle_value x, const int *order);
SOCLE_API socle_value socle_op_concat(socle_graph *graph, int count, const socle_value *x, int axis);

/* Gradient of the sum of `loss` with respect to each of wrt[0..count), appended to the graph: gradient[i] has the shape of wrt[i]. */
SOCLE_API socle_status socle_graph_gradient(socle_graph *graph, socle_value loss, int count, const socle_value *wrt,
                                            socle_value *gradient);
/* Plans the graph: chooses and compiles kernels, lays out memory. No operation can be added afterwards.
 * errors: the first error of building; BUILD, DEVICE_MEMORY. */
SOCLE_API socle_status socle_graph_compile(socle_graph *graph);
/* Runs the compiled graph once and waits. */
SOCLE_API socle_status socle_graph_run(socle_graph *graph);

#ifdef __cplusplus
}
#endif
#endif
