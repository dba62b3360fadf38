/* SPDX-License-Identifier: Apache-2.0 */
/* Random shapes of every family of operations against the double reference. */
#include "verify_random.h"

#include "verify/draw.h"

enum {
    ON_CPU = 100,
    PRODUCTS_ON_CPU = 40, /* a convolution in doubles takes a while */
    ON_OPENCL = 3
}; /* test_verify_random_*.c: 20,000 on cpu, hundreds on OpenCL */

VERIFY_RANDOM_PRODUCTS(VERIFY_RANDOM_CPU, PRODUCTS_ON_CPU)
VERIFY_RANDOM_OTHERS(VERIFY_RANDOM_CPU, ON_CPU)

/* In one process, in which PoCL's compiler reads its library once. */
#define RUN(family, count) random_on_opencl(#family, count);
Test(verify_random, on_opencl) {
    VERIFY_RANDOM_PRODUCTS(RUN, ON_OPENCL)
    VERIFY_RANDOM_OTHERS(RUN, ON_OPENCL)
}
#undef RUN

/* A case follows from seed, number and count alone; another seed gives other cases. */
Test(verify_random, cases_follow_from_the_seed) {
    for (int64_t row = 0; row < 200; row++) {
        sc_draw a = sc_draw_make(1, 2, row, 200), b = sc_draw_make(1, 2, row, 200),
                c = sc_draw_make(2, 2, row, 200);
        SC_EQ(a.row, b.row);
        SC_EQ(a.style, b.style);
        SC_TRUE(a.row != c.row);
    }
}

Test(verify_random, sizes_reach_the_limit_and_keep_it) {
    uint64_t state = 7;
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t size = sc_draw_size(&state, 70);
        least = size < least ? size : least;
        most = size > most ? size : most;
    }
    SC_EQ(least, 1);
    SC_EQ(most, 70);
}
