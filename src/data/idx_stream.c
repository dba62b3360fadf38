/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of IDX and .npy files that are read row by row, when rows are needed. See idx.h. */
#include "base/hash.h"
#include "data/column_kind.h"
#include "data/files.h"
#include "data/idx.h"

#include <inttypes.h>
#include <string.h>

enum { FILES_OPEN = 128 /* further ones are opened when they are read */ };

typedef struct piece {
    sc_input input; /* descriptor below 0: not open */
    sc_elements elements;
    uint64_t offset; /* of its first element */
    uint32_t first;  /* of its rows, in the whole */
} piece;

typedef struct stream {
    sc_env *env;
    sc_idx idx; /* of all; no data */
    piece *piece;
    size_t pieces;
    size_t elements, bytes; /* of a row */
    bool moves;             /* the channels of each image are put first */
} stream;

static void close_stream(void *user) {
    stream *of = user;
    for (size_t p = 0; p < of->pieces; p++) sc_input_close(&of->piece[p].input);
    sc_release(of->env, of->piece);
    sc_release(of->env, of);
}

/* ---- Reading ---- */

static const piece *piece_of(const stream *of, uint32_t row) {
    size_t low = 0, high = of->pieces;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        *(of->piece[middle].first <= row ? &low : &high) = middle;
    }
    return &of->piece[low];
}

/* What is read from a piece at once: rows that lie one behind the other, straight into `out` where
 * they are there as they are needed, else through `room`. */
typedef struct reading {
    const stream *of;
    const piece *from;
    sc_input input; /* of the piece, with an env of the reader's own */
    unsigned char *room;
} reading;

static bool is_plain(const reading *in) {
    return in->from->elements.size == 1 && in->from->elements.kind == 'u' && !in->of->moves;
}

static socle_status read_row(const reading *in, uint32_t row, unsigned char *out) {
    const stream *of = in->of;
    const sc_elements *elements = &in->from->elements;
    const size_t bytes = of->elements * elements->size;
    unsigned char *turned = of->moves ? in->room + bytes : out;
    SC_TRY(sc_input_read(&in->input, in->room, bytes, in->from->offset + row * (uint64_t)bytes));
    size_t count = sc_elements_turn(turned, in->room, elements, of->elements);
    if (count < of->elements)
        return sc_fail(in->input.env, SOCLE_STATUS_DATA,
                       "%s: element %" PRIu64 " is too large for %s", in->input.path,
                       row * (uint64_t)of->elements + count, elements->kind == 'f' ? "f32" : "i32");
    if (of->moves) sc_idx_move_sample(out, turned, &of->idx);
    return SOCLE_OK;
}

/* Rows of one piece, by their numbers in the whole. */
static socle_status read_part(const reading *in, const uint32_t *row, uint32_t count,
                              unsigned char *out) {
    const size_t bytes = in->of->bytes;
    const uint32_t first = in->from->first;
    for (uint32_t i = 0, run = 1; i < count; i += run) {
        for (run = 1; i + run < count && row[i + run] == row[i] + run;) run++;
        unsigned char *to = out + i * bytes;
        if (is_plain(in))
            SC_TRY(sc_input_read(&in->input, to, run * bytes,
                                 in->from->offset + (row[i] - first) * (uint64_t)bytes));
        for (uint32_t k = 0; k < run && !is_plain(in); k++)
            SC_TRY(read_row(in, row[i] - first + k, to + k * bytes));
    }
    return SOCLE_OK;
}

/* A file that is opened anew is the one that it was. */
static socle_status open_again(sc_input *out, const sc_input *before, sc_env *env) {
    SC_TRY(sc_input_open(out, env, before->path));
    out->size = before->size;
    out->time = before->time;
    return SOCLE_OK;
}

static socle_status read_piece(reading *in, sc_env *env, const uint32_t *row, uint32_t count,
                               unsigned char *out) {
    const bool open = in->from->input.descriptor >= 0;
    in->input = in->from->input;
    in->input.env = env;
    if (!open) SC_TRY(open_again(&in->input, &in->from->input, env));
    socle_status status = sc_input_check_same(&in->input);
    if (status == SOCLE_OK) status = read_part(in, row, count, out);
    if (!open) sc_input_close(&in->input);
    return status;
}

static socle_status read_rows(void *user, sc_env *env, const uint32_t *row, uint32_t count,
                              void *out) {
    const stream *of = user;
    reading in = {.of = of};
    SC_TRY(sc_allocate(env, &in.room, of->elements, 8 + 4)); /* as in a file, and turned */
    socle_status status = SOCLE_OK;
    for (uint32_t i = 0, part = 0; status == SOCLE_OK && i < count; i += part) {
        in.from = piece_of(of, row[i]);
        for (part = 1; i + part < count && piece_of(of, row[i + part]) == in.from;) part++;
        status = read_piece(&in, env, row + i, part, (unsigned char *)out + i * of->bytes);
    }
    sc_release(env, in.room);
    return status == SOCLE_STATUS_NOT_FOUND ? SOCLE_STATUS_IO : status;
}

