/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of cases share: how an operation of a family is made of its sizes. */
#ifndef SC_BENCH_CASES_PRIVATE_H
#define SC_BENCH_CASES_PRIVATE_H

#include "bench/cases.h"

typedef void sc_bench_builder(sc_bench_case *out, const int64_t *size);

/* The first dimension is the batch where `rows` is 1. */
#define SC_BENCH_TENSOR(dtype, rows, ...)                                                          \
    sc_tensor_make(dtype, rows, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),         \
                   (int64_t[]){__VA_ARGS__})

void sc_bench_begin(sc_bench_case *out, sc_op op, int inputs, int outputs);

/* cases_sequence.c */
extern sc_bench_builder *const sc_bench_attentions[], *const sc_bench_layer_norms[];

#endif
