/* SPDX-License-Identifier: Apache-2.0 */
/* The epoch loop. It says which samples make the next step, and which the one after, and the fleet
 * does the rest. Loss and health come by looks that arrive when they arrive. */
#include "nn/metric.h"
#include "train/columns.h"
#include "train/fit_private.h"

#include "base/thread_pool.h"

#include <math.h>
#include <string.h>

enum { PROGRESS_INTERVAL_MS = 100 };

static socle_status check_health(sc_trainer *trainer, const sc_totals *totals) {
    if (!totals->bad_step) return SOCLE_OK;
    return sc_fail(trainer->env, SOCLE_STATUS_DIVERGED,
                   "step %u: the loss or a gradient is not a finite number; the weights are those "
                   "before that step. "
                   "Lower the learning rate, or look for NaN in the data%s",
                   totals->bad_step,
                   trainer->options.precision == SOCLE_F16
                       ? ", or train with precision bf16: f16 ends at 65504"
                       : "");
}

static sc_evaluation evaluation_of(const sc_trainer *trainer, const sc_totals *totals) {
    return sc_evaluation_of(trainer->net, &totals->sum, trainer->position.row);
}

static void report_progress(sc_trainer *trainer, uint64_t began, int64_t began_row) {
    uint64_t now = sc_now_ns();
    if (!trainer->options.progress ||
        now - trainer->last_progress < PROGRESS_INTERVAL_MS * UINT64_C(1000000))
        return;
    trainer->last_progress = now;
    sc_evaluation so_far = evaluation_of(trainer, &trainer->seen);
    sc_progress progress = {.epoch = trainer->position.epoch + 1,
                            .epochs = trainer->options.epochs,
                            .row = trainer->position.row,
                            .rows = (int64_t)trainer->train_order.count,
                            .step = trainer->position.step,
                            .loss = so_far.loss,
                            .samples_per_second = (double)(trainer->position.row - began_row) /
                                                  ((double)(now - began) * 1e-9)};
    memcpy(progress.metric, so_far.metric, sizeof progress.metric);
    trainer->options.progress(trainer->options.user, &progress);
}

/* Samples of the step that begins at `row` of an epoch; rows 0: the epoch has no further step. */
static sc_stage_rows rows_of_step(const sc_trainer *trainer, int64_t epoch, int64_t row) {
    int64_t left = (int64_t)trainer->train_order.count - row, batch = trainer->options.batch;
    int64_t rows = left < batch ? left : batch;
    if (trainer->options.drop_short && rows < batch) rows = 0;
    return (sc_stage_rows){(uint32_t)epoch, (uint32_t)row, (uint32_t)rows};
}

/* What follows a step, as far as is known: the rest of the epoch, or the next one. */
static sc_stage_rows rows_after(const sc_trainer *trainer, const sc_stage_rows *rows, bool over) {
    const sc_fit_options *options = &trainer->options;
    sc_stage_rows none = {0};
    if (options->steps > 0 && trainer->position.step + 1 >= options->steps) return none;
    if (!over) return rows_of_step(trainer, rows->epoch, (int64_t)rows->first + rows->rows);
    return (int64_t)rows->epoch + 1 < options->epochs
               ? rows_of_step(trainer, (int64_t)rows->epoch + 1, 0)
               : none;
}

/* A step of which nothing counts has loss 0 and changes nothing. The first one of a run is told. */
static void tell_empty(sc_trainer *trainer, const sc_stage_rows *rows) {
    sc_order *order = &trainer->train_order;
    sc_tally tally;
    if (trainer->told_empty || sc_tally_begin(&tally, trainer->env, trainer->net,
                                              trainer->train_source.dataset) != SOCLE_OK)
        return;
    if (sc_tally_is_plain(&tally)) return;
    if (trainer->order_epoch != rows->epoch) sc_order_set_epoch(order, rows->epoch);
    trainer->order_epoch = rows->epoch;
    if (sc_tally_any(&tally, order->visit + rows->first, rows->rows)) return;
    trainer->told_empty = true;
    sc_log_line(trainer->env, SOCLE_LOG_WARNING,
                "step %lld: nothing counts in its %u sample%s (labels that are ignored, weights or "
                "a mask of 0): its loss is 0 and it changes nothing; further such steps are not "
                "told",
                (long long)trainer->position.step + 1, rows->rows, rows->rows == 1 ? "" : "s");
}

