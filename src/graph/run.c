/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plan: resolves each operand to (buffer, offset) and enqueues. No check that could have
 * been made earlier, no allocation, no compilation. */
#include "graph/plan_private.h"

/* One repetition of a region. */
typedef struct turn {
    int64_t number;  /* as sequences count */
    int64_t ordinal; /* repetitions run before */
} turn;

/* A run, as its launches see it. */
typedef struct runner {
    sc_plan *plan;
    sc_queue *queue;
    const sc_lane_memory *memory;
    const sc_launch *launch;
    turn turn;
} runner;

static int64_t repetitions(const runner *r, int repeat) {
    const sc_repeat *region = &r->plan->repeat[repeat - 1];
    int64_t wanted = region->to_longest ? r->launch->repetitions : 0;
    return wanted > 0 && wanted < region->times ? wanted : region->times;
}

static size_t moved(const runner *r, const sc_place *place) {
    int64_t steps = 0;
    if (place->motion == SC_BY_REPETITION) steps = r->turn.number;
    if (place->motion == SC_BY_ORDINAL) steps = r->turn.ordinal;
    if (place->motion == SC_AT_END) steps = repetitions(r, place->repeat);
    size_t bytes = place->shift + (size_t)steps * place->stride;
    return place->extent ? bytes % place->extent : bytes;
}

static sc_operand resolve(const runner *r, const sc_place *place) {
    const sc_plan *plan = r->plan;
    const sc_lane_memory *memory = r->memory;
    if (place->lane != SC_LANE_NONE) {
        const sc_operand *chunk = memory->chunk[place->lane];
        sc_operand base = chunk ? chunk[place->buffer] : memory->base[place->lane];
        return (sc_operand){base.buffer, base.offset + place->offset + moved(r, place)};
    }
    if (place->buffer < 0) return (sc_operand){0};
    size_t offset = place->offset + moved(r, place);
    size_t canary = plan->options.hooks.separate ? SC_CANARY_BYTES : 0;
    const sc_plan_buffer *buffer = &plan->buffer[place->buffer];
    if (buffer->pooled >= 0)
        return (sc_operand){sc_plan_pool_buffer(plan->options.pool, buffer->pooled), offset};
    return (sc_operand){buffer->memory, offset + canary};
}

static socle_status enqueue(const runner *r, sc_launch_record *record) {
    sc_plan *plan = r->plan;
    sc_operand operand[SC_MAX_OPERANDS];
    for (int i = 0; i < record->operands; i++) {
        operand[i] = resolve(r, &record->place[i]);
        if (!operand[i].buffer)
            return sc_fail(plan->env, SOCLE_STATUS_INTERNAL,
                           "%s: operand %d lies in a lane that has no memory",
                           record->layer ? record->layer : sc_op_word(record->op), i);
    }
    const sc_operand workspace = resolve(r, &record->workspace);
    socle_status status;
    if (record->packs)
        status = sc_kernel_pack(record->kernel, r->queue, operand[0], operand[1]);
    else if (record->packed)
        status = sc_kernel_enqueue_packed(record->kernel, r->queue, operand, workspace, r->launch);
    else
        status = sc_kernel_enqueue(record->kernel, r->queue, operand, workspace, r->launch);
    if (status != SOCLE_OK)
        return record->layer ? sc_fail_prefix(plan->env, status, "%s", record->layer) : status;
    if (plan->options.profile && !record->event) SC_TRY(sc_queue_record(r->queue, &record->event));
    return SOCLE_OK;
}

static socle_status write_zeros(const runner *r, int repeat) {
    const sc_plan *plan = r->plan;
    for (int z = 0; z < plan->zeros_count; z++) {
        const sc_plan_zeros *zeros = &plan->zeros[z];
        int64_t used = zeros->behind ? repetitions(r, repeat) : 0;
        int64_t slots = zeros->behind ? plan->repeat[repeat - 1].times - used : 1;
        if (zeros->repeat != repeat || slots == 0) continue;
        sc_operand at = resolve(r, &zeros->place);
        at.offset += (size_t)used * zeros->slot;
        SC_TRY(sc_queue_fill(r->queue, at, 0, (size_t)slots * zeros->slot));
    }
    return SOCLE_OK;
}

/* The streams of random numbers of a region's repetitions have nothing in common. */
static uint64_t seed_of(uint64_t seed, int64_t repetition) {
    return seed ^ (uint64_t)repetition * UINT64_C(0x9e3779b97f4a7c15);
}

/* Launches [first, last), which are a region's, as often as it is repeated. A profile reads the
 * times of each repetition before the next one takes its events. */
