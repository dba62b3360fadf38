/* SPDX-License-Identifier: Apache-2.0 */
/* Level one: tensors and operations. A tensor is memory on the context's device; a graph is a
 * number of operations on values, compiled once and run often. Shapes are row-major; images are
 * [N,C,H,W]. Building functions return a value, or -1 after an error, which the graph remembers:
 * check once, at socle_graph_compile, which reports the first error with its text. */
#ifndef SOCLE_TENSOR_H
#define SOCLE_TENSOR_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_tensor socle_tensor;

/* Makes a tensor of zeros. errors: SHAPE (a size < 1, 2^31 elements or more), DEVICE_MEMORY. */
SOCLE_API socle_status socle_tensor_create(socle_tensor **out, socle_context *context,
                                           socle_dtype dtype, socle_shape shape);
/* Releases the tensor; a graph that uses it keeps its memory. NULL is fine. */
SOCLE_API void socle_tensor_destroy(socle_tensor *tensor);
/* Its shape; rank 0 for NULL. */
SOCLE_API socle_shape socle_tensor_shape(const socle_tensor *tensor);
/* Its element type. */
SOCLE_API socle_dtype socle_tensor_dtype(const socle_tensor *tensor);
/* Bytes of all its elements; 0 for NULL. */
SOCLE_API size_t socle_tensor_bytes(const socle_tensor *tensor);
/* Copies all elements from host memory; returns when done.
 * data: `bytes` bytes, which must equal socle_tensor_bytes. errors: INVALID_ARGUMENT, DEVICE. */
SOCLE_API socle_status socle_tensor_write(socle_tensor *tensor, const void *data, size_t bytes);
/* Copies all elements to host memory; as socle_tensor_write. */
SOCLE_API socle_status socle_tensor_read(socle_tensor *tensor, void *data, size_t bytes);

typedef struct socle_graph socle_graph;
typedef int socle_value;

/* Height and width of a window, in that order. Zeros mean: stride and dilation 1 (pooling: stride =
 * kernel), no padding. */
typedef struct socle_window {
    int kernel[2], stride[2], dilation[2];
    int pad[4]; /* top, bottom, left, right */
} socle_window;

/* Makes an empty graph. errors: STATE (the context has no device), OUT_OF_MEMORY. */
SOCLE_API socle_status socle_graph_create(socle_graph **out, socle_context *context);
/* Releases the graph and what its runs needed. NULL is fine. */
SOCLE_API void socle_graph_destroy(socle_graph *graph);

/* A value read from `tensor` at each run. f16 and bf16 may stand wherever f32 is asked for: their
 * elements are exact f32, which is what is computed with, and results are f32. */
SOCLE_API socle_value socle_op_tensor(socle_graph *graph, socle_tensor *tensor);
/* After each run, `value` stands in `tensor`, which has its shape and type; f32 is also stored as
 * f16 or bf16, rounded once to nearest even. A tensor that the graph reads may be stored to: a run
 * reads the old elements. Each once. */
SOCLE_API void socle_op_store(socle_graph *graph, socle_value value, socle_tensor *tensor);

/* Applies a function to each element, by word: "relu", "tanh", "sigmoid", "exp", "log", "sqrt",
 * "square", "neg", "abs", "sin", "cos", "erf", "softplus", "silu", "gelu", "mish", ... x: f32. */
SOCLE_API socle_value socle_op_unary(socle_graph *graph, const char *word, socle_value x);
/* Joins elements pairwise: "add", "sub", "mul", "div", "min", "max", "pow". a, b: f32 of equal
 * rank; sizes equal, or 1, which stretches. */
SOCLE_API socle_value socle_op_binary(socle_graph *graph, const char *word, socle_value a,
                                      socle_value b);
/* A formula of each element of 1 to 8 values: of x, or of several as x1, x2 ...:
 * socle_op_expr(graph, 1, &x, "x * tanh(log(1 + exp(x)))"). x: f32 of equal rank; sizes equal, or
 * 1, which stretches. formula: docs/configuration.md, "Formulas". An error names the column. */
SOCLE_API socle_value socle_op_expr(socle_graph *graph, int count, const socle_value *x,
                                    const char *formula);
/* 1 where the comparison holds, else 0, as f32: "lt" (a < b), "le", "gt", "ge", "eq", "ne". A NaN
 * is unequal to all and neither less nor greater. a, b: as of socle_op_binary. It has no slope. */
SOCLE_API socle_value socle_op_compare(socle_graph *graph, const char *word, socle_value a,
                                       socle_value b);
/* a where `condition` is not 0, else b; the other one's elements do not matter, NaN included. All
 * three: f32 of equal rank; sizes equal, or 1, which stretches. */
SOCLE_API socle_value socle_op_select(socle_graph *graph, socle_value condition, socle_value a,
                                      socle_value b);
/* f32 elements of one value, which need no tensor. errors: SHAPE. */
SOCLE_API socle_value socle_op_constant(socle_graph *graph, float value, socle_shape shape);
/* Random numbers of [0,1) as f32, others in each run (socle_graph_seed). errors: SHAPE. */
SOCLE_API socle_value socle_op_uniform(socle_graph *graph, socle_shape shape);
/* Random numbers of mean 0 and variance 1, normally distributed; as socle_op_uniform. */
SOCLE_API socle_value socle_op_normal(socle_graph *graph, socle_shape shape);
/* Sets a share `rate` (0 to 0.999) of the elements to 0, others in each run, and multiplies the
 * rest by 1 / (1 - rate). x: f32. */
