/* SPDX-License-Identifier: Apache-2.0 */
/* An expression as a formula for people, who see "0.5 * x - 2" where a gradient has "1 / 4 * (2 *
 * x) + -1 * 2". Every node becomes a sum of terms, a term a number and powers of what is not taken
 * apart any further: a name, a call, something in parentheses. Sums are not multiplied out. */
#include "op/expr_apply.h"
#include "op/expr_parse.h"

#include "base/arena.h"
#include "base/number.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_TERMS = 16, MOST_FACTORS = 8, MOST_LENGTH = 8192, MOST_CHOICES = 64 };

typedef struct factor {
    const char *base; /* a name, a call, or in parentheses: ** may stand behind it */
    double power;     /* never 0 */
} factor;

typedef struct term {
    double number; /* never 0 */
    int factors;
    factor factor[MOST_FACTORS];
} term;

/* No terms: 0. A condition or whole number is its text. */
typedef struct form {
    const char *whole;
    int terms;
    term term[MOST_TERMS];
} form;

/* "(a if c else b)", so that sums of two with one condition become one. */
typedef struct choice {
    const char *base, *condition;
    form value, other;
} choice;

typedef struct writer {
    sc_env *env;
    sc_arena *arena;
    socle_status status;
    form *node[SC_EXPR_NODES];
    const choice *choice[MOST_CHOICES];
    int choices;
    const char *const *name;
} writer;

static const char *keep(writer *w, sc_text *text) {
    const char *kept = "";
    if (w->status == SOCLE_OK) w->status = text->status;
    if (w->status == SOCLE_OK && text->length > MOST_LENGTH)
        w->status = sc_fail(w->env, SOCLE_STATUS_UNSUPPORTED,
                            "written out, the formula is longer than %d characters", MOST_LENGTH);
    if (w->status == SOCLE_OK) w->status = sc_arena_string(w->arena, &kept, text->data);
    sc_text_free(text);
    return kept;
}