static socle_status run_region(const runner *outside, int first, int last) {
    sc_plan *plan = outside->plan;
    int repeat = plan->launch[first].repeat;
    bool backward = plan->repeat[repeat - 1].reverse_of != 0;
    int64_t times = repetitions(outside, repeat);
    sc_launch launch = *outside->launch;
    runner inside = *outside;
    inside.launch = &launch;
    SC_TRY(write_zeros(outside, repeat));
    for (int64_t k = 0; k < times; k++) {
        inside.turn = (turn){backward ? times - 1 - k : k, k};
        launch.seed = seed_of(outside->launch->seed, inside.turn.number);
        for (int i = first; i < last; i++) SC_TRY(enqueue(&inside, &plan->launch[i]));
        if (!plan->options.profile) continue;
        SC_TRY(sc_queue_finish(inside.queue));
        SC_TRY(sc_plan_collect_times(plan));
    }
    return SOCLE_OK;
}

/* One past the last launch of the region that launch `first` belongs to. */
static int region_end(const sc_plan *plan, int first, int last) {
    int end = first + 1;
    while (end < last && plan->launch[end].repeat == plan->launch[first].repeat) end++;
    return end;
}

void sc_plan_weights_changed(sc_plan *plan) {
    plan->stale = true;
}

/* Where the launch list begins: at the packs when these must run. */
static int first_launch(sc_plan *plan, const sc_lane_memory *memory) {
    if (plan->weights == SC_LANE_NONE) return plan->stale ? 0 : plan->packs;
    sc_operand weights = memory->base[plan->weights];
    if (weights.buffer != plan->packed_from.buffer || weights.offset != plan->packed_from.offset)
        plan->stale = true;
    plan->packed_from = weights;
    return plan->stale ? 0 : plan->packs;
}

socle_status sc_plan_run_part(sc_plan *plan, sc_queue *queue, const sc_lane_memory *memory,
                              const sc_launch *launch, int first, int last) {
    if (plan->options.forecast)
        return sc_fail(plan->env, SOCLE_STATUS_STATE, "a forecast has no memory to run in");
    if (launch->rows < 0 || launch->rows > plan->capacity)
        return sc_fail(plan->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%lld rows do not fit a plan for %lld", (long long)launch->rows,
                       (long long)plan->capacity);
    if (first == 0) {
        first = first_launch(plan, memory);
        if (plan->options.hooks.separate) SC_TRY(sc_plan_poison(plan, queue));
    }
    const runner r = {.plan = plan, .queue = queue, .memory = memory, .launch = launch};
    for (int i = first; i < last;) {
        plan->reached = i;
        int end = plan->launch[i].repeat ? region_end(plan, i, last) : i + 1;
        SC_TRY(plan->launch[i].repeat ? run_region(&r, i, end) : enqueue(&r, &plan->launch[i]));
        if (end == plan->packs) plan->stale = false;
        i = end;
    }
    if (last < plan->launches) return SOCLE_OK;
    if (plan->options.profile) {
        SC_TRY(sc_queue_finish(queue));
        SC_TRY(sc_plan_collect_times(plan));
    }
    if (plan->options.hooks.separate) SC_TRY(sc_plan_check_canaries(plan, queue));
    return SOCLE_OK;
}

socle_status sc_plan_run(sc_plan *plan, sc_queue *queue, const sc_lane_memory *memory,
                         const sc_launch *launch) {
    return sc_plan_run_part(plan, queue, memory, launch, 0, plan->launches);
}

int sc_plan_reached(const sc_plan *plan) {
    return plan->reached;
}

int sc_plan_ready_after(const sc_plan *plan, const sc_lane_map *lanes, sc_lane lane, size_t bytes) {
    int after = 0;
    for (int i = 0; i < plan->launches; i++)
        for (int k = 0; k < plan->launch[i].operands; k++) {
            const sc_place *place = &plan->launch[i].place[k];
            if (place->lane != (int)lane) continue;
            size_t begin = sc_lane_chunk_begin(&lanes->lane[lane], place->buffer) + place->offset;
            if (begin < bytes) after = i + 1;
        }
    return after;
}

/* A launch may be several commands, of which the event marks the last: what lies between two marks
 * is its time. */
socle_status sc_plan_collect_times(sc_plan *plan) {
    uint64_t before = 0;
    for (int i = 0; i < plan->launches; i++) {
        sc_launch_record *record = &plan->launch[i];
        if (!record->event) continue;
        uint64_t start = 0, end = 0;
        socle_status status = sc_event_times(record->event, &start, &end);
        sc_event_release(record->event);
        record->event = NULL;
        SC_TRY(status);
        record->nanoseconds += end - (before ? before : start);
        record->runs++;
        before = end;
    }
    return SOCLE_OK;
}
