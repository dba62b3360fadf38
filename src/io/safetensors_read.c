/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, looking up and reading; safetensors_header.c does the checking. */
#include "base/text.h"
#include "io/quote.h"
#include "io/safetensors_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The first eight bytes: how long the header is, little-endian. */
static socle_status read_header_size(const sc_safetensors *file, size_t *size) {
    unsigned char prefix[SC_SAFETENSORS_PREFIX];
    uint64_t room = file->input.size;
    if (room < sizeof prefix)
        return sc_fail(file->env, SOCLE_STATUS_DATA,
                       "%s: has %" PRIu64
                       " bytes; a safetensors file has at least 8: it is truncated "
                       "or no safetensors file",
                       file->input.path, room);
    SC_TRY(sc_input_read(&file->input, prefix, sizeof prefix, 0));
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | prefix[i];
    if (length > SC_SAFETENSORS_MAX_HEADER)
        return sc_fail(file->env, SOCLE_STATUS_DATA,
                       "%s: byte 0: header length %" PRIu64
                       " is over the limit of %d; this is no safetensors file",
                       file->input.path, length, SC_SAFETENSORS_MAX_HEADER);
    if (length > room - sizeof prefix)
        return sc_fail(file->env, SOCLE_STATUS_DATA,
                       "%s: byte 0: header length %" PRIu64 " does not fit into a file of %" PRIu64
                       " bytes; the file is truncated or no safetensors file",
                       file->input.path, length, room);
    *size = (size_t)length;
    return SOCLE_OK;
}

