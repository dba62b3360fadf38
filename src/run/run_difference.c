/* SPDX-License-Identifier: Apache-2.0 */
/* See run_difference.h. */
#include "run/run_difference.h"

#include "base/text.h"
#include "io/quote.h"

typedef struct search {
    sc_env *env;
    int runs;
    json_t *found;
} search;

static socle_status no_memory(const search *search) {
    return sc_fail(search->env, SOCLE_STATUS_OUT_OF_MEMORY,
                   "out of memory for the differences of configurations");
}

static bool equal(const json_t *a, const json_t *b) {
    if (!a || !b) return a == b;
    if (json_is_number(a) && json_is_number(b)) return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

static socle_status add(const search *search, const char *path, json_t *const *value) {
    json_t *values = json_array(), *entry = NULL;
    bool done = values;
    for (int r = 0; r < search->runs; r++)
        done = done && (value[r] ? json_array_append(values, value[r])
                                 : json_array_append_new(values, json_null())) == 0;
    if (done) entry = json_pack("{s: s, s: O}", "key", path, "values", values);
    json_decref(values);
    return entry && json_array_append_new(search->found, entry) == 0 ? SOCLE_OK : no_memory(search);
}

static bool all_objects(const search *search, json_t *const *value) {
    for (int r = 0; r < search->runs; r++)
        if (!json_is_object(value[r])) return false;
    return true;
}

/* Lists of which an element has parts: layers, groups. */
static bool all_lists(const search *search, json_t *const *value) {
    bool parts = false;
    for (int r = 0; r < search->runs; r++) {
        const json_t *element;
        size_t i;
        if (!json_is_array(value[r])) return false;
        json_array_foreach(value[r], i, element) parts |= json_is_object(element);
    }
    return parts;
}

/* {sgd: ...} here and {adam: ...} there. */
static bool are_kinds(const search *search, json_t *const *value) {
    const char *first = json_object_iter_key(json_object_iter(value[0]));
    bool same = true;
    for (int r = 0; r < search->runs; r++) {
        if (json_object_size(value[r]) != 1) return false;
        same &= json_object_get(value[r], first) != NULL;
    }
    return !same;
}

static socle_status compare(const search *search, const char *path, json_t *const *value);

/* The member `key`, or where it is NULL the element `at`, of each. */
static socle_status compare_part(const search *search, const char *path, json_t *const *value,
                                 const char *key, size_t at) {
    json_t **part;
    sc_text text;
    sc_text_init(&text, search->env);
    SC_TRY(sc_allocate(search->env, &part, (size_t)search->runs, sizeof *part));
    for (int r = 0; r < search->runs; r++)
        part[r] = key ? json_object_get(value[r], key) : json_array_get(value[r], at);
    if (key)
        sc_text_add(&text, "%s%s%s", path, path[0] ? "." : "", sc_quote(key).text);
    else
        sc_text_add(&text, "%s[%zu]", path, at);
    socle_status status = text.status;
    if (status == SOCLE_OK) status = compare(search, text.data, part);
    sc_text_free(&text);
    sc_release(search->env, part);
    return status;
}

static bool is_in_earlier(json_t *const *value, int run, const char *key) {
    for (int r = 0; r < run; r++)
        if (json_object_get(value[r], key)) return true;
    return false;
}

static socle_status compare_members(const search *search, const char *path, json_t *const *value) {
    for (int r = 0; r < search->runs; r++)
        for (void *at = json_object_iter(value[r]); at; at = json_object_iter_next(value[r], at)) {
            const char *key = json_object_iter_key(at);
            if (is_in_earlier(value, r, key)) continue;
            SC_TRY(compare_part(search, path, value, key, 0));
        }
    return SOCLE_OK;
}

static socle_status compare_elements(const search *search, const char *path, json_t *const *value) {
    size_t most = 0;
    for (int r = 0; r < search->runs; r++)
        most = json_array_size(value[r]) > most ? json_array_size(value[r]) : most;
    for (size_t i = 0; i < most; i++) SC_TRY(compare_part(search, path, value, NULL, i));
    return SOCLE_OK;
}

static socle_status compare(const search *search, const char *path, json_t *const *value) {
    bool same = true;
    for (int r = 1; r < search->runs; r++) same &= equal(value[0], value[r]);
    if (same) return SOCLE_OK;
    if (all_objects(search, value) && !are_kinds(search, value))
        return compare_members(search, path, value);
    if (all_lists(search, value)) return compare_elements(search, path, value);
    return add(search, path, value);
}

socle_status sc_run_differences(json_t **out, sc_env *env, json_t *const *config, int runs) {
    const search search = {.env = env, .runs = runs, .found = json_array()};
    *out = NULL;
    if (!search.found) return no_memory(&search);
    socle_status status = compare(&search, "", config);
    if (status == SOCLE_OK)
        *out = search.found;
    else
        json_decref(search.found);
    return status;
}
