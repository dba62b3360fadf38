/* SPDX-License-Identifier: Apache-2.0 */
/* Several CSV files as one table. See frame.h. */
#include "data/files.h"
#include "data/frame.h"
#include "io/quote.h"

#include <string.h>

static socle_status check_columns(const sc_frame *frame, const sc_frame *more) {
    if (frame->columns != more->columns)
        return sc_fail(frame->env, SOCLE_STATUS_DATA,
                       "%s: has %zu columns, %s has %zu, and both are to be one table", more->label,
                       more->columns, frame->label, frame->columns);
    for (size_t c = 0; frame->header && c < frame->columns; c++)
        if (strcmp(sc_frame_name(frame, c), sc_frame_name(more, c)) != 0)
            return sc_fail(frame->env, SOCLE_STATUS_DATA,
                           "%s: column %zu is named '%s', in %s it is '%s', and both are to be one "
                           "table",
                           more->label, c + 1, sc_quote(sc_frame_name(more, c)).text, frame->label,
                           sc_quote(sc_frame_name(frame, c)).text);
    return SOCLE_OK;
}

static socle_status make_room(sc_frame *frame, const sc_frame *more, size_t cells) {
    sc_env *env = frame->env;
    size_t text, count, lines;
    if (!sc_add_size(&text, frame->length, more->length) ||
        !sc_add_size(&count, frame->cells, cells) ||
        !sc_add_size(&lines, frame->lines, more->rows) || lines > UINT32_MAX)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: makes the table too large", more->label);
    SC_TRY(sc_grow(env, &frame->text, &frame->text_capacity, text, 1));
    SC_TRY(sc_grow(env, &frame->cell, &frame->cell_capacity, count, sizeof *frame->cell));
    SC_TRY(sc_grow(env, &frame->line, &frame->line_capacity, lines, sizeof *frame->line));
    return sc_grow(env, &frame->part, &frame->part_capacity, frame->parts + 1, sizeof *frame->part);
}

static socle_status append(sc_frame *frame, const sc_frame *more) {
    size_t skipped = more->header ? more->columns : 0, cells = more->cells - skipped;
    SC_TRY(check_columns(frame, more));
    SC_TRY(make_room(frame, more, cells));
    sc_frame_part *part = &frame->part[frame->parts];
    SC_TRY(sc_copy_string(frame->env, &part->label, more->label));
    part->row = frame->rows;
    frame->parts++;
    memcpy(frame->text + frame->length, more->text, more->length);
    for (size_t i = 0; i < cells; i++)
        frame->cell[frame->cells + i] = more->cell[skipped + i] + frame->length;
    memcpy(frame->line + frame->lines, more->line + more->header, more->rows * sizeof *frame->line);
    frame->length += more->length;
    frame->cells += cells;
    frame->lines += more->rows;
    frame->rows += more->rows;
    return SOCLE_OK;
}

static socle_status read_files(sc_frame *out, const sc_files *files,
                               const sc_frame_format *format) {
    sc_frame_format same = format ? *format : (sc_frame_format){0};
    SC_TRY(sc_frame_read_csv_file(out, files->env, files->path[0], format));
    same.header = out->header ? "yes" : "no";
    same.decimal = out->decimal;
    for (size_t i = 1; i < files->count; i++) {
        sc_frame more;
        SC_TRY(sc_frame_read_csv_file(&more, files->env, files->path[i], &same));
        socle_status status = append(out, &more);
        sc_frame_free(&more);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

socle_status sc_frame_read_csv(sc_frame *out, sc_env *env, const char *paths,
                               const sc_frame_format *format) {
    sc_files files;
    *out = (sc_frame){0};
    SC_TRY(sc_files_find(&files, env, paths));
    socle_status status = read_files(out, &files, format);
    sc_files_free(&files);
    if (status != SOCLE_OK) sc_frame_free(out);
    return status;
}
