/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a struct that code has filled against its table. */
#include "base/option.h"

#include <string.h>

socle_status sc_name_check(sc_env *env, const char *name) {
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    size_t length = strlen(name), good = strspn(name, characters);
    if (length == 0 || length > SC_NAME_MOST)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "a name has 1 to %d characters, not %zu",
                       SC_NAME_MOST, length);
    if (good == length) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "character %zu of a name is not allowed: use letters, digits, '_', '-' and '.'",
                   good + 1);
}

static bool is_in(const sc_option *option, double value) {
    return value >= option->minimum &&
           (option->below ? value < option->maximum : value <= option->maximum);
}

static socle_status check_number(sc_env *env, const sc_option *option, double value) {
    if (is_in(option, value)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: must be %.10g to %s%.10g, not %.10g", option->key,
                   option->minimum, option->below ? "below " : "", option->maximum, value);
}

/* A float meets bounds that were rounded as it was: 0.999f is more than 0.999. */
static socle_status check_float(sc_env *env, const sc_option *option, float value) {
    if (value >= (float)option->minimum && value <= (float)option->maximum) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: must be %.6g to %.6g, not %.6g", option->key,
                   option->minimum, option->maximum, (double)value);
}

static socle_status check_word(sc_env *env, const sc_option *option, const char **word) {
    const sc_word *known = sc_option_word(option, *word);
    if (!known && !*word && !option->required) return SOCLE_OK;
    if (!known)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: %s%.60s%s", option->key,
                       *word ? "there is no '" : "is missing", *word ? *word : "",
                       *word ? "'" : "");
    *word = known->word;
    return SOCLE_OK;
}

/* A pair of zeros is open where it is so by default. */
static socle_status check_pair(sc_env *env, const sc_option *option, const int pair[2],
                               const int *standard) {
    bool open = !option->required && (!standard || (!standard[0] && !standard[1]));
    if (open && !pair[0] && !pair[1]) return SOCLE_OK;
    SC_TRY(check_number(env, option, pair[0]));
    return check_number(env, option, pair[1]);
}

static socle_status check_shape(sc_env *env, const sc_option *option, const socle_shape *shape) {
    if (shape->rank < 0 || shape->rank > option->most || (option->required && !shape->rank))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: has 1 to %d sizes, not %d", option->key,
                       option->most, shape->rank);
    for (int d = 0; d < shape->rank; d++) SC_TRY(check_number(env, option, (double)shape->size[d]));
    return SOCLE_OK;
}

static socle_status check_padding(sc_env *env, const sc_option *option, const sc_padding *padding) {
    if (padding->way != SC_PADDING_VALID && padding->way != SC_PADDING_SAME &&
        padding->way != SC_PADDING_EXPLICIT)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: there is no way %d of padding", option->key,
                       (int)padding->way);
    for (int i = 0; i < 4; i++) SC_TRY(check_number(env, option, padding->size[i]));
    return SOCLE_OK;
}

static socle_status check_kind(sc_env *env, const sc_option *option, const char **word) {
    const char *named;
    const sc_record *kind = *word ? sc_family_find(option->family, *word, &named) : NULL;
    if (!kind)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: there is no %s '%.60s'", option->key,
                       option->family->what, *word ? *word : "");
    *word = kind->word;
    socle_status status = sc_record_check(env, kind, word);
    return status == SOCLE_OK ? status
                              : sc_fail_prefix(env, status, "%s: %s", option->key, kind->word);
}

static socle_status check_option(sc_env *env, const sc_record *record, const sc_option *option,
                                 void *at) {
    switch (option->type) {
    case SC_OPTION_INTEGER:
        return check_number(env, option, *(const int *)at);
    case SC_OPTION_LONG:
        return check_number(env, option, (double)*(const int64_t *)at);
    case SC_OPTION_FLOAT:
        return check_float(env, option, *(const float *)at);
    case SC_OPTION_DOUBLE:
        return check_number(env, option, *(const double *)at);
    case SC_OPTION_PAIR:
        return check_pair(env, option, at, sc_option_standard(record, option));
    case SC_OPTION_SHAPE:
        return check_shape(env, option, at);
    case SC_OPTION_PADDING:
        return check_padding(env, option, at);
    case SC_OPTION_WORD:
        return check_word(env, option, at);
    case SC_OPTION_KIND:
        return check_kind(env, option, at);
    case SC_OPTION_SECTION:
        return sc_record_check(env, option->record, at);
    default:
        return SOCLE_OK; /* any value will do, or it is not in the struct */
    }
}

socle_status sc_record_check(sc_env *env, const sc_record *record, void *data) {
    for (int i = 0; i < record->count; i++) {
        const sc_option *option = &record->options[i];
        if (option->offset == SC_OPTION_ELSEWHERE) continue;
        SC_TRY(check_option(env, record, option, (char *)data + option->offset));
    }
    return SOCLE_OK;
}
