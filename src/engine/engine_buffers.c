/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of an engine's lanes, as they were placed (engine_lanes.c): one buffer for each lane,
 * piece, state, partial and slot. A forecast goes the same way and only counts. It must not know
 * tensors, but for the name of one that is too large. */
#include "engine/engine_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

socle_status sc_engine_buffer(sc_engine *engine, sc_buffer **out, const char *name, size_t bytes) {
    const sc_device_info *info = &engine->device->info;
    size_t taken;
    if (!bytes) return SOCLE_OK;
    if (!sc_add_size(&taken, engine->taken, bytes))
        return sc_fail(engine->env, SOCLE_STATUS_SHAPE, "the %s are too large to address", name);
    if (bytes > engine->piece) {
        engine->piece = bytes;
        snprintf(engine->piece_name, sizeof engine->piece_name, "%s", name);
    }
    if (!engine->options.plan.forecast) {
        if (bytes > info->max_allocation)
            return sc_fail(engine->env, SOCLE_STATUS_DEVICE_MEMORY,
                           "the %s take %zu bytes in one piece, and %s allocates at most %" PRIu64
                           " at once; use smaller layers or batches, or another device",
                           name, bytes, info->name, info->max_allocation);
        SC_TRY(sc_buffer_create(out, engine->device, SC_BUFFER_DEVICE, bytes));
        SC_TRY(sc_queue_fill(engine->compute, (sc_operand){*out, 0}, 0, bytes));
    }
    engine->taken = taken;
    return SOCLE_OK;
}

static socle_status allocate_lane(sc_engine *engine, sc_lane lane, const char *name, size_t bytes) {
    SC_TRY(sc_engine_buffer(engine, &engine->lane[lane], name, bytes));
    engine->memory.base[lane].buffer = engine->lane[lane];
    return SOCLE_OK;
}

/* What a piece is called: by its tensor where that alone is too large, and with the reason where
 * there would be too many pieces. */
static void name_piece(const sc_engine *engine, char text[SC_NAME_TEXT], const char *name,
                       int piece, size_t bytes) {
    const sc_lane_layout *lane = &engine->map.lane[SC_LANE_PARAMETERS];
    snprintf(text, SC_NAME_TEXT, "%s", name);
    if (piece >= lane->chunks || bytes <= engine->device->info.max_allocation) return;
    if (!lane->chunk) {
        snprintf(text, SC_NAME_TEXT, "%s (they would make more than %d pieces)", name,
                 SC_LANE_PIECES);
        return;
    }
    for (size_t p = 0; p < engine->net->parameters; p++) {
        const sc_parameter *parameter = &engine->net->parameter[p];
        if (parameter->role != SC_PARAMETER_STATISTIC && lane->chunk[parameter->index] == piece)
            snprintf(text, SC_NAME_TEXT, "%s of %s", name, parameter->name);
    }
}

/* state: of an optimizer, which has it for some pieces; -1: every piece has this. */
static socle_status allocate_pieces(sc_engine *engine, sc_pieces *out, const char *name,
                                    const sc_cuts *cuts, int state) {
    out->cuts = *cuts;
    for (int p = 0; p < cuts->count; p++) {
        char text[SC_NAME_TEXT];
        if (state >= 0 && state >= sc_engine_piece_states(engine, p)) continue;
        size_t bytes = sc_cuts_bytes(cuts, p);
        name_piece(engine, text, name, p, bytes);
        SC_TRY(sc_engine_buffer(engine, &out->base[p].buffer, text, bytes));
    }
    return SOCLE_OK;
}

static socle_status allocate_parameters(sc_engine *engine) {
    SC_TRY(allocate_pieces(engine, &engine->parameters, "parameters", &engine->cuts, -1));
    engine->memory.base[SC_LANE_PARAMETERS] = engine->parameters.base[0];
    engine->memory.chunk[SC_LANE_PARAMETERS] = engine->parameters.base;
    return SOCLE_OK;
}

static socle_status allocate_states(sc_engine *engine) {
    const int pieces = engine->cuts.count;
    for (int s = 0; s < sc_engine_states(engine); s++) {
        SC_TRY(allocate_pieces(engine, &engine->state[s], "optimizer's states", &engine->cuts, s));
        memcpy(engine->state_base + s * pieces, engine->state[s].base,
               (size_t)pieces * sizeof *engine->state_base);
    }
    engine->memory.base[SC_LANE_STATE] = engine->state_base[0];
    engine->memory.chunk[SC_LANE_STATE] = engine->state_base;
    return SOCLE_OK;
}

/* As many as the tree of partials holds at once; without fixed_tree the sum so far and the one
 * under way. */
int sc_engine_partial_slots(const sc_engine_options *options) {
    if (!options->optimizer) return 1;
    if (options->fixed_tree) return sc_sum_tree_most(options->micro_batches);
    return options->micro_batches > 1 ? 2 : 1;
}

socle_status sc_engine_buffers_create(sc_engine *engine) {
    const sc_lane_layout *lane = engine->map.lane, *whole = engine->commit_map.lane;
    SC_TRY(allocate_parameters(engine));
    SC_TRY(allocate_lane(engine, SC_LANE_STATISTICS, "statistics", lane[SC_LANE_STATISTICS].bytes));
    SC_TRY(allocate_lane(engine, SC_LANE_HEALTH, "totals", whole[SC_LANE_HEALTH].bytes));
    engine->partial_slots = sc_engine_partial_slots(&engine->options);
    for (int p = 0; p < engine->partial_slots; p++)
        SC_TRY(
            allocate_pieces(engine, &engine->partial[p], "gradients", &engine->partial_cuts, -1));
    SC_TRY(allocate_lane(engine, SC_LANE_DATA, "resident data", lane[SC_LANE_DATA].bytes));
    if (engine->trains) {
        SC_TRY(allocate_states(engine));
        SC_TRY(allocate_lane(engine, SC_LANE_ROWS, "rows of embeddings", lane[SC_LANE_ROWS].bytes));
        SC_TRY(allocate_lane(engine, SC_LANE_COEFFICIENTS, "coefficients",
                             whole[SC_LANE_COEFFICIENTS].bytes));
    }
    for (int s = 0; s < engine->slots; s++)
        SC_TRY(sc_engine_buffer(engine, &engine->slot[s].buffer, "inputs",
                                lane[SC_LANE_INPUTS].bytes));
    return SOCLE_OK;
}

void sc_engine_lanes_destroy(sc_engine *engine) {
    for (int l = 0; l < SC_LANE_COUNT; l++) sc_buffer_destroy(engine->lane[l]);
    sc_pieces_destroy(&engine->parameters);
    for (int s = 0; s < SC_OPTIMIZER_STATES; s++) sc_pieces_destroy(&engine->state[s]);
    for (int p = 0; p < SC_SUM_NODES; p++) sc_pieces_destroy(&engine->partial[p]);
    for (int s = 0; s < engine->slots; s++) sc_buffer_destroy(engine->slot[s].buffer);
    sc_lane_map_free(&engine->map, engine->env);
    sc_lane_map_free(&engine->commit_map, engine->env);
}
