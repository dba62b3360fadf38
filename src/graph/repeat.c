/* SPDX-License-Identifier: Apache-2.0 */
/* Builds repeated regions: marks their nodes, and makes the views through which values cross the
 * border. A carried value lies in slots: repetition t reads slot t and writes slot t + 1. Which
 * slots there are in memory is for the plan to say (live.c). Knows no gradient. */
#include "graph/repeat.h"

static sc_value fail(sc_graph *graph, const char *text) {
    return sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s", text));
}

static sc_repeat *current(sc_graph *graph) {
    return &graph->repeat[graph->repeating - 1];
}

static bool in_region(sc_graph *graph, sc_value value) {
    if (graph->status != SOCLE_OK || value == SC_NO_VALUE) return false;
    if (graph->repeating) return true;
    fail(graph, "no repeated region has begun");
    return false;
}

static int begin(sc_graph *graph, const sc_repeat *repeat) {
    if (graph->status != SOCLE_OK) return 0;
    if (graph->repeating) fail(graph, "a repeated region begins inside another");
    if (repeat->times < 1 || repeat->times > SC_REPEAT_MOST)
        sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_SHAPE,
                                     "a region is repeated 1 to %d times, not %lld times",
                                     SC_REPEAT_MOST, (long long)repeat->times));
    if (graph->status == SOCLE_OK)
        sc_graph_fail(graph, sc_grow(graph->env, &graph->repeat, &graph->repeat_capacity,
                                     graph->repeats + 1, sizeof *graph->repeat));
    if (graph->status != SOCLE_OK) return 0;
    graph->repeat[graph->repeats++] = *repeat;
    graph->repeating = (int)graph->repeats;
    current(graph)->first = current(graph)->end = (int)graph->nodes;
    graph->section++;
    return graph->repeating;
}

int sc_repeat_begin(sc_graph *graph, int64_t times, bool to_longest) {
    return begin(graph, &(sc_repeat){.times = times, .to_longest = to_longest});
}

int sc_repeat_begin_reverse(sc_graph *graph, int of) {
    if (graph->status != SOCLE_OK) return 0;
    const sc_repeat *forward = &graph->repeat[of - 1];
    return begin(
        graph,
        &(sc_repeat){.times = forward->times, .to_longest = forward->to_longest, .reverse_of = of});
}

void sc_repeat_end(sc_graph *graph) {
    if (graph->status != SOCLE_OK) return;
    for (size_t c = 0; c < graph->crossings; c++) {
        const sc_crossing *one = &graph->crossing[c];
        if (one->repeat != graph->repeating || one->kind != SC_CROSS_CARRY) continue;
        if (one->next == SC_NO_VALUE) fail(graph, "a carried value has no next");
    }
    if (!graph->repeating) fail(graph, "no repeated region has begun");
    if (graph->status != SOCLE_OK) return;
    current(graph)->end = (int)graph->nodes;
    graph->repeating = 0;
    graph->section++;
}

static sc_crossing *cross(sc_graph *graph, sc_crossing_kind kind, sc_value outside,
                          sc_value inside) {
    socle_status status = sc_grow(graph->env, &graph->crossing, &graph->crossing_capacity,
                                  graph->crossings + 1, sizeof *graph->crossing);
    sc_graph_fail(graph, status);
    if (status != SOCLE_OK) return NULL;
    sc_crossing *one = &graph->crossing[graph->crossings++];
    *one = (sc_crossing){kind,        graph->repeating, outside,    inside,
                         SC_NO_VALUE, SC_NO_VALUE,      SC_NO_VALUE};
    return one;
}

static sc_crossing *carried_at(sc_graph *graph, sc_value inside) {
    for (size_t c = 0; c < graph->crossings; c++)
        if (graph->crossing[c].kind == SC_CROSS_CARRY && graph->crossing[c].inside == inside)
            return &graph->crossing[c];
    fail(graph, "this value is not carried");
    return NULL;
}

