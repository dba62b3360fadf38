/* SPDX-License-Identifier: Apache-2.0 */
/* See checkpoint_series.h. An older checkpoint is a second name of the file that was the newest,
 * given to it before the rename that puts the new one in its place: so the newest never lacks its
 * name, and no byte is written twice. */
#include "run/checkpoint_series.h"

#include "base/text.h"
#include "base/thread_pool.h"
#include "run/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OLDER_PREFIX "checkpoint-"
#define SUFFIX ".safetensors"
enum { OLDER_NAME = 64 };

struct sc_checkpoint_series {
    sc_env *env;
    sc_trainer *trainer;
    sc_directory *directory;
    const sc_identity *identity;
    sc_checkpoint_schedule schedule;
    int64_t step;  /* of the newest; -1: it is none of this run's */
    bool saved;    /* by this series */
    uint64_t last; /* ns: when the last was tried */
};

void sc_checkpoint_series_destroy(sc_checkpoint_series *series) {
    if (!series) return;
    sc_release(series->env, series);
}

bool sc_checkpoint_series_due(const sc_checkpoint_series *series, int64_t step) {
    const sc_checkpoint_schedule *schedule = &series->schedule;
    if (schedule->steps > 0 && step % schedule->steps == 0) return true;
    return schedule->minutes > 0 &&
           (double)(sc_now_ns() - series->last) >= schedule->minutes * 60e9;
}

bool sc_checkpoint_series_rests(const sc_checkpoint_series *series) {
    return (double)(sc_now_ns() - series->last) < series->schedule.epoch_seconds * 1e9;
}

int64_t sc_checkpoint_series_step(const sc_checkpoint_series *series) {
    return series->step;
}

/* --- Older ones --- */

static socle_status older_path(char **out, const sc_checkpoint_series *series, int64_t step) {
    char name[OLDER_NAME];
    snprintf(name, sizeof name, OLDER_PREFIX "%" PRId64 SUFFIX, step);
    return sc_run_file(out, series->env, sc_directory_path(series->directory), name);
}

/* checkpoint-STEP.safetensors, STEP as older_path writes it. */
bool sc_checkpoint_older(const char *name, int64_t *step) {
    char again[OLDER_NAME];
    if (strncmp(name, OLDER_PREFIX, strlen(OLDER_PREFIX)) != 0) return false;
    *step = strtoll(name + strlen(OLDER_PREFIX), NULL, 10);
    snprintf(again, sizeof again, OLDER_PREFIX "%" PRId64 SUFFIX, *step);
    return *step >= 0 && strcmp(name, again) == 0;
}

static void warn(const sc_checkpoint_series *series, const char *what, int64_t step) {
    sc_log_line(series->env, SOCLE_LOG_WARNING,
                "cannot %s %s/" OLDER_PREFIX "%" PRId64 SUFFIX ": %s", what,
                sc_directory_path(series->directory), step, strerror(errno));
}

static void drop(const sc_checkpoint_series *series, int64_t step) {
    char *path;
    if (older_path(&path, series, step) != SOCLE_OK) return;
    if (unlink(path) != 0 && errno != ENOENT) warn(series, "remove", step);
    sc_release(series->env, path);
}

/* Gives the newest its name as an older one; false where it has none. A file system may know no
 * second names: then there are no older ones, but a newest. */
static bool keep_newest(const sc_checkpoint_series *series, const char *newest) {
    char *path;
    if (series->schedule.keep < 2 || series->step < 0) return false;
    if (older_path(&path, series, series->step) != SOCLE_OK) return false;
    unlink(path);
    bool kept = link(newest, path) == 0;
    if (!kept) warn(series, "keep the checkpoint before the newest as", series->step);
    sc_release(series->env, path);
    return kept;
}

/* Looks for older checkpoints: how many there are, and the lowest step. */
static int find_older(const sc_checkpoint_series *series, int64_t above, int64_t *lowest) {
    int count = 0;
    int64_t step;
    DIR *folder = opendir(sc_directory_path(series->directory));
    if (!folder) return 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!sc_checkpoint_older(entry->d_name, &step) || step <= above) continue;
        if (!count++ || step < *lowest) *lowest = step;
    }
    closedir(folder);
    return count;
}

/* Leaves `keep` files in all. */
static void drop_oldest(const sc_checkpoint_series *series) {
    int64_t step = 0;
    int many = find_older(series, -1, &step);
    for (; many >= series->schedule.keep; many--) {
        drop(series, step);
        find_older(series, step, &step);
    }
}

/* Those from the newest's step on belong to a course that was left when
 * the run was continued from before them, or to another run. */
static void prune(const sc_checkpoint_series *series, int64_t newest) {
    int64_t step = 0;
    for (int64_t above = newest - 1; find_older(series, above, &step); above = step)
        drop(series, step);
    drop_oldest(series);
}

socle_status sc_checkpoint_series_create(sc_checkpoint_series **out, sc_trainer *trainer,
                                         sc_directory *directory, const sc_identity *identity,
                                         const sc_checkpoint_schedule *schedule, bool continues) {
    sc_env *env = sc_trainer_env(trainer);
    sc_checkpoint_series *series;
    *out = NULL;
    SC_TRY(sc_allocate(env, &series, 1, sizeof *series));
    *series = (sc_checkpoint_series){.env = env,
                                     .trainer = trainer,
                                     .directory = directory,
                                     .identity = identity,
                                     .schedule = *schedule,
                                     .step = continues ? sc_trainer_position(trainer).step : -1,
                                     .last = sc_now_ns()};
    if (continues) drop_oldest(series); /* a process that was killed may have left one too many */
    *out = series;
    return SOCLE_OK;
}

static socle_status save_as(sc_checkpoint_series *series, const char *newest, int64_t step) {
    bool first = series->step < 0, kept = series->step != step && keep_newest(series, newest);
    socle_status status = sc_checkpoint_save(series->trainer, newest, series->identity);
    series->last = sc_now_ns();
    if (status != SOCLE_OK) {
        if (kept) drop(series, series->step);
        return status;
    }
    series->step = step;
    series->saved = true;
    prune(series, first ? 0 : step);
    return SOCLE_OK;
}

socle_status sc_checkpoint_series_save(sc_checkpoint_series *series) {
    int64_t step = sc_trainer_position(series->trainer).step;
    char *newest;
    if (series->saved && series->step == step) return SOCLE_OK;
    series->last = sc_now_ns();
    SC_TRY(sc_directory_locate(series->directory));
    SC_TRY(
        sc_run_file(&newest, series->env, sc_directory_path(series->directory), SC_RUN_CHECKPOINT));
    socle_status status = save_as(series, newest, step);
    sc_release(series->env, newest);
    return status;
}
