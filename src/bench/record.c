/* SPDX-License-Identifier: Apache-2.0 */
/* See record.h. A file may come from anywhere: nothing of it is believed before it was checked. */
#include "bench/record.h"

#include "base/file.h"
#include "bench/bench.h"

#include <math.h>
#include <string.h>

enum { FILE_LIMIT = 16 << 20, MOST_TEXT = 1024 };

/* What a row must say, by its kind. */
enum { ROOF = 1 << SC_BENCH_ROOF, OPERATION = 1 << SC_BENCH_OPERATION, STEP = 1 << SC_BENCH_STEP };
enum { EVERY = ROOF | OPERATION | STEP };

typedef enum value_kind { TEXT, NUMBER, WHOLE } value_kind;

typedef struct field {
    const char *key;
    value_kind kind;
    int of;
    bool identity; /* part of what the figure is of */
} field;

static const field fields[] = {
    {"name", TEXT, EVERY, true},           {"unit", TEXT, EVERY, true},
    {"bytes", NUMBER, EVERY, false}, /* of steps it is what the device took; else see same() */
    {"samples", WHOLE, EVERY, false},      {"shape", TEXT, OPERATION, true},
    {"network", TEXT, OPERATION, true},    {"implementation", TEXT, OPERATION, false},
    {"flops", NUMBER, OPERATION, true},    {"gflops", NUMBER, OPERATION, false},
    {"gbytes", NUMBER, OPERATION, false},  {"share", NUMBER, OPERATION, false},
    {"bound", TEXT, OPERATION, false},     {"batch", WHOLE, STEP, true},
    {"launches", WHOLE, STEP, false},      {"milliseconds", NUMBER, STEP, false},
    {"launch_share", NUMBER, STEP, false},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static const char *const device_texts[] = {"device", "name", "vendor", "driver"};
static const char *const events[] = {
    [SC_BENCH_ROOF] = "roof", [SC_BENCH_OPERATION] = "operation", [SC_BENCH_STEP] = "step"};
enum { EVENTS = sizeof events / sizeof events[0] };

/* Where in the file something is wrong. */
typedef struct reader {
    sc_env *env;
    const char *path;
    int machine, row; /* from 1; 0: above */
} reader;

static socle_status wrong(const reader *r, const char *key, const char *what) {
    if (r->row)
        return sc_fail(r->env, SOCLE_STATUS_DATA, "%s: machine %d, row %d: %s %s", r->path,
                       r->machine, r->row, key, what);
    if (r->machine)
        return sc_fail(r->env, SOCLE_STATUS_DATA, "%s: machine %d: %s %s", r->path, r->machine, key,
                       what);
    return sc_fail(r->env, SOCLE_STATUS_DATA, "%s: %s %s", r->path, key, what);
}

static bool is_text(const json_t *value) {
    return json_is_string(value) && json_string_length(value) <= MOST_TEXT &&
           strlen(json_string_value(value)) == json_string_length(value);
}

static socle_status check_text(const reader *r, const json_t *object, const char *key) {
    return is_text(json_object_get(object, key)) ? SOCLE_OK : wrong(r, key, "is no text");
}

static socle_status check_number(const reader *r, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    double number = json_number_value(value);
    if (!json_is_number(value)) return wrong(r, key, "is no number");
    return number >= 0.0 && number <= 1e30 ? SOCLE_OK : wrong(r, key, "is no amount");
}

static socle_status check_field(const reader *r, const json_t *row, const field *f) {
    if (f->kind == TEXT) return check_text(r, row, f->key);
    if (f->kind == WHOLE && !json_is_integer(json_object_get(row, f->key)))
        return wrong(r, f->key, "is no whole number");
    return check_number(r, row, f->key);
}

/* A figure without numbers is one of which a sample was impossible: unsteady, that is all. */
static socle_status check_figure(const reader *r, const json_t *row) {
    static const char *const keys[] = {"median", "low", "high", "spread"};
    const json_t *unsteady = json_object_get(row, "unsteady");
    int present = 0;
    if (!json_is_boolean(unsteady)) return wrong(r, "unsteady", "is neither true nor false");
    for (int i = 0; i < 4; i++) present += json_object_get(row, keys[i]) != NULL;
    if (!present && json_is_true(unsteady)) return SOCLE_OK;
    for (int i = 0; i < 4; i++) SC_TRY(check_number(r, row, keys[i]));
    double median = json_number_value(json_object_get(row, "median"));
    double low = json_number_value(json_object_get(row, "low"));
    double high = json_number_value(json_object_get(row, "high"));
    double spread = json_number_value(json_object_get(row, "spread"));
    if (!(low > 0.0 && low <= median && median <= high))
        return wrong(r, "median", "does not lie between low and high");
    if (fabs(spread - (high - low) / median) > 1e-6 * (1.0 + spread))
        return wrong(r, "spread", "is not that of low and high");
    if (json_is_true(unsteady) != !(spread <= SC_BENCH_STEADY))
        return wrong(r, "unsteady", "is not what the spread says");
    return SOCLE_OK;
}

/* EVENTS: it is none. */
static int kind_of(const json_t *row) {
    const char *event = json_string_value(json_object_get(row, "event"));
    int kind = 0;
    while (kind < EVENTS && (!event || strcmp(event, events[kind]) != 0)) kind++;
    return kind;
}

static socle_status check_row(const reader *r, const json_t *row) {
    int kind = kind_of(row);
    if (kind == EVENTS) return wrong(r, "event", "is not roof, operation or step");
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].of & 1 << kind) {
            bool whole = json_object_get(row, "median") != NULL;
            bool derived = fields[i].kind == NUMBER && !fields[i].identity;
            if (whole || !derived || json_object_get(row, fields[i].key))
                SC_TRY(check_field(r, row, &fields[i]));
        }
    return check_figure(r, row);
}

