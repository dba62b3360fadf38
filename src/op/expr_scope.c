/* SPDX-License-Identifier: Apache-2.0 */
/* Names of formulas and what they stand for, and the messages about words that are not among them.
 */
#include "op/expr_parse_private.h"

#include "base/text.h"

#include <string.h>

void sc_scope_init(sc_expr_scope *scope, sc_expr *expr) {
    memset(scope, 0, sizeof *scope);
    scope->expr = expr;
}

sc_scope_name *sc_scope_lookup(sc_expr_scope *scope, const char *word, size_t length) {
    for (int i = 0; i < scope->names; i++)
        if (scope->name[i].length == length && memcmp(scope->name[i].word, word, length) == 0)
            return &scope->name[i];
    return NULL;
}

sc_scope_name *sc_scope_add_part(sc_expr_scope *scope, const char *word, size_t length) {
    sc_scope_name *name = sc_scope_lookup(scope, word, length);
    if (!name && scope->names == SC_SCOPE_NAMES) {
        scope->overflow = true;
        name = &scope->name[SC_SCOPE_NAMES - 1];
    }
    if (!name) name = &scope->name[scope->names++];
    *name = (sc_scope_name){.word = word, .length = length, .used = name->used};
    return name;
}

sc_scope_name *sc_scope_add(sc_expr_scope *scope, const char *word) {
    return sc_scope_add_part(scope, word, strlen(word));
}

void sc_scope_node_part(sc_expr_scope *scope, const char *word, size_t length, int node) {
    sc_scope_name *name = sc_scope_add_part(scope, word, length);
    name->kind = SC_NAMES_NODE;
    name->node = node;
}

void sc_scope_node(sc_expr_scope *scope, const char *word, int node) {
    sc_scope_node_part(scope, word, strlen(word), node);
}

void sc_scope_number(sc_expr_scope *scope, const char *word, float value) {
    sc_scope_name *name = sc_scope_add(scope, word);
    name->kind = SC_NAMES_NUMBER;
    name->number = value;
}

void sc_scope_options(sc_expr_scope *scope, const sc_record *record, const void *data) {
    for (int i = 0; i < record->count; i++) {
        const sc_option *option = &record->options[i];
        if (option->type == SC_OPTION_FLOAT && option->offset != SC_OPTION_ELSEWHERE &&
            !sc_scope_find(scope, option->key))
            sc_scope_number(scope, option->key,
                            *(const float *)(const void *)((const char *)data + option->offset));
    }
}

void sc_scope_leaf(sc_expr_scope *scope, const char *word, sc_expr_op op, int index) {
    sc_scope_name *name = sc_scope_add(scope, word);
    name->kind = SC_NAMES_LEAF;
    name->leaf_op = op;
    name->leaf_index = index;
}

void sc_scope_text(sc_expr_scope *scope, const char *word, const char *text) {
    sc_scope_name *name = sc_scope_add(scope, word);
    name->kind = SC_NAMES_TEXT;
    name->text = text;
}

const sc_scope_name *sc_scope_find(const sc_expr_scope *scope, const char *word) {
    for (int i = 0; i < scope->names; i++)
        if (scope->name[i].length == strlen(word) &&
            memcmp(scope->name[i].word, word, strlen(word)) == 0)
            return &scope->name[i];
    return NULL;
}

int sc_scope_node_of(const sc_expr_scope *scope, const char *word) {
    const sc_scope_name *name = sc_scope_find(scope, word);
    if (name && name->kind == SC_NAMES_NUMBER) return sc_expr_const(scope->expr, name->number);
    return name && name->kind == SC_NAMES_NODE ? name->node : -1;
}

void sc_scope_set(sc_expr_scope *scope, sc_scope_name *name, sc_term term) {
    bool number = term.kind == SC_TERM_FLOAT || term.kind == SC_TERM_WHOLE;
    name->kind = number ? SC_NAMES_NUMBER : SC_NAMES_NODE;
    if (number)
        name->number = term.number;
    else
        name->node =
            term.kind == SC_TERM_INT ? sc_expr_const_int(scope->expr, term.whole) : term.node;
}

sc_term sc_scope_term(sc_expr_scope *scope, sc_scope_name *name, const char *at) {
    if (name->kind == SC_NAMES_LEAF) {
        name->node = sc_expr_leaf(scope->expr, name->leaf_op, name->leaf_index, 0);
        name->kind = SC_NAMES_NODE;
    }
    if (name->kind == SC_NAMES_NODE)
        return (sc_term){.kind = SC_TERM_NODE, .node = name->node, .at = at};
    return (sc_term){.kind = SC_TERM_FLOAT, .number = name->number, .at = at};
}

