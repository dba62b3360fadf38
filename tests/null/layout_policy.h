/* SPDX-License-Identifier: Apache-2.0 */
/* Pretended implementations for tests of the layout pass, and what they would insist on, told
 * without looking at the pass. */
#ifndef SC_TESTS_LAYOUT_POLICY_H
#define SC_TESTS_LAYOUT_POLICY_H

#include "graph/layout.h"
#include "sc_test.h"

enum { PLAIN = 1u << SC_LAYOUT_PLAIN, BLOCKED = 1u << SC_LAYOUT_C16 };

typedef struct policy {
    uint32_t convolution, weight, elementwise, pool;
} policy;

static const policy EVERYTHING = {BLOCKED, BLOCKED, PLAIN | BLOCKED, PLAIN | BLOCKED};

static SC_UNUSED uint32_t accepts(void *payload, const sc_op_desc *desc, int operand) {
    const policy *p = payload;
    switch (desc->op) {
    case SC_OP_CONV2D:
    case SC_OP_CONV2D_GRAD_INPUT: {
        bool vector = desc->tensor[operand].dim[2] == 1 && desc->tensor[operand].dim[3] == 1;
        return operand == 1 ? p->weight : vector ? PLAIN : p->convolution;
    }
    case SC_OP_CONV2D_GRAD_WEIGHT:
        return operand < 2 ? p->convolution : PLAIN;
    case SC_OP_ELEMENTWISE:
        return p->elementwise;
    case SC_OP_MAXPOOL2D:
    case SC_OP_MAXPOOL2D_GRAD:
    case SC_OP_AVGPOOL2D:
        return p->pool;
    default:
        return PLAIN;
    }
}

static SC_UNUSED bool full_size(const sc_op_desc *desc, int operand) {
    const sc_tensor_desc *a = &desc->tensor[operand], *b = &desc->tensor[desc->inputs];
    return a->rank == 4 && memcmp(a->dim, b->dim, 4 * sizeof a->dim[0]) == 0;
}

/* What a driver would insist on, told again without looking at the pass. */
static SC_UNUSED void check_node(const sc_graph *graph, const sc_node *node, const policy *p) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_op_desc desc;
    sc_graph_node_desc(graph, node, &desc);
    SC_OK(&env, sc_op_check(&env, &desc));
    int blocked = 0, plain_full = 0;
    for (int i = 0; i < desc.inputs + desc.outputs; i++) {
        sc_layout layout = (sc_layout)desc.tensor[i].layout;
        blocked += layout == SC_LAYOUT_C16;
        plain_full += layout == SC_LAYOUT_PLAIN && full_size(&desc, i);
        if (node->op == SC_OP_REORDER) continue;
        SC_TRUE((layout == SC_LAYOUT_PLAIN) || (accepts((void *)p, &desc, i) & BLOCKED));
        if (layout == SC_LAYOUT_C16 && !(i == 1 && node->op != SC_OP_ELEMENTWISE))
            SC_EQ(desc.tensor[i].dim[1] % 16, 0);
        if (node->op == SC_OP_ELEMENTWISE && desc.tensor[desc.inputs].layout == SC_LAYOUT_C16)
            SC_TRUE(layout == SC_LAYOUT_C16 || sc_tensor_elements(&desc.tensor[i]) == 1);
    }
    for (int i = sc_op_base_inputs(&desc); node->tail && i < desc.inputs; i++)
        if (full_size(&desc, i)) SC_EQ(desc.tensor[i].layout, desc.tensor[desc.inputs].layout);
    if (node->op == SC_OP_REORDER) SC_EQ(blocked, 1);
    if (node->op == SC_OP_ELEMENTWISE && blocked) SC_EQ(plain_full, 0);
}

static SC_UNUSED int check_graph(const sc_graph *graph, const policy *p) {
    int live = 0;
    bool *written = calloc(graph->values, sizeof *written);
    for (size_t n = 0; n < graph->nodes; n++) {
        const sc_node *node = &graph->node[n];
        if (node->dead) continue;
        live++;
        check_node(graph, node, p);
        for (int i = 0; i < node->inputs; i++) {
            sc_value root = sc_graph_root(graph, node->input[i]);
            SC_TRUE(written[root] ||
                    (graph->value[root].node < 0 && !graph->value[root].is_output));
            if (root != node->input[i]) SC_EQ(graph->value[root].desc.layout, SC_LAYOUT_PLAIN);
        }
        for (int k = 0; k < node->outputs; k++) {
            SC_EQ(graph->value[node->output[k]].node, (int)n);
            written[node->output[k]] = true;
        }
    }
    for (size_t v = 0; v < graph->values; v++)
        if (graph->value[v].lane != SC_LANE_NONE)
            SC_EQ(graph->value[v].desc.layout, SC_LAYOUT_PLAIN);
    free(written);
    return live;
}

#endif
