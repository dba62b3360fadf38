/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of every operation: double precision, the plainest loops, one function per
 * operation, sharing nothing with a driver or with cl/. Each fills the value of every output
 * element and the bound by which a float32 result may miss it (from tolerance.h). A bound of 0
 * means: equal to the bit. */
#ifndef SC_VERIFY_REFERENCE_H
#define SC_VERIFY_REFERENCE_H

#include "op/op.h"

/* Elements of one operand at the launch's rows, plain row-major whatever the device's layout. */
typedef struct sc_reference_array {
    sc_tensor_desc tensor;
    int64_t count;
    double *value;
    double *bound; /* outputs only */
} sc_reference_array;

typedef struct sc_reference_job {
    const sc_op_desc *desc;
    const sc_launch *launch;
    bool correct_divide; /* a trait of the device under test */
    bool unrounded;      /* in double throughout: no bounds, and nothing is rounded to float */
    bool whole; /* the data are small whole numbers: sums below 2^24 are exact in any order */
    sc_reference_array operand[SC_MAX_OPERANDS];
} sc_reference_job;

/* Fills the outputs of a job whose inputs have values. */
void sc_reference_run(sc_reference_job *job);

/* --- Pieces of it --- */

/* Where in an index space an expression is evaluated. */
typedef struct sc_reference_point {
    const sc_launch *launch;
    int64_t coordinate[SC_MAX_RANK];
    uint32_t sample;  /* its global position; 0 where nothing is batched */
    uint32_t element; /* number of the element within its sample */
} sc_reference_point;

typedef struct sc_reference_number {
    double value, error;
} sc_reference_number;

typedef enum sc_reference_way {
    SC_REFERENCE_BOUNDED, /* in double, with the bound of each rounding carried along (`error`) */
    SC_REFERENCE_EXACT,   /* every operation is correctly rounded: to float after each */
    SC_REFERENCE_DOUBLE   /* in double, without bounds */
} sc_reference_way;
/* All outputs of an expression. */
void sc_reference_expr(const sc_expr *expr, const sc_reference_point *point, sc_reference_way way,
                       bool correct_divide, const sc_reference_number *input,
                       sc_reference_number *output);
/* How a job's expressions are computed. */
sc_reference_way sc_reference_way_of(const sc_reference_job *job, const sc_expr *expr);
/* True when sc_reference_expr may be asked for exact results. */
bool sc_reference_expr_exact(const sc_expr *expr, bool correct_divide);
/* One scalar operation in double, no rounding; integers as whole doubles. */
double sc_reference_scalar(sc_expr_op op, double a, double b, double c);

/* Philox4x32-10 and the numbers made of it (expr.h: UNIFORM, NORMAL). */
void sc_reference_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);
double sc_reference_uniform(const sc_reference_point *point, uint32_t ordinal);
double sc_reference_normal(const sc_reference_point *point, uint32_t ordinal, double *error);

/* Points of an index space in row-major order: sets coordinate, sample and element of the point
 * number `index`. */
void sc_reference_locate(sc_reference_point *point, const sc_tensor_desc *space, int64_t rows,
                         int64_t index);
/* The element of a broadcast operand that belongs to a point. */
int64_t sc_reference_broadcast(const sc_tensor_desc *tensor, int64_t rows,
                               const int64_t *coordinate);

/* The bound of a sum of `length` terms: 0 where whole numbers make it exact. */
double sc_reference_sum_bound(const sc_reference_job *job, int64_t length, double magnitude);

/* Replaces the raw results in the one output by the tail's. */
void sc_reference_tail(sc_reference_job *job);

typedef void sc_reference_function(sc_reference_job *job);
sc_reference_function sc_reference_elementwise, sc_reference_matmul, sc_reference_conv2d,
    sc_reference_conv2d_grad_input, sc_reference_conv2d_grad_weight, sc_reference_maxpool2d,
    sc_reference_maxpool2d_grad, sc_reference_avgpool2d, sc_reference_avgpool2d_grad,
    sc_reference_reduce, sc_reference_softmax, sc_reference_softmax_grad,
    sc_reference_cross_entropy, sc_reference_layer_norm, sc_reference_layer_norm_grad,
    sc_reference_attention, sc_reference_attention_grad_query, sc_reference_attention_grad_key,
    sc_reference_gather, sc_reference_scatter_add, sc_reference_put_rows, sc_reference_argmax,
    sc_reference_permute, sc_reference_slice, sc_reference_concat, sc_reference_pad,
    sc_reference_crop2d, sc_reference_reorder;

#endif
