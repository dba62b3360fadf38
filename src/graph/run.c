/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plan: resolves each operand to (buffer, offset) and enqueues. No check that could have
 * been made earlier, no allocation, no compilation. */
#include "graph/plan_private.h"

static sc_operand resolve(const sc_plan *plan, const sc_lane_memory *memory,
                          const sc_place *place) {
    if (place->lane != SC_LANE_NONE) {
        const sc_operand *chunk = memory->chunk[place->lane];
        sc_operand base = chunk ? chunk[place->buffer] : memory->base[place->lane];
        return (sc_operand){base.buffer, base.offset + place->offset};
    }
    if (place->buffer < 0) return (sc_operand){0};
    size_t canary = plan->options.hooks.separate ? SC_CANARY_BYTES : 0;
    const sc_plan_buffer *buffer = &plan->buffer[place->buffer];
    if (buffer->pooled >= 0)
        return (sc_operand){sc_plan_pool_buffer(plan->options.pool, buffer->pooled), place->offset};
    return (sc_operand){buffer->memory, place->offset + canary};
}

static socle_status enqueue(sc_plan *plan, sc_queue *queue, const sc_lane_memory *memory,
                            sc_launch_record *record, const sc_launch *launch) {
    sc_operand operand[SC_MAX_OPERANDS];
    for (int i = 0; i < record->operands; i++) {
        operand[i] = resolve(plan, memory, &record->place[i]);
        if (!operand[i].buffer)
            return sc_fail(plan->env, SOCLE_STATUS_INTERNAL,
                           "%s: operand %d lies in a lane that has no memory",
                           record->layer ? record->layer : sc_op_word(record->op), i);
    }
    const sc_operand workspace = resolve(plan, memory, &record->workspace);
    socle_status status;
    if (record->packs)
        status = sc_kernel_pack(record->kernel, queue, operand[0], operand[1]);
    else if (record->packed)
        status = sc_kernel_enqueue_packed(record->kernel, queue, operand, workspace, launch);
    else
        status = sc_kernel_enqueue(record->kernel, queue, operand, workspace, launch);
    if (status != SOCLE_OK)
        return record->layer ? sc_fail_prefix(plan->env, status, "%s", record->layer) : status;
    if (plan->options.profile && !record->event) SC_TRY(sc_queue_record(queue, &record->event));
    return SOCLE_OK;
}

void sc_plan_weights_changed(sc_plan *plan) {
    plan->stale = true;
}

/* Where the launch list begins: at the packs when these must run. */
static int first_launch(sc_plan *plan, const sc_lane_memory *memory) {
    sc_operand weights = memory->base[SC_LANE_PARAMETERS];
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
    for (int i = first; i < last; i++) {
        SC_TRY(enqueue(plan, queue, memory, &plan->launch[i], launch));
        if (i + 1 == plan->packs) plan->stale = false;
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
