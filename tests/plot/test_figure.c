/* SPDX-License-Identifier: Apache-2.0 */
/* A figure holds what it was given, as numbers that JSON shows; texts are made fit; its first
 * failure stays. */
#include "plot/colour.h"
#include "sc_test.h"

static socle_status build(sc_figure **out, sc_env *env) {
    static const char *const names[] = {"a\xff", "b"}, *const cells[] = {"1", "2"};
    const double x[] = {0, 1, 2}, y[] = {0.25, NAN, -3}, value[] = {0.5, 2};
    const sc_grid grid = {.count = 1,
                          .rows = 1,
                          .columns = 2,
                          .channels = 1,
                          .value = value,
                          .text = cells,
                          .right = 2,
                          .top = 1,
                          .low = NAN,
                          .high = NAN,
                          .scale = "share"};
    SC_TRY(sc_figure_create(out, env));
    sc_figure_title(*out, "of %s", "\x1b[31m");
    sc_figure_note(*out, "%d runs", 2);
    sc_panel *panel = sc_figure_panel(*out, "first", "x", "y");
    sc_panel_line(panel, "line", (sc_style){0}, 3, x, y);
    sc_panel_points(panel, "points", (sc_style){.colour = 1}, 3, NULL, x, y);
    sc_panel_arrow(panel, (sc_style){0}, 0, 1, 2, 3);
    panel = sc_figure_panel(*out, NULL, NULL, NULL);
    sc_panel_words(panel, &panel->x, names, 2);
    sc_panel_heat(panel, &grid);
    sc_panel_box(panel, (sc_style){0}, 1, 2, 3, "box");
    return (*out)->status;
}

Test(figure, holds_what_it_was_given) {
    sc_env env;
    sc_figure *figure;
    json_t *json;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, build(&figure, &env));
    SC_OK(&env, sc_figure_json(&json, figure));
    char *text = json_dumps(json, JSON_COMPACT);
    SC_EQ_STR(text,
              "{\"title\":\"of ?[31m\",\"note\":\"2 runs\",\"panels\":["
              "{\"title\":\"first\",\"x\":{\"label\":\"x\"},\"y\":{\"label\":\"y\"},\"marks\":["
              "{\"kind\":\"line\",\"name\":\"line\",\"x\":[0.0,1.0,2.0],\"y\":[0.25,null,-3.0]},"
              "{\"kind\":\"points\",\"name\":\"points\",\"x\":[0.0,1.0,2.0],\"y\":[0.0,1.0,2.0],"
              "\"size\":[0.25,null,-3.0]},"
              "{\"kind\":\"arrows\",\"x\":[0.0,2.0],\"y\":[1.0,3.0]}]},"
              "{\"x\":{\"words\":[\"a?\",\"b\"]},\"y\":{},\"marks\":["
              "{\"kind\":\"heat\",\"rows\":1,\"columns\":2,\"channels\":1,\"count\":1,"
              "\"value\":[0.5,2.0],\"text\":[\"1\",\"2\"],\"edges\":[0.0,2.0,0.0,1.0],\"low\":0.5,"
              "\"high\":2.0,"
              "\"scale\":\"share\"},"
              "{\"kind\":\"boxes\",\"x\":[1.0],\"y\":[2.0],\"size\":[3.0],\"text\":[\"box\"]}]}]}");
    free(text);
    json_decref(json);
    sc_figure_destroy(figure);
}

/* What cairo refuses comes to no backend: bytes that are no UTF-8, halves of pairs, long forms. */
Test(figure, texts_are_utf8) {
    static const char *const texts[][2] = {{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", NULL},
                                           {"\xed\xa0\x80", "???"},
                                           {"\xc0\x80", "??"},
                                           {"\xe0\x80\x80", "???"},
                                           {"\xf4\x90\x80\x80", "????"},
                                           {"a\tb\nc\x7f", "a?b\nc?"},
                                           {"\xc2\x85", "?"},
                                           {"cut \xe2\x82", "cut ??"}};
    sc_env env;
    sc_figure *figure;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_figure_create(&figure, &env));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        SC_EQ_STR(sc_figure_word(figure, "%s", texts[i][0]),
                  texts[i][1] ? texts[i][1] : texts[i][0]);
    sc_figure_destroy(figure);
}

/* Diverging colours have white at 0; the others begin at the least value. */
Test(figure, colours) {
    const double value[] = {-1, 0, 0.5};
    sc_grid grid = {.count = 1,
                    .rows = 1,
                    .columns = 3,
                    .channels = 1,
                    .value = value,
                    .colours = SC_DIVERGING,
                    .low = NAN,
                    .high = NAN};
    sc_env env;
    sc_figure *figure;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_figure_create(&figure, &env));
    sc_panel *panel = sc_figure_panel(figure, NULL, NULL, NULL);
    const sc_grid *drawn = &sc_panel_tiles(panel, &grid)->grid;
    SC_EQ(drawn->low, -1);
    SC_EQ(drawn->high, 1);
    sc_rgb white = sc_grid_colour(drawn, 0, 0, 1);
    SC_TRUE(white.red > 0.95 && white.green > 0.95 && white.blue > 0.95);
    grid.colours = SC_SEQUENTIAL;
    drawn = &sc_panel_tiles(panel, &grid)->grid;
    SC_EQ(drawn->low, -1);
    SC_NEAR(sc_grid_share(drawn, 0, 0, 2), 1, 0);
    /* viridis becomes lighter all the way, so that it reads in grey too */
    double before = -1;
    for (int i = 0; i <= 64; i++) {
        double light = sc_luminance(sc_colour_of_number(SC_SEQUENTIAL, i / 64.0));
        SC_TRUE(light > before);
        before = light;
    }
    sc_figure_destroy(figure);
}

static socle_status build_and_show(sc_env *env, void *argument) {
    sc_figure *figure = NULL;
    sc_text text;
    (void)argument;
    sc_text_init(&text, env);
    socle_status status = build(&figure, env);
    if (status == SOCLE_OK) status = sc_figure_text(&text, figure, 80);
    sc_text_free(&text);
    sc_figure_destroy(figure);
    return status;
}

Test(figure, without_memory) {
    sc_test_each_allocation(build_and_show, NULL);
}
