/* SPDX-License-Identifier: Apache-2.0 */
/* The graphs an engine plans: the network between its feed and its gradients. A batch arrives as
 * staged columns or as row numbers into resident data; from there on the graphs are the same. */
#include "engine/engine_private.h"

#include "graph/formula.h"
#include "graph/grad.h"
#include "graph/pool_first.h"
#include "graph/precision.h"
#include "graph/recompute.h"

#include <limits.h>

/* The values of the batch's columns. `count` of them are needed (predict needs no target). */
static void feed(const sc_engine *engine, sc_graph *graph, int count, sc_value *out) {
    sc_graph_scope(graph, "feed");
    if (!engine->options.resident) {
        for (int k = 0; k < count; k++) {
            sc_tensor_desc column = engine->column[k];
            column.dim[0] = graph->capacity;
            out[k] = sc_graph_external(graph, SC_LANE_INPUTS, k, &column, engine->column_name[k]);
        }
        return;
    }
    int64_t rows = graph->capacity;
    sc_tensor_desc index = sc_tensor_make(SOCLE_I32, 1, 1, &rows);
    sc_value numbers = sc_graph_external(graph, SC_LANE_INPUTS, 0, &index, "row numbers");
    for (int k = 0; k < count; k++) {
        sc_tensor_desc table = engine->column[k];
        table.rows_per_sample = 0;
        table.dim[0] = (int64_t)engine->options.data_rows;
        sc_value data = sc_graph_external(graph, SC_LANE_DATA, k, &table, engine->column_name[k]);
        out[k] = sc_build_gather(graph, data, numbers);
    }
}

/* Some of the numbers that each image comes with, [rows, count]. */
static sc_value numbers_of(sc_graph *graph, sc_value origin, int64_t first, int64_t count) {
    return sc_build_slice(graph, origin, (const int64_t[]){0, first},
                          (const int64_t[]){graph->capacity, count});
}

/* Pixels within each image's rectangle become 0. */
static sc_value cover(sc_graph *graph, sc_value image, sc_value origin) {
    static const char *const names[SC_AUGMENT_HOLE] = {"top", "left", "rows", "columns"};
    const int64_t one[SC_IMAGE_RANK] = {graph->capacity, 1, 1, 1};
    sc_formula f;
    sc_value out = SC_NO_VALUE;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "pixel", sc_build_to_float(graph, image, 1.0f));
    for (int i = 0; i < SC_AUGMENT_HOLE; i++) {
        sc_value number = numbers_of(graph, origin, SC_AUGMENT_ORIGIN + i, 1);
        sc_formula_input(&f, names[i], sc_build_reshape(graph, number, SC_IMAGE_RANK, one));
    }
    sc_scope_leaf(&f.scope, "row", SC_EXPR_COORD, 2);
    sc_scope_leaf(&f.scope, "column", SC_EXPR_COORD, 3);
    sc_expr_output(&f.expr,
                   sc_formula_read(&f, "0 if top <= row and row < top + rows and left <= column "
                                       "and column < left + columns else pixel"));
    if (graph->status == SOCLE_OK) sc_formula_build(&f, &out);
    return out;
}

/* Images as this epoch shows them: from their origins, as large as they were, partly covered. */
static void augment(const sc_engine *engine, sc_graph *graph, sc_value *column) {
    const int numbers = sc_engine_origin_numbers(engine);
    int64_t dim[2] = {graph->capacity, numbers};
    sc_tensor_desc desc = sc_tensor_make(SOCLE_I32, 1, 2, dim);
    sc_value origin =
        sc_graph_external(graph, SC_LANE_INPUTS, sc_engine_origin_index(engine), &desc, "origins");
    sc_graph_scope(graph, "augment");
    sc_value place =
        numbers > SC_AUGMENT_ORIGIN ? numbers_of(graph, origin, 0, SC_AUGMENT_ORIGIN) : origin;
    for (int k = 0; k < engine->net->inputs; k++) {
        if (engine->column[k].rank != SC_IMAGE_RANK) continue;
        column[k] = sc_build_crop2d(graph, column[k], place, engine->column[k].dim[2],
                                    engine->column[k].dim[3]);
        if (numbers > SC_AUGMENT_ORIGIN) column[k] = cover(graph, column[k], origin);
    }
}

