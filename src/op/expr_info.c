/* SPDX-License-Identifier: Apache-2.0 */
/* The table of scalar operations, expanded from expr_list.def: words, arities, types and the bodies
 * both compilers use. Only facts live here; building, checking and differentiating are next door.
 */
#include "op/expr.h"

#include <string.h>

#define TYPE_F SC_EXPR_FLOAT
#define TYPE_I SC_EXPR_INT
#define TYPE__ SC_EXPR_FLOAT
#define COUNT_F 1
#define COUNT_I 1
#define COUNT__ 0

static const sc_expr_info infos[SC_EXPR_COUNT] = {
    [SC_EXPR_INPUT] = {.word = "input"},
    [SC_EXPR_CONST] = {.word = "const"},
    [SC_EXPR_CONST_INT] = {.word = "const_int", .result = SC_EXPR_INT},
    [SC_EXPR_SCALAR] = {.word = "scalar"},
    [SC_EXPR_STEP] = {.word = "step", .result = SC_EXPR_INT},
    [SC_EXPR_ROWS] = {.word = "rows", .result = SC_EXPR_INT},
    [SC_EXPR_COORD] = {.word = "coord", .result = SC_EXPR_INT},
    [SC_EXPR_SAMPLE] = {.word = "sample", .result = SC_EXPR_INT},
    [SC_EXPR_UNIFORM] = {.word = "uniform"},
    [SC_EXPR_NORMAL] = {.word = "normal"},
#define SC_EXPR(NAME, w, r, ta, tb, tc, text)                                                      \
    [SC_EXPR_##NAME] = {.word = #w,                                                                \
                        .body = #text,                                                             \
                        .arity = COUNT_##ta + COUNT_##tb + COUNT_##tc,                             \
                        .result = TYPE_##r,                                                        \
                        .argument = {TYPE_##ta, TYPE_##tb, TYPE_##tc}},
#include "op/expr_list.def"
#undef SC_EXPR
};

const sc_expr_info *sc_expr_op_info(sc_expr_op op) {
    static const sc_expr_info unknown = {.word = "unknown"};
    return op >= 0 && op < SC_EXPR_COUNT ? &infos[op] : &unknown;
}

sc_expr_op sc_expr_op_by_word(const char *word) {
    for (int op = 0; op < SC_EXPR_COUNT; op++)
        if (strcmp(infos[op].word, word) == 0) return (sc_expr_op)op;
    return SC_EXPR_COUNT;
}
