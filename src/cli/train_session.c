/* SPDX-License-Identifier: Apache-2.0 */
/* One run: trainer, directory, the loop, and what is left after a stop. */
#include "base/thread_pool.h"
#include "cli/cmd_train.h"
#include "io/config_hint.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>

static void on_progress(void *user, const sc_progress *progress) {
    sc_train_session *session = user;
    sc_progress_show(&session->bar, progress);
}

static bool is_asked_to_stop(void) {
    sc_signals_look();
    return sc_signal_seen() != 0;
}

static bool on_stop(void *user) {
    sc_train_session *session = user;
    if (is_asked_to_stop()) return true;
    session->paused =
        session->pause && sc_trainer_position(session->trainer).epoch >= session->pause;
    return session->paused;
}

static bool on_checkpoint_due(void *user, int64_t step) {
    sc_train_session *session = user;
    if (sc_signal_take_request()) session->asked = true;
    return session->asked || sc_run_directory_due(session->directory, step);
}

static socle_status on_checkpoint(void *user) {
    sc_train_session *session = user;
    SC_TRY(sc_run_directory_checkpoint(session->directory));
    int64_t step = sc_trainer_position(session->trainer).step;
    if (session->asked && sc_run_directory_step(session->directory) == step)
        sc_cli_say(session->cli, "checkpoint of step %lld written", (long long)step);
    session->asked = false;
    return SOCLE_OK;
}

/* Without validation curves say nothing. */
static socle_status note_curve(sc_train_session *session, const sc_epoch_report *report) {
    if (!report->whole || isnan(report->val_loss)) return SOCLE_OK;
    SC_TRY(sc_grow(&session->cli->env, &session->curve, &session->curve_capacity,
                   session->epochs + 1, sizeof *session->curve));
    session->curve[session->epochs++] = (sc_curve_point){report->loss, report->val_loss};
    return SOCLE_OK;
}

static socle_status on_epoch(void *user, const sc_epoch_report *report) {
    sc_train_session *session = user;
    SC_TRY(sc_run_directory_epoch(session->directory, report));
    if (sc_signal_take_request()) session->asked = true;
    if (session->asked) SC_TRY(on_checkpoint(session));
    SC_TRY(note_curve(session, report));
    session->last = *report;
    if (report->best) session->best = *report;
    if (!session->silent) sc_train_report_epoch(session, report);
    return SOCLE_OK;
}

static socle_status resume(sc_train_session *session, sc_env *env) {
    char *path;
    if (!session->settings->resume) return SOCLE_OK;
    SC_TRY(sc_run_file(&path, env, session->settings->resume, SC_RUN_CHECKPOINT));
    socle_status status = sc_checkpoint_load(session->trainer, path, session->identity);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    sc_release(env, path);
    return status;
}

static sc_run_wish wish_of(const sc_train_session *session) {
    const sc_train_settings *settings = session->settings;
    return (sc_run_wish){.output = settings->output,
                         .resume = settings->resume,
                         .label = session->label,
                         .overwrite = settings->overwrite};
}

socle_status sc_train_claim(sc_train_session *session) {
    const sc_run_wish wish = wish_of(session);
    return sc_run_place_claim(&session->place, &session->cli->env, &wish);
}

static socle_status open_directory(sc_train_session *session, sc_env *env) {
    const sc_run_wish wish = wish_of(session);
    SC_TRY(sc_run_place_make(&session->place, env, &wish));
    const sc_run_options options = {.place = session->place,
                                    .resumed = session->settings->resume,
                                    .identity = session->identity,
                                    .schedule = session->recipe->checkpoint};
    return sc_run_directory_open(&session->directory, session->trainer, &options);
}

/* Before anything is on disk. Weights from a file are at fault themselves. */
static socle_status check_weights(const sc_train_session *session, sc_env *env) {
    socle_status status = sc_trainer_check_weights(session->trainer);
    bool from_file = session->recipe->init_file && !session->settings->resume;
    return status == SOCLE_STATUS_CONFIG && from_file
               ? sc_fail_prefix(env, SOCLE_STATUS_DATA, "train.init_from")
               : status;
}

static socle_status prepare(sc_train_session *session, const sc_fleet_device *device, int count) {
    const sc_train_settings *settings = session->settings;
    sc_recipe *recipe = session->recipe;
    sc_fit_options fit = recipe->fit;
    fit.memory = settings->memory;
    fit.plan.profile = settings->profile && count == 1; /* several: a trace, undisturbed */
    fit.user = session;
    if (!session->silent) fit.progress = on_progress;
    fit.epoch = on_epoch;
    fit.stop = on_stop;
    fit.checkpoint_due = on_checkpoint_due;
    fit.checkpoint = on_checkpoint;
    sc_env *env = &session->cli->env;
    if (!session->silent) sc_train_report_plan(session, device, count);
    SC_TRY(sc_config_place(recipe->config,
                           sc_trainer_create_on(&session->trainer, env, device, count, recipe->net,
                                                &fit, recipe->train, recipe->test)));
    SC_TRY(sc_train_profile_begin(session));
    if (!settings->resume) SC_TRY(sc_recipe_initialize(recipe, session->trainer));
    SC_TRY(resume(session, env));
    SC_TRY(check_weights(session, env));
    SC_TRY(open_directory(session, env));
    sc_progress_begin(&session->bar, session->cli, session->recipe->net, fit.batch);
    return SOCLE_OK;
}

