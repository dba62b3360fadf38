/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which nodes run blocked: local search over one bit per node, from "all that can" and from
 * "none", the cheaper result wins. The cost of a choice is the elements that REORDER nodes move,
 * less what convolutions save by blocked operands. */
#include "graph/layout_private.h"

#include <string.h>

/* A convolution on plain operands gathers each element of a row several times; a blocked one reads
 * it once. */
enum { CONVOLUTION_GAIN = 2, MOST_SWEEPS = 20 };

static bool is_convolution(sc_op op) {
    return op == SC_OP_CONV2D || op == SC_OP_CONV2D_GRAD_INPUT || op == SC_OP_CONV2D_GRAD_WEIGHT;
}

static bool can_be_blocked(const sc_tensor_desc *desc) {
    return desc->rank == 4 && sc_dtype_is_float(desc->dtype) && desc->dim[1] % 16 == 0;
}

static sc_value operand_value(const sc_node *node, int operand) {
    return operand < node->inputs ? node->input[operand] : node->output[operand - node->inputs];
}

static bool is_kernel_parameter(const sc_graph *graph, sc_value value) {
    const sc_tensor_desc *desc = sc_graph_desc(graph, value);
    return sc_graph_is_parameter(graph, value) && desc->rank == 4 && sc_dtype_is_float(desc->dtype);
}

/* Whether a blocked node can treat all operands of the full size `whole` alike: each blocked, or
 * (flat) a single number. */
static bool operands_agree(const sc_graph *graph, const sc_node *node, sc_layout_node *info,
                           int first, bool flat) {
    const sc_tensor_desc *whole = sc_graph_desc(graph, node->output[0]);
    for (int i = first; i < node->inputs + node->outputs; i++) {
        const sc_tensor_desc *desc = sc_graph_desc(graph, operand_value(node, i));
        bool full = desc->rank == 4 && memcmp(desc->dim, whole->dim, 4 * sizeof desc->dim[0]) == 0;
        if (full && !(info->takes[i] & BLOCKED_BIT)) return false;
        if (full) info->takes[i] = BLOCKED_BIT;
        if (!full && flat && sc_tensor_elements(desc) != 1) return false;
    }
    return true;
}

static bool is_flat(const sc_expr *expr) {
    return !sc_expr_uses(expr, SC_EXPR_COORD) && !sc_expr_uses(expr, SC_EXPR_UNIFORM) &&
           !sc_expr_uses(expr, SC_EXPR_NORMAL);
}

static bool is_weight(const sc_node *node, int operand) {
    return operand == 1 && (node->op == SC_OP_CONV2D || node->op == SC_OP_CONV2D_GRAD_INPUT);
}

static void ask(sc_layouts *layouts, int n, sc_layout_accepts *accepts, void *payload) {
    const sc_graph *graph = layouts->graph;
    const sc_node *node = &graph->node[n];
    sc_layout_node *info = &layouts->node[n];
    sc_op_desc desc;
    bool open[SC_MAX_OPERANDS]; /* to either layout */
    sc_graph_node_desc(graph, node, &desc);
    for (int i = 0; i < node->inputs + node->outputs; i++) {
        open[i] = is_weight(node, i) ? is_kernel_parameter(graph, node->input[i])
                                     : can_be_blocked(&desc.tensor[i]);
        if (open[i]) desc.tensor[i].layout = SC_LAYOUT_C16;
    }
    for (int i = 0; i < node->inputs + node->outputs; i++) {
        info->takes[i] = PLAIN_BIT;
        if (!open[i]) continue;
        uint32_t mask = accepts(payload, &desc, i) & (PLAIN_BIT | BLOCKED_BIT);
        if (is_weight(node, i))
            info->packs[i] = (mask & BLOCKED_BIT) != 0;
        else if (mask & BLOCKED_BIT)
            info->takes[i] = (uint8_t)mask;
        info->able |= (info->takes[i] & BLOCKED_BIT) != 0;
    }
    if (node->repeat) info->able = false;
    if (node->op == SC_OP_ELEMENTWISE || node->op == SC_OP_REDUCE)
        info->able = info->able && node->op == SC_OP_ELEMENTWISE && is_flat(node->expr) &&
                     operands_agree(graph, node, info, 0, true);
    if (node->tail)
        info->able =
            info->able && operands_agree(graph, node, info, sc_op_base_inputs(&desc), false);
}