/* Network, losses and sums. */
static void forward(const sc_engine *engine, sc_graph *graph, sc_build_mode mode, sc_build *build,
                    sc_engine_loss *loss) {
    sc_value column[SC_ENGINE_COLUMNS];
    feed(engine, graph, engine->columns, column);
    if (mode == SC_BUILD_TRAIN && engine->options.augments) augment(engine, graph, column);
    sc_graph_fail(graph, sc_net_build(build, engine->net, graph, mode, column));
    if (graph->status == SOCLE_OK) sc_engine_build_loss(engine, graph, build, column, loss);
}

/* Parameters, and layers that may read a table of several. */
static size_t most_values(const sc_engine *engine) {
    return (size_t)engine->net->trainable + engine->net->layers;
}

/* What gradients are taken by: a parameter, or rows that a layer found in a table. */
typedef struct gradients {
    sc_value *wrt, *gradient;
    int *index; /* of the parameter, */
    int *rank;
    int *layer; /* and which layer found the rows; -1: the parameter itself */
} gradients;

static int add_lookups(const sc_engine *engine, const sc_build *build, size_t p, int count,
                       const gradients *work) {
    const sc_net *net = engine->net;
    for (size_t l = 0; l < net->layers; l++) {
        if ((size_t)net->layer[l].first_parameter != p || !net->layer[l].parameters) continue;
        work->index[count] = net->parameter[p].index;
        work->layer[count] = (int)l;
        work->wrt[count++] = build->lookup[l].found;
    }
    return count;
}

static int collect_trained(const sc_engine *engine, const sc_build *build, int phase,
                           const gradients *work) {
    int count = 0;
    for (size_t p = 0; p < engine->net->parameters; p++) {
        if (engine->optimizer_of[p] == SC_FROZEN || sc_net_phase_of(engine->net, p) != phase)
            continue;
        if (sc_engine_table_at(engine, p) >= 0) {
            count = add_lookups(engine, build, p, count, work);
            continue;
        }
        work->index[count] = engine->net->parameter[p].index;
        work->layer[count] = -1;
        work->wrt[count++] = build->parameter[p];
    }
    return count;
}

static socle_status check_reached(sc_graph *graph, sc_value loss, int count, const sc_value *wrt) {
    bool reached;
    for (int i = 0; i < count; i++)
        if (wrt[i] == SC_NO_VALUE)
            return sc_fail(
                graph->env, SOCLE_STATUS_CONFIG,
                "a layer with parameters does not lead to the loss; remove it or connect it");
    SC_TRY(sc_graph_depends(&reached, graph, loss, count, wrt));
    if (reached) return SOCLE_OK;
    return sc_fail(graph->env, SOCLE_STATUS_CONFIG,
                   "the loss depends on no parameter that is trained");
}

/* The gradient of a table by the rows that were found in it: the sum over the layers, the last one
 * first, as the reverse walk would add them. */
static sc_value add_tables(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                           int table, int last, const gradients *work) {
    const sc_commit_rows *rows = &engine->rows_of[table].commit;
    sc_value sum = SC_NO_VALUE;
    for (int i = last; i >= 0 && work->index[i] == work->index[last]; i--) {
        const int layer = work->layer[i];
        sc_graph_scope(graph, engine->net->layer[layer].name);
        sc_value one = sc_rows_gradient(graph, rows, build->lookup[layer].index, work->gradient[i]);
        sum = sum == SC_NO_VALUE ? one : sc_build_binary(graph, SC_EXPR_ADD, sum, one);
    }
    return sum;
}

static void output_values(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                          int count, const gradients *work) {
    for (int i = 0; i < count; i++) {
        sc_value value = work->gradient[i];
        if (i + 1 < count && work->index[i + 1] == work->index[i]) continue;
        if (work->layer[i] >= 0) {
            const int parameter = engine->net->layer[work->layer[i]].first_parameter;
            value = add_tables(engine, graph, build, sc_engine_table_at(engine, (size_t)parameter),
                               i, work);
        }
        sc_graph_output(graph, value, SC_LANE_GRADIENTS, work->index[i]);
    }
}

/* The order in which parameters complete, from that of all values: a table with its last. Returns
 * how many there are. */
static int rank_parameters(const sc_engine *engine, int count, int done, const gradients *work,
                           int *completion) {
    int parameters = 0;
    for (int i = 0; !engine->tables && i < count; i++)
        completion[work->index[i]] = done + work->rank[i];
    for (int rank = 0; engine->tables && rank < count; rank++) {
        int at = 0;
        bool last = true;
        while (work->rank[at] != rank) at++;
        for (int i = 0; i < count; i++)
            last &= work->index[i] != work->index[at] || work->rank[i] <= rank;
        if (last) completion[work->index[at]] = done + parameters++;
    }
    return engine->tables ? parameters : count;
}

