/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of formulas: recursive descent, with one table of binary operators. What operators
 * mean for their operands is in expr_term.c, what names stand for in expr_scope.c. */
#include "op/expr_parse_private.h"

#include "base/number.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_DEPTH = 64, MOST_ARGUMENTS = 3 };

/* Functions that are formulas themselves. */
static const struct {
    const char *word;
    int arguments;
    const char *names[MOST_ARGUMENTS], *text;
} functions[] = {
    {"clip", 3, {"x", "low", "high"}, "min(max(x, low), high)"},
    {"log_sigmoid", 1, {"x"}, "-softplus(-x)"},
    {"norm", 1, {"x"}, "sqrt(sum(x * x))"},
    {"mean", 1, {"x"}, "sum(x) / sum(1)"},
    {"total_norm", 1, {"x"}, "sqrt(total(x * x))"},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static sc_term read_choice(sc_parser *p);

static sc_term nothing(const sc_parser *p) {
    return (sc_term){.kind = SC_TERM_FLOAT, .number = 1.0f, .at = p->token.at};
}

static void advance(sc_parser *p) {
    if (p->status == SOCLE_OK) p->token = sc_token_next(p->token.at + p->token.length);
}

/* Takes the next token if it is `text`. After an error there is none. */
static bool accept(sc_parser *p, const char *text) {
    if (p->status != SOCLE_OK || !sc_token_is(&p->token, text)) return false;
    advance(p);
    return true;
}

static bool is_sign(const sc_token *token, char sign) {
    return token->kind == SC_TOKEN_BAD && *token->at == sign;
}

/* What stands where something else is expected. */
static void fail_token(sc_parser *p, const char *expected) {
    const sc_token *token = &p->token;
    if (is_sign(token, '&') || is_sign(token, '|') || is_sign(token, '!'))
        sc_parser_fail(p, token->at, "'%c' is no operator; write and, or, not", *token->at);
    else if (is_sign(token, '?'))
        sc_parser_fail(p, token->at, "'?' is no operator; write a if condition else b");
    else if (token->kind == SC_TOKEN_BAD && *token->at > ' ' && *token->at < 0x7f)
        sc_parser_fail(p, token->at, "'%c' means nothing in a formula", *token->at);
    else if (token->kind == SC_TOKEN_BAD)
        sc_parser_fail(p, token->at, "this character means nothing in a formula");
    else if (token->kind == SC_TOKEN_END)
        sc_parser_fail(p, token->at, "the formula ends where %s is expected", expected);
    else
        sc_parser_fail(p, token->at, "%s is expected here, not '%.*s'", expected,
                       (int)(token->length < SC_FORMULA_WORD ? token->length : SC_FORMULA_WORD),
                       token->at);
}

static void read_close(sc_parser *p, const char *open) {
    if (accept(p, ")")) return;
    if (p->token.kind == SC_TOKEN_END || sc_token_is(&p->token, ";"))
        sc_parser_fail(p, open, "the ')' of this '(' is missing");
    else
        fail_token(p, "')' or an operator");
}

static sc_term read_number(sc_parser *p) {
    enum { MOST_DIGITS = 63 };
    sc_token token = p->token;
    sc_term term = {.kind = SC_TERM_FLOAT, .at = token.at};
    char text[MOST_DIGITS + 1] = {0};
    double value = 0;
    advance(p);
    if (token.length <= MOST_DIGITS) memcpy(text, token.at, token.length);
    if (!sc_number_parse(&value, text)) {
        sc_parser_fail(p, token.at, "a number has at most %d characters", MOST_DIGITS);
        return term;
    }
    term.number = (float)value;
    if (!isfinite(term.number))
        sc_parser_fail(p, token.at, "%s is too large for single precision (at most %.3g)", text,
                       (double)FLT_MAX);
    else if (term.number == 0.0f && value != 0.0)
        sc_parser_fail(p, token.at, "%s is too small for single precision: it would be 0", text);
    if (text[strspn(text, "0123456789")] != '\0' || value > INT32_MAX) return term;
    term.kind = SC_TERM_WHOLE;
    term.whole = (int32_t)value;
    return term;
}

/* Reads a text in the place of a name or a call: its errors are shown there. */
static sc_term read_inner(sc_parser *p, sc_expr_scope *scope, const char *text, const char *at) {
    sc_parser inner = {.env = p->env,
                       .scope = scope,
                       .text = text,
                       .caller = p,
                       .called_at = at,
                       .depth = p->depth + 1};
    inner.token = sc_token_next(text);
    sc_term term = inner.depth > MOST_DEPTH ? nothing(p) : read_choice(&inner);
    if (inner.depth > MOST_DEPTH)
        sc_parser_fail(p, at, "formulas refer to each other in a circle");
    else if (inner.token.kind != SC_TOKEN_END)
        fail_token(&inner, "an operator");
    term.at = at;
    return term;
}

static sc_term read_name(sc_parser *p, sc_token word) {
    sc_scope_name *name = sc_scope_lookup(p->scope, word.at, word.length);
    sc_term term = {.kind = SC_TERM_FLOAT, .number = 3.14159265f, .at = word.at};
    if (!name && sc_token_is(&word, "pi")) return term;
    if (!name) {
        sc_scope_fail_unknown(p, word);
        return term;
    }
    name->used = true;
    if (name->kind == SC_NAMES_TEXT) {
        term = read_inner(p, p->scope, name->text, word.at);
        sc_scope_set(p->scope, name, term);
    }
    return sc_scope_term(p->scope, name, word.at);
}

static sc_term call_function(sc_parser *p, int f, const sc_term *argument, const char *at) {
    sc_expr_scope scope;
    sc_scope_init(&scope, p->scope->expr);
    scope.sums = p->scope->sums;
    for (int i = 0; i < functions[f].arguments; i++)
        sc_scope_set(&scope, sc_scope_add(&scope, functions[f].names[i]), argument[i]);
    return read_inner(p, &scope, functions[f].text, at);
}

static bool is_sum(const sc_token *word) {
    return sc_token_is(word, "sum") || sc_token_is(word, "total");
}

/* The sum of a term: an input more, and the expression that it is the sum of. */
static sc_term call_sum(sc_parser *p, sc_token word, sc_term argument) {
    sc_formula_sums *sums = p->scope->sums;
    sc_expr *expr = p->scope->expr;
    if (!sums)
        sc_parser_fail(p, word.at, "sums over tensors are for updates of optimizers");
    else if (sums->count == SC_FORMULA_SUMS || expr->inputs == SC_EXPR_INPUTS)
        sc_parser_fail(p, word.at, "more than %d sums over tensors (a mean takes two)",
                       SC_FORMULA_SUMS);
    int node = sc_term_node(p, sc_term_float(p, argument));
    if (p->status != SOCLE_OK) return argument;
    sc_expr term = *expr;
    term.outputs = 0;
    sc_expr_output(&term, node);
    sc_expr_prune(&term);
    for (int i = 0; i < sums->count; i++) /* the same sum is asked for again */
        if (sc_expr_equal(&sums->sum[i].expr, &term) &&
            sums->sum[i].total == sc_token_is(&word, "total"))
            return (sc_term){.kind = SC_TERM_NODE,
                             .node = sc_expr_input(expr, sums->sum[i].input, SC_EXPR_FLOAT),
                             .at = word.at};
    int input = expr->inputs, k = sums->count++;
    sums->sum[k].expr = term;
    sums->sum[k].input = input;
    sums->sum[k].total = sc_token_is(&word, "total");
    return (sc_term){
        .kind = SC_TERM_NODE, .node = sc_expr_input(expr, input, SC_EXPR_FLOAT), .at = word.at};
}

static int find_function(const sc_token *word) {
    for (int f = 0; f < FUNCTIONS; f++)
        if (sc_token_is(word, functions[f].word)) return f;
    return -1;
}

static sc_expr_op find_row(const sc_token *word) {
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++)
        if (sc_token_is(word, sc_expr_op_info((sc_expr_op)op)->word)) return (sc_expr_op)op;
    return SC_EXPR_COUNT;
}

