/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules: rows of formulas. A formula gives the factor of the learning rate in a step, and reads
 *
 *   step, steps    the number of the step, from 1, and how many the run has
 *   epoch, epochs  the same in epochs: `epoch` begins with 0 and grows by a part with each step
 *   since, whole   epochs since the end of the warm-up (0 before), and from there to the end
 *   passed         how many of the epochs of the option `at` have begun
 *   plateau        the product of all falls for want of progress
 *
 * and the kind's options by their keys. All is computed by the host, in double. Adding a schedule:
 * a row here and its reference in tests/train/test_schedule.c. */
#include "train/schedule.h"

#include "base/number.h"
#include "base/shown.h"
#include "op/expr_parse.h"
#include "op/expr_step.h"

#include <math.h>

typedef struct kind {
    sc_record record;
    const char *formula; /* NULL: the user's */
    bool judges;         /* reads `plateau` */
} kind;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(number) offsetof(sc_schedule, value[number])
#define WARMUP                                                                                     \
    {                                                                                              \
        "warmup", SC_OPTION_FLOAT, offsetof(sc_schedule, warmup),                                  \
            "the rate rises from 0 for so long at first", 0, 1e6,                                  \
            .unit = "epochs", .example = "0.5", .aliases = "warm_up warmup_epochs"                 \
    }
#define FACTOR(its_help)                                                                           \
    { "factor", SC_OPTION_FLOAT, AT(0), its_help, 0, 1, .example = "0.5", .aliases = "gamma" }
#define LEAST(number)                                                                              \
    {                                                                                              \
        "least", SC_OPTION_FLOAT, AT(number), "the smallest factor of the rate", 0, 1,             \
            .example = "0.01"                                                                      \
    }
/* The parts of a kind that are the same in all. */
#define RECORD(its_word, its_options, its_help, ...)                                               \
    .record = {.word = its_word,                                                                   \
               .help = its_help,                                                                   \
               .options = its_options,                                                             \
               .count = COUNT(its_options),                                                        \
               .size = sizeof(sc_schedule),                                                        \
               .standard = &(const sc_schedule){.word = its_word, __VA_ARGS__}}

static const sc_option constant_options[] = {WARMUP};
static const kind constant = {
    RECORD("constant", constant_options, "the same rate throughout", .warmup = 0),
    .formula = "1",
    .record.use = "short runs, and optimizers that adapt by themselves",
    .record.source = "Robbins and Monro 1951",
};

static const sc_option step_options[] = {
    {"every", SC_OPTION_FLOAT, AT(1), "the rate falls after so long, again and again", 1e-6, 1e6,
     .required = true, .shorthand = true, .unit = "epochs", .example = "10",
     .aliases = "step_size"},
    FACTOR("what is left of the rate after each fall"),
    WARMUP,
};
static const kind step = {
    RECORD("step", step_options, "falls by a factor in equal intervals", .value = {0.1f, 1}),
    .formula = "factor ** floor(epoch / every + 1e-9)",
    .record.use = "long runs of which the length is known: the loss falls at each step of the rate",
    .record.source = "He et al. 2016",
};

static const sc_option multi_step_options[] = {
    {"at", SC_OPTION_NUMBERS, offsetof(sc_schedule, at), "the epochs after which the rate falls", 0,
     1e6, .required = true, .shorthand = true, .example = "[30, 60]", .aliases = "milestones"},
    FACTOR("what is left of the rate after each fall"),
    WARMUP,
};
static const kind multi_step = {
    RECORD("multi_step", multi_step_options, "falls by a factor after given epochs",
           .value = {0.1f}),
    .formula = "factor ** passed",
    .record.use = "as step, at the epochs that a paper names",
    .record.source = "He et al. 2016",
};

