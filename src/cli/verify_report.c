/* SPDX-License-Identifier: Apache-2.0 */
/* See verify_report.h. */
#include "cli/verify_report.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { REASON_TEXT = 200, MOST_DECLINED = 256, WORD_TEXT = 64 };

/* Rows that one implementation declined for one reason; `implementation` "any": the device has
 * none. */
struct sc_verify_declined {
    char device[SC_ID_TEXT], implementation[WORD_TEXT], reason[REASON_TEXT];
    sc_op op;
    int rows;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void sc_verify_report_begin(sc_verify_report *report, sc_cli *cli) {
    const char *terminal = getenv("TERM");
    *report = (sc_verify_report){.cli = cli, .told = now()};
    report->live =
        !cli->quiet && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    if (sc_allocate(&cli->env, &report->declined, MOST_DECLINED, sizeof *report->declined) !=
        SOCLE_OK)
        report->declined = NULL; /* the totals still count them */
}

void sc_verify_report_end(sc_verify_report *report) {
    sc_release(&report->cli->env, report->declined);
    report->declined = NULL;
}

/* A long run shows where it is: four times a second on a terminal, else a line every half minute.
 */
static void show_progress(sc_verify_report *report, const sc_verify_row *row) {
    enum { PERCENT = 100 };
    double seconds = now() - report->told;
    if (seconds < (report->live ? 0.25 : 30)) return;
    report->told += seconds;
    char line[WORD_TEXT * 3];
    snprintf(line, sizeof line, "%s: %lld %% of %lld cases, %s, %d failed", row->device,
             (long long)(row->at * PERCENT / row->of), (long long)row->of, sc_op_word(row->op),
             report->failed);
    if (!report->live) {
        sc_cli_say(report->cli, "%s", line);
        return;
    }
    flockfile(stderr);
    fprintf(stderr, "\r%.79s\033[K", line);
    fflush(stderr);
    report->cli->bar_shown = true;
    funlockfile(stderr);
}

static void count_declined(sc_verify_report *report, const sc_verify_row *row) {
    sc_verify_declined entry = {.op = row->op, .rows = 1};
    snprintf(entry.device, sizeof entry.device, "%s", row->device);
    snprintf(entry.implementation, sizeof entry.implementation, "%s", row->implementation);
    snprintf(entry.reason, sizeof entry.reason, "%.*s", REASON_TEXT - 1, row->message);
    for (int i = 0; i < report->declined_count; i++) {
        sc_verify_declined *known = &report->declined[i];
        if (known->op != entry.op || strcmp(known->device, entry.device) != 0 ||
            strcmp(known->implementation, entry.implementation) != 0 ||
            strcmp(known->reason, entry.reason) != 0)
            continue;
        known->rows++;
        return;
    }
    if (report->declined && report->declined_count < MOST_DECLINED)
        report->declined[report->declined_count++] = entry;
}

static void print_json(sc_cli *cli, const sc_verify_row *row) {
    static const char *const words[] = {"pass", "fail", "unsupported"};
    json_t *event = sc_report("check");
    sc_report_text(event, "device", row->device);
    sc_report_text(event, "operation", sc_op_word(row->op));
    sc_report_text(event, "implementation", row->implementation);
    sc_report_integer(event, "case", row->number);
    sc_report_text(event, "label", row->label ? row->label : "");
    sc_report_text(event, "state", words[row->state]);
    sc_report_number(event, "worst", row->worst);
    if (row->state != SC_VERIFY_PASS) sc_report_text(event, "message", row->message);
    sc_report_text(event, "repeat", row->repro);
    sc_report_print(cli, event);
}

static void print_row(const sc_cli *cli, const sc_verify_row *row) {
    const char *op = sc_op_word(row->op), *label = row->label ? row->label : "";
    bool passed = row->state == SC_VERIFY_PASS;
    if (row->state == SC_VERIFY_FAIL)
        printf("FAIL %s %s %s case %d (%s): %s: %s\n    %s\n", row->device, op, row->implementation,
               row->number, label, row->what, row->message, row->repro);
    else if (cli->verbose)
        printf("%s %s %s %s case %d (%s)%s%s\n", passed ? "ok  " : "none", row->device, op,
               row->implementation, row->number, label, passed ? "" : ": ",
               passed ? "" : row->message);
}

void sc_verify_report_row(void *user, const sc_verify_row *row) {
    sc_verify_report *report = user;
    if (strcmp(report->device, row->device) != 0) {
        snprintf(report->device, sizeof report->device, "%s", row->device);
        sc_cli_say(report->cli, "checking %s", row->device);
    }
    report->failed += row->state == SC_VERIFY_FAIL;
    if (row->state == SC_VERIFY_UNSUPPORTED) count_declined(report, row);
    if (report->cli->json)
        print_json(report->cli, row);
    else
        print_row(report->cli, row);
    show_progress(report, row);
}

static void print_declined(const sc_verify_report *report) {
    for (int i = 0; i < report->declined_count; i++) {
        const sc_verify_declined *d = &report->declined[i];
        printf("unsupported: %s %s %s, %d row%s: %s\n", d->device, sc_op_word(d->op),
               d->implementation, d->rows, d->rows == 1 ? "" : "s", d->reason);
    }
}

void sc_verify_report_totals(sc_verify_report *report, const sc_verify_totals *totals) {
    if (!report->cli->json) {
        if (!report->cli->quiet) print_declined(report);
        printf("%d rows on %d device%s through %d implementation%s: %d passed, %d failed, %d "
               "unsupported\n",
               totals->pass + totals->fail + totals->unsupported, totals->devices,
               totals->devices == 1 ? "" : "s", totals->implementations,
               totals->implementations == 1 ? "" : "s", totals->pass, totals->fail,
               totals->unsupported);
        return;
    }
    json_t *event = sc_report("done");
    sc_report_integer(event, "passed", totals->pass);
    sc_report_integer(event, "failed", totals->fail);
    sc_report_integer(event, "unsupported", totals->unsupported);
    sc_report_integer(event, "devices", totals->devices);
    sc_report_integer(event, "implementations", totals->implementations);
    sc_report_print(report->cli, event);
}
