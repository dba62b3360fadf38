/* SPDX-License-Identifier: Apache-2.0 */
/* Gradient descent on a curve: its steps, their outcome, and a figure of them. */
#ifndef SC_CLI_DESCENT_H
#define SC_CLI_DESCENT_H

#include "cli/curve.h"
#include "plot/figure.h"

typedef struct sc_descent_step {
    double point[SC_CURVE_VARIABLES], value;
    double slope[SC_CURVE_VARIABLES]; /* without noise */
} sc_descent_step;

typedef enum sc_descent_outcome {
    SC_DESCENT_UNFINISHED,
    SC_DESCENT_WALKED,     /* with noise steps do not settle */
    SC_DESCENT_CONVERGED,  /* the slope is at most the tolerance */
    SC_DESCENT_OSCILLATES, /* each step goes back as far as the one before went */
    SC_DESCENT_DIVERGED    /* a number is not finite, or the last value is above the first */
} sc_descent_outcome;

typedef struct sc_descent {
    double rate, tolerance;
    double noise; /* standard deviation of what is added to each slope */
    uint64_t seed;
    int most;
    /* The results. */
    sc_descent_outcome outcome;
    int steps;
    sc_descent_step *step; /* steps + 1 of them, the beginning first; the caller releases it */
} sc_descent;

socle_status sc_descent_run(sc_descent *descent, const sc_curve *curve,
                            const double from[SC_CURVE_VARIABLES]);
const char *sc_descent_word(sc_descent_outcome outcome);
/* How long the last step was beside the one before; below 0 where it went the other way. NaN: there
 * are no two. */
double sc_descent_ratio(const sc_descent *descent);
int sc_descent_lowest(const sc_descent *descent); /* the step of the lowest value */
/* descent_figure.c: of one or two variables. *out is the caller's to destroy. */
socle_status sc_descent_figure(sc_figure **out, const sc_curve *curve, const sc_descent *descent);

#endif
