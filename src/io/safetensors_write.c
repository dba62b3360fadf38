/* SPDX-License-Identifier: Apache-2.0 */
/* Writing safetensors. The header is built when the first data arrive; nothing in the file depends
 * on time, path, or the order in which metadata were given. The atomic part is sc_file_writer's. */
#include "base/file.h"
#include "base/text.h"
#include "io/json_text.h"
#include "io/quote.h"
#include "io/safetensors_private.h"

#include <inttypes.h>
#include <string.h>

enum { HEADER_ALIGNMENT = 8 };

struct sc_safetensors_writer {
    sc_env *env;
    char *path;
    sc_file_writer *output;
    json_t *metadata; /* an object of strings */
    json_t *header;   /* an object of descriptions, in order of declaration */
    uint64_t declared, written;
    bool begun;
    socle_status status; /* of the first write that failed: from then on nothing can be committed */
};

static socle_status no_memory(const sc_safetensors_writer *writer) {
    return sc_fail(writer->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory for the header",
                   writer->path);
}

socle_status sc_safetensors_writer_create(sc_safetensors_writer **out, sc_env *env,
                                          const char *path) {
    *out = NULL;
    sc_safetensors_writer *writer;
    SC_TRY(sc_allocate(env, &writer, 1, sizeof *writer));
    writer->env = env;
    writer->metadata = json_object();
    writer->header = json_object();
    socle_status status = sc_copy_string(env, &writer->path, path);
    if (status == SOCLE_OK && (!writer->metadata || !writer->header)) status = no_memory(writer);
    if (status == SOCLE_OK) status = sc_file_writer_open(&writer->output, env, path);
    if (status != SOCLE_OK) {
        sc_safetensors_writer_abandon(writer);
        return status;
    }
    *out = writer;
    return SOCLE_OK;
}

static void destroy(sc_safetensors_writer *writer) {
    json_decref(writer->metadata);
    json_decref(writer->header);
    sc_release(writer->env, writer->path);
    sc_release(writer->env, writer);
}

void sc_safetensors_writer_abandon(sc_safetensors_writer *writer) {
    if (!writer) return;
    sc_file_writer_abandon(writer->output);
    destroy(writer);
}

/* A new name in `object`, which must not exist there yet. */
static socle_status check_name(const sc_safetensors_writer *writer, const json_t *object,
                               const char *name) {
    if (writer->begun)
        return sc_fail(writer->env, SOCLE_STATUS_STATE,
                       "%s: '%s' was declared after the first data were written", writer->path,
                       sc_quote(name).text);
    if (name[0] == '\0' || strcmp(name, SC_SAFETENSORS_METADATA) == 0)
        return sc_fail(writer->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s: '%s' cannot be a name",
                       writer->path, name);
    if (json_object_get(object, name))
        return sc_fail(writer->env, SOCLE_STATUS_INVALID_ARGUMENT, "%s: '%s' is there already",
                       writer->path, sc_quote(name).text);
    return SOCLE_OK;
}

/* jansson refuses what is not UTF-8; with short texts that is the only reason to fail. */
static socle_status add_member(const sc_safetensors_writer *writer, json_t *object,
                               const char *name, json_t *value) {
    if (!value || json_object_set_new(object, name, value) != 0)
        return sc_fail(writer->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: '%s' or its value is not UTF-8", writer->path, sc_quote(name).text);
    return SOCLE_OK;
}

socle_status sc_safetensors_writer_metadata(sc_safetensors_writer *writer, const char *key,
                                            const char *value) {
    SC_TRY(check_name(writer, writer->metadata, key));
    return add_member(writer, writer->metadata, key, json_string(value));
}

static socle_status tensor_bytes(const sc_safetensors_writer *writer, const char *name,
                                 socle_dtype dtype, const socle_shape *shape, uint64_t *end) {
    if (shape->rank < 0 || shape->rank > SOCLE_MAX_RANK ||
        (dtype != SOCLE_F32 && dtype != SOCLE_U8 && dtype != SOCLE_I32))
        return sc_fail(writer->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: tensor '%s': rank %d or dtype %d unknown", writer->path,
                       sc_quote(name).text, shape->rank, (int)dtype);
    int64_t bytes = dtype == SOCLE_U8 ? 1 : 4;
    bool fits = true;
    for (int i = 0; i < shape->rank; i++)
        fits = fits && shape->size[i] >= 0 && sc_mul_i64(&bytes, bytes, shape->size[i]);
    int64_t sum;
    if (!fits || !sc_add_i64(&sum, (int64_t)writer->declared, bytes))
        return sc_fail(writer->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: tensor '%s': negative or too large sizes", writer->path,
                       sc_quote(name).text);
    *end = (uint64_t)sum;
    return SOCLE_OK;
}

socle_status sc_safetensors_writer_declare(sc_safetensors_writer *writer, const char *name,
                                           socle_dtype dtype, const socle_shape *shape) {
    static const char *const words[] = {
        [SOCLE_F32] = "F32", [SOCLE_U8] = "U8", [SOCLE_I32] = "I32"};
    uint64_t end = 0;
    SC_TRY(check_name(writer, writer->header, name));
    SC_TRY(tensor_bytes(writer, name, dtype, shape, &end));
    json_t *sizes = json_array();
    for (int i = 0; sizes && i < shape->rank; i++)
        if (json_array_append_new(sizes, json_integer(shape->size[i])) != 0) {
            json_decref(sizes);
            return no_memory(writer);
        }
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", words[dtype], "shape", sizes,
                              "data_offsets", (json_int_t)writer->declared, (json_int_t)end);
    if (!entry) return no_memory(writer);
    SC_TRY(add_member(writer, writer->header, name, entry));
    writer->declared = end;
    return SOCLE_OK;
}

