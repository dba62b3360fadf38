/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange under threads that come in any order and give up at any point; and by itself, one
 * call after the other.
 */
#include "exchange_drill.h"
#include "sc_test.h"

#include <pthread.h>

static int drill(exchange_drill d) {
    char why[EXCHANGE_DRILL_TEXT] = "";
    int decided;
    SC_REPRO("%d threads, %d steps, seed %u, fixed tree %d, cancels %d", d.threads, d.steps,
             (unsigned)d.seed, d.fixed_tree, d.cancels);
    if (!exchange_drill_run(&d, &decided, why)) SC_TEST_FAIL("%s", why);
    return decided;
}

Test(exchange, whoever_comes_last_the_totals_are_right) {
    for (int threads = 1; threads <= EXCHANGE_DRILL_THREADS; threads++) {
        SC_EQ(drill((exchange_drill){threads, 150, false, false, 1}), 150);
        SC_EQ(drill((exchange_drill){threads, 150, true, false, 2}), 150);
    }
}

Test(exchange, all_commit_or_none) {
    for (uint32_t seed = 1; seed <= 3; seed++) {
        int decided = drill((exchange_drill){4, 400, true, true, seed});
        SC_TRUE(decided >= 80 && decided < 400); /* both ends were seen */
    }
}

enum { RANGES = 2, FLOATS = 64 };
static float source[3][FLOATS];

static sc_exchange_step three(void) {
    return (sc_exchange_step){.contributors = 3,
                              .sources = 3,
                              .source = {source[0], source[1], source[2]},
                              .merges = 2,
                              .merge = {{1, 2}, {0, 1}}};
}

static sc_exchange *open_exchange(sc_env *env) {
    sc_exchange *exchange;
    sc_env_init(env, NULL, NULL);
    for (int s = 0; s < 3; s++)
        for (int i = 0; i < FLOATS; i++) source[s][i] = (float)(100 * s + i);
    SC_OK(env, sc_exchange_create_local(&exchange, env, RANGES, (size_t[]){128, sizeof source[0]}));
    return exchange;
}

Test(exchange, a_range_is_there_when_all_have_delivered_it) {
    sc_env env;
    sc_exchange *exchange = open_exchange(&env);
    sc_exchange_step step = three();
    uint64_t ticket;
    SC_OK(&env, sc_exchange_begin(exchange, &step, &ticket));
    for (int t = 0; t < 3; t++) {
        SC_TRUE(!sc_exchange_ready(exchange, ticket, 0));
        SC_TRUE(sc_exchange_deliver(exchange, ticket, 0));
    }
    SC_TRUE(sc_exchange_ready(exchange, ticket, 0));
    SC_TRUE(!sc_exchange_ready(exchange, ticket, 1));
    SC_TRUE(sc_exchange_wait(exchange, ticket, 0));
    for (int i = 0; i < 32; i++)
        SC_EQ_FLOAT_BITS(sc_exchange_totals(exchange)[i], (float)(300 + 3 * i));
    sc_exchange_destroy(exchange);
}

Test(exchange, one_contributor_is_the_total) {
    sc_env env;
    sc_exchange *exchange = open_exchange(&env);
    sc_exchange_step step = {.contributors = 1, .sources = 1, .source = {source[1]}};
    uint64_t ticket;
    SC_OK(&env, sc_exchange_begin(exchange, &step, &ticket));
    for (int r = 0; r < RANGES; r++) SC_TRUE(sc_exchange_deliver(exchange, ticket, r));
    SC_EQ_MEMORY(sc_exchange_totals(exchange), source[1], sizeof source[1]);
    sc_exchange_destroy(exchange);
}

Test(exchange, cancelled_before_the_decision_only) {
    sc_env env;
    sc_exchange *exchange = open_exchange(&env);
    sc_exchange_step step = three();
    uint64_t ticket;
    SC_OK(&env, sc_exchange_begin(exchange, &step, &ticket));
    for (int t = 0; t < 3; t++) SC_TRUE(sc_exchange_deliver(exchange, ticket, 0));
    for (int t = 0; t < 2; t++) SC_TRUE(sc_exchange_deliver(exchange, ticket, 1));
    sc_exchange_cancel(exchange, ticket);
    SC_TRUE(!sc_exchange_deliver(exchange, ticket, 1));
    SC_TRUE(!sc_exchange_wait(exchange, ticket, 0)); /* even what was added up: others may not have
                                                        it */
    SC_TRUE(!sc_exchange_ready(exchange, ticket, 0));
    uint64_t again;
    SC_OK(&env, sc_exchange_begin(exchange, &step, &again));
    SC_TRUE(again != ticket);
    for (int r = 0; r < RANGES; r++)
        for (int t = 0; t < 3; t++) SC_TRUE(sc_exchange_deliver(exchange, again, r));
    sc_exchange_cancel(exchange, again); /* too late */
    for (int r = 0; r < RANGES; r++) SC_TRUE(sc_exchange_wait(exchange, again, r));
    sc_exchange_destroy(exchange);
}

/* A thread that is adding while the step is given up: no thread works in the sources once that call
 * has returned. */
enum { LARGE = 1 << 24 };

typedef struct adder {
    sc_exchange *exchange;
    uint64_t ticket;
    _Atomic int begins;
} adder;

static void *deliver_last(void *argument) {
    adder *a = argument;
    a->begins = 1;
    sc_exchange_deliver(a->exchange, a->ticket, 0);
    return NULL;
}

Test(exchange, nobody_adds_in_a_step_that_was_given_up) {
    sc_env env;
    sc_exchange *exchange;
    float *large = calloc(2 * (size_t)LARGE, sizeof *large);
    SC_TRUE(large != NULL);
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env,
          sc_exchange_create_local(&exchange, &env, 2,
                                   (size_t[]){LARGE * sizeof *large, LARGE * sizeof *large + 128}));
    sc_exchange_step step = {.contributors = 2,
                             .sources = 2,
                             .source = {large, large + LARGE},
                             .merges = 2,
                             .merge = {{0, 1}, {0, 1}}};
    for (int round = 0; round < 3; round++) {
        pthread_t thread;
        adder a = {.exchange = exchange};
        SC_OK(&env, sc_exchange_begin(exchange, &step, &a.ticket));
        SC_TRUE(sc_exchange_deliver(exchange, a.ticket, 0));
        SC_EQ(pthread_create(&thread, NULL, deliver_last, &a), 0);
        while (!a.begins) {
        }
        for (volatile int i = 0; i < 2000000 * round; i = i + 1) {
        }
        sc_exchange_cancel(exchange, a.ticket);
        for (size_t i = 0; i < LARGE; i++) large[i] = 1; /* now ours */
        for (size_t i = 0; i < LARGE; i++) large[LARGE + i] = 1;
        pthread_join(thread, NULL);
        for (size_t i = 0; i < LARGE; i++)
            if (large[i] != 1) SC_TEST_FAIL("round %d: source 0 was changed at %zu", round, i);
    }
    sc_exchange_destroy(exchange);
    free(large);
}
