/* SPDX-License-Identifier: Apache-2.0 */
/* Typed access to the tree. Each getter checks type and range and says what was found instead. */
#include "base/text.h"
#include "io/config_hint.h"
#include "io/config_private.h"
#include "io/json_text.h"
#include "io/quote.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct found {
    char text[SC_QUOTED + 16];
} found;

/* "not 3.5", "not \"abc\"", "not a list": the end of a message. */
static found what_is(const json_t *value) {
    found out;
    char number[SC_NUMBER_TEXT];
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        strcpy(out.text, "not a mapping");
        break;
    case JSON_ARRAY:
        strcpy(out.text, "not a list");
        break;
    case JSON_STRING:
        snprintf(out.text, sizeof out.text, "not \"%s\"", sc_quote(json_string_value(value)).text);
        break;
    case JSON_INTEGER:
        snprintf(out.text, sizeof out.text, "not %" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        sc_number_text(number, json_real_value(value));
        snprintf(out.text, sizeof out.text, "not %s", number);
        break;
    case JSON_TRUE:
        strcpy(out.text, "not true");
        break;
    case JSON_FALSE:
        strcpy(out.text, "not false");
        break;
    default:
        strcpy(out.text, "not empty; leave the key out for the default");
        break;
    }
    return out;
}

/* Bounds at the ends of the type are not worth a word. */
sc_range_text sc_config_integer_range(int64_t minimum, int64_t maximum) {
    sc_range_text out;
    if (minimum == INT64_MIN && maximum == INT64_MAX)
        strcpy(out.text, "a whole number");
    else if (maximum == INT64_MAX)
        snprintf(out.text, sizeof out.text, "a whole number >= %" PRId64, minimum);
    else if (minimum == INT64_MIN)
        snprintf(out.text, sizeof out.text, "a whole number <= %" PRId64, maximum);
    else
        snprintf(out.text, sizeof out.text, "a whole number from %" PRId64 " to %" PRId64, minimum,
                 maximum);
    return out;
}

/* 1e3 and 5.0 are whole numbers too. */
static bool read_integer(int64_t *out, const json_t *value, int64_t minimum, int64_t maximum) {
    double real = json_real_value(value);
    bool whole = json_is_real(value) && real == floor(real) && fabs(real) < 0x1p63;
    int64_t integer = whole ? (int64_t)real : json_integer_value(value);
    if ((!whole && !json_is_integer(value)) || integer < minimum || integer > maximum) return false;
    *out = integer;
    return true;
}

socle_status sc_config_get_integer(int64_t *out, const sc_config *config, const json_t *object,
                                   const char *key, int64_t minimum, int64_t maximum) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    if (read_integer(out, value, minimum, maximum)) return SOCLE_OK;
    return sc_config_fail(config, object, key, "must be %s, %s",
                          sc_config_integer_range(minimum, maximum).text, what_is(value).text);
}

/* "1", not "1.0": a bound says nothing about the type. */
static void bound_text(char out[SC_NUMBER_TEXT], double bound) {
    sc_number_text(out, bound);
    size_t length = strlen(out);
    if (length > 2 && strcmp(out + length - 2, ".0") == 0) out[length - 2] = '\0';
}

sc_range_text sc_config_number_range(double minimum, double maximum) {
    sc_range_text out;
    char low[SC_NUMBER_TEXT], high[SC_NUMBER_TEXT];
    bound_text(low, minimum);
    bound_text(high, maximum);
    bool has_low = isfinite(minimum) && minimum > -1e300,
         has_high = isfinite(maximum) && maximum < 1e300;
    if (has_low && has_high)
        snprintf(out.text, sizeof out.text, "a number from %s to %s", low, high);
    else if (has_low || has_high)
        snprintf(out.text, sizeof out.text, "a number %s %s",
                 has_low ? ">=" : "<=", has_low ? low : high);
    else
        strcpy(out.text, "a number");
    return out;
}

socle_status sc_config_get_number(double *out, const sc_config *config, const json_t *object,
                                  const char *key, double minimum, double maximum) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= minimum && number <= maximum))
        return sc_config_fail(config, object, key, "must be %s, %s",
                              sc_config_number_range(minimum, maximum).text, what_is(value).text);
    *out = number;
    return SOCLE_OK;
}

