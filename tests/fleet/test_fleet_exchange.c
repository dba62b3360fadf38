/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet reaches its exchange through the table of functions alone: one made by a test, which
 * counts calls and hands them on, gives the same bits as the standard one; one that cannot begin a
 * step ends the run with what it said. */
#include "party.h"

#include <string.h>

enum { BEGIN, DELIVER, WAIT, READY, CANCEL, TOTALS, TRACE, DESTROY, CALLS };

typedef struct counting {
    sc_exchange base;
    sc_env *env;
    sc_exchange *real;
} counting;

static _Atomic int calls[CALLS], fails_at; /* fails_at: the step that does not begin; 0: every one
                                              does */

static sc_exchange *real(const sc_exchange *exchange) {
    return ((const counting *)exchange)->real;
}

static void destroy(sc_exchange *exchange) {
    counting *c = (counting *)exchange;
    calls[DESTROY]++;
    sc_exchange_destroy(c->real);
    sc_release(c->env, c);
}

static void set_trace(sc_exchange *exchange, sc_trace *trace) {
    calls[TRACE]++;
    sc_exchange_trace(real(exchange), trace);
}

static socle_status begin(sc_exchange *exchange, const sc_exchange_step *step, uint64_t *ticket) {
    if (++calls[BEGIN] == fails_at)
        return sc_fail(((counting *)exchange)->env, SOCLE_STATUS_IO,
                       "the other host does not answer");
    return sc_exchange_begin(real(exchange), step, ticket);
}

static bool deliver(sc_exchange *exchange, uint64_t ticket, int range) {
    calls[DELIVER]++;
    return sc_exchange_deliver(real(exchange), ticket, range);
}

static bool wait_for(sc_exchange *exchange, uint64_t ticket, int range) {
    calls[WAIT]++;
    return sc_exchange_wait(real(exchange), ticket, range);
}

static bool is_ready(sc_exchange *exchange, uint64_t ticket, int range) {
    calls[READY]++;
    return sc_exchange_ready(real(exchange), ticket, range);
}

static void cancel(sc_exchange *exchange, uint64_t ticket) {
    calls[CANCEL]++;
    sc_exchange_cancel(real(exchange), ticket);
}

static const float *totals(const sc_exchange *exchange) {
    calls[TOTALS]++;
    return sc_exchange_totals(real(exchange));
}

static const sc_exchange_functions functions = {"counting", destroy,  set_trace, begin, deliver,
                                                wait_for,   is_ready, cancel,    totals};

static socle_status create(sc_exchange **out, sc_env *env, int ranges, const size_t *end) {
    counting *c;
    *out = NULL;
    SC_TRY(sc_allocate(env, &c, 1, sizeof *c));
    c->base.functions = &functions;
    c->env = env;
    socle_status status = sc_exchange_create_local(&c->real, env, ranges, end);
    if (status == SOCLE_OK)
        *out = &c->base;
    else
        sc_release(env, c);
    return status;
}

Test(fleet_exchange, goes_through_the_table_alone) {
    enum { STEPS = 4 };
    party_run standard = party_standard(STEPS), counted = standard;
    counted.fit.exchange = create;
    party_state expected = party_on("cpu=1,cpu=1", &standard),
                found = party_on("cpu=1,cpu=1", &counted);
    party_same(&expected, &found);
    SC_EQ(calls[BEGIN], STEPS);
    SC_TRUE(calls[DELIVER] >= 2 * STEPS && calls[WAIT] == calls[DELIVER] &&
            calls[TOTALS] == calls[WAIT]);
    SC_TRUE(calls[READY] > 0);
    SC_EQ(calls[CANCEL], 0);
    SC_EQ(calls[DESTROY], 1);
    party_free(&expected);
    party_free(&found);
}

Test(fleet_exchange, a_step_that_does_not_begin_ends_the_run) {
    static party p;
    party_run run = party_standard(4);
    run.fit.exchange = create;
    fails_at = 3;
    party_open(&p, "cpu=1,cpu=1");
    SC_EQ(party_train(&p, &run, NULL), SOCLE_STATUS_IO);
    SC_EQ_STR(p.env.text, "the other host does not answer");
    SC_EQ(calls[BEGIN], 3);
    SC_EQ(calls[DESTROY], 1);
    party_close(&p);
}
