/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures: the same bytes for the same figure, whole files or none, and a message where they
 * cannot be drawn. */
#include "base/file.h"
#include "data/picture.h"
#include "plot/figure.h"
#include "sc_temp.h"

static sc_env env;
static sc_temp temp;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
}

static void end(void) {
    sc_temp_remove(&temp);
}

TestSuite(figure_cairo, .init = begin, .fini = end);

/* One of each mark, and texts of each kind. */
static void draw(const char *name, bool same) {
    static const char *const words[] = {"a", "a word that is too long to stand beside others"},
                             *const cells[] = {"1", "2"};
    const double x[] = {0, 1, 2}, y[] = {0.25, NAN, -3}, value[] = {0.5, 2};
    sc_grid grid = {.count = 1,
                    .rows = 1,
                    .columns = 2,
                    .channels = 1,
                    .value = value,
                    .text = cells,
                    .left = -0.5,
                    .right = 1.5,
                    .top = 1,
                    .low = NAN,
                    .high = NAN,
                    .scale = "share",
                    .across = 3};
    sc_figure *figure;
    SC_OK(&env, sc_figure_create(&figure, &env));
    sc_figure_title(figure, "A title \xc3\xa8 \xe2\x82\xac that is too long for a single line %s",
                    same ? "" : "!");
    sc_panel *panel = sc_figure_panel(figure, "first", "x", "y");
    for (int i = 0; i < 6; i++) {
        const sc_style style = {.colour = i - 3, .dash = i % 3, .symbol = i};
        sc_panel_line(panel, "line", style, 3, x, y);
        sc_panel_points(panel, "points", style, 3, x, y, i % 2 ? x : NULL);
    }
    sc_panel_bars(panel, "bars", (sc_style){0}, 2, x, y);
    sc_panel_arrow(panel, (sc_style){0}, 0, 0, 1, 0);
    sc_panel_label(panel, (sc_style){0}, 1, 1, "two\nlines");
    panel = sc_figure_panel(figure, NULL, NULL, NULL);
    sc_panel_words(panel, &panel->x, words, 2);
    sc_panel_heat(panel, &grid);
    sc_panel_box(panel, (sc_style){0}, 1, 0.5, 1, "box");
    grid.text = NULL;
    sc_panel_tiles(sc_figure_panel(figure, NULL, NULL, NULL), &grid);
    SC_OK(&env, sc_figure_write(figure, sc_temp_file(&temp, name)));
    sc_figure_destroy(figure);
}

static void expect_same(const char *a, const char *b, bool same) {
    char *data[2];
    size_t size[2];
    SC_OK(&env, sc_file_read(&env, &data[0], &size[0], sc_temp_file(&temp, a), 1 << 24));
    SC_OK(&env, sc_file_read(&env, &data[1], &size[1], sc_temp_file(&temp, b), 1 << 24));
    SC_TRUE(size[0] > 1000);
    SC_EQ(size[0] == size[1] && memcmp(data[0], data[1], size[0]) == 0, same);
    sc_release(&env, data[0]);
    sc_release(&env, data[1]);
}

#if SC_HAVE_CAIRO
/* Of SVG test_tool_plot says the same: cairo numbers parts of it in the order of the process. */
Test(figure_cairo, same_bytes) {
    draw("a.png", true);
    draw("b.png", true);
    draw("c.png", false);
    draw("a.svg", true);
    expect_same("a.png", "b.png", true);
    expect_same("a.png", "c.png", false);
    SC_EQ(sc_temp_count(&temp), 4);
}

/* The margin below the last line of a note stays white, wherever the lines of a title break. */
Test(figure_cairo, nothing_is_cut_off_at_the_end) {
    static const char words[] = "Confusion matrix of the network that was trained on the test data";
    const double x[] = {0, 1};
    for (int length = 36; length < (int)sizeof words; length++) {
        sc_figure *figure;
        sc_picture picture;
        SC_OK(&env, sc_figure_create(&figure, &env));
        sc_figure_title(figure, "%.*s", length, words);
        sc_panel_line(sc_figure_panel(figure, NULL, "x", "y"), NULL, (sc_style){0}, 2, x, x);
        sc_figure_note(figure, "first\nlast");
        SC_OK(&env, sc_figure_write(figure, sc_temp_file(&temp, "note.png")));
        sc_figure_destroy(figure);
        SC_OK(&env, sc_picture_read(&picture, &env, sc_temp_file(&temp, "note.png")));
        const int64_t row = picture.width * picture.channels;
        SC_REPRO("a title of %d letters", length);
        for (int64_t i = (picture.height - 16) * row; i < picture.height * row; i++)
            SC_EQ(picture.pixel[i], 255);
        sc_picture_free(&picture, &env);
    }
}

Test(figure_cairo, what_cannot_be_written) {
    sc_figure *figure;
    SC_OK(&env, sc_figure_create(&figure, &env));
    SC_FAILS(&env, sc_figure_write(figure, sc_temp_file(&temp, "none/a.svg")), SOCLE_STATUS_IO);
    SC_FAILS(&env, sc_figure_write(figure, sc_temp_file(&temp, "none/a.png")), SOCLE_STATUS_IO);
    for (int i = 0; i < 400; i++) sc_figure_panel(figure, "panel", "x", "y");
    SC_FAILS(&env, sc_figure_write(figure, sc_temp_file(&temp, "a.png")), SOCLE_STATUS_CONFIG);
    SC_EQ(sc_temp_count(&temp), 0);
    sc_figure_destroy(figure);
}
#else
Test(figure_cairo, says_what_is_missing) {
    (void)draw, (void)expect_same;
    SC_FAILS(&env, sc_figure_can_draw(&env), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(env.text, "libcairo2-dev");
}
#endif

Test(figure_cairo, names_of_pictures) {
    SC_TRUE(sc_figure_is_picture("a.svg") && sc_figure_is_picture("b/a.png"));
    SC_TRUE(!sc_figure_is_picture(".svg") && !sc_figure_is_picture("a.pdf"));
}
