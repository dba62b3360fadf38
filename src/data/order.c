/* SPDX-License-Identifier: Apache-2.0 */
/* See order.h. The permutation of an epoch is taken from the seed alone, never from the one before.
 */
#include "data/order.h"
#include "base/rng.h"

#include <string.h>

socle_status sc_order_init(sc_order *order, sc_env *env, const uint32_t *samples, uint32_t count,
                           uint64_t seed, bool shuffle) {
    *order = (sc_order){.env = env, .count = count, .seed = seed, .shuffle = shuffle};
    socle_status status = sc_allocate(env, &order->samples, count, sizeof *order->samples);
    if (status == SOCLE_OK) status = sc_allocate(env, &order->visit, count, sizeof *order->visit);
    if (status != SOCLE_OK) {
        sc_order_free(order);
        return status;
    }
    for (uint32_t i = 0; i < count; i++) order->samples[i] = samples ? samples[i] : i;
    sc_order_set_epoch(order, 0);
    return SOCLE_OK;
}

socle_status sc_order_copy(sc_order *order, const sc_order *other) {
    SC_TRY(sc_order_init(order, other->env, other->samples, other->count, other->seed,
                         other->shuffle));
    if (other->replacement) sc_order_replace(order, 0);
    return SOCLE_OK;
}

void sc_order_replace(sc_order *order, uint32_t epoch) {
    order->replacement = true;
    sc_order_set_epoch(order, epoch);
}

void sc_order_free(sc_order *order) {
    if (!order->env) return;
    sc_release(order->env, order->samples);
    sc_release(order->env, order->visit);
    *order = (sc_order){0};
}

static void draw(sc_order *order, uint32_t epoch) {
    uint32_t word[4];
    for (uint32_t i = 0; i < order->count; i++) {
        if (i % 4 == 0)
            sc_rng_words(word, order->seed, (const uint32_t[4]){i / 4, epoch, 0, SC_RNG_REPLACE});
        order->visit[i] = order->samples[(uint64_t)word[i % 4] * order->count >> 32];
    }
}

void sc_order_set_epoch(sc_order *order, uint32_t epoch) {
    if (order->replacement) {
        draw(order, epoch);
        return;
    }
    if (!order->shuffle) {
        if (order->count > 0)
            memcpy(order->visit, order->samples, order->count * sizeof *order->visit);
        return;
    }
    sc_rng_permutation(order->visit, order->count, order->seed, epoch);
    for (uint32_t i = 0; i < order->count; i++) order->visit[i] = order->samples[order->visit[i]];
}