/* The rest of a message about a run that ended too early: what is left of it. */
static socle_status say_what_stays(const sc_train_session *session, sc_env *env,
                                   socle_status status) {
    const char *what = env->text[0] ? env->text : socle_status_text(status);
    if (!sc_run_directory_remains(session->directory))
        return sc_fail(env, status, "%s; nothing of this run is on disk any more", what);
    return sc_fail(env, status,
                   "%s; the checkpoint of step %lld stays, continue with: socle train --resume %s",
                   what, (long long)sc_run_directory_step(session->directory),
                   sc_directory_path(session->place));
}

/* Where the last device is lost its state is lost too, and only the checkpoint is left. */
static socle_status broken_off(sc_train_session *session, sc_env *env, socle_status status) {
    if (!sc_fleet_alive(sc_trainer_fleet(session->trainer))) session->cli->exit_code = EXIT_FAILURE;
    sc_run_directory_salvage(session->directory);
    return say_what_stays(session, env, status);
}

/* A stop by signal: the state is saved, and the exit code says which signal it was. */
static socle_status stopped(sc_train_session *session, sc_env *env) {
    int number = sc_signal_seen();
    long long step = (long long)sc_trainer_position(session->trainer).step;
    socle_status saved = sc_run_directory_settle(session->directory, true);
    if (saved != SOCLE_OK) {
        sc_fail_prefix(env, saved, "stopped after step %lld, which is not saved whole", step);
        return say_what_stays(session, env, saved);
    }
    session->cli->exit_code = 128 + (number ? number : SIGINT);
    return sc_fail(env, SOCLE_STATUS_INTERRUPTED,
                   "stopped after step %lld; continue with: socle train --resume %s", step,
                   sc_directory_path(session->place));
}

static socle_status diverged(sc_train_session *session, sc_env *env) {
    sc_run_directory_salvage(session->directory);
    return sc_fail_prefix(
        env, SOCLE_STATUS_DIVERGED, "diverged (the checkpoint of step %lld stays in %s)",
        (long long)sc_run_directory_step(session->directory), sc_directory_path(session->place));
}

static socle_status save_results(sc_train_session *session) {
    SC_TRY(sc_run_directory_settle(session->directory, false));
    return sc_run_directory_need_model(session->directory);
}

static socle_status test(sc_train_session *session) {
    if (!session->recipe->test || session->silent) return SOCLE_OK;
    SC_TRY(sc_trainer_restore_best(session->trainer));
    SC_TRY(sc_trainer_test(session->trainer, &session->test));
    session->tested = true;
    return SOCLE_OK;
}

/* The loop, and what follows its end. */
static socle_status train(sc_train_session *session, sc_env *env) {
    socle_status status = sc_trainer_run(session->trainer);
    if (status == SOCLE_OK) status = save_results(session);
    if (status == SOCLE_STATUS_INTERRUPTED && session->paused) {
        sc_signals_end();
        return sc_run_directory_settle(session->directory, true);
    }
    bool interrupted =
        status == SOCLE_STATUS_INTERRUPTED || (status == SOCLE_OK && is_asked_to_stop());
    if (interrupted) status = stopped(session, env);
    sc_signals_end();
    if (interrupted) return status;
    if (status == SOCLE_STATUS_DIVERGED) return diverged(session, env);
    if (status == SOCLE_OK) status = test(session);
    return status == SOCLE_OK ? SOCLE_OK : broken_off(session, env, status);
}

static socle_status run(sc_train_session *session, const sc_fleet_device *device, int count) {
    sc_env *env = &session->cli->env;
    SC_TRY(prepare(session, device, count));
    sc_signals_begin(); /* who has read that the run began may stop it */
    if (!session->silent) sc_train_report_start(session);
    session->began = sc_now_ns();
    socle_status status = train(session, env);
    if (status == SOCLE_OK && !session->silent) sc_train_report_done(session);
    if (status == SOCLE_OK && session->tested)
        status = sc_evaluation_check(env, &session->test, "test");
    const char *profile = session->settings->profile;
    if (profile && (status == SOCLE_OK || status == SOCLE_STATUS_INTERRUPTED)) {
        socle_status written = sc_train_write_profile(session, profile);
        if (status == SOCLE_OK) status = written;
    }
    return status;
}

socle_status sc_train_on(sc_train_session *session, const sc_fleet_device *device, int count) {
    socle_status status = run(session, device, count);
    sc_run_directory_close(session->directory);
    if (!sc_trainer_destroy(session->trainer)) session->cli->hangs = true;
    if (!session->cli->hangs) sc_trace_destroy(session->trace);
    return status;
}
