/* SPDX-License-Identifier: Apache-2.0 */
/* One run: trainer, directory, the loop, and what is left after a stop. */
#include "base/thread_pool.h"
#include "cli/cmd_train.h"

#include <signal.h>
#include <stdlib.h>

static void on_progress(void *user, const sc_progress *progress) {
    sc_train_session *session = user;
    sc_progress_show(&session->bar, progress);
}

static socle_status on_epoch(void *user, const sc_epoch_report *report) {
    sc_train_session *session = user;
    SC_TRY(sc_run_directory_epoch(session->directory, report)); /* what is announced is on disk */
    session->last = *report;
    if (report->best) session->best = *report;
    sc_train_report_epoch(session, report);
    return SOCLE_OK;
}

static bool on_stop(void *user) {
    (void)user;
    return sc_signal_seen() != 0;
}

static bool on_checkpoint_due(void *user, int64_t step) {
    return sc_run_directory_due(((sc_train_session *)user)->directory, step);
}

static socle_status on_checkpoint(void *user) {
    return sc_run_directory_checkpoint(((sc_train_session *)user)->directory);
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

static socle_status open_directory(sc_train_session *session, sc_env *env) {
    const sc_train_settings *settings = session->settings;
    const char *wish = settings->output ? settings->output : settings->resume;
    SC_TRY(sc_run_directory_make(&session->path, env, wish, session->label));
    const sc_run_options options = {.path = session->path,
                                    .resumed = settings->resume,
                                    .identity = session->identity,
                                    .schedule = session->recipe->checkpoint};
    return sc_run_directory_open(&session->directory, session->trainer, &options);
}

static socle_status prepare(sc_train_session *session, const sc_fleet_device *device, int count) {
    const sc_train_settings *settings = session->settings;
    sc_recipe *recipe = session->recipe;
    sc_fit_options fit = recipe->fit;
    fit.memory = settings->memory;
    fit.plan.profile = settings->profile && count == 1; /* several: a trace, undisturbed */
    fit.user = session;
    fit.progress = on_progress;
    fit.epoch = on_epoch;
    fit.stop = on_stop;
    fit.checkpoint_due = on_checkpoint_due;
    fit.checkpoint = on_checkpoint;
    sc_env *env = &session->cli->env;
    sc_train_report_plan(session, device, count);
    SC_TRY(sc_trainer_create_on(&session->trainer, env, device, count, recipe->net, &fit,
                                recipe->train, recipe->test));
    SC_TRY(sc_train_profile_begin(session));
    SC_TRY(resume(session, env));
    SC_TRY(open_directory(session, env));
    sc_progress_begin(&session->bar, session->cli, fit.batch);
    return SOCLE_OK;
}

/* A run that was broken off: what stays, and how to go on from there. Where the last device is gone
 * the state went with it, and the checkpoint is what there is. */
static socle_status broken_off(sc_train_session *session, sc_env *env, socle_status status) {
    if (!sc_fleet_alive(sc_trainer_fleet(session->trainer))) session->cli->exit_code = EXIT_FAILURE;
    return sc_fail(env, status,
                   "%s; the checkpoint of step %lld stays, continue with: socle train --resume %s",
                   env->text[0] ? env->text : socle_status_text(status),
                   (long long)sc_run_directory_step(session->directory), session->path);
}

/* A stop by signal: the state is saved, and the exit code says which signal it was. */
static socle_status stopped(sc_train_session *session, sc_env *env) {
    int number = sc_signal_seen();
    long long step = (long long)sc_trainer_position(session->trainer).step;
    socle_status saved = sc_run_directory_settle(session->directory, true);
    if (saved != SOCLE_OK) {
        sc_fail_prefix(env, saved, "stopped after step %lld, which is not saved whole", step);
        return broken_off(session, env, saved);
    }
    session->cli->exit_code = 128 + (number ? number : SIGINT);
    return sc_fail(env, SOCLE_STATUS_INTERRUPTED,
                   "stopped after step %lld; continue with: socle train --resume %s", step,
                   session->path);
}

static socle_status diverged(sc_train_session *session, sc_env *env) {
    return sc_fail_prefix(env, SOCLE_STATUS_DIVERGED,
                          "diverged (the checkpoint of step %lld stays in %s)",
                          (long long)sc_run_directory_step(session->directory), session->path);
}

static socle_status finish(sc_train_session *session) {
    SC_TRY(sc_run_directory_settle(session->directory, false));
    SC_TRY(sc_run_directory_need_model(session->directory));
    if (!session->recipe->test) return SOCLE_OK;
    SC_TRY(sc_trainer_restore_best(session->trainer));
    SC_TRY(sc_trainer_test(session->trainer, &session->test));
    session->tested = true;
    return SOCLE_OK;
}

/* The loop, and what follows its end. */
static socle_status train(sc_train_session *session, sc_env *env) {
    socle_status status = sc_trainer_run(session->trainer);
    bool interrupted = status == SOCLE_STATUS_INTERRUPTED;
    if (interrupted) status = stopped(session, env);
    sc_signals_end();
    if (interrupted) return status;
    if (status == SOCLE_STATUS_DIVERGED) return diverged(session, env);
    if (status == SOCLE_OK) status = finish(session);
    return status == SOCLE_OK ? SOCLE_OK : broken_off(session, env, status);
}

static socle_status run(sc_train_session *session, const sc_fleet_device *device, int count) {
    sc_env *env = &session->cli->env;
    SC_TRY(prepare(session, device, count));
    sc_signals_begin(); /* who has read that the run began may stop it */
    sc_train_report_start(session);
    session->began = sc_now_ns();
    socle_status status = train(session, env);
    if (status == SOCLE_OK) sc_train_report_done(session);
    if (status == SOCLE_OK && session->tested) status = sc_evaluation_check(env, &session->test, "test");
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
    sc_release(&session->cli->env, session->path);
    if (!sc_trainer_destroy(session->trainer)) session->cli->hangs = true;
    if (!session->cli->hangs) sc_trace_destroy(session->trace);
    return status;
}
