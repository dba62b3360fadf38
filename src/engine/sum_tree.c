/* SPDX-License-Identifier: Apache-2.0 */
/* The binary counter of partial sums, as a stack of nodes. */
#include "engine/sum_tree.h"

#include <stdbool.h>

/* The two last nodes are the halves of one. */
static bool siblings(const sc_sum_tree *tree) {
    if (tree->nodes < 2) return false;
    const sc_sum_node *left = &tree->node[tree->nodes - 2], *right = &tree->node[tree->nodes - 1];
    return left->level == right->level && right->index % 2 == 1 && left->index == right->index - 1;
}

static sc_sum_merge merge_last(sc_sum_tree *tree) {
    sc_sum_node *left = &tree->node[tree->nodes - 2];
    sc_sum_merge merge = {left->holder, tree->node[tree->nodes - 1].holder};
    left->level++;
    left->index /= 2;
    tree->nodes--;
    return merge;
}

int sc_sum_tree_push(sc_sum_tree *tree, sc_sum_node node, sc_sum_merge *merge) {
    int merges = 0;
    tree->node[tree->nodes++] = node;
    while (siblings(tree)) merge[merges++] = merge_last(tree);
    return merges;
}

int sc_sum_tree_join(sc_sum_tree *tree, sc_sum_merge *merge) {
    int merges = 0;
    while (tree->nodes > 1) merge[merges++] = merge_last(tree);
    return merges;
}

int sc_sum_tree_most(int64_t micro_batches) {
    int bits = 1;
    while (micro_batches >> bits > 0) bits++;
    if (bits > 10) return 2 * bits; /* a bound; counting would take long */
    int most = 1;
    for (int64_t first = 0; first < 2; first++) { /* no run holds more than the one that begins
                                                     right after the first */
        sc_sum_tree tree = {.nodes = 0};
        sc_sum_merge merge[SC_SUM_NODES];
        for (int64_t i = first; i < micro_batches; i++) {
            if (tree.nodes + 1 > most) most = tree.nodes + 1;
            sc_sum_tree_push(&tree, (sc_sum_node){0, i, 0}, merge);
        }
    }
    return most;
}
