/* SPDX-License-Identifier: Apache-2.0 */
/* Losses that move nothing once every sample is right, as the perceptron's: whether a run has come
 * there. Where an epoch's loss is 0 and all its samples are right, none of its steps moved a
 * weight, so all samples were judged by the same ones. */
#include "nn/layer.h"
#include "nn/metric.h"
#include "train/fit_private.h"

static bool settles(const sc_trainer *trainer) {
    const sc_loss_term *loss = sc_net_labels(trainer->net);
    return loss && loss->kind->settles;
}

void sc_trainer_follow_settling(sc_trainer *trainer, const sc_epoch_report *report) {
    if (!settles(trainer) || !report->whole) return;
    trainer->right = sc_metric_value(trainer->net, report->metric, "accuracy");
    if (report->loss != 0 || trainer->right != 1) {
        trainer->settled = 0;
        return;
    }
    if (trainer->settled) return;
    trainer->settled = report->epoch;
    sc_log_line(trainer->env, SOCLE_LOG_INFO,
                "converged: in epoch %lld every sample was right, and nothing moves any more",
                (long long)report->epoch);
}

void sc_trainer_say_settling(const sc_trainer *trainer) {
    const int64_t epoch = trainer->position.epoch;
    if (!settles(trainer) || trainer->settled || !epoch) return;
    sc_log_line(trainer->env, SOCLE_LOG_WARNING,
                "not converged: in epoch %lld %.3g %% of the samples were still wrong; where no "
                "line separates the classes, some always are",
                (long long)epoch, 100 * (1 - trainer->right));
}

int64_t sc_trainer_settled(const sc_trainer *trainer) {
    return settles(trainer) ? trainer->settled : -1;
}
