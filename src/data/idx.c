/* SPDX-License-Identifier: Apache-2.0 */
/* See idx.h. The header is checked against what the file can hold before anything is allocated for
 * it. */
#include "data/idx.h"
#include "data/npy.h"
#include "data/npz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAGIC_BYTES = 4, SIZE_BYTES = 4 };

static const struct {
    unsigned char code;
    sc_elements elements;
} types[] = {{0x08, {'u', 1, true}}, {0x09, {'i', 1, true}}, {0x0B, {'i', 2, true}},
             {0x0C, {'i', 4, true}}, {0x0D, {'f', 4, true}}, {0x0E, {'f', 8, true}}};

typedef struct reader {
    sc_env *env;
    const char *path;
    sc_stream *stream;
    sc_elements elements;
    size_t count;    /* of elements */
    uint64_t offset; /* where they begin */
} reader;

/* Where offsets in messages count. */
static const char *of_what(const reader *in) {
    return sc_stream_is_gzip(in->stream) ? " of the unpacked data" : "";
}

static socle_status fail_magic(const reader *in, const unsigned char *magic) {
    size_t length = strlen(in->path);
    bool named_gz = length > 3 && strcmp(in->path + length - 3, ".gz") == 0;
    return sc_fail(in->env, SOCLE_STATUS_DATA,
                   "%s: byte 0%s: begins with %02x %02x %02x %02x; an IDX file begins with 00 00, "
                   "a gzip file with "
                   "1f 8b, a .npy file with 93 4e 55 4d%s",
                   in->path, of_what(in), magic[0], magic[1], magic[2], magic[3],
                   named_gz && !sc_stream_is_gzip(in->stream)
                       ? " (the name ends in .gz, but the content is not gzip)"
                       : "");
}

static socle_status check_type(reader *in, unsigned char code) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code != code) continue;
        in->elements = types[i].elements;
        return SOCLE_OK;
    }
    return sc_fail(in->env, SOCLE_STATUS_DATA,
                   "%s: byte 2%s: 0x%02x is no element type (u8 is 0x08, i8 0x09, i16 0x0b, i32 "
                   "0x0c, f32 0x0d, f64 0x0e)",
                   in->path, of_what(in), code);
}

static socle_status read_exactly(const reader *in, void *data, size_t size, uint64_t offset) {
    size_t got;
    SC_TRY(sc_stream_read(in->stream, data, size, &got));
    if (got == size) return SOCLE_OK;
    return sc_fail(in->env, SOCLE_STATUS_DATA,
                   "%s: ends at byte %" PRIu64 "%s, %zu bytes too early; the file is truncated",
                   in->path, offset + got, of_what(in), size - got);
}

static socle_status read_sizes(const reader *in, sc_idx *idx) {
    for (int i = 0; i < idx->rank; i++) {
        unsigned char big[SIZE_BYTES];
        uint64_t offset = MAGIC_BYTES + (uint64_t)i * SIZE_BYTES;
        SC_TRY(read_exactly(in, big, sizeof big, offset));
        idx->size[i] = (int64_t)big[0] << 24 | big[1] << 16 | big[2] << 8 | big[3];
        if (idx->size[i] == 0)
            return sc_fail(in->env, SOCLE_STATUS_DATA,
                           "%s: byte %" PRIu64 "%s: dimension %d has size 0: no data", in->path,
                           offset, of_what(in), i);
    }
    return SOCLE_OK;
}

/* Of elements, in the file and in memory. */
static socle_status count_elements(reader *in, sc_idx *idx) {
    size_t bytes;
    idx->dtype = sc_elements_dtype(&in->elements);
    in->count = 1;
    for (int i = 0; i < idx->rank; i++) {
        if (sc_mul_size(&in->count, in->count, (size_t)idx->size[i]) &&
            sc_mul_size(&bytes, in->count, in->elements.size) && bytes <= PTRDIFF_MAX &&
            sc_mul_size(&idx->bytes, in->count, sc_elements_bytes(&in->elements)) &&
            idx->bytes <= PTRDIFF_MAX)
            continue;
        return sc_fail(in->env, SOCLE_STATUS_DATA,
                       "%s: byte %d%s: size %" PRId64 " of dimension %d makes the data too large",
                       in->path, MAGIC_BYTES + i * SIZE_BYTES, of_what(in), idx->size[i], i);
    }
    return SOCLE_OK;
}

/* "60000x28x28" */
void sc_idx_sizes_text(char *out, size_t size, const sc_idx *idx) {
    int length = 0;
    for (int i = 0; i < idx->rank; i++)
        length += snprintf(out + length, size - (size_t)length, "%s%" PRId64, i > 0 ? "x" : "",
                           idx->size[i]);
}

/* Sizes that the file cannot hold are refused before memory is asked for. */
static socle_status check_length(const reader *in, const sc_idx *idx) {
    char sizes[96];
    uint64_t bound = sc_stream_bound(in->stream),
             needed = in->offset + (uint64_t)in->count * in->elements.size;
    if (needed == bound || (sc_stream_is_gzip(in->stream) && needed < bound)) return SOCLE_OK;
    sc_idx_sizes_text(sizes, sizeof sizes, idx);
    return sc_fail(in->env, SOCLE_STATUS_DATA,
                   "%s: byte 4%s: sizes %s need %" PRIu64 " bytes, but the file %s %" PRIu64
                   "; it is %s",
                   in->path, of_what(in), sizes, needed,
                   sc_stream_is_gzip(in->stream) ? "cannot hold more than" : "has", bound,
                   needed > bound ? "truncated or damaged" : "longer than it says");
}

