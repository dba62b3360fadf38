/* SPDX-License-Identifier: Apache-2.0 */
/* Where the sums of several devices become totals. Every device's thread delivers its part of a
 * step's sums, range by range, and takes the totals of all. An exchange is a table of functions, so
 * that a fleet does not know how far its sums travel: exchange_local.c adds up in the memory of
 * this process.
 *
 * A step is decided at one moment: when every part of every range has been delivered. Before that
 * it can be cancelled, after that it cannot, so either every device that is left commits it or none
 * does. The additions follow a program made from the step's tree, never from who was first. Thread:
 * any, but for create, begin and destroy: the caller's. */
#ifndef SC_FLEET_EXCHANGE_H
#define SC_FLEET_EXCHANGE_H

#include "base/env.h"
#include "engine/sum_tree.h"
#include "engine/trace.h"
#include "fleet/shares.h"

enum { SC_EXCHANGE_SOURCES = SC_SHARES_MOST * SC_SUM_NODES };

typedef struct sc_exchange sc_exchange;

/* One step: where the sums lie, and what is added to what. */
typedef struct sc_exchange_step {
    int contributors; /* devices that deliver, those without a source included */
    int sources;
    float *source[SC_EXCHANGE_SOURCES]; /* each a whole partial; changed by the additions */
    int merges;
    sc_sum_merge merge[SC_EXCHANGE_SOURCES]; /* holders are sources; all ends up in the first */
} sc_exchange_step;

/* What an exchange does. A kind of exchange is a struct that begins with a sc_exchange. */
typedef struct sc_exchange_functions {
    const char *name;
    void (*destroy)(sc_exchange *exchange);
    void (*trace)(sc_exchange *exchange, sc_trace *trace);
    socle_status (*begin)(sc_exchange *exchange, const sc_exchange_step *step, uint64_t *ticket);
    bool (*deliver)(sc_exchange *exchange, uint64_t ticket, int range);
    bool (*wait)(sc_exchange *exchange, uint64_t ticket, int range);
    bool (*ready)(sc_exchange *exchange, uint64_t ticket, int range);
    void (*cancel)(sc_exchange *exchange, uint64_t ticket);
    const float *(*totals)(const sc_exchange *exchange);
} sc_exchange_functions;

struct sc_exchange {
    const sc_exchange_functions *functions;
};

/* Makes an exchange. end: where each range ends, in bytes; the last one is the size of a partial.
 */
typedef socle_status (*sc_exchange_create)(sc_exchange **out, sc_env *env, int ranges,
                                           const size_t *end);
/* Devices of one process: sums and totals lie in its memory, and the thread that delivers the last
 * part of a range adds it up. So the sums of early ranges are ready while late ones are still being
 * computed. */
socle_status sc_exchange_create_local(sc_exchange **out, sc_env *env, int ranges,
                                      const size_t *end);

void sc_exchange_destroy(sc_exchange *exchange); /* no thread may be in it; NULL is fine */
/* Additions leave spans there; NULL: no more. */
void sc_exchange_trace(sc_exchange *exchange, sc_trace *trace);
/* Begins a step and gives its ticket, which is never 0; a thread left behind in an earlier step is
 * refused by its old one. */
socle_status sc_exchange_begin(sc_exchange *exchange, const sc_exchange_step *step,
                               uint64_t *ticket);
/* One contributor's part of a range is in its sources. Ranges in order. False: the step was
 * cancelled. */
bool sc_exchange_deliver(sc_exchange *exchange, uint64_t ticket, int range);
/* Waits until a range is added up. False: cancelled. */
bool sc_exchange_wait(sc_exchange *exchange, uint64_t ticket, int range);
/* Whether a range is added up already. */
bool sc_exchange_ready(sc_exchange *exchange, uint64_t ticket, int range);
/* Ends the step for all who wait in it, unless everything has been delivered already. Afterwards no
 * thread touches the sources of a cancelled step. */
void sc_exchange_cancel(sc_exchange *exchange, uint64_t ticket);
/* The totals, a whole partial; a range of it is valid after sc_exchange_wait and until the next
 * step delivers it. */
const float *sc_exchange_totals(const sc_exchange *exchange);

#endif