SOCLE_API socle_value socle_op_dropout(socle_graph *graph, socle_value x, float rate);
/* Elements of any type as f32, times `factor`. It has no gradient where x is u8 or i32. */
SOCLE_API socle_value socle_op_to_float(socle_graph *graph, socle_value x, float factor);
/* Matrix product. a: f32 [.., M,K] ([.., K,M] when transposed), b: f32 [.., K,N] ([.., N,K]);
 * result [.., M,N]. Leading sizes are equal, or 1, which stretches. */
SOCLE_API socle_value socle_op_matmul(socle_graph *graph, socle_value a, socle_value b,
                                      int transpose_a, int transpose_b);
/* Cross-correlation. x: f32 [N,C,H,W], weight: f32 [O, C/groups, KH, KW]; result [N,O,OH,OW].
 * groups 0: 1. */
SOCLE_API socle_value socle_op_conv2d(socle_graph *graph, socle_value x, socle_value weight,
                                      const socle_window *window, int groups);
/* Largest element of each window; padding never wins. x: f32 [N,C,H,W]; result [N,C,OH,OW]. */
SOCLE_API socle_value socle_op_maxpool2d(socle_graph *graph, socle_value x,
                                         const socle_window *window);
/* Mean of each window without its padding. x: f32 [N,C,H,W]; result [N,C,OH,OW]. */
SOCLE_API socle_value socle_op_avgpool2d(socle_graph *graph, socle_value x,
                                         const socle_window *window);
/* Sum over the dimensions of which bit d of `axes` is set, at least one; they stay as size 1.
 * x: f32. */
SOCLE_API socle_value socle_op_sum(socle_graph *graph, socle_value x, unsigned axes);
/* Softmax along the last dimension. x: f32 of rank 1 or more. */
SOCLE_API socle_value socle_op_softmax(socle_graph *graph, socle_value x);
/* -log softmax(logits)[label]. logits: f32 [N,C], labels: u8 or i32 [N]; result [N]. A label out of
 * range gives NaN. */
SOCLE_API socle_value socle_op_cross_entropy(socle_graph *graph, socle_value logits,
                                             socle_value labels);
/* (x - mean) / sqrt(variance + epsilon) * scale + shift, with the mean and the biased variance of x
 * along its last dimension. x: f32 [.., C], scale, shift: f32 [C]; epsilon: above 0. */
SOCLE_API socle_value socle_op_layer_norm(socle_graph *graph, socle_value x, socle_value scale,
                                          socle_value shift, float epsilon);

/* How attention weighs. Zeros are what most want. */
typedef struct socle_attention {
    int heads;   /* 0: one */
    float scale; /* of the products; 0: 1 / sqrt(columns of a head) */
    int causal;  /* not 0: query t sees the keys up to t + S - T; with as many keys as queries none
                    that come later, and the last query sees all */
} socle_attention;

/* Attention: of the rows of v that a query sees, the sum weighted by the softmax of scale * q.k.
 * The scores are never stored. q: f32 [N,T,W], k, v: f32 [N,S,W], of which each head has W / heads
 * neighbouring columns; length: i32 [N], how many keys of each sample count (below 0: none, above
 * S: all), or, instead of a value, -1: all count; attention: NULL for zeros; result [N,T,W], 0
 * where a query sees no key. */
SOCLE_API socle_value socle_op_attention(socle_graph *graph, socle_value q, socle_value k,
                                         socle_value v, socle_value length,
                                         const socle_attention *attention);
/* Rows of a table. table: [V, ...], index: i32 [N]; result [N, ...]. Out of range: zeros. */
SOCLE_API socle_value socle_op_gather(socle_graph *graph, socle_value table, socle_value index);
/* Position of the first maximum along the last dimension. x: f32 [.., C]; result i32 [..]. It has
 * no gradient. */
SOCLE_API socle_value socle_op_argmax(socle_graph *graph, socle_value x);
/* The same elements in another shape of as many. */
SOCLE_API socle_value socle_op_reshape(socle_graph *graph, socle_value x, socle_shape shape);
/* Dimensions in another order: size i of the result is size order[i] of x. order: as many numbers
 * as x has dimensions. */
SOCLE_API socle_value socle_op_permute(socle_graph *graph, socle_value x, const int *order);
/* A part: `size` elements from `begin` on in each dimension, both as many numbers as x has
 * dimensions. x: any type. */
SOCLE_API socle_value socle_op_slice(socle_graph *graph, socle_value x, const int64_t *begin,
                                     const int64_t *size);
/* Joins `count` values (1 to 15) along `axis`; their other sizes and types are equal. */
SOCLE_API socle_value socle_op_concat(socle_graph *graph, int count, const socle_value *x,
                                      int axis);

/* Appends the gradient of the sum of `loss` with respect to each of wrt[0..count): gradient[i] is
 * an f32 value of the shape of wrt[i], zeros where loss does not depend on it. errors: the first
 * error of building; INVALID_ARGUMENT, UNSUPPORTED (an operation has none). */
SOCLE_API socle_status socle_graph_gradient(socle_graph *graph, socle_value loss, int count,
                                            const socle_value *wrt, socle_value *gradient);
/* Chooses the random numbers of the graph's runs; 0 until it is called. Run number k, from 1 at
 * each call, draws the same numbers on every device. NULL: nothing. */
SOCLE_API void socle_graph_seed(socle_graph *graph, uint64_t seed);
/* Plans the graph: chooses and compiles kernels, lays out memory. No operation can be added
 * afterwards. errors: the first error of building; STATE (compiled already), BUILD, DEVICE_MEMORY;
 * after a failure only socle_graph_destroy is of use. */
SOCLE_API socle_status socle_graph_compile(socle_graph *graph);
/* Runs the compiled graph once and waits. errors: STATE (not compiled), DEVICE. */
SOCLE_API socle_status socle_graph_run(socle_graph *graph);

#ifdef __cplusplus
}
#endif
#endif