static const sc_option exponential_options[] = {
    {"factor", SC_OPTION_FLOAT, AT(0), "what is left of the rate after each epoch", 0, 1,
     .required = true, .shorthand = true, .example = "0.9", .aliases = "gamma"},
    WARMUP,
};
static const kind exponential = {
    RECORD("exponential", exponential_options,
           "falls a little with each step, by a factor per epoch", .value = {1}),
    .formula = "factor ** epoch",
    .record.use = "a smooth fall without an end in view",
    .record.source = "torch ExponentialLR",
};

static const sc_option cosine_options[] = {
    {"period", SC_OPTION_FLOAT, AT(0),
     "begin anew with the full rate after so long; 0: fall once, to the end of the run", 0, 1e6,
     .unit = "epochs", .example = "10", .aliases = "t_0"},
    {"growth", SC_OPTION_FLOAT, AT(1), "each period is so many times as long as the one before", 1,
     1000, .example = "2", .aliases = "t_mult"},
    LEAST(2),
    WARMUP,
};
static const kind cosine = {
    RECORD("cosine", cosine_options,
           "falls along half a cosine wave, once or again and again (Loshchilov and Hutter 2017)",
           .value = {0, 1, 0}),
    .formula = "length = period if period > 0 else whole;"
               "done = since / length;"
               "number = floor(done + 1e-9) if growth == 1 else"
               " floor(log(1 + done * (growth - 1)) / log(growth) + 1e-9);"
               "begun = number if growth == 1 else (growth ** number - 1) / (growth - 1);"
               "part = (done - begun) / growth ** number;"
               "least + (1 - least) * (1 + cos(pi * part)) / 2",
    .record.use = "a run of known length, the usual choice; with periods it begins anew",
};

static const sc_option polynomial_options[] = {
    {"power", SC_OPTION_FLOAT, AT(0), "of what is left of the run; 1: a straight line", 0, 100,
     .example = "2"},
    LEAST(1),
    WARMUP,
};
static const kind polynomial = {
    RECORD("polynomial", polynomial_options,
           "falls to the end of the run, by a power of what is "
           "left of it",
           .value = {1}),
    .formula = "least + (1 - least) * max(1 - since / whole, 0) ** power",
    .record.use = "a straight fall to 0 (power 1), as transformers are tuned",
    .record.source = "Liu, Rabinovich and Berg 2015",
};

static const sc_option one_cycle_options[] = {
    {"rise", SC_OPTION_FLOAT, AT(0), "the part of the run in which the rate rises", 0, 1,
     .below = true, .example = "0.25", .aliases = "pct_start"},
    {"first", SC_OPTION_FLOAT, AT(1), "the factor at the beginning", 0, 1, .example = "0.1"},
    {"last", SC_OPTION_FLOAT, AT(2), "the factor at the end", 0, 1, .example = "0.001"},
};
static const kind one_cycle = {
    RECORD("one_cycle", one_cycle_options,
           "rises to the full rate and falls to almost nothing, by cosines (Smith and Topin 2018, "
           "as PyTorch's OneCycleLR)",
           .value = {0.3f, 0.04f, 4e-6f}),
    .formula = "up = rise * steps - 1;"
               "now = step - 1;"
               "rising = first + (1 - first) * (1 - cos(pi * now / up)) / 2;"
               "falling = last + (1 - last) * (1 + cos(pi * (now - up) / (steps - 1 - up))) / 2;"
               "rising if now < up else falling",
    .record.use = "few epochs with large rates",
};

static const sc_option plateau_options[] = {
    FACTOR("what is left of the rate after each fall"),
    {"patience", SC_OPTION_INTEGER, offsetof(sc_schedule, patience),
     "so many epochs may pass without progress", 0, 1000000, .unit = "epochs", .example = "3"},
    {"change", SC_OPTION_FLOAT, AT(1), "progress is a value that is better by this part", 0, 1,
     .example = "0.001", .aliases = "threshold"},
    {"metric", SC_OPTION_NAME, offsetof(sc_schedule, metric),
     "what of the validation is to get better: loss, or a metric that is measured",
     .standard = "loss", .example = "accuracy", .aliases = "monitor"},
    LEAST(2),
    WARMUP,
};
static const kind plateau = {
    RECORD("plateau", plateau_options,
           "falls by a factor when the validation loss, or a metric of the validation, no longer "
           "gets better; without validation the training loss",
           .value = {0.1f, 0.0001f, 0}, .patience = 10),
    .formula = "max(plateau, least)",
    .judges = true,
    .record.use = "where nobody knows how long a run takes",
    .record.source = "torch ReduceLROnPlateau",
};

