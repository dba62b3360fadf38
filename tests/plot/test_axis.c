/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges and ticks: all marks are inside, ticks are round numbers with texts that tell them apart.
 */
#include "plot/axis.h"
#include "sc_test.h"

static sc_env env;
static sc_figure *figure;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_figure_create(&figure, &env));
}

static void end(void) {
    sc_figure_destroy(figure);
}

TestSuite(axis, .init = begin, .fini = end);

static void expect_ticks(double low, double high, int most, const char *expected) {
    const sc_axis axis = {.low = NAN, .high = NAN};
    const sc_range range = {low, high, false};
    sc_ticks ticks;
    char text[512] = "";
    sc_axis_ticks(&ticks, &axis, &range, most);
    for (int i = 0; i < ticks.count; i++) {
        SC_TRUE(ticks.at[i] >= low - 1e-9 * (high - low));
        SC_TRUE(ticks.at[i] <= high + 1e-9 * (high - low));
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                 ticks.text[i]);
    }
    SC_EQ_STR(text, expected);
}

Test(axis, ticks) {
    expect_ticks(0, 1, 5, "0.0 0.2 0.4 0.6 0.8 1.0");
    expect_ticks(0.48, 0.83, 7, "0.50 0.55 0.60 0.65 0.70 0.75 0.80");
    expect_ticks(-1, 1, 4, "-1.0 -0.5 0.0 0.5 1.0");
    expect_ticks(0, 60000, 6, "0 10,000 20,000 30,000 40,000 50,000 60,000");
    expect_ticks(-2500, 2500, 5, "-2,000 -1,000 0 1,000 2,000");
    expect_ticks(0, 0.0049, 2, "0.000 0.002 0.004"); /* 0.005 alone would leave one number */
    expect_ticks(0, 3e-6, 3, "0 1e-06 2e-06 3e-06");
    expect_ticks(12345678, 12345680, 2, "12345678 12345679 12345680");
    expect_ticks(1e17, 1e17 + 64, 2, "1e+17 1e+17"); /* ends, where neighbours are one number */
}

Test(axis, powers_of_ten) {
    const sc_axis axis = {.low = NAN, .high = NAN, .logarithmic = true};
    const sc_range wide = {0.003, 40, true}, narrow = {0.3, 0.9, true};
    sc_ticks ticks;
    sc_axis_ticks(&ticks, &axis, &wide, 6);
    SC_EQ(ticks.count, 4);
    SC_EQ_STR(ticks.text[0], "0.01");
    SC_EQ_STR(ticks.text[3], "10");
    SC_NEAR(sc_range_place(&wide, sqrt(0.003 * 40)), 0.5, 1e-12);
    SC_TRUE(isnan(sc_range_place(&wide, 0)));
    sc_axis_ticks(&ticks, &axis, &narrow, 6);
    SC_EQ(ticks.count, 1);
    SC_EQ_STR(ticks.text[0], "0.5");
}

Test(axis, whole_numbers) {
    const double x[] = {1, 2, 3}, y[] = {5, NAN, 7};
    sc_panel *panel = sc_figure_panel(figure, NULL, "epoch", "loss");
    sc_ticks ticks;
    panel->x.whole = true;
    sc_panel_line(panel, "a", (sc_style){0}, 3, x, y);
    sc_range range = sc_panel_x_range(panel);
    SC_EQ(range.low, 1);
    SC_EQ(range.high, 3);
    sc_axis_ticks(&ticks, &panel->x, &range, 10);
    SC_EQ(ticks.count, 3);
    range = sc_panel_y_range(panel);
    SC_TRUE(range.low < 5 && range.low > 4.8 && range.high > 7 && range.high < 7.2);
}

Test(axis, of_one_value_and_of_none) {
    const double x = 4, y = NAN;
    sc_panel *panel = sc_figure_panel(figure, NULL, "x", "y");
    sc_panel_points(panel, NULL, (sc_style){0}, 1, &x, &y, NULL);
    sc_range range = sc_panel_x_range(panel);
    SC_TRUE(range.low < 4 && range.high > 4);
    range = sc_panel_y_range(panel);
    SC_TRUE(range.low < range.high && isfinite(range.low) && isfinite(range.high));
}

Test(axis, bars_stand_on_zero) {
    const double edge[] = {0, 1, 2}, y[] = {3, 5};
    sc_panel *panel = sc_figure_panel(figure, NULL, "x", "y");
    sc_panel_bars(panel, NULL, (sc_style){0}, 2, edge, y);
    sc_range range = sc_panel_y_range(panel);
    SC_EQ(range.low, 0);
    SC_TRUE(range.high > 5);
    range = sc_panel_x_range(panel);
    SC_EQ(range.low, 0);
    SC_EQ(range.high, 2);
}

Test(axis, words) {
    static const char *const words[] = {"cat", "dog", "bird"};
    sc_panel *panel = sc_figure_panel(figure, NULL, "x", "y");
    sc_ticks ticks;
    sc_panel_words(panel, &panel->x, words, 3);
    sc_range range = sc_panel_x_range(panel);
    SC_EQ_FLOAT_BITS((float)range.low, -0.5f);
    SC_EQ_FLOAT_BITS((float)range.high, 2.5f);
    sc_axis_ticks(&ticks, &panel->x, &range, 2);
    SC_EQ(ticks.count, 2); /* each second one */
    SC_EQ_STR(ticks.text[1], "bird");
}
