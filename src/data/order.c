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
    socle_status status = other->window ? sc_order_set_window(order, other->window, 0) : SOCLE_OK;
    if (status != SOCLE_OK) sc_order_free(order);
    return status;
}

void sc_order_replace(sc_order *order, uint32_t epoch) {
    order->replacement = true;
    sc_order_set_epoch(order, epoch);
}

void sc_order_free(sc_order *order) {
    if (!order->env) return;
    sc_release(order->env, order->samples);
    sc_release(order->env, order->visit);
    sc_release(order->env, order->windows);
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

static bool has_windows(const sc_order *order) {
    return order->window && order->window < order->count;
}

static uint32_t windows_of(const sc_order *order) {
    return (order->count - 1) / order->window + 1;
}

socle_status sc_order_set_window(sc_order *order, uint32_t window, uint32_t epoch) {
    sc_order after = *order;
    after.window = window;
    after.windows = NULL;
    if (has_windows(&after))
        SC_TRY(sc_allocate(order->env, &after.windows, windows_of(&after), sizeof *after.windows));
    sc_release(order->env, order->windows);
    *order = after;
    sc_order_set_epoch(order, epoch);
    return SOCLE_OK;
}

/* Windows come in an order of their own, and each has one within, from a seed of its own. */
static void shuffle_windows(sc_order *order, uint32_t epoch) {
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
    uint32_t window = order->window, at = 0, *which = order->windows;
    sc_rng_permutation(which, windows_of(order), order->seed, epoch);
    for (uint32_t w = 0; w < windows_of(order); w++) {
        uint32_t begin = which[w] * window, left = order->count - begin,
                 length = left < window ? left : window;
        uint64_t seed = order->seed + golden * (which[w] + 1);
        sc_rng_permutation(order->visit + at, length, seed, epoch);
        for (uint32_t i = 0; i < length; i++) order->visit[at + i] += begin;
        at += length;
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
    if (has_windows(order))
        shuffle_windows(order, epoch);
    else
        sc_rng_permutation(order->visit, order->count, order->seed, epoch);
    for (uint32_t i = 0; i < order->count; i++) order->visit[i] = order->samples[order->visit[i]];
}
