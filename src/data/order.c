/* SPDX-License-Identifier: Apache-2.0 */
/* See order.h. The permutation of an epoch is taken from the seed alone, never from the one before.
 */
#include "data/order.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

/* The permutation that splits must differ from those of all epochs. */
enum { SPLIT_EPOCH = -1 };

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

static socle_status check_fraction(sc_env *env, uint32_t count, double fraction, int64_t fold) {
    if (!(fraction >= 0 && fraction < 1))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "a validation part of %g; it must be at least 0 and below 1", fraction);
    if (fraction > 0 && count < 2)
        return sc_fail(
            env, SOCLE_STATUS_CONFIG,
            "a validation part of %g cannot be taken from %u sample; at least 2 are needed",
            fraction, count);
    if (fold < 1 || (fold > 1 && !(fraction > 0 && fraction * (double)fold < 1 + 1e-9)))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "there is no validation part number %lld where each is %g of the samples",
                       (long long)fold, fraction);
    return SOCLE_OK;
}

/* Both parts in ascending order, by one pass over a mark per sample. */
static void distribute(sc_split *split, const uint8_t *marked, uint32_t count) {
    uint32_t train = 0, validation = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (marked[i])
            split->validation[validation++] = i;
        else
            split->train[train++] = i;
    }
}

static uint32_t boundary(uint32_t count, double fraction, int64_t fold) {
    return (uint32_t)fmin(floor((double)count * fraction * (double)fold + 0.5), count);
}

socle_status sc_split_create(sc_split *out, sc_env *env, uint32_t count, double fraction,
                             int64_t fold, uint64_t seed) {
    uint32_t *permutation = NULL, begin = 0, part = 0;
    uint8_t *marked = NULL;
    *out = (sc_split){0};
    if (!fold) fold = 1;
    SC_TRY(check_fraction(env, count, fraction, fold));
    if (fraction > 0) {
        begin = boundary(count, fraction, fold - 1);
        part = boundary(count, fraction, fold) - begin;
        part = part < 1 ? 1 : part >= count ? count - 1 : part;
        if (begin > count - part) begin = count - part;
    }
    out->train_count = count - part;
    out->validation_count = part;
    socle_status status = sc_allocate(env, &out->train, out->train_count, sizeof *out->train);
    if (status == SOCLE_OK)
        status = sc_allocate(env, &out->validation, part, sizeof *out->validation);
    if (status == SOCLE_OK) status = sc_allocate(env, &permutation, count, sizeof *permutation);
    if (status == SOCLE_OK) status = sc_allocate(env, &marked, count, 1);
    if (status == SOCLE_OK) {
        sc_rng_permutation(permutation, count, seed, (uint32_t)SPLIT_EPOCH);
        for (uint32_t i = 0; i < part; i++) marked[permutation[begin + i]] = 1;
        distribute(out, marked, count);
    }
    sc_release(env, permutation);
    sc_release(env, marked);
    if (status != SOCLE_OK) sc_split_free(out, env);
    return status;
}

void sc_split_free(sc_split *split, sc_env *env) {
    sc_release(env, split->train);
    sc_release(env, split->validation);
    *split = (sc_split){0};
}
