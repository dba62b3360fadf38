/* SPDX-License-Identifier: Apache-2.0 */
/* `socle check-gradient CONFIG`: whether the gradients of a network are those of its loss, by
 * central differences, weight by weight. */
#include "base/shown.h"
#include "cli/follow.h"

#include <float.h>
#include <math.h>

enum { KEY_SAMPLES = 256, KEY_WEIGHTS, KEY_TOLERANCE };

typedef struct check_settings {
    sc_cli *cli;
    sc_recipe_choice choice;
    int64_t samples, weights;
    double tolerance;
} check_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    check_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_SAMPLES:
        return sc_cli_integer(settings->cli, &settings->samples, "--samples", arg, 1, 4096);
    case KEY_WEIGHTS:
        return sc_cli_integer(settings->cli, &settings->weights, "--weights", arg, 1, INT32_MAX);
    case KEY_TOLERANCE:
        return sc_cli_number(settings->cli, &settings->tolerance, "--tolerance", arg, 1e-12, 1);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"samples", KEY_SAMPLES, "N", 0, "The first N training samples (default 4)", 1},
    {"weights", KEY_WEIGHTS, "N", 0,
     "At most so many weights of each tensor, spread over it (default 20)", 1},
    {"tolerance", KEY_TOLERANCE, "T", 0, "The largest relative error (default 1e-5)", 1},
    {0}};
static const struct argp_child children[] = {
    {&sc_recipe_choice_argp, 0, NULL, 0}, {&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_check_gradient_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc = "Compares the gradient of the loss by each weight with the central difference (L(w + h) "
           "- L(w - h)) / 2h, both in double precision, with the first weights of the seed. The "
           "relative error is |difference - gradient| over the larger of both, or over the mean "
           "size of the tensor's gradients, where that is more. At a kink, such as that of relu, "
           "one of the slopes from left and right counts. A configuration has one loss, which "
           "compares with the data: several, and phases, are not followed. Exits with 6 where an "
           "error is above the tolerance.",
    .children = children};

/* What was found of one tensor. */
typedef struct finding {
    int64_t weights, kinks, wrong; /* looked at; at a kink; not those of the loss */
    int64_t worst;                 /* which had the largest error */
    double error, gradient, difference;
} finding;

typedef struct checker {
    const check_settings *settings;
    sc_follow with, without; /* gradients: `with` computes once, `without` for every difference */
    double weight, loss;
} checker;

/* Differences of second order lose least with h about the third root of the rounding. */
static double step_of(double value) {
    return 1e-5 * fmax(1, fabs(value));
}

static double moved_loss(const checker *c, double *at, double to) {
    const double before = *at;
    *at = to;
    double loss = sc_follow_loss(&c->without);
    *at = before;
    return loss;
}

static double error_of(double gradient, double difference, double size) {
    double error = fabs(gradient - difference);
    if (error == 0) return 0;
    error /= fmax(fmax(fabs(gradient), fabs(difference)), fmax(size, 1e-8));
    return isnan(error) ? INFINITY : error;
}

/* What rounding the losses to double may make of a difference is no error. */
static bool agrees(const checker *c, double gradient, double difference, double h, double size) {
    return fabs(gradient - difference) <= 8 * DBL_EPSILON * fabs(c->loss) / fabs(h) ||
           error_of(gradient, difference, size) <= c->settings->tolerance;
}

/* With the slope on one side, to the second order in h as the central difference is. */
static bool agrees_beside(const checker *c, double *at, double h, double once, double gradient,
                          double size) {
    const double twice = moved_loss(c, at, *at + 2 * h);
    return agrees(c, gradient, (4 * once - 3 * c->loss - twice) / (2 * h), h, size);
}

/* Another kink may lie within a step, so a smaller one is tried before an error is believed. */
static void look(const checker *c, finding *found, double *at, int64_t number, double gradient,
                 double size) {
    const double first = step_of(*at);
    double difference = 0, error = 0;
    bool right = false;
    found->weights++;
    for (double h = first; !right && h > first / 1000; h /= 10) {
        const double up = moved_loss(c, at, *at + h), down = moved_loss(c, at, *at - h);
        difference = (up - down) / (2 * h);
        error = error_of(gradient, difference, size);
        right = agrees(c, gradient, difference, h, size);
        if (right || (!agrees_beside(c, at, h, up, gradient, size) &&
                      !agrees_beside(c, at, -h, down, gradient, size)))
            continue;
        found->kinks++;
        return;
    }
    found->wrong += !right;
    if (found->weights > 1 + found->kinks && error <= found->error) return;
    found->worst = number;
    found->error = error;
    found->gradient = gradient;
    found->difference = difference;
}

static double mean_size(const double *gradient, int64_t count, double weight) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += fabs(gradient[i]) / weight;
    return sum / (double)count;
}

