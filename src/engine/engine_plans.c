/* SPDX-License-Identifier: Apache-2.0 */
/* Plans of an engine: the training step's at creation, those of evaluation and prediction when
 * first needed. */
#include "engine/engine_private.h"

/* Plans the network's own graphs, of which one runs at a time. */
static socle_status plan_network(sc_engine *engine, sc_plan **out, sc_graph *graph) {
    sc_plan_options options = engine->options.plan;
    options.pool = engine->pool;
    return sc_plan_create(out, engine->device, graph, &engine->map, &options);
}

static socle_status plan_forward(sc_engine *engine, sc_plan **out, int64_t rows,
                                 socle_status (*build)(sc_engine *, sc_graph *)) {
    sc_graph *graph;
    SC_TRY(sc_graph_create(&graph, engine->env, rows));
    socle_status status = build(engine, graph);
    if (status == SOCLE_OK) status = plan_network(engine, out, graph);
    sc_graph_destroy(graph);
    return status;
}

/* Plans a graph over whole lanes; `number`: of an optimizer or a table, for whoever builds an
 * update. */
static socle_status plan_whole(sc_engine *engine, sc_plan **out, int64_t capacity, int number,
                               socle_status (*build)(sc_engine *, sc_graph *, int)) {
    sc_graph *graph;
    SC_TRY(sc_graph_create(&graph, engine->env, capacity));
    socle_status status = build(engine, graph, number);
    if (status == SOCLE_OK)
        status =
            sc_plan_create(out, engine->device, graph, &engine->commit_map, &engine->options.plan);
    sc_graph_destroy(graph);
    return status;
}

static sc_commit_part part_of(const sc_engine *engine, int number) {
    sc_commit_part part = {.optimizer = &engine->optimizer[number]};
    for (int p = engine->cuts.count - 1; p >= 0; p--) {
        if (engine->piece_optimizer[p] != number || engine->piece_table[p] >= 0) continue;
        part.first = p;
        part.count++;
    }
    return part;
}

static sc_commit_shape shape_of(const sc_engine *engine) {
    sc_commit_shape shape = {
        .pieces = engine->cuts.count,
        .trained = engine->trained,
        .statistic_blocks =
            (int64_t)(engine->map.lane[SC_LANE_STATISTICS].bytes / SC_LANE_ALIGNMENT),
        .sums = sc_engine_sums(engine),
        .clip_norm = engine->options.clip_norm,
        .clip_value = engine->options.clip_value,
        .penalised = sc_engine_penalised(engine),
        .scaled = engine->options.precision == SOCLE_F16,
        .weighted = sc_engine_sums_weight(engine)};
    for (int p = 0; p < shape.pieces; p++)
        shape.parameter_blocks[p] =
            (int64_t)(sc_engine_gradient_bytes(engine, p) / SC_LANE_ALIGNMENT);
    for (int p = 0; p < shape.pieces; p++) shape.by_rows[p] = engine->piece_table[p] >= 0;
    for (size_t p = 0; p < engine->net->parameters; p++)
        if (engine->net->parameter[p].role != SC_PARAMETER_STATISTIC)
            shape.tensors[sc_engine_piece(engine, p)]++;
    return shape;
}

static socle_status build_place(sc_engine *engine, sc_graph *graph, int table) {
    return sc_rows_place_build(graph, &engine->rows_of[table].commit);
}

static socle_status build_rows(sc_engine *engine, sc_graph *graph, int table) {
    const sc_commit_shape shape = shape_of(engine);
    sc_engine_rows *rows = &engine->rows_of[table];
    return sc_rows_update_build(graph, &rows->commit, &shape, &rows->step_terms);
}

static socle_status build_update(sc_engine *engine, sc_graph *graph, int number) {
    const sc_commit_part part = part_of(engine, number);
    const sc_commit_shape shape = shape_of(engine);
    return (number ? sc_update_build : sc_commit_build)(graph, &part, &shape,
                                                        &engine->step_terms[number]);
}

static socle_status build_totals(sc_engine *engine, sc_graph *graph, int number) {
    (void)number;
    return sc_totals_build(graph, sc_engine_sums(engine));
}

/* Additions go piece by piece. */
static int64_t most_added_blocks(const sc_engine *engine) {
    return (int64_t)(sc_cuts_largest(&engine->partial_cuts) / SC_LANE_ALIGNMENT);
}

