/* SPDX-License-Identifier: Apache-2.0 */
/* See tune_report.h. */
#include "cli/tune_report.h"

#include <unistd.h>

/* For people: "matmul(f32[N=1,1024],...)" without what goes without saying. */
enum { SHAPE_SHOWN = 100 };

static void draw(sc_tune_printer *printer, const sc_tune_report *report) {
    char line[256];
    if (!printer->live) return;
    snprintf(line, sizeof line, "tuning %s, shape %d/%d: %s, %d of %d tried, %s", printer->device,
             report->number, report->of, sc_op_word(report->shape->desc.op), report->tried,
             report->candidates, report->candidate ? report->candidate : "");
    flockfile(stderr);
    fprintf(stderr, "\r%.*s\033[K", sc_terminal_width(STDERR_FILENO) - 1, line);
    fflush(stderr);
    printer->cli->bar_shown = true;
    funlockfile(stderr);
}

static void print_json(const sc_tune_printer *printer, const sc_tune_report *report) {
    json_t *event = sc_report("tuned");
    sc_report_text(event, "device", printer->device);
    sc_report_text(event, "operation", sc_op_word(report->shape->desc.op));
    sc_report_text(event, "shape", report->shape->name);
    sc_report_integer(event, "launches", report->shape->launches);
    sc_report_integer(event, "tried", report->tried);
    if (report->candidate) {
        sc_report_text(event, "best", report->candidate);
        sc_report_number(event, "microseconds", report->seconds * 1e6);
    }
    if (report->standard > 0)
        sc_report_number(event, "standard_microseconds", report->standard * 1e6);
    sc_report_print(printer->cli, event);
}

static void print_text(const sc_tune_report *report) {
    printf("%d/%d  %.*s\n      ", report->number, report->of, SHAPE_SHOWN, report->shape->name);
    if (report->candidate)
        printf("%s: %.1f us", report->candidate, report->seconds * 1e6);
    else
        printf("nothing was found");
    if (report->candidate && report->standard > 0)
        printf(", as it was %.1f us", report->standard * 1e6);
    printf(", %d tried now\n", report->tried);
    fflush(stdout);
}

static void clear(sc_tune_printer *printer) {
    if (!printer->live || !printer->cli->bar_shown) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    printer->cli->bar_shown = false;
}

void sc_tune_print(void *user, const sc_tune_report *report) {
    sc_tune_printer *printer = user;
    sc_cli *cli = printer->cli;
    if (report->event != SC_TUNE_END) {
        if (report->why && cli->verbose) sc_cli_say(cli, "%s: %s", report->candidate, report->why);
        draw(printer, report);
        return;
    }
    clear(printer);
    if (cli->json)
        print_json(printer, report);
    else
        print_text(report);
}
