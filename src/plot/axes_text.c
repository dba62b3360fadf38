/* SPDX-License-Identifier: Apache-2.0 */
/* See axes_text.h: a panel with axes in characters. Series have a character each. */
#include "plot/axes_text.h"
#include "plot/canvas.h"
#include "plot/colour.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    STANDARD_LINES = 16,
    GAP = 2,
    X_TICK = 10, /* characters for a tick of the x axis */
    LINES_A_Y_TICK = 3
};

static const char series_characters[] = "*o+x#@%&abcdefgh";
static const char ramp[] = " .:-=+*#%@"; /* the share of ink rises */

/* A panel on its way to characters: the part with the marks is width x height cells from
 * (left, 0). */
typedef struct sheet {
    const sc_panel *panel;
    sc_range x_range, y_range;
    sc_ticks x_ticks, y_ticks;
    int left, width, height;
    sc_canvas canvas;
} sheet;

static bool has_character(const sc_mark *mark) {
    return mark->kind == SC_MARK_LINE || mark->kind == SC_MARK_POINTS || mark->kind == SC_MARK_BARS;
}

/* Marks of one name share their character; those without a name are dots, or bars. */
static char character_of(const sc_panel *panel, const sc_mark *mark) {
    int number = 0;
    if (!mark->name) return mark->kind == SC_MARK_BARS ? '#' : '.';
    for (const sc_mark *other = panel->first; other; other = other->next) {
        if (!has_character(other) || !other->name) continue;
        if (strcmp(other->name, mark->name) == 0) break;
        bool first = true;
        for (const sc_mark *before = panel->first; before != other; before = before->next)
            if (has_character(before) && before->name && strcmp(before->name, other->name) == 0)
                first = false;
        number += first;
    }
    return series_characters[number % (int)(sizeof series_characters - 1)];
}

char sc_text_ink(double share) {
    return ramp[(int)lrint(share * (double)(sizeof ramp - 2))];
}

/* False: it is nowhere. */
static bool cell_of(const sheet *sheet, double x, double y, int *column, int *row) {
    double right = sc_range_place(&sheet->x_range, x), up = sc_range_place(&sheet->y_range, y);
    if (!(fabs(right) <= 2) || !(fabs(up) <= 2)) return false;
    if (!sheet->panel->y.downward) up = 1 - up;
    *column = sheet->left + (int)lrint(right * (sheet->width - 1));
    *row = (int)lrint(up * (sheet->height - 1));
    return true;
}

/* Only what is inside the frame. */
static void put(sheet *sheet, int column, int row, char character) {
    if (column >= sheet->left && column < sheet->left + sheet->width && row >= 0 &&
        row < sheet->height)
        sc_canvas_put(&sheet->canvas, column, row, (uint32_t)(unsigned char)character);
}

static void draw_segment(sheet *sheet, const int from[2], const int to[2], char character) {
    const int across = to[0] - from[0], down = to[1] - from[1];
    const int steps = abs(across) > abs(down) ? abs(across) : abs(down);
    for (int i = 0; i <= steps; i++) {
        double part = steps ? (double)i / steps : 0;
        put(sheet, from[0] + (int)lrint(part * across), from[1] + (int)lrint(part * down),
            character);
    }
}

static void draw_line(sheet *sheet, const sc_mark *mark, char character) {
    bool begun = false;
    int before[2] = {0}, at[2];
    for (size_t i = 0; i < mark->count; i++) {
        if (!cell_of(sheet, mark->x[i], mark->y[i], &at[0], &at[1])) {
            begun = false;
            continue;
        }
        draw_segment(sheet, begun ? before : at, at, character);
        before[0] = at[0], before[1] = at[1], begun = true;
    }
}

static void draw_points(sheet *sheet, const sc_mark *mark, char character) {
    int x, y;
    for (size_t i = 0; i < mark->count; i++)
        if (cell_of(sheet, mark->x[i], mark->y[i], &x, &y)) put(sheet, x, y, character);
}

static void draw_bars(sheet *sheet, const sc_mark *mark, char character) {
    int from, to, top, bottom;
    for (size_t i = 0; i < mark->count; i++) {
        if (mark->y[i] == 0 || !cell_of(sheet, mark->x[i], mark->y[i], &from, &top) ||
            !cell_of(sheet, mark->x[i] + mark->size[i], 0, &to, &bottom))
            continue;
        if (to > from) to--;
        for (int x = from; x <= to; x++)
            for (int y = top < bottom ? top : bottom; y <= (top < bottom ? bottom : top); y++)
                put(sheet, x, y, character);
    }
}

static double difference(sc_rgb a, sc_rgb b) {
    return fabs(a.red - b.red) + fabs(a.green - b.green) + fabs(a.blue - b.blue);
}

