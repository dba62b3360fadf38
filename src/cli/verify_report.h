/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle verify` shows: rows as they come, how far it is, the totals, and what no
 * implementation took or some declined. Knows nothing of how rows are made. */
#ifndef SC_CLI_VERIFY_REPORT_H
#define SC_CLI_VERIFY_REPORT_H

#include "cli/cli.h"
#include "verify/verify.h"

typedef struct sc_verify_declined sc_verify_declined;

typedef struct sc_verify_report {
    sc_cli *cli;
    char device[SC_ID_TEXT]; /* under way, as last announced */
    bool live;               /* the terminal can be redrawn */
    double told;             /* seconds of the clock when progress was last shown */
    int failed;
    sc_verify_declined *declined; /* list of `declined_count` */
    int declined_count;
} sc_verify_report;

void sc_verify_report_begin(sc_verify_report *report, sc_cli *cli);
void sc_verify_report_end(sc_verify_report *report);
/* A sc_verify_sink; `user` is the report. */
void sc_verify_report_row(void *user, const sc_verify_row *row);
void sc_verify_report_totals(sc_verify_report *report, const sc_verify_totals *totals);

#endif
