/* SPDX-License-Identifier: Apache-2.0 */
/* A table of text cells, as a CSV file has it: columns with names, rows with the line that they
 * begin in. It says what a cell may be (nothing, a number, a date) and where in the file it stands;
 * what columns are for is in preparation.h. */
#ifndef SC_DATA_FRAME_H
#define SC_DATA_FRAME_H

#include "base/env.h"

enum { SC_FRAME_COLUMNS = 65536 };

/* Where the rows of another file begin. */
typedef struct sc_frame_part {
    char *label;
    size_t row;
} sc_frame_part;

typedef struct sc_frame {
    sc_env *env;
    char *label;         /* the file, for messages */
    sc_frame_part *part; /* of further files, in order */
    size_t parts, part_capacity;
    size_t columns, rows;
    bool header;  /* the first row of the file names the columns; else they are column1, column2 */
    char decimal; /* '.' or ',' */
    size_t *name; /* per column: where in `text` */
    size_t *cell; /* per row of the file and column: where in `text` */
    int64_t *line;
    char *text; /* zero-terminated cells */
    size_t length, text_capacity, cells, cell_capacity, lines, line_capacity;
} sc_frame;

/* How a file is to be understood. Zeroed: the separator and the header are found by looking. */
typedef struct sc_frame_format {
    char separator; /* one of , ; tab | and others; 0: of the first four, what the first line has
                       most */
    const char *header; /* "yes", "no"; NULL: it has one where no cell of the first row is a number
                         */
    char decimal;       /* of numbers; 0: a point */
    bool finds_decimal; /* `decimal` 0: a comma where the numbers of the file say so */
} sc_frame_format;

/* csv.c: one file. RFC 4180, plain or gzip: cells with separators, quotes ("") and line ends
 * between quotes, lines that end with LF, CRLF or CR, empty lines passed over, a byte order mark
 * too. Every row has as many cells as the first one. `format` NULL: as zeroed. Errors: NOT_FOUND,
 * IO, DATA (file and line), OUT_OF_MEMORY. */
socle_status sc_frame_read_csv_file(sc_frame *out, sc_env *env, const char *path,
                                    const sc_frame_format *format);
/* frame_files.c: several files (files.h) as one table: each has the columns of the first, and their
 * names if it has. Errors: also DATA (other columns). */
socle_status sc_frame_read_csv(sc_frame *out, sc_env *env, const char *paths,
                               const sc_frame_format *format);
/* The same for bytes in memory; `label` stands for the path in messages. */
socle_status sc_frame_parse_csv(sc_frame *out, sc_env *env, const char *label, const void *data,
                                size_t size, const sc_frame_format *format);
void sc_frame_free(sc_frame *frame); /* a zeroed one is fine */

const char *sc_frame_name(const sc_frame *frame, size_t column);
const char *sc_frame_cell(const sc_frame *frame, size_t row, size_t column);
/* The column of this name; -1: there is none. */
int64_t sc_frame_find(const sc_frame *frame, const char *name);
/* "rows.csv:7: column 3 'age': TEXT", with the line of the row. */
socle_status sc_frame_fail(const sc_frame *frame, size_t row, size_t column, const char *format,
                           ...) SC_PRINTF(4, 5);
/* "rows.csv: has no column 'agee'; did you mean 'age'?" */
socle_status sc_frame_fail_name(const sc_frame *frame, const char *name);

/* frame_cell.c. No value: nothing, or one of the words that stand for it (NA, N/A, NaN, null, None,
 * ?). */
bool sc_cell_is_missing(const char *cell);
/* A finite decimal number; `decimal` ',' takes 3,14. */
bool sc_cell_number(double *out, const char *cell, char decimal);
/* A day of the calendar, with a time or not (2024-02-29, 2024/02/29, 29.2.2024, 2024-02-29T13:30,
 * 2024-02-29 13:30:15), as days since 1970-01-01. */
bool sc_cell_date(double *out, const char *cell);
/* An order of cells: numbers by value, before texts by bytes. */
int sc_cell_compare(const char *a, const char *b);

#endif