static socle_status check_machine(reader *r, const json_t *machine) {
    const json_t *device = json_object_get(machine, "device"), *row;
    const json_t *rows = json_object_get(machine, "rows");
    size_t i;
    r->row = 0;
    for (size_t t = 0; t < sizeof device_texts / sizeof device_texts[0]; t++)
        SC_TRY(check_text(r, device, device_texts[t]));
    if (!json_is_array(rows)) return wrong(r, "rows", "is no list");
    if (json_array_size(rows) > SC_BENCH_MOST_ROWS) return wrong(r, "rows", "are too many");
    json_array_foreach(rows, i, row) {
        r->row = (int)i + 1;
        SC_TRY(check_row(r, row));
    }
    return SOCLE_OK;
}

static socle_status check_root(reader *r, const json_t *root) {
    const json_t *version = json_object_get(root, "socle_bench"), *machine;
    const json_t *machines = json_object_get(root, "machines");
    size_t i;
    if (!json_is_integer(version))
        return sc_fail(r->env, SOCLE_STATUS_DATA,
                       "%s is no record of `socle bench -o`: it has no number socle_bench",
                       r->path);
    if (json_integer_value(version) != SC_BENCH_RECORD_VERSION)
        return sc_fail(r->env, SOCLE_STATUS_DATA,
                       "%s: a record of version %lld; this Socle reads version %d", r->path,
                       (long long)json_integer_value(version), SC_BENCH_RECORD_VERSION);
    SC_TRY(check_text(r, root, "socle"));
    if (!json_is_boolean(json_object_get(root, "quick")))
        return wrong(r, "quick", "is neither true nor false");
    if (!json_array_size(machines)) return wrong(r, "machines", "is no list, or an empty one");
    if (json_array_size(machines) > SC_BENCH_MOST_MACHINES)
        return wrong(r, "machines", "are too many");
    json_array_foreach(machines, i, machine) {
        r->machine = (int)i + 1;
        SC_TRY(check_machine(r, machine));
    }
    return SOCLE_OK;
}

socle_status sc_bench_record_read(json_t **out, sc_env *env, const char *path) {
    reader r = {.env = env, .path = path};
    json_error_t error = {.text = ""};
    char *data = NULL;
    size_t size = 0;
    *out = NULL;
    SC_TRY(sc_file_read(env, &data, &size, path, FILE_LIMIT));
    json_t *root = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
    sc_release(env, data);
    if (!root)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s, line %d: %s", path, error.line, error.text);
    socle_status status = check_root(&r, root);
    if (status == SOCLE_OK)
        *out = root;
    else
        json_decref(root);
    return status;
}

bool sc_bench_record_same(const json_t *a, const json_t *b) {
    int kind = kind_of(a);
    if (kind == EVENTS || kind != kind_of(b)) return false;
    for (int i = 0; i < FIELDS; i++) {
        const json_t *x = json_object_get(a, fields[i].key), *y = json_object_get(b, fields[i].key);
        bool text = fields[i].kind == TEXT;
        if (!(fields[i].of & 1 << kind) || !fields[i].identity) continue;
        if (text ? strcmp(json_string_value(x), json_string_value(y)) != 0
                 : json_number_value(x) != json_number_value(y))
            return false;
    }
    return kind == SC_BENCH_STEP || json_number_value(json_object_get(a, "bytes")) ==
                                        json_number_value(json_object_get(b, "bytes"));
}
