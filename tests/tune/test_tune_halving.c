/* SPDX-License-Identifier: Apache-2.0 */
/* Successive halving over times that are known: the best is found, the number of measurements is
 * what the halves say, and an earlier search is gone on with. */
#include "sc_test.h"
#include "tune/halving.h"

#include <math.h>
#include <string.h>

enum { MOST = 64, ROUNDS = 4 };

typedef struct field {
    double seconds[MOST];       /* true ones */
    double noise[ROUNDS + 1];   /* by which a round may miss them, alternating */
    int asked[MOST];            /* rounds that were asked for, as bits */
    int calls, most, fails_at;  /* most: calls before there is no time left; 0: enough */
    double best[MOST * ROUNDS]; /* what was told to be the best */
} field;

static socle_status measure(void *user, int candidate, int round, double best, double *seconds) {
    field *f = user;
    if (f->fails_at && f->calls + 1 == f->fails_at) return SOCLE_STATUS_INTERRUPTED;
    *seconds = NAN;
    if (f->most && f->calls >= f->most) return SOCLE_OK;
    f->best[f->calls++] = best;
    SC_TRUE(!(f->asked[candidate] >> round & 1));
    f->asked[candidate] |= 1 << round;
    *seconds = f->seconds[candidate] * (1 + (candidate % 2 ? 1 : -1) * f->noise[round]);
    return SOCLE_OK;
}

static int run(field *f, sc_halving_entry *entry, int count, int *best) {
    int order[MOST], left;
    SC_EQ(sc_halving_run(entry, count, ROUNDS, measure, f, order, &left), SOCLE_OK);
    *best = left ? order[0] : -1;
    for (int i = 1; i < left; i++) SC_TRUE(entry[order[i - 1]].seconds <= entry[order[i]].seconds);
    return left;
}

Test(tune_halving, finds_the_best_and_halves) {
    field f = {.noise = {0, 0.2, 0.02, 0.002, 0}};
    sc_halving_entry entry[MOST] = {0};
    int best;
    for (int i = 0; i < 32; i++) f.seconds[i] = 1 + (i * 7 + 5) % 32;
    SC_EQ(run(&f, entry, 32, &best), 4);
    SC_EQ(f.seconds[best], 1.0);
    SC_EQ(f.calls, 32 + 16 + 8 + 4);
    SC_EQ(entry[best].rounds, ROUNDS);
    SC_EQ(f.best[0], 0.0); /* nothing was known */
    SC_TRUE(f.best[31] < 2);
    int whole = 0;
    for (int i = 0; i < 32; i++) whole += entry[i].rounds == ROUNDS;
    SC_EQ(whole, 4);
}

Test(tune_halving, what_is_out_takes_part_no_more) {
    field f = {0};
    sc_halving_entry entry[MOST] = {0};
    int best;
    for (int i = 0; i < 5; i++) f.seconds[i] = 5 - i;
    f.seconds[4] = (double)INFINITY;
    entry[3].out = true; /* known from before */
    SC_EQ(run(&f, entry, 5, &best), 1);
    SC_EQ(best, 2);
    SC_TRUE(entry[4].out && entry[4].rounds == 0);
    SC_EQ(f.asked[3], 0);
    SC_EQ(f.asked[4], 1 << 1);
}

Test(tune_halving, none_is_left) {
    field f = {0};
    sc_halving_entry entry[MOST] = {0};
    int best;
    for (int i = 0; i < 3; i++) f.seconds[i] = (double)INFINITY;
    SC_EQ(run(&f, entry, 3, &best), 0);
    SC_EQ(best, -1);
    SC_EQ(run(&f, entry, 0, &best), 0);
}

/* Of an earlier search nothing is measured again, and the end is the same. */
Test(tune_halving, goes_on) {
    for (int cut = 1; cut < 30; cut++) {
        field whole = {0}, part = {0}, rest = {0};
        sc_halving_entry at_once[MOST] = {0}, entry[MOST] = {0};
        int order[MOST], left, best, best_at_once;
        for (int i = 0; i < 16; i++)
            whole.seconds[i] = part.seconds[i] = rest.seconds[i] = 1 + (i * 5 + 3) % 16;
        for (int r = 1; r < ROUNDS; r++) whole.noise[r] = part.noise[r] = rest.noise[r] = 0.4 / r;
        run(&whole, at_once, 16, &best_at_once);
        part.fails_at = cut;
        SC_EQ(sc_halving_run(entry, 16, ROUNDS, measure, &part, order, &left),
              SOCLE_STATUS_INTERRUPTED);
        SC_EQ(part.calls, cut - 1);
        run(&rest, entry, 16, &best);
        SC_EQ(best, best_at_once);
        SC_EQ(part.calls + rest.calls, whole.calls);
        if (cut == whole.calls) break;
    }
}

/* Without time for all, the best of those that were measured. */
Test(tune_halving, time_runs_out) {
    field f = {.most = 3};
    sc_halving_entry entry[MOST] = {0};
    int best;
    for (int i = 0; i < 8; i++) f.seconds[i] = 8 - i;
    run(&f, entry, 8, &best);
    SC_EQ(best, 2);
    SC_EQ(f.calls, 3);
    for (int i = 3; i < 8; i++) SC_TRUE(!entry[i].out && entry[i].rounds == 0);
}

Test(tune_halving, equals_keep_their_order) {
    field f = {0};
    sc_halving_entry entry[MOST] = {0};
    int best;
    for (int i = 0; i < 9; i++) f.seconds[i] = 2;
    run(&f, entry, 9, &best);
    SC_EQ(best, 0);
}
