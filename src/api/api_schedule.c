/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules as C programs name them: a word with values, or a formula. */
#include "api/api.h"

#include "train/schedule.h"

#include <ctype.h>
#include <math.h>

/* Letters, digits and '_' alone. */
static bool is_word(const char *text) {
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_') return false;
    return true;
}

static socle_status set_value(sc_env *env, sc_schedule *schedule, const sc_option *option,
                              float value) {
    void *at = (char *)schedule + option->offset;
    if (option->type == SC_OPTION_FLOAT) {
        *(float *)at = value;
        return SOCLE_OK;
    }
    if (!(value >= 0 && value <= 1e6f) || value != floorf(value))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "%s: must be a whole number, not %g", option->key,
                       (double)value);
    *(int *)at = (int)value;
    return SOCLE_OK;
}

/* Values go to the options in the order of the table. */
static socle_status set_values(sc_env *env, sc_schedule *out, const sc_record *kind,
                               const socle_schedule *from) {
    if (from->values < 0 || from->values > kind->count)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "takes 0 to %d values, not %d", kind->count,
                       from->values);
    for (int i = 0; i < kind->count; i++) {
        const sc_option *option = &kind->options[i];
        bool number = option->type == SC_OPTION_FLOAT || option->type == SC_OPTION_INTEGER;
        if (!number)
            return sc_fail(env, SOCLE_STATUS_CONFIG,
                           "its option '%s' is no number: write the schedule as a formula",
                           option->key);
        if (i < from->values)
            SC_TRY(set_value(env, out, option, from->value[i]));
        else if (option->required)
            return sc_fail(env, SOCLE_STATUS_CONFIG, "value[%d] ('%s', %s) is missing", i,
                           option->key, option->help);
    }
    return sc_record_check(env, kind, out);
}

/* What is no word of the table may be a formula, such as "epoch". */
static socle_status set_formula(sc_env *env, sc_schedule *out, const socle_schedule *from) {
    out->formula = from->kind;
    socle_status status = sc_schedule_check(env, out);
    if (status != SOCLE_OK && is_word(from->kind))
        return sc_fail(env, status, "there is no schedule \"%.60s\"", from->kind);
    if (status != SOCLE_OK || !from->values) return status;
    return sc_fail(env, SOCLE_STATUS_CONFIG, "a formula takes no values, not %d", from->values);
}

socle_status sc_api_schedule(sc_env *env, const socle_schedule *from, sc_schedule *out) {
    const char *named, *text = from->kind ? from->kind : "constant";
    const sc_record *kind = sc_family_find(&sc_schedule_family, text, &named);
    const bool known = kind != NULL;
    if (!known) kind = sc_family_find(&sc_schedule_family, "expr", &named);
    sc_record_defaults(out, kind);
    socle_status status = known ? set_values(env, out, kind, from) : set_formula(env, out, from);
    return status == SOCLE_OK ? status : sc_fail_prefix(env, status, "schedule: %s", kind->word);
}
