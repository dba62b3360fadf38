/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the formula parser share: tokens (expr_token.c), terms with their types and
 * constants (expr_term.c), constants computed as devices do (expr_apply.c); the grammar is
 * expr_parse.c. */
#ifndef SC_OP_EXPR_PARSE_PRIVATE_H
#define SC_OP_EXPR_PARSE_PRIVATE_H

#include "op/expr_apply.h"
#include "op/expr_parse.h"

typedef struct sc_token {
    enum { SC_TOKEN_END, SC_TOKEN_NUMBER, SC_TOKEN_WORD, SC_TOKEN_SIGN, SC_TOKEN_BAD } kind;
    const char *at;
    size_t length;
} sc_token;

sc_token sc_token_next(const char *text);
bool sc_token_is(const sc_token *token, const char *text);

typedef struct sc_parser {
    sc_env *env;
    sc_expr_scope *scope;
    const char *text; /* the whole formula */
    sc_token token;   /* the next one */
    int depth;        /* of parentheses, signs and calls */
    socle_status status;
    struct sc_parser *caller; /* of a text that a name or a call stands for; NULL: the text of the
                                 user */
    const char *called_at;    /* where in the caller's text */
} sc_parser;

/* Remembers a first error, at a place of the text. */
void sc_parser_fail(sc_parser *p, const char *at, const char *format, ...) SC_PRINTF(3, 4);

/* Fails if the expression has no room left. */
void sc_parser_check_room(sc_parser *p, const char *at);

/* An operand or a result while a formula is read. Constants become nodes only where a node reads
 * them. */
typedef struct sc_term {
    enum {
        SC_TERM_NODE,
        SC_TERM_FLOAT, /* constant */
        SC_TERM_INT,   /* constant */
        SC_TERM_WHOLE  /* a literal without a point: float or int, as its neighbour is */
    } kind;
    int node;
    float number;  /* FLOAT, WHOLE */
    int32_t whole; /* INT, WHOLE */
    const char *at;
} sc_term;

/* Applies a row of expr_list.def. Constant arguments give a constant, whole numbers become floats
 * where floats are read. `at` is where an error is shown. */
sc_term sc_term_apply(sc_parser *p, sc_expr_op op, sc_term a, sc_term b, sc_term c, const char *at);
/* Operators by their float row (ADD, SUB, MUL, LT, LE, EQ, NE): of two whole numbers the row of
 * whole numbers. */
sc_term sc_term_operator(sc_parser *p, sc_expr_op op, sc_term a, sc_term b, const char *at);
sc_term sc_term_power(sc_parser *p, sc_term a, sc_term b, const char *at);
sc_term sc_term_negate(sc_parser *p, sc_term a, const char *at);
sc_term sc_term_not(sc_parser *p, sc_term a, const char *at);
sc_term sc_term_choose(sc_parser *p, sc_term condition, sc_term a, sc_term b, const char *at);
sc_term sc_term_float(sc_parser *p, sc_term a); /* a condition becomes 1.0 or 0.0 */
/* The node of a term; a literal becomes a float. */
int sc_term_node(sc_parser *p, sc_term a);
bool sc_term_is_int(const sc_parser *p, sc_term a);

/* expr_scope.c */
sc_scope_name *sc_scope_lookup(sc_expr_scope *scope, const char *word, size_t length); /* or NULL */
/* The name with nothing behind it yet. */
sc_scope_name *sc_scope_add(sc_expr_scope *scope, const char *word);
sc_scope_name *sc_scope_add_part(sc_expr_scope *scope, const char *word, size_t length);
void sc_scope_set(sc_expr_scope *scope, sc_scope_name *name, sc_term term);
sc_term sc_scope_term(sc_expr_scope *scope, sc_scope_name *name, const char *at);
void sc_scope_define(sc_parser *p, sc_token word, sc_term value);
void sc_scope_fail_unknown(sc_parser *p, sc_token word);
/* `word` stands before '(' and is no function. */
void sc_parser_fail_call(sc_parser *p, sc_token word);

#endif
