/* SPDX-License-Identifier: Apache-2.0 */
/* Figures in characters: marks stand where the axes say, no line is longer than asked for. */
#include "plot/canvas.h"
#include "plot/figure.h"
#include "sc_test.h"

static sc_env env;
static sc_figure *figure;
static sc_text text;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_figure_create(&figure, &env));
    sc_text_init(&text, &env);
}

static void end(void) {
    sc_text_free(&text);
    sc_figure_destroy(figure);
}

TestSuite(figure_text, .init = begin, .fini = end);

static void draw(int columns) {
    sc_text_clear(&text);
    SC_OK(&env, sc_figure_text(&text, figure, columns));
    for (const char *line = text.data; *line;) {
        size_t length = strcspn(line, "\n");
        SC_TRUE(sc_text_width(line) <= columns);
        SC_TRUE(!length || line[length - 1] != ' ');
        line += length + 1;
    }
}

Test(figure_text, a_line) {
    const double x[] = {0, 10}, y[] = {0, 3};
    sc_panel *panel = sc_figure_panel(figure, NULL, "time (s)", "way (m)");
    panel->lines = 4;
    panel->x.low = panel->y.low = 0;
    panel->x.high = 10, panel->y.high = 3;
    panel->x.whole = panel->y.whole = true;
    sc_panel_line(panel, "car", (sc_style){0}, 2, x, y);
    draw(40);
    SC_EQ_STR(text.data, "way (m)\n"
                         "  |                               ******\n"
                         "2 +                  *************\n"
                         "  |       ***********\n"
                         "0 +*******\n"
                         "  ++-----------------+-----------------+\n"
                         "   0                 5                10\n"
                         "                 time (s)\n"
                         "  * car\n");
}

Test(figure_text, a_table) {
    static const char *const words[] = {"cat", "dog"}, *const cells[] = {"10", "2", "", "300"};
    const double value[] = {1, 0.2, 0, 1};
    const sc_grid grid = {.count = 1,
                          .rows = 2,
                          .columns = 2,
                          .channels = 1,
                          .value = value,
                          .text = cells,
                          .left = -0.5,
                          .right = 1.5,
                          .bottom = 1.5,
                          .top = -0.5,
                          .low = 0,
                          .high = 1};
    sc_panel *panel = sc_figure_panel(figure, "how often", "taken for", "is");
    sc_panel_words(panel, &panel->x, words, 2);
    sc_panel_words(panel, &panel->y, words, 2);
    panel->y.downward = true;
    sc_panel_heat(panel, &grid);
    draw(80);
    SC_EQ_STR(text.data, "how often\n"
                         "rows: is, columns: taken for\n"
                         "    cat dog\n"
                         "cat  10   2\n"
                         "dog     300\n");
}

/* Dark is a blank, light is ink; texts are above. */
Test(figure_text, tiles) {
    static const char *const names[] = {"one", "two"};
    const double value[] = {0, 1, 1, 0, 1, 1, 1, 1};
    const sc_grid grid = {.count = 2,
                          .rows = 2,
                          .columns = 2,
                          .channels = 1,
                          .value = value,
                          .text = names,
                          .across = 2,
                          .low = 0,
                          .high = 1,
                          .colours = SC_GREYS};
    sc_panel_tiles(sc_figure_panel(figure, NULL, NULL, NULL), &grid);
    draw(40);
    SC_EQ_STR(text.data, "one                 two\n"
                         "  @@                @@@@\n"
                         "@@                  @@@@\n"
                         "\n");
}

/* Many series, long names and large numbers in the width of a terminal. */
Test(figure_text, fits_eighty_columns) {
    const double x[] = {0, 1e6, 2e6}, y[] = {-1e9, 3, 1e9};
    static const char *const words[] = {"a name that is much longer than there is room for",
                                        "\xc3\xa8\xc3\xa9\xc3\xaa"};
    char name[64];
    sc_figure_title(figure, "A title that is longer than a line of a terminal and has to be broken "
                            "at one of the spaces between its words");
    sc_panel *panel = sc_figure_panel(figure, "title", "a label", "another");
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "series %d of the twelve that there are", i);
        sc_panel_line(panel, name, (sc_style){.colour = i}, 3, x, y);
    }
    panel = sc_figure_panel(figure, NULL, NULL, NULL);
    sc_panel_words(panel, &panel->y, words, 2);
    sc_panel_points(panel, "points", (sc_style){0}, 2, NULL, x, NULL);
    sc_panel_label(panel, (sc_style){0}, 0, 0, words[0]);
    sc_panel_box(panel, (sc_style){0}, 1, 1, 1, words[0]);
    for (int columns = 40; columns <= 160; columns += 40) draw(columns);
    SC_CONTAINS(text.data, "  * series 0");
    SC_CONTAINS(text.data, "  o series 1");
}
