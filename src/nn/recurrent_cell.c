/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of recurrent layers, and how one runs along a sequence. Maps of the input are products
 * over all steps at once; a step is products with the state and one launch of the cell's formula,
 * repeated (graph/repeat.h). Each gate has products of its own, with its rows of the weights, so
 * that no step has to take a product's result apart. */
#include "nn/recurrent.h"

#include "graph/build.h"
#include "graph/formula.h"
#include "graph/repeat.h"

#include <stdio.h>
#include <string.h>

/* The orders of gates are PyTorch's. */
static const sc_cell cells[] = {
    {"rnn", 1, false, -1, "new_h = %s(s0)"}, /* Elman 1990, Finding Structure in Time */
    {"gru", 3, false, 2,                     /* Cho et al. 2014 */
     "reset = sigmoid(s0); keep = sigmoid(s1); candidate = tanh(x + reset * (r + b)); "
     "new_h = (1 - keep) * candidate + keep * h"},
    {"lstm", 4, true, -1, /* Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000 */
     "new_c = sigmoid(s1) * c + sigmoid(s0) * tanh(s2); new_h = sigmoid(s3) * tanh(new_c)"},
};

const sc_cell *sc_cell_find(const char *word) {
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        if (strcmp(cells[i].word, word) == 0) return &cells[i];
    return NULL;
}

/* The rows of a gate, of weights [gates * units, ..] or biases [gates * units]. */
static sc_value rows_of(sc_graph *graph, const sc_recurrent *r, sc_value weights, int gate) {
    if (weights == SC_NO_VALUE || graph->status != SOCLE_OK || r->cell->gates == 1) return weights;
    const sc_tensor_desc *desc = sc_graph_desc(graph, weights);
    const int64_t size[2] = {r->units, desc->dim[1]}, begin[2] = {gate * r->units, 0};
    return sc_build_slice(graph, weights, begin, size);
}

/* [N,T,H] of samples as [T,N,H] of steps, which have no rows per sample, and back. */
static sc_value turn(sc_graph *graph, sc_value x, int64_t rows_per_sample) {
    if (x == SC_NO_VALUE) return x;
    sc_tensor_desc desc = *sc_graph_desc(graph, x);
    desc.rows_per_sample = 0;
    x = sc_build_permute(graph, sc_graph_alias(graph, x, &desc), (const int[]){1, 0, 2});
    if (!rows_per_sample || x == SC_NO_VALUE) return x;
    desc = *sc_graph_desc(graph, x);
    desc.rows_per_sample = rows_per_sample;
    return sc_graph_alias(graph, x, &desc);
}

/* The steps of x [T,N,H] in the other order. */
static sc_value flip(sc_graph *graph, sc_value x) {
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t steps = desc.dim[0], flat[2] = {steps, desc.dim[1] * desc.dim[2]};
    const sc_tensor_desc places = sc_tensor_make(SOCLE_I32, 0, 1, &steps);
    sc_expr expr;
    sc_expr_init(&expr);
    int last = sc_expr_const_int(&expr, (int32_t)(steps - 1));
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_INT_SUB, last,
                                           sc_expr_leaf(&expr, SC_EXPR_COORD, 0, 0), 0));
    sc_value place = sc_graph_append_expr(graph, &expr, 0, NULL, &places);
    x = sc_build_gather(graph, sc_build_reshape(graph, x, 2, flat), place);
    return sc_build_reshape(graph, x, 3, desc.dim);
}

/* The biases of a gate that are added to the map of the input. */
static sc_value bias_of(sc_graph *graph, const sc_recurrent *r, int gate) {
    sc_value input = rows_of(graph, r, r->weights.input_bias, gate);
    if (input == SC_NO_VALUE || gate == r->cell->apart) return input;
    sc_value state = rows_of(graph, r, r->weights.state_bias, gate);
    return sc_build_binary(graph, SC_EXPR_ADD, input, state);
}

/* A gate's map of the input for all steps, [T,N,H]. */
static sc_value map_of_input(sc_graph *graph, const sc_recurrent *r, sc_value x, int gate) {
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t rows = desc.dim[0] * desc.dim[1];
    x = sc_build_reshape(graph, x, 2, (const int64_t[]){rows, desc.dim[2]});
    sc_value y = sc_build_matmul(graph, x, rows_of(graph, r, r->weights.input, gate), false, true);
    sc_value bias = bias_of(graph, r, gate);
    if (bias != SC_NO_VALUE)
        y = sc_build_binary(graph, SC_EXPR_ADD, y, sc_build_per_channel(graph, bias, 2));
    y = sc_build_reshape(graph, y, 3, (const int64_t[]){desc.dim[0], desc.dim[1], r->units});
    y = turn(graph, y, 0);
    return r->backward ? flip(graph, y) : y;
}

/* What a step reads: the maps of its input, their sums with those of the state (of the gate that is
 * apart, that of the state alone), the state, the memory, and the step's number, where there are
 * lengths. */
typedef struct step {
    sc_value x[SC_CELL_GATES], sum[SC_CELL_GATES], h, c, number, bias;
} step;

