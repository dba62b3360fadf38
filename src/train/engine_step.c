/* SPDX-License-Identifier: Apache-2.0 */
/* A training step as a transaction: micro-batches leave partial sums, which add up along a fixed tree, and one commit changes what
 * persists. The tree is a binary counter over micro-batches in order, so its shape depends on their number alone:
 *
 *   m0 m1 m2 m3 m4        level 0
 *    \_/   \_/   |
 *      \___/     |        level 1, 2
 *          \_____/        the rest, low levels first
 */
#include "train/engine_private.h"

#include <string.h>

void sc_engine_abandon_step(sc_engine *engine) {
    engine->pending = 0;
    engine->free_partials = 0;
    for (int l = 0; l < SC_PARTIAL_LEVELS; l++) engine->partial[l] = -1;
    for (int s = engine->partial_slots - 1; s >= 0; s--) engine->free_partial[engine->free_partials++] = s;
}

static sc_operand partial_base(const sc_engine *engine, int partial, size_t offset) {
    return (sc_operand){engine->lane[SC_LANE_GRADIENTS], (size_t)partial * engine->partial_bytes + offset};
}

sc_lane_memory sc_engine_bases(const sc_engine *engine, int slot, int partial) {
    sc_lane_memory memory = engine->memory;
    size_t gradients = engine->trains ? engine->map.lane[SC_LANE_GRADIENTS].bytes : 0;
    if (slot >= 0) memory.base[SC_LANE_INPUTS] = (sc_operand){engine->slot[slot].buffer, 0};
    memory.base[SC_LANE_GRADIENTS] = partial_base(engine, partial, 0);
    memory.base[SC_LANE_SUMS] = partial_base(engine, partial, gradients);
    return memory;
}

/* earlier += later; the later one's slot is free again. */
static socle_status add_partial(sc_engine *engine, int earlier, int later) {
    sc_lane_memory memory = engine->memory;
    memory.base[SC_LANE_GRADIENTS] = partial_base(engine, earlier, 0);
    memory.base[SC_LANE_SUMS] = partial_base(engine, later, 0);
    engine->free_partial[engine->free_partials++] = later;
    sc_launch launch = {.rows = 1};
    return sc_plan_run(engine->add, engine->compute, &memory, &launch);
}

static socle_status add_to_tree(sc_engine *engine, int partial) {
    int level = 0;
    for (; engine->partial[level] >= 0; level++) {
        SC_TRY(add_partial(engine, engine->partial[level], partial));
        partial = engine->partial[level];
        engine->partial[level] = -1;
    }
    engine->partial[level] = partial;
    engine->pending++;
    return SOCLE_OK;
}

socle_status sc_engine_micro_batch(sc_engine *engine, int slot, int64_t rows, uint32_t sample_offset, uint32_t step) {
    if (!engine->trains)
        return sc_fail(engine->env, SOCLE_STATUS_STATE, "this engine was made without an optimizer");
    if (!engine->free_partials)
        return sc_fail(engine->env, SOCLE_STATUS_STATE, "a step of more than the %lld micro-batches planned",
                       (long long)engine->options.micro_batches);
    int partial = engine->free_partial[--engine->free_partials];
    sc_lane_memory memory = sc_engine_bases(engine, slot, partial);
    sc_launch launch = {.rows = rows, .sample_offset = sample_offset, .step = step, .seed = engine->options.seed};
    SC_TRY(sc_engine_slot_begin(engine, slot));
    SC_TRY(sc_plan_run(engine->train, engine->compute, &memory, &launch));
    SC_TRY(sc_engine_slot_end(engine, slot));
    SC_TRY(add_to_tree(engine, partial));
    return sc_queue_flush(engine->compute);
}

/* Joins what the counter still holds, from the low levels up; the earlier samples stay on the left. */
static socle_status join_tree(sc_engine *engine, int *out) {
    int joined = -1;
    for (int level = 0; level < SC_PARTIAL_LEVELS; level++) {
        int partial = engine->partial[level];
        if (partial < 0) continue;
        if (joined >= 0) SC_TRY(add_partial(engine, partial, joined));
        joined = partial;
    }
    *out = joined;
    return SOCLE_OK;
}

socle_status sc_engine_commit(sc_engine *engine, uint32_t step, double weight, float learning_rate) {
    int partial;
    if (!engine->pending) return sc_fail(engine->env, SOCLE_STATUS_STATE, "a commit without any micro-batch");
    uint32_t groups = engine->pending;
    SC_TRY(join_tree(engine, &partial));
    sc_lane_memory memory = sc_engine_bases(engine, -1, partial);
    sc_launch launch = {.rows = 1, .step = step, .seed = engine->options.seed};
    launch.scalar[SC_SCALAR_LEARNING_RATE] = learning_rate;
    launch.scalar[SC_SCALAR_INVERSE_WEIGHT] = (float)(1.0 / weight);
    launch.scalar[SC_SCALAR_GROUPS] = 1.0f / (float)groups;
    if (engine->optimizer.kind->scalars) engine->optimizer.kind->scalars(&engine->optimizer, step, launch.scalar);
    sc_engine_abandon_step(engine);
    sc_engine_weights_changed(engine);
    SC_TRY(sc_plan_run(engine->commit, engine->compute, &memory, &launch));
    return sc_queue_flush(engine->compute);
}

socle_status sc_engine_evaluate(sc_engine *engine, int slot, int64_t rows) {
    SC_TRY(sc_engine_need_evaluate(engine));
    sc_lane_memory memory = sc_engine_bases(engine, slot, 0);
    sc_launch launch = {.rows = rows, .seed = engine->options.seed};
    SC_TRY(sc_engine_slot_begin(engine, slot));
    SC_TRY(sc_plan_run(engine->evaluate, engine->compute, &memory, &launch));
    SC_TRY(sc_engine_slot_end(engine, slot));
    SC_TRY(sc_plan_run(engine->totals, engine->compute, &memory, &(sc_launch){.rows = 1}));
    return sc_queue_flush(engine->compute);
}

socle_status sc_engine_predict(sc_engine *engine, int slot, int64_t rows, float *out) {
    SC_TRY(sc_engine_need_predict(engine));
    sc_lane_memory memory = sc_engine_bases(engine, slot, 0);
    sc_launch launch = {.rows = rows, .seed = engine->options.seed};
    SC_TRY(sc_engine_slot_begin(engine, slot));
    SC_TRY(sc_plan_run(engine->predict, engine->compute, &memory, &launch));
    SC_TRY(sc_engine_slot_end(engine, slot));
    size_t bytes = (size_t)rows * (size_t)sc_engine_prediction_size(engine) * sizeof *out;
    SC_TRY(sc_queue_read(engine->compute, out, memory.base[SC_LANE_OUTPUTS], bytes));
    return sc_queue_finish(engine->compute);
}
