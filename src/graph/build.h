/* SPDX-License-Identifier: Apache-2.0 */
/* Builders of single operations and small compositions on a graph, named as the field names them.
 * Each returns the new value, or SC_NO_VALUE with the error kept in the graph. */
#ifndef SC_GRAPH_BUILD_H
#define SC_GRAPH_BUILD_H

#include "graph/graph.h"

/* One scalar function of one or two values; shapes broadcast (equal ranks; size-1 dims stretch). */
sc_value sc_build_unary(sc_graph *graph, sc_expr_op op, sc_value x);
sc_value sc_build_binary(sc_graph *graph, sc_expr_op op, sc_value a, sc_value b);
sc_value sc_build_scale(sc_graph *graph, sc_value x, float factor, float offset); /* factor * x +
                                                                                     offset */
sc_value sc_build_zeros_like(sc_graph *graph, sc_value x);
/* An arbitrary expression of `count` values. One output per expression output. */
void sc_build_expr(sc_graph *graph, const sc_expr *expr, int count, const sc_value *input,
                   sc_value *out);
/* u8 or i32 -> float, times factor. */
sc_value sc_build_to_float(sc_graph *graph, sc_value x, float factor);
/* A value of `shape`, f32 and not batched: each element a constant, or a random number of [0,1) or
 * of the standard normal distribution (op: SC_EXPR_UNIFORM, SC_EXPR_NORMAL) by a fresh ordinal. */
sc_value sc_build_constant(sc_graph *graph, float value, const sc_tensor_desc *shape);
sc_value sc_build_random(sc_graph *graph, sc_expr_op op, const sc_tensor_desc *shape);
/* x * mask / (1 - rate), mask from Philox by a fresh ordinal; the backward pass draws the same mask
 * again. */
sc_value sc_build_dropout(sc_graph *graph, sc_value x, float rate);
/* The same of whole channels of images [N,C,H,W], or features of all steps [N,T,D]. */
sc_value sc_build_spatial_dropout(sc_graph *graph, sc_value x, float rate);

/* Same elements, another shape; no memory moves. A batched value keeps its samples: dim 0 is a
 * multiple of their number, and each of them then has so many rows. */
sc_value sc_build_reshape(sc_graph *graph, sc_value x, int rank, const int64_t *dim);

sc_value sc_build_matmul(sc_graph *graph, sc_value a, sc_value b, bool transpose_a,
                         bool transpose_b);
sc_value sc_build_conv2d(sc_graph *graph, sc_value x, sc_value weight, const sc_window *window,
                         int groups);
/* The convolution from x, a result of it, back to images of `desc`: what CONV2D_GRAD_INPUT makes.
 */
sc_value sc_build_conv2d_transpose(sc_graph *graph, sc_value x, sc_value weight,
                                   const sc_window *window, int groups, const sc_tensor_desc *desc);
sc_value sc_build_maxpool2d(sc_graph *graph, sc_value x, const sc_window *window);
sc_value sc_build_avgpool2d(sc_graph *graph, sc_value x, const sc_window *window,
                            bool count_padding);
/* Sum, max or min over the dims in `axes` (bit mask), which stay as size 1. */
sc_value sc_build_reduce(sc_graph *graph, sc_reduce_kind kind, sc_value x, uint32_t axes);
sc_value sc_build_softmax(sc_graph *graph, sc_value x, bool log);
/* loss [N] of logits [N,C] and labels [N]; *dlogits (may be NULL) = softmax - onehot. */
sc_value sc_build_cross_entropy(sc_graph *graph, sc_value logits, sc_value labels,
                                sc_value *dlogits);
/* The dimension of scores that holds the classes: 1 of images [N,C,H,W], else the last. */
int sc_class_axis(const sc_tensor_desc *scores);
/* A loss row by row, and what it compares. */
typedef struct sc_loss_rows {
    sc_value loss;               /* [rows]; of a row that does not count it means nothing */
    sc_value counts;             /* [rows] 0 where a row does not count, else 1; SC_NO_VALUE: every
                                    row counts */
    sc_value prediction, target; /* of classes: scores [rows, classes] and labels [rows] */
    sc_value second; /* of a loss of outputs in two halves: the second; others leave it alone */
} sc_loss_rows;
/* The loss of scores and labels: [N,C] with [N], [N,..,C] with [N,..], images [N,C,H,W] with
 * [N,H,W]; each sample has as many rows as labels. A row whose label is *ignored (NULL: none) does
 * not count. */
sc_loss_rows sc_build_class_loss(sc_graph *graph, sc_value scores, sc_value labels,
                                 const int32_t *ignored);
/* The rows alone, without their loss. */
sc_loss_rows sc_build_class_labels(sc_graph *graph, sc_value scores, sc_value labels,
                                   const int32_t *ignored);
/* Scores, or what there is for each of them, as [rows, classes]; the channels of images come last
 * for that. */
sc_value sc_build_class_rows(sc_graph *graph, sc_value scores);
/* Softmax of scores along their classes. */
sc_value sc_build_class_shares(sc_graph *graph, sc_value scores);
/* (x - mean) / sqrt(variance + epsilon) * scale + shift along the last dimension of x [.., C];
 * scale, shift [C] (Ba, Kiros and Hinton 2016). */
sc_value sc_build_layer_norm(sc_graph *graph, sc_value x, sc_value scale, sc_value shift,
                             float epsilon);
/* Attention of `heads` heads (op.h: ATTENTION). q [N,T,W], k, v [N,S,W], length i32 [N] or
 * SC_NO_VALUE. causal: query t sees the keys up to t + S - T, so the last one sees all. */
sc_value sc_build_attention(sc_graph *graph, sc_value q, sc_value k, sc_value v, sc_value length,
                            int heads, float scale, bool causal);
sc_value sc_build_gather(sc_graph *graph, sc_value table, sc_value index);
/* The table with rows[n] in the place of its row index[n]; no number comes twice. */
sc_value sc_build_put_rows(sc_graph *graph, sc_value table, sc_value index, sc_value rows);
/* A window of height x width of each sample of x [N,C,H,W] at origin i32 [N,3]: row, column,
 * mirror. 0 outside x. */
sc_value sc_build_crop2d(sc_graph *graph, sc_value x, sc_value origin, int64_t height,
                         int64_t width);
sc_value sc_build_argmax(sc_graph *graph, sc_value x);
sc_value sc_build_permute(sc_graph *graph, sc_value x, const int *order);
sc_value sc_build_slice(sc_graph *graph, sc_value x, const int64_t *begin, const int64_t *size);
sc_value sc_build_concat(sc_graph *graph, int count, const sc_value *input, int axis);
sc_value sc_build_pad(sc_graph *graph, sc_value x, const int64_t *before, const int64_t *after);

/* Batch normalisation of x [N,C,...] per channel over all other dims (Ioffe and Szegedy 2015).
 * gamma, beta [C]. mean, variance [1,C,1..] (biased) of this micro-batch come out for the running
 * statistics (may be NULL). */
sc_value sc_build_batchnorm(sc_graph *graph, sc_value x, sc_value gamma, sc_value beta,
                            float epsilon, sc_value *mean, sc_value *variance);
/* The same with given statistics [C] (evaluation). */
sc_value sc_build_batchnorm_fixed(sc_graph *graph, sc_value x, sc_value gamma, sc_value beta,
                                  sc_value mean, sc_value variance, float epsilon);
/* A vector [C] as [1,C,1,..] so that it broadcasts over a value of rank `rank`. */
sc_value sc_build_per_channel(sc_graph *graph, sc_value vector, int rank);

#endif
