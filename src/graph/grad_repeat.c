/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of a repeated region is a region that runs its repetitions backward:
 *
 *   forward, repetition t          backward, repetition t
 *   h(t) -> next = h(t + 1)        carried: the gradient of h(t + 1), becomes that of h(t)
 *   reads x(t)                     collects the gradient of x(t)
 *   collects y(t)                  reads the gradient of y(t)
 *   reads a weight                 carries the sum of the weight's gradient, from the last
 *                                  repetition to the first
 *
 * Rules are those of grad_rules.c; what they read of the forward region is kept for every
 * repetition (live.c). */
#include "graph/build.h"
#include "graph/grad_private.h"
#include "graph/repeat.h"

/* A value of the outside that the region reads as it is, and the sum of its gradient so far. */
typedef struct total {
    sc_value root, sum;
} total;

typedef struct backward {
    sc_grad *grad;
    sc_graph *graph;
    int repeat;
    sc_repeat region;
    sc_crossing *crossing; /* of the forward region */
    sc_value *partner; /* per crossing: the carried gradient; the collected gradient of a sequence
                        */
    size_t crossings;
    total *total;
    size_t totals, room;
} backward;

static bool carries_gradient(const sc_grad *grad, const sc_crossing *one) {
    return one->kind == SC_CROSS_CARRY &&
           sc_dtype_is_float(sc_graph_desc(grad->graph, one->inside)->dtype) &&
           sc_grad_wanted(grad, one->inside);
}

/* A value that is carried wants a gradient where its beginning or its next does, which may read
 * itself. */
void sc_grad_mark_repeat(sc_grad *grad, int repeat) {
    const sc_graph *graph = grad->graph;
    const sc_repeat region = graph->repeat[repeat - 1];
    bool changed = true;
    while (changed) {
        sc_grad_mark(grad, region.first, region.end);
        changed = false;
        for (size_t c = 0; c < graph->crossings; c++) {
            const sc_crossing *one = &graph->crossing[c];
            if (one->repeat != repeat || one->kind == SC_CROSS_COLLECT) continue;
            bool wanted = one->outside != SC_NO_VALUE && sc_grad_wanted(grad, one->outside);
            if (one->kind == SC_CROSS_CARRY) wanted |= sc_grad_wanted(grad, one->next);
            wanted &= sc_dtype_is_float(sc_graph_desc(graph, one->inside)->dtype);
            changed |= wanted && !grad->wanted[one->inside];
            grad->wanted[one->inside] |= wanted;
        }
    }
    for (size_t c = 0; c < graph->crossings; c++) {
        const sc_crossing *one = &graph->crossing[c];
        if (one->repeat != repeat) continue;
        if (one->kind == SC_CROSS_COLLECT)
            grad->wanted[one->outside] = sc_grad_wanted(grad, one->inside);
        if (one->kind == SC_CROSS_CARRY && one->last != SC_NO_VALUE)
            grad->wanted[one->last] = carries_gradient(grad, one);
    }
}

static sc_value gradient_of(const backward *b, sc_value value) {
    return value == SC_NO_VALUE ? value : b->grad->gradient[sc_graph_root(b->graph, value)];
}

static socle_status copy_crossings(backward *b) {
    const sc_graph *graph = b->graph;
    SC_TRY(sc_allocate(graph->env, &b->crossing, graph->crossings, sizeof *b->crossing));
    SC_TRY(sc_allocate(graph->env, &b->partner, graph->crossings, sizeof *b->partner));
    for (size_t c = 0; c < graph->crossings; c++) {
        if (graph->crossing[c].repeat != b->repeat) continue;
        b->partner[b->crossings] = SC_NO_VALUE;
        b->crossing[b->crossings++] = graph->crossing[c];
    }
    return SOCLE_OK;
}

static bool any_gradient(const backward *b) {
    for (size_t c = 0; c < b->crossings; c++) {
        const sc_crossing *one = &b->crossing[c];
        sc_value out = one->kind == SC_CROSS_CARRY ? one->last : one->outside;
        if (one->kind != SC_CROSS_READ && gradient_of(b, out) != SC_NO_VALUE) return true;
    }
    return false;
}

/* The totals: each wanted value that a node of the region reads from outside. */
static socle_status find_totals(backward *b) {
    const sc_graph *graph = b->graph;
    for (int n = b->region.first; n < b->region.end; n++)
        for (int i = 0; i < graph->node[n].inputs; i++) {
            sc_value value = graph->node[n].input[i], root = sc_graph_root(graph, value);
            bool seen = !sc_grad_wanted(b->grad, value) || sc_graph_repeat_of(graph, value) != 0;
            for (size_t t = 0; t < b->totals; t++) seen |= b->total[t].root == root;
            if (seen) continue;
            SC_TRY(sc_grow(graph->env, &b->total, &b->room, b->totals + 1, sizeof *b->total));
            b->total[b->totals++] = (total){root, SC_NO_VALUE};
        }
    return SOCLE_OK;
}

