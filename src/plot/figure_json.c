/* SPDX-License-Identifier: Apache-2.0 */
/* A figure as JSON: every number that is drawn, for another program that draws or checks them. */
#include "plot/figure.h"

#include <math.h>

static const char *const kinds[] = {
    [SC_MARK_LINE] = "line",   [SC_MARK_POINTS] = "points", [SC_MARK_BARS] = "bars",
    [SC_MARK_HEAT] = "heat",   [SC_MARK_TILES] = "tiles",   [SC_MARK_LABELS] = "labels",
    [SC_MARK_BOXES] = "boxes", [SC_MARK_ARROWS] = "arrows"};

static void put_text(json_t *object, const char *key, const char *text) {
    if (text) json_object_set_new(object, key, json_string(text));
}

static void put_number(json_t *object, const char *key, double value) {
    if (isfinite(value)) json_object_set_new(object, key, json_real(value));
}

/* What is not finite is null, as a gap of a line. */
static void put_numbers(json_t *object, const char *key, const double *value, size_t count) {
    if (!value) return;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, isfinite(value[i]) ? json_real(value[i]) : json_null());
    json_object_set_new(object, key, list);
}

static void put_texts(json_t *object, const char *key, const char *const *text, size_t count) {
    if (!text) return;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, json_string(text[i]));
    json_object_set_new(object, key, list);
}

static void put_grid(json_t *object, const sc_mark *mark) {
    const sc_grid *grid = &mark->grid;
    const size_t cells = (size_t)grid->rows * (size_t)grid->columns;
    json_object_set_new(object, "rows", json_integer(grid->rows));
    json_object_set_new(object, "columns", json_integer(grid->columns));
    json_object_set_new(object, "channels", json_integer(grid->channels));
    json_object_set_new(object, "count", json_integer(grid->count));
    put_numbers(object, "value", grid->value, (size_t)grid->count * (size_t)grid->channels * cells);
    put_texts(object, "text", grid->text, mark->kind == SC_MARK_HEAT ? cells : (size_t)grid->count);
    if (mark->kind == SC_MARK_HEAT) {
        const double edges[] = {grid->left, grid->right, grid->bottom, grid->top};
        put_numbers(object, "edges", edges, 4);
    }
    put_number(object, "low", grid->low);
    put_number(object, "high", grid->high);
    put_text(object, "scale", grid->scale);
}

static json_t *mark_json(const sc_mark *mark) {
    json_t *object = json_object();
    const size_t numbers = mark->kind == SC_MARK_ARROWS ? 2 * mark->count : mark->count;
    put_text(object, "kind", kinds[mark->kind]);
    put_text(object, "name", mark->name);
    if (mark->kind == SC_MARK_HEAT || mark->kind == SC_MARK_TILES) {
        put_grid(object, mark);
        return object;
    }
    put_numbers(object, "x", mark->x, numbers);
    put_numbers(object, "y", mark->y, numbers);
    put_numbers(object, "size", mark->size, mark->count);
    put_texts(object, "text", mark->text, mark->count);
    return object;
}

static json_t *axis_json(const sc_axis *axis) {
    json_t *object = json_object();
    put_text(object, "label", axis->label);
    if (axis->logarithmic) json_object_set_new(object, "logarithmic", json_true());
    put_texts(object, "words", axis->word, (size_t)axis->words);
    return object;
}

socle_status sc_figure_json(json_t **out, const sc_figure *figure) {
    *out = NULL;
    if (figure->status != SOCLE_OK) return figure->status;
    json_t *object = json_object(), *panels = json_array();
    put_text(object, "title", figure->title);
    put_text(object, "note", figure->note);
    for (const sc_panel *panel = figure->first; panel; panel = panel->next) {
        json_t *one = json_object(), *marks = json_array();
        put_text(one, "title", panel->title);
        json_object_set_new(one, "x", axis_json(&panel->x));
        json_object_set_new(one, "y", axis_json(&panel->y));
        for (const sc_mark *mark = panel->first; mark; mark = mark->next)
            json_array_append_new(marks, mark_json(mark));
        json_object_set_new(one, "marks", marks);
        json_array_append_new(panels, one);
    }
    if (json_object_set_new(object, "panels", panels) != 0) {
        json_decref(object);
        return sc_fail(figure->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for the figure as JSON");
    }
    *out = object;
    return SOCLE_OK;
}
