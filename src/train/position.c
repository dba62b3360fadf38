/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a position that was read from somewhere can be one of this run. What is saved follows
 * from few numbers: how many samples an epoch has, how many make a step, and how many steps were
 * taken. */
#include "nn/metric.h"
#include "train/columns.h"
#include "train/fit_private.h"

#include <float.h>
#include <math.h>

/* Half a unit in the last place of a float, in parts of it. The sums of a step are floats: every
 * addition errs by so much at most. */
#define ROUNDING 0x1p-24

static int64_t rows_of(const sc_trainer *trainer) {
    int64_t count = trainer->train_order.count, batch = trainer->options.batch;
    return trainer->options.drop_short ? count / batch * batch : count;
}

int64_t sc_trainer_epoch_steps(const sc_trainer *trainer) {
    return sc_ceil_div(rows_of(trainer), trainer->options.batch);
}

/* The sum of what the samples of an epoch count that come first in it. */
static socle_status weight_of(double *out, const sc_trainer *trainer, const sc_position *position) {
    const sc_dataset *dataset = trainer->train_source.dataset;
    sc_tally tally;
    *out = (double)position->row;
    SC_TRY(sc_tally_begin(&tally, trainer->env, trainer->net, dataset));
    if (sc_tally_is_plain(&tally)) return SOCLE_OK;
    const sc_order *order = &trainer->train_order;
    sc_order again;
    SC_TRY(sc_order_copy(&again, order));
    sc_order_set_epoch(&again, (uint32_t)position->epoch);
    *out = 0;
    for (int64_t i = 0; i < position->row; i++) *out += sc_tally_sample(&tally, again.visit[i]);
    sc_order_free(&again);
    return SOCLE_OK;
}

static socle_status refuse(const sc_trainer *trainer, const char *field, double value, double least,
                           double most) {
    return sc_fail(trainer->env, SOCLE_STATUS_DATA,
                   least == most ? "run.%s is %.10g, and must be %.10g in this run"
                                 : "run.%s is %.10g, and must be from %.10g to %.10g in this run",
                   field, value, least, most);
}

/* NaN is in no range. */
static socle_status within(const sc_trainer *trainer, const char *field, double value, double least,
                           double most) {
    return value >= least && value <= most ? SOCLE_OK : refuse(trainer, field, value, least, most);
}

/* An epoch that has just begun is at row 0 of the next one. */
static socle_status check_place(const sc_trainer *trainer, const sc_position *position) {
    int64_t batch = trainer->options.batch, steps = sc_trainer_epoch_steps(trainer);
    SC_TRY(within(trainer, "epoch", (double)position->epoch, 0, INT32_MAX));
    SC_TRY(within(trainer, "row", (double)position->row, 0, (double)(rows_of(trainer) - 1)));
    if (position->row % batch)
        return sc_fail(trainer->env, SOCLE_STATUS_DATA,
                       "run.row is %lld, and must be a multiple of the batch of %lld",
                       (long long)position->row, (long long)batch);
    double step = (double)position->epoch * (double)steps + (double)(position->row / batch);
    SC_TRY(within(trainer, "step", (double)position->step, step, step));
    return within(trainer, "step", (double)position->step, 0, UINT32_MAX - 1);
}

/* Scales are powers of two, and move by one of them at a time. */
static socle_status check_scaling(const sc_trainer *trainer, const sc_position *position) {
    const sc_scaling *scaling = &position->scaling;
    int exponent = 1;
    bool power = scaling->scale > 0 && frexp(scaling->scale, &exponent) == 0.5;
    if (trainer->options.precision != SOCLE_F16 || scaling->scale == 0)
        return within(trainer, "loss_scale", scaling->scale, 0, 0);
    if (!power)
        return sc_fail(trainer->env, SOCLE_STATUS_DATA,
                       "run.loss_scale is %.10g, and must be a power of 2", scaling->scale);
    SC_TRY(within(trainer, "loss_scale", scaling->scale, 1, FLT_MAX));
    SC_TRY(within(trainer, "steady_steps", scaling->steady, 0, (double)position->step));
    return within(trainer, "skipped_steps", scaling->skipped, 0, (double)position->step);
}

