/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle train` says: events for programs, lines for people. */
#include "base/number.h"
#include "base/shown.h"
#include "base/thread_pool.h"
#include "cli/cmd_train.h"
#include "nn/metric.h"

#include <math.h>

static char *path_of(sc_train_session *session, const char *name) {
    char *path;
    /* NULL where there is no memory */
    sc_run_file(&path, &session->cli->env, sc_directory_path(session->place), name);
    return path;
}

void sc_train_report_plan(sc_train_session *session, const sc_fleet_device *device, int count) {
    const sc_recipe *recipe = session->recipe;
    char who[SC_NAME_TEXT];
    snprintf(who, sizeof who, "%s", sc_worker_info(device[0].worker)->name);
    if (count > 1) snprintf(who, sizeof who, "%d devices", count);
    for (int i = 0; count > 1 && i < count; i++)
        sc_cli_say(session->cli, "%s %s", sc_worker_label(device[i].worker),
                   sc_worker_info(device[i].worker)->name);
    sc_cli_say(session->cli, "%s: %s parameters, %s training samples, seed %llu", who,
               sc_grouped(sc_net_parameter_count(recipe->net)).text,
               sc_grouped(sc_dataset_count(recipe->train) - recipe->fit.tail).text,
               (unsigned long long)recipe->fit.seed);
}

void sc_train_report_start(sc_train_session *session) {
    sc_cli *cli = session->cli;
    const sc_fleet *fleet = sc_trainer_fleet(session->trainer);
    const sc_recipe *recipe = session->recipe;
    sc_position position = sc_trainer_position(session->trainer);
    if (position.step)
        sc_cli_say(cli, "continuing after step %lld (epoch %lld)", (long long)position.step,
                   (long long)position.epoch + 1);
    if (!cli->json) return;
    json_t *event = sc_report("start"), *devices = json_array();
    for (int i = 0; i < sc_fleet_members(fleet); i++)
        json_array_append_new(devices, sc_report_device(sc_fleet_member_info(fleet, i).info));
    sc_report_integer(event, "schema", 1);
    sc_report_text(event, "version", SC_VERSION);
    sc_report_value(event, "devices", devices);
    sc_report_integer(event, "seed", (int64_t)recipe->fit.seed);
    sc_report_integer(event, "parameters", sc_net_parameter_count(recipe->net));
    sc_report_integer(event, "samples", sc_dataset_count(recipe->train) - recipe->fit.tail);
    sc_report_integer(event, "step", position.step);
    sc_report_text(event, "directory", sc_directory_path(session->place));
    sc_report_value(event, "config", json_loads(session->identity->config, 0, NULL));
    sc_report_print(cli, event);
}

/* Who did how much, where there are several. */
static json_t *describe_shares(const sc_fleet *fleet) {
    json_t *devices = json_array();
    for (int i = 0; i < sc_fleet_members(fleet); i++) {
        sc_fleet_member member = sc_fleet_member_info(fleet, i);
        json_t *entry = json_object();
        sc_report_text(entry, "device", member.label);
        sc_report_text(entry, "id", member.info->id);
        sc_report_integer(entry, "share", member.share);
        if (member.rate > 0) sc_report_number(entry, "samples_per_second", member.rate);
        if (member.state == SC_MEMBER_LOST) sc_report_value(entry, "lost", json_true());
        json_array_append_new(devices, entry);
    }
    return devices;
}

static void say_shares(sc_cli *cli, const sc_fleet *fleet) {
    int64_t batch = 0;
    for (int i = 0; i < sc_fleet_members(fleet); i++) batch += sc_fleet_member_info(fleet, i).share;
    for (int i = 0; i < sc_fleet_members(fleet); i++) {
        sc_fleet_member member = sc_fleet_member_info(fleet, i);
        char rate[64] = "", state[32] = "";
        if (member.state != SC_MEMBER_WORKING)
            snprintf(state, sizeof state, "%s; ", sc_member_state_text(member.state));
        if (member.rate > 0) snprintf(rate, sizeof rate, ", %.0f samples/s", member.rate);
        sc_cli_say(cli, "  %s %s: %s%lld of %lld samples%s", member.label, member.info->name, state,
                   (long long)member.share, (long long)batch, rate);
    }
}

void sc_train_report_epoch(sc_train_session *session, const sc_epoch_report *report) {
    session->seconds += report->seconds;
    session->samples += report->samples_per_second * report->seconds;
    sc_progress_epoch(&session->bar, report, session->recipe->fit.epochs);
    bool several = sc_fleet_members(report->fleet) > 1;
    if (several) say_shares(session->cli, report->fleet);
    if (!session->cli->json) return;
    json_t *event = sc_report("epoch");
    sc_report_integer(event, "epoch", report->epoch);
    sc_report_integer(event, "step", report->step);
    sc_report_means(event, "", session->recipe->net, report->loss, report->metric);
    sc_report_number(event, "penalty", report->penalty);
    sc_report_means(event, "val_", session->recipe->net, report->val_loss, report->val_metric);
    sc_report_number(event, "learning_rate", sc_number_of_float(report->learning_rate));
    sc_report_number(event, "samples_per_second", report->samples_per_second);
    sc_report_number(event, "seconds", report->seconds);
    if (session->recipe->fit.precision == SOCLE_F16) {
        sc_report_number(event, "loss_scale", report->scaling.scale);
        sc_report_integer(event, "skipped_steps", (int64_t)report->scaling.skipped);
    }
    sc_report_value(event, "best", json_boolean(report->best));
    if (several) sc_report_value(event, "devices", describe_shares(report->fleet));
    sc_report_print(session->cli, event);
}

static void print_done(const sc_train_session *session, const char *model) {
    const sc_net *net = session->recipe->net;
    if (session->seconds > 0) printf("speed %.0f samples/s\n", session->samples / session->seconds);
    if (session->best.epoch) sc_metrics_print("validation", net, session->best.val_metric);
    if (session->tested) {
        printf("test loss %.4f\n", sc_shown(session->test.loss));
        sc_metrics_print("test", net, session->test.metric);
    }
    printf("model %s\n", model);
    fflush(stdout);
}

/* One sentence about the curves of this invocation, where there is something to say. */
static void say_verdict(const sc_train_session *session, const sc_verdict *verdict) {
    const sc_curve_point *point = session->curve;
    const char *name = sc_verdict_name(verdict->word);
    if (verdict->word == SC_VERDICT_UNKNOWN) return;
    const sc_curve_point last = point[session->epochs - 1], best = point[verdict->best];
    const long long epoch = session->last.epoch - (long long)(session->epochs - 1 - verdict->best);
    if (verdict->word == SC_VERDICT_OVERFITS && best.validation < last.validation)
        sc_cli_say(session->cli,
                   "%s: since epoch %lld the validation loss rose from %.4g to %.4g, and the "
                   "training loss fell on to %.4g; more data, augmentation, dropout, train.penalty "
                   "or a smaller network may help",
                   name, epoch, best.validation, last.validation, last.train);
    else if (verdict->word == SC_VERDICT_OVERFITS)
        sc_cli_say(session->cli,
                   "%s: the validation loss of %.4g is far above the training loss of %.4g; more "
                   "data, augmentation, dropout, train.penalty or a smaller network may help",
                   name, last.validation, last.train);
    else if (verdict->word == SC_VERDICT_UNDERFITS)
        sc_cli_say(session->cli,
                   "%s: the training loss went from %.4g to %.4g alone, and the validation is near "
                   "it; a larger network or another learning rate may help",
                   name, point[0].train, last.train);
    else if (verdict->word == SC_VERDICT_LEARNS)
        sc_cli_say(session->cli,
                   "%s: the validation loss was still falling at %.4g; more epochs may help", name,
                   last.validation);
    else
        sc_cli_say(session->cli,
                   "%s: the validation loss of %.4g no longer falls and is near the training loss "
                   "of %.4g",
                   name, last.validation, last.train);
}

void sc_train_report_done(sc_train_session *session) {
    double start_up = (double)(session->began - session->opened) * 1e-9;
    double training = (double)(sc_now_ns() - session->began) * 1e-9;
    char *model = path_of(session, SC_RUN_MODEL);
    const sc_verdict verdict = sc_verdict_of(session->curve, session->epochs);
    say_verdict(session, &verdict);
    if (!session->cli->json) {
        sc_cli_say(session->cli, "done in %.1f s: start-up %.1f s, training %.1f s",
                   start_up + training, start_up, training);
        print_done(session, model ? model : sc_directory_path(session->place));
    } else {
        json_t *event = sc_report("done");
        if (session->tested) {
            sc_report_means(event, "test_", session->recipe->net, session->test.loss,
                            session->test.metric);
        }
        if (session->seconds > 0)
            sc_report_number(event, "samples_per_second", session->samples / session->seconds);
        sc_report_text(event, "model", model ? model : sc_directory_path(session->place));
        sc_report_integer(event, "step", sc_trainer_position(session->trainer).step);
        if (verdict.word != SC_VERDICT_UNKNOWN)
            sc_report_text(event, "fit", sc_verdict_name(verdict.word));
        if (session->recipe->fit.patience)
            sc_report_value(event, "stopped_early",
                            json_boolean(sc_trainer_gave_up(session->trainer)));
        if (sc_trainer_settled(session->trainer) >= 0)
            sc_report_value(event, "converged",
                            json_boolean(sc_trainer_settled(session->trainer) > 0));
        sc_report_number(event, "seconds", training);
        sc_report_number(event, "startup_seconds", start_up);
        sc_report_print(session->cli, event);
    }
    sc_release(&session->cli->env, model);
}
