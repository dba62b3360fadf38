/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of an engine: which tensors, in which order, in which pieces. Parameters lie in the
 * order in which their gradients complete, so that exchange can go by ranges; gradients and sums of
 * one micro-batch form one partial. Where the device allocates less at once, parameters, gradients
 * and states are cut at the same places, between tensors; a table that is updated by rows is a
 * piece of its own, whose gradient has rows for one step alone. */
#include "engine/engine_private.h"

static void add_factor(sc_engine *engine, int number) {
    const sc_engine_factor *factor = &engine->options.factor[number];
    const int64_t dim[2] = {1, sc_net_label_rows(engine->net)};
    if (!factor->kind) return;
    engine->column[engine->columns] =
        sc_tensor_make(factor->dtype, 1, factor->kind->per_row ? 2 : 1, dim);
    engine->column_name[engine->columns++] = factor->kind->name;
}

socle_status sc_engine_columns_init(sc_engine *engine) {
    const sc_net *net = engine->net;
    for (int k = 0; k < net->inputs; k++) {
        engine->column[k] = net->input[k].desc;
        engine->column_name[k] = net->input[k].name;
    }
    engine->columns = net->inputs;
    engine->labels = -1;
    const sc_loss_term *labels = sc_net_labels(net);
    if (labels) {
        sc_tensor_desc target;
        SC_TRY(
            sc_loss_target(engine->env, labels->kind, sc_net_desc(net, labels->output), &target));
        if (engine->options.has_target_dtype) target.dtype = engine->options.target_dtype;
        engine->labels = engine->columns;
        engine->column[engine->columns] = target;
        engine->column_name[engine->columns++] = sc_column_name(SC_COLUMN_TARGET);
    }
    engine->factors = engine->columns;
    for (int f = 0; net->losses && f < SC_COLUMN_FACTORS; f++) add_factor(engine, f);
    for (int k = 0; k < engine->columns; k++) {
        engine->column[k].rows_per_sample = 1;
        engine->column[k].dim[0] = engine->rows;
    }
    return SOCLE_OK;
}

/* Sizes of the parameters (statistics == false) or of the running statistics, by index. */
static void parameter_sizes(const sc_net *net, bool statistics, size_t *bytes) {
    for (size_t p = 0; p < net->parameters; p++)
        if ((net->parameter[p].role == SC_PARAMETER_STATISTIC) == statistics)
            bytes[net->parameter[p].index] = sc_tensor_bytes(&net->parameter[p].desc);
}

/* The most bytes of one piece: what the device gives at once, and less than 2^31 elements, which
 * operations can number. */
static size_t most_of_a_piece(const sc_engine *engine) {
    const size_t numbered = (size_t)(INT32_MAX / SC_BLOCK - 1) * SC_LANE_ALIGNMENT;
    uint64_t limit = engine->device->info.max_allocation;
    return limit < numbered ? (size_t)limit : numbered;
}

/* The order of parameters, by index in their lane: by optimizer, what is frozen behind, and by the
 * completion of their gradients. A piece has one optimizer. Each has as many groups as there may be
 * tables, and one before them. */
enum { GROUPS = 1 + SC_ENGINE_TABLES };

typedef struct order {
    int *tensor; /* in this order */
    int *ranked; /* by completion alone */
    int *group; /* per tensor: GROUPS * its optimizer, or the number of them where it is frozen, + 1
                   + its table */
    bool several; /* groups */
} order;

static void sort_parameters(const sc_engine *engine, const int *completion, order *out) {
    const sc_net *net = engine->net;
    const int frozen = GROUPS * engine->optimizers, count = net->trainable;
    int rank = count, next = 0;
    for (size_t p = 0; p < net->parameters; p++) {
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
        int number = engine->trains ? engine->optimizer_of[p] : 0;
        out->group[net->parameter[p].index] =
            number == SC_FROZEN ? frozen : GROUPS * number + 1 + sc_engine_table_at(engine, p);
    }
    for (int i = count - 1; i >= 0; i--) /* what is frozen has no rank */
        out->ranked[!completion ? i : completion[i] < count ? completion[i] : --rank] = i;
    for (int group = 0; group <= frozen; group++)
        for (int r = 0; r < count; r++)
            if (out->group[out->ranked[r]] == group) out->tensor[next++] = out->ranked[r];
    out->several = count && out->group[out->tensor[0]] != out->group[out->tensor[count - 1]];
}

static socle_status place_groups(const sc_engine *engine, sc_lane_layout *out, const size_t *bytes,
                                 const order *order, size_t most) {
    return sc_lane_place_groups(out, engine->env, engine->net->trainable, bytes, order->tensor,
                                order->several ? order->group : NULL, most);
}

