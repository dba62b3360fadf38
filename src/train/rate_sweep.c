/* SPDX-License-Identifier: Apache-2.0 */
/* See rate_sweep.h. */
#include "train/rate_sweep.h"

#include <stdio.h>
#include <string.h>

#define KEPT 0.95 /* of the average of losses, with each step */
enum { WORSE = 4, SETTLED = 10 /* steps of which an average says nothing yet */ };

typedef struct sweep {
    const sc_rate_sweep_options *options;
    sc_rate_sweep *out;
    sc_trainer *trainer;
    sc_sums before; /* of the epoch, before the last step */
    bool over;      /* larger rates show nothing more */
} sweep;

static void append(sweep *s, int64_t step, double loss) {
    sc_rate_sweep *out = s->out;
    const sc_rate_sweep_options *options = s->options;
    if (s->over || out->steps == (size_t)options->steps) return;
    if (!isfinite(loss)) {
        s->over = true;
        return;
    }
    const double at = (double)(step - 1) / (double)(options->steps - 1);
    out->rate[out->steps] = options->low * pow(options->high / options->low, at);
    out->loss[out->steps++] = loss;
    sc_rate_sweep_judge(out);
    double least = out->smooth[0];
    for (size_t i = 1; i < out->steps; i++) least = fmin(least, out->smooth[i]);
    s->over = out->steps > SETTLED && out->smooth[out->steps - 1] > WORSE * least;
    if (options->step) options->step(options->user, step, loss);
}

static bool after_step(void *user, int64_t step) {
    (void)user, (void)step;
    return true;
}

/* Within an epoch: what the totals gained is the step's. A step of which nothing counts shows
 * nothing. */
static socle_status take_step(void *user) {
    sweep *s = user;
    const sc_position now = sc_trainer_position(s->trainer);
    const double weight = now.sum.weight - s->before.weight;
    if (weight > 0) append(s, now.step, (now.sum.loss - s->before.loss) / weight);
    s->before = now.sum;
    return SOCLE_OK;
}

static socle_status take_last_step(void *user, const sc_epoch_report *report) {
    sweep *s = user;
    if (report->whole) append(s, report->step, (double)report->last_loss);
    s->before = (sc_sums){0};
    return SOCLE_OK;
}

static bool stops(void *user) {
    const sweep *s = user;
    return s->over || (s->options->stop && s->options->stop(s->options->user));
}

static socle_status check(sc_env *env, const sc_rate_sweep_options *options) {
    if (options->low > 0 && isfinite(options->high) && options->low < options->high &&
        options->steps >= SC_RATE_SWEEP_LEAST && options->steps <= SC_RATE_SWEEP_MOST)
        return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "a sweep goes from a rate above 0 to a larger one, in %d to %d steps",
                   SC_RATE_SWEEP_LEAST, SC_RATE_SWEEP_MOST);
}

static sc_fit_options fit_of(sweep *s, const sc_fit_options *given, const char *formula) {
    const sc_fit_options standard = sc_fit_defaults();
    sc_fit_options fit = *given;
    fit.optimizer.value[0] = (float)s->options->low;
    fit.schedule = (sc_schedule){.word = "expr", .formula = formula};
    fit.epochs = s->options->steps; /* an epoch has a step at least */
    fit.steps = s->options->steps;
    fit.validation = standard.validation;
    fit.best = NULL;
    fit.average = 0;
    fit.patience = 0;
    fit.pictures = 0;
    fit.user = s;
    fit.progress = NULL;
    fit.epoch = take_last_step;
    fit.stop = stops;
    fit.checkpoint_due = after_step;
    fit.checkpoint = take_step;
    return fit;
}

/* The run ends at its last step, or where larger rates show nothing more. */
static socle_status run(sweep *s, sc_env *env) {
    SC_TRY(sc_trainer_check_weights(s->trainer));
    socle_status status = sc_trainer_run(s->trainer);
    const bool diverged = status == SOCLE_STATUS_DIVERGED;
    if (diverged || (status == SOCLE_STATUS_INTERRUPTED && s->over)) status = SOCLE_OK;
    if (status != SOCLE_OK || s->out->steps) return status;
    return sc_fail(env, SOCLE_STATUS_DIVERGED,
                   "the loss of the first step is no finite number: no rate can mend that");
}

socle_status sc_rate_sweep_run(sc_rate_sweep *out, sc_env *env, const sc_fleet_device *device,
                               int devices, sc_net *net, const sc_fit_options *fit,
                               const sc_dataset *train, const sc_rate_sweep_options *options) {
    sweep s = {.options = options, .out = out};
    char formula[64];
    *out = (sc_rate_sweep){.env = env, .proposal = NAN, .least = NAN};
    SC_TRY(check(env, options));
    const size_t steps = (size_t)options->steps;
    snprintf(formula, sizeof formula, "exp((step - 1) * %.17g)",
             log(options->high / options->low) / (double)(options->steps - 1));
    const sc_fit_options own = fit_of(&s, fit, formula);
    socle_status status = sc_allocate(env, &out->rate, steps, sizeof *out->rate);
    if (status == SOCLE_OK) status = sc_allocate(env, &out->loss, steps, sizeof *out->loss);
    if (status == SOCLE_OK) status = sc_allocate(env, &out->smooth, steps, sizeof *out->smooth);
    if (status == SOCLE_OK)
        status = sc_trainer_create_on(&s.trainer, env, device, devices, net, &own, train, NULL);
    if (status == SOCLE_OK) {
        status = run(&s, env);
        sc_trainer_destroy(s.trainer);
    }
    if (status != SOCLE_OK) sc_rate_sweep_free(out);
    return status;
}

void sc_rate_sweep_free(sc_rate_sweep *sweep) {
    if (!sweep->env) return;
    sc_release(sweep->env, sweep->rate);
    sc_release(sweep->env, sweep->loss);
    sc_release(sweep->env, sweep->smooth);
    *sweep = (sc_rate_sweep){0};
}

/* Divided by what the weights add up to so far, so that the average does not begin at 0. */
static void average(sc_rate_sweep *sweep) {
    double sum = 0, weight = 0;
    for (size_t i = 0; i < sweep->steps; i++) {
        sum = KEPT * sum + (1 - KEPT) * sweep->loss[i];
        weight = KEPT * weight + (1 - KEPT);
        sweep->smooth[i] = sum / weight;
    }
}

void sc_rate_sweep_judge(sc_rate_sweep *sweep) {
    double steepest = 0;
    size_t least = 0;
    average(sweep);
    sweep->proposal = sweep->least = NAN;
    if (!sweep->steps) return;
    for (size_t i = 1; i < sweep->steps; i++)
        if (sweep->smooth[i] < sweep->smooth[least]) least = i;
    sweep->least = sweep->rate[least];
    for (size_t i = SETTLED; i < least; i++) { /* the steps of the logarithm are equal */
        double slope = sweep->smooth[i + 1] - sweep->smooth[i - 1];
        if (slope >= steepest) continue;
        steepest = slope;
        sweep->proposal = sweep->rate[i];
    }
}
