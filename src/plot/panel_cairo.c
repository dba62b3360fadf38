/* SPDX-License-Identifier: Apache-2.0 */
/* See frame.h: a panel's axes, legend, scale of colours and title around its marks. */
#include "plot/frame.h"

#include <math.h>
#include <string.h>

static const double gap = 8, tick = 5, standard_height = 0.56, x_tick_room = 78, y_tick_room = 44,
                    bar_width = 18, sample_width = 40;

static void ink(sc_pen *pen) {
    sc_pen_colour(pen, sc_colour_of_series(SC_COLOUR_INK));
}

static bool has_bar(const sc_mark *mark) {
    return (mark->kind == SC_MARK_HEAT || mark->kind == SC_MARK_TILES) && mark->grid.scale;
}

static double widest(sc_pen *pen, const sc_ticks *ticks) {
    double width = 0;
    for (int i = 0; i < ticks->count; i++)
        width = fmax(width, sc_pen_width(pen, ticks->text[i], SC_SIZE_SMALL, false));
    return width;
}

/* The bar of a grid's colours lies below, and leaves the panel its width. Returns its height. */
static double draw_bar(sc_pen *pen, const sc_grid *grid, double x, double y, double width) {
    enum { STEPS = 256 };
    double shade[STEPS];
    sc_grid bar = {.count = 1,
                   .rows = 1,
                   .columns = STEPS,
                   .channels = 1,
                   .value = shade,
                   .colours = grid->colours,
                   .low = 0,
                   .high = STEPS - 1};
    const sc_axis axis = {.low = grid->low, .high = grid->high};
    sc_range range = {grid->low, grid->high, false};
    sc_ticks ticks;
    for (int i = 0; i < STEPS; i++) shade[i] = i;
    if (!(range.high > range.low)) return 0;
    sc_axis_ticks(&ticks, &axis, &range, (int)(width / x_tick_room));
    sc_pen_grid(pen, &bar, 0, x, y, width, bar_width);
    ink(pen);
    for (int i = 0; i < ticks.count; i++) {
        double at = x + width * sc_range_place(&range, ticks.at[i]);
        double half = sc_pen_width(pen, ticks.text[i], SC_SIZE_SMALL, false) / 2;
        sc_pen_segment(pen, at, y + bar_width, at, y + bar_width + tick, 1);
        at = fmin(fmax(at, x + half), x + width - half);
        sc_pen_text(pen, at, y + bar_width + tick + 12, SC_CENTRE, ticks.text[i], SC_SIZE_SMALL,
                    false);
    }
    const double height = bar_width + tick + 24;
    return height +
           sc_pen_paragraph(pen, x, y + height, width, SC_CENTRE, grid->scale, SC_SIZE_TEXT,
                            false) +
           gap;
}

static bool is_told(const sc_panel *panel, const sc_mark *mark) {
    for (const sc_mark *before = panel->first; before != mark; before = before->next)
        if (before->name && strcmp(before->name, mark->name) == 0) return true;
    return false;
}

/* Below the panel, so that it hides nothing. Returns its height. */
static double draw_legend(sc_pen *pen, const sc_panel *panel, double x, double y, double width) {
    const double line = 1.4 * SC_SIZE_SMALL;
    double at = x, top = y;
    bool any = false;
    for (const sc_mark *mark = panel->first; mark; mark = mark->next) {
        if (!mark->name || is_told(panel, mark)) continue;
        double needed = sample_width + sc_pen_width(pen, mark->name, SC_SIZE_SMALL, false);
        if (at > x && at + needed > x + width) {
            at = x;
            top += line;
        }
        for (const sc_mark *same = mark; same; same = same->next)
            if (same->name && strcmp(same->name, mark->name) == 0)
                sc_mark_sample(pen, same, at + 15, top + line / 2);
        ink(pen);
        double used =
            sc_pen_paragraph(pen, at + sample_width, top + 0.1 * SC_SIZE_SMALL,
                             width - sample_width, SC_LEFT, mark->name, SC_SIZE_SMALL, false);
        top += fmax(used - 1.3 * SC_SIZE_SMALL, 0);
        at += needed + 22;
        any = true;
    }
    return any ? top - y + line + gap : 0;
}

static void draw_lines_of_ticks(const sc_frame *frame, const sc_ticks *x, const sc_ticks *y) {
    const sc_rgb pale = {0.88, 0.88, 0.88};
    sc_pen_colour(frame->pen, pale);
    for (int i = 0; i < x->count; i++) {
        double at = sc_frame_x(frame, x->at[i]);
        sc_pen_segment(frame->pen, at, frame->y, at, frame->y + frame->height, 1);
    }
    for (int i = 0; i < y->count; i++) {
        double at = sc_frame_y(frame, y->at[i]);
        sc_pen_segment(frame->pen, frame->x, at, frame->x + frame->width, at, 1);
    }
}

static void draw_frame(const sc_frame *frame) {
    ink(frame->pen);
    cairo_set_line_width(frame->pen->cairo, 1.3);
    cairo_rectangle(frame->pen->cairo, frame->x, frame->y, frame->width, frame->height);
    cairo_stroke(frame->pen->cairo);
}

