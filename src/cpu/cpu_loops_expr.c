/* SPDX-License-Identifier: Apache-2.0 */
/* One loop per operation of scalar expressions, expanded from expr_list.def; compiled once per
 * instruction set. */
#include "cpu/cpu_loops.h"
#include "cpu/cpu_scalar.h"

#define TYPE_F float
#define TYPE_I int32_t
#define TYPE__ int
#define AT_F(pointer, i) ((const float *)(pointer))[i]
#define AT_I(pointer, i) ((const int32_t *)(pointer))[i]
#define AT__(pointer, i) 0

#define SC_EXPR(NAME, word, result, ta, tb, tc, body)                                              \
    static void loop_##NAME(void *out, const void *pa, const void *pb, const void *pc,             \
                            int64_t count) {                                                       \
        TYPE_##result *to = out;                                                                   \
        (void)pb;                                                                                  \
        (void)pc;                                                                                  \
        SC_INDEPENDENT                                                                             \
        for (int64_t i = 0; i < count; i++) {                                                      \
            const TYPE_##ta a = AT_##ta(pa, i);                                                    \
            const TYPE_##tb b = AT_##tb(pb, i);                                                    \
            const TYPE_##tc c = AT_##tc(pc, i);                                                    \
            (void)b;                                                                               \
            (void)c;                                                                               \
            to[i] = body;                                                                          \
        }                                                                                          \
    }
#include "op/expr_list.def"
#undef SC_EXPR

sc_cpu_loop *const SC_LOOP(expr)[SC_EXPR_COUNT] = {
#define SC_EXPR(NAME, word, result, ta, tb, tc, body) [SC_EXPR_##NAME] = loop_##NAME,
#include "op/expr_list.def"
#undef SC_EXPR
};
