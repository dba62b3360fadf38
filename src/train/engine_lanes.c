/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of an engine: which tensors, in which order, in which buffers. Parameters lie in the order in which their gradients
 * complete, so that exchange can go by ranges; gradients and sums of one micro-batch form one partial. */
#include "train/engine_private.h"

#include <inttypes.h>
#include <string.h>

socle_status sc_engine_columns_init(sc_engine *engine) {
    const sc_net *net = engine->net;
    for (int k = 0; k < net->inputs; k++) {
        engine->column[k] = net->input[k].desc;
        engine->column_name[k] = net->input[k].name;
    }
    engine->columns = net->inputs;
    if (net->loss) {
        sc_tensor_desc target;
        SC_TRY(net->loss->target(engine->env, sc_net_desc(net, net->output), &target));
        if (engine->options.has_target_dtype) target.dtype = engine->options.target_dtype;
        engine->column[engine->columns] = target;
        engine->column_name[engine->columns++] = "target";
    }
    for (int k = 0; k < engine->columns; k++) {
        engine->column[k].batched = true;
        engine->column[k].dim[0] = engine->options.capacity;
    }
    return SOCLE_OK;
}

/* Sizes of the parameters (statistics == false) or of the running statistics, by index. */
static void parameter_sizes(const sc_net *net, bool statistics, size_t *bytes) {
    for (size_t p = 0; p < net->parameters; p++)
        if ((net->parameter[p].role == SC_PARAMETER_STATISTIC) == statistics)
            bytes[net->parameter[p].index] = sc_tensor_bytes(&net->parameter[p].desc);
}

static socle_status place_parameters(sc_engine *engine, const int *completion, size_t *bytes, int *order) {
    const sc_net *net = engine->net;
    sc_lane_layout *lane = engine->map.lane;
    parameter_sizes(net, false, bytes);
    for (int i = 0; i < net->trainable; i++) order[completion ? completion[i] : i] = i;
    /* The commit and the exchange see parameters and gradients as one flat array each. */
    size_t most = engine->trains ? SIZE_MAX : (size_t)engine->device->info.max_allocation;
    SC_TRY(sc_lane_place_chunks(&lane[SC_LANE_PARAMETERS], engine->env, net->trainable, bytes, order, most));
    if (lane[SC_LANE_PARAMETERS].chunks > SC_ENGINE_CHUNKS) {
        sc_lane_free(&lane[SC_LANE_PARAMETERS], engine->env);
        SC_TRY(sc_lane_place(&lane[SC_LANE_PARAMETERS], engine->env, net->trainable, bytes, order));
    }
    SC_TRY(sc_lane_place(&lane[SC_LANE_GRADIENTS], engine->env, net->trainable, bytes, order));
    parameter_sizes(net, true, bytes + SC_SUM_STATISTICS);
    SC_TRY(sc_lane_place(&lane[SC_LANE_STATISTICS], engine->env, net->statistics, bytes + SC_SUM_STATISTICS, NULL));
    for (int i = 0; i < SC_SUM_STATISTICS; i++) bytes[i] = sizeof(float);
    return sc_lane_place(&lane[SC_LANE_SUMS], engine->env, SC_SUM_STATISTICS + net->statistics, bytes, NULL);
}

int sc_engine_origin_index(const sc_engine *engine) {
    return engine->options.resident ? 1 : engine->columns;
}

static socle_status place_feed(sc_engine *engine) {
    size_t bytes[SC_ENGINE_COLUMNS + 1];
    sc_lane_layout *lane = engine->map.lane;
    for (int k = 0; k < engine->columns; k++) bytes[k] = sc_tensor_bytes(&engine->column[k]);
    if (engine->options.resident) {
        for (int k = 0; k < engine->columns; k++)
            if (!sc_mul_size(&bytes[k], sc_engine_column_bytes(engine, k), engine->options.data_rows))
                return sc_fail(engine->env, SOCLE_STATUS_SHAPE, "%zu rows of data are too many to address",
                               engine->options.data_rows);
        SC_TRY(sc_lane_place(&lane[SC_LANE_DATA], engine->env, engine->columns, bytes, NULL));
        bytes[0] = (size_t)engine->options.capacity * sizeof(int32_t); /* row numbers */
    }
    bytes[sc_engine_origin_index(engine)] = (size_t)engine->options.capacity * SC_AUGMENT_ORIGIN * sizeof(int32_t);
    return sc_lane_place(&lane[SC_LANE_INPUTS], engine->env, sc_engine_origin_index(engine) + engine->options.augments, bytes,
                         NULL);
}

