/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise producers move into their readers: into the one reader of a chain, or, where
 * computing again is cheaper than storing, into each of several. The reader may be elementwise or
 * the prologue of a reduce. */
#include "graph/fuse_private.h"

enum { MOST_READERS = 4, CHEAP_NODES = 4, SMALL_SHARE = 8 };

static bool carries_expr(const sc_node *node) {
    return !node->dead && (node->op == SC_OP_ELEMENTWISE || node->op == SC_OP_REDUCE);
}

/* The same number at every position of every index space. */
static bool is_uniform(const sc_expr *expr) {
    return sc_expr_used_inputs(expr) == 0 && !sc_expr_uses(expr, SC_EXPR_COORD) &&
           !sc_expr_uses(expr, SC_EXPR_SAMPLE) && !sc_expr_uses(expr, SC_EXPR_UNIFORM) &&
           !sc_expr_uses(expr, SC_EXPR_NORMAL);
}

/* Whether every output is a float or i32 intermediate: storing it loses nothing, and it has no
 * home outside the graph. */
static bool may_vanish(const sc_graph *graph, const sc_node *node) {
    if (node->dead || node->op != SC_OP_ELEMENTWISE) return false;
    for (int k = 0; k < node->outputs; k++) {
        const sc_value_info *info = &graph->value[node->output[k]];
        if (info->lane != SC_LANE_NONE || info->within != SC_NO_VALUE || info->viewed ||
            info->desc.dtype == SOCLE_U8)
            return false;
    }
    return true;
}

/* The body of reader `c` with everything it reads from node `p` computed in place. */
static bool absorb_node(const sc_graph *graph, int p, int c, sc_fuse_body *body) {
    const sc_node *producer = &graph->node[p], *consumer = &graph->node[c];
    sc_fuse_body source;
    if (producer->section != consumer->section) return false;
    sc_fuse_body_load(producer, &source);
    sc_fuse_body_load(consumer, body);
    sc_fuse_body_compact(graph, body);
    bool uniform = is_uniform(&source.expr);
    sc_tensor_desc from = sc_fuse_space(graph, producer), to = sc_fuse_space(graph, consumer);
    if (!uniform && !sc_fuse_same_dims(&from, &to)) return false;
    for (int k = 0; k < producer->outputs; k++) {
        int at;
        while ((at = sc_fuse_body_find_root(graph, body, producer->output[k])) >= 0) {
            const sc_tensor_desc *read = sc_graph_desc(graph, body->input[at]);
            if (!uniform && !sc_tensor_equal(read, sc_graph_desc(graph, producer->output[k])))
                return false;
            if (!sc_fuse_body_absorb(graph, body, at, &source, k)) return false;
        }
    }
    sc_fuse_body_compact(graph, body);
    return sc_fuse_accepts(graph, consumer, body) &&
           sc_fuse_may_delay(graph, p, c, consumer->op == SC_OP_ELEMENTWISE);
}

static bool reads(const sc_graph *graph, const sc_node *node, sc_value root) {
    for (int i = 0; i < node->inputs && !node->dead; i++)
        if (sc_graph_root(graph, node->input[i]) == root) return true;
    return false;
}

/* Whether node `c` reads every output of `p` that anybody reads. */
static bool sole_reader(const sc_fuse *fuse, const sc_node *producer, const sc_node *consumer) {
    for (int k = 0; k < producer->outputs; k++) {
        sc_value out = producer->output[k];
        if (fuse->readers[out] != (reads(fuse->graph, consumer, out) ? 1 : 0)) return false;
    }
    return true;
}

static bool absorb_one(sc_fuse *fuse, int c) {
    const sc_graph *graph = fuse->graph;
    const sc_node *consumer = &graph->node[c];
    for (int i = 0; i < consumer->inputs; i++) {
        int p = graph->value[sc_graph_root(graph, consumer->input[i])].node;
        if (p < 0 || !may_vanish(graph, &graph->node[p]) ||
            !sole_reader(fuse, &graph->node[p], consumer))
            continue;
        sc_fuse_body body;
        if (sc_fuse_costs_memory(graph, p, c) || !absorb_node(graph, p, c, &body)) continue;
        sc_fuse_commit(fuse, c, &body);
        sc_fuse_kill(fuse, p);
        return true;
    }
    return false;
}

int sc_fuse_last_reader(const sc_fuse *fuse, sc_value root) {
    const sc_graph *graph = fuse->graph;
    int last = -1, left = fuse->readers[root];
    for (int n = graph->value[root].node + 1; left > 0 && n < (int)graph->nodes; n++) {
        if (!reads(graph, &graph->node[n], root)) continue;
        last = n;
        left--;
    }
    return last;
}

/* Who reads the only output of node n, `last` being the last one, reads `source` in its place. */
static void pass_on(sc_fuse *fuse, int n, sc_value source, int last) {
    sc_graph *graph = fuse->graph;
    sc_value out = graph->node[n].output[0], root = sc_graph_root(graph, source);
    sc_fuse_kill(fuse, n);
    for (int r = n + 1; r <= last; r++) {
        if (!reads(graph, &graph->node[r], out)) continue;
        fuse->readers[out]--;
        if (!reads(graph, &graph->node[r], root)) fuse->readers[root]++;
    }
    graph->value[out].alias = source;
    graph->value[out].node = -1;
}

