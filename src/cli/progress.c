/* SPDX-License-Identifier: Apache-2.0 */
/* See progress.h. Nothing here writes a carriage return unless the terminal redraws lines. */
#include "cli/progress.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_CELLS = 20, NARROW = 40, STANDARD_WIDTH = 80, LINE_TEXT = 256 };

void sc_progress_begin(sc_progress_bar *bar, sc_cli *cli, int64_t batch) {
    const char *terminal = getenv("TERM");
    *bar = (sc_progress_bar){.cli = cli, .batch = batch};
    bar->live = !cli->quiet && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

static int terminal_width(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return STANDARD_WIDTH;
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

static size_t add_bar(char line[LINE_TEXT], size_t used, double part) {
    int full = (int)(part * BAR_CELLS);
    if (full > BAR_CELLS) full = BAR_CELLS;
    used = add(line, used, "[");
    for (int i = 0; i < BAR_CELLS; i++)
        used = add(line, used, "%s", i < full ? "=" : i == full ? ">" : " ");
    return add(line, used, "] %3.0f%%", 100 * part);
}

static size_t add_remaining(char line[LINE_TEXT], size_t used, const sc_progress *progress) {
    double seconds = (double)(progress->rows - progress->row) / progress->samples_per_second;
    if (!(seconds >= 0 && seconds < 360000)) return used;
    long whole = lround(seconds);
    if (whole >= 3600)
        return add(line, used, " ETA %ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return add(line, used, " ETA %ld:%02ld", whole / 60, whole % 60);
}

void sc_progress_show(sc_progress_bar *bar, const sc_progress *progress) {
    if (!bar->live) return;
    char line[LINE_TEXT];
    int64_t steps = sc_ceil_div(progress->rows, bar->batch),
            done = sc_ceil_div(progress->row, bar->batch);
    size_t used = add(line, 0, "Epoch %lld/%lld  %lld/%lld ", (long long)progress->epoch,
                      (long long)progress->epochs, (long long)done, (long long)steps);
    used = add_bar(line, used, (double)progress->row / (double)progress->rows);
    if (progress->samples_per_second > 0)
        used = add(line, used, " %.3g ms/step",
                   1e3 * (double)bar->batch / progress->samples_per_second);
    if (isfinite(progress->loss)) used = add(line, used, " loss %.4g", progress->loss);
    if (isfinite(progress->accuracy)) used = add(line, used, " acc %.3f", progress->accuracy);
    add_remaining(line, used, progress);
    int width = terminal_width();
    flockfile(stderr);
    fprintf(stderr, "\r%.*s\033[K", width > NARROW ? width - 1 : NARROW, line);
    fflush(stderr);
    bar->cli->bar_shown = true;
    funlockfile(stderr);
}

static size_t add_metric(char line[LINE_TEXT], size_t used, const char *name, double value) {
    return isfinite(value) ? add(line, used, "  %s %.4f", name, value) : used;
}

void sc_progress_epoch(sc_progress_bar *bar, const sc_epoch_report *report, int64_t epochs) {
    char line[LINE_TEXT];
    bool validated = isfinite(report->val_loss);
    size_t used = add(line, 0, "epoch %lld/%lld", (long long)report->epoch, (long long)epochs);
    used = add_metric(line, used, "loss", report->loss);
    used = add_metric(line, used, "accuracy", report->accuracy);
    used = add_metric(line, used, "val_loss", report->val_loss);
    used = add_metric(line, used, "val_accuracy", report->val_accuracy);
    used = add(line, used, "  %.0f samples/s  %.1f s", report->samples_per_second, report->seconds);
    if (report->best && validated) add(line, used, "  best");
    sc_cli_say(bar->cli, "%s", line);
}
