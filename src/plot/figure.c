/* SPDX-License-Identifier: Apache-2.0 */
/* See figure.h. */
#include "plot/figure.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

socle_status sc_figure_create(sc_figure **out, sc_env *env) {
    sc_figure *figure;
    *out = NULL;
    SC_TRY(sc_allocate(env, &figure, 1, sizeof *figure));
    socle_status status = sc_arena_create(&figure->arena, env);
    if (status != SOCLE_OK) {
        sc_release(env, figure);
        return status;
    }
    figure->env = env;
    figure->across = 1;
    *out = figure;
    return SOCLE_OK;
}

void sc_figure_destroy(sc_figure *figure) {
    if (!figure) return;
    sc_arena_destroy(figure->arena);
    sc_release(figure->env, figure);
}

/* NULL after a failure, which is remembered. */
static void *take(sc_figure *figure, size_t count, size_t size) {
    void *memory = NULL;
    if (figure->status == SOCLE_OK)
        figure->status = sc_arena_allocate(figure->arena, &memory, count, size);
    return figure->status == SOCLE_OK ? memory : NULL;
}

static const double *copy_numbers(sc_figure *figure, const double *number, size_t count) {
    double *copy = number ? take(figure, count, sizeof *copy) : NULL;
    if (copy) memcpy(copy, number, count * sizeof *copy);
    return copy;
}

/* Bytes of the UTF-8 character at `text`; 0: there is none (Unicode 15, table 3-7). */
static size_t character(const unsigned char *text) {
    size_t length = text[0] < 0x80   ? 1
                    : text[0] < 0xC2 ? 0
                    : text[0] < 0xE0 ? 2
                    : text[0] < 0xF0 ? 3
                    : text[0] < 0xF5 ? 4
                                     : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80) return 0;
    if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
        (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F))
        return 0;
    return length;
}

/* In place: nothing becomes longer. */
static void clean(char *text) {
    char *to = text;
    for (const char *from = text; *from;) {
        const unsigned char *byte = (const unsigned char *)from;
        size_t length = character(byte);
        bool control = (byte[0] < 0x20 && byte[0] != '\n') || byte[0] == 0x7F ||
                       (byte[0] == 0xC2 && byte[1] < 0xA0);
        if (control || !length) {
            *to++ = '?';
            from += length ? length : 1;
        } else {
            while (length--) *to++ = *from++;
        }
    }
    *to = '\0';
}

static const char *copy_text(sc_figure *figure, const char *text) {
    char *copy = text ? take(figure, strlen(text) + 1, 1) : NULL;
    if (!copy) return NULL;
    strcpy(copy, text);
    clean(copy);
    return copy;
}

static const char *const *copy_texts(sc_figure *figure, const char *const *text, size_t count) {
    const char **copy = text ? take(figure, count, sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < count; i++) copy[i] = copy_text(figure, text[i]);
    return copy;
}

static const char *format_text(sc_figure *figure, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : take(figure, (size_t)length + 1, 1);
    if (!text) return "";
    vsnprintf(text, (size_t)length + 1, format, arguments);
    clean(text);
    return text;
}

const char *sc_figure_word(sc_figure *figure, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_text(figure, format, arguments);
    va_end(arguments);
    return text;
}

void sc_figure_title(sc_figure *figure, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    figure->title = format_text(figure, format, arguments);
    va_end(arguments);
}

void sc_figure_note(sc_figure *figure, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    figure->note = format_text(figure, format, arguments);
    va_end(arguments);
}

sc_panel *sc_figure_panel(sc_figure *figure, const char *title, const char *x_label,
                          const char *y_label) {
    sc_panel *panel = take(figure, 1, sizeof *panel);
    if (!panel) panel = &figure->spare_panel;
    *panel = (sc_panel){.figure = figure,
                        .title = copy_text(figure, title),
                        .x = {.label = copy_text(figure, x_label), .low = NAN, .high = NAN},
                        .y = {.label = copy_text(figure, y_label), .low = NAN, .high = NAN}};
    if (panel == &figure->spare_panel) return panel;
    if (figure->last) figure->last->next = panel;
    if (!figure->first) figure->first = panel;
    figure->last = panel;
    return panel;
}

void sc_panel_words(sc_panel *panel, sc_axis *axis, const char *const *word, int count) {
    axis->word = copy_texts(panel->figure, word, (size_t)count);
    axis->words = axis->word ? count : 0;
}

