/* SPDX-License-Identifier: Apache-2.0 */
/* Where a plan's intermediates and workspaces lie. What stays from run to run gets buffers of the
 * plan's own; all else is laid out by lifetime, in the plan's buffers or in those of its pool. It
 * also says what the layout is made of: the piece that cannot be divided, and the layer that holds
 * the most where most is alive. */
#include "graph/plan_private.h"

#include <stdlib.h>
#include <string.h>

/* Intervals of one kind, as the memory plan takes them. */
typedef struct part {
    sc_interval *interval;
    int *number; /* of each, in the whole list */
    int count;
    sc_memplan plan;
} part;

static socle_status select_part(part *out, sc_env *env, const sc_plan_intervals *all,
                                const bool *wanted) {
    size_t count = (size_t)all->live->count;
    int *place; /* in the part, by number in the whole list */
    SC_TRY(sc_allocate(env, &out->interval, count, sizeof *out->interval));
    SC_TRY(sc_allocate(env, &out->number, count, sizeof *out->number));
    SC_TRY(sc_allocate(env, &place, count, sizeof *place));
    for (size_t i = 0; i < count; i++) {
        const sc_interval *one = &all->live->interval[i];
        if (wanted && all->persists[i] != *wanted) continue;
        sc_interval *mine = &out->interval[out->count];
        *mine = *one;
        if (one->share_with >= 0) mine->share_with = place[one->share_with];
        place[i] = out->count;
        out->number[out->count++] = (int)i;
    }
    sc_release(env, place);
    return SOCLE_OK;
}

/* Most bytes of one buffer. A forecast says by `piece` that one does not fit, and goes on. */
static size_t most_bytes(const sc_plan *plan) {
    uint64_t most = plan->device->info.max_allocation;
    if (plan->options.forecast && plan->size.piece > most) most = plan->size.piece;
    return most < SIZE_MAX ? (size_t)most : SIZE_MAX;
}

static socle_status add_buffers(sc_plan *plan, const part *part, bool pooled,
                                sc_placement *placement) {
    const sc_memplan *memory = &part->plan;
    for (int i = 0; i < part->count; i++)
        placement[part->number[i]] = (sc_placement){plan->buffers + memory->placement[i].buffer,
                                                    memory->placement[i].offset};
    for (int b = 0; b < memory->buffers; b++)
        plan->buffer[plan->buffers++] =
            (sc_plan_buffer){.pooled = pooled ? b : -1, .bytes = memory->buffer_bytes[b]};
    plan->size.activations += memory->total;
    if (!pooled) return SOCLE_OK;
    return sc_plan_pool_reserve(plan->options.pool, memory->buffers, memory->buffer_bytes);
}

/* wanted NULL: all intervals, each a buffer of its own. */
static socle_status place_part(sc_plan *plan, const sc_plan_intervals *all, const bool *wanted,
                               bool pooled, sc_placement *placement) {
    part part = {0};
    sc_memplan_options options = {.max_buffer = most_bytes(plan), .separate = !wanted};
    socle_status status = select_part(&part, plan->env, all, wanted);
    if (status == SOCLE_OK)
        status = sc_memplan_create(&part.plan, plan->env, part.interval, part.count, &options);
    if (status == SOCLE_OK) status = add_buffers(plan, &part, pooled, placement);
    sc_memplan_free(&part.plan);
    sc_release(plan->env, part.interval);
    sc_release(plan->env, part.number);
    return status;
}

typedef struct holding {
    const char *layer;
    size_t bytes;
} holding;

static int by_layer(const void *a, const void *b) {
    const holding *x = a, *y = b;
    return strcmp(x->layer, y->layer);
}

/* The layer with the largest sum. */
static void find_heaviest(sc_plan *plan, holding *list, size_t count) {
    size_t sum = 0;
    qsort(list, count, sizeof *list, by_layer);
    for (size_t i = 0; i < count; i++) {
        sum = i && strcmp(list[i].layer, list[i - 1].layer) == 0 ? sum + list[i].bytes
                                                                 : list[i].bytes;
        if (sum <= plan->size.heaviest) continue;
        plan->size.heaviest = sum;
        plan->size.heaviest_layer = list[i].layer;
    }
}