static void read_values(sc_formula *f, const sc_recurrent *r, const step *s) {
    static const char *const sum[SC_CELL_GATES] = {"s0", "s1", "s2", "s3"};
    for (int g = 0; g < r->cell->gates; g++)
        if (g != r->cell->apart) sc_formula_input(f, sum[g], s->sum[g]);
    if (r->cell->apart >= 0) {
        sc_formula_input(f, "x", s->x[r->cell->apart]);
        sc_formula_input(f, "r", s->sum[r->cell->apart]);
    }
    sc_formula_input(f, "h", s->h);
    if (r->cell->memory) sc_formula_input(f, "c", s->c);
    if (r->cell->apart >= 0 && s->bias != SC_NO_VALUE) sc_formula_input(f, "b", s->bias);
    if (r->cell->apart >= 0 && s->bias == SC_NO_VALUE) sc_scope_number(&f->scope, "b", 0);
    if (r->length == SC_NO_VALUE) return;
    sc_formula_input(f, "t", s->number);
    sc_formula_input(f, "length", r->length);
}

/* The next state and memory. */
static void next_of(sc_graph *graph, const sc_recurrent *r, const step *s, sc_value next[2]) {
    char text[512];
    sc_formula f;
    next[0] = next[1] = SC_NO_VALUE;
    if (graph->status != SOCLE_OK) return;
    int used = snprintf(text, sizeof text, r->cell->formula, r->function);
    if (r->length != SC_NO_VALUE)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "; kept_h = new_h if t < length else h");
    if (r->length != SC_NO_VALUE && r->cell->memory)
        snprintf(text + used, sizeof text - (size_t)used, "; kept_c = new_c if t < length else c");
    sc_formula_begin(&f, graph);
    read_values(&f, r, s);
    sc_formula_read(&f, text);
    bool masked = r->length != SC_NO_VALUE;
    sc_formula_output(&f, masked ? "kept_h" : "new_h");
    if (r->cell->memory) sc_formula_output(&f, masked ? "kept_c" : "new_c");
    sc_formula_build(&f, next);
}

static sc_value shown(sc_graph *graph, const sc_recurrent *r, const step *s, sc_value next) {
    if (r->length == SC_NO_VALUE) return next;
    return sc_build_formula(graph, "h if t < length else 0", "h t length",
                            (const sc_value[]){next, s->number, r->length});
}

/* The number of the step that a repetition is. */
static sc_value number_of(sc_graph *graph, const sc_recurrent *r, int64_t steps) {
    sc_value number = sc_repeat_number(graph, 2);
    sc_expr expr;
    sc_value out = SC_NO_VALUE;
    if (!r->backward || number == SC_NO_VALUE) return number;
    sc_expr_init(&expr);
    int last = sc_expr_const_int(&expr, (int32_t)(steps - 1));
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_INT_SUB, last,
                                           sc_expr_input(&expr, 0, SC_EXPR_INT), 0));
    sc_build_expr(graph, &expr, 1, &number, &out);
    return out;
}

static void run_step(sc_graph *graph, const sc_recurrent *r, step *s, const sc_value state[],
                     sc_value next[2]) {
    for (int g = 0; g < r->cell->gates; g++) {
        s->sum[g] = sc_build_matmul(graph, s->h, state[g], false, true);
        if (g != r->cell->apart)
            s->sum[g] = sc_build_binary(graph, SC_EXPR_ADD, s->x[g], s->sum[g]);
    }
    next_of(graph, r, s, next);
    sc_repeat_next(graph, s->h, next[0]);
    if (r->cell->memory) sc_repeat_next(graph, s->c, next[1]);
}

sc_value sc_recurrent_build(sc_graph *graph, const sc_recurrent *r, sc_value x,
                            sc_value *sequence) {
    if (x == SC_NO_VALUE || graph->status != SOCLE_OK) return SC_NO_VALUE;
    const sc_tensor_desc desc = *sc_graph_desc(graph, x);
    const int64_t steps = desc.dim[1];
    const sc_tensor_desc state = sc_tensor_make(SOCLE_F32, desc.rows_per_sample, 2,
                                                (const int64_t[]){desc.dim[0], r->units});
    sc_value all[SC_CELL_GATES], weight[SC_CELL_GATES], next[2], out = SC_NO_VALUE;
    step s = {.c = SC_NO_VALUE, .number = SC_NO_VALUE, .bias = SC_NO_VALUE};
    for (int g = 0; g < r->cell->gates; g++) {
        all[g] = map_of_input(graph, r, x, g);
        weight[g] = rows_of(graph, r, r->weights.state, g);
    }
    if (r->cell->apart >= 0 && r->weights.state_bias != SC_NO_VALUE)
        s.bias = sc_build_per_channel(graph,
                                      rows_of(graph, r, r->weights.state_bias, r->cell->apart), 2);
    sc_repeat_begin(graph, steps, r->length != SC_NO_VALUE && !r->backward);
    s.h = sc_repeat_carry(graph, SC_NO_VALUE, &state);
    if (r->cell->memory) s.c = sc_repeat_carry(graph, SC_NO_VALUE, &state);
    if (r->length != SC_NO_VALUE) s.number = number_of(graph, r, steps);
    for (int g = 0; g < r->cell->gates; g++)
        s.x[g] = sc_repeat_read(graph, all[g], desc.rows_per_sample);
    run_step(graph, r, &s, weight, next);
    if (sequence) out = sc_repeat_collect(graph, shown(graph, r, &s, next[0]));
    sc_repeat_end(graph);
    if (sequence)
        *sequence = turn(graph, r->backward ? flip(graph, out) : out, desc.rows_per_sample);
    return sc_repeat_last(graph, s.h);
}