/* `texts`: so many of mark->text; numbers and texts become the figure's own. */
static sc_mark *add(sc_panel *panel, const sc_mark *what, size_t numbers, size_t texts) {
    sc_figure *figure = panel->figure;
    sc_mark *mark = take(figure, 1, sizeof *mark);
    if (!mark) mark = &figure->spare_mark;
    *mark = *what;
    mark->next = NULL;
    mark->name = copy_text(figure, what->name);
    mark->x = copy_numbers(figure, what->x, numbers);
    mark->y = copy_numbers(figure, what->y, numbers);
    mark->size = copy_numbers(figure, what->size, what->count);
    mark->text = copy_texts(figure, what->text, texts);
    if (mark == &figure->spare_mark) return mark;
    if (panel->last) panel->last->next = mark;
    if (!panel->first) panel->first = mark;
    panel->last = mark;
    return mark;
}

static sc_mark *add_series(sc_panel *panel, sc_mark mark) {
    double *number = mark.x ? NULL : take(panel->figure, mark.count, sizeof *number);
    for (size_t i = 0; number && i < mark.count; i++) number[i] = (double)i;
    if (!mark.x) mark.x = number;
    return add(panel, &mark, mark.x ? mark.count : 0, 0);
}

sc_mark *sc_panel_line(sc_panel *panel, const char *name, sc_style style, size_t count,
                       const double *x, const double *y) {
    return add_series(panel, (sc_mark){SC_MARK_LINE, name, style, count, .x = x, .y = y});
}

sc_mark *sc_panel_points(sc_panel *panel, const char *name, sc_style style, size_t count,
                         const double *x, const double *y, const double *size) {
    return add_series(panel,
                      (sc_mark){SC_MARK_POINTS, name, style, count, .x = x, .y = y, .size = size});
}

sc_mark *sc_panel_bars(sc_panel *panel, const char *name, sc_style style, size_t count,
                       const double *edge, const double *y) {
    double *width = take(panel->figure, count, sizeof *width);
    for (size_t i = 0; width && i < count; i++) width[i] = edge[i + 1] - edge[i];
    const sc_mark mark = {SC_MARK_BARS, name, style, count, .x = edge, .y = y, .size = width};
    return add(panel, &mark, count, 0);
}

static sc_mark *add_grid(sc_panel *panel, sc_mark_kind kind, const sc_grid *grid) {
    sc_figure *figure = panel->figure;
    const size_t cells = (size_t)grid->rows * (size_t)grid->columns;
    const size_t values = (size_t)grid->count * (size_t)grid->channels * cells;
    const sc_mark what = {.kind = kind};
    sc_mark *mark = add(panel, &what, 0, 0);
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < values; i++) {
        low = fmin(low, grid->value[i]); /* passes over NaN */
        high = fmax(high, grid->value[i]);
    }
    mark->grid = *grid;
    mark->grid.value = copy_numbers(figure, grid->value, values);
    mark->grid.text =
        copy_texts(figure, grid->text, kind == SC_MARK_HEAT ? cells : (size_t)grid->count);
    mark->grid.scale = copy_text(figure, grid->scale);
    if (isnan(grid->low)) mark->grid.low = low <= high ? low : 0;
    if (isnan(grid->high)) mark->grid.high = low <= high ? high : 1;
    if (grid->colours == SC_DIVERGING && isnan(grid->low)) {
        mark->grid.high = fmax(fabs(mark->grid.low), fabs(mark->grid.high));
        mark->grid.low = -mark->grid.high;
    }
    return mark;
}

sc_mark *sc_panel_heat(sc_panel *panel, const sc_grid *grid) {
    return add_grid(panel, SC_MARK_HEAT, grid);
}

sc_mark *sc_panel_tiles(sc_panel *panel, const sc_grid *grid) {
    return add_grid(panel, SC_MARK_TILES, grid);
}

sc_mark *sc_panel_label(sc_panel *panel, sc_style style, double x, double y, const char *text) {
    const sc_mark mark = {SC_MARK_LABELS, .style = style, .count = 1,
                          .x = &x,        .y = &y,        .text = &text};
    return add(panel, &mark, 1, 1);
}

sc_mark *sc_panel_box(sc_panel *panel, sc_style style, double x, double y, double width,
                      const char *text) {
    const sc_mark mark = {SC_MARK_BOXES, .style = style, .count = 1,   .x = &x,
                          .y = &y,       .size = &width, .text = &text};
    return add(panel, &mark, 1, 1);
}

sc_mark *sc_panel_arrow(sc_panel *panel, sc_style style, double x0, double y0, double x1,
                        double y1) {
    const double x[2] = {x0, x1}, y[2] = {y0, y1};
    const sc_mark mark = {SC_MARK_ARROWS, .style = style, .count = 1, .x = x, .y = y};
    return add(panel, &mark, 2, 0);
}

bool sc_figure_is_picture(const char *path) {
    size_t length = strlen(path);
    return length > 4 &&
           (strcmp(path + length - 4, ".svg") == 0 || strcmp(path + length - 4, ".png") == 0);
}
