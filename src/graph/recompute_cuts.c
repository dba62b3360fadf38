/* SPDX-License-Identifier: Apache-2.0 */
/* Where to cut: a shortest path over positions. While the backward pass is in the part that begins
 * at cut c, the memory holds what c and the cuts before it keep, and what the part itself stores;
 * parts after it are over. So the path of fewest kept bytes to each position is also the one that
 * leaves the most room for the next part. A value that crosses two cuts is kept once. Pure; O(n^2)
 * for n forward nodes at worst, and less where the budget ends a part early. */
#include "graph/recompute_private.h"

#include <string.h>

/* An operation and its bias, activation, dropout are at most so many nodes. */
enum { TAIL_NODES = 8 };

/* The best way to cut before one node. */
typedef struct place {
    size_t kept;  /* bytes, by this cut and those before it */
    int penalty;  /* cuts, awkward ones twice */
    int previous; /* cut; 0: none */
    bool reached;
} place;

typedef struct chooser {
    const sc_recompute_values *values;
    size_t budget;
    bool cheap;
    place *place;   /* per node of the forward pass; place[0] is the beginning */
    size_t *stored; /* per node: bytes that it leaves for the backward pass */
    size_t *first;  /* per node: its first entry in values->value; one more at the end */
} chooser;

/* A sum that stops at the end of the address space. */
static size_t add(size_t a, size_t b) {
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static size_t stored_bytes(const sc_recompute_value *value, bool cheap) {
    return value->stored && !value->small && !(cheap && value->cheap) ? value->bytes : 0;
}

size_t sc_recompute_stored(const sc_recompute_values *values, bool cheap) {
    size_t sum = 0;
    for (size_t i = 0; i < values->count; i++)
        sum = add(sum, stored_bytes(&values->value[i], cheap));
    return sum;
}

static socle_status prepare(chooser *c) {
    const sc_recompute_values *values = c->values;
    size_t nodes = (size_t)values->nodes;
    SC_TRY(sc_allocate(values->env, &c->place, nodes + 1, sizeof *c->place));
    SC_TRY(sc_allocate(values->env, &c->stored, nodes + 1, sizeof *c->stored));
    SC_TRY(sc_allocate(values->env, &c->first, nodes + 1, sizeof *c->first));
    size_t at = 0;
    for (size_t n = 0; n <= nodes; n++) {
        c->first[n] = at;
        for (; at < values->count && values->value[at].made == (int)n; at++)
            c->stored[n] = add(c->stored[n], stored_bytes(&values->value[at], c->cheap));
    }
    c->place[0].reached = true;
    return SOCLE_OK;
}

/* Bytes of the results of node n that nodes at or behind `cut` read. */
static size_t crossing(const chooser *c, int n, int cut) {
    size_t sum = 0;
    for (size_t i = c->first[n]; i < c->first[n + 1]; i++) {
        const sc_recompute_value *value = &c->values->value[i];
        if (value->last >= cut && !value->small) sum = add(sum, value->bytes);
    }
    return sum;
}

static bool better(const place *a, const place *b) {
    if (!b->reached) return true;
    return a->kept != b->kept ? a->kept < b->kept : a->penalty < b->penalty;
}

static void find_best(const chooser *c, int cut) {
    place *best = &c->place[cut];
    size_t part = 0, fresh = 0;
    for (int begin = cut - 1; begin >= 0; begin--) {
        const place *before = &c->place[begin];
        part = add(part, c->stored[begin]);
        fresh = add(fresh, crossing(c, begin, cut));
        if (part > c->budget) break;
        if (!before->reached || add(part, before->kept) > c->budget) continue;
        place one = {add(before->kept, fresh), before->penalty + 1 + c->values->awkward[cut], begin,
                     true};
        if (better(&one, best)) *best = one;
    }
}

/* The last cut: behind it nothing is made again, so the earliest that will do, or one a little
 * later that tears nothing. 0: none is needed; -1: none will do. */
static int find_last(const chooser *c) {
    const bool *awkward = c->values->awkward;
    int last = -1, whole = -1;
    size_t part = 0;
    for (int cut = c->values->nodes - 1; cut >= 0; cut--) {
        part = add(part, c->stored[cut]);
        if (!c->place[cut].reached || add(part, c->place[cut].kept) > c->budget) continue;
        last = cut;
        if (cut == 0 || !awkward[cut]) whole = cut;
    }
    return whole >= 0 && whole - last <= TAIL_NODES ? whole : last;
}

static socle_status choose(chooser *c, sc_recompute_cuts *out, bool *possible) {
    SC_TRY(prepare(c));
    for (int cut = 1; cut < c->values->nodes; cut++) find_best(c, cut);
    int last = c->values->nodes ? find_last(c) : 0;
    *possible = last >= 0;
    for (int cut = last; cut > 0; cut = c->place[cut].previous) out->count++;
    SC_TRY(sc_allocate(out->env, &out->position, (size_t)out->count, sizeof *out->position));
    int at = out->count;
    for (int cut = last; cut > 0; cut = c->place[cut].previous) out->position[--at] = cut;
    return SOCLE_OK;
}

socle_status sc_recompute_choose_cuts(sc_recompute_cuts *out, const sc_recompute_values *values,
                                      bool cheap, size_t budget, bool *possible) {
    *out = (sc_recompute_cuts){.env = values->env};
    *possible = false;
    chooser c = {.values = values, .budget = budget, .cheap = cheap};
    socle_status status = choose(&c, out, possible);
    sc_release(values->env, c.place);
    sc_release(values->env, c.stored);
    sc_release(values->env, c.first);
    if (status != SOCLE_OK) sc_recompute_cuts_free(out);
    return status;
}

void sc_recompute_cuts_free(sc_recompute_cuts *cuts) {
    if (!cuts->env) return;
    sc_release(cuts->env, cuts->position);
    memset(cuts, 0, sizeof *cuts);
}