/* ---- Opening ---- */

static socle_status append(stream *of, const char *first, const sc_idx_rows *rows,
                           const char *path) {
    const int64_t before = of->pieces > 1 ? of->idx.size[0] : 0;
    if (of->pieces > 1) SC_TRY(sc_idx_check_alike(of->env, &of->idx, first, &rows->idx, path));
    of->idx = rows->idx;
    of->idx.size[0] += before;
    if (of->idx.size[0] <= UINT32_MAX) return SOCLE_OK;
    return sc_fail(of->env, SOCLE_STATUS_DATA, "%s: makes more than %" PRIu32 " samples", path,
                   UINT32_MAX);
}

/* What is known of the file stays. */
static void close_file(sc_input *input) {
    sc_input open = *input;
    open.path = NULL;
    input->descriptor = -1;
    sc_input_close(&open);
}

static socle_status add_piece(stream *of, const char *first, const char *path) {
    sc_idx_rows rows;
    SC_TRY(sc_idx_open_rows(&rows, of->env, path));
    of->piece[of->pieces++] = (piece){.input = rows.input,
                                      .elements = rows.elements,
                                      .offset = rows.offset,
                                      .first = (uint32_t)of->idx.size[0]};
    if (of->pieces > FILES_OPEN) close_file(&of->piece[of->pieces - 1].input);
    return append(of, first, &rows, path);
}

static socle_status open_pieces(stream *of, const sc_files *files) {
    SC_TRY(sc_allocate(of->env, &of->piece, files->count, sizeof *of->piece));
    for (size_t i = 0; i < files->count; i++) SC_TRY(add_piece(of, files->path[0], files->path[i]));
    of->elements = 1;
    for (int d = 1; d < of->idx.rank; d++) of->elements *= (size_t)of->idx.size[d];
    of->bytes = of->elements * (of->idx.dtype == SOCLE_U8 ? 1 : 4);
    return SOCLE_OK;
}

static socle_status open_stream(stream **out, sc_env *env, const char *paths) {
    sc_files files;
    SC_TRY(sc_allocate(env, out, 1, sizeof **out));
    (*out)->env = env;
    socle_status status = sc_files_find(&files, env, paths);
    if (status == SOCLE_OK) {
        status = open_pieces(*out, &files);
        sc_files_free(&files);
    }
    if (status == SOCLE_OK) return SOCLE_OK;
    close_stream(*out);
    *out = NULL;
    return status;
}

/* Of the size and time of each file. */
static uint64_t stamp_of(const stream *of) {
    uint64_t stamp = 0;
    for (size_t p = 0; p < of->pieces; p++) {
        const uint64_t facts[] = {of->piece[p].input.size, of->piece[p].input.time};
        stamp = sc_hash_bytes(facts, sizeof facts, stamp).low;
    }
    return stamp;
}

/* The data set owns the stream if this succeeds. */
static socle_status add_rows(sc_dataset **out, stream *of, const char *label) {
    const sc_row_source source = {
        .user = of, .read = read_rows, .release = close_stream, .stamp = stamp_of(of)};
    socle_shape shape;
    SC_TRY(sc_dataset_create(out, of->env, label, of->idx.size[0]));
    sc_idx_sample_shape(&shape, &of->idx);
    return sc_dataset_add_streamed(*out, sc_column_name(SC_COLUMN_INPUT), of->idx.dtype, &shape,
                                   &source);
}

static socle_status stream_images(sc_dataset **out, sc_env *env, const char *images,
                                  const char *label, sc_image_layout layout) {
    stream *of;
    SC_TRY(open_stream(&of, env, images));
    socle_status status = sc_idx_order_sizes(&of->moves, &of->idx, env, label, layout);
    if (status == SOCLE_OK) status = add_rows(out, of, label);
    if (status != SOCLE_OK) close_stream(of);
    return status;
}

socle_status sc_dataset_stream_images(sc_dataset **out, sc_env *env, const char *images,
                                      const char *labels, sc_image_layout layout) {
    char *label;
    *out = NULL;
    SC_TRY(sc_files_label(&label, env, images));
    socle_status status = stream_images(out, env, images, label, layout);
    sc_release(env, label);
    if (status == SOCLE_OK && labels) status = sc_dataset_add_labels(*out, env, labels);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
