/* SPDX-License-Identifier: Apache-2.0 */
/* See search.h: candidates as runs. */
#include "base/thread_pool.h"
#include "cli/search.h"
#include "io/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* What a run is told: to begin in its directory, or to go on there. */
static socle_status settle(sc_train_settings *out, const sc_search *search, char *directory) {
    char *checkpoint;
    *out = (sc_train_settings){.cli = search->cli, .memory = search->memory};
    SC_TRY(sc_run_file(&checkpoint, &search->cli->env, directory, SC_RUN_CHECKPOINT));
    if (access(checkpoint, F_OK) == 0)
        out->resume = directory;
    else
        out->output = directory;
    sc_release(&search->cli->env, checkpoint);
    return SOCLE_OK;
}

static socle_status train(const sc_search *search, sc_train_session *session,
                          const sc_fleet_device *device, int count, const sc_config *config) {
    sc_env *env = &search->cli->env;
    sc_recipe recipe;
    sc_identity identity = {0};
    SC_TRY(sc_recipe_open(&recipe, env, config));
    session->recipe = &recipe;
    session->identity = &identity;
    socle_status status = sc_identity_create(&identity, &recipe);
    if (status == SOCLE_OK) status = sc_train_claim(session);
    if (status == SOCLE_OK) status = sc_train_on(session, device, count);
    sc_directory_release(session->place);
    sc_release(env, session->curve);
    sc_identity_free(&identity, env);
    if (!search->cli->hangs) sc_recipe_free(&recipe);
    return status;
}

socle_status sc_search_run(sc_search *search, sc_search_candidate *candidate, int64_t epochs,
                           const sc_fleet_device *device, int count) {
    sc_env *env = &search->cli->env;
    sc_train_settings *settings;
    sc_train_session session = {
        .cli = search->cli, .label = SC_SEARCH_FILE, .opened = sc_now_ns(), .silent = true};
    sc_config *config = NULL;
    char *directory;
    session.pause = epochs < search->epochs ? epochs : 0;
    SC_TRY(sc_run_file(&directory, env, search->directory, candidate->name));
    socle_status status = sc_allocate(env, &settings, 1, sizeof *settings);
    if (status == SOCLE_OK) status = settle(settings, search, directory);
    if (status == SOCLE_OK) status = sc_search_config(&config, search, candidate->number);
    session.settings = settings;
    if (status == SOCLE_OK) status = train(search, &session, device, count, config);
    sc_config_destroy(config);
    sc_release(env, settings);
    sc_release(env, directory);
    candidate->diverged |= status == SOCLE_STATUS_DIVERGED;
    if (status == SOCLE_STATUS_DIVERGED)
        sc_cli_say(search->cli, "%s: %s", candidate->name, env->text);
    const int signal = sc_signal_seen();
    if (status == SOCLE_OK && signal) { /* which came between two steps of the search */
        search->cli->exit_code = 128 + signal;
        status = SOCLE_STATUS_INTERRUPTED;
    }
    if (status == SOCLE_STATUS_INTERRUPTED)
        return sc_fail(env, status, "stopped; continue with: socle search --resume %s",
                       search->directory);
    return status == SOCLE_STATUS_DIVERGED ? SOCLE_OK : status;
}

/* Whether an epoch is better than the best so far. */
static bool is_better(const sc_search *search, double judged, double loss,
                      const sc_search_candidate *than) {
    if (isnan(judged) || isnan(than->judged)) return !isnan(judged) && isnan(than->judged);
    if (judged != than->judged) return (judged > than->judged) == search->higher;
    return loss < than->loss;
}

socle_status sc_search_judge(const sc_search *search, sc_search_candidate *candidate,
                             int64_t epochs) {
    sc_env *env = &search->cli->env;
    sc_metrics_table table = {0};
    char *directory;
    candidate->epochs = 0;
    candidate->judged = candidate->loss = NAN;
    SC_TRY(sc_run_file(&directory, env, search->directory, candidate->name));
    socle_status status = sc_metrics_table_read(&table, env, directory);
    sc_release(env, directory);
    if (status == SOCLE_STATUS_NOT_FOUND) return SOCLE_OK; /* it has not begun */
    SC_TRY(status);
    const double *judged = sc_metrics_find(&table, search->judge),
                 *loss = sc_metrics_find(&table, "val_loss");
    for (size_t i = 0; judged && loss && i < table.rows; i++) {
        if (table.epoch[i] > (double)epochs) continue;
        if (table.epoch[i] > (double)candidate->epochs) candidate->epochs = (int64_t)table.epoch[i];
        if (!is_better(search, judged[i], loss[i], candidate)) continue;
        candidate->judged = judged[i];
        candidate->loss = loss[i];
    }
    sc_metrics_table_free(&table);
    return SOCLE_OK;
}

/* Before the other. */
static bool comes_first(const sc_search *search, const sc_search_candidate *a,
                        const sc_search_candidate *b) {
    if (a->rounds != b->rounds) return a->rounds > b->rounds;
    if (a->diverged != b->diverged) return b->diverged;
    if (is_better(search, a->judged, a->loss, b)) return true;
    if (is_better(search, b->judged, b->loss, a)) return false;
    return a->number < b->number;
}

void sc_search_sort(sc_search *search) {
    for (int64_t i = 1; i < search->runs; i++) {
        const sc_search_candidate moved = search->candidate[i];
        int64_t to = i;
        for (; to > 0 && comes_first(search, &moved, &search->candidate[to - 1]); to--)
            search->candidate[to] = search->candidate[to - 1];
        search->candidate[to] = moved;
    }
}
