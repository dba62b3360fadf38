/* SPDX-License-Identifier: Apache-2.0 */
/* See pen.h. */
#include "plot/pen.h"

#include <math.h>
#include <string.h>

enum { MOST_LINE = 512 /* bytes of one line of a paragraph */ };
static const double line_height = 1.3; /* of the size of the text */

void sc_pen_colour(sc_pen *pen, sc_rgb colour) {
    cairo_set_source_rgb(pen->cairo, colour.red, colour.green, colour.blue);
}

static void choose_font(sc_pen *pen, double size, bool bold) {
    cairo_select_font_face(pen->cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(pen->cairo, size);
}

double sc_pen_width(sc_pen *pen, const char *text, double size, bool bold) {
    cairo_text_extents_t extents;
    choose_font(pen, size, bold);
    cairo_text_extents(pen->cairo, text, &extents);
    return extents.x_advance;
}

void sc_pen_text(sc_pen *pen, double x, double y, sc_align align, const char *text, double size,
                 bool bold) {
    double width = sc_pen_width(pen, text, size, bold);
    x -= align == SC_CENTRE ? width / 2 : align == SC_RIGHT ? width : 0;
    cairo_move_to(pen->cairo, x, y + 0.35 * size);
    cairo_show_text(pen->cairo, text);
    cairo_new_path(pen->cairo);
}

void sc_pen_upward(sc_pen *pen, double x, double y, sc_align align, const char *text, double size) {
    cairo_save(pen->cairo);
    cairo_translate(pen->cairo, x, y);
    cairo_rotate(pen->cairo, -acos(-1) / 2);
    sc_pen_text(pen, 0, 0, align, text, size, false);
    cairo_restore(pen->cairo);
}

/* How many bytes of `text` go into a line: whole words, or as many characters of one as fit. */
static size_t line_bytes(sc_pen *pen, const char *text, double width, double size, bool bold) {
    char line[MOST_LINE];
    size_t fits = 0, length = 0, characters = 0;
    for (;;) {
        size_t next = length;
        while (text[next] == ' ') next++;
        next += strcspn(text + next, " \n");
        if (next == length || next >= sizeof line) break;
        memcpy(line, text, next);
        line[next] = '\0';
        if (sc_pen_width(pen, line, size, bold) > width) break;
        fits = length = next;
    }
    if (fits || text[0] == '\n' || !text[0]) return fits;
    for (size_t at = 0; text[at] && text[at] != '\n' && at + 4 < sizeof line;) { /* a long word */
        do line[at] = text[at], at++;
        while ((text[at] & 0xC0) == 0x80);
        line[at] = '\0';
        if (characters && sc_pen_width(pen, line, size, bold) > width) break;
        characters = at;
    }
    return characters;
}

/* Behind the end of a line, where the next one begins. */
static const char *next_line(const char *text) {
    while (*text == ' ') text++;
    return *text == '\n' ? text + 1 : text;
}

double sc_pen_widest(sc_pen *pen, const char *text, double size) {
    char line[MOST_LINE];
    double width = 0;
    while (*text) {
        const size_t bytes = strcspn(text, "\n");
        size_t fits = bytes < sizeof line ? bytes : sizeof line - 1;
        while (fits && ((unsigned char)text[fits] & 0xC0) == 0x80) fits--; /* whole characters */
        memcpy(line, text, fits);
        line[fits] = '\0';
        width = fmax(width, sc_pen_width(pen, line, size, false));
        text += bytes + (text[bytes] != '\0');
    }
    return width;
}

double sc_pen_height(sc_pen *pen, double width, const char *text, double size, bool bold) {
    double height = 0;
    for (; *text; height += line_height * size)
        text = next_line(text + line_bytes(pen, text, width, size, bold));
    return height;
}

double sc_pen_paragraph(sc_pen *pen, double x, double y, double width, sc_align align,
                        const char *text, double size, bool bold) {
    const double each = line_height * size;
    char line[MOST_LINE];
    double height = 0;
    while (*text) {
        size_t bytes = line_bytes(pen, text, width, size, bold);
        memcpy(line, text, bytes);
        line[bytes] = '\0';
        sc_pen_text(pen, align == SC_CENTRE ? x + width / 2 : x, y + height + each / 2, align, line,
                    size, bold);
        height += each;
        text = next_line(text + bytes);
    }
    return height;
}

void sc_pen_segment(sc_pen *pen, double x0, double y0, double x1, double y1, double width) {
    cairo_set_line_width(pen->cairo, width);
    cairo_move_to(pen->cairo, x0, y0);
    cairo_line_to(pen->cairo, x1, y1);
    cairo_stroke(pen->cairo);
}

void sc_pen_dash(sc_pen *pen, int dash) {
    static const double dashed[] = {9, 5}, dotted[] = {2.5, 4};
    cairo_set_dash(pen->cairo, dash == 1 ? dashed : dotted, dash ? 2 : 0, 0);
}

static void polygon(sc_pen *pen, double x, double y, double radius, int corners, double turn) {
    for (int i = 0; i < corners; i++) {
        double angle = 2 * acos(-1) * (i + turn) / corners;
        cairo_line_to(pen->cairo, x + radius * sin(angle), y - radius * cos(angle));
    }
    cairo_close_path(pen->cairo);
}

void sc_pen_symbol(sc_pen *pen, double x, double y, int symbol, double diameter) {
    const double radius = diameter / 2;
    cairo_new_path(pen->cairo);
    if (symbol == 4) { /* a cross */
        sc_pen_segment(pen, x - radius, y - radius, x + radius, y + radius, 2.5);
        sc_pen_segment(pen, x - radius, y + radius, x + radius, y - radius, 2.5);
        return;
    }
    if (symbol == 1) polygon(pen, x, y, 1.2 * radius, 4, 0.5);
    if (symbol == 2) polygon(pen, x, y, 1.25 * radius, 3, 0);
    if (symbol == 3) polygon(pen, x, y, 1.25 * radius, 4, 0);
    if (symbol == 0 || symbol == 5) cairo_arc(pen->cairo, x, y, radius, 0, 2 * acos(-1));
    if (symbol == 5) {
        cairo_set_line_width(pen->cairo, 2);
        cairo_stroke(pen->cairo);
        return;
    }
    cairo_fill(pen->cairo);
}

/* A surface whose pixels are blocks, so that a viewer which smooths what it magnifies shows cells
 * all the same. */
void sc_pen_grid(sc_pen *pen, const sc_grid *grid, int tile, double x, double y, double width,
                 double height) {
    const int fits = (int)(2 * width) / grid->columns, block = fits > 1 ? fits : 1;
    const int across = grid->columns * block, down = grid->rows * block;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, across, down);
    unsigned char *pixel = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    if (!pixel) {
        pen->status = sc_fail(pen->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory to draw a grid");
        cairo_surface_destroy(surface);
        return;
    }
    for (int py = 0; py < down; py++)
        for (int px = 0; px < across; px++) {
            sc_rgb colour = sc_grid_colour(grid, tile, py / block, px / block);
            uint32_t value = (uint32_t)lrint(colour.red * 255) << 16 |
                             (uint32_t)lrint(colour.green * 255) << 8 |
                             (uint32_t)lrint(colour.blue * 255);
            memcpy(pixel + (ptrdiff_t)py * stride + 4 * px, &value, sizeof value);
        }
    cairo_surface_mark_dirty(surface);
    cairo_save(pen->cairo);
    cairo_translate(pen->cairo, x, y);
    cairo_scale(pen->cairo, width / across, height / down);
    cairo_set_source_surface(pen->cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(pen->cairo), CAIRO_FILTER_NEAREST);
    cairo_paint(pen->cairo);
    cairo_restore(pen->cairo);
    cairo_surface_destroy(surface);
}
