/* SPDX-License-Identifier: Apache-2.0 */
/* A figure as a picture, drawn by cairo: SVG, or PNG of twice as many pixels as the page is wide.
 * The page is as high as the figure needs, which a first drawing into nothing finds out. */
#include "base/file.h"
#include "io/png.h"
#include "plot/frame.h"

#include <math.h>
#include <string.h>

enum { MARGIN = 14, BETWEEN = 20, PIXELS = 2, MOST_PIXELS = 32000 };

static bool ends_with(const char *text, const char *ending) {
    size_t length = strlen(text), tail = strlen(ending);
    return length > tail && strcmp(text + length - tail, ending) == 0;
}

socle_status sc_figure_can_draw(sc_env *env) {
    return sc_cairo_load(env);
}

/* Panels in rows; each row is as high as its highest. */
static double draw_panels(sc_pen *pen, const sc_figure *figure, double y) {
    const double width =
        (SC_PAGE - 2.0 * MARGIN - BETWEEN * (figure->across - 1.0)) / figure->across;
    for (const sc_panel *panel = figure->first; panel;) {
        double height = 0;
        for (int i = 0; i < figure->across && panel; i++, panel = panel->next)
            height =
                fmax(height, sc_panel_draw(pen, panel, MARGIN + i * (width + BETWEEN), y, width));
        y += height + BETWEEN / 2.0;
    }
    return y;
}

/* Returns the height of the page. */
static double draw(sc_pen *pen, const sc_figure *figure) {
    const double width = SC_PAGE - 2.0 * MARGIN;
    double y = MARGIN;
    cairo_set_line_join(pen->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_source_rgb(pen->cairo, 1, 1, 1);
    cairo_paint(pen->cairo);
    sc_pen_colour(pen, sc_colour_of_series(SC_COLOUR_INK));
    if (figure->title)
        y += sc_pen_paragraph(pen, MARGIN, y, width, SC_LEFT, figure->title, SC_SIZE_TITLE, true) +
             BETWEEN / 2.0;
    y = draw_panels(pen, figure, y);
    sc_pen_colour(pen, sc_colour_of_series(SC_COLOUR_INK));
    if (figure->note)
        y += sc_pen_paragraph(pen, MARGIN, y, width, SC_LEFT, figure->note, SC_SIZE_SMALL, false);
    return ceil(y + MARGIN);
}

static socle_status check(const sc_pen *pen, cairo_status_t status) {
    if (pen->status != SOCLE_OK || status == CAIRO_STATUS_SUCCESS) return pen->status;
    return sc_fail(pen->env,
                   status == CAIRO_STATUS_NO_MEMORY ? SOCLE_STATUS_OUT_OF_MEMORY
                                                    : SOCLE_STATUS_INTERNAL,
                   "cairo: %s", cairo_status_to_string(status));
}

/* Texts are as wide at every scale, so that lines break where the measured ones did. */
static void keep_widths(cairo_t *cairo) {
    cairo_font_options_t *font = cairo_font_options_create();
    cairo_font_options_set_hint_metrics(font, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cairo, font);
    cairo_font_options_destroy(font);
}

/* Draws on the surface, which stays the caller's. */
static socle_status draw_on(cairo_surface_t *surface, const sc_figure *figure, double scale,
                            double *height) {
    sc_pen pen = {.env = figure->env, .cairo = cairo_create(surface)};
    cairo_scale(pen.cairo, scale, scale);
    keep_widths(pen.cairo);
    *height = draw(&pen, figure);
    socle_status status = check(&pen, cairo_status(pen.cairo));
    cairo_destroy(pen.cairo);
    return status;
}

static socle_status measure(const sc_figure *figure, double *height) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
    socle_status status = draw_on(surface, figure, 1, height);
    cairo_surface_destroy(surface);
    return status;
}

static cairo_status_t append(void *user, const unsigned char *data, unsigned length) {
    sc_text *text = user;
    sc_text_add_bytes(text, (const char *)data, length);
    return text->status == SOCLE_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_NO_MEMORY;
}

static socle_status write_svg(const sc_figure *figure, const char *path, double height) {
    sc_text text;
    sc_text_init(&text, figure->env);
    cairo_surface_t *surface = cairo_svg_surface_create_for_stream(append, &text, SC_PAGE, height);
    socle_status status = draw_on(surface, figure, 1, &height);
    cairo_surface_finish(surface);
    if (status == SOCLE_OK) status = text.status;
    if (status == SOCLE_OK)
        status = check(&(sc_pen){.env = figure->env}, cairo_surface_status(surface));
    cairo_surface_destroy(surface);
    if (status == SOCLE_OK) status = sc_file_write_whole(figure->env, path, text.data, text.length);
    sc_text_free(&text);
    return status;
}

/* Without the byte that cairo leaves beside each pixel. */
static socle_status write_pixels(const sc_figure *figure, const char *path,
                                 cairo_surface_t *surface, int width, int height) {
    const unsigned char *data = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    uint8_t *pixel;
    SC_TRY(sc_allocate(figure->env, &pixel, (size_t)width * (size_t)height, 3));
    uint8_t *to = pixel;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint32_t value;
            memcpy(&value, data + (ptrdiff_t)y * stride + 4 * x, sizeof value);
            *to++ = (uint8_t)(value >> 16);
            *to++ = (uint8_t)(value >> 8);
            *to++ = (uint8_t)value;
        }
    socle_status status = sc_png_write(figure->env, path, width, height, 3, pixel);
    sc_release(figure->env, pixel);
    return status;
}

static socle_status write_png(const sc_figure *figure, const char *path, double height) {
    const int width = PIXELS * SC_PAGE, rows = (int)(PIXELS * height);
    if (rows > MOST_PIXELS)
        return sc_fail(figure->env, SOCLE_STATUS_CONFIG,
                       "%s: the picture would be %d pixels high, and %d are the most", path, rows,
                       MOST_PIXELS);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, rows);
    socle_status status = draw_on(surface, figure, PIXELS, &height);
    cairo_surface_flush(surface);
    if (status == SOCLE_OK) status = write_pixels(figure, path, surface, width, rows);
    cairo_surface_destroy(surface);
    return status;
}

socle_status sc_figure_write(const sc_figure *figure, const char *path) {
    double height;
    if (figure->status != SOCLE_OK) return figure->status;
    SC_TRY(sc_cairo_load(figure->env));
    SC_TRY(measure(figure, &height));
    return ends_with(path, ".svg") ? write_svg(figure, path, height)
                                   : write_png(figure, path, height);
}
