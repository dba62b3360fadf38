/* SPDX-License-Identifier: Apache-2.0 */
/* See halving.h. */
#include "tune/halving.h"

#include <math.h>

/* One that went further in an earlier search was among the better half of this round. */
static bool is_better(const sc_halving_entry *a, const sc_halving_entry *b, int round) {
    bool a_went = a->rounds > round, b_went = b->rounds > round;
    return a_went != b_went ? a_went : a->seconds < b->seconds;
}

/* Moves the candidate at `place` to where it belongs among those before it. */
static void settle(const sc_halving_entry *entry, int *order, int place, int round) {
    int candidate = order[place];
    for (; place > 0 && is_better(&entry[candidate], &entry[order[place - 1]], round); place--)
        order[place] = order[place - 1];
    order[place] = candidate;
}

/* One round over the first `count` of `order`; *left: how many of them were measured, in order of
 * their time. */
static socle_status run_round(sc_halving_entry *entry, int *order, int count, int round,
                              sc_halving_measure *measure, void *user, int *left) {
    *left = 0;
    for (int i = 0; i < count; i++) {
        sc_halving_entry *one = &entry[order[i]];
        double seconds = one->seconds;
        if (one->rounds < round)
            SC_TRY(measure(user, order[i], round, *left ? entry[order[0]].seconds : 0, &seconds));
        if (isnan(seconds)) continue;
        one->out = isinf(seconds) != 0;
        if (one->out) continue;
        if (one->rounds < round) *one = (sc_halving_entry){.rounds = round, .seconds = seconds};
        order[*left] = order[i];
        settle(entry, order, *left, round);
        ++*left;
    }
    return SOCLE_OK;
}

socle_status sc_halving_run(sc_halving_entry *entry, int count, int rounds,
                            sc_halving_measure *measure, void *user, int *order, int *left) {
    int going = 0;
    *left = 0;
    for (int i = 0; i < count; i++)
        if (!entry[i].out) order[going++] = i;
    for (int round = 1; round <= rounds && going > 0; round++) {
        int measured;
        SC_TRY(run_round(entry, order, going, round, measure, user, &measured));
        /* Without time for any of them the standing of the round before counts. */
        if (measured == 0) {
            bool all_out = true;
            for (int i = 0; i < going; i++) all_out &= entry[order[i]].out;
            if (all_out) *left = 0;
            return SOCLE_OK;
        }
        *left = measured;
        if (measured == 1) return SOCLE_OK;
        going = (measured + 1) / 2;
    }
    return SOCLE_OK;
}