static const sc_option expr_options[] = {
    {"formula", SC_OPTION_TEXT, offsetof(sc_schedule, formula),
     "the factor of the rate, of epoch, epochs, step and steps", .required = true,
     .shorthand = true, .example = "1 / (1 + epoch)"},
    WARMUP,
};
static const kind expr = {
    RECORD("expr", expr_options, "a formula of your own", .warmup = 0),
    .record.use = "a course of the rate that is not among these",
    .record.source = "the formula is yours",
    .record.formula = "the formula",
};

static const sc_record *const records[] = {
    &constant.record,   &step.record,      &multi_step.record, &exponential.record, &cosine.record,
    &polynomial.record, &one_cycle.record, &plateau.record,    &expr.record,        NULL};

const sc_family sc_schedule_family = {
    .what = "schedule",
    .example = "cosine or {step: 10}",
    .help = "How the learning rate changes in the course of a run: a factor of it for each step. "
            "Optimizers of parameter groups follow in proportion.",
    .foreign = "cyclic triangular noam inverse_sqrt",
    .record = records,
};

const char *sc_schedule_formula(const sc_record *record) {
    return ((const kind *)(const void *)record)->formula; /* its first member */
}

static const kind *kind_of(const sc_schedule *schedule) {
    const char *named;
    if (!schedule->word) return &constant;
    return (const kind *)(const void *)sc_family_find(&sc_schedule_family, schedule->word, &named);
}

/* The names of all formulas, in the order of their values. */
static const char *const names[] = {"step",  "steps", "epoch",  "epochs",
                                    "since", "whole", "passed", "plateau"};
enum { NAMES = COUNT(names), OFFERED = 4 }; /* to users' formulas: the first ones */
_Static_assert(NAMES + SC_SCHEDULE_OPTIONS <= SC_EXPR_INPUTS, "an expression has room for them");

/* Options are inputs and no constants: a division by one that is 0 here may never be read. */
static void open_scope(sc_expr_scope *scope, sc_expr *formula, const kind *kind) {
    sc_expr_init(formula);
    sc_scope_init(scope, formula);
    for (int i = 0; i < NAMES; i++) {
        int node = sc_expr_input(formula, i, SC_EXPR_FLOAT);
        if (kind->formula || i < OFFERED) sc_scope_node(scope, names[i], node);
    }
    for (int i = 0; i < kind->record.count; i++) {
        const sc_option *option = &kind->record.options[i];
        if (option->type != SC_OPTION_FLOAT || option->offset < AT(0)) continue;
        size_t number = (option->offset - AT(0)) / sizeof(float);
        if (number < SC_SCHEDULE_OPTIONS)
            sc_scope_node(scope, option->key,
                          sc_expr_input(formula, NAMES + (int)number, SC_EXPR_FLOAT));
    }
}

sc_plateau sc_plateau_begin(void) {
    return (sc_plateau){.factor = 1, .best = NAN};
}

enum { TRIED = 1000 };

/* The first step of so many epochs, and the last of all: where a formula fails, it mostly does so
 * there. */
static socle_status try_epochs(sc_env *env, const sc_schedule_run *run) {
    const sc_plateau untouched = sc_plateau_begin();
    double factor;
    for (double step = 1; step < run->steps && step < TRIED * run->epoch_steps;
         step += run->epoch_steps)
        SC_TRY(sc_schedule_factor(&factor, env, run, (int64_t)step, &untouched));
    return run->steps >= 1 ? sc_schedule_factor(&factor, env, run, (int64_t)run->steps, &untouched)
                           : SOCLE_OK;
}