/* Weights spread over the tensor, the first and the last among them. */
static bool check_tensor(const checker *c, size_t p, finding *found) {
    int64_t count, unused;
    const double *gradient = sc_follow_gradient(&c->with, p);
    double *value = sc_follow_parameter(&c->without, p, &count);
    *found = (finding){0};
    if (!gradient || !value || !sc_follow_parameter(&c->with, p, &unused)) return false;
    const int64_t most = count < c->settings->weights ? count : c->settings->weights;
    const double size = mean_size(gradient, count, c->weight);
    for (int64_t k = 0; k < most; k++) {
        int64_t number = most > 1 ? k * (count - 1) / (most - 1) : 0;
        look(c, found, &value[number], number, gradient[number] / c->weight, size);
    }
    return true;
}

static void report_tensor(sc_cli *cli, const sc_parameter *parameter, const finding *found,
                          bool passed) {
    json_t *event = sc_report("gradient");
    sc_report_text(event, "parameter", parameter->name);
    sc_report_integer(event, "weights", found->weights);
    sc_report_integer(event, "kinks", found->kinks);
    sc_report_number(event, "error", found->error);
    sc_report_integer(event, "worst", found->worst);
    sc_report_number(event, "gradient", found->gradient);
    sc_report_number(event, "difference", found->difference);
    sc_report_value(event, "passed", json_boolean(passed));
    sc_report_print(cli, event);
}

static void add_row(sc_table *table, const sc_parameter *parameter, const finding *found,
                    bool passed) {
    sc_table_cell(table, "%s", parameter->name);
    sc_table_cell(table, "%lld", (long long)found->weights);
    sc_table_cell(table, "%lld", (long long)found->kinks);
    sc_table_cell(table, "%.6g", sc_shown(found->gradient));
    sc_table_cell(table, "%.6g", sc_shown(found->difference));
    sc_table_cell(table, "%.2g", sc_shown(found->error));
    sc_table_cell(table, "%s", passed ? "ok" : "WRONG");
}

/* How many tensors are wrong; -1: there are none. */
static int check_all(const checker *c, sc_table *table) {
    const sc_net *net = c->with.recipe.net;
    int wrong = 0, checked = 0;
    for (size_t p = 0; p < net->parameters; p++) {
        finding found;
        if (net->parameter[p].role == SC_PARAMETER_STATISTIC || !check_tensor(c, p, &found))
            continue;
        const bool passed = !found.wrong;
        checked++;
        wrong += !passed;
        if (c->settings->cli->json)
            report_tensor(c->settings->cli, &net->parameter[p], &found, passed);
        else
            add_row(table, &net->parameter[p], &found, passed);
    }
    return checked ? wrong : -1;
}

static socle_status check(const checker *c) {
    static const sc_table_column columns[] = {{"WEIGHTS OF", .least = 8},
                                              {"LOOKED AT", .right = true},
                                              {"AT KINKS", .right = true, .leaves = 1},
                                              {"GRADIENT", .right = true, .leaves = 2},
                                              {"DIFFERENCE", .right = true, .leaves = 2},
                                              {"WORST ERROR", .right = true},
                                              {"", .right = false}};
    sc_cli *cli = c->settings->cli;
    sc_table *table;
    SC_TRY(sc_table_create(&table, &cli->env, columns, 7));
    const int wrong = check_all(c, table);
    socle_status status = cli->json ? SOCLE_OK : sc_table_print(table, stdout);
    sc_table_destroy(table);
    SC_TRY(status);
    if (wrong < 0)
        return sc_fail(&cli->env, SOCLE_STATUS_CONFIG,
                       "the network has no weights that the loss depends on");
    if (!cli->json)
        printf("\n%s\n", wrong ? "the gradients are not those of the loss"
                               : "the gradients are those of the loss");
    if (wrong) cli->exit_code = 6;
    return SOCLE_OK;
}

static socle_status run(checker *c) {
    const check_settings *s = c->settings;
    SC_TRY(sc_follow_open(&c->with, &s->choice, 0, s->samples, true));
    SC_TRY(sc_follow_open(&c->without, &s->choice, 0, s->samples, false));
    c->loss = sc_follow_loss(&c->without);
    c->weight = sc_follow_weight(&c->with);
    if (isfinite(c->loss)) return check(c);
    return sc_fail(&s->cli->env, SOCLE_STATUS_DIVERGED,
                   "the loss of these samples is not a finite number");
}

socle_status sc_check_gradient_command(sc_cli *cli, int argc, char **argv) {
    check_settings settings = {
        .cli = cli, .choice.cli = cli, .samples = 4, .weights = 20, .tolerance = 1e-5};
    SC_TRY(sc_cli_parse(cli, &sc_check_gradient_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    checker checker = {.settings = &settings};
    socle_status status = run(&checker);
    sc_follow_close(&checker.with);
    sc_follow_close(&checker.without);
    return status;
}