socle_status sc_config_get_boolean(bool *out, const sc_config *config, const json_t *object,
                                   const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    if (!json_is_boolean(value))
        return sc_config_fail(config, object, key, "must be true or false, %s",
                              what_is(value).text);
    *out = json_is_true(value);
    return SOCLE_OK;
}

socle_status sc_config_get_string(const char **out, const sc_config *config, const json_t *object,
                                  const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    if (!json_is_string(value))
        return sc_config_fail(config, object, key,
                              "must be text (quote it if it looks like a number), %s",
                              what_is(value).text);
    *out = json_string_value(value);
    return SOCLE_OK;
}

socle_status sc_config_get_object(const json_t **out, const sc_config *config, const json_t *object,
                                  const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    if (!json_is_object(value))
        return sc_config_fail(config, object, key, "must be a mapping such as {key: value}, %s",
                              what_is(value).text);
    *out = value;
    return SOCLE_OK;
}

socle_status sc_config_get_array(const json_t **out, const sc_config *config, const json_t *object,
                                 const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    if (!json_is_array(value))
        return sc_config_fail(config, object, key, "must be a list such as [a, b], %s",
                              what_is(value).text);
    *out = value;
    return SOCLE_OK;
}

socle_status sc_config_get_choice(int *out, const sc_config *config, const json_t *object,
                                  const char *key, const char *const *words, size_t count) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    const char *word = json_string_value(value);
    for (size_t i = 0; word && i < count; i++) {
        if (strcmp(word, words[i]) != 0) continue;
        *out = (int)i;
        return SOCLE_OK;
    }
    sc_text hint;
    sc_text_init(&hint, config->env);
    if (word) sc_config_hint(&hint, word, words, count);
    socle_status status =
        sc_config_fail(config, object, key, "must be one of the known words, %s%s",
                       what_is(value).text, hint.data);
    sc_text_free(&hint);
    return status;
}

socle_status sc_config_get_integers(int64_t *out, size_t *count, size_t capacity,
                                    const sc_config *config, const json_t *object, const char *key,
                                    int64_t minimum, int64_t maximum) {
    const json_t *value = json_object_get(object, key);
    if (!value) return SOCLE_OK;
    if (!json_is_array(value)) {
        *count = 1;
        return sc_config_get_integer(out, config, object, key, minimum, maximum);
    }
    size_t size = json_array_size(value);
    if (size < 1 || size > capacity)
        return sc_config_fail(config, object, key, "must have 1 to %zu elements, not %zu", capacity,
                              size);
    for (size_t i = 0; i < size; i++) {
        const json_t *item = json_array_get(value, i);
        if (!read_integer(&out[i], item, minimum, maximum))
            return sc_config_fail_item(config, value, i, "must be %s, %s",
                                       sc_config_integer_range(minimum, maximum).text,
                                       what_is(item).text);
    }
    *count = size;
    return SOCLE_OK;
}

socle_status sc_config_check_numbers(double *most, const sc_config *config, const json_t *object,
                                     const char *key, double minimum, double maximum) {
    const json_t *list = NULL, *item;
    size_t i;
    SC_TRY(sc_config_get_array(&list, config, object, key));
    json_array_foreach(list, i, item) {
        double number = json_number_value(item);
        if (!json_is_number(item) || !(number >= minimum && number <= maximum))
            return sc_config_fail_item(config, list, i, "must be %s, %s",
                                       sc_config_number_range(minimum, maximum).text,
                                       what_is(item).text);
        *most = i == 0 || number > *most ? number : *most;
    }
    return SOCLE_OK;
}

socle_status sc_config_require(const sc_config *config, const json_t *object, const char *key) {
    if (json_object_get(object, key)) return SOCLE_OK;
    return sc_config_fail(config, object, NULL, "the key '%s' is missing", key);
}

socle_status sc_config_check_keys(const sc_config *config, const json_t *object,
                                  const char *const *words, size_t count) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++) known = strcmp(key, words[i]) == 0;
        if (known) continue;
        sc_text hint;
        sc_text_init(&hint, config->env);
        sc_config_hint(&hint, key, words, count);
        socle_status status = sc_config_fail(config, object, key, "unknown key%s", hint.data);
        sc_text_free(&hint);
        return status;
    }
    return SOCLE_OK;
}