static socle_status check_totals(const sc_trainer *trainer, const sc_position *position) {
    int64_t rows = position->row * sc_net_loss_rows(trainer->net);
    int64_t additions = rows + position->row / trainer->options.batch;
    double weight, part = ROUNDING * (double)additions;
    SC_TRY(weight_of(&weight, trainer, position));
    double slack = weight * part + FLT_MIN * (double)additions; /* what is below a device may drop
                                                                 */
    const sc_sums *sum = &position->sum;
    const double least = sc_net_is_signed(trainer->net) && position->row ? -FLT_MAX : 0;
    SC_TRY(within(trainer, "weight", sum->weight, fmax(0, weight - slack), weight + slack));
    for (int m = 0; m < trainer->net->summed; m++) {
        const sc_metric_kind *metric = trainer->net->metric[m];
        double most = metric->most > 0 ? (weight * (1 + 4 * ROUNDING) + slack) * metric->most
                      : position->row  ? FLT_MAX
                                       : 0;
        double lowest = metric->expr ? -most : metric->phase ? least : 0; /* of formulas: any */
        bool begun_later = position->row && !metric->always && isnan(sum->metric[m]);
        if (begun_later) continue;
        SC_TRY(within(trainer, sc_metric_sum(metric), sum->metric[m], lowest, fmin(most, FLT_MAX)));
    }
    return within(trainer, "loss", sum->loss, least, position->row ? FLT_MAX : 0);
}

static socle_status check_patience(const sc_trainer *trainer, const sc_position *position) {
    const sc_patience *patience = &position->patience;
    if (!trainer->options.patience) return SOCLE_OK;
    SC_TRY(
        within(trainer, "patience_epoch", (double)patience->epoch, 0, (double)position->epoch + 1));
    if (isnan(patience->best)) return SOCLE_OK;
    return within(trainer, "patience_best", patience->best, -DBL_MAX, DBL_MAX);
}

/* What a plateau schedule has learnt. A factor is a product of parts of 1. */
static socle_status check_plateau(const sc_trainer *trainer, const sc_position *position) {
    const sc_plateau *plateau = &position->plateau;
    const sc_schedule *schedule = &trainer->options.schedule;
    if (!sc_schedule_judges(schedule)) return SOCLE_OK;
    SC_TRY(within(trainer, "plateau_factor", plateau->factor, 0, 1));
    SC_TRY(within(trainer, "plateau_waited", (double)plateau->waited, 0, (double)position->epoch));
    if (isnan(plateau->best)) return SOCLE_OK;
    return within(trainer, "plateau_best", plateau->best, -FLT_MAX, FLT_MAX);
}

/* The score of an epoch, as judge_epoch gives it. One that was not finite is none. */
static socle_status check_best(const sc_trainer *trainer, const sc_position *position,
                               bool has_best) {
    int64_t judged = position->epoch + (position->row > 0);
    SC_TRY(within(trainer, "best_epoch", (double)position->best_epoch, 0,
                  has_best ? (double)judged : 0));
    if (isnan(position->best)) return SOCLE_OK;
    if (!position->best_epoch)
        return sc_fail(trainer->env, SOCLE_STATUS_DATA,
                       "run.best is %.10g, and no epoch is the best one yet", position->best);
    int64_t validation = trainer->validation_order.count * sc_net_loss_rows(trainer->net);
    if (!validation) return within(trainer, "best", position->best, 1, (double)position->step);
    const sc_metric_kind *metric =
        trainer->judge == SC_JUDGED_BY_LOSS ? NULL : trainer->net->metric[trainer->judge];
    const double slack = 1e-7; /* by which the loss tells equal ones apart */
    const bool higher = metric && metric->better == SC_HIGHER_IS_BETTER,
               any = metric && (metric->expr || metric->score); /* may be below 0 */
    double most = metric && metric->most > 0
                      ? metric->most * (1 + ROUNDING * (double)(2 * validation + 4))
                      : FLT_MAX;
    if (any || higher)
        return within(trainer, "best", position->best, any ? -FLT_MAX : -slack, most + slack);
    return within(trainer, "best", position->best, -most - slack,
                  sc_net_is_signed(trainer->net) ? FLT_MAX
                  : metric                       ? slack
                                                 : 0);
}

socle_status sc_trainer_check_position(const sc_trainer *trainer, const sc_position *position,
                                       bool has_best) {
    SC_TRY(check_place(trainer, position));
    SC_TRY(check_totals(trainer, position));
    SC_TRY(check_scaling(trainer, position));
    SC_TRY(check_plateau(trainer, position));
    SC_TRY(check_patience(trainer, position));
    return check_best(trainer, position, has_best);
}
