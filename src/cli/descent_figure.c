/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a descent as a figure: on the curve, or for two variables as a path over the heights
 * of the surface. */
#include "cli/descent.h"

#include <math.h>

enum { POINTS = 241, ROWS = 96, COLUMNS = 128, BANDS = 14, NAMED = 6, RUNAWAY = 8 };

typedef struct range {
    double low, high;
} range;

static void include(range *range, double value) {
    if (!isfinite(value)) return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

/* Of steps that diverged the first ones: beside the last all others would lie in one place. */
static int drawn_steps(const sc_descent *descent) {
    const bool diverged = descent->outcome == SC_DESCENT_DIVERGED;
    return diverged && descent->steps > RUNAWAY ? RUNAWAY : descent->steps;
}

/* Where the steps were, and some room: steps alone show one side of a valley. */
static range reach(const sc_descent *descent, int variable) {
    range out = {INFINITY, -INFINITY};
    for (int s = 0; s <= drawn_steps(descent); s++) include(&out, descent->step[s].point[variable]);
    if (!(out.low <= out.high)) return (range){-1, 1};
    double room = 0.3 * (out.high - out.low);
    if (!(room > 0)) room = 0.5 * fabs(out.low) + 0.5;
    return (range){out.low - room, out.high + room};
}

/* What is drawn so far, for the names of steps above them. */
typedef struct field {
    range x, y;
    range z; /* of the colours below; of a curve from -infinity on */
} field;

/* Light where the colour below is dark. */
static int label_colour(const field *field, double height) {
    const bool dark = height - field->z.low < 0.4 * (field->z.high - field->z.low);
    return isfinite(field->z.low) && dark ? SC_COLOUR_PALE : SC_COLOUR_INK;
}

static bool is_near(const field *field, const double *a, const double *b) {
    return fabs(a[0] - b[0]) < 0.04 * (field->x.high - field->x.low) &&
           fabs(a[1] - b[1]) < 0.06 * (field->y.high - field->y.low);
}

/* The numbers of the first steps and of the last one, where there is room. */
static void name_steps(sc_panel *panel, const sc_descent *descent, const field *field, size_t count,
                       const double *x, const double *y) {
    double named[NAMED + 1][2];
    int names = 0;
    for (size_t s = 0; s < count; s++) {
        const double place[2] = {x[s], y[s] + 0.05 * (field->y.high - field->y.low)};
        char text[24];
        bool room = (s < NAMED || s + 1 == count) && isfinite(place[0]) && isfinite(place[1]);
        for (int i = 0; i < names && room; i++) room = !is_near(field, named[i], place);
        if (!room) continue;
        snprintf(text, sizeof text, "%zu", s);
        sc_panel_label(panel, (sc_style){.colour = label_colour(field, descent->step[s].value)},
                       place[0], place[1], text);
        named[names][0] = place[0], named[names][1] = place[1];
        names++;
    }
}

/* Places of the steps; y: their values, or of two variables the second one. */
static socle_status add_steps(sc_panel *panel, const sc_curve *curve, const sc_descent *descent,
                              const field *field) {
    const size_t count = (size_t)drawn_steps(descent) + 1;
    const sc_style path = {.colour = 1};
    double *x;
    SC_TRY(sc_allocate(&curve->cli->env, &x, 2 * count, sizeof *x));
    double *y = x + count;
    for (size_t s = 0; s < count; s++) {
        const sc_descent_step *step = &descent->step[s];
        x[s] = step->point[0];
        y[s] = curve->variables == 1 ? step->value : step->point[1];
    }
    sc_panel_line(panel, NULL, path, count, x, y);
    sc_panel_points(panel, "steps", path, count, x, y, NULL);
    name_steps(panel, descent, field, count, x, y);
    sc_release(&curve->cli->env, x);
    return SOCLE_OK;
}

static void draw_curve(sc_figure *figure, const sc_curve *curve, field *field) {
    const range x = field->x;
    double at[POINTS], value[POINTS], point[SC_CURVE_VARIABLES] = {0};
    for (int i = 0; i < POINTS; i++) {
        point[0] = at[i] = x.low + (x.high - x.low) * i / (POINTS - 1);
        value[i] = sc_curve_at(&curve->value, point);
        if (!isfinite(value[i])) value[i] = NAN;
        include(&field->y, value[i]);
    }
    sc_panel_line(sc_figure_panel(figure, NULL, curve->name[0], "f"), "f", (sc_style){.colour = 0},
                  POINTS, at, value);
}

/* Heights in bands, whose rims are contours; narrower where it is low. */
static socle_status draw_heights(sc_figure *figure, const sc_curve *curve, field *field) {
    const range x = field->x, y = field->y;
    sc_panel *panel = sc_figure_panel(figure, NULL, curve->name[0], curve->name[1]);
    double *value, point[SC_CURVE_VARIABLES] = {0};
    range z = {INFINITY, -INFINITY};
    SC_TRY(sc_allocate(&curve->cli->env, &value, ROWS * COLUMNS, sizeof *value));
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        point[0] = x.low + (x.high - x.low) * (i % COLUMNS + 0.5) / COLUMNS;
        point[1] = y.high - (y.high - y.low) * (i / COLUMNS + 0.5) / ROWS;
        value[i] = sc_curve_at(&curve->value, point);
        include(&z, value[i]);
    }
    for (int i = 0; i < ROWS * COLUMNS; i++)
        value[i] = isfinite(value[i]) && z.high > z.low
                       ? floor(fmin(sqrt((value[i] - z.low) / (z.high - z.low)) * BANDS, BANDS - 1))
                       : NAN;
    sc_panel_heat(panel, &(sc_grid){.count = 1,
                                    .rows = ROWS,
                                    .columns = COLUMNS,
                                    .channels = 1,
                                    .value = value,
                                    .left = x.low,
                                    .right = x.high,
                                    .bottom = y.low,
                                    .top = y.high,
                                    .colours = SC_SEQUENTIAL,
                                    .low = 0,
                                    .high = BANDS - 1});
    sc_release(&curve->cli->env, value);
    field->z = z;
    return SOCLE_OK;
}

socle_status sc_descent_figure(sc_figure **out, const sc_curve *curve, const sc_descent *descent) {
    sc_figure *figure;
    SC_TRY(sc_figure_create(&figure, &curve->cli->env));
    sc_figure_title(figure, "Gradient descent, lr %g: %s after %d steps", descent->rate,
                    sc_descent_word(descent->outcome), descent->steps);
    field field = {.x = reach(descent, 0), .y = {INFINITY, -INFINITY}, .z = {-INFINITY, INFINITY}};
    socle_status status = SOCLE_OK;
    if (curve->variables == 2) field.y = reach(descent, 1);
    if (curve->variables == 1)
        draw_curve(figure, curve, &field);
    else
        status = draw_heights(figure, curve, &field);
    if (curve->variables == 2)
        sc_figure_note(figure, "Each band is a range of heights, the darkest is the lowest.");
    if (status == SOCLE_OK) status = add_steps(figure->last, curve, descent, &field);
    if (status == SOCLE_OK) status = figure->status;
    if (status == SOCLE_OK)
        *out = figure;
    else
        sc_figure_destroy(figure);
    return status;
}