static sc_value view(sc_graph *graph, sc_value within, const sc_tensor_desc *desc, size_t offset,
                     sc_motion motion, int repeat) {
    sc_value value = sc_graph_value(graph, desc);
    if (value == SC_NO_VALUE) return value;
    graph->value[value].within = within;
    graph->value[value].offset = offset;
    graph->value[value].motion = (uint8_t)motion;
    graph->value[value].repeat = repeat;
    graph->value[value].name = graph->scope;
    graph->value[sc_graph_root(graph, within)].viewed = true;
    return value;
}

/* Appends before the region, while nothing is in it yet. */
static bool step_out(sc_graph *graph, int *repeating) {
    *repeating = graph->repeating;
    if (current(graph)->first != (int)graph->nodes)
        return fail(graph, "the region has begun its work: declare what it carries and counts "
                           "before") != SC_NO_VALUE;
    graph->repeating = 0;
    graph->section--;
    return true;
}

static void step_in(sc_graph *graph, int repeating) {
    graph->repeating = repeating;
    graph->section++;
    current(graph)->first = current(graph)->end = (int)graph->nodes;
}

static void lie_within(sc_graph *graph, sc_value value, sc_value within, size_t offset,
                       sc_motion motion) {
    graph->value[value].within = within;
    graph->value[value].offset = offset;
    graph->value[value].motion = (uint8_t)motion;
}

sc_value sc_repeat_carry(sc_graph *graph, sc_value initial, const sc_tensor_desc *desc) {
    if (!in_region(graph, initial == SC_NO_VALUE && desc ? 0 : initial)) return SC_NO_VALUE;
    const sc_tensor_desc shape = initial == SC_NO_VALUE ? *desc : *sc_graph_desc(graph, initial);
    sc_value store = sc_graph_value(graph, &shape), first = SC_NO_VALUE;
    if (store == SC_NO_VALUE) return store;
    graph->value[store].slots = 2;
    graph->value[store].repeat = graph->repeating;
    graph->value[store].name = graph->scope;
    if (initial != SC_NO_VALUE) {
        int repeating;
        if (!step_out(graph, &repeating)) return SC_NO_VALUE;
        first = sc_graph_copy_value(graph, initial);
        step_in(graph, repeating);
        if (first == SC_NO_VALUE) return first;
        lie_within(graph, first, store, 0, SC_STILL);
    }
    bool backward = current(graph)->reverse_of != 0;
    sc_value inside = view(graph, store, &shape, 0, backward ? SC_BY_ORDINAL : SC_BY_REPETITION,
                           graph->repeating);
    sc_crossing *one = inside == SC_NO_VALUE ? NULL : cross(graph, SC_CROSS_CARRY, first, inside);
    if (one) one->store = store;
    return one ? inside : SC_NO_VALUE;
}

/* `value`, or a copy of it, as the result of a node of this region that lies nowhere yet. */
static sc_value free_result(sc_graph *graph, sc_value value) {
    const sc_value_info *info = &graph->value[value];
    bool is_free = info->alias == SC_NO_VALUE && info->node >= 0 && info->within == SC_NO_VALUE &&
                   info->lane == SC_LANE_NONE && info->repeat == graph->repeating;
    return is_free ? value : sc_graph_copy_value(graph, value);
}

void sc_repeat_next(sc_graph *graph, sc_value carried, sc_value next) {
    if (!in_region(graph, carried) || !in_region(graph, next)) return;
    const sc_tensor_desc desc = *sc_graph_desc(graph, carried);
    if (!sc_tensor_equal(&desc, sc_graph_desc(graph, next))) {
        char is[96], must[96];
        sc_tensor_text(is, sizeof is, sc_graph_desc(graph, next));
        sc_tensor_text(must, sizeof must, &desc);
        sc_graph_fail(graph, sc_fail(graph->env, SOCLE_STATUS_SHAPE,
                                     "a carried value is %s, what follows it is %s", must, is));
        return;
    }
    next = free_result(graph, next);
    sc_crossing *one = next == SC_NO_VALUE ? NULL : carried_at(graph, carried);
    if (!one) return;
    if (one->next != SC_NO_VALUE || one->repeat != graph->repeating) {
        fail(graph, "a carried value has one next, in its region");
        return;
    }
    one->next = next;
    lie_within(graph, next, one->store, sc_tensor_bytes(&desc),
               (sc_motion)graph->value[carried].motion);
}

