/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a run: metrics.jsonl and metrics.csv in its directory, one line per epoch, written
 * as the epochs end. Knows nothing of training. */
#ifndef SC_IO_METRICS_H
#define SC_IO_METRICS_H

#include "base/env.h"

enum { SC_METRICS_COLUMNS = 32 };

/* What an epoch has values of, beside its number: the names, in the order of both files. */
typedef struct sc_metrics_columns {
    int count;
    const char *name[SC_METRICS_COLUMNS]; /* borrowed, for as long as the record is open */
} sc_metrics_columns;

/* What is NaN is missing: an empty field of the CSV, no member of the JSON. */
typedef struct sc_metrics_row {
    int64_t epoch; /* from 1 */
    double value[SC_METRICS_COLUMNS];
} sc_metrics_row;

typedef struct sc_metrics sc_metrics;

#define SC_METRICS_FILE "metrics.jsonl"
#define SC_METRICS_TABLE "metrics.csv"
enum { SC_METRICS_BYTES = 64 << 20 }; /* of a record that is read again, at most */

/* Rows of epochs 1..keep that the directory already holds stay (a resumed run), all others go; 0
 * starts afresh. Of a row that stays the JSON keeps values of other columns too. The directory must
 * exist. Errors: NOT_FOUND, IO. */
socle_status sc_metrics_open(sc_metrics **out, sc_env *env, const char *directory,
                             const sc_metrics_columns *columns, int64_t keep);
/* The row is in both files when this returns OK. What a file did not take (IO) is written with the
 * next row, or by sc_metrics_flush; until then the file ends with the last whole row. */
socle_status sc_metrics_append(sc_metrics *metrics, const sc_metrics_row *row);
socle_status sc_metrics_flush(sc_metrics *metrics);
void sc_metrics_close(sc_metrics *metrics); /* NULL is fine */

/* metrics_read.c: a record as columns. */
enum { SC_METRICS_NAME = 104 };
typedef struct sc_metrics_column {
    char name[SC_METRICS_NAME];
    double *value; /* one per row; NaN: missing */
} sc_metrics_column;
typedef struct sc_metrics_table {
    sc_env *env;
    size_t rows;
    double *epoch;
    int columns;
    sc_metrics_column column[SC_METRICS_COLUMNS];
} sc_metrics_table;
/* Of DIRECTORY/metrics.jsonl; a last line that is not whole, as of a run under way, is passed over.
 * Errors: NOT_FOUND (there is no record), DATA (a line is none, names it; more columns), IO. */
socle_status sc_metrics_table_read(sc_metrics_table *out, sc_env *env, const char *directory);
void sc_metrics_table_free(sc_metrics_table *table); /* a zeroed one is fine */
/* The values of a column; NULL: there is none. */
const double *sc_metrics_find(const sc_metrics_table *table, const char *name);

#endif
