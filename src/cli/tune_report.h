/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle tune` says: a line that moves while it searches, and of each shape what was found. */
#ifndef SC_CLI_TUNE_REPORT_H
#define SC_CLI_TUNE_REPORT_H

#include "cli/cli.h"
#include "tune/search.h"

typedef struct sc_tune_printer {
    sc_cli *cli;
    const char *device; /* "opencl:0" */
    bool live;
    int tried; /* of shapes before this one */
} sc_tune_printer;

/* sc_tune_search.report; user: a sc_tune_printer. */
void sc_tune_print(void *printer, const sc_tune_report *report);

#endif
