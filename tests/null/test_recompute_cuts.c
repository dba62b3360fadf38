/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of cuts alone, on lists of values that no graph made: against every possible choice on
 * small random lists, and the answers that can be worked out by hand. */
#include "graph/recompute_private.h"

#include "random.h"
#include "sc_test.h"

enum { MOST_VALUES = 40 };

typedef struct list {
    sc_env env;
    sc_recompute_value value[MOST_VALUES];
    bool awkward[MOST_VALUES + 1];
    sc_recompute_values values;
} list;

static void start(list *l, int nodes) {
    memset(l, 0, sizeof *l);
    sc_env_init(&l->env, NULL, NULL);
    l->values = (sc_recompute_values){
        .env = &l->env, .nodes = nodes, .value = l->value, .awkward = l->awkward};
}

static sc_recompute_value *add(list *l, int made, int last, size_t bytes) {
    SC_TRUE(l->values.count < MOST_VALUES);
    sc_recompute_value *value = &l->value[l->values.count++];
    *value = (sc_recompute_value){.made = made, .last = last, .bytes = bytes, .stored = true};
    return value;
}

static bool cut(list *l, size_t budget, sc_recompute_cuts *out) {
    bool possible;
    SC_OK(&l->env, sc_recompute_choose_cuts(out, &l->values, false, budget, &possible));
    if (!possible) SC_EQ(out->count, 0);
    return possible;
}

#define CUTS(l, budget, ...)                                                                       \
    do {                                                                                           \
        static const int sc_expected[] = {__VA_ARGS__};                                            \
        sc_recompute_cuts sc_cuts;                                                                 \
        SC_TRUE(cut(l, budget, &sc_cuts));                                                         \
        SC_EQ(sc_cuts.count, sizeof sc_expected / sizeof *sc_expected);                            \
        for (int sc_c = 0; sc_c < sc_cuts.count; sc_c++)                                           \
            SC_EQ(sc_cuts.position[sc_c], sc_expected[sc_c]);                                      \
        sc_recompute_cuts_free(&sc_cuts);                                                          \
    } while (0)

#define UNCUT(l, budget)                                                                           \
    do {                                                                                           \
        sc_recompute_cuts sc_cuts;                                                                 \
        SC_TRUE(cut(l, budget, &sc_cuts));                                                         \
        SC_EQ(sc_cuts.count, 0);                                                                   \
        sc_recompute_cuts_free(&sc_cuts);                                                          \
    } while (0)

#define IMPOSSIBLE(l, budget)                                                                      \
    do {                                                                                           \
        sc_recompute_cuts sc_cuts;                                                                 \
        SC_TRUE(!cut(l, budget, &sc_cuts));                                                        \
        sc_recompute_cuts_free(&sc_cuts);                                                          \
    } while (0)

/* 24 equal layers: each part may store one less than the part before it, for one more is kept; 7 +
 * 6 + 5 + 4 + 2. */
Test(recompute_cuts, equal_layers) {
    list l;
    start(&l, 24);
    for (int i = 0; i < 24; i++) add(&l, i, i + 1, 100);
    SC_EQ(sc_recompute_stored(&l.values, false), 2400);
    UNCUT(&l, 2400);
    CUTS(&l, 2399, 2); /* as little as possible is made again; with 1, 100 + 2300 would be too many
                        */
    CUTS(&l, 1300, 12);
    CUTS(&l, 1299, 12, 14);
    IMPOSSIBLE(&l, 699);
    sc_recompute_cuts cuts;
    SC_TRUE(cut(&l, 700, &cuts));
    SC_EQ(cuts.count, 4);
    for (int c = 0; c < 4; c++) SC_TRUE(cuts.position[c] - (c ? cuts.position[c - 1] : 0) <= 7 - c);
    SC_TRUE(24 - cuts.position[3] <= 3);
    sc_recompute_cuts_free(&cuts);
}

/* A value that crosses two cuts is kept once: 100 that both cuts keep and 10 of the first
 * leave 310 of 420 to the last part, which it needs. */
Test(recompute_cuts, a_skip_is_kept_once) {
    list l;
    start(&l, 6);
    add(&l, 0, 5, 100);
    add(&l, 1, 1, 50);
    add(&l, 1, 2, 10);
    add(&l, 2, 2, 300);
    add(&l, 3, 4, 10);
    add(&l, 4, 4, 150);
    add(&l, 5, 5, 150);
    CUTS(&l, 420, 2, 3);
    CUTS(&l, 410, 2, 3, 5);
    IMPOSSIBLE(&l, 409);
}

Test(recompute_cuts, little_again_then_few_bytes_then_no_tails_torn) {
    list l;
    start(&l, 8);
    for (int i = 0; i < 8; i++) add(&l, i, i + 1, 100);
    l.value[2].bytes = l.value[4].bytes = 60; /* cuts at 3 and 5 keep less */
    CUTS(&l, 360, 3, 6);                      /* 3 keeps 60, where 2 and 4 would keep 100 */
    CUTS(&l, 519, 4);                         /* not 5: less is made again, and it fits */
    start(&l, 8);
    for (int i = 0; i < 8; i++) add(&l, i, i + 1, 100);
    CUTS(&l, 600, 3);
    l.awkward[3] = true;
    CUTS(&l, 600, 4);
    for (int n = 4; n < 8; n++) l.awkward[n] = true; /* all alike: the earliest that will do */
    CUTS(&l, 600, 3);
}

