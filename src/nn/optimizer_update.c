/* SPDX-License-Identifier: Apache-2.0 */
/* From an optimizer's formula to nodes of the commit's expression: what its names stand for, which
 * of them are states, which terms the host computes. */
#include "nn/layer.h"
#include "op/expr_apply.h"
#include "op/expr_parse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Names of an update that every optimizer has; those that begin with '_' are for the texts below.
 */
static const char rate_text[] = "_scale * _rate", gradient_text[] = "_gradient + _decay * _w";
static const int term_slot[SC_STEP_TERMS] = {2, 3, 5, 6}; /* launch scalars; the others have names
                                                           */
enum { COMMIT_NODES = 24 }; /* what the commit's expression has beside the update */

static const char *text_of_kind(const sc_optimizer *optimizer) {
    const sc_optimizer_kind *kind = optimizer->kind;
    if (kind->plain && optimizer->value[kind->plain_at] == 0.0f) return kind->plain;
    return kind->update ? kind->update : "";
}

const char *sc_optimizer_text(const sc_optimizer *optimizer) {
    return optimizer->update ? optimizer->update : text_of_kind(optimizer);
}

/* States of an update: what it keeps, but for the parameter itself. `most` are written. */
static int list_states(const char *text, sc_formula_name *state, int most) {
    sc_formula_name kept[SC_SCOPE_NAMES];
    int count = sc_formula_kept(text, kept, SC_SCOPE_NAMES), states = 0;
    for (int i = 0; i < count; i++) {
        if (kept[i].length == 1 && kept[i].word[0] == 'w') continue;
        if (states < most) state[states] = kept[i];
        states++;
    }
    return states;
}

int sc_optimizer_states(const sc_optimizer *optimizer) {
    sc_formula_name state[SC_OPTIMIZER_STATES];
    int states = list_states(sc_optimizer_text(optimizer), state, SC_OPTIMIZER_STATES);
    return states < SC_OPTIMIZER_STATES ? states : SC_OPTIMIZER_STATES;
}

void sc_optimizer_state_name(char out[SC_STATE_NAME], const sc_optimizer *optimizer, int state) {
    sc_formula_name name[SC_OPTIMIZER_STATES] = {{"", 0}};
    list_states(sc_optimizer_text(optimizer), name, SC_OPTIMIZER_STATES);
    const int named = list_states(text_of_kind(optimizer), NULL, 0); /* by the kind's table */
    if (state < named && optimizer->kind->state_name[state])
        snprintf(out, SC_STATE_NAME, "%s", optimizer->kind->state_name[state]);
    else
        snprintf(out, SC_STATE_NAME, "%.*s", name[state].length, name[state].word);
}

/* The names of an update. `coupled`: g has decay * w in it. */
static void open_scope(sc_expr_scope *scope, const sc_optimizer *optimizer, sc_expr *expr,
                       const int *input, bool coupled, sc_formula_sums *sums) {
    sc_formula_name state[SC_OPTIMIZER_STATES];
    sc_scope_init(scope, expr);
    sums->count = 0;
    scope->sums = sums;
    sc_scope_node(scope, "_w", input[SC_UPDATE_PARAMETER]);
    sc_scope_node(scope, "_gradient", input[SC_UPDATE_GRADIENT]);
    sc_scope_node(scope, "_decay", input[SC_UPDATE_DECAY]);
    sc_scope_node(scope, "_side", input[SC_UPDATE_SIDE]);
    sc_scope_node(scope, "_scale", input[SC_UPDATE_RATE_SCALE]);
    sc_scope_leaf(scope, "_rate", SC_EXPR_SCALAR, SC_SCALAR_LEARNING_RATE);
    sc_scope_node(scope, "w", input[SC_UPDATE_PARAMETER]);
    sc_scope_text(scope, "g", coupled ? gradient_text : "_gradient");
    sc_scope_text(scope, "lr", rate_text);
    sc_scope_node(scope, "decay", input[SC_UPDATE_DECAY]);
    sc_scope_leaf(scope, "step", SC_EXPR_STEP, 0);
    sc_scope_options(scope, &optimizer->kind->record, optimizer);
    int states = list_states(sc_optimizer_text(optimizer), state, SC_OPTIMIZER_STATES);
    for (int s = 0; s < states && s < SC_OPTIMIZER_STATES; s++)
        sc_scope_node_part(scope, state[s].word, (size_t)state[s].length,
                           input[SC_UPDATE_STATE_0 + s]);
}