/* One step. *over is set at the end of the epoch. */
static socle_status run_step(sc_trainer *trainer, bool *over) {
    sc_position *position = &trainer->position;
    double factor;
    SC_TRY(sc_schedule_factor(&factor, trainer->env, &trainer->schedule, position->step + 1,
                              &position->plateau));
    sc_fleet_step step = {.number = (uint32_t)position->step + 1,
                          .learning_rate = (float)(factor * trainer->options.optimizer.value[0]),
                          .rows = rows_of_step(trainer, position->epoch, position->row)};
    *over = true;
    if (!step.rows.rows) return SOCLE_OK;
    tell_empty(trainer, &step.rows);
    *over = rows_of_step(trainer, position->epoch, position->row + step.rows.rows).rows == 0;
    step.next = rows_after(trainer, &step.rows, *over);
    sc_totals seen;
    bool arrived;
    SC_TRY(sc_fleet_train(trainer->fleet, &step, &seen, &arrived));
    position->step++;
    position->row += step.rows.rows;
    trainer->learning_rate = step.learning_rate;
    if (!arrived) return SOCLE_OK;
    trainer->seen = seen;
    return check_health(trainer, &trainer->seen);
}

static bool steps_done(const sc_trainer *trainer) {
    return trainer->options.steps > 0 && trainer->position.step >= trainer->options.steps;
}

/* Between steps, and between epochs once the one that is over has been judged: a position is never
 * at the end of an epoch. */
static socle_status check_stop(sc_trainer *trainer) {
    if (!trainer->options.stop || !trainer->options.stop(trainer->options.user)) return SOCLE_OK;
    return sc_fail(trainer->env, SOCLE_STATUS_INTERRUPTED, "stopped after step %lld",
                   (long long)trainer->position.step);
}

/* Waits for all steps so far. */
static socle_status take_totals(sc_trainer *trainer, sc_totals *totals) {
    SC_TRY(sc_fleet_totals(trainer->fleet, totals));
    trainer->position.sum = totals->sum;
    trainer->position.scaling = totals->scaling;
    return SOCLE_OK;
}

/* A state in which a step was not finite is worth nothing. */
static socle_status checkpoint(sc_trainer *trainer) {
    const sc_fit_options *options = &trainer->options;
    sc_totals totals;
    if (!options->checkpoint_due || !options->checkpoint_due(options->user, trainer->position.step))
        return SOCLE_OK;
    SC_TRY(take_totals(trainer, &totals));
    SC_TRY(check_health(trainer, &totals));
    return options->checkpoint(options->user);
}

static socle_status run_steps(sc_trainer *trainer) {
    uint64_t began = sc_now_ns();
    int64_t began_row = trainer->position.row;
    trainer->epoch_over = false;
    while (!trainer->epoch_over && !steps_done(trainer)) {
        SC_TRY(run_step(trainer, &trainer->epoch_over));
        report_progress(trainer, began, began_row);
        if (trainer->epoch_over) break;
        SC_TRY(checkpoint(trainer));
        SC_TRY(check_stop(trainer));
    }
    return SOCLE_OK;
}

/* Products with it are not to be stored. */
static socle_status check_weight(const sc_trainer *trainer, int number, float *buffer) {
    const float most = 65504;
    const sc_parameter *parameter = &trainer->net->parameter[number];
    const int64_t count = sc_tensor_elements(&parameter->desc);
    SC_TRY(sc_fleet_read(trainer->fleet, number, -1, buffer));
    for (int64_t i = 0; i < count; i++)
        if (fabsf(buffer[i]) > most)
            return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                           "parameter '%s' begins with %.9g, and f16 ends at %.9g; train with "
                           "precision bf16 or f32, or begin with smaller weights",
                           parameter->name, (double)buffer[i], (double)most);
    return SOCLE_OK;
}

