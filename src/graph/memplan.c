/* SPDX-License-Identifier: Apache-2.0 */
/* Greedy placement by size: the largest tensor first, each into the tightest gap that is free
 * during its whole life.
 *
 *      offset ^   +--------+
 *             |   |   B    |  +----+     A and C never live together, so they share an offset;
 *             |  ++------+-+  | D  |     B lives beside both and goes above.
 *             |  |   A   | +--+----+
 *             |  |       | |  C |
 *             +--------------------> position
 *
 * Intervals that share (in place) form one group, placed once. O(n^2) for n groups: each looks once
 * at those that are placed, which are kept in order of their offsets. */
#include "graph/memplan.h"

#include <stdlib.h>
#include <string.h>

typedef struct group {
    int first, last, owner; /* owner: its first interval */
    size_t bytes;
    sc_placement at;
} group;

typedef struct planner {
    sc_env *env;
    sc_memplan *plan;
    size_t limit;
    group *group; /* in order of placement once sorted */
    int *of_interval;
    int groups;
    int *placed; /* groups that are placed, by buffer, then by offset, then as they were placed */
    int count;   /* of these */
} planner;

static socle_status check_interval(planner *p, const sc_interval *interval, int i, size_t *bytes) {
    const sc_interval *one = &interval[i];
    const char *name = one->name ? one->name : "tensor";
    if (one->first < 0 || one->last < one->first || one->share_with >= i || one->share_with < -1)
        return sc_fail(p->env, SOCLE_STATUS_INTERNAL,
                       "memory plan: interval %d (%s) lives from %d to %d, shares with %d", i, name,
                       one->first, one->last, one->share_with);
    size_t wanted = one->bytes ? one->bytes : 1;
    if (!sc_add_size(bytes, wanted, SC_MEMPLAN_ALIGNMENT - 1))
        return sc_fail(p->env, SOCLE_STATUS_DEVICE_MEMORY,
                       "memory plan: %s of %zu bytes is beyond any address space", name, wanted);
    *bytes -= *bytes % SC_MEMPLAN_ALIGNMENT;
    if (p->limit && *bytes > p->limit)
        return sc_fail(
            p->env, SOCLE_STATUS_DEVICE_MEMORY,
            "%s needs %zu bytes in one piece, %zu more than the device allocates at once (%zu); "
            "use a smaller micro-batch",
            name, *bytes, *bytes - p->limit, p->limit);
    return SOCLE_OK;
}

static socle_status make_groups(planner *p, const sc_interval *interval, int count, bool separate) {
    for (int i = 0; i < count; i++) {
        size_t bytes = 0;
        SC_TRY(check_interval(p, interval, i, &bytes));
        bool shares = interval[i].share_with >= 0 && !separate;
        int g = shares ? p->of_interval[interval[i].share_with] : p->groups++;
        p->of_interval[i] = g;
        group *one = &p->group[g];
        if (!shares) *one = (group){interval[i].first, interval[i].last, i, bytes, {0, 0}};
        if (interval[i].first < one->first) one->first = interval[i].first;
        if (interval[i].last > one->last) one->last = interval[i].last;
        if (bytes > one->bytes) one->bytes = bytes;
    }
    return SOCLE_OK;
}

static int larger_first(const void *a, const void *b) {
    const group *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes > y->bytes ? -1 : 1;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return x->owner < y->owner ? -1 : x->owner > y->owner;
}

