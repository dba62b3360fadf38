/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle bench` shows: tables, or rows as JSON or CSV, and the record that it leaves. Knows
 * nothing of how they are measured. */
#ifndef SC_CLI_BENCH_REPORT_H
#define SC_CLI_BENCH_REPORT_H

#include "bench/bench.h"
#include "cli/cli.h"

typedef struct sc_bench_report {
    sc_cli *cli;
    bool csv;
    json_t *machines;    /* of the record (bench/record.h), finished ones; NULL: none is kept */
    json_t *machine;     /* the one that is measured */
    sc_table *table;     /* of the rows of one kind */
    sc_bench_kind kind;  /* of the table */
    int unsteady, rows;  /* of all devices */
    socle_status status; /* first failure of printing */
} sc_bench_report;

void sc_bench_report_begin(sc_bench_report *report, sc_cli *cli, bool csv, bool keeps);
void sc_bench_report_device(sc_bench_report *report, const sc_device_info *info);
/* A sc_bench_sink; `user` is the report. */
void sc_bench_report_row(void *user, const sc_bench_row *row);
/* Prints what is left of the device's tables. What was measured becomes part of the record if it is
 * `whole`. */
void sc_bench_report_device_end(sc_bench_report *report, bool whole);
/* Writes the record to `path`, under its name or not at all. */
socle_status sc_bench_report_save(const sc_bench_report *report, bool quick, const char *path);
void sc_bench_report_end(sc_bench_report *report);

/* bench_compare.c: what `count` files hold, side by side. */
socle_status sc_bench_compare(sc_cli *cli, char *const *path, int count, bool csv);

#endif