static int compare_names(const void *left, const void *right) {
    const sc_safetensors_tensor *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static socle_status read_header(sc_safetensors *file) {
    size_t size = 0;
    SC_TRY(read_header_size(file, &size));
    file->data_start = SC_SAFETENSORS_PREFIX + (uint64_t)size;
    char *text;
    SC_TRY(sc_allocate(file->env, &text, size + 1, 1));
    socle_status status = sc_input_read(&file->input, text, size, SC_SAFETENSORS_PREFIX);
    if (status == SOCLE_OK && text[0] != '{')
        status =
            sc_fail(file->env, SOCLE_STATUS_DATA,
                    "%s: byte 8: the header does not begin with '{'; this is no safetensors file",
                    file->input.path);
    if (status == SOCLE_OK) status = sc_safetensors_parse_header(file, text, size);
    sc_release(file->env, text);
    SC_TRY(status);

    SC_TRY(sc_allocate(file->env, &file->by_name, file->count, sizeof *file->by_name));
    for (size_t i = 0; i < file->count; i++) file->by_name[i] = &file->tensors[i];
    if (file->count > 1) qsort(file->by_name, file->count, sizeof *file->by_name, compare_names);
    return SOCLE_OK;
}

/* Takes over the opened input. */
static socle_status create(sc_safetensors **out, sc_env *env, sc_input *input) {
    sc_safetensors *file;
    socle_status status = sc_allocate(env, &file, 1, sizeof *file);
    if (status != SOCLE_OK) {
        sc_input_close(input);
        return status;
    }
    file->env = env;
    file->input = *input;
    status = read_header(file);
    if (status != SOCLE_OK) {
        sc_safetensors_close(file);
        return status;
    }
    *out = file;
    return SOCLE_OK;
}

socle_status sc_safetensors_open(sc_safetensors **out, sc_env *env, const char *path) {
    *out = NULL;
    sc_input input;
    SC_TRY(sc_input_open(&input, env, path));
    return create(out, env, &input);
}

socle_status sc_safetensors_open_memory(sc_safetensors **out, sc_env *env, const char *label,
                                        const void *data, size_t size) {
    *out = NULL;
    sc_input input;
    SC_TRY(sc_input_open_memory(&input, env, label, data, size));
    return create(out, env, &input);
}

void sc_safetensors_close(sc_safetensors *file) {
    if (!file) return;
    json_decref(file->header);
    sc_input_close(&file->input);
    sc_release(file->env, file->tensors);
    sc_release(file->env, file->by_name);
    sc_release(file->env, file);
}

const char *sc_safetensors_path(const sc_safetensors *file) {
    return file->input.path;
}

size_t sc_safetensors_count(const sc_safetensors *file) {
    return file->count;
}

const sc_safetensors_tensor *sc_safetensors_at(const sc_safetensors *file, size_t index) {
    return index < file->count ? &file->tensors[index] : NULL;
}

const sc_safetensors_tensor *sc_safetensors_find(const sc_safetensors *file, const char *name) {
    if (file->count == 0) return NULL;
    sc_safetensors_tensor wanted = {.name = name};
    const sc_safetensors_tensor *key = &wanted;
    const sc_safetensors_tensor *const *found =
        bsearch(&key, file->by_name, file->count, sizeof *file->by_name, compare_names);
    return found ? *found : NULL;
}

static void shape_text(char *out, size_t size, const socle_shape *shape) {
    int length = snprintf(out, size, "[");
    for (int i = 0; i < shape->rank; i++)
        length += snprintf(out + length, size - (size_t)length, "%s%" PRId64, i > 0 ? ", " : "",
                           shape->size[i]);
    snprintf(out + length, size - (size_t)length, "]");
}

static socle_status fail_missing(const sc_safetensors *file, const char *name) {
    const char **names, *nearest = NULL;
    SC_TRY(sc_allocate(file->env, &names, file->count, sizeof *names));
    for (size_t i = 0; i < file->count; i++) names[i] = file->tensors[i].name;
    nearest = sc_nearest_word(name, names, file->count);
    sc_fail(file->env, SOCLE_STATUS_DATA, "%s: there is no tensor '%s' among %zu%s%s%s",
            file->input.path, sc_quote(name).text, file->count,
            nearest ? "; the nearest name is '" : "", nearest ? sc_quote(nearest).text : "",
            nearest ? "'" : "");
    sc_release(file->env, names);
    return SOCLE_STATUS_DATA;
}

socle_status sc_safetensors_expect(const sc_safetensors_tensor **out, const sc_safetensors *file,
                                   const char *name, socle_dtype dtype, const socle_shape *shape) {
    static const char *const words[] = {
        [SOCLE_F32] = "F32", [SOCLE_U8] = "U8", [SOCLE_I32] = "I32"};
    *out = NULL;
    const sc_safetensors_tensor *tensor = sc_safetensors_find(file, name);
    if (!tensor) return fail_missing(file, name);
    if ((int)tensor->dtype != (int)dtype)
        return sc_fail(file->env, SOCLE_STATUS_DATA, "%s: tensor '%s' is %s; %s is expected",
                       file->input.path, sc_quote(name).text, tensor->word, words[dtype]);
    if (shape &&
        (shape->rank != tensor->shape.rank ||
         memcmp(shape->size, tensor->shape.size, (size_t)shape->rank * sizeof *shape->size) != 0)) {
        char found[160], expected[160];
        shape_text(found, sizeof found, &tensor->shape);
        shape_text(expected, sizeof expected, shape);
        return sc_fail(file->env, SOCLE_STATUS_DATA, "%s: tensor '%s' has shape %s; %s is expected",
                       file->input.path, sc_quote(name).text, found, expected);
    }
    *out = tensor;
    return SOCLE_OK;
}

const char *sc_safetensors_metadata(const sc_safetensors *file, const char *key) {
    return json_string_value(json_object_get(file->metadata, key));
}

size_t sc_safetensors_metadata_count(const sc_safetensors *file) {
    return json_object_size(file->metadata);
}

void sc_safetensors_metadata_at(const sc_safetensors *file, size_t index, const char **key,
                                const char **value) {
    *key = *value = NULL;
    void *at = json_object_iter(file->metadata);
    for (size_t i = 0; at && i < index; i++) at = json_object_iter_next(file->metadata, at);
    if (!at) return;
    *key = json_object_iter_key(at);
    *value = json_string_value(json_object_iter_value(at));
}

socle_status sc_safetensors_read(const sc_safetensors *file, const sc_safetensors_tensor *tensor,
                                 void *data, size_t size) {
    if (size != tensor->bytes)
        return sc_fail(file->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: tensor '%s' has %zu bytes, not the %zu that were asked for",
                       file->input.path, sc_quote(tensor->name).text, tensor->bytes, size);
    socle_status status = sc_input_read(&file->input, data, size, tensor->offset);
    if (status == SOCLE_OK) return SOCLE_OK;
    return sc_fail_prefix(file->env, status, "tensor '%s'", sc_quote(tensor->name).text);
}