socle_status sc_trainer_check_weights(const sc_trainer *trainer) {
    const bool goes_on = trainer->position.scaling.scale > 0; /* steps were taken in f16 */
    if (trainer->options.precision != SOCLE_F16 || goes_on) return SOCLE_OK;
    socle_status status = SOCLE_OK;
    for (size_t p = 0; status == SOCLE_OK && p < trainer->net->parameters; p++) {
        const sc_parameter *parameter = &trainer->net->parameter[p];
        float *buffer;
        if (parameter->role == SC_PARAMETER_STATISTIC) continue;
        SC_TRY(sc_allocate(trainer->env, &buffer, sc_tensor_bytes(&parameter->desc), 1));
        status = check_weight(trainer, (int)p, buffer);
        sc_release(trainer->env, buffer);
    }
    return status;
}

static socle_status train_epoch(sc_trainer *trainer, sc_epoch_report *report) {
    uint64_t began = sc_now_ns();
    int64_t began_row = trainer->position.row;
    trainer->seen = (sc_totals){0};
    SC_TRY(sc_trainer_remember(trainer));
    socle_status status = run_steps(trainer);
    sc_totals totals;
    sc_env failure = *trainer->env;
    socle_status read = take_totals(trainer, &totals);
    if (status != SOCLE_OK) sc_env_adopt_error(trainer->env, &failure);
    if (read == SOCLE_OK && (status == SOCLE_OK || status == SOCLE_STATUS_INTERRUPTED)) {
        socle_status health = check_health(trainer, &totals);
        if (health != SOCLE_OK) status = health;
    }
    if (status != SOCLE_OK) return status;
    SC_TRY(read);
    sc_evaluation epoch = evaluation_of(trainer, &totals);
    report->loss = epoch.loss;
    report->scaling = totals.scaling;
    report->learning_rate = trainer->learning_rate;
    report->last_loss = totals.last_loss;
    memcpy(report->metric, epoch.metric, sizeof report->metric);
    report->seconds = (double)(sc_now_ns() - began) * 1e-9;
    report->samples_per_second = (double)(trainer->position.row - began_row) / report->seconds;
    return SOCLE_OK;
}

/* Higher is better. Without validation the newest is the best. */
static double score(const sc_trainer *trainer, const sc_epoch_report *report) {
    if (!trainer->validation_order.count) return (double)report->step;
    return sc_metric_score(trainer->net, trainer->judge, report->val_metric, report->val_loss);
}

static socle_status judge_weights(sc_trainer *trainer, sc_epoch_report *report) {
    if (trainer->validation_order.count) {
        sc_evaluation validation;
        SC_TRY(sc_trainer_validate(trainer, &validation));
        if (sc_evaluation_check(trainer->env, &validation, "validation") != SOCLE_OK)
            sc_log_line(trainer->env, SOCLE_LOG_WARNING, "%s", trainer->env->text);
        report->val_loss = validation.loss;
        memcpy(report->val_metric, validation.metric, sizeof report->val_metric);
    }
    double now = score(trainer, report);
    sc_trainer_follow_gain(trainer, report, now);
    report->best = isnan(trainer->position.best) || now > trainer->position.best;
    if (!report->best) return SOCLE_OK;
    SC_TRY(sc_trainer_keep_best(trainer));
    trainer->position.best = now;
    trainer->position.best_epoch = report->epoch;
    return SOCLE_OK;
}

static socle_status judge_epoch(sc_trainer *trainer, sc_epoch_report *report) {
    socle_status status = sc_trainer_show_averages(trainer);
    if (status == SOCLE_OK) status = judge_weights(trainer, report);
    return sc_trainer_end_averages(trainer, status);
}

socle_status sc_fit_judge_progress(int *judge, const sc_net *net, const sc_fit_options *options) {
    const char *metric = options->schedule.metric;
    SC_TRY(sc_net_judge(judge, net, metric ? metric : "loss"));
    if (*judge == SC_JUDGED_BY_LOSS || sc_fit_validates(options)) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "'%s' is of the validation, and there is none: set apart some of the training "
                   "data, as in train.validation: 0.1",
                   metric);
}

/* What a schedule that judges epochs is to see fall. */
static double progress_of(const sc_trainer *trainer, const sc_epoch_report *report) {
    const int judge = trainer->progress_judge;
    if (judge == SC_JUDGED_BY_LOSS)
        return trainer->validation_order.count ? report->val_loss : report->loss;
    const bool higher = trainer->net->metric[judge]->better == SC_HIGHER_IS_BETTER;
    return higher ? -report->val_metric[judge] : report->val_metric[judge];
}

