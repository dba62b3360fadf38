/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a safetensors file: from hostile text to a list of tensors that is proven
 * consistent: sizes agree with shapes, ranges neither overlap nor leave holes, the last one ends
 * where the file ends. A lexical pass comes first, because the JSON library would spend many times
 * the size of the text on nonsense. */
#include "io/quote.h"
#include "io/safetensors_private.h"

#include <inttypes.h>
#include <string.h>

/* The deepest legal place is inside "shape": {"name": {"shape": [1]}}. */
enum { MAX_DEPTH = 3 };
/* Commas and colons; a tensor has about 11, so this is room for 190 000 tensors. */
enum { MAX_SEPARATORS = 1 << 21 };

/* Inside strings only the quote and the backslash matter. Returns the position after the string. */
static size_t skip_string(const char *text, size_t size, size_t at) {
    for (at++; at < size && text[at] != '"'; at++)
        if (text[at] == '\\') at++;
    return at + 1;
}

static socle_status check_text(const sc_safetensors *file, const char *text, size_t size) {
    int depth = 0, commas = 0, separators = 0;
    for (size_t at = 0; at < size; at++) {
        const char *wrong = NULL;
        separators += text[at] == ',' || text[at] == ':';
        if (separators > MAX_SEPARATORS) wrong = "too many names and values";
        switch (text[at]) {
        case '"':
            at = skip_string(text, size, at) - 1;
            break;
        case '{':
        case '[':
            commas = 0;
            if (++depth > MAX_DEPTH) wrong = "nested too deeply";
            break;
        case '}':
        case ']':
            depth--;
            break;
        case ',':
            if (depth == MAX_DEPTH && ++commas >= SOCLE_MAX_RANK)
                wrong = "a list of more than 6 values";
            break;
        case '-':
            wrong = "a negative number";
            break;
        case '\0':
            wrong = "a zero byte";
            break;
        default:
            break;
        }
        if (wrong)
            return sc_fail(file->env, SOCLE_STATUS_DATA,
                           "%s: byte %zu: %s in the safetensors header; the file is damaged",
                           file->input.path, SC_SAFETENSORS_PREFIX + at, wrong);
    }
    return SOCLE_OK;
}

static socle_status parse_json(sc_safetensors *file, const char *text, size_t size) {
    json_error_t error;
    file->header = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (file->header) return SOCLE_OK;
    if (json_error_code(&error) == json_error_out_of_memory)
        return sc_fail(file->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "%s: no memory for the header of %zu bytes", file->input.path, size);
    return sc_fail(file->env, SOCLE_STATUS_DATA,
                   "%s: byte %d: the safetensors header is not valid JSON: %s", file->input.path,
                   SC_SAFETENSORS_PREFIX + error.position, sc_quote(error.text).text);
}

static socle_status fail_tensor(const sc_safetensors *file, const char *name, const char *format,
                                ...) SC_PRINTF(3, 4);

static socle_status fail_tensor(const sc_safetensors *file, const char *name, const char *format,
                                ...) {
    va_list arguments;
    va_start(arguments, format);
    sc_fail_v(file->env, SOCLE_STATUS_DATA, format, arguments);
    va_end(arguments);
    return sc_fail_prefix(file->env, SOCLE_STATUS_DATA, "%s: tensor '%s'", file->input.path,
                          sc_quote(name).text);
}

