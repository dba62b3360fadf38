/* SPDX-License-Identifier: Apache-2.0 */
/* A figure in characters, for a terminal. Series have a character each; what is dark or light in a
 * picture is a character with little or much ink. */
#include "plot/axes_text.h"
#include "plot/canvas.h"
#include "plot/colour.h"

#include <math.h>
#include <string.h>

enum { LEAST_COLUMNS = 40, GAP = 2 };

/* A heat map whose cells have texts is a table of them. */
static socle_status draw_table(sc_text *out, const sc_panel *panel, const sc_grid *grid,
                               int columns) {
    int name = 1, cell = 1;
    sc_canvas canvas;
    for (int r = 0; r < panel->y.words; r++)
        name = (int)fmax(name, sc_text_width(panel->y.word[r]));
    for (int i = 0; i < grid->rows * grid->columns; i++)
        cell = (int)fmax(cell, sc_text_width(grid->text[i]));
    name = name > SC_TEXT_LABEL ? SC_TEXT_LABEL : name;
    int room = (columns - name) / grid->columns - 1, title = cell;
    for (int c = 0; c < panel->x.words; c++)
        title = (int)fmax(title, sc_text_width(panel->x.word[c]));
    if (room > cell) cell = room < title ? room : title;
    SC_TRY(sc_canvas_create(&canvas, out->env, name + (cell + 1) * grid->columns, grid->rows + 1));
    for (int c = 0; c < grid->columns; c++) {
        int from = name + c * (cell + 1) + 1;
        if (c < panel->x.words) {
            int width = sc_text_width(panel->x.word[c]);
            sc_canvas_text(&canvas, from + (width < cell ? cell - width : 0), 0, panel->x.word[c],
                           cell);
        }
        for (int r = 0; r < grid->rows; r++) {
            const char *text = grid->text[r * grid->columns + c];
            sc_canvas_text(&canvas, from + cell - sc_text_width(text), r + 1, text, cell);
        }
    }
    for (int r = 0; r < panel->y.words && r < grid->rows; r++)
        sc_canvas_text(&canvas, 0, r + 1, panel->y.word[r], name);
    if (panel->y.label && panel->x.label)
        sc_text_add(out, "rows: %s, columns: %s\n", panel->y.label, panel->x.label);
    sc_canvas_print(out, &canvas);
    sc_canvas_free(&canvas);
    return SOCLE_OK;
}

/* A character is about twice as high as it is wide. */
static void draw_tile(sc_canvas *canvas, int left, int top, int width, int height,
                      const sc_grid *grid, int tile) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int row = (int)((y + 0.5) * grid->rows / height),
                column = (int)((x + 0.5) * grid->columns / width);
            sc_canvas_put(canvas, left + x, top + y,
                          (uint32_t)sc_text_ink(sc_grid_share(grid, tile, row, column)));
        }
}

static int lines_of(const char *text) {
    int lines = 1;
    while ((text = strchr(text, '\n'))) text++, lines++;
    return lines;
}

static socle_status draw_tiles(sc_text *out, const sc_grid *grid, int columns) {
    const int each = columns / grid->across, most = 2 * grid->columns;
    int width = each - GAP < most ? each - GAP : most, texts = 0;
    if (width < 1) width = 1;
    int height = (int)lrint((double)width / 2 * grid->rows / grid->columns);
    if (height < 1) height = 1;
    for (int i = 0; grid->text && i < grid->count; i++)
        texts = (int)fmax(texts, lines_of(grid->text[i]));
    for (int first = 0; first < grid->count; first += grid->across) {
        sc_canvas canvas;
        SC_TRY(sc_canvas_create(&canvas, out->env, columns, height + texts + 1));
        for (int i = first; i < grid->count && i < first + grid->across; i++) {
            const int left = (i - first) * each;
            const char *line = grid->text ? grid->text[i] : NULL;
            draw_tile(&canvas, left, texts, width, height, grid, i);
            for (int y = 0; line; y++) {
                sc_canvas_text(&canvas, left, y, line, each - 1);
                line = strchr(line, '\n');
                if (line) line++;
            }
        }
        sc_canvas_print(out, &canvas);
        sc_canvas_free(&canvas);
    }
    sc_text_scale(out, grid);
    return SOCLE_OK;
}

static socle_status draw_panel(sc_text *out, const sc_panel *panel, int columns) {
    if (panel->title) sc_text_wrap(out, panel->title, columns, "");
    const sc_mark *only = panel->first && !panel->first->next ? panel->first : NULL;
    if (only && only->kind == SC_MARK_TILES) return draw_tiles(out, &only->grid, columns);
    if (only && only->kind == SC_MARK_HEAT && only->grid.text)
        return draw_table(out, panel, &only->grid, columns);
    return sc_text_axes(out, panel, columns);
}

socle_status sc_figure_text(sc_text *out, const sc_figure *figure, int columns) {
    if (figure->status != SOCLE_OK) return figure->status;
    if (columns < LEAST_COLUMNS) columns = LEAST_COLUMNS;
    if (figure->title) {
        sc_text_wrap(out, figure->title, columns, "");
        sc_text_add(out, "\n");
    }
    for (const sc_panel *panel = figure->first; panel; panel = panel->next) {
        SC_TRY(draw_panel(out, panel, columns));
        if (panel->next) sc_text_add(out, "\n");
    }
    if (figure->note) {
        sc_text_add(out, "\n");
        sc_text_wrap(out, figure->note, columns, "");
    }
    return out->status;
}