/* Behind '(': the arguments, of which the first three are kept. */
static int read_arguments(sc_parser *p, sc_term argument[MOST_ARGUMENTS], const char *open) {
    int count = 0;
    if (accept(p, ")")) return 0;
    do {
        sc_term term = read_choice(p);
        if (count < MOST_ARGUMENTS) argument[count] = term;
        count++;
    } while (accept(p, ","));
    read_close(p, open);
    return count;
}

static sc_term read_call(sc_parser *p, sc_token word) {
    const char *open = p->token.at;
    sc_term argument[MOST_ARGUMENTS] = {nothing(p), nothing(p), nothing(p)};
    int function = find_function(&word);
    sc_expr_op op = find_row(&word);
    advance(p);
    if (function < 0 && op == SC_EXPR_COUNT && !is_sum(&word)) sc_parser_fail_call(p, word);
    int count = read_arguments(p, argument, open);
    int arity = function >= 0   ? functions[function].arguments
                : is_sum(&word) ? 1
                                : sc_expr_op_info(op)->arity;
    if (count != arity)
        sc_parser_fail(p, word.at, "%.*s takes %d argument%s, not %d", (int)word.length, word.at,
                       arity, arity == 1 ? "" : "s", count);
    if (p->status != SOCLE_OK) return argument[0];
    if (function >= 0) return call_function(p, function, argument, word.at);
    if (is_sum(&word)) return call_sum(p, word, argument[0]);
    if (op == SC_EXPR_POW) return sc_term_power(p, argument[0], argument[1], word.at);
    if (op == SC_EXPR_SELECT)
        return sc_term_choose(p, argument[0], argument[1], argument[2], word.at);
    return sc_term_apply(p, op, argument[0], argument[1], argument[2], word.at);
}

