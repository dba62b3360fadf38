/* SPDX-License-Identifier: Apache-2.0 */
/* The optimizer's part of the commit: its formula over the blocks of each piece, and the sums over
 * tensors that it asks for. */
#include "engine/commit_private.h"

#include "graph/build.h"

#include <math.h>

/* The update of one piece, or of rows of a table. */
typedef struct update {
    sc_formula f;
    sc_optimizer_terms terms;
    int node[SC_UPDATE_INPUTS], rate, result[1 + SC_OPTIMIZER_STATES];
    const sc_commit_rows *rows;             /* NULL: all blocks of the piece */
    sc_value list;                          /* the numbers of the rows */
    sc_value home[1 + SC_OPTIMIZER_STATES]; /* of the parameter and each state */
    sc_value old[1 + SC_OPTIMIZER_STATES];  /* what of it is updated */
    sc_value live, tensor; /* of each block: elements that are not padding; which tensor of the
                              piece it belongs to */
    int64_t tensors;
} update;

void sc_commit_inputs(sc_formula *f, sc_value health, sc_value inverse) {
    sc_formula_input(f, "health", health);
    if (inverse != SC_NO_VALUE)
        sc_formula_input(f, "inverse", inverse);
    else
        sc_scope_leaf(&f->scope, "inverse", SC_EXPR_SCALAR, SC_SCALAR_INVERSE_SAMPLE_WEIGHT);
    sc_formula_read(f, inverse == SC_NO_VALUE ? "healthy = health == 0"
                                              : "healthy = health == 0 and inverse != 0");
}

static sc_value coefficient(sc_graph *graph, const sc_commit_shape *shape, int kind, int piece,
                            int64_t blocks) {
    int index = sc_coefficient_index(kind, shape->pieces, piece);
    return sc_commit_lane(graph, SC_LANE_COEFFICIENTS, index, SOCLE_F32, blocks, 1);
}

/* The parameter (0) or a state of it becomes an input. */
static int add_old(update *u, sc_graph *graph, sc_lane lane, int index, int number,
                   int64_t blocks) {
    const sc_commit_rows *rows = u->rows;
    sc_value home = sc_commit_lane(graph, lane, index, SOCLE_F32, rows ? rows->rows : blocks,
                                   rows ? rows->units : SC_BLOCK);
    u->home[number] = home;
    u->old[number] = rows ? sc_build_gather(graph, home, u->list) : home;
    return sc_formula_value(&u->f, u->old[number]);
}

static sc_value number_of_tensor(sc_graph *graph, sc_value number) {
    sc_formula f;
    sc_value out;
    sc_formula_begin(&f, graph);
    sc_formula_input(&f, "number", number);
    sc_expr_output(&f.expr, sc_formula_read(&f, "to_int(number)"));
    sc_formula_build(&f, &out);
    return out == SC_NO_VALUE ? out
                              : sc_build_reshape(graph, out, 1, sc_graph_desc(graph, out)->dim);
}

/* Declares the inputs of a piece and reads the formula. */
static void begin(update *u, sc_graph *graph, const sc_optimizer *optimizer,
                  const sc_commit_shape *shape, int piece, sc_value gradient, sc_value side,
                  sc_value health, sc_value inverse) {
    const int64_t blocks = u->rows ? 1 : shape->parameter_blocks[piece]; /* of coefficients */
    sc_formula *f = &u->f;
    sc_formula_begin(f, graph);
    u->node[SC_UPDATE_PARAMETER] = add_old(u, graph, SC_LANE_PARAMETERS, piece, 0, blocks);
    sc_formula_input(f, "sum", gradient);
    for (int s = 0; s < sc_optimizer_states(optimizer); s++)
        u->node[SC_UPDATE_STATE_0 + s] =
            add_old(u, graph, SC_LANE_STATE, s * shape->pieces + piece, 1 + s, blocks);
    u->rate = f->inputs;
    u->node[SC_UPDATE_RATE_SCALE] = sc_formula_input(
        f, "rate", coefficient(graph, shape, SC_COEFFICIENT_RATE_SCALE, piece, blocks));
    u->node[SC_UPDATE_DECAY] =
        sc_formula_value(f, coefficient(graph, shape, SC_COEFFICIENT_DECAY, piece, blocks));
    u->node[SC_UPDATE_SIDE] =
        shape->penalised ? sc_formula_value(f, side) : sc_expr_const(&f->expr, NAN);
    sc_commit_inputs(f, health, inverse);
    const bool mean = shape->penalised && inverse == SC_NO_VALUE;
    /* A frozen block, of rate 0, keeps its bits: w - 0 is not always w. */
    sc_formula_read(f, "ok = healthy and rate != 0");
    sc_scope_number(&f->scope, "limit", shape->clip_value);
    u->node[SC_UPDATE_GRADIENT] =
        sc_formula_read(f, shape->clip_value > 0 ? mean ? "max(min(sum, limit), -limit)"
                                                        : "max(min(sum * inverse, limit), -limit)"
                           : mean                ? "sum"
                                                 : "sum * inverse");
    if (graph->status != SOCLE_OK) return;
    sc_graph_fail(graph, sc_optimizer_update(graph->env, optimizer, &f->expr, u->node,
                                             &u->result[0], &u->result[1], &u->terms));
    if (graph->status != SOCLE_OK || !u->terms.sums.count) return;
    u->tensors = shape->tensors[piece];
    u->live = coefficient(graph, shape, SC_COEFFICIENT_LIVE, piece, blocks);
    u->tensor =
        number_of_tensor(graph, coefficient(graph, shape, SC_COEFFICIENT_TENSOR, piece, blocks));
}