static int compare_keys(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The metadata again, as a new object with its keys sorted. */
static socle_status sort_metadata(sc_safetensors_writer *writer) {
    size_t count = json_object_size(writer->metadata), filled = 0;
    const char **keys, *key;
    json_t *value, *sorted = json_object();
    socle_status status = sc_allocate(writer->env, &keys, count, sizeof *keys);
    if (status == SOCLE_OK) {
        json_object_foreach(writer->metadata, key, value) keys[filled++] = key;
        if (filled > 1) qsort(keys, filled, sizeof *keys, compare_keys);
        for (size_t i = 0; i < filled && status == SOCLE_OK; i++)
            if (json_object_set(sorted, keys[i], json_object_get(writer->metadata, keys[i])) != 0)
                status = no_memory(writer);
    }
    sc_release(writer->env, keys);
    if (status != SOCLE_OK) {
        json_decref(sorted);
        return status;
    }
    json_decref(writer->metadata);
    writer->metadata = sorted;
    return SOCLE_OK;
}

static socle_status add_header_text(sc_safetensors_writer *writer, sc_text *text) {
    const char *name;
    json_t *entry, *complete = json_object();
    if (!complete) return no_memory(writer);
    int failed = 0;
    if (json_object_size(writer->metadata) > 0) {
        socle_status status = sort_metadata(writer);
        if (status != SOCLE_OK) {
            json_decref(complete);
            return status;
        }
        failed = json_object_set(complete, SC_SAFETENSORS_METADATA, writer->metadata);
    }
    json_object_foreach(writer->header, name, entry) {
        if (!failed) failed = json_object_set(complete, name, entry);
    }
    if (!failed) sc_json_text(text, complete, 0);
    json_decref(complete);
    if (failed) return no_memory(writer);
    while (text->status == SOCLE_OK && text->length % HEADER_ALIGNMENT != 0) sc_text_add(text, " ");
    return text->status;
}

static socle_status write_header(sc_safetensors_writer *writer) {
    sc_text text;
    sc_text_init(&text, writer->env);
    socle_status status = add_header_text(writer, &text);
    if (status == SOCLE_OK && text.length > SC_SAFETENSORS_MAX_HEADER)
        status = sc_fail(writer->env, SOCLE_STATUS_INVALID_ARGUMENT,
                         "%s: the header has %zu bytes; a safetensors file may have %d",
                         writer->path, text.length, SC_SAFETENSORS_MAX_HEADER);
    unsigned char prefix[SC_SAFETENSORS_PREFIX];
    for (int i = 0; i < SC_SAFETENSORS_PREFIX; i++)
        prefix[i] = (unsigned char)((uint64_t)text.length >> (8 * i));
    if (status == SOCLE_OK) status = sc_file_writer_write(writer->output, prefix, sizeof prefix);
    if (status == SOCLE_OK) status = sc_file_writer_write(writer->output, text.data, text.length);
    sc_text_free(&text);
    return status;
}

/* Writes prefix and header, once. */
static socle_status begin(sc_safetensors_writer *writer) {
    if (!writer->begun) writer->status = write_header(writer);
    writer->begun = true;
    return writer->status;
}

socle_status sc_safetensors_writer_data(sc_safetensors_writer *writer, const void *data,
                                        size_t size) {
    SC_TRY(begin(writer));
    if (size > writer->declared - writer->written)
        return sc_fail(writer->env, SOCLE_STATUS_STATE,
                       "%s: %zu more bytes after %" PRIu64
                       ", but the declared tensors have %" PRIu64,
                       writer->path, size, writer->written, writer->declared);
    writer->status = sc_file_writer_write(writer->output, data, size);
    writer->written += size;
    return writer->status;
}

socle_status sc_safetensors_writer_commit(sc_safetensors_writer *writer) {
    socle_status status = begin(writer);
    if (status == SOCLE_OK && writer->written != writer->declared)
        status = sc_fail(writer->env, SOCLE_STATUS_STATE,
                         "%s: %" PRIu64
                         " bytes of data were given, but the declared tensors have %" PRIu64,
                         writer->path, writer->written, writer->declared);
    if (status != SOCLE_OK) {
        sc_safetensors_writer_abandon(writer);
        return status;
    }
    status = sc_file_writer_commit(writer->output);
    destroy(writer);
    return status;
}
