/* SPDX-License-Identifier: Apache-2.0 */
/* `socle derive EXPR --at X`: the derivative of a formula, as a formula and, at a point, by
 * differences over smaller and smaller steps. */
#include "base/shown.h"
#include "cli/curve.h"

#include <math.h>
#include <string.h>

enum { ROWS = 6 };

typedef struct derive_settings {
    sc_cli *cli;
    const char *formula, *at;
    double step;
} derive_settings;

enum { KEY_AT = 512, KEY_STEP };

static error_t parse(int key, char *arg, struct argp_state *state) {
    derive_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case KEY_AT:
        settings->at = arg;
        return 0;
    case KEY_STEP:
        return sc_cli_number(settings->cli, &settings->step, "--step", arg, 1e-300, 1e300);
    case ARGP_KEY_ARG:
        if (settings->formula)
            return sc_cli_usage(settings->cli, "one formula at a time; quote one that has spaces");
        settings->formula = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return sc_cli_usage(settings->cli, "of what? socle derive \"x^2/4 - 2*x + 5\" --at 6");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp_option options[] = {
    {"at", KEY_AT, "X", 0,
     "Where: a number, or of several variables x=1,y=2. Differences are shown there", 0},
    {"step", KEY_STEP, "H", 0, "The largest step of the differences (default 1)", 0},
    {0}};

const struct argp sc_derive_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "EXPR",
    .doc = "Prints the derivative of a formula: for each of its variables the formula of the "
           "slope, and with --at the slope there beside difference quotients, backward (f(x) - f(x "
           "- h)) / h, forward (f(x + h) - f(x)) / h and central (f(x + h) - f(x - h)) / 2h. "
           "Formulas are those of a configuration; x^2 is x ** 2.",
    .children = children};

typedef struct quotients {
    double step, backward, forward, central;
} quotients;

/* Steps as they are in double precision: x + h - x. */
static quotients quotients_at(const sc_curve *curve, const double *point, int variable,
                              double step) {
    double moved[SC_CURVE_VARIABLES];
    memcpy(moved, point, sizeof moved);
    const double x = point[variable], here = sc_curve_at(&curve->value, point);
    moved[variable] = x + step;
    const double right = moved[variable] - x, after = sc_curve_at(&curve->value, moved);
    moved[variable] = x - step;
    const double left = x - moved[variable], before = sc_curve_at(&curve->value, moved);
    return (quotients){step, (here - before) / left, (after - here) / right,
                       (after - before) / (left + right)};
}

/* "f'(x)" of one variable, "df/dx" of several. */
static void name_slope(char *out, size_t size, const sc_curve *curve, int variable) {
    snprintf(out, size, curve->variables == 1 ? "f'(%s)" : "df/d%s", curve->name[variable]);
}

static socle_status print_formulas(const sc_curve *curve) {
    sc_text text;
    char name[SC_CURVE_NAME + 8] = "f";
    sc_text_init(&text, &curve->cli->env);
    if (curve->variables == 1) snprintf(name, sizeof name, "f(%s)", curve->name[0]);
    socle_status status = sc_curve_formula(&text, curve, &curve->value);
    if (status == SOCLE_OK) printf("%-6s = %s\n", name, text.data);
    for (int i = 0; i < curve->variables && status == SOCLE_OK; i++) {
        sc_text_clear(&text);
        name_slope(name, sizeof name, curve, i);
        status = sc_curve_formula(&text, curve, &curve->slope[i]);
        if (status == SOCLE_OK) printf("%-6s = %s\n", name, text.data);
    }
    sc_text_free(&text);
    return status;
}

/* Whether the slopes from both sides come to different numbers, as those of abs at 0 do. */
static bool has_kink(const quotients *last) {
    return fabs(last->forward - last->backward) >
           0.01 * (fabs(last->forward) + fabs(last->backward) + 1e-6);
}

