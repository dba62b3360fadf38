/* SPDX-License-Identifier: Apache-2.0 */
/* The records of quarantine and tuning: two JSON files,
 *   {"version": 1, "devices": {"ID | DRIVER VERSION": {"conv2d": {"packed": "text"}}}}
 * A record only ever steers the choice of an implementation, so a file that cannot be read, or that
 * another user could have written, costs a warning, never a run. It must not know any driver. */
#include "backend/records.h"

#include "base/file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum record_kind { QUARANTINE, TUNING, KINDS } record_kind;

static const char *const file_names[KINDS] = {"quarantine.json", "tuning.json"};
enum { FILE_LIMIT = 4 << 20, KEY_TEXT = SC_ID_TEXT + SC_NAME_TEXT + 8 };

struct sc_records {
    sc_env *env;
    char *directory; /* NULL: no place to save to */
    json_t *root[KINDS];
    bool changed[KINDS];
};

static void device_key(char out[KEY_TEXT], const sc_device_info *device) {
    snprintf(out, KEY_TEXT, "%s | %s", device->id, device->driver_version);
}

static bool all_strings(const json_t *object, int depth) {
    if (depth == 0) return json_is_string(object);
    if (!json_is_object(object)) return false;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key,
                        value) if (!all_strings(value, depth - 1)) return false;
    return true;
}

static bool well_formed(const json_t *root) {
    const json_t *version = json_object_get(root, "version");
    return json_is_integer(version) && json_integer_value(version) == 1 &&
           all_strings(json_object_get(root, "devices"), 3);
}

static json_t *empty_root(void) {
    json_t *root = json_object();
    if (root && (json_object_set_new(root, "version", json_integer(1)) != 0 ||
                 json_object_set_new(root, "devices", json_object()) != 0)) {
        json_decref(root);
        root = NULL;
    }
    return root;
}

/* NULL: missing or damaged. Nothing here is an error of the caller's, so the stored error text
 * stays. */
static json_t *read_file(const sc_env *parent, const char *path) {
    sc_env env;
    sc_env_child(&env, parent);
    char *data = NULL;
    size_t size = 0;
    socle_status status = sc_file_read_private(&env, &data, &size, path, FILE_LIMIT);
    if (status == SOCLE_STATUS_NOT_FOUND) return NULL;
    json_error_t error = {.text = "not a record file"};
    json_t *root =
        status == SOCLE_OK ? json_loadb(data, size, JSON_REJECT_DUPLICATES, &error) : NULL;
    sc_release(&env, data);
    if (root && well_formed(root)) return root;
    if (root) snprintf(error.text, sizeof error.text, "not in the form of a record");
    sc_log_line(parent, SOCLE_LOG_WARNING, "record %s is ignored: %s", path,
                status == SOCLE_OK ? error.text : env.text);
    json_decref(root);
    return NULL;
}

static char *join(sc_env *env, const char *directory, const char *name) {
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = NULL;
    if (sc_allocate(env, &path, size, 1) == SOCLE_OK)
        snprintf(path, size, "%s/%s", directory, name);
    return path;
}

/* A folder that others can write to is told once, not for each of its files. */
static bool is_trusted(const sc_env *parent, const char *directory) {
    sc_env env;
    sc_env_child(&env, parent);
    socle_status status = sc_directory_is_private(&env, directory);
    if (status == SOCLE_OK) return true;
    if (status != SOCLE_STATUS_NOT_FOUND)
        sc_log_line(parent, SOCLE_LOG_WARNING, "no records are read: %s", env.text);
    return false;
}

static socle_status find_directory(sc_records *records, sc_env *env, const char *directory) {
    if (directory) return sc_copy_string(env, &records->directory, directory);
    socle_status status = sc_user_directory(env, &records->directory, "data", "records");
    if (status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
    if (status != SOCLE_OK) {
        records->directory = NULL;
        sc_log_line(env, SOCLE_LOG_INFO, "no folder for records: %s", env->text);
    }
    return SOCLE_OK;
}

socle_status sc_records_load(sc_records **out, sc_env *env, const char *directory) {
    *out = NULL;
    sc_records *records = NULL;
    SC_TRY(sc_allocate(env, &records, 1, sizeof *records));
    records->env = env;
    socle_status status = find_directory(records, env, directory);
    bool readable = status == SOCLE_OK && records->directory && is_trusted(env, records->directory);
    for (int kind = 0; kind < KINDS && status == SOCLE_OK; kind++) {
        char *path = records->directory ? join(env, records->directory, file_names[kind]) : NULL;
        if (path && readable) records->root[kind] = read_file(env, path);
        if (!records->root[kind]) records->root[kind] = empty_root();
        if (!records->root[kind] || (records->directory && !path))
            status = sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "records: out of memory");
        sc_release(env, path);
    }
    if (status != SOCLE_OK) {
        sc_records_destroy(records);
        return status;
    }
    *out = records;
    return SOCLE_OK;
}