/* A copy of a value that is not an output is that value. */
static void drop_copy(sc_fuse *fuse, int n) {
    sc_graph *graph = fuse->graph;
    const sc_node *node = &graph->node[n];
    if (!may_vanish(graph, node) || node->outputs != 1) return;
    const sc_expr_node *result = &node->expr->node[node->expr->output[0]];
    if (result->op != SC_EXPR_INPUT) return;
    sc_value source = node->input[result->index], out = node->output[0];
    if (!sc_tensor_equal(sc_graph_desc(graph, source), sc_graph_desc(graph, out))) return;
    int last = sc_fuse_last_reader(fuse, out);
    if (sc_fuse_may_delay(graph, n, last, false)) pass_on(fuse, n, source, last);
}

void sc_fuse_chains(sc_fuse *fuse) {
    for (int n = 0; n < (int)fuse->graph->nodes; n++) {
        while (carries_expr(&fuse->graph->node[n]) && absorb_one(fuse, n)) {
        }
        drop_copy(fuse, n);
    }
}

static bool is_cheap_op(sc_expr_op op) {
    static const bool cheap[SC_EXPR_COUNT] = {
        [SC_EXPR_ADD] = true,     [SC_EXPR_SUB] = true,     [SC_EXPR_MUL] = true,
        [SC_EXPR_MIN] = true,     [SC_EXPR_MAX] = true,     [SC_EXPR_NEG] = true,
        [SC_EXPR_ABS] = true,     [SC_EXPR_SQUARE] = true,  [SC_EXPR_RELU] = true,
        [SC_EXPR_LT] = true,      [SC_EXPR_LE] = true,      [SC_EXPR_EQ] = true,
        [SC_EXPR_NE] = true,      [SC_EXPR_SELECT] = true,  [SC_EXPR_TO_FLOAT] = true,
        [SC_EXPR_TO_INT] = true,  [SC_EXPR_INT_ADD] = true, [SC_EXPR_INT_SUB] = true,
        [SC_EXPR_INT_MUL] = true, [SC_EXPR_INT_LT] = true,  [SC_EXPR_INT_EQ] = true,
        [SC_EXPR_INT_AND] = true, [SC_EXPR_INT_OR] = true,  [SC_EXPR_INT_SELECT] = true,
    };
    return cheap[op];
}

/* A few plain operations on at most one operand of full size: reading that again costs no more than
 * reading the result. */
static bool is_cheap(const sc_graph *graph, const sc_node *node) {
    if (node->outputs != 1 || sc_expr_uses(node->expr, SC_EXPR_UNIFORM) ||
        sc_expr_uses(node->expr, SC_EXPR_NORMAL))
        return false;
    int operations = 0, large = 0;
    for (int k = 0; k < node->expr->nodes; k++) {
        sc_expr_op op = (sc_expr_op)node->expr->node[k].op;
        if (op >= SC_EXPR_LEAVES && (!is_cheap_op(op) || ++operations > CHEAP_NODES)) return false;
    }
    size_t bytes = sc_tensor_bytes(sc_graph_desc(graph, node->output[0]));
    for (int i = 0; i < node->inputs; i++) {
        size_t operand = sc_tensor_bytes(sc_graph_desc(graph, node->input[i]));
        if (operand > bytes) return false;
        large += operand > bytes / SMALL_SHARE;
    }
    return large <= 1;
}

/* The live nodes that read `root`, if they are `count` and all may carry it. */
static bool collect_readers(const sc_graph *graph, sc_value root, int count, int *reader) {
    int found = 0;
    for (int n = graph->value[root].node + 1; n < (int)graph->nodes && found < count; n++) {
        const sc_node *node = &graph->node[n];
        if (!reads(graph, node, root)) continue;
        if (!carries_expr(node)) return false;
        reader[found++] = n;
    }
    return found == count;
}

static void duplicate(sc_fuse *fuse, int p) {
    const sc_graph *graph = fuse->graph;
    const sc_node *producer = &graph->node[p];
    if (!may_vanish(graph, producer) || !is_cheap(graph, producer) ||
        sc_fuse_tail_base(fuse, p) >= 0)
        return;
    int count = fuse->readers[producer->output[0]], reader[MOST_READERS];
    if (count < 2 || count > MOST_READERS ||
        !collect_readers(graph, producer->output[0], count, reader))
        return;
    sc_fuse_body body[MOST_READERS];
    for (int r = 0; r < count; r++)
        if (!absorb_node(graph, p, reader[r], &body[r])) return;
    for (int r = 0; r < count; r++) sc_fuse_commit(fuse, reader[r], &body[r]);
    sc_fuse_kill(fuse, p);
}

void sc_fuse_duplicates(sc_fuse *fuse) {
    for (int n = 0; n < (int)fuse->graph->nodes; n++) duplicate(fuse, n);
}