static bool is_keyword(const sc_token *token) {
    static const char *const words[] = {"if", "else", "and", "or", "not"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sc_token_is(token, words[i])) return true;
    return false;
}

static sc_term read_operand(sc_parser *p) {
    sc_token token = p->token;
    if (p->status != SOCLE_OK) return nothing(p);
    if (token.kind == SC_TOKEN_NUMBER) return read_number(p);
    if (token.kind == SC_TOKEN_WORD && !is_keyword(&token)) {
        advance(p);
        return sc_token_is(&p->token, "(") ? read_call(p, token) : read_name(p, token);
    }
    if (accept(p, "(")) {
        sc_term inside = read_choice(p);
        read_close(p, token.at);
        return inside;
    }
    fail_token(p, "a number, a name or '('");
    return nothing(p);
}

/* Binary operators; a higher level holds its operands tighter. Comparisons do not join. */
enum { OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, POWER };
static const struct operator{
    const char *text;
    int level;
    sc_expr_op op;
    bool turned; /* operands change places */
}
operators[] = {
    {"or", OR, SC_EXPR_INT_OR, false},  {"and", AND, SC_EXPR_INT_AND, false},
    {"<", COMPARE, SC_EXPR_LT, false},  {"<=", COMPARE, SC_EXPR_LE, false},
    {">", COMPARE, SC_EXPR_LT, true},   {">=", COMPARE, SC_EXPR_LE, true},
    {"==", COMPARE, SC_EXPR_EQ, false}, {"!=", COMPARE, SC_EXPR_NE, false},
    {"+", SUM, SC_EXPR_ADD, false},     {"-", SUM, SC_EXPR_SUB, false},
    {"*", PRODUCT, SC_EXPR_MUL, false}, {"/", PRODUCT, SC_EXPR_DIV, false},
    {"**", POWER, SC_EXPR_POW, false},  {"^", POWER, SC_EXPR_POW, false},
};

static const struct operator* next_operator(const sc_parser *p) {
    for (size_t i = 0; p->status == SOCLE_OK && i < sizeof operators / sizeof operators[0]; i++)
        if (sc_token_is(&p->token, operators[i].text)) return &operators[i];
    return NULL;
}

static sc_term read_binary(sc_parser *p, int level);

static sc_term read_prefix(sc_parser *p, int level) {
    const char *at = p->token.at;
    if (accept(p, "-")) return sc_term_negate(p, read_binary(p, SIGN), at);
    if (accept(p, "+")) return read_binary(p, SIGN);
    if (level <= NOT && accept(p, "not")) return sc_term_not(p, read_binary(p, NOT), at);
    return read_operand(p);
}

static sc_term join(sc_parser *p, const struct operator* o, sc_term a, sc_term b, const char *at) {
    if (o->level == POWER) return sc_term_power(p, a, b, at);
    if (o->level <= AND) return sc_term_apply(p, o->op, a, b, b, at);
    return sc_term_operator(p, o->op, o->turned ? b : a, o->turned ? a : b, at);
}