static bool is_plain_in_memory(const sc_layouts *layouts, sc_value value) {
    return layouts->graph->value[value].lane != SC_LANE_NONE || layouts->aliased[value];
}

sc_layout sc_layout_stored(const sc_layouts *layouts, int n, int k) {
    const sc_graph *graph = layouts->graph;
    const sc_node *node = &graph->node[n];
    const sc_layout_node *info = &layouts->node[n];
    uint8_t takes = info->blocked ? info->takes[node->inputs + k] : PLAIN_BIT;
    if (takes == (PLAIN_BIT | BLOCKED_BIT))
        return is_plain_in_memory(layouts, node->output[k]) ? SC_LAYOUT_PLAIN : SC_LAYOUT_C16;
    return takes == BLOCKED_BIT ? SC_LAYOUT_C16 : SC_LAYOUT_PLAIN;
}

/* The layout in which the node that makes `value` stores it. */
static sc_layout stored_by_producer(const sc_layouts *layouts, sc_value value) {
    int n = layouts->graph->value[value].node;
    const sc_node *node = n < 0 ? NULL : &layouts->graph->node[n];
    for (int k = 0; node && !node->dead && k < node->outputs; k++)
        if (node->output[k] == value) return sc_layout_stored(layouts, n, k);
    return SC_LAYOUT_PLAIN;
}

void sc_layout_demands(sc_layouts *layouts) {
    const sc_graph *graph = layouts->graph;
    for (sc_value v = 0; v < (sc_value)graph->values; v++) {
        bool home = graph->value[v].alias == SC_NO_VALUE && graph->value[v].lane != SC_LANE_NONE;
        layouts->demand[v] = home || layouts->aliased[v] ? PLAIN_BIT : 0;
    }
    for (size_t n = 0; n < layouts->nodes; n++) {
        const sc_node *node = &graph->node[n];
        for (int i = 0; i < node->inputs && !node->dead; i++) {
            uint8_t takes = layouts->node[n].blocked ? layouts->node[n].takes[i] : PLAIN_BIT;
            if (takes != (PLAIN_BIT | BLOCKED_BIT) && !layouts->node[n].packs[i])
                layouts->demand[node->input[i]] |= takes;
        }
    }
}

static double saving(const sc_layouts *layouts, int n) {
    const sc_node *node = &layouts->graph->node[n];
    double elements = 0;
    if (!layouts->node[n].blocked || !is_convolution(node->op)) return 0;
    for (int i = 0; i < node->inputs + node->outputs; i++)
        if (layouts->node[n].takes[i] & BLOCKED_BIT)
            elements +=
                (double)sc_tensor_elements(sc_graph_desc(layouts->graph, operand_value(node, i)));
    return CONVOLUTION_GAIN * elements;
}

static double cost(sc_layouts *layouts) {
    const sc_graph *graph = layouts->graph;
    double total = 0;
    sc_layout_demands(layouts);
    for (sc_value v = 0; v < (sc_value)graph->values; v++) {
        if (layouts->demand[v] & ~(1u << stored_by_producer(layouts, v)))
            total += (double)sc_tensor_elements(&graph->value[v].desc);
    }
    for (size_t n = 0; n < layouts->nodes; n++) total -= saving(layouts, (int)n);
    return total;
}

/* Flips nodes one by one while that helps, from a start with every able node `blocked` or none. */
static double search(sc_layouts *layouts, bool blocked) {
    for (size_t n = 0; n < layouts->nodes; n++)
        layouts->node[n].blocked = blocked && layouts->node[n].able;
    double best = cost(layouts);
    bool changed = true;
    for (int sweep = 0; changed && sweep < MOST_SWEEPS; sweep++) {
        changed = false;
        for (size_t n = 0; n < layouts->nodes; n++) {
            sc_layout_node *node = &layouts->node[n];
            if (!node->able) continue;
            node->blocked = !node->blocked;
            double flipped = cost(layouts);
            if (flipped < best) {
                best = flipped;
                changed = true;
            } else {
                node->blocked = !node->blocked;
            }
        }
    }
    return best;
}

