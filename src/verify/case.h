/* SPDX-License-Identifier: Apache-2.0 */
/* The case table: one file per family (verify_<family>.c) hands its cases to sc_verify_emit in a
 * fixed order; the number of a case is its place among those of its operation. */
#ifndef SC_VERIFY_CASE_H
#define SC_VERIFY_CASE_H

#include "op/op.h"
#include "verify/draw.h"

/* What an operand is filled with. */
typedef enum sc_verify_fill {
    SC_FILL_REAL,        /* uniform in [-2, 2); u8 and i32: 0..255 */
    SC_FILL_WHOLE,       /* -4 .. 4: sums of up to 2^20 products stay exact */
    SC_FILL_LARGE,       /* whole numbers of -64 .. 64: sums of up to 2^11 products stay exact */
    SC_FILL_POSITIVE,    /* 2^-8 .. 4 */
    SC_FILL_SPECIAL,     /* signed zeros, subnormals, huge, infinities, NaN, then all magnitudes */
    SC_FILL_WIDE,        /* random sign and exponent over [-100, 100] in value */
    SC_FILL_NAN,         /* REAL with a NaN or an infinity here and there */
    SC_FILL_NEAR,        /* 1000, give or take 2 */
    SC_FILL_TIES,        /* few different values: many equal maxima */
    SC_FILL_PROBABILITY, /* rows of a softmax */
    SC_FILL_LOG_PROBABILITY, /* rows of a log-softmax */
    SC_FILL_INDEX,           /* below case->limit */
    SC_FILL_WILD_INDEX,      /* as INDEX, some below 0 or beyond the limit */
    SC_FILL_LENGTH,          /* 0, case->limit, then as WILD_INDEX */
    SC_FILL_DIFFERENT,       /* as WILD_INDEX, and none of them comes twice */
    SC_FILL_TAP,             /* MAXPOOL2D_GRAD: a tap of the window that lies on data */
    SC_FILL_ORIGIN,          /* CROP2D: places whose window lies on data, at least in part */
    SC_FILL_WILD_ORIGIN      /* as ORIGIN, many just outside, or at the ends of the range */
} sc_verify_fill;

typedef struct sc_verify_case {
    sc_op_desc desc; /* expr and tail are set from the two below */
    sc_expr expr, tail;
    bool has_tail;
    uint8_t fill[SC_MAX_OPERANDS]; /* sc_verify_fill of each input */
    int64_t limit;
    bool signed_zero; /* the sign of a zero result is part of the meaning */
    bool in_place;    /* also run with output 0 over input 0 */
    bool quick;   /* belongs to the quick part of the table; true where a case costs next to nothing
                   */
    float scalar; /* launch scalar 0 */
    const char *label;
} sc_verify_case;

typedef struct sc_verify_list sc_verify_list;
struct sc_verify_list {
    bool small;  /* only the small subset is wanted */
    bool half;   /* floats will be stored in half: what they are computed to was a case already */
    bool pieces; /* and cases are wanted whose samples compose_storage.c divides */
    /* Infers missing output shapes and takes the case over. */
    void (*emit)(sc_verify_list *list, const sc_verify_case *test);
};

/* The tables, and beside each a random case of its family. */
void sc_verify_elementwise_cases(sc_verify_list *list);
void sc_verify_matmul_cases(sc_verify_list *list);
void sc_verify_conv_cases(sc_verify_list *list);
void sc_verify_pool_cases(sc_verify_list *list);
void sc_verify_reduce_cases(sc_verify_list *list);
void sc_verify_softmax_cases(sc_verify_list *list);
void sc_verify_norm_cases(sc_verify_list *list);
void sc_verify_attention_cases(sc_verify_list *list);
void sc_verify_index_cases(sc_verify_list *list);
void sc_verify_copy_cases(sc_verify_list *list);
void sc_verify_elementwise_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_matmul_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_conv_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_pool_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_reduce_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_softmax_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_norm_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_attention_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_index_random(sc_verify_list *list, sc_draw *draw);
void sc_verify_copy_random(sc_verify_list *list, sc_draw *draw);

/* A case with its operands; sizes beyond `inputs` are outputs the case chooses itself. */
sc_verify_case sc_verify_case_of(sc_op op, int inputs, int outputs, const char *label);
sc_tensor_desc sc_verify_tensor(int dtype, int64_t rows_per_sample, int rank, const int64_t *dim);
#define SC_VERIFY_TENSOR(dtype, rows_per_sample, ...)                                              \
    sc_verify_tensor(dtype, rows_per_sample,                                                       \
                     (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                    \
                     (int64_t[]){__VA_ARGS__})
/* The same case with `rows` rows to a sample instead of one, if its batched operands have so many
 * times a number of samples and room for the dimension; else it stays. */
void sc_verify_case_rows(sc_verify_case *test, int64_t rows);
/* The usual tails: relu(x + bias), bias being a further input. */
void sc_verify_bias_relu(sc_verify_case *test, sc_tensor_desc bias);
/* gate > 0 ? x : 0, then, if it draws, dropout by half. */
void sc_verify_gate(sc_verify_case *test, sc_tensor_desc gate, bool draws);

/* A random expression over inputs of the types given, with some results, and what the inputs are to
 * be filled with. `whole`: sums, differences and products of few whole numbers. */
void sc_verify_random_expr(sc_verify_case *test, uint64_t *state, int outputs, bool whole);

/* Values of input `index` at capacity: representable in its dtype, a function of the seed alone. */
void sc_verify_fill_operand(double *value, int64_t count, const sc_verify_case *test, int index,
                            uint64_t seed);

#endif