/* What an epoch says to a schedule that waits for progress. */
static void follow_progress(sc_trainer *trainer, const sc_epoch_report *report) {
    const sc_schedule *schedule = &trainer->options.schedule;
    sc_plateau *plateau = &trainer->position.plateau;
    if (!report->whole || !sc_schedule_judges(schedule)) return;
    if (sc_schedule_judge(schedule, plateau, progress_of(trainer, report)))
        sc_log_line(trainer->env, SOCLE_LOG_INFO,
                    "epoch %lld: the %s has not been better than %.6g for more than %d epochs; the "
                    "learning rate falls to %.3g of what it was at first",
                    (long long)report->epoch, schedule->metric ? schedule->metric : "loss",
                    trainer->progress_judge == SC_JUDGED_BY_LOSS ? plateau->best
                                                                 : fabs(plateau->best),
                    schedule->patience, plateau->factor);
}

/* After the last row of an epoch: the next one begins with empty totals. At the step limit the
 * position stays where it is, so that a run continued with more steps uses the rest of the epoch.
 */
static socle_status begin_next_epoch(sc_trainer *trainer) {
    sc_totals totals = {0};
    if (trainer->epoch_over) {
        trainer->position.epoch++;
        trainer->position.row = 0;
        trainer->position.sum = (sc_sums){0};
    }
    totals.sum = trainer->position.sum;
    totals.scaling = trainer->position.scaling;
    SC_TRY(sc_fleet_set_totals(trainer->fleet, &totals));
    return sc_fleet_align(trainer->fleet);
}

static socle_status finish_epoch(sc_trainer *trainer, sc_epoch_report *report) {
    report->epoch = trainer->position.epoch + 1;
    report->step = trainer->position.step;
    report->whole = trainer->epoch_over;
    if (!report->whole && trainer->options.checkpoint)
        SC_TRY(trainer->options.checkpoint(trainer->options.user));
    SC_TRY(sc_trainer_penalty(trainer, &report->penalty));
    SC_TRY(judge_epoch(trainer, report));
    follow_progress(trainer, report);
    sc_trainer_follow_settling(trainer, report);
    SC_TRY(begin_next_epoch(trainer));
    return trainer->options.epoch ? trainer->options.epoch(trainer->options.user, report)
                                  : SOCLE_OK;
}

static bool run_over(const sc_trainer *trainer) {
    return trainer->position.epoch >= trainer->options.epochs || steps_done(trainer) ||
           sc_trainer_gave_up(trainer);
}

static socle_status run_epoch(sc_trainer *trainer) {
    sc_epoch_report report = {
        .loss = NAN, .val_loss = NAN, .penalty = NAN, .fleet = trainer->fleet};
    for (int m = 0; m < SC_NET_METRICS; m++) report.metric[m] = report.val_metric[m] = NAN;
    SC_TRY(train_epoch(trainer, &report));
    return finish_epoch(trainer, &report);
}

/* Devices are left, but what persists was on others. */
static bool nobody_has_it(const sc_trainer *trainer) {
    return sc_fleet_alive(trainer->fleet) && !sc_fleet_engine(trainer->fleet) && trainer->kept;
}

/* A member that fails while its state is written is lost or equipped anew; each happens a limited
 * number of times. */
static socle_status go_back(sc_trainer *trainer) {
    for (;;) {
        socle_status status = sc_trainer_go_back(trainer);
        if (!sc_fleet_is_loss(status) || !nobody_has_it(trainer)) return status;
    }
}

socle_status sc_trainer_run(sc_trainer *trainer) {
    const sc_position *position = &trainer->position;
    bool stands_at_limit =
        steps_done(trainer) && position->row > 0 && position->epoch < trainer->options.epochs;
    if (run_over(trainer) && !stands_at_limit) return SOCLE_OK;
    for (;;) {
        socle_status status = run_epoch(trainer);
        if ((status == SOCLE_OK || sc_fleet_is_loss(status)) && nobody_has_it(trainer)) {
            SC_TRY(go_back(trainer));
            continue;
        }
        SC_TRY(status);
        if (run_over(trainer)) break;
        SC_TRY(check_stop(trainer));
    }
    if (sc_trainer_gave_up(trainer)) sc_trainer_say_stop(trainer);
    sc_trainer_say_settling(trainer);
    return SOCLE_OK;
}