/* The gradient of a phase's loss by what the phase trains. `done`: gradients of phases before it,
 * which complete before these. Returns their number. */
static int output_phase(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                        const sc_engine_loss *loss, int phase, int done, const gradients *work,
                        int *completion) {
    sc_value value = loss->phase[phase], seed = loss->weight;
    const int count = collect_trained(engine, build, phase, work);
    if (!count || graph->status != SOCLE_OK) return 0; /* a group freezes all of it */
    sc_graph_fail(graph, check_reached(graph, value, count, work->wrt));
    if (graph->status != SOCLE_OK) return 0;
    if (engine->options.precision == SOCLE_F16) {
        seed = sc_scale_seed(graph, value, seed);
        sc_graph_keep_whole(graph, seed);
    }
    if (sc_graph_gradient(graph, value, seed, count, work->wrt, work->gradient, work->rank) !=
        SOCLE_OK)
        return 0;
    output_values(engine, graph, build, count, work);
    return rank_parameters(engine, count, done, work, completion);
}

/* `work`: five numbers per parameter and layer. completion: by the parameter's index. */
static void output_gradients(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                             const sc_engine_loss *loss, sc_value *work, int *completion) {
    const size_t each = most_values(engine);
    const gradients arrays = {work, work + each, work + 2 * each, work + 3 * each, work + 4 * each};
    int done = 0;
    for (int i = 0; i < engine->net->trainable; i++) completion[i] = INT_MAX; /* frozen */
    for (int phase = 0; phase < sc_net_phases(engine->net); phase++)
        done += output_phase(engine, graph, build, loss, phase, done, &arrays, completion);
}

static void output_statistics(const sc_engine *engine, sc_graph *graph, const sc_build *build) {
    const sc_net *net = engine->net;
    for (size_t p = 0; p < net->parameters; p++)
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC)
            sc_graph_output(graph, build->statistic[p], SC_LANE_SUMS,
                            sc_engine_sums(engine) + net->parameter[p].index);
}

socle_status sc_engine_build_train(sc_engine *engine, sc_graph *graph, int *completion) {
    sc_build build = {0};
    sc_engine_loss loss;
    sc_value *work;
    SC_TRY(sc_allocate(engine->env, &work, 5 * most_values(engine), sizeof *work));
    forward(engine, graph, SC_BUILD_TRAIN, &build, &loss);
    if (graph->status == SOCLE_OK) {
        output_statistics(engine, graph, &build);
        sc_graph_fail(graph, sc_graph_pool_first(graph));
        size_t forward_nodes = graph->nodes;
        output_gradients(engine, graph, &build, &loss, work, completion);
        if (engine->options.precision) sc_graph_store_half(graph, engine->options.precision);
        if (engine->options.recompute && graph->status == SOCLE_OK)
            sc_graph_fail(graph, sc_graph_recompute(graph, forward_nodes,
                                                    engine->options.activation_bytes, NULL));
    }
    sc_build_free(&build);
    sc_release(engine->env, work);
    return graph->status;
}

socle_status sc_engine_build_evaluate(sc_engine *engine, sc_graph *graph) {
    sc_build build = {0};
    sc_engine_loss loss;
    forward(engine, graph, SC_BUILD_EVALUATE, &build, &loss);
    sc_graph_fail(graph, sc_graph_pool_first(graph));
    if (engine->options.precision) sc_graph_store_half(graph, engine->options.precision);
    sc_build_free(&build);
    return graph->status;
}

socle_status sc_engine_build_predict(sc_engine *engine, sc_graph *graph) {
    sc_build build = {0};
    sc_value column[SC_ENGINE_COLUMNS];
    const sc_build_mode mode = engine->options.draws ? SC_BUILD_DRAW : SC_BUILD_EVALUATE;
    feed(engine, graph, engine->net->inputs, column);
    sc_graph_fail(graph, sc_net_build(&build, engine->net, graph, mode, column));
    if (graph->status == SOCLE_OK) {
        sc_value result = build.node[engine->net->output];
        const sc_loss_term *loss = sc_net_output_loss(engine->net);
        if (loss && !engine->options.logits) result = sc_loss_prediction(graph, loss, result);
        sc_graph_output(graph, result, SC_LANE_OUTPUTS, 0);
        sc_graph_fail(graph, sc_graph_pool_first(graph));
    }
    sc_build_free(&build);
    return graph->status;
}
