/* SPDX-License-Identifier: Apache-2.0 */
/* The records as files: one of JSON for each kind,
 *   {"version": 1, "devices": {"ID | DRIVER VERSION": {"conv2d": {"packed": "text"}}}}
 * and of what was measured (measured.c) with the class of shapes before the candidate. A record
 * only ever steers the choice of an implementation, so a file that cannot be read, or that another
 * user could have written, costs a warning, never a run. It must not know any driver. */
#include "backend/records_private.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 4 << 20, KEY_TEXT = 2 * SC_ID_TEXT + SC_NAME_TEXT + 8 };

/* depth: of objects below "devices", the last of which holds texts. */
static const struct {
    const char *file;
    int depth;
} kinds[SC_RECORD_KINDS] = {{"quarantine.json", 3}, {"tuning.json", 3}, {"measured.json", 4}};

/* What was measured holds for every device of the same make, and may be handed on. */
static void device_key(char out[KEY_TEXT], sc_record_kind kind, const sc_device_info *device) {
    if (kind == SC_RECORD_MEASURED)
        snprintf(out, KEY_TEXT, "%s %s | %s", device->vendor, device->name, device->driver_version);
    else
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

static bool well_formed(const json_t *root, sc_record_kind kind) {
    const json_t *version = json_object_get(root, "version");
    return json_is_integer(version) && json_integer_value(version) == 1 &&
           all_strings(json_object_get(root, "devices"), kinds[kind].depth);
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
static json_t *read_file(const sc_env *parent, const char *path, sc_record_kind kind) {
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
    if (root && well_formed(root, kind)) return root;
    if (root) snprintf(error.text, sizeof error.text, "not in the form of a record");
    sc_log_line(parent, SOCLE_LOG_WARNING, "record %s is ignored: %s", path,
                status == SOCLE_OK ? error.text : env.text);
    json_decref(root);
    return NULL;
}

socle_status sc_records_read(json_t **out, sc_env *env, const char *path, sc_record_kind kind) {
    char *data = NULL;
    size_t size = 0;
    json_error_t error = {.text = ""};
    *out = NULL;
    SC_TRY(sc_file_read(env, &data, &size, path, FILE_LIMIT));
    json_t *root = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
    sc_release(env, data);
    if (root && well_formed(root, kind)) {
        *out = root;
        return SOCLE_OK;
    }
    socle_status status =
        root ? sc_fail(env, SOCLE_STATUS_DATA, "%s is no record of what was measured", path)
             : sc_fail(env, SOCLE_STATUS_DATA, "%s, line %d: %s", path, error.line, error.text);
    json_decref(root);
    return status;
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

static socle_status load(sc_records *records, sc_env *env, bool readable) {
    socle_status status = SOCLE_OK;
    for (int kind = 0; kind < SC_RECORD_KINDS && status == SOCLE_OK; kind++) {
        char *path = records->directory ? join(env, records->directory, kinds[kind].file) : NULL;
        if (path && readable) records->root[kind] = read_file(env, path, (sc_record_kind)kind);
        if (!records->root[kind]) records->root[kind] = empty_root();
        if (!records->root[kind] || (records->directory && !path))
            status = sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "records: out of memory");
        sc_release(env, path);
    }
    return status;
}

socle_status sc_records_load(sc_records **out, sc_env *env, const char *directory) {
    *out = NULL;
    sc_records *records = NULL;
    SC_TRY(sc_allocate(env, &records, 1, sizeof *records));
    records->env = env;
    socle_status status = find_directory(records, env, directory);
    bool readable = status == SOCLE_OK && records->directory && is_trusted(env, records->directory);
    if (status == SOCLE_OK) status = load(records, env, readable);
    if (status == SOCLE_OK)
        *out = records;
    else
        sc_records_destroy(records);
    return status;
}

socle_status sc_records_create(sc_records **out, sc_env *env) {
    *out = NULL;
    sc_records *records = NULL;
    SC_TRY(sc_allocate(env, &records, 1, sizeof *records));
    records->env = env;
    socle_status status = load(records, env, false);
    if (status == SOCLE_OK)
        *out = records;
    else
        sc_records_destroy(records);
    return status;
}

/* Several processes may measure, each another device: of those that this one has not touched, what
 * is on disk by now. */
static void take_others(const sc_records *records, const sc_env *env) {
    sc_env child;
    const char *key;
    json_t *value;
    sc_env_child(&child, env);
    char *path = join(&child, records->directory, kinds[SC_RECORD_MEASURED].file);
    json_t *disk = path ? read_file(env, path, SC_RECORD_MEASURED) : NULL;
    json_t *mine = json_object_get(records->root[SC_RECORD_MEASURED], "devices");
    json_object_foreach(json_object_get(disk, "devices"), key, value) {
        if (!json_object_get(records->touched, key)) json_object_set(mine, key, value);
    }
    json_decref(disk);
    sc_release(&child, path);
}

static socle_status save_one(const sc_records *records, sc_env *env, sc_record_kind kind) {
    char *text = json_dumps(records->root[kind], JSON_INDENT(2) | JSON_SORT_KEYS);
    char *path = join(env, records->directory, kinds[kind].file);
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
    if (records->changed[SC_RECORD_MEASURED]) take_others(records, env);
    for (int kind = 0; kind < SC_RECORD_KINDS; kind++)
        if (records->changed[kind]) SC_TRY(save_one(records, env, (sc_record_kind)kind));
    return SOCLE_OK;
}

void sc_records_destroy(sc_records *records) {
    if (!records) return;
    for (int kind = 0; kind < SC_RECORD_KINDS; kind++) json_decref(records->root[kind]);
    json_decref(records->touched);
    sc_release(records->env, records->directory);
    sc_release(records->env, records);
}

json_t *sc_records_device(const sc_records *records, sc_record_kind kind,
                          const sc_device_info *device) {
    char key[KEY_TEXT];
    device_key(key, kind, device);
    return json_object_get(json_object_get(records->root[kind], "devices"), key);
}

static const char *look_up(const sc_records *records, sc_record_kind kind,
                           const sc_device_info *device, sc_op op, const char *implementation) {
    const json_t *operation =
        json_object_get(sc_records_device(records, kind, device), sc_op_word(op));
    return json_string_value(json_object_get(operation, implementation));
}

json_t *sc_records_child(json_t *parent, const char *key) {
    json_t *child = json_object_get(parent, key);
    if (!child && json_object_set_new(parent, key, json_object()) == 0)
        child = json_object_get(parent, key);
    return child;
}

void sc_records_touch(sc_records *records, const char *key) {
    if (!records->touched) records->touched = json_object();
    if (records->touched) (void)json_object_set_new(records->touched, key, json_true());
}

json_t *sc_records_device_made(sc_records *records, sc_record_kind kind,
                               const sc_device_info *device) {
    char key[KEY_TEXT];
    device_key(key, kind, device);
    if (kind == SC_RECORD_MEASURED) sc_records_touch(records, key);
    return sc_records_child(json_object_get(records->root[kind], "devices"), key);
}

static socle_status put(sc_records *records, sc_record_kind kind, const sc_device_info *device,
                        sc_op op, const char *implementation, const char *text) {
    if (!text) {
        json_t *operation =
            json_object_get(sc_records_device(records, kind, device), sc_op_word(op));
        if (json_object_del(operation, implementation) == 0) records->changed[kind] = true;
        return SOCLE_OK;
    }
    json_t *value = json_string(text);
    if (!value)
        return sc_fail(records->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "record for %s %s: the text is not UTF-8", sc_op_word(op), implementation);
    json_t *operations = sc_records_device_made(records, kind, device);
    json_t *operation = operations ? sc_records_child(operations, sc_op_word(op)) : NULL;
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
    return look_up(records, SC_RECORD_QUARANTINE, device, op, implementation) != NULL;
}

socle_status sc_records_set_quarantine(sc_records *records, const sc_device_info *device, sc_op op,
                                       const char *implementation, const char *reason) {
    return put(records, SC_RECORD_QUARANTINE, device, op, implementation, reason);
}

const char *sc_records_tuning(const sc_records *records, const sc_device_info *device, sc_op op,
                              const char *implementation) {
    return look_up(records, SC_RECORD_TUNING, device, op, implementation);
}

socle_status sc_records_set_tuning(sc_records *records, const sc_device_info *device, sc_op op,
                                   const char *implementation, const char *tuning) {
    return put(records, SC_RECORD_TUNING, device, op, implementation, tuning);
}

bool sc_records_hash(char out[SC_HASH_TEXT], const sc_records *records,
                     const sc_device_info *device) {
    char parts[SC_RECORD_KINDS * SC_HASH_TEXT] = "";
    bool any = false;
    for (int kind = 0; kind < SC_RECORD_KINDS; kind++) {
        const json_t *found = sc_records_device(records, (sc_record_kind)kind, device);
        char *text = found ? json_dumps(found, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        if (!text) continue;
        sc_hash_text(parts + (size_t)kind * (SC_HASH_TEXT - 1),
                     sc_hash_bytes(text, strlen(text), (uint64_t)kind + 1));
        any = any || json_object_size(found) > 0;
        free(text);
    }
    if (any) sc_hash_text(out, sc_hash_bytes(parts, sizeof parts, 0));
    return any;
}
