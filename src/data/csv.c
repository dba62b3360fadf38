/* SPDX-License-Identifier: Apache-2.0 */
/* Reads CSV files into tables. libcsv takes cells out of bytes; here are the lines that messages
 * name, what the first line tells of the separator and the names, and what a table must be. */
#include "base/text.h"
#include "data/frame.h"
#include "io/quote.h"
#include "io/stream.h"

#include <csv.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct reader {
    sc_frame *frame;
    socle_status status;
    int64_t line;  /* of the bytes that are parsed now */
    int64_t begin; /* of the row that is being read */
    size_t width;  /* cells of it so far */
} reader;

static socle_status fail_at(const reader *in, int64_t line, const char *text) {
    return sc_fail(in->frame->env, SOCLE_STATUS_DATA, "%s:%" PRId64 ": %s", in->frame->label, line,
                   text);
}

static socle_status put_text(sc_frame *frame, size_t *at, const char *text, size_t length) {
    size_t needed;
    if (!sc_add_size(&needed, frame->length, length) || !sc_add_size(&needed, needed, 1))
        return sc_fail(frame->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: is too large", frame->label);
    SC_TRY(sc_grow(frame->env, &frame->text, &frame->text_capacity, needed, 1));
    *at = frame->length;
    if (length) memcpy(frame->text + *at, text, length);
    frame->text[*at + length] = '\0';
    frame->length = needed;
    return SOCLE_OK;
}

static socle_status put_cell(reader *in, const char *text, size_t length) {
    sc_frame *frame = in->frame;
    if (memchr(text, '\0', length))
        return fail_at(in, in->line,
                       "has a zero byte: this is no text, or UTF-16: save it as UTF-8");
    if (in->width == SC_FRAME_COLUMNS) return fail_at(in, in->line, "has more than 65536 cells");
    SC_TRY(sc_grow(frame->env, &frame->cell, &frame->cell_capacity, frame->cells + 1,
                   sizeof *frame->cell));
    SC_TRY(put_text(frame, &frame->cell[frame->cells], text, length));
    if (!sc_is_utf8(frame->text + frame->cell[frame->cells]))
        return fail_at(in, in->line, "is not UTF-8; save the file so, or use iconv");
    frame->cells++;
    in->width++;
    return SOCLE_OK;
}

static void on_cell(void *text, size_t length, void *user) {
    reader *in = user;
    if (in->status == SOCLE_OK) in->status = put_cell(in, text ? text : "", length);
}

static socle_status end_row(reader *in) {
    sc_frame *frame = in->frame;
    char text[96];
    if (!frame->lines) frame->columns = in->width;
    if (in->width != frame->columns) {
        snprintf(text, sizeof text, "has %zu cell%s, the first row has %zu", in->width,
                 in->width == 1 ? "" : "s", frame->columns);
        return fail_at(in, in->begin, text);
    }
    in->width = 0;
    SC_TRY(sc_grow(frame->env, &frame->line, &frame->line_capacity, frame->lines + 1,
                   sizeof *frame->line));
    frame->line[frame->lines++] = in->begin;
    return SOCLE_OK;
}

static void on_row(int end, void *user) {
    reader *in = user;
    (void)end;
    if (in->status == SOCLE_OK) in->status = end_row(in);
}

static socle_status check_parser(reader *in, struct csv_parser *parser, bool done) {
    SC_TRY(in->status);
    if (done) return SOCLE_OK;
    if (csv_error(parser) == CSV_EPARSE)
        return fail_at(in, in->line,
                       "a quote stands inside a cell: quote the whole cell, and double the quote");
    return sc_fail(in->frame->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory for a cell",
                   in->frame->label);
}

/* Bytes up to the end of a line: LF, CRLF or CR. */
static size_t line_bytes(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n') return i + 1;
        if (data[i] == '\r') return i + 1 < size && data[i + 1] == '\n' ? i + 2 : i + 1;
    }
    return size;
}

static socle_status parse_lines(reader *in, struct csv_parser *parser, const char *data,
                                size_t size) {
    const int rest = parser->pstate; /* before a row */
    while (size) {
        size_t bytes = line_bytes(data, size);
        if (parser->pstate == rest) in->begin = in->line;
        size_t parsed = csv_parse(parser, data, bytes, on_cell, on_row, in);
        SC_TRY(check_parser(in, parser, parsed == bytes));
        data += bytes;
        size -= bytes;
        in->line++;
    }
    if (csv_fini(parser, on_cell, on_row, in) != 0 && csv_error(parser) == CSV_EPARSE)
        return fail_at(in, in->begin, "a quote in this row is not closed before the file ends");
    return check_parser(in, parser, true);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Of the usual ones, which stands most often in the first line, outside quotes. Beside a semicolon,
 * a comma between digits is a decimal one. */
static char guess_separator(const char *data, size_t size) {
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t count[sizeof candidates] = {0}, best = 0, decimal = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && (quoted || (data[i] != '\n' && data[i] != '\r')); i++) {
        if (data[i] == '"') quoted = !quoted;
        for (size_t c = 0; c < sizeof candidates; c++)
            count[c] += !quoted && data[i] == candidates[c];
        decimal += !quoted && data[i] == ',' && i && is_digit(data[i - 1]) && i + 1 < size &&
                   is_digit(data[i + 1]);
    }
    if (count[1]) count[0] -= decimal;
    for (size_t c = 0; c < sizeof candidates; c++)
        if (count[c] > count[best]) best = c;
    return candidates[best];
}

/* What the cells of a column say of decimal commas. */
typedef struct comma_votes {
    size_t values, numbers; /* numbers: with or without a comma */
    bool comma, sure;       /* sure: one of them is no 1,234, where a comma may part thousands */
    bool point;
} comma_votes;