/* Intervals in place of one another are one, under the name of the first. */
static void join_shared(const sc_live *live, sc_interval *joined) {
    if (live->count > 0) memcpy(joined, live->interval, (size_t)live->count * sizeof *joined);
    for (int i = 0; i < live->count; i++) {
        if (joined[i].share_with < 0) continue;
        int owner = joined[i].share_with;
        while (joined[owner].share_with >= 0) owner = joined[owner].share_with;
        if (joined[i].last > joined[owner].last) joined[owner].last = joined[i].last;
        if (joined[i].bytes > joined[owner].bytes) joined[owner].bytes = joined[i].bytes;
        joined[i].bytes = 0;
    }
}

static int busiest_position(const sc_interval *joined, int count, size_t *change, int positions,
                            size_t *peak) {
    int busiest = 0;
    size_t alive = 0;
    for (int i = 0; i < count; i++) {
        change[joined[i].first] += joined[i].bytes;
        change[joined[i].last + 1] -= joined[i].bytes;
    }
    for (int p = 0; p < positions; p++) {
        alive += change[p];
        if (alive <= *peak) continue;
        *peak = alive;
        busiest = p;
    }
    return busiest;
}

static socle_status measure(sc_plan *plan, const sc_plan_intervals *all) {
    const sc_live *live = all->live;
    size_t count = (size_t)live->count, held = 0, *change = NULL;
    sc_interval *joined = NULL;
    holding *list = NULL;
    int positions = 1;
    if (!count) return SOCLE_OK;
    for (size_t i = 0; i < count; i++) {
        const sc_interval *one = &live->interval[i];
        if (one->last + 1 > positions) positions = one->last + 1;
        if (one->bytes <= plan->size.piece) continue;
        plan->size.piece = one->bytes;
        plan->size.piece_layer = all->layer[i];
    }
    socle_status status = sc_allocate(plan->env, &joined, count, sizeof *joined);
    if (status == SOCLE_OK) status = sc_allocate(plan->env, &list, count, sizeof *list);
    if (status == SOCLE_OK)
        status = sc_allocate(plan->env, &change, (size_t)positions + 1, sizeof *change);
    if (status == SOCLE_OK) {
        join_shared(live, joined);
        int at = busiest_position(joined, live->count, change, positions, &plan->size.peak);
        for (size_t i = 0; i < count; i++)
            if (joined[i].first <= at && at <= joined[i].last && all->layer[i])
                list[held++] = (holding){all->layer[i], joined[i].bytes};
        find_heaviest(plan, list, held);
    }
    sc_release(plan->env, joined);
    sc_release(plan->env, list);
    sc_release(plan->env, change);
    return status;
}

/* The graph that the names come from does not outlive the making of the plan. */
static socle_status keep_name(sc_plan *plan, const char **name) {
    return *name ? sc_arena_string(plan->arena, name, *name) : SOCLE_OK;
}

socle_status sc_plan_place(sc_plan *plan, const sc_plan_intervals *intervals,
                           sc_placement *placement) {
    static const bool persistent = true, transient = false;
    SC_TRY(sc_arena_allocate(plan->arena, &plan->buffer, (size_t)intervals->live->count,
                             sizeof *plan->buffer));
    SC_TRY(measure(plan, intervals));
    SC_TRY(keep_name(plan, &plan->size.piece_layer));
    SC_TRY(keep_name(plan, &plan->size.heaviest_layer));
    if (plan->options.hooks.separate) return place_part(plan, intervals, NULL, false, placement);
    SC_TRY(place_part(plan, intervals, &persistent, false, placement));
    plan->size.packed = plan->size.activations;
    return place_part(plan, intervals, &transient, plan->options.pool != NULL, placement);
}

socle_status sc_plan_allocate(sc_plan *plan) {
    size_t canaries = plan->options.hooks.separate ? 2 * SC_CANARY_BYTES : 0;
    plan->size.activations += (size_t)plan->buffers * canaries;
    for (int b = 0; b < plan->buffers && !plan->options.forecast; b++) {
        sc_plan_buffer *buffer = &plan->buffer[b];
        if (buffer->pooled < 0)
            SC_TRY(sc_buffer_create(&buffer->memory, plan->device, SC_BUFFER_DEVICE,
                                    buffer->bytes + canaries));
    }
    return SOCLE_OK;
}