/* Of colours by themselves, only where they change is seen. */
static char heat_character(const sc_grid *grid, int row, int column) {
    static const double least = 0.1;
    if (grid->channels == 1) return sc_text_ink(sc_grid_share(grid, 0, row, column));
    const sc_rgb here = sc_grid_colour(grid, 0, row, column);
    for (int by = 1; by <= 3; by++) {
        const int right = column + by < grid->columns ? column + by : column;
        const int below = row + by < grid->rows ? row + by : row;
        if (difference(here, sc_grid_colour(grid, 0, row, right)) > least ||
            difference(here, sc_grid_colour(grid, 0, below, column)) > least)
            return '.';
    }
    return ' ';
}

static void draw_heat(sheet *sheet, const sc_grid *grid) {
    for (int y = 0; y < sheet->height; y++)
        for (int x = 0; x < sheet->width; x++) {
            double right = (x + 0.5) / sheet->width, down = (y + 0.5) / sheet->height;
            double at = sheet->x_range.low + right * (sheet->x_range.high - sheet->x_range.low);
            if (!sheet->panel->y.downward) down = 1 - down;
            double up = sheet->y_range.low + down * (sheet->y_range.high - sheet->y_range.low);
            double column = (at - grid->left) / (grid->right - grid->left) * grid->columns;
            double row = (up - grid->top) / (grid->bottom - grid->top) * grid->rows;
            if (column >= 0 && row >= 0 && column < grid->columns && row < grid->rows)
                put(sheet, sheet->left + x, y, heat_character(grid, (int)row, (int)column));
        }
}

static int lines_of(const char *text) {
    int lines = 1;
    while ((text = strchr(text, '\n'))) text++, lines++;
    return lines;
}

static void draw_texts(sheet *sheet, const sc_mark *mark) {
    const bool boxed = mark->kind == SC_MARK_BOXES;
    int x, y;
    for (size_t i = 0; i < mark->count; i++) {
        const char *line = mark->text[i];
        if (!cell_of(sheet, mark->x[i], mark->y[i], &x, &y)) continue;
        y -= (lines_of(line) - 1) / 2;
        while (line) {
            int width = sc_text_width(line), most = sheet->width - 4;
            if (width > most) width = most;
            int from = x - width / 2;
            if (from < sheet->left + GAP) from = sheet->left + GAP;
            sc_canvas_text(&sheet->canvas, from, y, line, width);
            if (boxed) {
                put(sheet, from - 2, y, '[');
                put(sheet, from - 1, y, ' ');
                put(sheet, from + width, y, ' ');
                put(sheet, from + width + 1, y, ']');
            }
            line = strchr(line, '\n');
            if (line) line++, y++;
        }
    }
}

static void draw_arrows(sheet *sheet, const sc_mark *mark) {
    int x0, y0, x1, y1;
    for (size_t i = 0; i < mark->count; i++) {
        if (!cell_of(sheet, mark->x[2 * i], mark->y[2 * i], &x0, &y0) ||
            !cell_of(sheet, mark->x[2 * i + 1], mark->y[2 * i + 1], &x1, &y1))
            continue;
        const char slope = (x1 > x0) == (y1 > y0) ? '\\' : '/';
        draw_segment(sheet, (int[]){x0, y0}, (int[]){x1, y1},
                     x0 == x1   ? '|'
                     : y0 == y1 ? '-'
                                : slope);
        put(sheet, x1, y1, y1 > y0 ? 'v' : y1 < y0 ? '^' : x1 > x0 ? '>' : '<');
    }
}

static void draw_mark(sheet *sheet, const sc_mark *mark) {
    const char character = character_of(sheet->panel, mark);
    switch (mark->kind) {
    case SC_MARK_LINE:
        draw_line(sheet, mark, character);
        return;
    case SC_MARK_POINTS:
        draw_points(sheet, mark, character);
        return;
    case SC_MARK_BARS:
        draw_bars(sheet, mark, character);
        return;
    case SC_MARK_HEAT:
        draw_heat(sheet, &mark->grid);
        return;
    case SC_MARK_ARROWS:
        draw_arrows(sheet, mark);
        return;
    default:
        draw_texts(sheet, mark);
    }
}

