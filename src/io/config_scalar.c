/* SPDX-License-Identifier: Apache-2.0 */
/* Plain scalars of YAML 1.2, core schema: which text is null, a truth value, a whole number, a
 * number; the rest is a string. `yes` and `no` are strings, as YAML 1.2 has it. */
#include "io/config_private.h"
#include "io/json_text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0) return true;
    return false;
}
#define IS_ONE_OF(text, words) is_one_of(text, words, sizeof(words) / sizeof *(words))

/* Number base of a whole number and where its digits begin; 0 = not a whole number. */
static int integer_base(const char *text, const char **digits) {
    static const char hex[] = "0123456789abcdefABCDEF";
    int base = 10;
    *digits = text + (text[0] == '+' || text[0] == '-');
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
        base = text[1] == 'x' ? 16 : 8;
        *digits = text + 2;
    }
    const char *allowed = base == 16 ? hex : base == 8 ? "01234567" : "0123456789";
    size_t length = strspn(*digits, allowed);
    return length > 0 && (*digits)[length] == '\0' ? base : 0;
}

/* [-+]? ( "." digits | digits ("." digits?)? ) ( [eE] [-+]? digits )? */
static bool is_float(const char *text) {
    text += text[0] == '+' || text[0] == '-';
    size_t whole = strspn(text, "0123456789"), fraction = 0;
    text += whole;
    if (*text == '.') {
        fraction = strspn(++text, "0123456789");
        text += fraction;
    }
    if (whole + fraction == 0) return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        size_t exponent = strspn(text, "0123456789");
        if (exponent == 0) return false;
        text += exponent;
    }
    return *text == '\0';
}

static json_t *integer_value(const char *text, const char *digits, int base, const char **problem) {
    errno = 0;
    long long value = base == 10 ? strtoll(text, NULL, 10) : strtoll(digits, NULL, base);
    if (errno == 0) return json_integer(value);
    *problem = "this whole number does not fit into 64 bits";
    return NULL;
}

static json_t *real_value(const char *text, const char **problem) {
    double value;
    if (sc_number_parse(&value, text) && isfinite(value)) return json_real(value);
    *problem = "this number is too large";
    return NULL;
}

json_t *sc_config_scalar(const char *text, size_t length, const char **problem) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const trues[] = {"true", "True", "TRUE"};
    static const char *const falses[] = {"false", "False", "FALSE"};
    static const char *const odd[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
    const char *digits;
    *problem = NULL;
    if (strlen(text) != length) {
        *problem = "a zero byte in the text";
        return NULL;
    }
    if (IS_ONE_OF(text, nulls)) return json_null();
    if (IS_ONE_OF(text, trues)) return json_true();
    if (IS_ONE_OF(text, falses)) return json_false();
    if (IS_ONE_OF(text + (text[0] == '+' || text[0] == '-'), odd)) {
        *problem = "numbers must be finite; quote it if it is meant as text";
        return NULL;
    }
    int base = integer_base(text, &digits);
    if (base) return integer_value(text, digits, base, problem);
    if (is_float(text)) return real_value(text, problem);
    return json_stringn(text, length);
}
