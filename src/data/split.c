/* SPDX-License-Identifier: Apache-2.0 */
/* See split.h. One permutation, put into another order where there are strata or groups; then a
 * piece is cut out of it. */
#include "data/split.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

/* The permutation that splits must differ from those of all epochs. */
enum { SPLIT_EPOCH = -1 };

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

/* ---- Orders ---- */

typedef struct place {
    uint32_t sample, at; /* in the permutation */
    uint32_t kind;       /* stratum or group */
    double key;
} place;

static int compare_kinds(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int compare_keys(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Members of a stratum have keys at equal distances, those of a group the place of its first. */
static void set_keys(place *list, uint32_t count, bool groups) {
    for (uint32_t first = 0, next; first < count; first = next) {
        for (next = first; next < count && list[next].kind == list[first].kind;) next++;
        for (uint32_t i = first; i < next; i++)
            list[i].key =
                groups ? list[first].at : ((double)(i - first) + 0.5) / (double)(next - first);
    }
}

static void arrange(place *list, uint32_t *permutation, uint32_t count, const uint32_t *kind,
                    bool groups) {
    for (uint32_t i = 0; i < count; i++)
        list[i] = (place){.sample = permutation[i], .at = i, .kind = kind[permutation[i]]};
    qsort(list, count, sizeof *list, compare_kinds);
    set_keys(list, count, groups);
    qsort(list, count, sizeof *list, compare_keys);
    for (uint32_t i = 0; i < count; i++) permutation[i] = list[i].sample;
}

/* ---- Pieces ---- */

enum { TRAINED_ON, SET_ASIDE, SHARED }; /* what samples are marked with */

typedef struct piece {
    sc_env *env;
    const sc_split_options *options;
    int64_t fold;
    uint32_t count;
    uint32_t *permutation;
    uint8_t *marked;
} piece;

static uint32_t boundary(const piece *of, int64_t fold) {
    double end = (double)of->count * of->options->fraction * (double)fold;
    return (uint32_t)fmin(floor(end + 0.5), of->count);
}

static void mark_samples(const piece *of) {
    uint32_t begin = boundary(of, of->fold - 1), part = boundary(of, of->fold) - begin;
    part = part < 1 ? 1 : part >= of->count ? of->count - 1 : part;
    if (begin > of->count - part) begin = of->count - part;
    for (uint32_t i = 0; i < part; i++) of->marked[of->permutation[begin + i]] = SET_ASIDE;
}

static socle_status mark_groups(const piece *of) {
    const uint32_t *group = of->options->group, *order = of->permutation;
    const double size = (double)of->count * of->options->fraction,
                 begin = size * (double)(of->fold - 1), end = size * (double)of->fold;
    uint32_t groups = 0, taken = 0;
    for (uint32_t first = 0, next; first < of->count; first = next, groups++) {
        for (next = first; next < of->count && group[order[next]] == group[order[first]];) next++;
        double middle = ((double)first + (double)next) / 2;
        bool in = middle >= begin && middle < end;
        for (uint32_t i = first; in && i < next; i++) of->marked[order[i]] = SET_ASIDE;
        taken += in;
    }
    if (taken && taken < groups) return SOCLE_OK;
    return sc_fail(of->env, SOCLE_STATUS_CONFIG,
                   "of %u groups, %s in validation part number %lld, which is %g of the samples; "
                   "there must be some on either side: take %s part, or smaller groups",
                   groups, taken ? "all lie" : "none lies", (long long)of->fold,
                   of->options->fraction, taken ? "a smaller" : "a larger");
}

/* Samples that follow one another: the last of them come first, and are the first fold. */
static socle_status mark_in_order(const piece *of) {
    const int64_t reach = of->options->reach;
    uint32_t left = 0;
    if (of->options->stratum || of->options->group)
        return sc_fail(of->env, SOCLE_STATUS_CONFIG,
                       "samples that follow one another, as those of a text, are set aside as one "
                       "piece; neither classes nor groups can say which");
    for (uint32_t i = 0; i < of->count; i++) of->permutation[i] = of->count - 1 - i;
    mark_samples(of);
    for (int64_t i = 0; i < of->count; i++) {
        if (of->marked[i] != SET_ASIDE) continue;
        for (int64_t k = i > reach ? i - reach : 0; k <= i + reach && k < of->count; k++)
            if (of->marked[k] == TRAINED_ON) of->marked[k] = SHARED;
    }
    for (uint32_t i = 0; i < of->count; i++) left += of->marked[i] == TRAINED_ON;
    if (left) return SOCLE_OK;
    return sc_fail(of->env, SOCLE_STATUS_CONFIG,
                   "of %u samples, none is left to train on: %g of them are set aside, and the "
                   "others share a part of the text with those; take a smaller part, a longer "
                   "text, or samples further apart (every)",
                   of->count, of->options->fraction);
}

static socle_status mark(piece *of) {
    const sc_split_options *options = of->options;
    const uint32_t *kind = options->group ? options->group : options->stratum;
    place *list = NULL;
    if (options->in_order) return mark_in_order(of);
    sc_rng_permutation(of->permutation, of->count, options->seed, (uint32_t)SPLIT_EPOCH);
    if (kind) {
        SC_TRY(sc_allocate(of->env, &list, of->count, sizeof *list));
        arrange(list, of->permutation, of->count, kind, options->group != NULL);
        sc_release(of->env, list);
    }
    if (options->group) return mark_groups(of);
    mark_samples(of);
    return SOCLE_OK;
}

static void mark_tail(const piece *of) {
    for (uint32_t i = of->count - of->options->tail; i < of->count; i++) of->marked[i] = SET_ASIDE;
}

static socle_status distribute(sc_split *out, const piece *of) {
    uint32_t part = 0, rest = 0;
    for (uint32_t i = 0; i < of->count; i++) {
        part += of->marked[i] == SET_ASIDE;
        rest += of->marked[i] == TRAINED_ON;
    }
    SC_TRY(sc_allocate(of->env, &out->train, rest, sizeof *out->train));
    SC_TRY(sc_allocate(of->env, &out->validation, part, sizeof *out->validation));
    for (uint32_t i = 0; i < of->count; i++) {
        if (of->marked[i] == SET_ASIDE)
            out->validation[out->validation_count++] = i;
        else if (of->marked[i] == TRAINED_ON)
            out->train[out->train_count++] = i;
    }
    return SOCLE_OK;
}

static socle_status split(sc_split *out, piece *of) {
    const sc_split_options *options = of->options;
    SC_TRY(check_fraction(of->env, of->count, options->fraction, of->fold));
    SC_TRY(sc_allocate(of->env, &of->permutation, of->count, sizeof *of->permutation));
    SC_TRY(sc_allocate(of->env, &of->marked, of->count, 1));
    if (options->tail)
        mark_tail(of);
    else if (options->fraction > 0)
        SC_TRY(mark(of));
    return distribute(out, of);
}

socle_status sc_split_create(sc_split *out, sc_env *env, uint32_t count,
                             const sc_split_options *options) {
    piece of = {
        .env = env, .options = options, .count = count, .fold = options->fold ? options->fold : 1};
    *out = (sc_split){0};
    socle_status status = split(out, &of);
    sc_release(env, of.permutation);
    sc_release(env, of.marked);
    if (status != SOCLE_OK) sc_split_free(out, env);
    return status;
}

void sc_split_free(sc_split *split, sc_env *env) {
    sc_release(env, split->train);
    sc_release(env, split->validation);
    *split = (sc_split){0};
}
