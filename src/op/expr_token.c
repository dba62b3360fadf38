/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, words and signs of a formula. */
#include "op/expr_parse_private.h"

#include <string.h>

static const char digits[] = "0123456789";
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
static const char letters_or_digits[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

/* digits ["." digits] or "." digits, then [e [sign] digits]; 0: none. */
static size_t number_length(const char *text) {
    size_t whole = strspn(text, digits), length = whole;
    if (text[length] == '.') {
        size_t fraction = strspn(text + length + 1, digits);
        if (whole + fraction == 0) return 0;
        length += 1 + fraction;
    }
    if (length == 0 || (text[length] != 'e' && text[length] != 'E')) return length;
    size_t sign = text[length + 1] == '+' || text[length + 1] == '-';
    size_t exponent = strspn(text + length + 1 + sign, digits);
    return exponent ? length + 1 + sign + exponent : length;
}

/* Longer signs before those they begin with. */
static size_t sign_length(const char *text) {
    static const char *const signs[] = {"**", "<=", ">=", "==", "!=", "+", "-", "*",
                                        "/",  "<",  ">",  "=",  "(",  ")", ",", ";"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0) return strlen(signs[i]);
    return 0;
}

sc_token sc_token_next(const char *text) {
    text += strspn(text, " \t\r\n");
    sc_token token = {SC_TOKEN_END, text, 0};
    if (!*text) return token;
    if ((token.length = number_length(text)) > 0)
        token.kind = SC_TOKEN_NUMBER;
    else if (strspn(text, letters) > 0)
        token.kind = SC_TOKEN_WORD, token.length = strspn(text, letters_or_digits);
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