static void draw_frame(sheet *sheet) {
    sc_canvas *canvas = &sheet->canvas;
    int x, y;
    for (int row = 0; row < sheet->height; row++) sc_canvas_put(canvas, sheet->left - 1, row, '|');
    sc_canvas_put(canvas, sheet->left - 1, sheet->height, '+');
    for (int column = 0; column < sheet->width; column++)
        sc_canvas_put(canvas, sheet->left + column, sheet->height, '-');
    for (int i = 0; i < sheet->y_ticks.count; i++) {
        if (!cell_of(sheet, sheet->x_range.low, sheet->y_ticks.at[i], &x, &y)) continue;
        int width = sc_text_width(sheet->y_ticks.text[i]), room = sheet->left - 2;
        if (width > room) width = room;
        if (y < 0 || y >= sheet->height || !sc_canvas_is_free(canvas, 0, y, room)) continue;
        sc_canvas_text(canvas, room - width, y, sheet->y_ticks.text[i], width);
        sc_canvas_put(canvas, sheet->left - 1, y, '+');
    }
    for (int i = 0; i < sheet->x_ticks.count; i++) {
        if (!cell_of(sheet, sheet->x_ticks.at[i], sheet->y_range.low, &x, &y)) continue;
        int width = sc_text_width(sheet->x_ticks.text[i]), from = x - width / 2;
        if (from < 0) from = 0;
        if (from + width > canvas->width) from = canvas->width - width;
        sc_canvas_put(canvas, x, sheet->height, '+');
        if (sc_canvas_is_free(canvas, from - 1, sheet->height + 1, width + 2))
            sc_canvas_text(canvas, from, sheet->height + 1, sheet->x_ticks.text[i], width);
    }
}

static void add_legend(sc_text *out, const sc_panel *panel, int columns) {
    int used = 0;
    for (const sc_mark *mark = panel->first; mark; mark = mark->next) {
        bool told = !mark->name || !has_character(mark);
        for (const sc_mark *before = panel->first; before != mark && !told; before = before->next)
            told = before->name && has_character(before) && strcmp(before->name, mark->name) == 0;
        if (told) continue;
        int width = 4 + sc_text_width(mark->name);
        if (used && used + width > columns) {
            sc_text_add(out, "\n");
            used = 0;
        }
        sc_text_add(out, "  %c ", character_of(panel, mark));
        sc_text_cut(out, mark->name, columns - 4);
        used += width;
    }
    if (used) sc_text_add(out, "\n");
}

void sc_text_scale(sc_text *out, const sc_grid *grid) {
    char low[SC_TICK_TEXT], high[SC_TICK_TEXT];
    if (!grid->scale) return;
    double step = pow(10, floor(log10(fmax(grid->high - grid->low, 1e-30))) - 1);
    sc_tick_text(low, grid->low, step);
    sc_tick_text(high, grid->high, step);
    sc_text_add(out, "  %s: from %s ('%c') to %s ('%c')\n", grid->scale, low, ramp[0], high,
                ramp[sizeof ramp - 2]);
}

socle_status sc_text_axes(sc_text *out, const sc_panel *panel, int columns) {
    sheet sheet = {.panel = panel,
                   .x_range = sc_panel_x_range(panel),
                   .y_range = sc_panel_y_range(panel),
                   .height = panel->lines ? panel->lines : STANDARD_LINES};
    int room = 0;
    sc_axis_ticks(&sheet.y_ticks, &panel->y, &sheet.y_range,
                  panel->y.words ? sheet.height : sheet.height / LINES_A_Y_TICK);
    for (int i = 0; i < sheet.y_ticks.count; i++)
        room = (int)fmax(room, sc_text_width(sheet.y_ticks.text[i]));
    sheet.left = (room > SC_TEXT_LABEL ? SC_TEXT_LABEL : room) + GAP;
    if (panel->x.hidden) sheet.left = 0;
    sheet.width = columns - sheet.left;
    sc_axis_ticks(&sheet.x_ticks, &panel->x, &sheet.x_range, sheet.width / X_TICK);
    SC_TRY(sc_canvas_create(&sheet.canvas, out->env, columns,
                            sheet.height + (panel->x.hidden ? 0 : GAP)));
    for (const sc_mark *mark = panel->first; mark; mark = mark->next) draw_mark(&sheet, mark);
    if (!panel->x.hidden) draw_frame(&sheet);
    if (panel->y.label && !panel->x.hidden) sc_text_add(out, "%s\n", panel->y.label);
    sc_canvas_print(out, &sheet.canvas);
    sc_canvas_free(&sheet.canvas);
    if (panel->x.label && !panel->x.hidden) {
        int at = sheet.left + (sheet.width - sc_text_width(panel->x.label)) / 2;
        sc_text_add(out, "%*s%s\n", at > 0 ? at : 0, "", panel->x.label);
    }
    add_legend(out, panel, columns);
    for (const sc_mark *mark = panel->first; mark; mark = mark->next)
        if (mark->kind == SC_MARK_HEAT) sc_text_scale(out, &mark->grid);
    return SOCLE_OK;
}