/* Node n as it would run now. */
static void chosen_desc(const sc_layouts *layouts, int n, sc_op_desc *desc) {
    const sc_node *node = &layouts->graph->node[n];
    const sc_layout_node *info = &layouts->node[n];
    sc_graph_node_desc(layouts->graph, node, desc);
    for (int i = 0; i < node->inputs; i++) {
        uint8_t takes = info->blocked ? info->takes[i] : PLAIN_BIT;
        sc_value value = node->input[i];
        bool lies_blocked = !is_plain_in_memory(layouts, value) &&
                            stored_by_producer(layouts, value) == SC_LAYOUT_C16;
        bool both = takes == (PLAIN_BIT | BLOCKED_BIT);
        if (info->packs[i] || takes == BLOCKED_BIT || (both && lies_blocked))
            desc->tensor[i].layout = SC_LAYOUT_C16;
    }
    for (int k = 0; k < node->outputs; k++)
        desc->tensor[node->inputs + k].layout = (uint8_t)sc_layout_stored(layouts, n, k);
}

/* Takes back what nothing runs; true if that was anything, so that the choice must be made anew. */
static bool withdraw(sc_layouts *layouts, sc_layout_fits *fits, void *payload) {
    bool any = false;
    for (int n = 0; n < (int)layouts->nodes; n++) {
        sc_layout_node *info = &layouts->node[n];
        bool *packs = &info->packs[1];
        sc_op_desc desc;
        if (layouts->graph->node[n].dead || (!info->blocked && !*packs)) continue;
        chosen_desc(layouts, n, &desc);
        if (fits(payload, &desc)) continue;
        any = true;
        desc.tensor[1].layout = *packs ? SC_LAYOUT_PLAIN : desc.tensor[1].layout;
        if (*packs && (!info->blocked || fits(payload, &desc)))
            *packs = false;
        else
            info->able = false;
    }
    return any;
}

/* Operands that are aliases in name only become their root; the others keep their root plain. So do
 * views, what they lie in, and all that a repeated region reads. */
static void resolve_aliases(sc_layouts *layouts) {
    sc_graph *graph = layouts->graph;
    for (size_t v = 0; v < graph->values; v++) {
        const sc_value_info *info = &graph->value[v];
        layouts->aliased[v] = info->within != SC_NO_VALUE || info->viewed || info->slots;
    }
    for (size_t n = 0; n < graph->nodes; n++) {
        sc_node *node = &graph->node[n];
        for (int i = 0; i < node->inputs && !node->dead; i++) {
            sc_value root = sc_graph_root(graph, node->input[i]);
            if (sc_tensor_equal(sc_graph_desc(graph, root), sc_graph_desc(graph, node->input[i])))
                node->input[i] = root;
            else
                layouts->aliased[root] = true;
            if (node->repeat) layouts->aliased[root] = true;
        }
    }
}

static socle_status assign(sc_layouts *layouts, sc_layout_accepts *accepts, sc_layout_fits *fits,
                           void *payload) {
    sc_graph *graph = layouts->graph;
    size_t values = graph->values ? graph->values : 1, nodes = graph->nodes ? graph->nodes : 1;
    SC_TRY(sc_allocate(graph->env, &layouts->node, nodes, sizeof *layouts->node));
    SC_TRY(sc_allocate(graph->env, &layouts->aliased, values, sizeof *layouts->aliased));
    SC_TRY(sc_allocate(graph->env, &layouts->demand, values, sizeof *layouts->demand));
    resolve_aliases(layouts);
    bool any = false;
    for (size_t n = 0; n < layouts->nodes; n++) {
        if (graph->node[n].dead) continue;
        ask(layouts, (int)n, accepts, payload);
        any |= layouts->node[n].able;
        for (int i = 0; i < graph->node[n].inputs; i++) any |= layouts->node[n].packs[i];
    }
    if (!any) return SOCLE_OK;
    do {
        double from_plain = search(layouts, false);
        if (search(layouts, true) >= from_plain) search(layouts, false);
    } while (fits && withdraw(layouts, fits, payload));
    return sc_layout_apply(layouts);
}

socle_status sc_graph_assign_layouts(sc_graph *graph, sc_layout_accepts *accepts,
                                     sc_layout_fits *fits, void *payload,
                                     sc_layout_result *result) {
    if (graph->status != SOCLE_OK) return graph->status;
    sc_layouts layouts = {.graph = graph, .nodes = graph->nodes};
    socle_status status = assign(&layouts, accepts, fits, payload);
    sc_release(graph->env, layouts.node);
    sc_release(graph->env, layouts.aliased);
    sc_release(graph->env, layouts.demand);
    if (result) *result = layouts.result;
    return status;
}