/* Whether the formula reads `decay` itself, and how many sums it asks for. */
static socle_status look_at(bool *decoupled, int *sums, sc_env *env,
                            const sc_optimizer *optimizer) {
    sc_expr expr;
    sc_expr_scope scope;
    sc_formula_sums found;
    int input[SC_UPDATE_INPUTS], unused;
    sc_expr_init(&expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++) input[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    open_scope(&scope, optimizer, &expr, input, true, &found);
    SC_TRY(sc_expr_parse(env, &scope, sc_optimizer_text(optimizer), &unused));
    *decoupled = sc_scope_find(&scope, "decay")->used;
    *sums = found.count;
    return SOCLE_OK;
}

bool sc_optimizer_has_sums(const sc_optimizer *optimizer) {
    sc_env env;
    bool unused;
    int sums = 0;
    sc_env_init(&env, NULL, NULL);
    return look_at(&unused, &sums, &env, optimizer) == SOCLE_OK && sums > 0;
}

/* The node of a name after the formula, as a float. */
static int float_node(sc_expr_scope *scope, const char *word, size_t length) {
    char name[SC_STATE_NAME];
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    int node = sc_scope_node_of(scope, name);
    if (node < 0 || scope->expr->node[node].type == SC_EXPR_FLOAT) return node;
    return sc_expr_add_node(scope->expr, SC_EXPR_TO_FLOAT, node, 0, 0);
}

/* Moves the terms of the step alone out of the update and of its sums. */
static bool take_step_terms(sc_expr *expr, int outputs, const int *output,
                            sc_optimizer_terms *terms) {
    const sc_expr before = *expr; /* its outputs are the caller's */
    bool room = true;
    terms->step.count = 0;
    for (int i = 0; i < terms->sums.count; i++) {
        room &= sc_expr_take_step_terms(&terms->sums.sum[i].expr, term_slot, &terms->step);
        sc_expr_prune(&terms->sums.sum[i].expr);
    }
    expr->outputs = 0;
    for (int i = 0; i < outputs; i++) sc_expr_output(expr, output[i]);
    room &= sc_expr_take_step_terms(expr, term_slot, &terms->step);
    expr->outputs = before.outputs;
    memcpy(expr->output, before.output, sizeof expr->output);
    return room;
}

socle_status sc_optimizer_update(sc_env *env, const sc_optimizer *optimizer, sc_expr *expr,
                                 const int input[SC_UPDATE_INPUTS], int *parameter,
                                 int state[SC_OPTIMIZER_STATES], sc_optimizer_terms *terms) {
    sc_expr_scope scope;
    sc_formula_name name[SC_OPTIMIZER_STATES];
    const char *text = sc_optimizer_text(optimizer);
    bool decoupled;
    int unused, result[1 + SC_OPTIMIZER_STATES], states = sc_optimizer_states(optimizer);
    list_states(text, name, SC_OPTIMIZER_STATES);
    SC_TRY(look_at(&decoupled, &unused, env, optimizer));
    open_scope(&scope, optimizer, expr, input, !decoupled, &terms->sums);
    SC_TRY(sc_expr_parse(env, &scope, text, &unused));
    *parameter = result[0] = float_node(&scope, "w", 1);
    for (int s = 0; s < states; s++)
        state[s] = result[1 + s] = float_node(&scope, name[s].word, (size_t)name[s].length);
    if (take_step_terms(expr, 1 + states, result, terms)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "column 1: the update has more than %d terms of the step alone", SC_STEP_TERMS);
}

void sc_optimizer_scalars(const sc_step_terms *terms, uint32_t step,
                          float scalar[SC_LAUNCH_SCALARS]) {
    for (int t = 0; t < terms->count; t++)
        scalar[term_slot[t]] = (float)sc_expr_value(&terms->term[t], step, NULL);
}

/* The float that output `output` is where gradient, parameter and states are 0, at step 1. */
static float value_at_zero(const sc_expr *expr, int output, const float *scalar, const float *sum) {
    sc_scalar value[SC_EXPR_NODES] = {{0}};
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        const sc_scalar a[3] = {value[node->argument[0]], value[node->argument[1]],
                                value[node->argument[2]]};
        if (node->op == SC_EXPR_CONST || node->op == SC_EXPR_CONST_INT)
            value[k].i = node->imm.i;
        else if (node->op == SC_EXPR_STEP)
            value[k].i = 1;
        else if (node->op == SC_EXPR_SCALAR)
            value[k].f = scalar[node->index];
        else if (node->op == SC_EXPR_INPUT && node->index == SC_UPDATE_RATE_SCALE)
            value[k].f = 1.0f;
        else if (node->op == SC_EXPR_INPUT)
            value[k].f =
                node->index >= SC_UPDATE_INPUTS ? sum[node->index - SC_UPDATE_INPUTS] : 0.0f;
        else
            value[k] = sc_expr_apply((sc_expr_op)node->op, a);
    }
    return value[expr->output[output]].f;
}