sc_value sc_repeat_read(sc_graph *graph, sc_value sequence, int64_t rows_per_sample) {
    if (!in_region(graph, sequence)) return SC_NO_VALUE;
    const sc_tensor_desc whole = *sc_graph_desc(graph, sequence);
    if (whole.rank < 1 || whole.rows_per_sample || whole.dim[0] != current(graph)->times) {
        char text[96];
        sc_tensor_text(text, sizeof text, &whole);
        return sc_graph_fail(
            graph, sc_fail(graph->env, SOCLE_STATUS_SHAPE,
                           "a region of %lld repetitions reads a slice of each along the first "
                           "dimension; this value is %s",
                           (long long)current(graph)->times, text));
    }
    const sc_tensor_desc desc =
        sc_tensor_make(whole.dtype, rows_per_sample, whole.rank - 1, whole.dim + 1);
    sc_value inside = view(graph, sequence, &desc, 0, SC_BY_REPETITION, graph->repeating);
    if (inside == SC_NO_VALUE || !cross(graph, SC_CROSS_READ, sequence, inside)) return SC_NO_VALUE;
    return inside;
}

sc_value sc_repeat_collect(sc_graph *graph, sc_value value) {
    if (!in_region(graph, value)) return SC_NO_VALUE;
    sc_tensor_desc whole = *sc_graph_desc(graph, value);
    if (whole.rank == SC_MAX_RANK) return fail(graph, "a sequence of it has too many dimensions");
    if (sc_dtype_size(whole.dtype) != sizeof(float))
        return fail(graph, "a region collects floats and i32");
    const sc_tensor_desc step = whole;
    whole.rank++;
    whole.rows_per_sample = 0;
    whole.dim[0] = current(graph)->times;
    for (int d = 0; d < step.rank; d++) whole.dim[d + 1] = step.dim[d];
    /* What is carried on lies in the slots behind the first already. */
    const sc_value_info *info = &graph->value[value];
    if (info->within != SC_NO_VALUE && info->node >= 0 && info->motion == SC_BY_REPETITION &&
        info->offset && graph->value[info->within].slots) {
        sc_value all = view(graph, info->within, &whole, info->offset, SC_STILL, 0);
        return all != SC_NO_VALUE && cross(graph, SC_CROSS_COLLECT, all, value) ? all : SC_NO_VALUE;
    }
    sc_value all = sc_graph_value(graph, &whole);
    if (all == SC_NO_VALUE) return all;
    graph->value[all].slots = 1;
    graph->value[all].name = graph->scope;
    value = free_result(graph, value);
    if (value == SC_NO_VALUE) return value;
    lie_within(graph, value, all, 0, SC_BY_REPETITION);
    return cross(graph, SC_CROSS_COLLECT, all, value) ? all : SC_NO_VALUE;
}

sc_value sc_repeat_number(sc_graph *graph, int rank) {
    if (!in_region(graph, 0)) return SC_NO_VALUE;
    int repeating;
    sc_expr expr;
    sc_tensor_desc desc = {.dtype = SOCLE_I32, .rank = rank + 1, .dim = {current(graph)->times}};
    for (int d = 1; d <= rank; d++) desc.dim[d] = 1;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_leaf(&expr, SC_EXPR_COORD, 0, 0));
    if (!step_out(graph, &repeating)) return SC_NO_VALUE;
    sc_value all = sc_graph_append_expr(graph, &expr, 0, NULL, &desc);
    step_in(graph, repeating);
    return all == SC_NO_VALUE ? all : sc_repeat_read(graph, all, 0);
}

sc_value sc_repeat_last(sc_graph *graph, sc_value carried) {
    if (graph->status != SOCLE_OK || carried == SC_NO_VALUE) return SC_NO_VALUE;
    sc_crossing *one = carried_at(graph, carried);
    if (!one) return SC_NO_VALUE;
    if (one->repeat == graph->repeating)
        return fail(graph, "the last of a carried value is read behind the region's end");
    if (one->last != SC_NO_VALUE) return one->last;
    const sc_tensor_desc desc = *sc_graph_desc(graph, carried);
    sc_value last = view(graph, one->store, &desc, 0, SC_AT_END, one->repeat);
    carried_at(graph, carried)->last = last;
    return last;
}