void sc_scope_define(sc_parser *p, sc_token word, sc_term value) {
    if (p->status != SOCLE_OK) return;
    sc_scope_set(p->scope, sc_scope_add_part(p->scope, word.at, word.length), value);
    if (p->scope->overflow)
        sc_parser_fail(p, word.at, "a formula has at most %d names", SC_SCOPE_NAMES);
}

void sc_parser_fail(sc_parser *p, const char *at, const char *format, ...) {
    if (p->status != SOCLE_OK) return;
    p->status = SOCLE_STATUS_CONFIG;
    for (; p->caller; p->caller->status = SOCLE_STATUS_CONFIG, p = p->caller) at = p->called_at;
    va_list arguments;
    va_start(arguments, format);
    sc_fail_v(p->env, SOCLE_STATUS_CONFIG, format, arguments);
    va_end(arguments);
    int line = 1, column = 1;
    bool lines = strchr(p->text, '\n') != NULL;
    for (const char *c = p->text; c < at; c++) {
        if ((*c & 0xc0) != 0x80) column++; /* a character of several bytes is one */
        if (*c == '\n') line++, column = 1;
    }
    if (lines)
        sc_fail_prefix(p->env, SOCLE_STATUS_CONFIG, "line %d, column %d", line, column);
    else
        sc_fail_prefix(p->env, SOCLE_STATUS_CONFIG, "column %d", column);
}

void sc_parser_check_room(sc_parser *p, const char *at) {
    if (p->scope->expr->overflow)
        sc_parser_fail(p, at, "more than %d operations and numbers; split the formula",
                       SC_EXPR_NODES);
}

/* Words to choose from, zero-terminated. */
typedef struct word_list {
    size_t count;
    const char *word[SC_SCOPE_NAMES + SC_EXPR_COUNT];
    char copy[SC_SCOPE_NAMES][SC_FORMULA_WORD + 1];
} word_list;

/* Names that begin with '_' are between the library's own texts. */
static void list_names(word_list *list, const sc_expr_scope *scope) {
    for (int i = 0; i < scope->names; i++) {
        const sc_scope_name *name = &scope->name[i];
        if (name->word[0] == '_') continue;
        size_t length = name->length < SC_FORMULA_WORD ? name->length : SC_FORMULA_WORD;
        memcpy(list->copy[i], name->word, length);
        list->copy[i][length] = '\0';
        list->word[list->count++] = list->copy[i];
    }
}

static void list_functions(word_list *list) {
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++)
        if (sc_expr_op_info((sc_expr_op)op)->result == SC_EXPR_FLOAT)
            list->word[list->count++] = sc_expr_op_info((sc_expr_op)op)->word;
}

static void fail_unknown(sc_parser *p, sc_token word, const char *what, const word_list *list) {
    char text[SC_FORMULA_WORD + 1] = {0};
    memcpy(text, word.at, word.length < SC_FORMULA_WORD ? word.length : SC_FORMULA_WORD);
    const char *nearest = sc_nearest_word(text, list->word, list->count);
    sc_text known;
    sc_text_init(&known, p->env);
    for (size_t i = 0; i < list->count; i++)
        sc_text_add(&known, "%s%s", i ? ", " : "", list->word[i]);
    if (nearest)
        sc_parser_fail(p, word.at, "unknown %s '%s'; did you mean '%s'?", what, text, nearest);
    else
        sc_parser_fail(p, word.at, "unknown %s '%s'; known: %s", what, text, known.data);
    sc_text_free(&known);
}

void sc_scope_fail_unknown(sc_parser *p, sc_token word) {
    word_list list = {0};
    char text[SC_FORMULA_WORD + 1] = {0};
    memcpy(text, word.at, word.length < SC_FORMULA_WORD ? word.length : SC_FORMULA_WORD);
    list_names(&list, p->scope);
    if (sc_expr_op_by_word(text) >= SC_EXPR_LEAVES && sc_expr_op_by_word(text) < SC_EXPR_COUNT)
        sc_parser_fail(p, word.at, "'%s' is a function; its arguments go into parentheses: %s(...)",
                       text, text);
    else
        fail_unknown(p, word, "name", &list);
}

void sc_parser_fail_call(sc_parser *p, sc_token word) {
    word_list list = {0};
    if (sc_scope_lookup(p->scope, word.at, word.length))
        sc_parser_fail(
            p, p->token.at - 1, "an operator is missing before '(': '%.*s' is no function",
            (int)(word.length < SC_FORMULA_WORD ? word.length : SC_FORMULA_WORD), word.at);
    list_functions(&list);
    if (p->status == SOCLE_OK) fail_unknown(p, word, "function", &list);
}