static socle_status read_formula(sc_expr *out, sc_env *env, const sc_schedule *schedule) {
    const kind *kind = kind_of(schedule);
    const char *text = kind->formula ? kind->formula : schedule->formula;
    sc_expr_scope scope;
    int node;
    open_scope(&scope, out, kind);
    SC_TRY(sc_expr_parse(env, &scope, text ? text : "", &node));
    sc_expr_output(out, node);
    return SOCLE_OK;
}

socle_status sc_schedule_check(sc_env *env, const sc_schedule *schedule) {
    sc_expr formula;
    return read_formula(&formula, env, schedule);
}

socle_status sc_schedule_begin(sc_schedule_run *out, sc_env *env, const sc_schedule *schedule,
                               int64_t epoch_steps, int64_t steps) {
    *out = (sc_schedule_run){
        .schedule = *schedule, .epoch_steps = (double)epoch_steps, .steps = (double)steps};
    socle_status status = read_formula(&out->expr, env, schedule);
    if (status != SOCLE_OK) return sc_fail_prefix(env, status, "train.schedule");
    return try_epochs(env, out);
}

/* In epochs: the smallest length of what is left of a run, which is a divisor; and what two times
 * may differ by and be the same one, as 3 * 0.1 and 0.3. Options are the decimal numbers that were
 * written. */
#define NOTHING 1e-9
#define NEAR 1e-9

static void values_at(double value[SC_EXPR_INPUTS], const sc_schedule_run *run, int64_t step_number,
                      const sc_plateau *plateau_now) {
    const sc_schedule *schedule = &run->schedule;
    const double epoch = (double)(step_number - 1) / run->epoch_steps,
                 epochs = run->steps / run->epoch_steps,
                 warmup = sc_number_of_float(schedule->warmup);
    int passed = 0;
    for (int i = 0; i < schedule->at.count; i++)
        passed += sc_number_of_float(schedule->at.value[i]) <= epoch + NEAR;
    const double now[NAMES] = {(double)step_number,
                               run->steps,
                               epoch,
                               epochs,
                               fmax(epoch - warmup, 0),
                               fmax(epochs - warmup, NOTHING),
                               passed,
                               plateau_now->factor};
    for (int i = 0; i < NAMES; i++) value[i] = now[i];
    for (int i = 0; i < SC_SCHEDULE_OPTIONS; i++)
        value[NAMES + i] = sc_number_of_float(schedule->value[i]);
}

socle_status sc_schedule_factor(double *out, sc_env *env, const sc_schedule_run *run,
                                int64_t step_number, const sc_plateau *plateau_now) {
    double value[SC_EXPR_INPUTS] = {0};
    values_at(value, run, step_number, plateau_now);
    *out = sc_expr_value(&run->expr, (uint32_t)step_number, value);
    const double rising = sc_number_of_float(run->schedule.warmup) * run->epoch_steps;
    if (rising > (double)step_number) *out *= (double)step_number / rising;
    if (isfinite((float)*out) && *out >= 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "train.schedule: the learning rate of step %lld would be multiplied by %g; a "
                   "factor is a finite number of at least 0",
                   (long long)step_number, sc_shown(*out));
}

bool sc_schedule_judges(const sc_schedule *schedule) {
    return kind_of(schedule)->judges;
}

bool sc_schedule_judge(const sc_schedule *schedule, sc_plateau *now, double loss) {
    if (isnan(now->best) ||
        loss < now->best - fabs(now->best) * sc_number_of_float(schedule->value[1])) {
        now->best = loss;
        now->waited = 0;
        return false;
    }
    if (++now->waited <= schedule->patience) return false;
    now->waited = 0;
    now->factor *= sc_number_of_float(schedule->value[0]);
    return true;
}
