/* SPDX-License-Identifier: Apache-2.0 */
/* See progress.h. Nothing here writes a carriage return unless the terminal redraws lines. */
#include "cli/progress.h"
#include "base/text.h"
#include "nn/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_CELLS = 20, LEAST_CELLS = 4, LINE_TEXT = 256 };

bool sc_progress_live(const sc_cli *cli) {
    const char *terminal = getenv("TERM");
    return !cli->quiet && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

void sc_progress_begin(sc_progress_bar *bar, sc_cli *cli, const sc_net *net, int64_t batch) {
    *bar = (sc_progress_bar){.cli = cli, .net = net, .batch = batch, .live = sc_progress_live(cli)};
}

static size_t add(char line[LINE_TEXT], size_t used, const char *format, ...) SC_PRINTF(3, 4);
static size_t add(char line[LINE_TEXT], size_t used, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + used, LINE_TEXT - used, format, arguments);
    va_end(arguments);
    if (length < 0) return used;
    return used + (size_t)length < LINE_TEXT ? used + (size_t)length : LINE_TEXT - 1;
}

static size_t add_bar(char line[LINE_TEXT], size_t used, double part, int cells) {
    int full = (int)(part * cells);
    if (full > cells) full = cells;
    used = add(line, used, "[");
    for (int i = 0; i < cells; i++)
        used = add(line, used, "%s", i < full ? "=" : i == full ? ">" : " ");
    return add(line, used, "] ");
}

static size_t add_remaining(char line[LINE_TEXT], size_t used, const sc_progress *progress) {
    double seconds = (double)(progress->rows - progress->row) / progress->samples_per_second;
    if (!(seconds >= 0 && seconds < 360000)) return used;
    long whole = lround(seconds);
    if (whole >= 3600)
        return add(line, used, " ETA %ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return add(line, used, " ETA %ld:%02ld", whole / 60, whole % 60);
}

/* What stands left and right of the bar. What a narrow line has no room for goes in this order: the
 * time of a step, the steps. */
enum { WITH_STEPS = 1, WITH_TIME = 2 };

static int write_line(char line[LINE_TEXT], const sc_progress_bar *bar, const sc_progress *progress,
                      int parts, int cells) {
    int64_t steps = sc_ceil_div(progress->rows, bar->batch),
            done = sc_ceil_div(progress->row, bar->batch);
    double part = (double)progress->row / (double)progress->rows;
    size_t used =
        add(line, 0, "Epoch %lld/%lld ", (long long)progress->epoch, (long long)progress->epochs);
    if (parts & WITH_STEPS)
        used = add(line, used, " %lld/%lld ", (long long)done, (long long)steps);
    if (cells) used = add_bar(line, used, part, cells);
    used = add(line, used, "%3.0f%%", 100 * part);
    if ((parts & WITH_TIME) && progress->samples_per_second > 0)
        used = add(line, used, " %.3g ms/step",
                   1e3 * (double)bar->batch / progress->samples_per_second);
    if (isfinite(progress->loss)) used = add(line, used, " loss %.4g", progress->loss);
    for (int m = 0; m < bar->net->metrics; m++)
        if (isfinite(progress->metric[m]))
            used = add(line, used, " %s %.3f", bar->net->metric[m]->brief, progress->metric[m]);
    return (int)add_remaining(line, used, progress);
}

/* The bar takes what the numbers leave. */
static void fit_line(char line[LINE_TEXT], const sc_progress_bar *bar, const sc_progress *progress,
                     int room) {
    static const int parts[] = {WITH_STEPS | WITH_TIME, WITH_STEPS, 0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int left = room - write_line(line, bar, progress, parts[i], 0) - (int)strlen("[] ");
        if (left >= LEAST_CELLS)
            write_line(line, bar, progress, parts[i], left < BAR_CELLS ? left : BAR_CELLS);
        if (left >= -(int)strlen("[] ")) return;
    }
}

void sc_progress_show(sc_progress_bar *bar, const sc_progress *progress) {
    if (!bar->live) return;
    char line[LINE_TEXT];
    int room = sc_terminal_width(STDERR_FILENO) - 1;
    fit_line(line, bar, progress, room);
    flockfile(stderr);
    fprintf(stderr, "\r%.*s\033[K", room, line);
    fflush(stderr);
    bar->cli->bar_shown = true;
    funlockfile(stderr);
}

static size_t add_mean(char line[LINE_TEXT], size_t used, const char *prefix, const char *name,
                       double value) {
    return isfinite(value) ? add(line, used, "  %s%s %.4f", prefix, name, value) : used;
}

static size_t add_means(char line[LINE_TEXT], size_t used, const sc_net *net, const char *prefix,
                        double loss, const double *metric) {
    used = add_mean(line, used, prefix, "loss", loss);
    for (int m = 0; m < net->metrics; m++)
        used = add_mean(line, used, prefix, sc_metric_word(net->metric[m]), metric[m]);
    return used;
}

/* Where a terminal has no room for a line, what was validated has one of its own. */
static bool is_too_long(size_t columns) {
    return isatty(STDERR_FILENO) && columns > (size_t)sc_terminal_width(STDERR_FILENO);
}

void sc_progress_epoch(sc_progress_bar *bar, const sc_epoch_report *report, int64_t epochs) {
    char line[LINE_TEXT], validation[LINE_TEXT] = "";
    size_t used = add(line, 0, "epoch %lld/%lld", (long long)report->epoch, (long long)epochs);
    used = add_means(line, used, bar->net, "", report->loss, report->metric);
    used = add_mean(line, used, "", "penalty", report->penalty);
    used = add(line, used, "  %.0f samples/s  %.1f s", report->samples_per_second, report->seconds);
    if (report->scaling.skipped > 0)
        used = add(line, used, "  scale %g, %.0f skipped", report->scaling.scale,
                   report->scaling.skipped);
    size_t more = add_means(validation, 0, bar->net, "val_", report->val_loss, report->val_metric);
    if (report->best && more) more = add(validation, more, "  best");
    sc_cli_say(bar->cli, "%s%s%s", line, more && is_too_long(used + more) ? "\n" : "", validation);
}
