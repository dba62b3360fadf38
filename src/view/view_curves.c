/* SPDX-License-Identifier: Apache-2.0 */
/* Learning curves: every value of a run's record over its epochs. What validation gives is beside
 * what training gives, dashed. */
#include "io/metrics.h"
#include "view/view_list.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

enum { MOST_POINTS = 30 /* epochs that are marked one by one */ };
#define VALIDATION "val_"

typedef struct curves {
    const sc_view_request *request;
    sc_figure *figure;
    sc_metrics_table *table; /* one per run */
    sc_view_name *name;
} curves;

/* What the columns of a record are called where they are no metrics; those without a title are not
 * drawn: they say how fast a computer is. */
static const struct {
    const char *name, *title;
} known[] = {{"loss", "loss"},
             {"learning_rate", "learning rate"},
             {"loss_scale", "scale of the gradients"},
             {"samples_per_second", NULL},
             {"skipped_steps", NULL}};

static const char *title_of(const char *column) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, column) == 0) return known[i].title;
    return column;
}

static bool is_validation(const char *column) {
    return strncmp(column, VALIDATION, strlen(VALIDATION)) == 0;
}

static bool has_values(const double *value, size_t rows) {
    for (size_t i = 0; i < rows; i++)
        if (!isnan(value[i])) return true;
    return false;
}

/* A rate that stays says nothing. */
static bool varies(const curves *all, const char *column) {
    for (int r = 0; r < all->request->runs; r++) {
        const double *value = sc_metrics_find(&all->table[r], column);
        for (size_t i = 1; value && i < all->table[r].rows; i++)
            if (value[i] != value[0]) return true;
    }
    return false;
}

static void add_curve(const curves *all, sc_panel *panel, int run, const char *column,
                      bool validation) {
    const sc_metrics_table *table = &all->table[run];
    char key[SC_METRICS_NAME + sizeof VALIDATION];
    const bool one = all->request->runs == 1;
    snprintf(key, sizeof key, "%s%s", validation ? VALIDATION : "", column);
    const double *value = sc_metrics_find(table, key);
    if (!value || !has_values(value, table->rows)) return;
    const char *what = validation ? "validation" : "training";
    const char *name =
        one ? what : sc_figure_word(all->figure, "%s: %s", all->name[run].text, what);
    sc_style style = {.colour = one ? validation : run, .dash = validation, .symbol = validation};
    sc_panel_line(panel, name, style, table->rows, table->epoch, value);
    if (table->rows <= MOST_POINTS)
        sc_panel_points(panel, name, style, table->rows, table->epoch, value, NULL);
}

static void add_panel(const curves *all, const char *column) {
    const char *title = title_of(column);
    if (!title || (strcmp(column, "learning_rate") == 0 && !varies(all, column))) return;
    sc_panel *panel = sc_figure_panel(all->figure, NULL, "epoch", title);
    panel->x.whole = true;
    panel->y.logarithmic = all->request->logarithmic && strcmp(column, "loss") == 0;
    for (int r = 0; r < all->request->runs; r++) {
        add_curve(all, panel, r, column, false);
        add_curve(all, panel, r, column, true);
    }
}

/* Whether an earlier run has the column, so that its panel is there. */
static bool is_drawn(const curves *all, int run, const char *column) {
    for (int r = 0; r < run; r++)
        if (sc_metrics_find(&all->table[r], column)) return true;
    return false;
}

/* Where the loss of validation is least: behind that a run learns its training data by heart. */
static void add_note(const curves *all) {
    sc_text text;
    sc_text_init(&text, all->request->env);
    for (int r = 0; r < all->request->runs; r++) {
        const sc_metrics_table *table = &all->table[r];
        const double *value = sc_metrics_find(table, VALIDATION "loss");
        size_t best = 0;
        if (!value || !has_values(value, table->rows)) continue;
        for (size_t i = 1; i < table->rows; i++)
            if (isnan(value[best]) || value[i] < value[best]) best = i;
        sc_text_add(&text, "%s%s%sleast validation loss %.4g, in epoch %.0f of %.0f",
                    text.length ? "\n" : "", all->request->runs > 1 ? all->name[r].text : "",
                    all->request->runs > 1 ? ": " : "", value[best], table->epoch[best],
                    table->epoch[table->rows - 1]);
    }
    if (text.length) sc_figure_note(all->figure, "%s", text.data);
    sc_text_free(&text);
}

static socle_status read_runs(curves *all) {
    const sc_view_request *request = all->request;
    for (int r = 0; r < request->runs; r++) {
        const char *run = request->run[r];
        socle_status status = sc_view_is_run(request->env, run);
        if (status == SOCLE_OK) status = sc_metrics_table_read(&all->table[r], request->env, run);
        if (status == SOCLE_STATUS_NOT_FOUND)
            status =
                sc_fail(request->env, SOCLE_STATUS_DATA,
                        "%s: has no %s: it is not the directory of a run", run, SC_METRICS_FILE);
        SC_TRY(status);
        if (!all->table[r].rows)
            return sc_fail(request->env, SOCLE_STATUS_DATA,
                           "%s: no epoch has ended there yet, so there is nothing to draw", run);
    }
    return SOCLE_OK;
}

static void draw(const curves *all) {
    if (all->request->runs == 1)
        sc_figure_title(all->figure, "Learning curves of %s", all->name[0].text);
    else
        sc_figure_title(all->figure, "Learning curves of %d runs", all->request->runs);
    for (int r = 0; r < all->request->runs; r++)
        for (int c = 0; c < all->table[r].columns; c++) {
            const char *column = all->table[r].column[c].name;
            if (!is_validation(column) && !is_drawn(all, r, column)) add_panel(all, column);
        }
    add_note(all);
}

socle_status sc_view_curves(sc_figure *figure, const sc_view_request *request) {
    const size_t runs = (size_t)request->runs;
    curves all = {.request = request, .figure = figure};
    SC_TRY(sc_allocate(request->env, &all.table, runs, sizeof *all.table));
    socle_status status = sc_allocate(request->env, &all.name, runs, sizeof *all.name);
    if (status == SOCLE_OK) status = read_runs(&all);
    if (status == SOCLE_OK) {
        sc_view_names(all.name, request);
        draw(&all);
    }
    for (size_t r = 0; r < runs; r++) sc_metrics_table_free(&all.table[r]);
    sc_release(request->env, all.name);
    sc_release(request->env, all.table);
    return status;
}