static socle_status place_whole(sc_engine *engine) {
    const sc_lane_layout *lane = engine->map.lane;
    sc_lane_layout *whole = engine->commit_map.lane;
    size_t parameters = lane[SC_LANE_PARAMETERS].bytes, statistics = lane[SC_LANE_STATISTICS].bytes;
    size_t state[SC_OPTIMIZER_STATES] = {parameters, parameters}, each = 1; /* a chunk for each */
    int states = engine->trains ? engine->optimizer.kind->states : 0;
    size_t sums[SC_SUM_STATISTICS + 1] = {sizeof(float), sizeof(float), sizeof(float), statistics};
    size_t coefficient[SC_COEFFICIENT_TENSORS] = {parameters / SC_BLOCK, parameters / SC_BLOCK, statistics / SC_BLOCK};
    size_t health[SC_HEALTH_TENSORS];
    for (int i = 0; i < SC_HEALTH_TENSORS; i++) health[i] = sizeof(float);
    SC_TRY(sc_lane_place(&whole[SC_LANE_PARAMETERS], engine->env, 1, &parameters, NULL));
    SC_TRY(sc_lane_place(&whole[SC_LANE_GRADIENTS], engine->env, 1, &parameters, NULL));
    SC_TRY(sc_lane_place_chunks(&whole[SC_LANE_STATE], engine->env, states, state, NULL, each));
    SC_TRY(sc_lane_place(&whole[SC_LANE_STATISTICS], engine->env, 1, &statistics, NULL));
    SC_TRY(sc_lane_place(&whole[SC_LANE_SUMS], engine->env, SC_SUM_STATISTICS + 1, sums, NULL));
    SC_TRY(sc_lane_place(&whole[SC_LANE_COEFFICIENTS], engine->env, SC_COEFFICIENT_TENSORS, coefficient, NULL));
    return sc_lane_place(&whole[SC_LANE_HEALTH], engine->env, SC_HEALTH_TENSORS, health, NULL);
}

