/* SPDX-License-Identifier: Apache-2.0 */
/* The table of coefficients: the commit updates blocks, not tensors, so what differs from parameter
 * to parameter (factor of the rate, weight decay; momentum of statistics) stands there once per
 * block, and once for a table that is updated by rows. What is frozen has none. */
#include "engine/engine_private.h"

/* One coefficient per block: what a parameter's blocks share. */
static void fill_blocks(void *values, size_t offset, size_t bytes, float value) {
    float *table = values;
    size_t first = offset / SC_LANE_ALIGNMENT,
           count = (bytes + SC_LANE_ALIGNMENT - 1) / SC_LANE_ALIGNMENT;
    for (size_t b = 0; b < count; b++) table[first + b] = value;
}

static float statistic_momentum(const sc_net *net, size_t p) {
    for (size_t l = 0; l < net->layers; l++) {
        size_t first = (size_t)net->layer[l].first_parameter;
        if (p >= first && p < first + (size_t)net->layer[l].parameters)
            return net->layer[l].options.momentum;
    }
    return 0.9f;
}

int sc_engine_piece(const sc_engine *engine, size_t p) {
    const sc_lane_layout *lane = &engine->map.lane[SC_LANE_PARAMETERS];
    return lane->chunk ? lane->chunk[engine->net->parameter[p].index] : 0;
}

static void fill_parameter(const sc_engine *engine, unsigned char *table, size_t p) {
    const sc_parameter *parameter = &engine->net->parameter[p];
    const size_t *whole = engine->commit_map.lane[SC_LANE_COEFFICIENTS].offset;
    const int pieces = engine->cuts.count, piece = sc_engine_piece(engine, p);
    size_t offset = engine->map.lane[SC_LANE_PARAMETERS].offset[parameter->index],
           bytes = sc_engine_table_at(engine, p) < 0 ? sc_tensor_bytes(&parameter->desc)
                                                     : SC_LANE_ALIGNMENT;
    float rate = engine->options.rate_scale ? engine->options.rate_scale[p] : 1.0f;
    fill_blocks(table + whole[sc_coefficient_index(SC_COEFFICIENT_RATE_SCALE, pieces, piece)],
                offset, bytes, rate);
    fill_blocks(table + whole[sc_coefficient_index(SC_COEFFICIENT_DECAY, pieces, piece)], offset,
                bytes, engine->options.decay ? engine->options.decay[p] : 0.0f);
    if (!sc_engine_penalised(engine)) return;
    fill_blocks(table + whole[sc_coefficient_index(SC_COEFFICIENT_L1, pieces, piece)], offset,
                bytes, engine->options.l1[p]);
    fill_blocks(table + whole[sc_coefficient_index(SC_COEFFICIENT_L2, pieces, piece)], offset,
                bytes, engine->options.l2[p]);
}

/* What sums over tensors read; `number`: of the parameter among those of its piece. */
static void fill_sums(const sc_engine *engine, unsigned char *table, size_t p, int number) {
    const sc_parameter *parameter = &engine->net->parameter[p];
    const size_t *whole = engine->commit_map.lane[SC_LANE_COEFFICIENTS].offset;
    const int pieces = engine->cuts.count, piece = sc_engine_piece(engine, p);
    size_t offset = engine->map.lane[SC_LANE_PARAMETERS].offset[parameter->index],
           bytes = sc_tensor_bytes(&parameter->desc);
    size_t rest = bytes % SC_LANE_ALIGNMENT;
    float *live =
        (float *)(table + whole[sc_coefficient_index(SC_COEFFICIENT_LIVE, pieces, piece)]);
    fill_blocks(table + whole[sc_coefficient_index(SC_COEFFICIENT_TENSOR, pieces, piece)], offset,
                bytes, (float)number);
    fill_blocks(live, offset, bytes, SC_BLOCK);
    if (rest) live[(offset + bytes) / SC_LANE_ALIGNMENT] = (float)(rest / sizeof(float));
}

static void fill_statistic(const sc_engine *engine, unsigned char *table, size_t p) {
    const sc_parameter *parameter = &engine->net->parameter[p];
    const sc_lane_layout *whole = &engine->commit_map.lane[SC_LANE_COEFFICIENTS];
    fill_blocks(
        table + whole->offset[sc_coefficient_index(SC_COEFFICIENT_MOMENTUM, engine->cuts.count, 0)],
        engine->map.lane[SC_LANE_STATISTICS].offset[parameter->index],
        sc_tensor_bytes(&parameter->desc), statistic_momentum(engine->net, p));
}

socle_status sc_engine_write_coefficients(sc_engine *engine) {
    const sc_net *net = engine->net;
    size_t bytes = engine->commit_map.lane[SC_LANE_COEFFICIENTS].bytes;
    unsigned char *table;
    int next[SC_LANE_PIECES] = {0};
    const bool sums = sc_engine_has_sums(engine);
    SC_TRY(sc_allocate(engine->env, &table, bytes, 1));
    for (size_t p = 0; p < net->parameters; p++) {
        bool statistic = net->parameter[p].role == SC_PARAMETER_STATISTIC;
        if (!statistic && engine->optimizer_of[p] == SC_FROZEN) continue;
        (statistic ? fill_statistic : fill_parameter)(engine, table, p);
        if (sums && !statistic && sc_engine_table_at(engine, p) < 0)
            fill_sums(engine, table, p, next[sc_engine_piece(engine, p)]++);
    }
    socle_status status =
        sc_queue_write(engine->compute, engine->memory.base[SC_LANE_COEFFICIENTS], table, bytes);
    socle_status finished = sc_queue_finish(engine->compute);
    sc_release(engine->env, table);
    return status != SOCLE_OK ? status : finished;
}
