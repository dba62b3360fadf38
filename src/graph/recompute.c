/* SPDX-License-Identifier: Apache-2.0 */
/* The search: candidates in order of the work that they add, each rewritten and estimated on a copy
 * of the graph, until one fits; else the smallest. First only cheap results are made again
 * (elementwise ones of values that are stored anyway); if that helps, they are not stored in what
 * follows either. Then the forward pass is cut for ever smaller budgets. */
#include "graph/recompute_private.h"

#include <string.h>

/* A budget is 1/BUDGET_STEP smaller than the one before; MOST_BUDGETS of them go down to a
 * hundredth. A saving below one in WORTH_IT is none. */
enum { BUDGET_STEP = 8, MOST_BUDGETS = 36, WORTH_IT = 32, MOST_HALVINGS = 4 };

typedef struct candidate {
    size_t budget; /* SIZE_MAX: no cuts */
    bool cheap;
    sc_recompute_need need;
} candidate;

typedef struct search {
    sc_graph *graph;
    int forward;
    size_t limit;
    sc_recompute_values values;
    bool *keep, *again;     /* per value of the graph */
    sc_recompute_cuts cuts; /* of the last candidate */
    candidate best;         /* at first: the graph as it is */
    bool cheap, improved;
} search;

/* What the cuts mean for each value. */
static sc_recompute_choice choice_of(const search *s, bool cheap) {
    const sc_recompute_cuts *cuts = &s->cuts;
    int tail = cuts->count ? cuts->position[cuts->count - 1] : 0;
    for (size_t i = 0; i < s->values.count; i++) {
        const sc_recompute_value *value = &s->values.value[i];
        bool crosses = false;
        for (int c = 0; c < cuts->count; c++)
            crosses |= value->made < cuts->position[c] && cuts->position[c] <= value->last;
        bool made_again = cheap && value->cheap;
        s->keep[value->value] = value->small || crosses || (value->made >= tail && !made_again);
        s->again[value->value] = made_again;
    }
    return (sc_recompute_choice){s->keep, cheap ? s->again : NULL, cuts->position, cuts->count};
}

static socle_status estimate_copy(const search *s, const sc_recompute_choice *choice,
                                  sc_recompute_need *need) {
    sc_graph *copy;
    SC_TRY(sc_graph_copy(&copy, s->graph));
    socle_status status = choice ? sc_recompute_rewrite(copy, s->forward, choice, NULL) : SOCLE_OK;
    if (status == SOCLE_OK) status = sc_recompute_estimate(copy, need);
    sc_graph_destroy(copy);
    return status;
}

static socle_status try_candidate(search *s, size_t budget) {
    candidate one = {.budget = budget, .cheap = s->cheap};
    sc_recompute_choice choice = choice_of(s, s->cheap);
    SC_TRY(estimate_copy(s, &choice, &one.need));
    if (one.need.peak >= s->best.need.peak) return SOCLE_OK;
    s->best = one;
    s->improved = true;
    return SOCLE_OK;
}

static socle_status try_cheap(search *s) {
    size_t before = s->best.need.peak;
    if (sc_recompute_stored(&s->values, true) == sc_recompute_stored(&s->values, false))
        return SOCLE_OK;
    s->cheap = true;
    SC_TRY(try_candidate(s, SIZE_MAX));
    s->cheap = s->best.need.peak <= before - before / WORTH_IT;
    return SOCLE_OK;
}

static bool same_cuts(const sc_recompute_cuts *a, const sc_recompute_cuts *b) {
    return a->count == b->count &&
           (!a->count ||
            memcmp(a->position, b->position, (size_t)a->count * sizeof *a->position) == 0);
}

/* Cuts for `budget`; *fresh: possible, and other than the last. */
static socle_status next_cuts(search *s, size_t budget, bool *possible, bool *fresh) {
    sc_recompute_cuts cuts;
    SC_TRY(sc_recompute_choose_cuts(&cuts, &s->values, s->cheap, budget, possible));
    *fresh = *possible && !same_cuts(&cuts, &s->cuts);
    sc_recompute_cuts_free(&s->cuts);
    s->cuts = cuts;
    return SOCLE_OK;
}

/* Down in steps until no cuts fit, then halfway between what is possible and what is not. */
static socle_status try_budgets(search *s) {
    size_t fits = sc_recompute_stored(&s->values, s->cheap), fails = 0;
    int halvings = 0;
    for (int i = 0; i < MOST_BUDGETS && s->best.need.peak > s->limit; i++) {
        bool possible, fresh;
        size_t budget = fails ? fails + (fits - fails) / 2 : fits - fits / BUDGET_STEP;
        if (budget == fits || (fails && halvings++ == MOST_HALVINGS)) break;
        SC_TRY(next_cuts(s, budget, &possible, &fresh));
        *(possible ? &fits : &fails) = budget;
        if (fresh) SC_TRY(try_candidate(s, budget));
    }
    return SOCLE_OK;
}

static socle_status apply_best(search *s, sc_recompute_report *report) {
    bool possible, fresh;
    SC_TRY(next_cuts(s, s->best.budget, &possible, &fresh));
    sc_recompute_choice choice = choice_of(s, s->best.cheap);
    SC_TRY(sc_recompute_rewrite(s->graph, s->forward, &choice, &report->nodes));
    report->segments = s->cuts.count + 1;
    s->graph->recomputes = true;
    return SOCLE_OK;
}

static void describe(const search *s, sc_recompute_report *report) {
    report->after = s->best.need.peak;
    report->peak_layer = s->best.need.peak_layer;
}

static socle_status find_and_apply(search *s, sc_recompute_report *report) {
    sc_env *env = s->graph->env;
    SC_TRY(estimate_copy(s, NULL, &s->best.need));
    const candidate plain = s->best;
    report->before = plain.need.peak;
    report->floor = plain.need.floor;
    report->floor_layer = plain.need.floor_layer;
    /* What a repeated region leaves for its way back is made once. */
    if (plain.need.peak > s->limit && !s->graph->repeats) {
        SC_TRY(sc_recompute_values_of(&s->values, s->graph, s->forward));
        SC_TRY(sc_allocate(env, &s->keep, s->graph->values, sizeof *s->keep));
        SC_TRY(sc_allocate(env, &s->again, s->graph->values, sizeof *s->again));
        SC_TRY(try_cheap(s));
        SC_TRY(try_budgets(s));
    }
    size_t after = s->best.need.peak;
    bool worth_it = after <= s->limit || after <= plain.need.peak - plain.need.peak / WORTH_IT;
    if (s->improved && worth_it)
        SC_TRY(apply_best(s, report));
    else
        s->best = plain;
    describe(s, report);
    return SOCLE_OK;
}

socle_status sc_graph_recompute(sc_graph *graph, size_t forward_nodes, size_t activation_bytes,
                                sc_recompute_report *report) {
    sc_recompute_report unread;
    if (!report) report = &unread;
    memset(report, 0, sizeof *report);
    if (graph->status != SOCLE_OK) return graph->status;
    if (forward_nodes > graph->nodes)
        return sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "recompute: a forward pass of %zu nodes in a graph of %zu", forward_nodes,
                       graph->nodes);
    search s = {.graph = graph, .forward = (int)forward_nodes, .limit = activation_bytes};
    socle_status status = find_and_apply(&s, report);
    sc_recompute_values_free(&s.values);
    sc_recompute_cuts_free(&s.cuts);
    sc_release(graph->env, s.keep);
    sc_release(graph->env, s.again);
    sc_graph_fail(graph, status);
    return status;
}
