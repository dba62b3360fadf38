/* SPDX-License-Identifier: Apache-2.0 */
/* See descent.h. */
#include "cli/descent.h"
#include "base/rng.h"
#include "cli/sketch.h"

#include <math.h>
#include <string.h>

static void look(const sc_curve *curve, sc_descent_step *step) {
    step->value = sc_curve_at(&curve->value, step->point);
    for (int i = 0; i < curve->variables; i++)
        step->slope[i] = sc_curve_at(&curve->slope[i], step->point);
}

static bool is_finite(const sc_curve *curve, const sc_descent_step *step) {
    bool finite = isfinite(step->value);
    for (int i = 0; i < curve->variables; i++)
        finite &= isfinite(step->point[i]) && isfinite(step->slope[i]);
    return finite;
}

static double steepness(const sc_curve *curve, const sc_descent_step *step) {
    double sum = 0;
    for (int i = 0; i < curve->variables; i++) sum += step->slope[i] * step->slope[i];
    return sqrt(sum);
}

static void move(const sc_descent *descent, const sc_curve *curve, int number,
                 const sc_descent_step *from, sc_descent_step *to) {
    float noise[SC_CURVE_VARIABLES] = {0};
    if (descent->noise > 0)
        sc_rng_normal(noise, (size_t)curve->variables, descent->seed, (uint32_t)number,
                      SC_RNG_DESCENT);
    for (int i = 0; i < curve->variables; i++)
        to->point[i] =
            from->point[i] - descent->rate * (from->slope[i] + descent->noise * (double)noise[i]);
    look(curve, to);
}

double sc_descent_ratio(const sc_descent *descent) {
    double before = 0, last = 0, product = 0;
    if (descent->steps < 2) return NAN;
    const sc_descent_step *at = &descent->step[descent->steps];
    for (int i = 0; i < SC_CURVE_VARIABLES; i++) {
        double a = at[-1].point[i] - at[-2].point[i], b = at[0].point[i] - at[-1].point[i];
        before += a * a, last += b * b, product += a * b;
    }
    return copysign(sqrt(last / before), product);
}

/* Without noise. Rounding moves the ratio of steps of equal length by far less than 1e-9. */
static sc_descent_outcome judge(const sc_descent *descent, const sc_curve *curve) {
    const sc_descent_step *first = &descent->step[0], *last = &descent->step[descent->steps];
    if (!is_finite(curve, last)) return SC_DESCENT_DIVERGED;
    if (descent->noise > 0) return SC_DESCENT_UNFINISHED;
    if (steepness(curve, last) <= descent->tolerance) return SC_DESCENT_CONVERGED;
    if (last->value > first->value + 1e-9 * fabs(first->value)) return SC_DESCENT_DIVERGED;
    return fabs(sc_descent_ratio(descent) + 1) < 1e-9 ? SC_DESCENT_OSCILLATES
                                                      : SC_DESCENT_UNFINISHED;
}

socle_status sc_descent_run(sc_descent *descent, const sc_curve *curve,
                            const double from[SC_CURVE_VARIABLES]) {
    SC_TRY(sc_allocate(&curve->cli->env, &descent->step, (size_t)descent->most + 1,
                       sizeof *descent->step));
    memset(descent->step, 0, ((size_t)descent->most + 1) * sizeof *descent->step);
    memcpy(descent->step[0].point, from, sizeof descent->step[0].point);
    look(curve, &descent->step[0]);
    descent->steps = 0;
    while (descent->steps < descent->most) {
        const sc_descent_step *here = &descent->step[descent->steps];
        bool done = descent->noise == 0 && steepness(curve, here) <= descent->tolerance;
        if (done || !is_finite(curve, here)) break;
        move(descent, curve, descent->steps, here, &descent->step[descent->steps + 1]);
        descent->steps++;
    }
    descent->outcome = judge(descent, curve);
    return SOCLE_OK;
}

const char *sc_descent_word(sc_descent_outcome outcome) {
    static const char *const words[] = {[SC_DESCENT_UNFINISHED] = "not there yet",
                                        [SC_DESCENT_CONVERGED] = "converged",
                                        [SC_DESCENT_OSCILLATES] = "oscillates",
                                        [SC_DESCENT_DIVERGED] = "diverged"};
    return words[outcome];
}

int sc_descent_lowest(const sc_descent *descent) {
    int lowest = 0;
    for (int s = 1; s <= descent->steps; s++)
        if (descent->step[s].value < descent->step[lowest].value) lowest = s;
    return lowest;
}