static socle_status build_add(sc_engine *engine, sc_graph *graph, int number) {
    (void)number;
    return sc_add_partials_build(graph, most_added_blocks(engine));
}

socle_status sc_engine_plan_step(sc_engine *engine, sc_graph *train_graph) {
    SC_TRY(plan_network(engine, &engine->train, train_graph));
    for (int o = 0; o < engine->optimizers; o++)
        if (!o || part_of(engine, o).count)
            SC_TRY(plan_whole(engine, &engine->update[o], 1, o, build_update));
    for (int t = 0; t < engine->tables; t++) {
        sc_engine_rows *rows = &engine->rows_of[t];
        SC_TRY(plan_whole(engine, &rows->place, rows->table.most, t, build_place));
        SC_TRY(plan_whole(engine, &rows->update, rows->table.most, t, build_rows));
    }
    if (engine->partial_slots == 1) return SOCLE_OK;
    return plan_whole(engine, &engine->add, most_added_blocks(engine), 0, build_add);
}

static socle_status place_collected(sc_engine *engine) {
    int64_t size[SC_COLLECTED];
    size_t bytes[SC_COLLECTED];
    if (!engine->net->collects) return SOCLE_OK;
    sc_collect_sizes(size, engine->net);
    for (int k = 0; k < SC_COLLECTED; k++)
        if (!sc_mul_size(&bytes[k], (size_t)size[k] * sizeof(float),
                         (size_t)engine->options.evaluation))
            return sc_fail(engine->env, SOCLE_STATUS_SHAPE,
                           "what is collected for metrics is too large to address");
    sc_lane_layout *layout = &engine->map.lane[SC_LANE_COLLECTED];
    if (!layout->count) SC_TRY(sc_lane_place(layout, engine->env, SC_COLLECTED, bytes, NULL));
    if (!engine->lane[SC_LANE_COLLECTED])
        SC_TRY(sc_engine_buffer(engine, &engine->lane[SC_LANE_COLLECTED], "rows for metrics",
                                layout->bytes));
    engine->memory.base[SC_LANE_COLLECTED].buffer = engine->lane[SC_LANE_COLLECTED];
    return SOCLE_OK;
}

socle_status sc_engine_prepare_evaluation(sc_engine *engine) {
    if (engine->evaluate) return SOCLE_OK;
    if (!engine->net->losses)
        return sc_fail(engine->env, SOCLE_STATUS_STATE,
                       "this network has no loss: choose one before evaluating");
    SC_TRY(place_collected(engine));
    if (!engine->totals) SC_TRY(plan_whole(engine, &engine->totals, 1, 0, build_totals));
    return plan_forward(engine, &engine->evaluate, engine->options.evaluation,
                        sc_engine_build_evaluate);
}

static socle_status place_outputs(sc_engine *engine) {
    size_t bytes;
    int64_t row = sc_engine_prediction_size(engine);
    if (!sc_mul_size(&bytes, (size_t)row * sizeof(float), (size_t)engine->options.capacity))
        return sc_fail(engine->env, SOCLE_STATUS_SHAPE, "the predictions are too large to address");
    if (!engine->map.lane[SC_LANE_OUTPUTS].count)
        SC_TRY(sc_lane_place(&engine->map.lane[SC_LANE_OUTPUTS], engine->env, 1, &bytes, NULL));
    if (!engine->lane[SC_LANE_OUTPUTS])
        SC_TRY(sc_engine_buffer(engine, &engine->lane[SC_LANE_OUTPUTS], "predictions",
                                engine->map.lane[SC_LANE_OUTPUTS].bytes));
    engine->memory.base[SC_LANE_OUTPUTS].buffer = engine->lane[SC_LANE_OUTPUTS];
    return SOCLE_OK;
}

socle_status sc_engine_prepare_prediction(sc_engine *engine) {
    if (engine->predict) return SOCLE_OK;
    SC_TRY(place_outputs(engine));
    return plan_forward(engine, &engine->predict, engine->options.capacity,
                        sc_engine_build_predict);
}

void sc_engine_weights_changed(sc_engine *engine) {
    sc_plan *readers[] = {engine->train, engine->evaluate, engine->predict};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i]) sc_plan_weights_changed(readers[i]);
}