Test(recompute_cuts, what_is_small_or_cheap_is_not_counted) {
    list l;
    start(&l, 4);
    for (int i = 0; i < 4; i++) add(&l, i, i + 1, 100);
    l.value[1].small = true;
    SC_EQ(sc_recompute_stored(&l.values, false), 300);
    l.value[2].cheap = l.value[3].cheap = true;
    SC_EQ(sc_recompute_stored(&l.values, false), 300);
    SC_EQ(sc_recompute_stored(&l.values, true), 100);
    CUTS(&l, 250, 2); /* only the small value crosses */
    UNCUT(&l, 300);
    bool possible;
    sc_recompute_cuts cuts;
    SC_OK(&l.env, sc_recompute_choose_cuts(&cuts, &l.values, true, 100, &possible));
    SC_TRUE(possible);
    SC_EQ(cuts.count, 0);
    sc_recompute_cuts_free(&cuts);
}

Test(recompute_cuts, nothing_to_cut) {
    list l;
    start(&l, 0);
    UNCUT(&l, 0);
    start(&l, 3);
    UNCUT(&l, 0); /* nothing is stored */
    add(&l, 1, 2, 500);
    IMPOSSIBLE(&l, 499);
    UNCUT(&l, 500);
}

Test(recompute_cuts, sums_end_at_the_address_space) {
    list l;
    start(&l, 3);
    for (int i = 0; i < 3; i++) add(&l, i, i + 1, SIZE_MAX / 2);
    SC_EQ_U64(sc_recompute_stored(&l.values, false), SIZE_MAX);
    IMPOSSIBLE(&l, SIZE_MAX / 2);
    CUTS(&l, SIZE_MAX - 1, 2);
}

/* What `mask` (bit c: cut before node c) keeps; SIZE_MAX when some part does not fit the budget. */
static size_t kept_by(const list *l, unsigned mask, size_t budget) {
    size_t kept = 0;
    for (int begin = 0, end; begin < l->values.nodes; begin = end) {
        size_t part = 0, fresh = 0;
        for (end = begin + 1; end < l->values.nodes && !(mask >> end & 1); end++) {
        }
        for (size_t i = 0; i < l->values.count; i++) {
            const sc_recompute_value *value = &l->value[i];
            if (value->made < begin || value->made >= end) continue;
            if (value->stored && !value->small) part += value->bytes;
            if (end < l->values.nodes && value->last >= end && !value->small) fresh += value->bytes;
        }
        if (part + kept > budget) return SIZE_MAX;
        kept += fresh;
    }
    return kept;
}

static void random_list(list *l, uint64_t *state) {
    int nodes = 1 + random_below(state, 11);
    start(l, nodes);
    for (int n = 0; n < nodes; n++) {
        l->awkward[n] = random_below(state, 3) == 0;
        for (int k = random_below(state, 3); k > 0; k--) {
            sc_recompute_value *value =
                add(l, n, n + random_below(state, nodes - n), 1 + (size_t)random_below(state, 20));
            value->stored = random_below(state, 3) > 0;
            value->small = random_below(state, 6) == 0;
        }
    }
}

static int last_of(unsigned mask) {
    int last = 0;
    for (int c = 1; c < 32; c++)
        if (mask >> c & 1) last = c;
    return last;
}

/* The last cut that is asked for (recompute_cuts.c): the earliest possible, or one at most 8 behind
 * it that tears nothing; -1 when no cuts fit. */
static int expected_last(const list *l, size_t budget) {
    int last = -1, whole = -1;
    for (unsigned mask = 0; mask < 1u << l->values.nodes; mask += 2) {
        if (kept_by(l, mask, budget) == SIZE_MAX) continue;
        int one = last_of(mask);
        if (last < 0 || one < last) last = one;
        if ((one == 0 || !l->awkward[one]) && (whole < 0 || one < whole)) whole = one;
    }
    return whole >= 0 && whole - last <= 8 ? whole : last;
}

Test(recompute_cuts, none_do_better) {
    int several = 0;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        list l;
        uint64_t state = seed;
        random_list(&l, &state);
        int stored = (int)sc_recompute_stored(&l.values, false);
        size_t budget = (size_t)random_below(&state, stored + 1), best = SIZE_MAX;
        SC_REPRO("seed %d", (int)seed);
        if (seed % 2) budget = (size_t)(stored / 2 + random_below(&state, stored / 4 + 1));
        int last = expected_last(&l, budget);
        for (unsigned mask = 0; mask < 1u << l.values.nodes; mask += 2) {
            size_t kept = kept_by(&l, mask, budget);
            if (kept < best && last_of(mask) == last) best = kept;
        }
        sc_recompute_cuts cuts;
        unsigned mask = 0;
        SC_EQ(cut(&l, budget, &cuts), last >= 0);
        for (int c = 0; c < cuts.count; c++) {
            SC_TRUE(cuts.position[c] > (c ? cuts.position[c - 1] : 0) &&
                    cuts.position[c] < l.values.nodes);
            mask |= 1u << cuts.position[c];
        }
        if (last >= 0) {
            SC_EQ(last_of(mask), last);
            SC_EQ_U64(kept_by(&l, mask, budget), best);
        }
        several += cuts.count > 1;
        sc_recompute_cuts_free(&cuts);
    }
    sc_repro_line[0] = '\0';
    SC_TRUE(several > 50);
}

static socle_status choose(sc_env *env, void *argument) {
    (void)argument;
    list l;
    start(&l, 10);
    for (int i = 0; i < 10; i++) add(&l, i, i + 1, 100);
    l.values.env = env;
    sc_recompute_cuts cuts;
    bool possible;
    socle_status status = sc_recompute_choose_cuts(&cuts, &l.values, false, 500, &possible);
    sc_recompute_cuts_free(&cuts);
    return status;
}

Test(recompute_cuts, survives_refused_allocations) {
    sc_test_each_allocation(choose, NULL);
}
