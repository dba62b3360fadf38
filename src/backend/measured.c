/* SPDX-License-Identifier: Apache-2.0 */
/* See measured.h. A candidate's text is "round 3: 12.5 us" or "round 3: 12.5 us, chosen", or
 * anything else for one that is not to be used. Anybody may have written it. */
#include "backend/measured.h"

#include "backend/records_private.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROUNDS = 99 };

static bool read_measured(sc_measured *out, const char *text) {
    static const char word[] = "round ", unit[] = " us", mark[] = ", chosen";
    char number[SC_NUMBER_TEXT];
    *out = (sc_measured){0};
    if (!text || strncmp(text, word, sizeof word - 1) != 0) return false;
    text += sizeof word - 1;
    int rounds = 0;
    for (; *text >= '0' && *text <= '9' && rounds <= MOST_ROUNDS; text++)
        rounds = rounds * 10 + (*text - '0');
    const char *end = strstr(text, unit);
    if (rounds == 0 || rounds > MOST_ROUNDS || strncmp(text, ": ", 2) != 0 || !end) return false;
    const char *behind = end + sizeof unit - 1;
    bool chosen = strcmp(behind, mark) == 0;
    if (*behind && !chosen) return false;
    size_t length = (size_t)(end - text - 2);
    if (length == 0 || length >= sizeof number) return false;
    memcpy(number, text + 2, length);
    number[length] = '\0';
    double value;
    if (!sc_number_parse(&value, number) || !isfinite(value) || value <= 0) return false;
    *out = (sc_measured){rounds, value * 1e-6, chosen};
    return true;
}

static json_t *candidates_of(const sc_records *records, const sc_device_info *device, sc_op op,
                             const char *shape) {
    const json_t *operation =
        json_object_get(sc_records_device(records, SC_RECORD_MEASURED, device), sc_op_word(op));
    return json_object_get(operation, shape);
}

bool sc_measured_find(sc_measured *out, const sc_records *records, const sc_device_info *device,
                      sc_op op, const char *shape, const char *candidate) {
    const char *text =
        json_string_value(json_object_get(candidates_of(records, device, op, shape), candidate));
    read_measured(out, text);
    return text != NULL;
}

socle_status sc_measured_set(sc_records *records, const sc_device_info *device, sc_op op,
                             const char *shape, const char *candidate, const sc_measured *measured,
                             const char *why) {
    char text[256], number[SC_NUMBER_TEXT];
    sc_number_text(number, round(measured->seconds * 1e9) / 1000);
    if (why)
        snprintf(text, sizeof text, "%.200s", why);
    else
        snprintf(text, sizeof text, "round %d: %s us%s", measured->rounds, number,
                 measured->chosen ? ", chosen" : "");
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~') *c = '?';
    json_t *value = json_string(text);
    json_t *made = sc_records_device_made(records, SC_RECORD_MEASURED, device);
    if (made) made = sc_records_child(made, sc_op_word(op));
    if (made) made = sc_records_child(made, shape);
    bool stored = made && value && json_object_set(made, candidate, value) == 0;
    json_decref(value);
    if (!stored)
        return sc_fail(records->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "what was measured of %s on %s is not stored", sc_op_word(op), device->name);
    records->changed[SC_RECORD_MEASURED] = true;
    return SOCLE_OK;
}

socle_status sc_measured_choose(sc_records *records, const sc_device_info *device, sc_op op,
                                const char *shape, const char *candidate) {
    const char *name;
    json_t *value;
    void *next;
    json_t *candidates = candidates_of(records, device, op, shape);
    json_object_foreach_safe(candidates, next, name, value) {
        sc_measured one;
        bool chosen = candidate && strcmp(name, candidate) == 0;
        if (!read_measured(&one, json_string_value(value)) || one.chosen == chosen) continue;
        one.chosen = chosen;
        SC_TRY(sc_measured_set(records, device, op, shape, name, &one, NULL));
    }
    return SOCLE_OK;
}

static bool is_better(const sc_measured *a, const char *a_name, const sc_measured *b,
                      const char *b_name) {
    if (a->rounds != b->rounds) return a->rounds > b->rounds;
    if (a->seconds < b->seconds || a->seconds > b->seconds) return a->seconds < b->seconds;
    return strcmp(a_name, b_name) < 0;
}

const char *sc_measured_best(const sc_device *device, const sc_op_desc *desc) {
    const char *name, *best = NULL;
    sc_measured best_measured = {0};
    json_t *value;
    sc_text shape;
    if (!device->records || !sc_records_device(device->records, SC_RECORD_MEASURED, &device->info))
        return NULL;
    sc_text_init(&shape, device->env);
    sc_op_class(&shape, desc);
    json_t *candidates = shape.status == SOCLE_OK
                             ? candidates_of(device->records, &device->info, desc->op, shape.data)
                             : NULL;
    sc_text_free(&shape);
    json_object_foreach(candidates, name, value) {
        sc_measured one;
        if (!read_measured(&one, json_string_value(value)) || !one.chosen) continue;
        if (best && !is_better(&one, name, &best_measured, best)) continue;
        best = name;
        best_measured = one;
    }
    return best;
}

const sc_implementation *sc_measured_implementation(const sc_device *device, sc_op op,
                                                    const char *candidate) {
    size_t length = candidate ? strcspn(candidate, " ") : 0;
    for (const sc_implementation *const *list = device->implementations; candidate && *list; list++)
        if ((*list)->op == op && strlen((*list)->name) == length &&
            memcmp((*list)->name, candidate, length) == 0)
            return *list;
    return NULL;
}

/* ---- What others measured ---- */

static socle_status merge_candidate(json_t *known, const char *name, json_t *value, int *taken) {
    sc_measured mine, theirs;
    const char *text = json_string_value(json_object_get(known, name));
    read_measured(&mine, text);
    read_measured(&theirs, json_string_value(value));
    bool better = theirs.rounds > mine.rounds || (theirs.chosen && !mine.chosen);
    if (text && (!better || theirs.rounds < mine.rounds)) return SOCLE_OK;
    ++*taken;
    return json_object_set(known, name, value) == 0 ? SOCLE_OK : SOCLE_STATUS_OUT_OF_MEMORY;
}

/* depth: of objects above the one whose values are texts. */
static socle_status merge_objects(json_t *known, const json_t *other, int depth, int *taken) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)other, key, value) {
        json_t *child = depth ? sc_records_child(known, key) : NULL;
        if (depth && !child) return SOCLE_STATUS_OUT_OF_MEMORY;
        SC_TRY(depth ? merge_objects(child, value, depth - 1, taken)
                     : merge_candidate(known, key, value, taken));
    }
    return SOCLE_OK;
}

socle_status sc_measured_merge(sc_records *records, sc_env *env, const char *path, int *taken) {
    json_t *other;
    const char *key;
    json_t *value;
    const int before = *taken;
    SC_TRY(sc_records_read(&other, env, path, SC_RECORD_MEASURED));
    json_object_foreach(json_object_get(other, "devices"), key, value)
        sc_records_touch(records, key);
    socle_status status =
        merge_objects(json_object_get(records->root[SC_RECORD_MEASURED], "devices"),
                      json_object_get(other, "devices"), 3, taken);
    json_decref(other);
    if (*taken > before) records->changed[SC_RECORD_MEASURED] = true;
    if (status == SOCLE_OK) return status;
    return sc_fail(env, status, "out of memory for %s", path);
}
