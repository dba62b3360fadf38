/* SPDX-License-Identifier: Apache-2.0 */
/* A training step as a transaction: micro-batches leave partial sums, which add up along a fixed
 * tree (sum_tree.h), and one commit changes what persists. */
#include "engine/engine_private.h"

#include <string.h>

void sc_engine_begin_step(sc_engine *engine, int64_t first) {
    engine->tree.nodes = 0;
    engine->next_micro_batch = first;
    engine->pending = 0;
    engine->told = false;
    engine->free_partials = 0;
    for (int s = engine->partial_slots - 1; s >= 0; s--)
        engine->free_partial[engine->free_partials++] = s;
}

sc_lane_memory sc_engine_bases(const sc_engine *engine, int slot, int partial) {
    sc_lane_memory memory = engine->memory;
    size_t gradients = engine->trains ? engine->map.lane[SC_LANE_GRADIENTS].bytes : 0;
    if (slot >= 0) memory.base[SC_LANE_INPUTS] = (sc_operand){engine->slot[slot].buffer, 0};
    memory.base[SC_LANE_GRADIENTS] = engine->partial[partial].base[0];
    memory.chunk[SC_LANE_GRADIENTS] = engine->partial[partial].base;
    memory.base[SC_LANE_SUMS] = sc_pieces_at(&engine->partial[partial], gradients);
    return memory;
}

socle_status sc_engine_add(sc_engine *engine, sc_sum_merge merge, size_t begin, size_t end) {
    const sc_pieces *earlier = &engine->partial[merge.earlier],
                    *later = &engine->partial[merge.later];
    sc_lane_memory memory = engine->memory;
    for (size_t at = begin, next; at < end; at = next) {
        next = sc_pieces_end(earlier, at, end);
        memory.base[SC_LANE_GRADIENTS] = sc_pieces_at(earlier, at);
        memory.base[SC_LANE_SUMS] = sc_pieces_at(later, at);
        sc_launch launch = {.rows = (int64_t)((next - at) / SC_LANE_ALIGNMENT)};
        SC_TRY(sc_plan_run(engine->add, engine->compute, &memory, &launch));
    }
    return SOCLE_OK;
}

/* Adds up whole partials; those that were added to others are free again. */
static socle_status add_whole(sc_engine *engine, const sc_sum_merge *merge, int merges) {
    for (int m = 0; m < merges; m++) {
        SC_TRY(sc_engine_add(engine, merge[m], 0, engine->partial_bytes));
        engine->free_partial[engine->free_partials++] = merge[m].later;
    }
    return SOCLE_OK;
}

socle_status sc_engine_take_partial(sc_engine *engine, int *partial) {
    if (!engine->trains)
        return sc_fail(engine->env, SOCLE_STATUS_STATE,
                       "this engine was made without an optimizer");
    SC_TRY(sc_engine_check_told(engine));
    if (!engine->free_partials)
        return sc_fail(engine->env, SOCLE_STATUS_STATE,
                       "a step of more than the %lld micro-batches planned",
                       (long long)engine->options.micro_batches);
    *partial = engine->free_partial[--engine->free_partials];
    return SOCLE_OK;
}

/* Without fixed_tree each micro-batch is added to those before it at once: two partials are enough.
 */
int sc_engine_push(sc_engine *engine, int partial, sc_sum_merge *merge) {
    int merges = sc_sum_tree_push(&engine->tree,
                                  (sc_sum_node){0, engine->next_micro_batch++, partial}, merge);
    return engine->options.fixed_tree ? merges
                                      : merges + sc_sum_tree_join(&engine->tree, merge + merges);
}

sc_launch sc_engine_launch(const sc_engine *engine, int slot, int64_t rows) {
    return (sc_launch){
        .rows = rows, .seed = engine->options.seed, .repetitions = engine->slot[slot].longest};
}

