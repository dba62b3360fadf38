/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine's memory is used for, and what it would be: a forecast is an engine that is made
 * like any other, lanes and plans included, and takes nothing. So the two cannot differ. */
#include "engine/engine_private.h"

#include <stdio.h>
#include <string.h>

/* A plan's part of the sums; *turn: what it needs of the memory that plans take turns in. */
static void add_plan(sc_engine_memory *memory, const sc_plan *plan, size_t *turn) {
    if (!plan) return;
    sc_plan_size size = sc_plan_sizes(plan);
    size_t own = size.activations - size.packed;
    memory->packed += size.packed;
    if (turn)
        *turn = own;
    else
        memory->steps += own;
    if (size.piece > memory->tensor) memory->tensor = size.piece;
    if (size.piece <= memory->piece) return;
    memory->piece = size.piece;
    snprintf(memory->piece_name, sizeof memory->piece_name, "%s%s",
             size.piece_layer ? "activations of " : "activations",
             size.piece_layer ? size.piece_layer : "");
}

static void describe_heaviest(sc_engine_memory *memory, const sc_engine *engine) {
    const sc_plan *plan = engine->train      ? engine->train
                          : engine->evaluate ? engine->evaluate
                                             : engine->predict;
    if (!plan) return;
    sc_plan_size size = sc_plan_sizes(plan);
    memory->heaviest = size.heaviest;
    snprintf(memory->heaviest_layer, sizeof memory->heaviest_layer, "%s",
             size.heaviest_layer ? size.heaviest_layer : "");
}

/* As engine_link.c allocates. */
static void add_exchange(sc_engine_memory *memory, const sc_engine *engine) {
    if (!engine->options.shares_steps) return;
    memory->staging = (size_t)sc_engine_link_buckets(engine) * engine->partial_bytes;
    memory->exchange =
        engine->partial_bytes + (sc_engine_link_is_direct(engine) ? 0 : memory->staging);
}

/* Columns one behind the other, each aligned, as a stage keeps them. */
static size_t slot_bytes(const sc_engine *engine, int64_t rows, bool augments) {
    size_t total = 0;
    for (int k = 0; k <= engine->columns; k++) {
        size_t row = sc_engine_staged_bytes(engine, k, augments);
        if (row)
            total = (size_t)sc_round_up((int64_t)total, SC_LANE_ALIGNMENT) + row * (size_t)rows;
    }
    return total;
}

sc_engine_memory sc_engine_memory_used(const sc_engine *engine) {
    const sc_lane_layout *lane = engine->map.lane, *whole = engine->commit_map.lane;
    sc_engine_memory memory = {
        .parameters = lane[SC_LANE_PARAMETERS].bytes,
        .gradients = engine->partial_bytes * (size_t)engine->partial_slots,
        .statistics = lane[SC_LANE_STATISTICS].bytes,
        .coefficients =
            (engine->trains ? whole[SC_LANE_COEFFICIENTS].bytes + lane[SC_LANE_ROWS].bytes : 0) +
            whole[SC_LANE_HEALTH].bytes,
        .inputs = lane[SC_LANE_INPUTS].bytes * (size_t)engine->slots,
        .outputs = lane[SC_LANE_OUTPUTS].bytes + lane[SC_LANE_COLLECTED].bytes,
        .data = lane[SC_LANE_DATA].bytes,
        .slot = slot_bytes(engine, engine->options.capacity, true),
        .evaluation_slot = slot_bytes(engine, engine->options.evaluation, false),
        .parameter_piece = sc_cuts_largest(&engine->cuts),
        .partial_piece = sc_cuts_largest(&engine->partial_cuts),
        .piece = engine->piece};
    snprintf(memory.piece_name, sizeof memory.piece_name, "%s", engine->piece_name);
    for (int p = 0; p < engine->cuts.count; p++)
        memory.state += sc_cuts_bytes(&engine->cuts, p) * (size_t)sc_engine_piece_states(engine, p);
    add_plan(&memory, engine->train, &memory.train);
    add_plan(&memory, engine->evaluate, &memory.evaluate);
    add_plan(&memory, engine->predict, &memory.predict);
    for (int o = 0; o < engine->optimizers; o++) add_plan(&memory, engine->update[o], NULL);
    for (int t = 0; t < engine->tables; t++) {
        add_plan(&memory, engine->rows_of[t].place, NULL);
        add_plan(&memory, engine->rows_of[t].update, NULL);
    }
    add_plan(&memory, engine->add, NULL);
    add_plan(&memory, engine->totals, NULL);
    add_exchange(&memory, engine);
    describe_heaviest(&memory, engine);
    memory.activations = engine->options.plan.hooks.separate
                             ? memory.train + memory.evaluate + memory.predict
                             : sc_plan_pool_bytes(engine->pool);
    memory.total =
        engine->taken + memory.activations + memory.packed + memory.steps + memory.exchange;
    return memory;
}

socle_status sc_engine_forecast(sc_engine_memory *out, sc_device *device, sc_net *net,
                                const sc_engine_options *options, sc_engine_uses uses) {
    sc_engine_options forecast = *options;
    sc_engine *engine;
    forecast.plan.forecast = true;
    memset(out, 0, sizeof *out);
    SC_TRY(sc_engine_create(&engine, device, net, &forecast));
    socle_status status = uses.evaluates ? sc_engine_prepare_evaluation(engine) : SOCLE_OK;
    if (status == SOCLE_OK && uses.predicts) status = sc_engine_prepare_prediction(engine);
    if (status == SOCLE_OK) *out = sc_engine_memory_used(engine);
    sc_engine_destroy(engine);
    return status;
}
