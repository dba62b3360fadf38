/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that are measured: one table of shapes of real networks (cases.c), and what each
 * of them needs at least. Knows no clock. */
#ifndef SC_BENCH_CASES_H
#define SC_BENCH_CASES_H

#include "bench/bench.h"

typedef struct sc_bench_case {
    const char *network; /* where the shape comes from */
    sc_op_desc desc;     /* its expr is the one below, or NULL */
    sc_expr expr;
    int64_t rows;  /* samples of a launch */
    int64_t limit; /* integers of inputs lie below */
    double flops;  /* of the mathematics: a multiply-add is 2, every other function 1 */
    double bytes;  /* all operands, moved once */
    bool quick;    /* belongs to the quick part */
} sc_bench_case;

/* NULL-terminated walk: fills case `number` of the table; false beyond the last. What is wrong with
 * its descriptor is an error. */
socle_status sc_bench_case_at(sc_env *env, int number, sc_bench_case *out, bool *there);
/* The word of a family of operations that a list may name, and how many sizes it has; NULL beyond
 * the last. */
const char *sc_bench_family(int number, int *sizes);
/* The same walk over the operations of a family for sizes that somebody chose, from 1 to 2^20. */
socle_status sc_bench_case_of(sc_env *env, int family, const int64_t *size, int number,
                              sc_bench_case *out, bool *there);

#endif