socle_status sc_engine_micro_batch(sc_engine *engine, int slot, int64_t rows,
                                   uint32_t sample_offset, uint32_t step) {
    int partial = 0;
    SC_TRY(sc_engine_take_partial(engine, &partial));
    sc_lane_memory memory = sc_engine_bases(engine, slot, partial);
    sc_launch launch = sc_engine_launch(engine, slot, rows);
    launch.sample_offset = sample_offset;
    launch.step = step;
    SC_TRY(sc_engine_slot_begin(engine, slot));
    SC_TRY(sc_engine_link_begin(engine));
    SC_TRY(sc_plan_run(engine->train, engine->compute, &memory, &launch));
    SC_TRY(sc_engine_slot_end(engine, slot));
    sc_sum_merge merge[SC_SUM_NODES];
    int merges = sc_engine_push(engine, partial, merge);
    SC_TRY(add_whole(engine, merge, merges));
    engine->pending++;
    return sc_queue_flush(engine->compute);
}

int64_t sc_engine_groups(int64_t rows, int64_t micro_batch) {
    return sc_ceil_div(rows, micro_batch) - (micro_batch > 1 && rows % micro_batch == 1);
}

/* A rate that the caller changed changes all of them in proportion. */
static float rate_of(const sc_engine *engine, const sc_engine_step *step, int number) {
    float first = engine->optimizer[0].value[0], own = engine->optimizer[number].value[0];
    if (!number) return step->learning_rate;
    return step->learning_rate == first || first == 0 ? own : step->learning_rate / first * own;
}

/* Enqueues an update from the launch on that the commit has come to. */
static socle_status run_update(sc_engine *engine, sc_plan *plan, const sc_launch *launch) {
    sc_engine_commit_run *commit = &engine->commit;
    socle_status status = sc_plan_run_part(plan, engine->compute, &commit->memory, launch,
                                           commit->launch, sc_plan_launches(plan));
    commit->launch = status == SOCLE_OK ? 0 : sc_plan_reached(plan);
    return status;
}

static socle_status update_optimizer(sc_engine *engine, int number, sc_launch *launch) {
    const sc_engine_step *step = &engine->commit.step;
    if (!engine->update[number]) return SOCLE_OK;
    launch->scalar[SC_SCALAR_LEARNING_RATE] = rate_of(engine, step, number);
    sc_optimizer_scalars(&engine->step_terms[number], step->number, launch->scalar);
    return run_update(engine, engine->update[number], launch);
}

static socle_status update_table(sc_engine *engine, int number, sc_launch *launch) {
    const sc_engine_step *step = &engine->commit.step;
    const sc_engine_rows *rows = &engine->rows_of[number];
    if (!rows->count) return SOCLE_OK;
    launch->rows = rows->count;
    launch->scalar[SC_SCALAR_LEARNING_RATE] =
        rate_of(engine, step, engine->optimizer_of[rows->parameter]);
    sc_optimizer_scalars(&rows->step_terms, step->number, launch->scalar);
    return run_update(engine, rows->update, launch);
}

/* From where the commit stands to its end. */
static socle_status go_on(sc_engine *engine) {
    sc_engine_commit_run *commit = &engine->commit;
    const sc_engine_step *step = &commit->step;
    sc_launch launch = {.rows = 1, .step = step->number, .seed = engine->options.seed};
    launch.scalar[SC_SCALAR_INVERSE_SAMPLE_WEIGHT] = (float)(1.0 / step->weight);
    launch.scalar[SC_SCALAR_GROUPS] = step->groups ? 1.0f / (float)step->groups : 0.0f;
    for (; commit->update < engine->optimizers + engine->tables; commit->update++) {
        const int table = commit->update - engine->optimizers;
        SC_TRY(table < 0 ? update_optimizer(engine, commit->update, &launch)
                         : update_table(engine, table, &launch));
    }
    commit->under_way = false;
    return sc_queue_flush(engine->compute);
}

socle_status sc_engine_run_commit(sc_engine *engine, const sc_lane_memory *memory,
                                  const sc_engine_step *step) {
    SC_TRY(sc_engine_check_told(engine));
    sc_engine_begin_step(engine, 0);
    sc_engine_weights_changed(engine);
    engine->commit = (sc_engine_commit_run){.step = *step, .memory = *memory, .under_way = true};
    return go_on(engine);
}

uint32_t sc_engine_committed(const sc_engine *engine) {
    return engine->commit.under_way ? 0 : engine->commit.step.number;
}