typedef struct range {
    double low, high;
} range;

static void include(range *range, double value) {
    if (!isfinite(value)) return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

static range reach(const sc_curve *curve, const sc_descent *descent, int variable) {
    range out = {INFINITY, -INFINITY};
    for (int s = 0; s <= descent->steps; s++)
        if (is_finite(curve, &descent->step[s])) include(&out, descent->step[s].point[variable]);
    if (!(out.low <= out.high)) return (range){-1, 1};
    /* Steps alone show one side of a valley. */
    double room = 0.3 * (out.high - out.low);
    return (range){out.low - room, out.high + room};
}

/* Steps 0 to 9 by their numbers, later ones as '+', the last one as '@'. */
static char mark_of(const sc_descent *descent, int step) {
    return step == descent->steps ? '@' : step < 10 ? (char)('0' + step) : '+';
}

static void draw_steps(sc_sketch *sketch, const sc_curve *curve, const sc_descent *descent) {
    for (int s = descent->steps; s >= 0; s--) {
        const sc_descent_step *step = &descent->step[s];
        if (is_finite(curve, step))
            sc_sketch_put(sketch, step->point[0],
                          curve->variables == 1 ? step->value : step->point[1],
                          mark_of(descent, s));
    }
    const sc_descent_step *last = &descent->step[descent->steps];
    if (is_finite(curve, last))
        sc_sketch_put(sketch, last->point[0], curve->variables == 1 ? last->value : last->point[1],
                      '@');
}

static void draw_curve(sc_sketch *sketch, const sc_curve *curve, range x) {
    range y = {INFINITY, -INFINITY};
    double point[SC_CURVE_VARIABLES] = {0};
    for (int i = 0; i <= SC_SKETCH_COLUMNS; i++) {
        point[0] = x.low + (x.high - x.low) * i / SC_SKETCH_COLUMNS;
        include(&y, sc_curve_at(&curve->value, point));
    }
    if (!(y.low <= y.high)) y = (range){-1, 1};
    sc_sketch_begin(sketch, x.low, x.high, y.low, y.high);
    for (int c = 0; c < SC_SKETCH_COLUMNS; c++) {
        point[0] = sc_sketch_x(sketch, c);
        sc_sketch_put(sketch, point[0], sc_curve_at(&curve->value, point), '.');
    }
}

/* Heights in bands of equal ratio above the lowest: valleys are narrow where they are deep. */
static void draw_heights(sc_sketch *sketch, const sc_curve *curve, range x, range y) {
    static const char bands[] = " .:-=+*#";
    double value[SC_SKETCH_ROWS][SC_SKETCH_COLUMNS], point[SC_CURVE_VARIABLES] = {0};
    range z = {INFINITY, -INFINITY};
    sc_sketch_begin(sketch, x.low, x.high, y.low, y.high);
    for (int r = 0; r < SC_SKETCH_ROWS; r++)
        for (int c = 0; c < SC_SKETCH_COLUMNS; c++) {
            point[0] = sc_sketch_x(sketch, c), point[1] = sc_sketch_y(sketch, r);
            value[r][c] = sc_curve_at(&curve->value, point);
            include(&z, value[r][c]);
        }
    for (int r = 0; r < SC_SKETCH_ROWS; r++)
        for (int c = 0; c < SC_SKETCH_COLUMNS; c++) {
            double share = sqrt((value[r][c] - z.low) / (z.high - z.low));
            if (isfinite(share)) sketch->cell[r][c] = bands[(int)fmin(share * 8, sizeof bands - 2)];
        }
}

void sc_descent_draw(const sc_curve *curve, const sc_descent *descent, FILE *stream) {
    sc_sketch sketch;
    if (curve->variables > 2) return;
    const range x = reach(curve, descent, 0);
    if (curve->variables == 1)
        draw_curve(&sketch, curve, x);
    else
        draw_heights(&sketch, curve, x, reach(curve, descent, 1));
    draw_steps(&sketch, curve, descent);
    fprintf(stream, "\n");
    sc_sketch_print(&sketch, stream);
    if (curve->variables == 1)
        fprintf(stream, "%9s  %s; steps by their numbers, the last one @\n", "", curve->name[0]);
    else
        fprintf(stream,
                "%9s  %s across, %s up; blank is lowest, # highest; steps by their numbers, the "
                "last one @\n",
                "", curve->name[0], curve->name[1]);
}
