/* SPDX-License-Identifier: Apache-2.0 */
/* The epoch loop. A step takes whole micro-batches from the feed until the batch is full or the epoch ends, then commits. The host
 * never waits for a step: loss and health come by looks that arrive when they arrive. */
#include "train/fit_private.h"

#include "base/thread_pool.h"

#include <math.h>

enum { PROGRESS_INTERVAL_MS = 100 };

static socle_status check_health(sc_trainer *trainer, const sc_totals *totals) {
    if (!totals->bad_step) return SOCLE_OK;
    return sc_fail(trainer->env, SOCLE_STATUS_DIVERGED,
                   "step %u: the loss or a gradient is not a finite number; the weights are those before that step. "
                   "Lower the learning rate, or look for NaN in the data",
                   totals->bad_step);
}

static bool has_accuracy(const sc_trainer *trainer) {
    return trainer->counts_correct;
}

static sc_evaluation evaluation_of(const sc_trainer *trainer, const sc_totals *totals) {
    double weight = totals->weight > 0 ? totals->weight : NAN;
    return (sc_evaluation){.loss = totals->loss / weight,
                           .accuracy = has_accuracy(trainer) ? totals->correct / weight : NAN,
                           .samples = (int64_t)totals->weight};
}

static void report_progress(sc_trainer *trainer, uint64_t began, int64_t began_row) {
    uint64_t now = sc_now_ns();
    if (!trainer->options.progress || now - trainer->last_progress < PROGRESS_INTERVAL_MS * UINT64_C(1000000)) return;
    trainer->last_progress = now;
    sc_evaluation so_far = evaluation_of(trainer, &trainer->seen);
    sc_progress progress = {
        .epoch = trainer->position.epoch + 1,
        .epochs = trainer->options.epochs,
        .row = trainer->position.row,
        .rows = (int64_t)trainer->train_order.count,
        .step = trainer->position.step,
        .loss = so_far.loss,
        .accuracy = so_far.accuracy,
        .samples_per_second = (double)(trainer->position.row - began_row) / ((double)(now - began) * 1e-9)};
    trainer->options.progress(trainer->options.user, &progress);
}

/* One step: micro-batches until the batch is full or the epoch is over. *over is set at the end of the epoch. */
static socle_status run_step(sc_trainer *trainer, sc_feed *feed, bool *over) {
    int64_t rows = 0;
    *over = false;
    uint32_t step = (uint32_t)trainer->position.step + 1;
    while (rows < trainer->options.batch && !*over) {
        sc_feed_batch batch;
        bool more;
        SC_TRY(sc_feed_next(feed, &batch, &more));
        if (!more) {
            *over = true;
            break;
        }
        SC_TRY(sc_engine_micro_batch(trainer->engine, batch.slot, batch.rows, (uint32_t)rows, step));
        rows += batch.rows;
        *over = batch.last;
    }
    if (!rows) return SOCLE_OK;
    SC_TRY(sc_engine_commit(trainer->engine, step, (double)rows, trainer->options.optimizer.value[0]));
    trainer->position.step++;
    trainer->position.row += rows;
    return SOCLE_OK;
}

static bool steps_done(const sc_trainer *trainer) {
    return trainer->options.steps > 0 && trainer->position.step >= trainer->options.steps;
}

/* Looks at the totals without waiting; a bad step ends the run. */
static socle_status look(sc_trainer *trainer) {
    socle_status status;
    if (sc_engine_totals_peek(trainer->engine, &trainer->seen, &status)) SC_TRY(check_health(trainer, &trainer->seen));
    return status;
}

/* Between steps, and between epochs once the one that is over has been judged: a position is never at the end of an epoch. */
static socle_status check_stop(sc_trainer *trainer) {
    if (!trainer->options.stop || !trainer->options.stop(trainer->options.user)) return SOCLE_OK;
    return sc_fail(trainer->env, SOCLE_STATUS_INTERRUPTED, "stopped after step %lld", (long long)trainer->position.step);
}

static socle_status run_steps(sc_trainer *trainer, sc_feed *feed) {
    uint64_t began = sc_now_ns();
    int64_t began_row = trainer->position.row;
    trainer->epoch_over = false;
    while (!trainer->epoch_over && !steps_done(trainer)) {
        socle_status status = run_step(trainer, feed, &trainer->epoch_over);
        if (status != SOCLE_OK) {
            sc_engine_abandon_step(trainer->engine);
            return status;
        }
        SC_TRY(look(trainer));
        report_progress(trainer, began, began_row);
        if (!trainer->epoch_over) SC_TRY(check_stop(trainer));
    }
    return SOCLE_OK;
}