static socle_status parse_dtype(const sc_safetensors *file, const char *name, const json_t *entry,
                                sc_safetensors_tensor *tensor, size_t *bits) {
    static const struct {
        const char *word;
        sc_safetensors_type type;
        size_t bits;
    } known[] = {
        {"F32", SC_SAFETENSORS_F32, 32},
        {"U8", SC_SAFETENSORS_U8, 8},
        {"I32", SC_SAFETENSORS_I32, 32},
        {"F64", SC_SAFETENSORS_F64, 64},
        {"F16", SC_SAFETENSORS_F16, 16},
        {"BF16", SC_SAFETENSORS_BF16, 16},
        {"I64", SC_SAFETENSORS_I64, 64},
        {"I16", SC_SAFETENSORS_I16, 16},
        {"I8", SC_SAFETENSORS_I8, 8},
        {"U16", SC_SAFETENSORS_U16, 16},
        {"U32", SC_SAFETENSORS_U32, 32},
        {"U64", SC_SAFETENSORS_U64, 64},
        {"BOOL", SC_SAFETENSORS_BOOL, 8},
        {"C64", SC_SAFETENSORS_OTHER, 64},
        {"F8_E4M3", SC_SAFETENSORS_OTHER, 8},
        {"F8_E5M2", SC_SAFETENSORS_OTHER, 8},
        {"F8_E8M0", SC_SAFETENSORS_OTHER, 8},
        {"F8_E4M3FNUZ", SC_SAFETENSORS_OTHER, 8},
        {"F8_E5M2FNUZ", SC_SAFETENSORS_OTHER, 8},
        {"F6_E2M3", SC_SAFETENSORS_OTHER, 6},
        {"F6_E3M2", SC_SAFETENSORS_OTHER, 6},
        {"F4", SC_SAFETENSORS_OTHER, 4},
    };
    const char *word = json_string_value(json_object_get(entry, "dtype"));
    if (!word) return fail_tensor(file, name, "\"dtype\" is missing or not a string");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(word, known[i].word) != 0) continue;
        tensor->dtype = known[i].type;
        tensor->word = known[i].word;
        *bits = known[i].bits;
        return SOCLE_OK;
    }
    return fail_tensor(file, name, "there is no dtype %s in this format", sc_quote(word).text);
}

/* `elements` of so many bits fill whole bytes. */
static socle_status set_bytes(const sc_safetensors *file, sc_safetensors_tensor *tensor,
                              size_t elements, size_t bits) {
    size_t whole = elements / 8, rest = elements % 8;
    if (!sc_mul_size(&tensor->bytes, whole, bits) ||
        !sc_add_size(&tensor->bytes, tensor->bytes, rest * bits / 8))
        return fail_tensor(file, tensor->name, "%zu elements of %zu bits are too many", elements,
                           bits);
    if (rest * bits % 8 == 0) return SOCLE_OK;
    return fail_tensor(file, tensor->name, "%zu elements of %zu bits do not fill whole bytes",
                       elements, bits);
}

static socle_status parse_shape(const sc_safetensors *file, const char *name, const json_t *entry,
                                socle_shape *shape, size_t *elements) {
    const json_t *list = json_object_get(entry, "shape");
    if (!json_is_array(list)) return fail_tensor(file, name, "\"shape\" is missing or not a list");
    size_t rank = json_array_size(list);
    if (rank > SOCLE_MAX_RANK)
        return fail_tensor(file, name, "%zu dimensions; at most %d are possible", rank,
                           SOCLE_MAX_RANK);
    shape->rank = (int)rank;
    for (size_t i = 0; i < rank; i++) {
        const json_t *size = json_array_get(list, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return fail_tensor(file, name, "shape[%zu] is not a whole number >= 0", i);
        shape->size[i] = json_integer_value(size);
        if (!sc_mul_size(elements, *elements, (size_t)shape->size[i]))
            return fail_tensor(
                file, name, "the product of the shape's sizes overflows at shape[%zu] = %" PRId64,
                i, shape->size[i]);
    }
    return SOCLE_OK;
}

static socle_status parse_range(const sc_safetensors *file, const char *name, const json_t *entry,
                                sc_safetensors_tensor *tensor) {
    const json_t *list = json_object_get(entry, "data_offsets");
    if (!json_is_array(list) || json_array_size(list) != 2)
        return fail_tensor(file, name, "\"data_offsets\" is missing or not a list of 2 numbers");
    const json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1);
    if (!json_is_integer(first) || !json_is_integer(second))
        return fail_tensor(file, name, "\"data_offsets\" are not whole numbers");
    int64_t begin = json_integer_value(first), end = json_integer_value(second);
    uint64_t room = file->input.size - file->data_start;
    if (begin < 0 || begin > end || (uint64_t)end > room)
        return fail_tensor(
            file, name,
            "data_offsets [%" PRId64 ", %" PRId64 "] do not lie within the %" PRIu64
            " bytes of data%s",
            begin, end, room,
            begin >= 0 && begin <= end ? "; the file is truncated, copy or write it again" : "");
    if ((uint64_t)(end - begin) != tensor->bytes)
        return fail_tensor(file, name,
                           "data_offsets [%" PRId64 ", %" PRId64 "] hold %" PRId64
                           " bytes, but dtype and shape need %zu",
                           begin, end, end - begin, tensor->bytes);
    tensor->offset = file->data_start + (uint64_t)begin;
    return SOCLE_OK;
}