/* Sum number k over each block [blocks, 1], or over all that is not frozen [1, 1]. */
static sc_value sum_blocks(const update *u, int k, bool total) {
    sc_formula g = u->f;
    sc_value out;
    sc_scope_init(&g.scope, &g.expr);
    g.expr = u->terms.sums.sum[k].expr;
    sc_scope_node(&g.scope, "value", g.expr.output[0]);
    g.expr.outputs = 0;
    sc_formula_input(&g, "live", u->live);
    sc_scope_leaf(&g.scope, "place", SC_EXPR_COORD, 1);
    if (total) sc_scope_node(&g.scope, "rate", sc_expr_input(&g.expr, u->rate, SC_EXPR_FLOAT));
    sc_expr_output(&g.expr, sc_formula_read(&g, total ? "value if place < live and rate != 0 else 0"
                                                      : "value if place < live else 0"));
    sc_formula_sum(&g, total ? 3 : 2, &out);
    return out;
}

/* The sum of each block's tensor [blocks, 1]. */
static sc_value sum_tensors(const update *u, int k) {
    sc_graph *graph = u->f.graph;
    sc_tensor_desc shape = sc_tensor_make(SOCLE_F32, 0, 2, (int64_t[]){u->tensors, 1});
    sc_value table, part = sum_blocks(u, k, false);
    sc_graph_append_shaped(graph, SC_OP_SCATTER_ADD, &(sc_op_attr){0}, 2,
                           (sc_value[]){u->tensor, part}, &shape, &table);
    return sc_build_gather(graph, table, u->tensor);
}

/* Sum number k of all pieces becomes an input of each. */
static void build_sum(update *u, int pieces, int k) {
    sc_value all = SC_NO_VALUE;
    bool total = u->terms.sums.sum[k].total;
    for (int p = 0; total && p < pieces; p++) {
        sc_value part = sum_blocks(&u[p], k, true);
        all = p ? sc_build_binary(u->f.graph, SC_EXPR_ADD, all, part) : part;
    }
    for (int p = 0; p < pieces; p++) sc_formula_value(&u[p].f, total ? all : sum_tensors(&u[p], k));
}

/* A user's update may divide by 0 where health sees nothing: what is no number keeps its old value.
 */
static void finish(update *u, const sc_optimizer *optimizer) {
    const char *text =
        optimizer->kind->update ? "new if ok else old" : "new if ok and is_finite(new) else old";
    const int states = sc_optimizer_states(optimizer);
    sc_value out[SC_EXPR_OUTPUTS];
    for (int i = 0; i <= states; i++) {
        sc_scope_node(&u->f.scope, "old",
                      u->node[i ? SC_UPDATE_STATE_0 + i - 1 : SC_UPDATE_PARAMETER]);
        sc_scope_node(&u->f.scope, "new", u->result[i]);
        sc_expr_output(&u->f.expr, sc_formula_read(&u->f, text));
    }
    sc_expr_prune(&u->f.expr);
    sc_formula_build(&u->f, out);
    for (int i = 0; i <= states; i++) {
        if (u->rows) out[i] = sc_build_put_rows(u->f.graph, u->home[i], u->list, out[i]);
        sc_graph_update(u->f.graph, out[i], u->home[i]);
    }
}

void sc_commit_update_rows(sc_graph *graph, const sc_commit_rows *rows,
                           const sc_commit_shape *shape, sc_value health, sc_value inverse,
                           sc_step_terms *terms) {
    const sc_tensor_desc desc =
        sc_tensor_make(SOCLE_F32, 1, 2, (int64_t[]){rows->most, rows->units});
    sc_commit_shape own = *shape;
    own.penalised = false; /* other parameters may have penalties */
    sc_value gradient =
        sc_graph_external(graph, SC_LANE_GRADIENTS, rows->piece, &desc, "gradient of rows");
    update *u;
    socle_status status = sc_allocate(graph->env, &u, 1, sizeof *u);
    sc_graph_fail(graph, status);
    if (status != SOCLE_OK) return;
    u->rows = rows;
    u->list = sc_rows_list(graph, rows);
    begin(u, graph, rows->optimizer, &own, rows->piece, gradient, SC_NO_VALUE, health, inverse);
    if (graph->status == SOCLE_OK) finish(u, rows->optimizer);
    *terms = u->terms.step;
    sc_release(graph->env, u);
}

void sc_commit_update(sc_graph *graph, const sc_commit_part *part, const sc_commit_shape *shape,
                      const sc_value *gradient, const sc_value *side, sc_value health,
                      sc_value inverse, sc_step_terms *terms) {
    update *u;
    const int pieces = part->count;
    if (!pieces) return;
    socle_status status = sc_allocate(graph->env, &u, (size_t)pieces, sizeof *u);
    sc_graph_fail(graph, status);
    if (status != SOCLE_OK) return;
    for (int p = 0; p < pieces; p++)
        begin(&u[p], graph, part->optimizer, shape, part->first + p, gradient[part->first + p],
              shape->penalised ? side[part->first + p] : SC_NO_VALUE, health, inverse);
    for (int k = 0; graph->status == SOCLE_OK && k < u->terms.sums.count; k++)
        build_sum(u, pieces, k);
    for (int p = 0; graph->status == SOCLE_OK && p < pieces; p++) finish(&u[p], part->optimizer);
    *terms = u->terms.step;
    sc_release(graph->env, u);
}
