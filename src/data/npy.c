/* SPDX-License-Identifier: Apache-2.0 */
/* See npy.h. The header is the text of a Python dictionary of three members, of which no more is
 * understood than NumPy writes. */
#include "data/npy.h"
#include "io/quote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 4, MOST_HEADER = 65535 };

typedef struct scan {
    sc_env *env;
    const char *path;
    const char *at;
    bool descr, order, shape; /* which members were there */
} scan;

bool sc_npy_begins(const unsigned char magic[4]) {
    return memcmp(magic, "\x93NUM", MAGIC) == 0;
}

static socle_status fail(const scan *in, const char *what) {
    char rest[41];
    strncpy(rest, in->at, sizeof rest - 1);
    rest[sizeof rest - 1] = '\0';
    return sc_fail(in->env, SOCLE_STATUS_DATA, "%s: the header of the .npy file %s, at '%s'",
                   in->path, what, sc_quote(rest).text);
}

static void pass_spaces(scan *in) {
    in->at += strspn(in->at, " \n\t");
}

static bool take(scan *in, const char *text) {
    pass_spaces(in);
    size_t length = strlen(text);
    if (strncmp(in->at, text, length) != 0) return false;
    in->at += length;
    return true;
}

/* '<f4': byte order, kind, size. */
static socle_status read_type(scan *in, sc_elements *out) {
    if (!take(in, "'")) return fail(in, "has no text for the type of the elements");
    const char *type = in->at, *end = strchr(type, '\'');
    bool order = type[0] && strchr("<>|=", type[0]), kind = order && strchr("buif", type[1]);
    char *after = NULL;
    *out = (sc_elements){.big = type[0] == '>'};
    if (end && kind && type[1]) {
        out->kind = type[1];
        out->size = (size_t)strtoul(type + 2, &after, 10);
    }
    bool known = out->size == 2 || out->size == 4 || out->size == 8 || out->size == 1;
    known = known && (out->kind != 'b' || out->size == 1) && (out->kind != 'f' || out->size > 1);
    if (!after || after != end || !known)
        return fail(in, "names a type that Socle does not read (b1, u1 to u8, i1 to i8, f2 to f8)");
    in->at = end + 1;
    in->descr = true;
    return SOCLE_OK;
}

static socle_status read_order(scan *in) {
    in->order = true;
    if (take(in, "False")) return SOCLE_OK;
    return fail(in, "has columns before rows (Fortran's order): save numpy.ascontiguousarray(it)");
}

static socle_status read_size(scan *in, int64_t *out) {
    char *end;
    pass_spaces(in);
    if (in->at[0] < '0' || in->at[0] > '9') return fail(in, "has a size that is no number");
    unsigned long long size = strtoull(in->at, &end, 10);
    if (size < 1 || size > UINT32_MAX) return fail(in, "has a size below 1 or above 2^32 - 1");
    *out = (int64_t)size;
    in->at = end;
    return SOCLE_OK;
}

static socle_status read_shape(scan *in, sc_idx *idx) {
    in->shape = true;
    if (!take(in, "(")) return fail(in, "has no sizes");
    idx->rank = 0;
    while (!take(in, ")")) {
        if (idx->rank == SC_IDX_MAX_RANK) return fail(in, "has more than 4 dimensions");
        SC_TRY(read_size(in, &idx->size[idx->rank++]));
        if (take(in, ",")) continue;
        if (!take(in, ")")) return fail(in, "is cut in its sizes");
        break;
    }
    return idx->rank ? SOCLE_OK : fail(in, "has no dimension: one number is no data set");
}

static socle_status read_member(scan *in, sc_idx *idx, sc_elements *elements) {
    if (take(in, "'descr':")) return read_type(in, elements);
    if (take(in, "'fortran_order':")) return read_order(in);
    if (take(in, "'shape':")) return read_shape(in, idx);
    return fail(in, "has an unknown member");
}

static socle_status read_text(scan *in, sc_idx *idx, sc_elements *elements) {
    if (!take(in, "{")) return fail(in, "is no dictionary");
    while (!take(in, "}")) {
        SC_TRY(read_member(in, idx, elements));
        if (!take(in, ",") && (pass_spaces(in), *in->at != '}')) return fail(in, "is cut");
    }
    if (in->descr && in->order && in->shape) return SOCLE_OK;
    return fail(in, "lacks descr, fortran_order or shape");
}

static socle_status read_bytes(const scan *in, sc_stream *stream, void *out, size_t size) {
    size_t got;
    SC_TRY(sc_stream_read(stream, out, size, &got));
    if (got == size) return SOCLE_OK;
    return sc_fail(in->env, SOCLE_STATUS_DATA, "%s: ends within the header of a .npy file",
                   in->path);
}

socle_status sc_npy_read_header(sc_idx *idx, sc_elements *elements, uint64_t *offset, sc_env *env,
                                const char *path, sc_stream *stream) {
    scan in = {.env = env, .path = path, .at = ""};
    unsigned char head[4], more[4] = {0};
    char *text;
    SC_TRY(read_bytes(&in, stream, head, sizeof head)); /* PY, version */
    if (head[0] != 'P' || head[1] != 'Y' || head[2] < 1 || head[2] > 3)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: byte 6: version %d of .npy is unknown (1 to 3)",
                       path, head[2]);
    size_t wide = head[2] == 1 ? 2 : 4;
    SC_TRY(read_bytes(&in, stream, more, wide));
    size_t length = more[0] | (size_t)more[1] << 8 | (size_t)more[2] << 16 | (size_t)more[3] << 24;
    if (length > MOST_HEADER)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: byte 8: a header of %zu bytes is none", path,
                       length);
    SC_TRY(sc_allocate(env, &text, length + 1, 1));
    in.at = text;
    *offset = MAGIC + sizeof head + wide + length;
    socle_status status = read_bytes(&in, stream, text, length);
    if (status == SOCLE_OK) status = read_text(&in, idx, elements);
    sc_release(env, text);
    return status;
}