static socle_status parse_tensor(const sc_safetensors *file, sc_safetensors_tensor *tensor,
                                 const char *name, const json_t *entry) {
    if (!json_is_object(entry)) return fail_tensor(file, name, "is not described by an object");
    if (json_object_size(entry) != 3)
        return fail_tensor(
            file, name, "has %zu members; \"dtype\", \"shape\" and \"data_offsets\" are expected",
            json_object_size(entry));
    size_t bits = 0, elements = 1;
    tensor->name = name;
    SC_TRY(parse_dtype(file, name, entry, tensor, &bits));
    SC_TRY(parse_shape(file, name, entry, &tensor->shape, &elements));
    SC_TRY(set_bytes(file, tensor, elements, bits));
    return parse_range(file, name, entry, tensor);
}

static socle_status check_metadata(const sc_safetensors *file) {
    if (!json_is_object(file->metadata))
        return sc_fail(file->env, SOCLE_STATUS_DATA,
                       "%s: " SC_SAFETENSORS_METADATA " is not an object", file->input.path);
    const char *key;
    json_t *value;
    json_object_foreach(file->metadata, key, value) {
        if (!json_is_string(value))
            return sc_fail(file->env, SOCLE_STATUS_DATA,
                           "%s: " SC_SAFETENSORS_METADATA ": '%s' is not a string",
                           file->input.path, sc_quote(key).text);
    }
    return SOCLE_OK;
}

/* By place; an empty tensor comes before the one whose bytes begin at the same place. */
static int compare_ranges(const void *left, const void *right) {
    const sc_safetensors_tensor *a = left, *b = right;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    if ((a->bytes == 0) != (b->bytes == 0)) return a->bytes == 0 ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Each range begins where the one before it ended: no hole, no overlap, nothing left over. */
static socle_status check_cover(const sc_safetensors *file) {
    uint64_t end = file->data_start;
    for (size_t i = 0; i < file->count; i++) {
        const sc_safetensors_tensor *tensor = &file->tensors[i];
        if (tensor->offset != end)
            return fail_tensor(file, tensor->name,
                               "its bytes begin at byte %" PRIu64
                               " of the file, but the tensor before ends at "
                               "byte %" PRIu64 " (%s)",
                               tensor->offset, end, tensor->offset < end ? "overlap" : "hole");
        end += tensor->bytes;
    }
    if (end != file->input.size)
        return sc_fail(file->env, SOCLE_STATUS_DATA,
                       "%s: the last tensor ends at byte %" PRIu64 ", but the file has %" PRIu64
                       " bytes",
                       file->input.path, end, file->input.size);
    return SOCLE_OK;
}

socle_status sc_safetensors_parse_header(sc_safetensors *file, const char *text, size_t size) {
    SC_TRY(check_text(file, text, size));
    SC_TRY(parse_json(file, text, size));
    file->metadata = json_object_get(file->header, SC_SAFETENSORS_METADATA);
    if (file->metadata) SC_TRY(check_metadata(file));
    SC_TRY(sc_allocate(file->env, &file->tensors, json_object_size(file->header),
                       sizeof *file->tensors));
    const char *name;
    json_t *entry;
    json_object_foreach(file->header, name, entry) {
        if (entry == file->metadata) continue;
        SC_TRY(parse_tensor(file, &file->tensors[file->count], name, entry));
        file->count++;
    }
    if (file->count > 1) qsort(file->tensors, file->count, sizeof *file->tensors, compare_ranges);
    return check_cover(file);
}
