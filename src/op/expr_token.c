/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, words and signs of a formula. */
#include "op/expr_parse_private.h"

#include <string.h>

/* Planning a deep network reads thousands of formulas: no table of characters is made for each. */
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t digits_at(const char *text) {
    size_t length = 0;
    while (is_digit(text[length])) length++;
    return length;
}

static size_t word_length(const char *text) {
    size_t length = 0;
    while (is_letter(text[length]) || (length && is_digit(text[length]))) length++;
    return length;
}

/* digits ["." digits] or "." digits, then [e [sign] digits]; 0: none. */
static size_t number_length(const char *text) {
    size_t whole = digits_at(text), length = whole;
    if (text[length] == '.') {
        size_t fraction = digits_at(text + length + 1);
        if (whole + fraction == 0) return 0;
        length += 1 + fraction;
    }
    if (length == 0 || (text[length] != 'e' && text[length] != 'E')) return length;
    size_t sign = text[length + 1] == '+' || text[length + 1] == '-';
    size_t exponent = digits_at(text + length + 1 + sign);
    return exponent ? length + 1 + sign + exponent : length;
}

/* Longer signs before those they begin with. */
static size_t sign_length(const char *text) {
    static const char *const signs[] = {"**", "<=", ">=", "==", "!=", "+", "-", "*", "^",
                                        "/",  "<",  ">",  "=",  "(",  ")", ",", ";"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0) return strlen(signs[i]);
    return 0;
}

sc_token sc_token_next(const char *text) {
    while (is_blank(*text)) text++;
    sc_token token = {SC_TOKEN_END, text, 0};
    if (!*text) return token;
    if ((token.length = number_length(text)) > 0)
        token.kind = SC_TOKEN_NUMBER;
    else if ((token.length = word_length(text)) > 0)
        token.kind = SC_TOKEN_WORD;
    else if ((token.length = sign_length(text)) > 0)
        token.kind = SC_TOKEN_SIGN;
    else
        token.kind = SC_TOKEN_BAD, token.length = 1;
    return token;
}

bool sc_token_is(const sc_token *token, const char *text) {
    return (token->kind == SC_TOKEN_WORD || token->kind == SC_TOKEN_SIGN) &&
           strlen(text) == token->length && memcmp(token->at, text, token->length) == 0;
}

/* The name that a statement beginning with `first` gives a value; length 0: none. */
static sc_token target_of(sc_token first) {
    sc_token next = sc_token_next(first.at + first.length);
    if (first.kind == SC_TOKEN_WORD && sc_token_is(&next, "=")) return first;
    return (sc_token){SC_TOKEN_END, first.at, 0};
}

static int find_name(const sc_formula_name *name, int count, const sc_token *word) {
    for (int i = 0; i < count; i++)
        if (name[i].length == (int)word->length &&
            memcmp(name[i].word, word->at, word->length) == 0)
            return i;
    return -1;
}

/* All targets, each once. */
static int list_targets(const char *text, sc_formula_name name[SC_SCOPE_NAMES]) {
    int count = 0;
    bool first = true;
    for (sc_token t = sc_token_next(text); t.kind != SC_TOKEN_END;
         t = sc_token_next(t.at + t.length)) {
        sc_token target = target_of(t);
        bool is_new = first && target.length && find_name(name, count, &target) < 0;
        if (is_new && count < SC_SCOPE_NAMES)
            name[count++] = (sc_formula_name){target.at, (int)target.length};
        first = sc_token_is(&t, ";");
    }
    return count;
}

/* Words of the grammar and of constants, which no value can be given to by a caller. */
static bool is_reserved(const sc_token *word) {
    static const char *const words[] = {"if", "else", "and", "or", "not", "pi"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (sc_token_is(word, words[i])) return true;
    return false;
}

int sc_formula_variables(const char *text, sc_formula_name *out, int most) {
    sc_formula_name given[SC_SCOPE_NAMES];
    sc_token target = target_of(sc_token_next(text));
    int targets = 0, count = 0;
    for (sc_token t = sc_token_next(text), next; t.kind != SC_TOKEN_END; t = next) {
        next = sc_token_next(t.at + t.length);
        if (sc_token_is(&t, ";")) {
            if (target.length && targets < SC_SCOPE_NAMES)
                given[targets++] = (sc_formula_name){target.at, (int)target.length};
            target = target_of(next);
        }
        bool reads = t.kind == SC_TOKEN_WORD && !is_reserved(&t) && !sc_token_is(&next, "(") &&
                     !(target.length && t.at == target.at) && find_name(given, targets, &t) < 0;
        if (!reads || find_name(out, count < most ? count : most, &t) >= 0) continue;
        if (count < most) out[count] = (sc_formula_name){t.at, (int)t.length};
        count++;
    }
    return count;
}

int sc_formula_kept(const char *text, sc_formula_name *out, int most) {
    sc_formula_name name[SC_SCOPE_NAMES];
    bool given[SC_SCOPE_NAMES] = {false}, kept[SC_SCOPE_NAMES] = {false}, first = true;
    int targets = list_targets(text, name), target = -1, count = 0;
    for (sc_token t = sc_token_next(text); t.kind != SC_TOKEN_END;
         t = sc_token_next(t.at + t.length)) {
        sc_token given_here = first ? target_of(t) : (sc_token){0};
        bool ends = sc_token_is(&t, ";");
        int read =
            t.kind == SC_TOKEN_WORD && !given_here.length ? find_name(name, targets, &t) : -1;
        if (given_here.length) target = find_name(name, targets, &given_here);
        if (read >= 0 && !given[read]) kept[read] = true;
        if (ends && target >= 0) given[target] = true, target = -1;
        first = ends;
    }
    for (int i = 0; i < targets; i++) {
        if (!kept[i]) continue;
        if (count < most) out[count] = name[i];
        count++;
    }
    return count;
}
