/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees of a run on standard error: a bar that redraws itself on a terminal, one line
 * per epoch anywhere. */
#ifndef SC_CLI_PROGRESS_H
#define SC_CLI_PROGRESS_H

#include "cli/cli.h"
#include "train/fit.h"

typedef struct sc_progress_bar {
    sc_cli *cli;
    bool live; /* the terminal can be redrawn */
    int64_t batch;
    const sc_net *net; /* whose metrics are shown */
} sc_progress_bar;

/* Whether a bar may be drawn on standard error. */
bool sc_progress_live(const sc_cli *cli);
/* The net must outlive the bar. */
void sc_progress_begin(sc_progress_bar *bar, sc_cli *cli, const sc_net *net, int64_t batch);
void sc_progress_show(sc_progress_bar *bar, const sc_progress *progress);
void sc_progress_epoch(sc_progress_bar *bar, const sc_epoch_report *report, int64_t epochs);

#endif