/* Behind the magic bytes. */
static socle_status read_idx_header(reader *in, sc_idx *idx, const unsigned char *magic) {
    SC_TRY(check_type(in, magic[2]));
    if (magic[3] < 1 || magic[3] > SC_IDX_MAX_RANK)
        return sc_fail(in->env, SOCLE_STATUS_DATA,
                       "%s: byte 3%s: %d dimensions; 1 to %d are possible", in->path, of_what(in),
                       magic[3], SC_IDX_MAX_RANK);
    idx->rank = magic[3];
    in->offset = MAGIC_BYTES + (uint64_t)idx->rank * SIZE_BYTES;
    return read_sizes(in, idx);
}

static socle_status read_header(reader *in, sc_idx *idx) {
    unsigned char magic[MAGIC_BYTES];
    size_t got;
    SC_TRY(sc_stream_read(in->stream, magic, sizeof magic, &got));
    if (got < sizeof magic)
        return sc_fail(in->env, SOCLE_STATUS_DATA,
                       "%s: has %zu bytes%s; an IDX file begins with 4 bytes of magic", in->path,
                       got, of_what(in));
    if (sc_npy_begins(magic))
        SC_TRY(sc_npy_read_header(idx, &in->elements, &in->offset, in->env, in->path, in->stream));
    else if (magic[0] != 0 || magic[1] != 0)
        return fail_magic(in, magic);
    else
        SC_TRY(read_idx_header(in, idx, magic));
    SC_TRY(count_elements(in, idx));
    return check_length(in, idx);
}

static socle_status read_all(reader *in, sc_idx *idx) {
    SC_TRY(read_header(in, idx));
    SC_TRY(sc_allocate(in->env, &idx->data, idx->bytes, 1));
    SC_TRY(sc_elements_read(idx->data, in->env, in->path, in->stream, &in->elements, in->count,
                            in->offset));
    unsigned char extra;
    size_t got;
    SC_TRY(sc_stream_read(in->stream, &extra, 1, &got));
    if (got > 0)
        return sc_fail(in->env, SOCLE_STATUS_DATA,
                       "%s: byte %" PRIu64 "%s: there are bytes after the end of the data",
                       in->path, in->offset + (uint64_t)in->count * in->elements.size, of_what(in));
    return SOCLE_OK;
}

static socle_status read_input(sc_idx *out, sc_env *env, const char *path, sc_input *input) {
    reader in = {.env = env, .path = path};
    SC_TRY(sc_stream_open(&in.stream, input));
    socle_status status = read_all(&in, out);
    sc_stream_close(in.stream);
    if (status != SOCLE_OK) sc_idx_free(out, env);
    return status;
}

static socle_status read_archive(sc_idx *out, sc_env *env, const char *path, const char *name) {
    sc_npz *npz;
    SC_TRY(sc_npz_open(&npz, env, path));
    socle_status status = sc_npz_read_named(out, npz, name);
    sc_npz_close(npz);
    return status;
}

/* "a.npz:x" names the array x of an archive, where no file is named so. */
static socle_status read_member(sc_idx *out, sc_env *env, const char *path, const char *colon) {
    char *archive;
    SC_TRY(sc_copy_string(env, &archive, path));
    archive[colon - path] = '\0';
    socle_status status = read_archive(out, env, archive, colon + 1);
    sc_release(env, archive);
    return status;
}

/* The colon before the name of an array; NULL: the path is that of a file. */
static const char *member_of(const char *path) {
    const char *found = strstr(path, ".npz:");
    return found && access(path, F_OK) != 0 ? found + strlen(".npz") : NULL;
}

static bool is_archive(const sc_input *input) {
    unsigned char head[MAGIC_BYTES];
    return input->size >= sizeof head && sc_input_read(input, head, sizeof head, 0) == SOCLE_OK &&
           sc_npz_begins(head);
}

socle_status sc_idx_read_file(sc_idx *out, sc_env *env, const char *path) {
    sc_input input;
    const char *colon = member_of(path);
    *out = (sc_idx){0};
    if (colon) return read_member(out, env, path, colon);
    SC_TRY(sc_input_open(&input, env, path));
    if (!is_archive(&input)) return read_input(out, env, path, &input);
    sc_input_close(&input);
    return read_archive(out, env, path, NULL);
}

static socle_status fail_packed(sc_env *env, const char *path) {
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: is packed, so its rows cannot be read one by one: unpack it, or leave "
                   "stream out",
                   path);
}

socle_status sc_idx_open_rows(sc_idx_rows *out, sc_env *env, const char *path) {
    reader in = {.env = env, .path = path};
    sc_input input;
    *out = (sc_idx_rows){.input.descriptor = -1};
    if (member_of(path)) return fail_packed(env, path);
    SC_TRY(sc_input_open(&input, env, path));
    if (is_archive(&input)) {
        sc_input_close(&input);
        return fail_packed(env, path);
    }
    SC_TRY(sc_stream_open(&in.stream, &input));
    socle_status status =
        sc_stream_is_gzip(in.stream) ? fail_packed(env, path) : read_header(&in, &out->idx);
    if (status != SOCLE_OK) {
        sc_stream_close(in.stream);
        return status;
    }
    out->elements = in.elements;
    out->offset = in.offset;
    sc_stream_give_back(in.stream, &out->input);
    return SOCLE_OK;
}

socle_status sc_idx_read_memory(sc_idx *out, sc_env *env, const char *label, const void *data,
                                size_t size) {
    sc_input input;
    *out = (sc_idx){0};
    SC_TRY(sc_input_open_memory(&input, env, label, data, size));
    return read_input(out, env, label, &input);
}

void sc_idx_free(sc_idx *idx, sc_env *env) {
    sc_release(env, idx->data);
    *idx = (sc_idx){0};
}