static socle_status train_epoch(sc_trainer *trainer, sc_feed *feed, sc_epoch_report *report) {
    uint64_t began = sc_now_ns();
    int64_t began_row = trainer->position.row;
    trainer->seen = (sc_totals){0};
    socle_status status = run_steps(trainer, feed);
    sc_totals totals;
    socle_status read = sc_engine_totals(trainer->engine, &totals);
    if (read == SOCLE_OK) {
        trainer->position.loss = totals.loss;
        trainer->position.weight = totals.weight;
        trainer->position.correct = totals.correct;
        if (status == SOCLE_OK || status == SOCLE_STATUS_INTERRUPTED) {
            socle_status health = check_health(trainer, &totals);
            if (health != SOCLE_OK) status = health;
        }
    }
    if (status != SOCLE_OK) return status;
    SC_TRY(read);
    sc_evaluation epoch = evaluation_of(trainer, &totals);
    report->loss = epoch.loss;
    report->accuracy = epoch.accuracy;
    report->seconds = (double)(sc_now_ns() - began) * 1e-9;
    report->samples_per_second = (double)(trainer->position.row - began_row) / report->seconds;
    return SOCLE_OK;
}

/* Higher is better. Without validation the newest is the best. Equal accuracies are told apart by the loss, whose share is too
 * small to outweigh one sample. */
static double score(const sc_trainer *trainer, const sc_epoch_report *report) {
    if (!trainer->validation_order.count) return (double)report->epoch;
    return has_accuracy(trainer) ? report->val_accuracy - 1e-9 * fmin(report->val_loss, 100) : -report->val_loss;
}

static socle_status judge_epoch(sc_trainer *trainer, sc_epoch_report *report) {
    if (trainer->validation_order.count) {
        sc_evaluation validation;
        SC_TRY(sc_trainer_validate(trainer, &validation));
        report->val_loss = validation.loss;
        report->val_accuracy = validation.accuracy;
    }
    double now = score(trainer, report);
    report->best = isnan(trainer->position.best) || now > trainer->position.best;
    if (!report->best) return SOCLE_OK;
    trainer->position.best = now;
    trainer->position.best_epoch = report->epoch;
    return sc_trainer_keep_best(trainer);
}

/* After the last row of an epoch: the next one begins with empty totals. At the step limit the position stays where it is, so that a
 * run continued with more steps uses the rest of the epoch. */
static socle_status begin_next_epoch(sc_trainer *trainer) {
    sc_totals totals = {0};
    if (trainer->epoch_over) {
        trainer->position.epoch++;
        trainer->position.row = 0;
        trainer->position.loss = trainer->position.weight = trainer->position.correct = 0;
    } else {
        totals = (sc_totals){.loss = trainer->position.loss,
                             .weight = trainer->position.weight,
                             .correct = trainer->position.correct};
    }
    return sc_engine_totals_set(trainer->engine, &totals);
}

static socle_status finish_epoch(sc_trainer *trainer, sc_epoch_report *report) {
    report->epoch = trainer->position.epoch + 1;
    report->step = trainer->position.step;
    SC_TRY(judge_epoch(trainer, report));
    SC_TRY(begin_next_epoch(trainer));
    return trainer->options.epoch ? trainer->options.epoch(trainer->options.user, report) : SOCLE_OK;
}

static bool run_over(const sc_trainer *trainer) {
    return trainer->position.epoch >= trainer->options.epochs || steps_done(trainer);
}

static socle_status run_epochs(sc_trainer *trainer, sc_feed *feed) {
    while (!run_over(trainer)) {
        sc_epoch_report report = {.loss = NAN, .accuracy = NAN, .val_loss = NAN, .val_accuracy = NAN};
        SC_TRY(train_epoch(trainer, feed, &report));
        SC_TRY(finish_epoch(trainer, &report));
        if (!run_over(trainer)) SC_TRY(check_stop(trainer));
    }
    return SOCLE_OK;
}

socle_status sc_trainer_run(sc_trainer *trainer) {
    if (run_over(trainer)) return SOCLE_OK;
    sc_loader_opts opts = {.batch = (uint32_t)sc_engine_capacity(trainer->engine),
                           .first_epoch = (uint32_t)trainer->position.epoch,
                           .first_row = (uint32_t)trainer->position.row,
                           .epochs = (uint32_t)(trainer->options.epochs - trainer->position.epoch),
                           .drop_short = trainer->options.drop_short};
    sc_feed *feed;
    SC_TRY(sc_feed_create(&feed, trainer->engine, &trainer->train_source, &trainer->train_order, &opts));
    socle_status status = run_epochs(trainer, feed);
    sc_feed_destroy(feed);
    return status;
}
