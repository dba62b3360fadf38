/* SPDX-License-Identifier: Apache-2.0 */
/* Early stopping: a run ends when its validation has brought nothing better for some epochs
 * (Prechelt 1998, "Early Stopping - But When?"). What counts as better is what `best` says, and by
 * how much. Everything follows from the position, so a resumed run stops where the whole one does.
 */
#include "train/fit_private.h"

#include <math.h>

socle_status sc_trainer_check_patience(const sc_trainer *trainer) {
    const sc_fit_options *options = &trainer->options;
    if (options->patience < 0 || options->patience > INT32_MAX || !(options->least_gain >= 0))
        return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                       "train.early_stopping: patience and gain must be at least 0");
    if (!options->patience || options->validation > 0) return SOCLE_OK;
    return sc_fail(trainer->env, SOCLE_STATUS_CONFIG,
                   "train.early_stopping: waits for the validation, and there is none: set apart "
                   "some of the training data, as in train.validation: 0.1");
}

void sc_trainer_follow_gain(sc_trainer *trainer, const sc_epoch_report *report, double score) {
    sc_patience *patience = &trainer->position.patience;
    if (!report->whole || !trainer->options.patience) return;
    if (patience->epoch && !(score > patience->best + trainer->options.least_gain)) return;
    if (isnan(score)) return;
    patience->best = score;
    patience->epoch = report->epoch;
}

bool sc_trainer_gave_up(const sc_trainer *trainer) {
    const sc_position *position = &trainer->position;
    const int64_t patience = trainer->options.patience;
    return patience && position->row == 0 && position->epoch - position->patience.epoch >= patience;
}
