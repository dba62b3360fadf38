/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of src/verify: a generator of its own, so that a fault in Philox cannot hide
 * itself, and what a random case is drawn from. Equal seeds give equal cases on every device. */
#ifndef SC_VERIFY_DRAW_H
#define SC_VERIFY_DRAW_H

#include "op/op.h"

/* splitmix64 */
uint64_t sc_draw_next(uint64_t *state);
double sc_draw_uniform(uint64_t *state);                             /* [0, 1) */
int64_t sc_draw_below(uint64_t *state, int64_t limit);               /* 0 .. limit - 1 */
int64_t sc_draw_between(uint64_t *state, int64_t low, int64_t high); /* both included */
bool sc_draw_once_in(uint64_t *state, int64_t times);
/* A size of 1 .. most: small ones, any one, and one beside a multiple of a vector or a tile. */
int64_t sc_draw_size(uint64_t *state, int64_t most);
/* `rank` sizes of at most `elements` elements together. */
void sc_draw_sizes(uint64_t *state, int rank, int64_t *size, int64_t elements);

/* Two generators of a random case. `style` repeats after a few cases: whatever drivers compile into
 * a kernel (windows, expressions, patterns of broadcasting) comes from it, or a sweep would do
 * nothing but compile. All the rest comes from `row`, which is another one for each case. */
typedef struct sc_draw {
    uint64_t row, style;
} sc_draw;
/* Case `row` of `count`, of a family of operations. */
sc_draw sc_draw_make(uint64_t seed, int family, int64_t row, int64_t count);

#endif