static void count_commas(comma_votes *votes, const char *cell) {
    const char *comma = strchr(cell, ',');
    double number;
    if (sc_cell_is_missing(cell)) return;
    votes->values++;
    if (!sc_cell_number(&number, cell, ',')) return;
    votes->numbers++;
    votes->point |= strchr(cell, '.') != NULL;
    votes->comma |= comma != NULL;
    votes->sure |= comma && strspn(comma + 1, "0123456789") != 3;
}

/* A comma where at least one column is of numbers once commas are decimal ones, and no cell is a
 * number with a point. The first row may be names. */
static char guess_decimal(const sc_frame *frame) {
    bool found = false, sure = false;
    for (size_t c = 0; c < frame->columns; c++) {
        comma_votes votes = {0};
        for (size_t l = frame->lines > 1; l < frame->lines; l++)
            count_commas(&votes, frame->text + frame->cell[l * frame->columns + c]);
        if (votes.point) return '.';
        if (!votes.comma || votes.numbers * 10 < votes.values * 9) continue;
        found = true;
        sure |= votes.sure;
    }
    return found && sure ? ',' : '.';
}

static bool guess_header(const sc_frame *frame) {
    double number;
    for (size_t c = 0; c < frame->columns; c++)
        if (sc_cell_number(&number, frame->text + frame->cell[c], frame->decimal)) return false;
    return true;
}

static socle_status name_column(sc_frame *frame, size_t column) {
    char text[32];
    frame->name[column] = frame->cell[column];
    if (frame->header && frame->text[frame->cell[column]]) return SOCLE_OK;
    int length = snprintf(text, sizeof text, "column%zu", column + 1);
    return put_text(frame, &frame->name[column], text, (size_t)length);
}

static socle_status name_columns(sc_frame *frame) {
    SC_TRY(sc_allocate(frame->env, &frame->name, frame->columns, sizeof *frame->name));
    for (size_t c = 0; c < frame->columns; c++) SC_TRY(name_column(frame, c));
    for (size_t c = 1; c < frame->columns; c++) {
        int64_t first = sc_frame_find(frame, sc_frame_name(frame, c));
        if ((size_t)first < c)
            return sc_fail(frame->env, SOCLE_STATUS_DATA,
                           "%s:%" PRId64 ": columns %" PRId64 " and %zu are both named '%s'",
                           frame->label, frame->line[0], first + 1, c + 1,
                           sc_quote(sc_frame_name(frame, c)).text);
    }
    return SOCLE_OK;
}

static socle_status finish(sc_frame *frame, const sc_frame_format *format) {
    if (!frame->lines)
        return sc_fail(frame->env, SOCLE_STATUS_DATA, "%s: is empty: there is no row in it",
                       frame->label);
    if (format->finds_decimal && !format->decimal) frame->decimal = guess_decimal(frame);
    frame->header = format->header ? strcmp(format->header, "yes") == 0 : guess_header(frame);
    frame->rows = frame->lines - frame->header;
    if (!frame->rows)
        return sc_fail(frame->env, SOCLE_STATUS_DATA, "%s: has names of columns, and no row",
                       frame->label);
    if (frame->rows > UINT32_MAX)
        return sc_fail(frame->env, SOCLE_STATUS_DATA, "%s: has more than 2^32 rows", frame->label);
    return name_columns(frame);
}

static socle_status parse(sc_frame *frame, const char *data, size_t size,
                          const sc_frame_format *format) {
    static const char mark[] = "\xEF\xBB\xBF";
    struct csv_parser parser;
    reader in = {.frame = frame, .line = 1, .begin = 1};
    if (size >= 3 && memcmp(data, mark, 3) == 0) data += 3, size -= 3;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return sc_fail(frame->env, SOCLE_STATUS_INTERNAL, "libcsv does not begin");
    char separator = format->separator ? format->separator : guess_separator(data, size);
    csv_set_delim(&parser, (unsigned char)separator);
    socle_status status = parse_lines(&in, &parser, data, size);
    csv_free(&parser);
    return status == SOCLE_OK ? finish(frame, format) : status;
}

socle_status sc_frame_parse_csv(sc_frame *out, sc_env *env, const char *label, const void *data,
                                size_t size, const sc_frame_format *format) {
    static const sc_frame_format found = {0};
    if (!format) format = &found;
    *out = (sc_frame){.env = env, .decimal = format->decimal ? format->decimal : '.'};
    socle_status status = sc_copy_string(env, &out->label, label);
    if (status == SOCLE_OK) status = parse(out, data, size, format);
    if (status != SOCLE_OK) sc_frame_free(out);
    return status;
}

enum { FIRST_READ = 1 << 16 };

static socle_status read_whole(sc_env *env, sc_stream *stream, char **data, size_t *size) {
    size_t capacity = 0, got = FIRST_READ;
    *size = 0;
    while (got == FIRST_READ) {
        SC_TRY(sc_grow(env, data, &capacity, *size + FIRST_READ, 1));
        SC_TRY(sc_stream_read(stream, *data + *size, FIRST_READ, &got));
        *size += got;
    }
    return SOCLE_OK;
}

socle_status sc_frame_read_csv_file(sc_frame *out, sc_env *env, const char *path,
                                    const sc_frame_format *format) {
    sc_input input;
    sc_stream *stream;
    char *data = NULL;
    size_t size;
    *out = (sc_frame){0};
    SC_TRY(sc_input_open(&input, env, path));
    SC_TRY(sc_stream_open(&stream, &input));
    socle_status status = read_whole(env, stream, &data, &size);
    sc_stream_close(stream);
    if (status == SOCLE_OK) status = sc_frame_parse_csv(out, env, path, data, size, format);
    sc_release(env, data);
    return status;
}