/* Which optimizer moves a piece. What is frozen has no gradients, a table that of some rows. */
static void note_groups(sc_engine *engine, size_t *bytes, const order *order) {
    const sc_lane_layout *lane = &engine->map.lane[SC_LANE_PARAMETERS];
    const int frozen_group = GROUPS * engine->optimizers;
    engine->trained = lane->chunks;
    for (int p = 0; p < SC_LANE_PIECES; p++) engine->piece_table[p] = -1;
    for (int i = 0; i < engine->net->trainable; i++) {
        int piece = lane->chunk ? lane->chunk[i] : 0;
        bool frozen = engine->trains && order->group[i] == frozen_group;
        engine->piece_optimizer[piece] = frozen ? SC_FROZEN : order->group[i] / GROUPS;
        const int table = frozen ? -1 : order->group[i] % GROUPS - 1;
        if (table >= 0) {
            sc_commit_rows *rows = &engine->rows_of[table].commit;
            engine->piece_table[piece] = table;
            rows->piece = piece;
            bytes[i] = (size_t)rows->most * (size_t)rows->units * sizeof(float);
        }
        if (!frozen) continue;
        bytes[i] = 0;
        if (piece < engine->trained) engine->trained = piece;
    }
}

static socle_status place_parameters(sc_engine *engine, const int *completion, size_t *bytes,
                                     order *order) {
    const sc_net *net = engine->net;
    sc_lane_layout *lane = engine->map.lane;
    size_t most = most_of_a_piece(engine);
    parameter_sizes(net, false, bytes);
    sort_parameters(engine, completion, order);
    SC_TRY(place_groups(engine, &lane[SC_LANE_PARAMETERS], bytes, order, most));
    if (lane[SC_LANE_PARAMETERS].chunks > SC_LANE_PIECES) {
        most = SIZE_MAX; /* what one optimizer moves counts as the piece that is too large */
        sc_lane_free(&lane[SC_LANE_PARAMETERS], engine->env);
        SC_TRY(place_groups(engine, &lane[SC_LANE_PARAMETERS], bytes, order, most));
    }
    note_groups(engine, bytes, order);
    SC_TRY(place_groups(engine, &lane[SC_LANE_GRADIENTS], bytes, order, most));
    const int sums = sc_engine_sums(engine);
    parameter_sizes(net, true, bytes + sums);
    SC_TRY(
        sc_lane_place(&lane[SC_LANE_STATISTICS], engine->env, net->statistics, bytes + sums, NULL));
    for (int i = 0; i < sums; i++) bytes[i] = sizeof(float);
    return sc_lane_place(&lane[SC_LANE_SUMS], engine->env, sums + net->statistics, bytes, NULL);
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
            if (!sc_mul_size(&bytes[k], sc_engine_column_bytes(engine, k),
                             engine->options.data_rows))
                return sc_fail(engine->env, SOCLE_STATUS_SHAPE,
                               "%zu rows of data are too many to address",
                               engine->options.data_rows);
        SC_TRY(sc_lane_place(&lane[SC_LANE_DATA], engine->env, engine->columns, bytes, NULL));
        bytes[0] = (size_t)engine->rows * sizeof(int32_t); /* row numbers */
    }
    bytes[sc_engine_origin_index(engine)] = (size_t)engine->options.capacity *
                                            (size_t)sc_engine_origin_numbers(engine) *
                                            sizeof(int32_t);
    return sc_lane_place(&lane[SC_LANE_INPUTS], engine->env,
                         sc_engine_origin_index(engine) + engine->options.augments, bytes, NULL);
}

/* The sums lie behind the gradients, where they fit in the last piece. */
static void cut_lanes(sc_engine *engine) {
    const sc_lane_layout *lane = engine->map.lane;
    size_t gradients = engine->trains ? lane[SC_LANE_GRADIENTS].bytes : 0;
    engine->cuts = sc_cuts_of_lane(&lane[SC_LANE_PARAMETERS]);
    engine->partial_cuts =
        engine->trains ? sc_cuts_of_lane(&lane[SC_LANE_GRADIENTS]) : (sc_cuts){.count = 1};
    if (engine->trains) engine->partial_cuts.count = engine->trained;
    engine->partial_bytes = gradients + lane[SC_LANE_SUMS].bytes;
    sc_cuts_append(&engine->partial_cuts, lane[SC_LANE_SUMS].bytes, most_of_a_piece(engine));
}