socle_status sc_engine_buffer(sc_engine *engine, sc_buffer **out, const char *name, size_t bytes) {
    const sc_device_info *info = &engine->device->info;
    size_t taken;
    if (!bytes) return SOCLE_OK;
    if (!sc_add_size(&taken, engine->taken, bytes))
        return sc_fail(engine->env, SOCLE_STATUS_SHAPE, "the %s are too large to address", name);
    if (bytes > engine->piece) {
        engine->piece = bytes;
        engine->piece_name = name;
    }
    if (!engine->options.plan.forecast) {
        if (bytes > info->max_allocation)
            return sc_fail(engine->env, SOCLE_STATUS_DEVICE_MEMORY,
                           "the %s take %zu bytes in one piece, and %s allocates at most %" PRIu64
                           " at once; use a smaller network or batch, or another device",
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

static socle_status allocate_parameters(sc_engine *engine) {
    const sc_lane_layout *lane = &engine->map.lane[SC_LANE_PARAMETERS];
    for (int c = 0; c < lane->chunks; c++) {
        size_t bytes = lane->chunk_bytes ? lane->chunk_bytes[c] : lane->bytes;
        SC_TRY(sc_engine_buffer(engine, &engine->parameters[c], "parameters", bytes));
        engine->parameter_base[c].buffer = engine->parameters[c];
    }
    engine->memory.base[SC_LANE_PARAMETERS] = engine->parameter_base[0];
    if (lane->chunks > 1) engine->memory.chunk[SC_LANE_PARAMETERS] = engine->parameter_base;
    return SOCLE_OK;
}

static socle_status allocate_states(sc_engine *engine) {
    for (int s = 0; s < engine->optimizer.kind->states; s++) {
        SC_TRY(sc_engine_buffer(engine, &engine->state[s], "optimizer's states",
                                engine->map.lane[SC_LANE_PARAMETERS].bytes));
        engine->state_base[s].buffer = engine->state[s];
    }
    engine->memory.base[SC_LANE_STATE] = engine->state_base[0];
    engine->memory.chunk[SC_LANE_STATE] = engine->state_base;
    return SOCLE_OK;
}

/* As many as the tree of partials holds at once; without fixed_tree the sum so far and the one under way. */
int sc_engine_partial_slots(const sc_engine_options *options) {
    if (!options->optimizer) return 1;
    if (options->fixed_tree) return sc_sum_tree_most(options->micro_batches);
    return options->micro_batches > 1 ? 2 : 1;
}

static socle_status allocate_lanes(sc_engine *engine) {
    const sc_lane_layout *lane = engine->map.lane, *whole = engine->commit_map.lane;
    SC_TRY(allocate_parameters(engine));
    SC_TRY(allocate_lane(engine, SC_LANE_STATISTICS, "statistics", lane[SC_LANE_STATISTICS].bytes));
    SC_TRY(allocate_lane(engine, SC_LANE_HEALTH, "totals", whole[SC_LANE_HEALTH].bytes));
    size_t gradients = engine->trains ? lane[SC_LANE_GRADIENTS].bytes : 0;
    engine->partial_bytes = gradients + lane[SC_LANE_SUMS].bytes;
    engine->partial_slots = sc_engine_partial_slots(&engine->options);
    for (int p = 0; p < engine->partial_slots; p++)
        SC_TRY(sc_engine_buffer(engine, &engine->partial[p], "gradients", engine->partial_bytes));
    SC_TRY(allocate_lane(engine, SC_LANE_DATA, "resident data", lane[SC_LANE_DATA].bytes));
    if (engine->trains) {
        SC_TRY(allocate_states(engine));
        SC_TRY(allocate_lane(engine, SC_LANE_COEFFICIENTS, "coefficients", whole[SC_LANE_COEFFICIENTS].bytes));
    }
    for (int s = 0; s < engine->slots; s++)
        SC_TRY(sc_engine_buffer(engine, &engine->slot[s].buffer, "inputs", lane[SC_LANE_INPUTS].bytes));
    return SOCLE_OK;
}

/* One coefficient per block: what a parameter's blocks share. */
static void fill_blocks(float *table, size_t offset, size_t bytes, float value) {
    size_t first = offset / SC_LANE_ALIGNMENT, count = (bytes + SC_LANE_ALIGNMENT - 1) / SC_LANE_ALIGNMENT;
    for (size_t b = 0; b < count; b++) table[first + b] = value;
}

static float statistic_momentum(const sc_net *net, size_t p) {
    for (size_t l = 0; l < net->layers; l++) {
        size_t first = (size_t)net->layer[l].first_parameter;
        if (p >= first && p < first + (size_t)net->layer[l].parameters) return net->layer[l].options.momentum;
    }
    return 0.9f;
}

static socle_status write_coefficients(sc_engine *engine) {
    const sc_net *net = engine->net;
    const sc_lane_layout *whole = &engine->commit_map.lane[SC_LANE_COEFFICIENTS];
    unsigned char *table;
    SC_TRY(sc_allocate(engine->env, &table, whole->bytes, 1));
    for (size_t p = 0; p < net->parameters; p++) {
        const sc_parameter *parameter = &net->parameter[p];
        size_t bytes = sc_tensor_bytes(&parameter->desc);
        if (parameter->role == SC_PARAMETER_STATISTIC) {
            fill_blocks((float *)(void *)(table + whole->offset[SC_COEFFICIENT_MOMENTUM]),
                        engine->map.lane[SC_LANE_STATISTICS].offset[parameter->index], bytes,
                        statistic_momentum(net, p));
            continue;
        }
        size_t offset = engine->map.lane[SC_LANE_PARAMETERS].offset[parameter->index];
        float rate = engine->options.rate_scale ? engine->options.rate_scale[p] : 1.0f;
        fill_blocks((float *)(void *)(table + whole->offset[SC_COEFFICIENT_RATE_SCALE]), offset, bytes,
                    parameter->frozen ? 0.0f : rate);
        fill_blocks((float *)(void *)(table + whole->offset[SC_COEFFICIENT_DECAY]), offset, bytes,
                    engine->options.decay ? engine->options.decay[p] : 0.0f);
    }
    socle_status status = sc_queue_write(engine->compute, engine->memory.base[SC_LANE_COEFFICIENTS], table, whole->bytes);
    socle_status finished = sc_queue_finish(engine->compute);
    sc_release(engine->env, table);
    return status != SOCLE_OK ? status : finished;
}

socle_status sc_engine_lanes_create(sc_engine *engine, const int *completion) {
    size_t *bytes;
    int *order;
    size_t count = engine->net->parameters + SC_SUM_STATISTICS + 1;
    SC_TRY(sc_allocate(engine->env, &bytes, count, sizeof *bytes));
    socle_status status = sc_allocate(engine->env, &order, count, sizeof *order);
    if (status == SOCLE_OK) status = place_parameters(engine, completion, bytes, order);
    sc_release(engine->env, bytes);
    sc_release(engine->env, order);
    if (status == SOCLE_OK) status = place_feed(engine);
    if (status == SOCLE_OK) status = place_whole(engine);
    if (status == SOCLE_OK) status = allocate_lanes(engine);
    if (status == SOCLE_OK && engine->trains && !engine->options.plan.forecast) status = write_coefficients(engine);
    return status;
}

void sc_engine_lanes_destroy(sc_engine *engine) {
    for (int l = 0; l < SC_LANE_COUNT; l++) sc_buffer_destroy(engine->lane[l]);
    for (int c = 0; c < SC_ENGINE_CHUNKS; c++) sc_buffer_destroy(engine->parameters[c]);
    for (int s = 0; s < SC_OPTIMIZER_STATES; s++) sc_buffer_destroy(engine->state[s]);
    for (int p = 0; p < SC_SUM_NODES; p++) sc_buffer_destroy(engine->partial[p]);
    for (int s = 0; s < engine->slots; s++) sc_buffer_destroy(engine->slot[s].buffer);
    sc_lane_map_free(&engine->map, engine->env);
    sc_lane_map_free(&engine->commit_map, engine->env);
}