static socle_status print_differences(const sc_curve *curve, const double *point, double step) {
    static const sc_table_column columns[] = {
        {"SLOPE", .least = 8},      {"STEP", .right = true},    {"BACKWARD", .right = true},
        {"FORWARD", .right = true}, {"CENTRAL", .right = true}, {"FORMULA", .right = true}};
    sc_table *table;
    SC_TRY(sc_table_create(&table, &curve->cli->env, columns, sizeof columns / sizeof columns[0]));
    for (int i = 0; i < curve->variables; i++) {
        char name[SC_CURVE_NAME + 8];
        double h = step;
        name_slope(name, sizeof name, curve, i);
        for (int row = 0; row < ROWS; row++, h /= 10) {
            quotients q = quotients_at(curve, point, i, h);
            sc_table_cell(table, "%s", name);
            sc_table_cell(table, "%.6g", q.step);
            sc_table_cell(table, "%.6g", sc_shown(q.backward));
            sc_table_cell(table, "%.6g", sc_shown(q.forward));
            sc_table_cell(table, "%.6g", sc_shown(q.central));
            sc_table_cell(table, "%.6g", sc_shown(sc_curve_at(&curve->slope[i], point)));
        }
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static void print_kinks(const sc_curve *curve, const double *point, double step) {
    for (int i = 0; i < curve->variables; i++) {
        quotients last = quotients_at(curve, point, i, step * 1e-5);
        if (has_kink(&last))
            printf("a kink: along %s the slope is %.6g on the left and %.6g on the right\n",
                   curve->name[i], sc_shown(last.backward), sc_shown(last.forward));
    }
}

static socle_status print_point(const sc_curve *curve, const double *point, double step) {
    printf("\nat ");
    for (int i = 0; i < curve->variables; i++)
        printf("%s%s = %.10g", i ? ", " : "", curve->name[i], point[i]);
    printf(": f = %.10g", sc_shown(sc_curve_at(&curve->value, point)));
    for (int i = 0; i < curve->variables; i++) {
        char name[SC_CURVE_NAME + 8];
        name_slope(name, sizeof name, curve, i);
        printf(", %s = %.10g", name, sc_shown(sc_curve_at(&curve->slope[i], point)));
    }
    printf("\n\n");
    SC_TRY(print_differences(curve, point, step));
    print_kinks(curve, point, step);
    return SOCLE_OK;
}

static json_t *differences_json(const sc_curve *curve, const double *point, int variable,
                                double step) {
    json_t *list = json_array();
    for (int row = 0; row < ROWS; row++, step /= 10) {
        quotients q = quotients_at(curve, point, variable, step);
        json_t *entry = sc_report(NULL);
        sc_report_number(entry, "step", q.step);
        sc_report_number(entry, "backward", q.backward);
        sc_report_number(entry, "forward", q.forward);
        sc_report_number(entry, "central", q.central);
        json_array_append_new(list, entry);
    }
    return list;
}

static socle_status print_json(const sc_curve *curve, const double *point, double step) {
    sc_text text;
    json_t *event = sc_report("derive"), *slopes = sc_report(NULL);
    sc_text_init(&text, &curve->cli->env);
    socle_status status = sc_curve_formula(&text, curve, &curve->value);
    sc_report_text(event, "formula", text.data);
    if (point) sc_report_value(event, "at", sc_curve_json(curve, point));
    if (point) sc_report_number(event, "value", sc_curve_at(&curve->value, point));
    for (int i = 0; i < curve->variables && status == SOCLE_OK; i++) {
        json_t *slope = sc_report(NULL);
        sc_text_clear(&text);
        status = sc_curve_formula(&text, curve, &curve->slope[i]);
        sc_report_text(slope, "formula", text.data);
        if (point) sc_report_number(slope, "value", sc_curve_at(&curve->slope[i], point));
        if (point) sc_report_value(slope, "differences", differences_json(curve, point, i, step));
        sc_report_value(slopes, curve->name[i], slope);
    }
    sc_report_value(event, "derivative", slopes);
    sc_text_free(&text);
    if (status == SOCLE_OK)
        sc_report_print(curve->cli, event);
    else
        json_decref(event);
    return status;
}

socle_status sc_derive_command(sc_cli *cli, int argc, char **argv) {
    derive_settings settings = {.cli = cli, .step = 1};
    sc_curve curve;
    double at[SC_CURVE_VARIABLES] = {0}, *point = NULL;
    SC_TRY(sc_cli_parse(cli, &sc_derive_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_curve_read(&curve, cli, settings.formula));
    if (settings.at) {
        SC_TRY(sc_curve_point(at, &curve, "--at", settings.at));
        point = at;
    }
    if (cli->json) return print_json(&curve, point, settings.step);
    SC_TRY(print_formulas(&curve));
    return point ? print_point(&curve, point, settings.step) : SOCLE_OK;
}
