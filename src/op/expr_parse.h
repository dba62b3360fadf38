/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas: scalar expressions as text. "w - lr * m / (sqrt(v) + epsilon)" becomes nodes of a
 * sc_expr. The library's own tables (activations, losses, optimizers) and its users write formulas
 * the same way.
 *
 *   formula     statements, separated by ';'; the last one is the result
 *   statement   NAME = choice, or a choice alone
 *   choice      a if condition else b
 *   operators   from loose to tight: or, and, not, comparisons, + and -, * and /, sign, ** (also
 *               written ^)
 *   operands    numbers (2, 0.5, 1e-3), pi, names, calls, (choice)
 *   calls       words of expr_list.def ("tanh", "max", "select"); "clip" and "log_sigmoid";
 *               where there are sums: sum, mean and norm over a tensor, total and total_norm over
 * all
 *
 * Conditions are whole numbers 1 or 0; used as a number they become 1.0 or 0.0. Where all operands
 * are constants the result is computed at once, by the functions that devices compute it with, so
 * the bits are those of the device. Nothing else is simplified: nodes appear in the order of the
 * text. */
#ifndef SC_OP_EXPR_PARSE_H
#define SC_OP_EXPR_PARSE_H

#include "base/option.h"
#include "op/expr.h"

enum { SC_SCOPE_NAMES = 40, SC_FORMULA_LENGTH = 4000, SC_FORMULA_WORD = 40 };

/* What a name of a formula stands for. */
typedef struct sc_scope_name {
    const char *word;
    size_t length; /* of the word */
    enum { SC_NAMES_NODE, SC_NAMES_NUMBER, SC_NAMES_LEAF, SC_NAMES_TEXT } kind;
    int node;           /* NODE: of the expression */
    float number;       /* NUMBER */
    sc_expr_op leaf_op; /* LEAF: made when the name is first read */
    int leaf_index;
    const char *text; /* TEXT: a formula, read when the name first is */
    bool used;        /* some formula has read the name */
} sc_scope_name;

/* Sums over all elements of a tensor, or of all tensors, that a formula asks for: sum(x), total(x),
 * and what is made of these. An expression sees single elements, so a sum is an input of it that
 * its caller computes before: by the expression of the term. */
enum { SC_FORMULA_SUMS = 3 };
typedef struct sc_formula_sums {
    int count;
    struct {
        sc_expr expr; /* of one element, its output 0; it may read the inputs of earlier sums */
        int input;    /* of the formula's expression: the sum */
        bool total;   /* over all tensors */
    } sum[SC_FORMULA_SUMS];
} sc_formula_sums;

/* The expression that formulas add to, and the names they know. Formulas read one after the other
 * share both: a statement adds its name, or gives a known one a new meaning. */
typedef struct sc_expr_scope {
    sc_expr *expr;
    int names;
    bool overflow;         /* there was no room for a name */
    sc_formula_sums *sums; /* NULL: formulas know no sums */
    sc_scope_name name[SC_SCOPE_NAMES];
} sc_expr_scope;

/* Words and texts are borrowed. */
void sc_scope_init(sc_expr_scope *scope, sc_expr *expr);
void sc_scope_node(sc_expr_scope *scope, const char *word, int node);
void sc_scope_node_part(sc_expr_scope *scope, const char *word, size_t length, int node);
void sc_scope_number(sc_expr_scope *scope, const char *word, float value);
void sc_scope_leaf(sc_expr_scope *scope, const char *word, sc_expr_op op, int index);
void sc_scope_text(sc_expr_scope *scope, const char *word, const char *text);
/* The FLOAT options of a record under their keys, as numbers: their values in the struct `data`. A
 * name that the scope has already keeps its meaning. */
void sc_scope_options(sc_expr_scope *scope, const sc_record *record, const void *data);
/* The name, or NULL. */
const sc_scope_name *sc_scope_find(const sc_expr_scope *scope, const char *word);
/* The node of a name that stands for one (after a statement gave it its value); -1: none. */
int sc_scope_node_of(const sc_expr_scope *scope, const char *word);

/* Reads a formula; *node is its result, a float if it is not a condition. Errors: CONFIG with
 * "column 9: ..." (in a text of several lines "line 2, column 9: ..."): unknown name or function,
 * wrong number of arguments, parenthesis missing, text behind the end, division by a constant 0, a
 * constant that is not finite, too many nodes. */
socle_status sc_expr_parse(sc_env *env, sc_expr_scope *scope, const char *text, int *node);

/* A formula of inputs alone: `names` ("x" or "prediction target") are inputs 0, 1 ... of floats;
 * "label:int" is one of integers. The result is output 0, a float. */
socle_status sc_expr_read(sc_env *env, sc_expr *out, const char *text, const char *names);
/* The same; the formula may read the options of a record too (sc_scope_options). */
socle_status sc_expr_read_with(sc_env *env, sc_expr *out, const char *text, const char *names,
                               const sc_record *record, const void *data);

/* Names that statements of a formula give a value, and read before that: "m" and "w" of "m = 0.9 *
 * m + g; w = w - m". What one run of the formula leaves for the next one is in them. In the order
 * of their statements; the number of all, of which `most` are written. */
typedef struct sc_formula_name {
    const char *word; /* in the text */
    int length;
} sc_formula_name;
int sc_formula_kept(const char *text, sc_formula_name *out, int most);
/* Names that a formula reads and no statement before gave a value, each once, in the order of the
 * text: what it is a function of. The number of all, of which `most` are written. */
int sc_formula_variables(const char *text, sc_formula_name *out, int most);

/* Output 0 as a formula that people read and sc_expr_parse does too (expr_formula.c): like terms
 * are gathered, constants computed. name[i] is what input i is called. Equal in exact arithmetic,
 * where both are defined. Errors: UNSUPPORTED where it would be very long. */
socle_status sc_expr_formula(struct sc_text *out, const sc_expr *expr, const char *const *name);

/* Puts safe forms in the place of those that overflow or cancel: log(1 + exp(x)) becomes
 * softplus(x), and so on (the table is in expr_safe.c). For formulas that people write; equal in
 * exact arithmetic. */
socle_status sc_expr_make_safe(sc_env *env, sc_expr *expr);

#endif
