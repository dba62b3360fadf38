/* SPDX-License-Identifier: Apache-2.0 */
/* See frame.h: the marks of a panel with axes. */
#include "plot/frame.h"

#include <math.h>
#include <string.h>

static const double line_width = 2.6, point_diameter = 9, box_padding = 6, arrow_head = 9,
                    rim = 1.3;

double sc_frame_x(const sc_frame *frame, double value) {
    return frame->x + frame->width * sc_range_place(&frame->x_range, value);
}

double sc_frame_y(const sc_frame *frame, double value) {
    double up = sc_range_place(&frame->y_range, value);
    return frame->y + frame->height * (frame->panel->y.downward ? up : 1 - up);
}

static void set_style(sc_pen *pen, const sc_mark *mark) {
    sc_pen_colour(pen, sc_colour_of_series(mark->style.colour));
}

/* Over colours a mark has a white rim, so that it is seen on its own. */
static bool has_rim(const sc_frame *frame) {
    for (const sc_mark *mark = frame->panel->first; mark; mark = mark->next)
        if (mark->kind == SC_MARK_HEAT) return true;
    return false;
}

static void white(sc_pen *pen) {
    cairo_set_source_rgb(pen->cairo, 1, 1, 1);
}

static double width_of(const sc_mark *mark) {
    if (mark->style.width) return line_width * mark->style.width / 100;
    return mark->style.colour == SC_COLOUR_GREY ? 1.6 : line_width;
}

static void trace_line(const sc_frame *frame, const sc_mark *mark) {
    cairo_t *cairo = frame->pen->cairo;
    bool begun = false;
    cairo_new_path(cairo);
    for (size_t i = 0; i < mark->count; i++) {
        double x = sc_frame_x(frame, mark->x[i]), y = sc_frame_y(frame, mark->y[i]);
        const bool is_there = isfinite(x) && isfinite(y);
        if (is_there && begun) cairo_line_to(cairo, x, y);
        if (is_there && !begun) cairo_move_to(cairo, x, y);
        begun = is_there;
    }
}

static void draw_line(const sc_frame *frame, const sc_mark *mark) {
    cairo_t *cairo = frame->pen->cairo;
    const double width = width_of(mark);
    if (has_rim(frame)) {
        white(frame->pen);
        trace_line(frame, mark);
        cairo_set_line_width(cairo, width + 2 * rim);
        cairo_stroke(cairo);
        set_style(frame->pen, mark);
    }
    trace_line(frame, mark);
    cairo_set_line_width(cairo, width);
    sc_pen_dash(frame->pen, mark->style.dash);
    cairo_stroke(cairo);
    sc_pen_dash(frame->pen, 0);
}

static void draw_points(const sc_frame *frame, const sc_mark *mark) {
    const bool rimmed = has_rim(frame);
    for (size_t i = 0; i < mark->count; i++) {
        double x = sc_frame_x(frame, mark->x[i]), y = sc_frame_y(frame, mark->y[i]);
        double diameter = point_diameter * (mark->size ? mark->size[i] / 100 : 1);
        if (!isfinite(x) || !isfinite(y)) continue;
        if (rimmed) {
            white(frame->pen);
            sc_pen_symbol(frame->pen, x, y, mark->style.symbol, diameter + 2 * rim);
            set_style(frame->pen, mark);
        }
        sc_pen_symbol(frame->pen, x, y, mark->style.symbol, diameter);
    }
}

static void draw_bars(const sc_frame *frame, const sc_mark *mark) {
    const double floor = sc_frame_y(frame, 0);
    for (size_t i = 0; i < mark->count; i++) {
        double x = sc_frame_x(frame, mark->x[i]),
               to = sc_frame_x(frame, mark->x[i] + mark->size[i]);
        double y = sc_frame_y(frame, mark->y[i]), gap = (to - x) * 0.04;
        if (!isfinite(x) || !isfinite(y)) continue;
        cairo_rectangle(frame->pen->cairo, x + gap, y < floor ? y : floor, to - x - 2 * gap,
                        fabs(floor - y));
        cairo_fill(frame->pen->cairo);
    }
}

static void draw_labels(const sc_frame *frame, const sc_mark *mark) {
    static const double room = 1000, around = 2;
    sc_pen *pen = frame->pen;
    for (size_t i = 0; i < mark->count; i++) {
        const char *text = mark->text[i];
        const double x = sc_frame_x(frame, mark->x[i]), y = sc_frame_y(frame, mark->y[i]);
        const double height = sc_pen_height(pen, room, text, SC_SIZE_SMALL, false);
        const double width = sc_pen_widest(pen, text, SC_SIZE_SMALL) + 2 * around;
        if (mark->style.backed) {
            white(pen);
            cairo_rectangle(pen->cairo, x - width / 2, y - height / 2, width, height);
            cairo_fill(pen->cairo);
            set_style(pen, mark);
        }
        sc_pen_paragraph(pen, x - room / 2, y - height / 2, room, SC_CENTRE, text, SC_SIZE_SMALL,
                         false);
    }
}

