/* SPDX-License-Identifier: Apache-2.0 */
/* See descent.h. */
#include "cli/descent.h"
#include "base/rng.h"

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
    if (descent->noise > 0) return SC_DESCENT_WALKED;
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
                                        [SC_DESCENT_WALKED] = "walked with noise",
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