/* Ticks and their texts; returns how much they take below the frame. */
static double draw_ticks(const sc_frame *frame, const sc_ticks *x, const sc_ticks *y, bool upward) {
    sc_pen *pen = frame->pen;
    const double bottom = frame->y + frame->height;
    ink(pen);
    for (int i = 0; i < y->count; i++) {
        double at = sc_frame_y(frame, y->at[i]);
        sc_pen_segment(pen, frame->x - tick, at, frame->x, at, 1.3);
        sc_pen_text(pen, frame->x - gap, at, SC_RIGHT, y->text[i], SC_SIZE_SMALL, false);
    }
    for (int i = 0; i < x->count; i++) {
        double at = sc_frame_x(frame, x->at[i]);
        sc_pen_segment(pen, at, bottom, at, bottom + tick, 1.3);
        if (upward)
            sc_pen_upward(pen, at, bottom + gap, SC_RIGHT, x->text[i], SC_SIZE_SMALL);
        else
            sc_pen_text(pen, at, bottom + tick + 12, SC_CENTRE, x->text[i], SC_SIZE_SMALL, false);
    }
    return upward ? gap + widest(pen, x) + gap / 2 : tick + 24;
}

static double height_of(const sc_frame *frame) {
    const sc_panel *panel = frame->panel;
    if (panel->same_unit)
        return frame->width * (frame->y_range.high - frame->y_range.low) /
               (frame->x_range.high - frame->x_range.low);
    return frame->width * (panel->height > 0 ? panel->height : standard_height);
}

static void draw_clipped_marks(const sc_frame *frame) {
    cairo_save(frame->pen->cairo);
    cairo_rectangle(frame->pen->cairo, frame->x - gap, frame->y - gap, frame->width + 2 * gap,
                    frame->height + 2 * gap);
    cairo_clip(frame->pen->cairo);
    sc_frame_marks(frame);
    cairo_restore(frame->pen->cairo);
}

static double draw_hidden_axes(sc_frame *frame, double x, double y, double width) {
    frame->x = x, frame->y = y, frame->width = width;
    frame->height = height_of(frame);
    sc_frame_grids(frame);
    sc_frame_marks(frame);
    return frame->height;
}

static double draw_axes(sc_pen *pen, const sc_panel *panel, double x, double y, double width) {
    sc_frame frame = {.pen = pen,
                      .panel = panel,
                      .x_range = sc_panel_x_range(panel),
                      .y_range = sc_panel_y_range(panel)};
    sc_ticks x_ticks, y_ticks;
    bool has_heat = false;
    if (panel->x.hidden) return draw_hidden_axes(&frame, x, y, width);
    for (const sc_mark *mark = panel->first; mark; mark = mark->next)
        has_heat |= mark->kind == SC_MARK_HEAT;
    /* Room for the texts of the y axis first: how many there are follows from the height alone. */
    frame.width = width;
    sc_axis_ticks(&y_ticks, &panel->y, &frame.y_range,
                  (int)(0.9 * height_of(&frame) / y_tick_room));
    const double label = panel->y.label ? 1.5 * SC_SIZE_TEXT : 0;
    frame.x = x + label + widest(pen, &y_ticks) + gap;
    frame.width = x + width - frame.x - 2 * gap;
    frame.y = y + gap;
    frame.height = height_of(&frame);
    sc_axis_ticks(&x_ticks, &panel->x, &frame.x_range,
                  panel->x.words ? SC_TICKS : (int)(frame.width / x_tick_room));
    const bool upward = panel->x.words && widest(pen, &x_ticks) + gap > frame.width / x_ticks.count;
    sc_frame_grids(&frame);
    if (!has_heat) draw_lines_of_ticks(&frame, &x_ticks, &y_ticks);
    draw_frame(&frame);
    draw_clipped_marks(&frame);
    double bottom = frame.y + frame.height + draw_ticks(&frame, &x_ticks, &y_ticks, upward);
    if (panel->y.label)
        sc_pen_upward(pen, x + 0.6 * SC_SIZE_TEXT, frame.y + frame.height / 2, SC_CENTRE,
                      panel->y.label, SC_SIZE_TEXT);
    if (panel->x.label)
        bottom += sc_pen_paragraph(pen, frame.x, bottom, frame.width, SC_CENTRE, panel->x.label,
                                   SC_SIZE_TEXT, false);
    return bottom - y + gap;
}

static double draw_tiles(sc_pen *pen, const sc_grid *grid, double x, double y, double width) {
    static const double between = 12;
    const double each = (width + between) / grid->across - between;
    const double height = each * grid->rows / grid->columns;
    double top = y;
    for (int first = 0; first < grid->count; first += grid->across) {
        double texts = 0;
        for (int i = first; grid->text && i < grid->count && i < first + grid->across; i++) {
            ink(pen);
            texts = fmax(texts,
                         sc_pen_paragraph(pen, x + (i - first) * (each + between), top + height + 2,
                                          each, SC_LEFT, grid->text[i], SC_SIZE_SMALL, false));
        }
        for (int i = first; i < grid->count && i < first + grid->across; i++) {
            const double left = x + (i - first) * (each + between);
            sc_pen_grid(pen, grid, i, left, top, each, height);
            ink(pen);
            cairo_set_line_width(pen->cairo, 1);
            cairo_rectangle(pen->cairo, left, top, each, height);
            cairo_stroke(pen->cairo);
        }
        top += height + texts + between;
    }
    return top - y;
}

double sc_panel_draw(sc_pen *pen, const sc_panel *panel, double x, double y, double width) {
    double bottom = y;
    ink(pen);
    if (panel->title)
        bottom +=
            sc_pen_paragraph(pen, x, bottom, width, SC_LEFT, panel->title, SC_SIZE_TEXT, true) +
            gap / 2;
    if (panel->first && panel->first->kind == SC_MARK_TILES)
        bottom += draw_tiles(pen, &panel->first->grid, x, bottom, width);
    else
        bottom += draw_axes(pen, panel, x, bottom, width);
    bottom += draw_legend(pen, panel, x, bottom, width);
    for (const sc_mark *mark = panel->first; mark; mark = mark->next)
        if (has_bar(mark))
            bottom += draw_bar(pen, &mark->grid, x + width * 0.15, bottom, width * 0.7);
    return bottom - y;
}