/* Every piece of parameters, gradients and states has a chunk of its own. */
static socle_status place_whole_pieces(sc_engine *engine) {
    sc_lane_layout *whole = engine->commit_map.lane;
    const int pieces = engine->cuts.count, states = sc_engine_states(engine);
    const bool sums = sc_engine_has_sums(engine);
    const int last = sc_coefficient_index(sc_engine_penalised(engine) ? SC_COEFFICIENT_L2
                                          : sums                      ? SC_COEFFICIENT_LIVE
                                                                      : SC_COEFFICIENT_MOMENTUM,
                                          pieces, pieces - 1);
    size_t bytes[SC_OPTIMIZER_STATES * SC_LANE_PIECES],
        coefficient[(SC_COEFFICIENT_L2 + 1) * SC_LANE_PIECES];
    for (int kind = 0; kind <= SC_COEFFICIENT_L2; kind++)
        for (int p = 0; p < pieces; p++) {
            const bool of_sums = kind == SC_COEFFICIENT_TENSOR || kind == SC_COEFFICIENT_LIVE;
            coefficient[sc_coefficient_index(kind, pieces, p)] =
                p >= engine->trained || (of_sums && !sums) ? 0
                : engine->piece_table[p] >= 0              ? sizeof(float)
                                              : sc_cuts_bytes(&engine->cuts, p) / SC_BLOCK;
        }
    coefficient[sc_coefficient_index(SC_COEFFICIENT_MOMENTUM, pieces, 0)] =
        engine->map.lane[SC_LANE_STATISTICS].bytes / SC_BLOCK;
    for (int p = 0; p < pieces; p++) bytes[p] = sc_cuts_bytes(&engine->cuts, p);
    SC_TRY(sc_lane_place_each(&whole[SC_LANE_PARAMETERS], engine->env, pieces, bytes));
    for (int p = 0; engine->trains && p < engine->trained; p++)
        bytes[p] = sc_engine_gradient_bytes(engine, p);
    SC_TRY(sc_lane_place_each(&whole[SC_LANE_GRADIENTS], engine->env, engine->trained, bytes));
    for (int i = 0; i < states * pieces; i++) {
        bool has = i / pieces < sc_engine_piece_states(engine, i % pieces);
        bytes[i] = has ? sc_cuts_bytes(&engine->cuts, i % pieces) : 0;
    }
    SC_TRY(sc_lane_place_each(&whole[SC_LANE_STATE], engine->env, states * pieces, bytes));
    return sc_lane_place(&whole[SC_LANE_COEFFICIENTS], engine->env, last + 1, coefficient, NULL);
}

static socle_status place_whole(sc_engine *engine) {
    sc_lane_layout *whole = engine->commit_map.lane;
    size_t statistics = engine->map.lane[SC_LANE_STATISTICS].bytes, sums[SC_SUMS + 1],
           health[SC_HEALTH_TENSORS];
    const int scalars = sc_engine_sums(engine), healths = SC_HEALTH_TOTALS + 2 * scalars;
    for (int i = 0; i < scalars; i++) sums[i] = sizeof(float);
    sums[scalars] = statistics;
    for (int i = 0; i < healths; i++) health[i] = sizeof(float);
    SC_TRY(place_whole_pieces(engine));
    SC_TRY(sc_lane_place(&whole[SC_LANE_STATISTICS], engine->env, 1, &statistics, NULL));
    SC_TRY(sc_lane_place(&whole[SC_LANE_SUMS], engine->env, scalars + 1, sums, NULL));
    SC_TRY(sc_lane_place(&engine->map.lane[SC_LANE_HEALTH], engine->env, healths, health, NULL));
    return sc_lane_place(&whole[SC_LANE_HEALTH], engine->env, healths, health, NULL);
}

static socle_status place_rows(sc_engine *engine) {
    size_t bytes[SC_ENGINE_TABLES * SC_ROWS_TENSORS];
    for (int t = 0; t < engine->tables; t++) {
        const sc_engine_table *table = &engine->rows_of[t].table;
        bytes[sc_rows_index(t, SC_ROWS_LIST)] = (size_t)table->most * sizeof(int32_t);
        bytes[sc_rows_index(t, SC_ROWS_MAP)] = (size_t)table->rows * sizeof(int32_t);
    }
    const int count = engine->tables * SC_ROWS_TENSORS;
    SC_TRY(sc_lane_place(&engine->map.lane[SC_LANE_ROWS], engine->env, count, bytes, NULL));
    return sc_lane_place(&engine->commit_map.lane[SC_LANE_ROWS], engine->env, count, bytes, NULL);
}

socle_status sc_engine_lanes_create(sc_engine *engine, const int *completion) {
    size_t *bytes;
    order order = {0};
    size_t count = engine->net->parameters + SC_SUMS;
    SC_TRY(sc_allocate(engine->env, &bytes, count, sizeof *bytes));
    socle_status status = sc_allocate(engine->env, &order.tensor, count, sizeof *order.tensor);
    if (status == SOCLE_OK)
        status = sc_allocate(engine->env, &order.ranked, count, sizeof *order.ranked);
    if (status == SOCLE_OK)
        status = sc_allocate(engine->env, &order.group, count, sizeof *order.group);
    if (status == SOCLE_OK) status = place_parameters(engine, completion, bytes, &order);
    sc_release(engine->env, bytes);
    sc_release(engine->env, order.tensor);
    sc_release(engine->env, order.ranked);
    sc_release(engine->env, order.group);
    if (status == SOCLE_OK) status = place_feed(engine);
    if (status == SOCLE_OK) status = place_rows(engine);
    if (status == SOCLE_OK) cut_lanes(engine);
    if (status == SOCLE_OK) status = place_whole(engine);
    if (status == SOCLE_OK) status = sc_engine_buffers_create(engine);
    if (status == SOCLE_OK && engine->trains && !engine->options.plan.forecast)
        status = sc_engine_write_coefficients(engine);
    return status;
}
