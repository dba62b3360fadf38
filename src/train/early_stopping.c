/* SPDX-License-Identifier: Apache-2.0 */
/* Early stopping: a run ends when its validation has brought nothing better for some epochs
 * (Prechelt 1998, "Early Stopping - But When?"). What counts as better is what `best` says, and by
 * how much. Everything follows from the position, so a resumed run stops where the whole one does.
 */
#include "train/fit_private.h"

#include <math.h>
#include <stdio.h>

socle_status sc_trainer_check_patience(const sc_trainer *trainer) {
    const sc_fit_options *options = &trainer->options;
    if (options->patience < 0 || options->patience > INT32_MAX || !isfinite(options->least_gain) ||
        options->least_gain < 0)
        return sc_fail(
            trainer->env, SOCLE_STATUS_CONFIG,
            "train.early_stopping: patience must be 0 to 2^31-1, and gain a finite number "
            "of at least 0");
    if (!options->patience || sc_fit_validates(options)) return SOCLE_OK;
    return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                   "train.early_stopping: waits for the validation, and there is none: set apart "
                   "some of the training data, as in train.validation: 0.1");
}

sc_patience sc_patience_begin(int64_t epoch) {
    return (sc_patience){.best = NAN, .epoch = epoch};
}

static bool is_better(double score, double best, double gain) {
    if (isnan(best)) return true;
    return gain > 0 ? score >= best + gain : score > best;
}

/* A validation that is no number is never better. */
void sc_trainer_follow_gain(sc_trainer *trainer, const sc_epoch_report *report, double score) {
    sc_patience *patience = &trainer->position.patience;
    if (!report->whole || !trainer->options.patience || !isfinite(score)) return;
    if (!is_better(score, patience->best, trainer->options.least_gain)) return;
    patience->best = score;
    patience->epoch = report->epoch;
}

bool sc_trainer_gave_up(const sc_trainer *trainer) {
    const sc_position *position = &trainer->position;
    const int64_t patience = trainer->options.patience;
    return patience && position->row == 0 && position->epoch - position->patience.epoch >= patience;
}

void sc_trainer_say_stop(const sc_trainer *trainer) {
    const sc_patience *patience = &trainer->position.patience;
    char by[48] = "";
    if (trainer->options.least_gain > 0)
        snprintf(by, sizeof by, " by %g", trainer->options.least_gain);
    if (isnan(patience->best))
        sc_log_line(trainer->env, SOCLE_LOG_INFO,
                    "stops after epoch %lld: in no epoch the validation was a finite number",
                    (long long)trainer->position.epoch);
    else
        sc_log_line(trainer->env, SOCLE_LOG_INFO,
                    "stops after epoch %lld: the validation has not been better%s since epoch %lld",
                    (long long)trainer->position.epoch, by, (long long)patience->epoch);
}
