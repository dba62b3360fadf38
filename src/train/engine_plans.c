/* SPDX-License-Identifier: Apache-2.0 */
/* Plans of an engine: the training step's at creation, those of evaluation and prediction when first needed. */
#include "train/engine_private.h"

/* Builds a graph by `build`, plans it, and lets the graph go. */
static socle_status plan_graph(sc_engine *engine, sc_plan **out, int64_t capacity, const sc_lane_map *map,
                               socle_status (*build)(sc_engine *, sc_graph *)) {
    sc_graph *graph;
    SC_TRY(sc_graph_create(&graph, engine->env, capacity));
    socle_status status = build(engine, graph);
    if (status == SOCLE_OK) status = sc_plan_create(out, engine->device, graph, map, &engine->options.plan);
    sc_graph_destroy(graph);
    return status;
}

static socle_status build_commit(sc_engine *engine, sc_graph *graph) {
    sc_commit_shape shape = {
        .parameter_blocks = (int64_t)(engine->map.lane[SC_LANE_PARAMETERS].bytes / SC_LANE_ALIGNMENT),
        .statistic_blocks = (int64_t)(engine->map.lane[SC_LANE_STATISTICS].bytes / SC_LANE_ALIGNMENT)};
    return sc_commit_build(graph, &engine->optimizer, &shape);
}

static socle_status build_totals(sc_engine *engine, sc_graph *graph) {
    (void)engine;
    return sc_totals_build(graph);
}

static socle_status build_add(sc_engine *engine, sc_graph *graph) {
    return sc_add_partials_build(graph, (int64_t)(engine->partial_bytes / SC_LANE_ALIGNMENT));
}

socle_status sc_engine_plan_step(sc_engine *engine, sc_graph *train_graph) {
    SC_TRY(sc_plan_create(&engine->train, engine->device, train_graph, &engine->map, &engine->options.plan));
    SC_TRY(plan_graph(engine, &engine->commit, 1, &engine->commit_map, build_commit));
    if (engine->partial_slots > 1)
        SC_TRY(plan_graph(engine, &engine->add, (int64_t)(engine->partial_bytes / SC_LANE_ALIGNMENT), &engine->commit_map,
                          build_add));
    return SOCLE_OK;
}

socle_status sc_engine_need_evaluate(sc_engine *engine) {
    if (engine->evaluate) return SOCLE_OK;
    if (!engine->net->loss)
        return sc_fail(engine->env, SOCLE_STATUS_STATE, "this network has no loss: choose one before evaluating");
    if (!engine->totals) SC_TRY(plan_graph(engine, &engine->totals, 1, &engine->commit_map, build_totals));
    return plan_graph(engine, &engine->evaluate, engine->options.capacity, &engine->map, sc_engine_build_evaluate);
}

static socle_status place_outputs(sc_engine *engine) {
    size_t bytes;
    int64_t row = sc_engine_prediction_size(engine);
    if (!sc_mul_size(&bytes, (size_t)row * sizeof(float), (size_t)engine->options.capacity))
        return sc_fail(engine->env, SOCLE_STATUS_SHAPE, "the predictions are too large to address");
    if (!engine->map.lane[SC_LANE_OUTPUTS].count)
        SC_TRY(sc_lane_place(&engine->map.lane[SC_LANE_OUTPUTS], engine->env, 1, &bytes, NULL));
    if (!engine->lane[SC_LANE_OUTPUTS])
        SC_TRY(sc_buffer_create(&engine->lane[SC_LANE_OUTPUTS], engine->device, SC_BUFFER_DEVICE,
                                engine->map.lane[SC_LANE_OUTPUTS].bytes));
    engine->memory.base[SC_LANE_OUTPUTS].buffer = engine->lane[SC_LANE_OUTPUTS];
    return SOCLE_OK;
}

socle_status sc_engine_need_predict(sc_engine *engine) {
    if (engine->predict) return SOCLE_OK;
    SC_TRY(place_outputs(engine));
    return plan_graph(engine, &engine->predict, engine->options.capacity, &engine->map, sc_engine_build_predict);
}

void sc_engine_weights_changed(sc_engine *engine) {
    sc_plan *readers[] = {engine->train, engine->evaluate, engine->predict};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i]) sc_plan_weights_changed(readers[i]);
}