static void draw_boxes(const sc_frame *frame, const sc_mark *mark) {
    sc_pen *pen = frame->pen;
    for (size_t i = 0; i < mark->count; i++) {
        double x = sc_frame_x(frame, mark->x[i]), y = sc_frame_y(frame, mark->y[i]);
        double width = sc_frame_x(frame, mark->x[i] + mark->size[i]) - x;
        double height =
            2 * box_padding + sc_pen_height(pen, width, mark->text[i], SC_SIZE_SMALL, false);
        sc_pen_colour(pen, sc_colour_of_series(SC_COLOUR_PALE));
        cairo_rectangle(pen->cairo, x - width / 2, y - height / 2, width, height);
        cairo_fill(pen->cairo);
        set_style(pen, mark);
        cairo_set_line_width(pen->cairo, 2);
        cairo_rectangle(pen->cairo, x - width / 2, y - height / 2, width, height);
        cairo_stroke(pen->cairo);
        sc_pen_colour(pen, sc_colour_of_series(SC_COLOUR_INK));
        sc_pen_paragraph(pen, x - width / 2, y - height / 2 + box_padding, width, SC_CENTRE,
                         mark->text[i], SC_SIZE_SMALL, false);
    }
}

static void draw_arrows(const sc_frame *frame, const sc_mark *mark) {
    cairo_t *cairo = frame->pen->cairo;
    for (size_t i = 0; i < mark->count; i++) {
        double x0 = sc_frame_x(frame, mark->x[2 * i]), y0 = sc_frame_y(frame, mark->y[2 * i]);
        double x1 = sc_frame_x(frame, mark->x[2 * i + 1]),
               y1 = sc_frame_y(frame, mark->y[2 * i + 1]);
        double length = hypot(x1 - x0, y1 - y0);
        if (!(length > 0)) continue;
        double across = (x1 - x0) / length, down = (y1 - y0) / length;
        double head = fmin(arrow_head, length / 2);
        sc_pen_dash(frame->pen, mark->style.dash);
        sc_pen_segment(frame->pen, x0, y0, x1 - across * head, y1 - down * head, 2);
        sc_pen_dash(frame->pen, 0);
        cairo_move_to(cairo, x1, y1);
        cairo_line_to(cairo, x1 - head * across - head / 2 * down,
                      y1 - head * down + head / 2 * across);
        cairo_line_to(cairo, x1 - head * across + head / 2 * down,
                      y1 - head * down - head / 2 * across);
        cairo_close_path(cairo);
        cairo_fill(cairo);
    }
}

void sc_frame_marks(const sc_frame *frame) {
    static void (*const draw[])(const sc_frame *, const sc_mark *) = {
        [SC_MARK_LINE] = draw_line,   [SC_MARK_POINTS] = draw_points,
        [SC_MARK_BARS] = draw_bars,   [SC_MARK_LABELS] = draw_labels,
        [SC_MARK_BOXES] = draw_boxes, [SC_MARK_ARROWS] = draw_arrows};
    for (const sc_mark *mark = frame->panel->first; mark; mark = mark->next) {
        if (mark->kind == SC_MARK_HEAT || mark->kind == SC_MARK_TILES) continue;
        set_style(frame->pen, mark);
        draw[mark->kind](frame, mark);
    }
}

/* Each text in white or in ink, whichever is easier to read on its cell. */
static void draw_cell_texts(const sc_frame *frame, const sc_grid *grid, double left, double top,
                            double width, double height) {
    static const double least_size = 6, most_luminance = 0.18;
    const double across = width / grid->columns, down = height / grid->rows;
    double size = fmin(SC_SIZE_SMALL, 0.8 * down);
    for (int i = 0; i < grid->rows * grid->columns; i++) {
        double needed = sc_pen_width(frame->pen, grid->text[i], 10, false) / 10;
        if (needed > 0) size = fmin(size, 0.9 * across / needed);
    }
    if (size < least_size) return;
    for (int i = 0; i < grid->rows * grid->columns; i++) {
        const int row = i / grid->columns, column = i % grid->columns;
        const bool dark = sc_luminance(sc_grid_colour(grid, 0, row, column)) < most_luminance;
        const sc_rgb white = {1, 1, 1};
        sc_pen_colour(frame->pen, dark ? white : sc_colour_of_series(SC_COLOUR_INK));
        sc_pen_text(frame->pen, left + (column + 0.5) * across, top + (row + 0.5) * down, SC_CENTRE,
                    grid->text[i], size, false);
    }
}

void sc_frame_grids(const sc_frame *frame) {
    for (const sc_mark *mark = frame->panel->first; mark; mark = mark->next) {
        const sc_grid *grid = &mark->grid;
        if (mark->kind != SC_MARK_HEAT) continue;
        double left = sc_frame_x(frame, grid->left), top = sc_frame_y(frame, grid->top);
        double width = sc_frame_x(frame, grid->right) - left;
        double height = sc_frame_y(frame, grid->bottom) - top;
        sc_pen_grid(frame->pen, grid, 0, left, top, width, height);
        if (grid->text) draw_cell_texts(frame, grid, left, top, width, height);
    }
}

void sc_mark_sample(sc_pen *pen, const sc_mark *mark, double x, double y) {
    static const double half = 15;
    set_style(pen, mark);
    if (mark->kind == SC_MARK_LINE) {
        sc_pen_dash(pen, mark->style.dash);
        sc_pen_segment(pen, x - half, y, x + half, y,
                       mark->style.colour == SC_COLOUR_GREY ? 1.6 : line_width);
        sc_pen_dash(pen, 0);
    } else if (mark->kind == SC_MARK_POINTS) {
        sc_pen_symbol(pen, x, y, mark->style.symbol, point_diameter * 1.2);
    } else if (mark->kind == SC_MARK_BARS) {
        cairo_rectangle(pen->cairo, x - half, y - 7, 2 * half, 14);
        cairo_fill(pen->cairo);
    }
}
