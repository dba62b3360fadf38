/* SPDX-License-Identifier: Apache-2.0 */
/* A function that a person writes on the command line, "x^2/4 - 2*x + 5", with its slopes: what
 * `socle derive` and `socle descend` are about. Computed in double precision. */
#ifndef SC_CLI_CURVE_H
#define SC_CLI_CURVE_H

#include "base/text.h"
#include "cli/cli.h"
#include "op/expr.h"

enum { SC_CURVE_VARIABLES = 6, SC_CURVE_NAME = 40 };

typedef struct sc_curve {
    sc_cli *cli;
    int variables; /* in the order in which the text names them */
    char name[SC_CURVE_VARIABLES][SC_CURVE_NAME + 1];
    sc_expr value, slope[SC_CURVE_VARIABLES];
} sc_curve;

/* Errors: CONFIG, with the column; also where there is no derivative. */
socle_status sc_curve_read(sc_curve *curve, sc_cli *cli, const char *text);
/* A point as `option` gives it: a number where there is one variable, else "x=1,y=2". */
socle_status sc_curve_point(double point[SC_CURVE_VARIABLES], const sc_curve *curve,
                            const char *option, const char *text);
/* Output 0 of `expr`, the value or a slope. */
double sc_curve_at(const sc_expr *expr, const double point[SC_CURVE_VARIABLES]);
/* The formula of the value or of a slope. */
socle_status sc_curve_formula(sc_text *out, const sc_curve *curve, const sc_expr *expr);
/* {"x": 1} of a point or a gradient. */
json_t *sc_curve_json(const sc_curve *curve, const double point[SC_CURVE_VARIABLES]);

#endif
