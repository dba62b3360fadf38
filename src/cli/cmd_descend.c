/* SPDX-License-Identifier: Apache-2.0 */
/* `socle descend EXPR --from X --lr R`: gradient descent on a formula of one or several variables,
 * step by step, and what came of it. */
#include "base/shown.h"
#include "cli/curve.h"
#include "cli/descent.h"
#include "cli/figure_output.h"

#include <math.h>

enum {
    KEY_FROM = 512,
    KEY_LR,
    KEY_STEPS,
    KEY_TOLERANCE,
    KEY_NOISE,
    KEY_SEED,
    MOST_STEPS = 1000000
};
enum { SHOWN_FIRST = 30, SHOWN_LAST = 5 }; /* rows of a long table */

typedef struct descend_settings {
    sc_cli *cli;
    const char *formula, *from;
    sc_figure_output output;
    sc_descent descent;
    bool has_lr;
} descend_settings;

static error_t parse_number(descend_settings *settings, int key, const char *arg) {
    sc_descent *descent = &settings->descent;
    int64_t whole = 0;
    switch (key) {
    case KEY_LR:
        settings->has_lr = true;
        return sc_cli_number(settings->cli, &descent->rate, "--lr", arg, -1e30, 1e30);
    case KEY_TOLERANCE:
        return sc_cli_number(settings->cli, &descent->tolerance, "--tolerance", arg, 0, 1e30);
    case KEY_NOISE:
        return sc_cli_number(settings->cli, &descent->noise, "--noise", arg, 0, 1e30);
    case KEY_STEPS:
        if (sc_cli_integer(settings->cli, &whole, "--steps", arg, 1, MOST_STEPS) != 0)
            return EINVAL;
        descent->most = (int)whole;
        return 0;
    default:
        if (sc_cli_integer(settings->cli, &whole, "--seed", arg, 0, INT64_MAX) != 0) return EINVAL;
        descent->seed = (uint64_t)whole;
        return 0;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    descend_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->output;
        return 0;
    case KEY_FROM:
        settings->from = arg;
        return 0;
    case KEY_LR:
    case KEY_STEPS:
    case KEY_TOLERANCE:
    case KEY_NOISE:
    case KEY_SEED:
        return parse_number(settings, key, arg);
    case ARGP_KEY_ARG:
        if (settings->formula)
            return sc_cli_usage(settings->cli, "one formula at a time; quote one that has spaces");
        settings->formula = arg;
        return 0;
    case ARGP_KEY_END:
        if (settings->formula && settings->from && settings->has_lr) return 0;
        return sc_cli_usage(settings->cli,
                            "%s is missing: socle descend \"x^2/4 - 2*x + 5\" "
                            "--from 6 --lr 0.5",
                            !settings->formula ? "the formula"
                            : !settings->from  ? "--from"
                                               : "--lr");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&sc_figure_output_argp, 0, NULL, 0}, {&sc_cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp_option options[] = {
    {"from", KEY_FROM, "X", 0, "Where to begin: a number, or of several variables x=1,y=2", 0},
    {"lr", KEY_LR, "R", 0, "The learning rate: how much of the slope a step goes", 0},
    {"steps", KEY_STEPS, "N", 0, "At most N steps (default 20)", 0},
    {"tolerance", KEY_TOLERANCE, "T", 0,
     "It has converged where the slope is at most T (default 1e-6)", 0},
    {"noise", KEY_NOISE, "S", 0,
     "Adds normal noise of standard deviation S to each slope, as single samples do", 0},
    {"seed", KEY_SEED, "N", 0, "The seed of the noise (default 1)", 0},
    {0}};

const struct argp sc_descend_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "EXPR",
    .doc = "Goes down a formula: x becomes x - lr * slope, for each variable at once. Prints the "
           "steps, whether they converged, diverged or oscillate, and draws them on the curve, or "
           "for two variables over its heights. Steps that diverged exit with 5.",
    .children = children};

static socle_status print_rows(const sc_curve *curve, const sc_descent *descent) {
    sc_table_column columns[2 + 2 * SC_CURVE_VARIABLES] = {{"STEP", .right = true}};
    char slope[SC_CURVE_VARIABLES][SC_CURVE_NAME + 8];
    const int n = curve->variables;
    sc_table *table;
    for (int i = 0; i < n; i++) {
        snprintf(slope[i], sizeof slope[i], n == 1 ? "f'(%s)" : "df/d%s", curve->name[i]);
        columns[1 + i] = (sc_table_column){curve->name[i], .right = true};
        columns[2 + n + i] = (sc_table_column){slope[i], .right = true};
    }
    columns[1 + n] = (sc_table_column){"f", .right = true};
    SC_TRY(sc_table_create(&table, &curve->cli->env, columns, 2 + 2 * n));
    for (int s = 0; s <= descent->steps; s++) {
        const sc_descent_step *step = &descent->step[s];
        if (s == SHOWN_FIRST && descent->steps > SHOWN_FIRST + SHOWN_LAST) {
            for (int c = 0; c < 2 + 2 * n; c++) sc_table_cell(table, "...");
            s = descent->steps - SHOWN_LAST;
            continue;
        }
        sc_table_cell(table, "%d", s);
        for (int i = 0; i < n; i++) sc_table_cell(table, "%.6g", sc_shown(step->point[i]));
        sc_table_cell(table, "%.6g", sc_shown(step->value));
        for (int i = 0; i < n; i++) sc_table_cell(table, "%.6g", sc_shown(step->slope[i]));
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static void print_place(const sc_curve *curve, const sc_descent_step *step) {
    for (int i = 0; i < curve->variables; i++)
        printf("%s = %.6g, ", curve->name[i], sc_shown(step->point[i]));
    printf("f = %.6g", sc_shown(step->value));
}

static void print_outcome(const sc_curve *curve, const sc_descent *descent) {
    const sc_descent_step *last = &descent->step[descent->steps];
    printf("\n%s after %d step%s at ", sc_descent_word(descent->outcome), descent->steps,
           descent->steps == 1 ? "" : "s");
    print_place(curve, last);
    if (descent->outcome == SC_DESCENT_UNFINISHED || descent->outcome == SC_DESCENT_OSCILLATES) {
        double ratio = sc_descent_ratio(descent);
        if (isfinite(ratio))
            printf("; the last step was %.4g times the one before%s", fabs(ratio),
                   ratio < 0 ? ", in the other direction" : "");
    }
    if (descent->noise > 0) {
        printf("; lowest: ");
        print_place(curve, &descent->step[sc_descent_lowest(descent)]);
        printf(" at step %d", sc_descent_lowest(descent));
    }
    printf("\n");
}

static void print_json(const sc_curve *curve, const sc_descent *descent) {
    json_t *event = sc_report("descend"), *steps = json_array();
    for (int s = 0; s <= descent->steps; s++) {
        json_t *entry = sc_report(NULL);
        sc_report_integer(entry, "step", s);
        sc_report_value(entry, "at", sc_curve_json(curve, descent->step[s].point));
        sc_report_number(entry, "value", descent->step[s].value);
        sc_report_value(entry, "slope", sc_curve_json(curve, descent->step[s].slope));
        json_array_append_new(steps, entry);
    }
    sc_report_text(event, "outcome", sc_descent_word(descent->outcome));
    sc_report_number(event, "lr", descent->rate);
    sc_report_value(event, "steps", steps);
    sc_report_print(curve->cli, event);
}

static socle_status draw(const sc_curve *curve, const sc_descent *descent,
                         const sc_figure_output *output) {
    sc_figure *figure;
    SC_TRY(sc_descent_figure(&figure, curve, descent));
    socle_status status = sc_figure_output_write(output, figure);
    if (status == SOCLE_OK && output->file) sc_cli_say(curve->cli, "wrote %s", output->file);
    if (status == SOCLE_OK && !output->file) {
        printf("\n");
        status = sc_figure_output_print(curve->cli, figure);
    }
    sc_figure_destroy(figure);
    return status;
}

static socle_status show(const sc_curve *curve, const sc_descent *descent,
                         const sc_figure_output *output) {
    const bool drawn =
        output->file || (!curve->cli->json && !curve->cli->quiet && curve->variables <= 2);
    if (curve->cli->json) {
        print_json(curve, descent);
    } else {
        SC_TRY(print_rows(curve, descent));
        print_outcome(curve, descent);
    }
    return drawn ? draw(curve, descent, output) : SOCLE_OK;
}

static socle_status can_draw(const sc_curve *curve, const sc_figure_output *output) {
    if (output->file && curve->variables > 2)
        return sc_fail(&output->cli->env, SOCLE_STATUS_CONFIG,
                       "-o: steps of one or two variables are drawn, not of %d", curve->variables);
    return sc_figure_output_ready(output);
}

socle_status sc_descend_command(sc_cli *cli, int argc, char **argv) {
    descend_settings settings = {
        .cli = cli, .output.cli = cli, .descent = {.most = 20, .tolerance = 1e-6, .seed = 1}};
    sc_descent *descent = &settings.descent;
    double from[SC_CURVE_VARIABLES] = {0};
    sc_curve curve;
    SC_TRY(sc_cli_parse(cli, &sc_descend_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_curve_read(&curve, cli, settings.formula));
    SC_TRY(sc_curve_point(from, &curve, "--from", settings.from));
    SC_TRY(can_draw(&curve, &settings.output));
    SC_TRY(sc_descent_run(descent, &curve, from));
    socle_status status = show(&curve, descent, &settings.output);
    sc_release(&cli->env, descent->step);
    if (status == SOCLE_OK && descent->outcome == SC_DESCENT_DIVERGED)
        cli->exit_code = sc_exit_code(SOCLE_STATUS_DIVERGED);
    return status;
}