static socle_status save_one(const sc_records *records, sc_env *env, record_kind kind) {
    char *text = json_dumps(records->root[kind], JSON_INDENT(2) | JSON_SORT_KEYS);
    char *path = join(env, records->directory, file_names[kind]);
    socle_status status = text && path
                              ? sc_file_write_whole(env, path, text, strlen(text))
                              : sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "records: out of memory");
    sc_release(env, path);
    free(text);
    return status;
}

socle_status sc_records_save(const sc_records *records, sc_env *env) {
    if (!records->directory)
        return sc_fail(env, SOCLE_STATUS_IO,
                       "records cannot be saved: no user folder; set XDG_DATA_HOME or HOME");
    SC_TRY(sc_make_private_directories(env, records->directory));
    for (int kind = 0; kind < KINDS; kind++)
        if (records->changed[kind]) SC_TRY(save_one(records, env, (record_kind)kind));
    return SOCLE_OK;
}

void sc_records_destroy(sc_records *records) {
    if (!records) return;
    for (int kind = 0; kind < KINDS; kind++) json_decref(records->root[kind]);
    sc_release(records->env, records->directory);
    sc_release(records->env, records);
}

static json_t *operations_of(const sc_records *records, record_kind kind,
                             const sc_device_info *device) {
    char key[KEY_TEXT];
    device_key(key, device);
    return json_object_get(json_object_get(records->root[kind], "devices"), key);
}

static const char *look_up(const sc_records *records, record_kind kind,
                           const sc_device_info *device, sc_op op, const char *implementation) {
    const json_t *operation = json_object_get(operations_of(records, kind, device), sc_op_word(op));
    return json_string_value(json_object_get(operation, implementation));
}

/* The object under `key`, made if it is not there; NULL: out of memory. */
static json_t *child_object(json_t *parent, const char *key) {
    json_t *child = json_object_get(parent, key);
    if (!child && json_object_set_new(parent, key, json_object()) == 0)
        child = json_object_get(parent, key);
    return child;
}

static socle_status put(sc_records *records, record_kind kind, const sc_device_info *device,
                        sc_op op, const char *implementation, const char *text) {
    if (!text) {
        json_t *operation = json_object_get(operations_of(records, kind, device), sc_op_word(op));
        if (json_object_del(operation, implementation) == 0) records->changed[kind] = true;
        return SOCLE_OK;
    }
    char key[KEY_TEXT];
    device_key(key, device);
    json_t *value = json_string(text);
    if (!value)
        return sc_fail(records->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "record for %s %s: the text is not UTF-8", sc_op_word(op), implementation);
    json_t *operations = child_object(json_object_get(records->root[kind], "devices"), key);
    json_t *operation = operations ? child_object(operations, sc_op_word(op)) : NULL;
    if (!operation || json_object_set(operation, implementation, value) != 0) {
        json_decref(value);
        return sc_fail(records->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "record for %s %s on %s: not stored", sc_op_word(op), implementation,
                       device->name);
    }
    json_decref(value);
    records->changed[kind] = true;
    return SOCLE_OK;
}

bool sc_records_quarantined(const sc_records *records, const sc_device_info *device, sc_op op,
                            const char *implementation) {
    return look_up(records, QUARANTINE, device, op, implementation) != NULL;
}

socle_status sc_records_set_quarantine(sc_records *records, const sc_device_info *device, sc_op op,
                                       const char *implementation, const char *reason) {
    return put(records, QUARANTINE, device, op, implementation, reason);
}

const char *sc_records_tuning(const sc_records *records, const sc_device_info *device, sc_op op,
                              const char *implementation) {
    return look_up(records, TUNING, device, op, implementation);
}

socle_status sc_records_set_tuning(sc_records *records, const sc_device_info *device, sc_op op,
                                   const char *implementation, const char *tuning) {
    return put(records, TUNING, device, op, implementation, tuning);
}