/* Where in `placed` what lies behind (buffer, offset) begins. */
static int first_behind(const planner *p, int buffer, size_t offset) {
    int low = 0, high = p->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const sc_placement *at = &p->group[p->placed[middle]].at;
        if (at->buffer < buffer || (at->buffer == buffer && at->offset <= offset))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_placed(planner *p, int g) {
    const sc_placement *at = &p->group[g].at;
    int *slot = p->placed + first_behind(p, at->buffer, at->offset);
    memmove(slot + 1, slot, (size_t)(p->placed + p->count++ - slot) * sizeof *slot);
    *slot = g;
}

static bool live_together(const group *a, const group *b) {
    return a->first <= b->last && b->first <= a->last;
}

typedef struct candidate {
    sc_placement at;
    size_t growth, slack; /* bytes the buffer grows by; bytes of the gap left over */
} candidate;

static bool better(const candidate *a, const candidate *b) {
    return a->growth != b->growth ? a->growth < b->growth : a->slack < b->slack;
}

/* The tightest place for `one` in an existing buffer: a gap between groups that live beside it, or
 * above them all. */
static candidate best_in_buffer(const planner *p, int buffer, const group *one) {
    size_t end = 0, size = p->plan->buffer_bytes[buffer];
    candidate best = {.at = {buffer, 0}, .growth = SIZE_MAX, .slack = SIZE_MAX};
    for (int i = first_behind(p, buffer - 1, SIZE_MAX); i < p->count; i++) {
        const group *other = &p->group[p->placed[i]];
        if (other->at.buffer != buffer) break;
        if (!live_together(one, other)) continue;
        if (other->at.offset >= end && other->at.offset - end >= one->bytes) {
            candidate gap = {{buffer, end}, 0, other->at.offset - end - one->bytes};
            if (better(&gap, &best)) best = gap;
        }
        size_t above = other->at.offset + other->bytes;
        if (above > end) end = above;
    }
    candidate top = {{buffer, end}, 0, 0};
    if (size - end >= one->bytes)
        top.slack = size - end - one->bytes;
    else
        top.growth = one->bytes - (size - end);
    return better(&top, &best) ? top : best;
}

static void open_buffer(planner *p, sc_placement *at, size_t bytes) {
    at->buffer = p->plan->buffers++;
    at->offset = 0;
    p->plan->buffer_bytes[at->buffer] = bytes;
}

static socle_status place(planner *p, int g, bool separate) {
    group *one = &p->group[g];
    candidate best = {.growth = SIZE_MAX, .slack = SIZE_MAX};
    for (int b = 0; !separate && b < p->plan->buffers; b++) {
        candidate here = best_in_buffer(p, b, one);
        size_t size = 0;
        bool fits = sc_add_size(&size, p->plan->buffer_bytes[b], here.growth) &&
                    (!p->limit || size <= p->limit);
        if (fits && better(&here, &best)) best = here;
    }
    size_t added = best.growth == SIZE_MAX ? one->bytes : best.growth;
    if (!sc_add_size(&p->plan->total, p->plan->total, added))
        return sc_fail(p->env, SOCLE_STATUS_DEVICE_MEMORY,
                       "memory plan: the sizes add up beyond any address space");
    if (best.growth == SIZE_MAX) {
        open_buffer(p, &one->at, one->bytes);
    } else {
        one->at = best.at;
        p->plan->buffer_bytes[best.at.buffer] += best.growth;
    }
    if (!separate) add_placed(p, g);
    return SOCLE_OK;
}

static socle_status run(planner *p, const sc_interval *interval, int count, bool separate) {
    size_t room = count > 0 ? (size_t)count : 1;
    SC_TRY(sc_allocate(p->env, &p->group, room, sizeof *p->group));
    SC_TRY(sc_allocate(p->env, &p->of_interval, room, sizeof *p->of_interval));
    SC_TRY(sc_allocate(p->env, &p->placed, room, sizeof *p->placed));
    SC_TRY(sc_allocate(p->env, &p->plan->placement, room, sizeof *p->plan->placement));
    SC_TRY(sc_allocate(p->env, &p->plan->buffer_bytes, room, sizeof *p->plan->buffer_bytes));
    SC_TRY(make_groups(p, interval, count, separate));
    /* Separate buffers keep the order of the list, so that buffer i is interval i. */
    if (!separate) qsort(p->group, (size_t)p->groups, sizeof *p->group, larger_first);
    for (int g = 0; g < p->groups; g++) SC_TRY(place(p, g, separate));
    for (int g = 0; g < p->groups; g++) p->plan->placement[p->group[g].owner] = p->group[g].at;
    for (int i = 0; i < count; i++)
        if (interval[i].share_with >= 0 && !separate)
            p->plan->placement[i] = p->plan->placement[interval[i].share_with];
    p->plan->count = count;
    return SOCLE_OK;
}

socle_status sc_memplan_create(sc_memplan *out, sc_env *env, const sc_interval *interval, int count,
                               const sc_memplan_options *options) {
    memset(out, 0, sizeof *out);
    out->env = env;
    bool separate = options && options->separate;
    planner p = {.env = env, .plan = out, .limit = options ? options->max_buffer : 0};
    p.limit -= p.limit % SC_MEMPLAN_ALIGNMENT;
    if (options && options->max_buffer && !p.limit)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "memory plan: a limit of %zu bytes per buffer, less than %d",
                       options->max_buffer, SC_MEMPLAN_ALIGNMENT);
    socle_status status = run(&p, interval, count, separate);
    sc_release(env, p.group);
    sc_release(env, p.of_interval);
    sc_release(env, p.placed);
    if (status != SOCLE_OK) sc_memplan_free(out);
    return status;
}

void sc_memplan_free(sc_memplan *plan) {
    if (!plan->env) return;
    sc_release(plan->env, plan->placement);
    sc_release(plan->env, plan->buffer_bytes);
    memset(plan, 0, sizeof *plan);
}
