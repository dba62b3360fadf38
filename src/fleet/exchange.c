/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of an exchange, each through its table. */
#include "fleet/exchange.h"

void sc_exchange_destroy(sc_exchange *exchange) {
    if (exchange) exchange->functions->destroy(exchange);
}

void sc_exchange_trace(sc_exchange *exchange, sc_trace *trace) {
    exchange->functions->trace(exchange, trace);
}

socle_status sc_exchange_begin(sc_exchange *exchange, const sc_exchange_step *step,
                               uint64_t *ticket) {
    return exchange->functions->begin(exchange, step, ticket);
}

bool sc_exchange_deliver(sc_exchange *exchange, uint64_t ticket, int range) {
    return exchange->functions->deliver(exchange, ticket, range);
}

bool sc_exchange_wait(sc_exchange *exchange, uint64_t ticket, int range) {
    return exchange->functions->wait(exchange, ticket, range);
}

bool sc_exchange_ready(sc_exchange *exchange, uint64_t ticket, int range) {
    return exchange->functions->ready(exchange, ticket, range);
}

void sc_exchange_cancel(sc_exchange *exchange, uint64_t ticket) {
    exchange->functions->cancel(exchange, ticket);
}

const float *sc_exchange_totals(const sc_exchange *exchange) {
    return exchange->functions->totals(exchange);
}