/* Everything that is carried backward, before the region does its work. */
static void declare(backward *b) {
    sc_graph *graph = b->graph;
    for (size_t c = 0; c < b->crossings; c++) {
        const sc_crossing *one = &b->crossing[c];
        if (!carries_gradient(b->grad, one)) continue;
        const sc_tensor_desc desc = *sc_graph_desc(graph, one->inside);
        b->partner[c] = sc_repeat_carry(graph, gradient_of(b, one->last), &desc);
    }
    for (size_t t = 0; t < b->totals; t++) {
        total *one = &b->total[t];
        const sc_tensor_desc desc = *sc_graph_desc(graph, one->root);
        one->sum = sc_repeat_carry(graph, b->grad->gradient[one->root], &desc);
        b->grad->gradient[one->root] = SC_NO_VALUE;
    }
}

/* The gradients of what the region gave: carried on, and collected. */
static void seed(backward *b) {
    sc_graph *graph = b->graph;
    for (size_t c = 0; c < b->crossings; c++) {
        const sc_crossing *one = &b->crossing[c];
        if (b->partner[c] != SC_NO_VALUE) sc_grad_add(b->grad, one->next, b->partner[c]);
        sc_value sequence = gradient_of(b, one->outside);
        if (one->kind != SC_CROSS_COLLECT || sequence == SC_NO_VALUE) continue;
        int64_t rows = sc_graph_desc(graph, one->inside)->rows_per_sample;
        sc_grad_add(b->grad, one->inside, sc_repeat_read(graph, sequence, rows));
    }
}

/* What the repetition hands to the one before it, and to sequences. */
static void hand_on(backward *b) {
    sc_graph *graph = b->graph;
    for (size_t c = 0; c < b->crossings; c++) {
        const sc_crossing *one = &b->crossing[c];
        sc_value gradient = gradient_of(b, one->inside);
        if (b->partner[c] != SC_NO_VALUE) {
            if (gradient == SC_NO_VALUE) gradient = sc_build_zeros_like(graph, one->inside);
            sc_repeat_next(graph, b->partner[c], gradient);
        } else if (one->kind == SC_CROSS_READ && gradient != SC_NO_VALUE) {
            b->partner[c] = sc_repeat_collect(graph, gradient);
        }
    }
    for (size_t t = 0; t < b->totals; t++) {
        sc_value more = b->grad->gradient[b->total[t].root], sum = b->total[t].sum;
        sc_repeat_next(graph, sum,
                       more == SC_NO_VALUE ? sum : sc_build_binary(graph, SC_EXPR_ADD, sum, more));
    }
}

static void give_outside(backward *b) {
    sc_graph *graph = b->graph;
    for (size_t c = 0; c < b->crossings; c++) {
        const sc_crossing *one = &b->crossing[c];
        if (b->partner[c] == SC_NO_VALUE || one->outside == SC_NO_VALUE) continue;
        bool carried = one->kind == SC_CROSS_CARRY;
        sc_grad_add(b->grad, one->outside,
                    carried ? sc_repeat_last(graph, b->partner[c]) : b->partner[c]);
    }
    for (size_t t = 0; t < b->totals; t++)
        b->grad->gradient[b->total[t].root] = sc_repeat_last(graph, b->total[t].sum);
}

static socle_status run_backward(backward *b) {
    sc_graph *graph = b->graph;
    SC_TRY(copy_crossings(b));
    if (!any_gradient(b)) return SOCLE_OK;
    if (b->region.reverse_of)
        return sc_fail(graph->env, SOCLE_STATUS_UNSUPPORTED,
                       "the gradient of the gradient of a repeated region is not defined here");
    SC_TRY(find_totals(b));
    graph->scope = graph->node[b->region.end - 1].name;
    sc_repeat_begin_reverse(graph, b->repeat);
    declare(b);
    seed(b);
    for (int n = b->region.end - 1; n >= b->region.first; n--) SC_TRY(sc_grad_apply(b->grad, n));
    hand_on(b);
    sc_repeat_end(graph);
    give_outside(b);
    return graph->status;
}

socle_status sc_grad_apply_repeat(sc_grad *grad, int repeat) {
    backward b = {.grad = grad,
                  .graph = grad->graph,
                  .repeat = repeat,
                  .region = grad->graph->repeat[repeat - 1]};
    socle_status status = run_backward(&b);
    sc_release(grad->graph->env, b.crossing);
    sc_release(grad->graph->env, b.partner);
    sc_release(grad->graph->env, b.total);
    return status;
}