/* Operators of at least this level. The error of an operand is shown where that operand begins. */
static sc_term read_binary(sc_parser *p, int level) {
    const char *begin = p->token.at;
    if (++p->depth > MOST_DEPTH) sc_parser_fail(p, begin, "nested more than %d deep", MOST_DEPTH);
    sc_term left = read_prefix(p, level);
    const struct operator* o;
    while ((o = next_operator(p)) && o->level >= level) {
        const char *at = p->token.at;
        advance(p);
        left.at = begin;
        sc_term right = read_binary(p, o->level == POWER ? SIGN : o->level + 1);
        left = join(p, o, left, right, at);
        const struct operator* next = next_operator(p);
        if (o->level == COMPARE && next && next->level == COMPARE)
            sc_parser_fail(p, p->token.at, "comparisons do not join; write a < b and b < c");
    }
    p->depth--;
    left.at = begin;
    return left;
}

static sc_term read_choice(sc_parser *p) {
    sc_term value = read_binary(p, OR);
    const char *at = p->token.at;
    if (!accept(p, "if")) return value;
    sc_term condition = read_binary(p, OR);
    if (!accept(p, "else")) fail_token(p, "else");
    if (++p->depth > MOST_DEPTH) sc_parser_fail(p, at, "nested more than %d deep", MOST_DEPTH);
    sc_term other = read_choice(p);
    p->depth--;
    return sc_term_choose(p, condition, value, other, at);
}

/* NAME = choice, or a choice. */
static sc_term read_statement(sc_parser *p) {
    sc_token word = p->token, next = sc_token_next(word.at + word.length);
    bool names = word.kind == SC_TOKEN_WORD && sc_token_is(&next, "=");
    if (names && is_keyword(&word))
        sc_parser_fail(p, word.at, "'%.*s' cannot be a name", (int)word.length, word.at);
    if (names) advance(p), advance(p);
    sc_term value = read_choice(p);
    if (names) sc_scope_define(p, word, value);
    return value;
}

socle_status sc_expr_parse(sc_env *env, sc_expr_scope *scope, const char *text, int *node) {
    sc_parser parser = {.env = env, .scope = scope, .text = text}, *p = &parser;
    size_t length = strnlen(text, SC_FORMULA_LENGTH + 1);
    p->token = sc_token_next(text);
    if (length > SC_FORMULA_LENGTH)
        sc_parser_fail(p, text + SC_FORMULA_LENGTH, "a formula has at most %d characters",
                       SC_FORMULA_LENGTH);
    if (p->token.kind == SC_TOKEN_END) sc_parser_fail(p, p->token.at, "the formula is empty");
    sc_term result = nothing(p);
    do result = read_statement(p);
    while (accept(p, ";") && p->token.kind != SC_TOKEN_END);
    if (sc_token_is(&p->token, ")"))
        sc_parser_fail(p, p->token.at, "')' without a '('");
    else if (p->token.kind != SC_TOKEN_END)
        fail_token(p, "an operator");
    *node = p->status == SOCLE_OK ? sc_term_node(p, result) : 0;
    sc_parser_check_room(p, text);
    return p->status;
}

/* Declares the inputs that `names` lists. */
static void declare(sc_expr_scope *scope, const char *names) {
    static const char integer[] = ":int";
    for (int i = 0; *(names += strspn(names, " ")); i++) {
        size_t length = strcspn(names, " :"), whole = strcspn(names, " ");
        bool is_int = whole > length && strncmp(names + length, integer, sizeof integer - 1) == 0;
        int node = sc_expr_input(scope->expr, i, is_int ? SC_EXPR_INT : SC_EXPR_FLOAT);
        sc_scope_node_part(scope, names, length, node);
        names += whole;
    }
}

socle_status sc_expr_read(sc_env *env, sc_expr *out, const char *text, const char *names) {
    static const sc_record none;
    return sc_expr_read_with(env, out, text, names, &none, NULL);
}

socle_status sc_expr_read_with(sc_env *env, sc_expr *out, const char *text, const char *names,
                               const sc_record *record, const void *data) {
    sc_expr_scope scope;
    int node;
    sc_expr_init(out);
    sc_scope_init(&scope, out);
    declare(&scope, names);
    sc_scope_options(&scope, record, data);
    SC_TRY(sc_expr_parse(env, &scope, text, &node));
    if (out->node[node].op == SC_EXPR_CONST_INT)
        node = sc_expr_const(out, (float)out->node[node].imm.i);
    else if (out->node[node].type == SC_EXPR_INT)
        node = sc_expr_add_node(out, SC_EXPR_TO_FLOAT, node, 0, 0);
    sc_parser end = {.env = env, .scope = &scope, .text = text};
    sc_parser_check_room(&end, text);
    sc_expr_output(out, node);
    sc_expr_prune(out);
    return end.status;
}
