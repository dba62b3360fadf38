/* SPDX-License-Identifier: Apache-2.0 */
/* One run: trainer, directory, the loop, and what is left after a stop. */
#include "base/thread_pool.h"
#include "cli/cmd_train.h"

#include <signal.h>

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

static socle_status resume(sc_train_session *session, sc_env *env) {
    char *path;
    if (!session->settings->resume) return SOCLE_OK;
    SC_TRY(sc_run_file(&path, env, session->settings->resume, SC_RUN_CHECKPOINT));
    socle_status status = sc_checkpoint_load(session->trainer, path, session->identity);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    sc_release(env, path);
    return status;
}

static socle_status prepare(sc_train_session *session, const sc_fleet_device *device, int count) {
    const sc_train_settings *settings = session->settings;
    sc_recipe *recipe = session->recipe;
    sc_fit_options fit = recipe->fit;
    fit.memory = settings->memory;
    fit.plan.profile = settings->profile != NULL;
    fit.user = session;
    fit.progress = on_progress;
    fit.epoch = on_epoch;
    fit.stop = on_stop;
    sc_env *env = &session->cli->env;
    sc_train_report_plan(session, device, count);
    SC_TRY(sc_trainer_create_on(&session->trainer, env, device, count, recipe->net, &fit,
                                recipe->train, recipe->test));
    SC_TRY(resume(session, env));
    const char *wish = settings->output ? settings->output : settings->resume;
    SC_TRY(sc_run_directory_make(&session->path, env, wish, session->label));
    SC_TRY(sc_run_directory_open(&session->directory, session->trainer, session->path,
                                 session->identity));
    sc_progress_begin(&session->bar, session->cli, fit.batch);
    return SOCLE_OK;
}

/* A stop by signal: the state is saved, and the exit code says which signal it was. */
static socle_status stopped(sc_train_session *session, sc_env *env) {
    int number = sc_signal_seen();
    int64_t step = sc_trainer_position(session->trainer).step;
    SC_TRY(sc_run_directory_checkpoint(session->directory));
    session->cli->exit_code = 128 + (number ? number : SIGINT);
    return sc_fail(env, SOCLE_STATUS_INTERRUPTED,
                   "stopped after step %lld; continue with: socle train --resume %s",
                   (long long)step, session->path);
}

static socle_status diverged(sc_train_session *session, sc_env *env) {
    if (session->last.epoch)
        return sc_fail_prefix(env, SOCLE_STATUS_DIVERGED,
                              "diverged (the checkpoint after epoch %lld stays in %s)",
                              (long long)session->last.epoch, session->path);
    return sc_fail_prefix(env, SOCLE_STATUS_DIVERGED, "diverged");
}

static socle_status finish(sc_train_session *session) {
    SC_TRY(sc_run_directory_need_model(session->directory));
    if (!session->recipe->test) return SOCLE_OK;
    SC_TRY(sc_trainer_restore_best(session->trainer));
    SC_TRY(sc_trainer_test(session->trainer, &session->test));
    session->tested = true;
    return SOCLE_OK;
}

static socle_status run(sc_train_session *session, const sc_fleet_device *device, int count) {
    sc_env *env = &session->cli->env;
    SC_TRY(prepare(session, device, count));
    sc_signals_begin(); /* who has read that the run began may stop it */
    sc_train_report_start(session);
    session->began = sc_now_ns();
    socle_status status = sc_trainer_run(session->trainer);
    if (status == SOCLE_STATUS_INTERRUPTED) status = stopped(session, env);
    sc_signals_end();
    if (status == SOCLE_STATUS_DIVERGED) status = diverged(session, env);
    if (status == SOCLE_OK) status = finish(session);
    if (status == SOCLE_OK) sc_train_report_done(session);
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
    sc_trainer_destroy(session->trainer);
    return status;
}