socle_status sc_engine_settle(sc_engine *engine) {
    SC_TRY(sc_queue_mend(engine->compute));
    if (engine->commit.under_way) SC_TRY(go_on(engine));
    return sc_queue_finish(engine->compute);
}

socle_status sc_engine_commit(sc_engine *engine, const sc_engine_step *step) {
    if (!engine->pending)
        return sc_fail(engine->env, SOCLE_STATUS_STATE, "a commit without any micro-batch");
    sc_sum_merge merge[SC_SUM_NODES];
    int merges = sc_sum_tree_join(&engine->tree, merge);
    SC_TRY(add_whole(engine, merge, merges));
    sc_lane_memory memory = sc_engine_bases(engine, -1, engine->tree.node[0].holder);
    return sc_engine_run_commit(engine, &memory, step);
}

socle_status sc_engine_evaluate(sc_engine *engine, int slot, int64_t rows) {
    SC_TRY(sc_engine_prepare_evaluation(engine));
    sc_lane_memory memory = sc_engine_bases(engine, slot, 0);
    sc_launch launch = sc_engine_launch(engine, slot, rows);
    SC_TRY(sc_engine_slot_begin(engine, slot));
    engine->slot[slot].asked = 0; /* traces are of training */
    SC_TRY(sc_plan_run(engine->evaluate, engine->compute, &memory, &launch));
    SC_TRY(sc_engine_slot_end(engine, slot));
    SC_TRY(sc_plan_run(engine->totals, engine->compute, &memory, &(sc_launch){.rows = 1}));
    return sc_queue_flush(engine->compute);
}

/* Whether not all rows count alike, as the graph of evaluation has it. */
static bool has_weights(const sc_engine *engine) {
    const sc_loss_term *labels = sc_net_labels(engine->net);
    return engine->options.factor[0].kind || labels->ignored != SC_NO_LABEL || labels->lengths >= 0;
}

socle_status sc_engine_collected(sc_engine *engine, int64_t rows, float *const out[SC_COLLECTED]) {
    const sc_lane_layout *layout = &engine->map.lane[SC_LANE_COLLECTED];
    int64_t size[SC_COLLECTED];
    socle_status status = SOCLE_OK;
    sc_collect_sizes(size, engine->net);
    for (int k = 0; k < SC_COLLECTED && status == SOCLE_OK; k++) {
        if (!size[k] || (k == SC_COLLECTED_WEIGHT && !has_weights(engine))) continue;
        sc_operand place = {engine->lane[SC_LANE_COLLECTED], layout->offset[k]};
        status =
            sc_queue_read(engine->compute, out[k], place, (size_t)(rows * size[k]) * sizeof **out);
    }
    socle_status finished = sc_queue_finish(engine->compute);
    return status != SOCLE_OK ? status : finished;
}

socle_status sc_engine_predict(sc_engine *engine, int slot, int64_t rows, uint32_t first,
                               float *out) {
    SC_TRY(sc_engine_prepare_prediction(engine));
    sc_lane_memory memory = sc_engine_bases(engine, slot, 0);
    sc_launch launch = sc_engine_launch(engine, slot, rows);
    launch.sample_offset = first;
    launch.step = engine->draw;
    SC_TRY(sc_engine_slot_begin(engine, slot));
    SC_TRY(sc_plan_run(engine->predict, engine->compute, &memory, &launch));
    SC_TRY(sc_engine_slot_end(engine, slot));
    size_t bytes = (size_t)rows * (size_t)sc_engine_prediction_size(engine) * sizeof *out;
    SC_TRY(sc_queue_read(engine->compute, out, memory.base[SC_LANE_OUTPUTS], bytes));
    return sc_queue_finish(engine->compute);
}

void sc_engine_draw(sc_engine *engine, uint32_t number) {
    engine->draw = number;
}

socle_status sc_engine_generate(sc_engine *engine, int64_t rows, uint32_t first, float *out) {
    if (sc_net_reads_inputs(engine->net, engine->net->output))
        return sc_fail(engine->env, SOCLE_STATUS_STATE,
                       "this network makes no samples itself: its result is of what it reads");
    return sc_engine_predict(engine, 0, rows, first, out); /* nothing in the slot is read */
}