/* A number of a formula is a float, so as many digits as that has. */
static void add_number(sc_text *text, double value) {
    char digits[SC_NUMBER_TEXT];
    if (value == floor(value) && fabs(value) < 1e7)
        sc_text_add(text, "%.0f", value);
    else if (isfinite((float)value))
        sc_number_text(digits, sc_number_of_float((float)value)), sc_text_add(text, "%s", digits);
    else
        sc_text_add(text, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

static void add_factor(sc_text *text, const factor *factor) {
    sc_text_add(text, "%s", factor->base);
    if (fabs(factor->power) == 1) return;
    sc_text_add(text, " ** ");
    add_number(text, fabs(factor->power));
}

/* Without its sign. */
static void add_term(sc_text *text, const term *term) {
    double number = fabs(term->number);
    bool above = false;
    for (int i = 0; i < term->factors; i++) above |= term->factor[i].power > 0;
    if (!above || number != 1) add_number(text, number);
    above &= number == 1;
    for (int i = 0; i < term->factors; i++) {
        if (term->factor[i].power < 0) continue;
        if (!above) sc_text_add(text, " * ");
        add_factor(text, &term->factor[i]);
        above = false;
    }
    for (int i = 0; i < term->factors; i++) {
        if (term->factor[i].power > 0) continue;
        sc_text_add(text, " / ");
        add_factor(text, &term->factor[i]);
    }
}

static double degree(const term *term) {
    double sum = 0;
    for (int i = 0; i < term->factors; i++) sum += term->factor[i].power;
    return term->factors ? sum : -INFINITY;
}

/* Highest powers first, numbers last; else in the order of the expression. */
static void sort(form *f) {
    for (int i = 1; i < f->terms; i++)
        for (int k = i; k > 0 && degree(&f->term[k]) > degree(&f->term[k - 1]); k--) {
            term swapped = f->term[k];
            f->term[k] = f->term[k - 1];
            f->term[k - 1] = swapped;
        }
}

static bool is_atom(const form *f) {
    return f->terms == 1 && f->term[0].number == 1 && f->term[0].factors == 1 &&
           f->term[0].factor[0].power == 1;
}

/* The text of a form; what is one piece in parentheses goes without them. */
static void add_form(sc_text *text, const form *f) {
    form sorted = *f;
    if (f->whole) {
        sc_text_add(text, "%s", f->whole);
        return;
    }
    const char *atom = is_atom(f) ? f->term[0].factor[0].base : "";
    if (atom[0] == '(') {
        sc_text_add_bytes(text, atom + 1, strlen(atom) - 2);
        return;
    }
    if (!f->terms) sc_text_add(text, "0");
    sort(&sorted);
    for (int i = 0; i < f->terms; i++) {
        bool minus = sorted.term[i].number < 0;
        sc_text_add(text, "%s", i ? (minus ? " - " : " + ") : minus ? "-" : "");
        add_term(text, &sorted.term[i]);
    }
}

/* Beside an operator the parentheses stay. */
static void add_operand(sc_text *text, const form *f) {
    if (!f->whole && is_atom(f))
        add_term(text, &f->term[0]);
    else
        add_form(text, f);
}

static form of_number(double value) {
    form f = {.terms = value != 0};
    f.term[0].number = value;
    return f;
}

static form of_base(const char *base) {
    form f = {.terms = 1};
    f.term[0] = (term){.number = 1, .factors = 1, .factor = {{base, 1}}};
    return f;
}

/* A form as one piece. */
static form piece(writer *w, const form *f) {
    sc_text text;
    if (is_atom(f)) return *f;
    sc_text_init(&text, w->env);
    sc_text_add(&text, "(");
    add_form(&text, f);
    sc_text_add(&text, ")");
    return of_base(keep(w, &text));
}

static bool is_number(const form *f, double *value) {
    *value = f->terms ? f->term[0].number : 0;
    return !f->whole && (f->terms == 0 || (f->terms == 1 && f->term[0].factors == 0));
}

static double power_of(const term *term, const char *base) {
    for (int i = 0; i < term->factors; i++)
        if (strcmp(term->factor[i].base, base) == 0) return term->factor[i].power;
    return 0;
}

static bool is_alike(const term *a, const term *b) {
    bool alike = a->factors == b->factors;
    for (int i = 0; alike && i < a->factors; i++)
        alike = power_of(b, a->factor[i].base) == a->factor[i].power;
    return alike;
}

static void add_to(form *sum, const term *added) {
    int at = 0;
    while (at < sum->terms && !is_alike(&sum->term[at], added)) at++;
    if (at == sum->terms) {
        sum->term[sum->terms++] = *added;
        return;
    }
    sum->term[at].number += added->number;
    if (sum->term[at].number != 0) return;
    sum->terms--;
    for (; at < sum->terms; at++) sum->term[at] = sum->term[at + 1];
}

static const choice *choice_of(const writer *w, const term *term) {
    for (int i = 0; term->factors == 1 && term->factor[0].power == 1 && i < w->choices; i++)
        if (strcmp(w->choice[i]->base, term->factor[0].base) == 0) return w->choice[i];
    return NULL;
}

static form join(writer *w, const choice *a, double times_a, const choice *b, double times_b);

/* A term more: where both are choices of one condition, the choice of their sums. */
static void join_to(writer *w, form *sum, const term *added) {
    const choice *b = choice_of(w, added);
    for (int i = 0; b && i < sum->terms; i++) {
        const choice *a = choice_of(w, &sum->term[i]);
        if (!a || a == b || strcmp(a->condition, b->condition) != 0) continue;
        sum->term[i] = join(w, a, sum->term[i].number, b, added->number).term[0];
        return;
    }
    add_to(sum, added);
}

static form plus(writer *w, form a, form b) {
    if (a.terms + b.terms > MOST_TERMS) a = piece(w, &a), b = piece(w, &b);
    for (int i = 0; i < b.terms; i++) join_to(w, &a, &b.term[i]);
    return a;
}

static form scale(form f, double by) {
    if (by == 0) f.terms = 0;
    for (int i = 0; i < f.terms; i++) f.term[i].number *= by;
    return f;
}

static void multiply_by(term *product, const factor *by) {
    int at = 0;
    while (at < product->factors && strcmp(product->factor[at].base, by->base) != 0) at++;
    if (at == product->factors) {
        product->factor[product->factors++] = *by;
        return;
    }
    product->factor[at].power += by->power;
    if (product->factor[at].power != 0) return;
    product->factors--;
    for (; at < product->factors; at++) product->factor[at] = product->factor[at + 1];
}

static form times(writer *w, form a, form b) {
    double number;
    if (is_number(&a, &number)) return scale(b, number);
    if (is_number(&b, &number)) return scale(a, number);
    if (a.terms > 1) a = piece(w, &a);
    if (b.terms > 1) b = piece(w, &b);
    if (a.term[0].factors + b.term[0].factors > MOST_FACTORS) a = piece(w, &a), b = piece(w, &b);
    for (int i = 0; i < b.term[0].factors; i++) multiply_by(&a.term[0], &b.term[0].factor[i]);
    return scale(a, b.term[0].number);
}

static bool has_whole_powers(const term *term) {
    bool whole = true;
    for (int i = 0; i < term->factors; i++)
        whole &= term->factor[i].power == floor(term->factor[i].power);
    return whole;
}

static form to_power(writer *w, form a, double power) {
    double number;
    if (power == 0) return of_number(1);
    if (is_number(&a, &number)) return of_number(pow(number, power));
    bool apart = a.terms == 1 && power == floor(power) && has_whole_powers(&a.term[0]);
    if (!apart) a = piece(w, &a);
    a.term[0].number = pow(a.term[0].number, power);
    for (int i = 0; i < a.term[0].factors; i++) a.term[0].factor[i].power *= power;
    return a;
}

/* "word(a, b)", or "a < b" where nothing opens. */
static form written(writer *w, const sc_expr_node *node, const char *open, const char *join,
                    const char *close) {
    sc_text text;
    sc_text_init(&text, w->env);
    sc_text_add(&text, "%s", open);
    for (int i = 0; i < sc_expr_op_info((sc_expr_op)node->op)->arity; i++) {
        if (i) sc_text_add(&text, "%s", join);
        (open[0] ? add_form : add_operand)(&text, w->node[node->argument[i]]);
    }
    sc_text_add(&text, "%s", close);
    const char *kept = keep(w, &text);
    return node->type == SC_EXPR_INT ? (form){.whole = kept} : of_base(kept);
}

static form chosen(writer *w, const char *condition, const form *value, const form *other) {
    sc_text text;
    choice *made;
    sc_text_init(&text, w->env);
    sc_text_add(&text, "(");
    add_operand(&text, value);
    sc_text_add(&text, " if %s else ", condition);
    add_form(&text, other);
    sc_text_add(&text, ")");
    form out = of_base(keep(w, &text));
    if (w->status != SOCLE_OK || w->choices == MOST_CHOICES) return out;
    w->status = sc_arena_allocate(w->arena, &made, 1, sizeof *made);
    if (w->status != SOCLE_OK) return out;
    *made = (choice){out.term[0].factor[0].base, condition, *value, *other};
    w->choice[w->choices++] = made;
    return out;
}

static form join(writer *w, const choice *a, double times_a, const choice *b, double times_b) {
    form value = plus(w, scale(a->value, times_a), scale(b->value, times_b)),
         other = plus(w, scale(a->other, times_a), scale(b->other, times_b));
    return chosen(w, a->condition, &value, &other);
}

/* A function of numbers alone, as devices compute it. */
static bool fold(const writer *w, const sc_expr_node *node, form *out) {
    const sc_expr_info *info = sc_expr_op_info((sc_expr_op)node->op);
    sc_scalar argument[3] = {{0}};
    for (int i = 0; i < info->arity; i++) {
        double value;
        if (!is_number(w->node[node->argument[i]], &value)) return false;
        argument[i].f = (float)value;
    }
    if (info->result == SC_EXPR_INT) return false;
    *out = of_number(sc_number_of_float(sc_expr_apply((sc_expr_op)node->op, argument).f));
    return true;
}

static form called(writer *w, const sc_expr_node *node) {
    char open[SC_FORMULA_WORD + 2];
    form folded;
    if (fold(w, node, &folded)) return folded;
    snprintf(open, sizeof open, "%s(", sc_expr_op_info((sc_expr_op)node->op)->word);
    return written(w, node, open, ", ", ")");
}

static form leaf(writer *w, const sc_expr_node *node) {
    const char *word = sc_expr_op_info((sc_expr_op)node->op)->word;
    sc_text text;
    if (node->op == SC_EXPR_CONST) return of_number(sc_number_of_float(node->imm.f));
    if (node->op == SC_EXPR_INPUT && node->type == SC_EXPR_FLOAT)
        return of_base(w->name[node->index]);
    sc_text_init(&text, w->env);
    if (node->op == SC_EXPR_CONST_INT)
        sc_text_add(&text, "%d", (int)node->imm.i);
    else
        sc_text_add(&text, "%s", node->op == SC_EXPR_INPUT ? w->name[node->index] : word);
    const char *kept = keep(w, &text);
    return node->type == SC_EXPR_INT ? (form){.whole = kept} : of_base(kept);
}

static form powered(writer *w, const sc_expr_node *node) {
    double exponent;
    const form *base = w->node[node->argument[0]];
    if (is_number(w->node[node->argument[1]], &exponent)) return to_power(w, *base, exponent);
    return called(w, node);
}

static form form_of(writer *w, const sc_expr_node *node) {
    static const char *const signs[SC_EXPR_COUNT] = {
        [SC_EXPR_LT] = " < ", [SC_EXPR_LE] = " <= ", [SC_EXPR_EQ] = " == ", [SC_EXPR_NE] = " != "};
    const form *a = w->node[node->argument[0]], *b = w->node[node->argument[1]];
    switch ((sc_expr_op)node->op) {
    case SC_EXPR_ADD:
        return plus(w, *a, *b);
    case SC_EXPR_SUB:
        return plus(w, *a, scale(*b, -1));
    case SC_EXPR_MUL:
        return times(w, *a, *b);
    case SC_EXPR_DIV:
        return times(w, *a, to_power(w, *b, -1));
    case SC_EXPR_NEG:
        return scale(*a, -1);
    case SC_EXPR_SQUARE:
        return to_power(w, *a, 2);
    case SC_EXPR_POW:
        return powered(w, node);
    case SC_EXPR_SELECT:
        return chosen(w, a->whole ? a->whole : "1", b, w->node[node->argument[2]]);
    default:
        if (signs[node->op]) return written(w, node, "", signs[node->op], "");
        return node->op < SC_EXPR_LEAVES ? leaf(w, node) : called(w, node);
    }
}

socle_status sc_expr_formula(sc_text *out, const sc_expr *expr, const char *const *name) {
    writer w = {.env = out->env, .name = name};
    SC_TRY(sc_arena_create(&w.arena, out->env));
    for (int k = 0; k < expr->nodes && w.status == SOCLE_OK; k++) {
        w.status = sc_arena_allocate(w.arena, &w.node[k], 1, sizeof *w.node[k]);
        if (w.status == SOCLE_OK) *w.node[k] = form_of(&w, &expr->node[k]);
    }
    if (w.status == SOCLE_OK) add_form(out, w.node[expr->output[0]]);
    sc_arena_destroy(w.arena);
    return w.status == SOCLE_OK ? out->status : w.status;
}