/* Where neither gradient nor state has ever been anything but 0, as in the padding of a block, the
 * update must be a number: g / sqrt(v) is none. Sums are those of one element. */
static socle_status check_at_zero(sc_env *env, const sc_expr *expr,
                                  const sc_optimizer_terms *terms) {
    const sc_formula_sums *sums = &terms->sums;
    float sum[SC_FORMULA_SUMS] = {0},
          scalar[SC_LAUNCH_SCALARS] = {[SC_SCALAR_LEARNING_RATE] = 1.0f};
    sc_optimizer_scalars(&terms->step, 1, scalar);
    bool finite = true;
    for (int i = 0; i < sums->count; i++)
        sum[i] = value_at_zero(&sums->sum[i].expr, 0, scalar, sum);
    for (int i = 0; i < expr->outputs; i++)
        finite &= isfinite(value_at_zero(expr, i, scalar, sum)) != 0;
    if (finite) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "column 1: where w, g and the states are 0 the update is no number; add a "
                   "small number to what is divided by");
}

static socle_status check_states(sc_env *env, const char *text) {
    sc_formula_name name[SC_SCOPE_NAMES];
    int states = list_states(text, name, SC_SCOPE_NAMES);
    if (states > SC_OPTIMIZER_STATES)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "column %d: an update keeps at most %d values from step to step",
                       1 + (int)(name[SC_OPTIMIZER_STATES].word - text), SC_OPTIMIZER_STATES);
    for (int s = 0; s < states; s++)
        if (name[s].length >= SC_STATE_NAME)
            return sc_fail(env, SOCLE_STATUS_CONFIG,
                           "column %d: the name of a state has at most %d characters",
                           1 + (int)(name[s].word - text), SC_STATE_NAME - 1);
    return SOCLE_OK;
}

socle_status sc_optimizer_check(sc_env *env, const sc_optimizer *optimizer) {
    sc_expr expr;
    sc_optimizer_terms terms;
    int input[SC_UPDATE_INPUTS], parameter, state[SC_OPTIMIZER_STATES];
    if (!sc_optimizer_text(optimizer)[0])
        return sc_fail(env, SOCLE_STATUS_CONFIG, "the update is missing");
    SC_TRY(check_states(env, sc_optimizer_text(optimizer)));
    sc_expr_init(&expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++) input[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    for (int i = 0; i < COMMIT_NODES; i++) sc_expr_const_int(&expr, INT32_MAX - i);
    SC_TRY(sc_optimizer_update(env, optimizer, &expr, input, &parameter, state, &terms));
    if (parameter == input[SC_UPDATE_PARAMETER])
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "column 1: the update gives w no new value (w = ...)");
    sc_expr_output(&expr, parameter);
    for (int s = 0; s < sc_optimizer_states(optimizer); s++) sc_expr_output(&expr, state[s]);
    sc_expr_prune(&expr);
    uint32_t used = sc_expr_used_inputs(&expr);
    for (int i = 0; i < terms.sums.count; i++) used |= sc_expr_used_inputs(&terms.sums.sum[i].expr);
    if (!(used & 1u << SC_UPDATE_GRADIENT))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "column 1: the update never uses g, the gradient");
    SC_TRY(check_at_zero(env, &expr, &terms));
    return sc_expr_check(env, &expr);
}
