/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of an expression, for cache keys and messages: one word per node, exact (equal text
 * means equal expression) and the same in every locale. Nothing parses it. */
#include "base/text.h"
#include "op/expr.h"

/* Small whole numbers readably, everything else by its bits. */
static void print_const(sc_text *text, sc_expr_node node) {
    float value = node.imm.f;
    if (value > -1e6f && value < 1e6f && value == (float)(int)value && node.imm.i != INT32_MIN)
        sc_text_add(text, "%d", (int)value);
    else
        sc_text_add(text, "0x%08x", (unsigned)node.imm.i);
}

static void print_leaf(sc_text *text, const sc_expr_node *node) {
    const char *word = sc_expr_op_info((sc_expr_op)node->op)->word;
    switch (node->op) {
    case SC_EXPR_INPUT:
        sc_text_add(text, "in%d", node->index);
        break;
    case SC_EXPR_CONST:
        print_const(text, *node);
        break;
    case SC_EXPR_CONST_INT:
        sc_text_add(text, "%d", (int)node->imm.i);
        break;
    case SC_EXPR_SCALAR:
    case SC_EXPR_COORD:
        sc_text_add(text, "%s%d", word, node->index);
        break;
    case SC_EXPR_UNIFORM:
    case SC_EXPR_NORMAL:
        sc_text_add(text, "%s(%d)", word, (int)node->imm.i);
        break;
    default:
        sc_text_add(text, "%s", word);
        break;
    }
}

static char prefix(const sc_expr *expr, int k) {
    return expr->node[k].type == SC_EXPR_INT ? 'i' : 'f';
}

void sc_expr_print(sc_text *text, const sc_expr *expr) {
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        const sc_expr_info *info = sc_expr_op_info((sc_expr_op)node->op);
        sc_text_add(text, "%s%c%d=", k ? " " : "", prefix(expr, k), k);
        if (node->op < SC_EXPR_LEAVES) {
            print_leaf(text, node);
            continue;
        }
        sc_text_add(text, "%s", info->word);
        for (int i = 0; i < info->arity; i++)
            sc_text_add(text, "%c%c%d", i ? ',' : '(', prefix(expr, node->argument[i]),
                        node->argument[i]);
        sc_text_add(text, ")");
    }
    for (int i = 0; i < expr->outputs; i++)
        sc_text_add(text, "%s%c%d", i ? "," : " out ", prefix(expr, expr->output[i]),
                    expr->output[i]);
    if (expr->overflow) sc_text_add(text, " overflow");
}
