/* SPDX-License-Identifier: Apache-2.0 */
/* See run_directory.h. */
#include "train/run_directory.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "io/json_text.h"
#include "io/metrics.h"
#include "model/model.h"
#include "train/checkpoint_series.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_ATTEMPTS = 100, LONGEST_NAME = 100 };

/* What can fail to be written on the way, each with a line of its own. */
typedef enum run_part { RUN_METRICS, RUN_MODEL, RUN_CHECKPOINT, RUN_PARTS } run_part;

struct sc_run_directory {
    sc_env *env;
    sc_trainer *trainer;
    sc_run_options options;
    char *model;
    sc_checkpoint_series *checkpoints;
    sc_metrics *metrics;
    bool has_model;
    bool owes_model;         /* the best weights are not on disk yet */
    sc_hash said[RUN_PARTS]; /* the failure last reported; zero: none since it worked */
};

socle_status sc_run_file(char **out, sc_env *env, const char *directory, const char *name) {
    sc_text text;
    *out = NULL;
    sc_text_init(&text, env);
    sc_text_add(&text, "%s%s%s", directory,
                *directory && directory[strlen(directory) - 1] == '/' ? "" : "/", name);
    socle_status status =
        text.status == SOCLE_OK ? sc_copy_string(env, out, text.data) : text.status;
    sc_text_free(&text);
    return status;
}

/* The file's name without folder and ending; "run" for standard input. */
static void name_of(char out[LONGEST_NAME + 1], const char *label) {
    const char *slash = strrchr(label, '/'), *name = slash ? slash + 1 : label;
    const char *dot = strrchr(name, '.');
    int length = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
    if (length > LONGEST_NAME) length = LONGEST_NAME;
    snprintf(out, LONGEST_NAME + 1, "%.*s", length, name);
    if (!*out || *out == '<' || *out == '-') strcpy(out, "run");
}

static socle_status make_new(char **out, sc_env *env, const char *label) {
    char name[LONGEST_NAME + 1], stamp[32], path[256];
    struct tm parts;
    time_t now = time(NULL);
    name_of(name, label);
    localtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
    SC_TRY(sc_make_directories(env, "runs"));
    for (int attempt = 1; attempt <= NAME_ATTEMPTS; attempt++) {
        if (attempt == 1)
            snprintf(path, sizeof path, "runs/%s-%s", name, stamp);
        else
            snprintf(path, sizeof path, "runs/%s-%s-%d", name, stamp, attempt);
        if (mkdir(path, 0777) == 0) return sc_copy_string(env, out, path);
        if (errno != EEXIST) break;
    }
    return sc_fail(env, SOCLE_STATUS_IO, "%s: cannot make this directory: %s", path,
                   strerror(errno));
}

socle_status sc_run_directory_make(char **out, sc_env *env, const char *wish, const char *label) {
    *out = NULL;
    if (!wish) return make_new(out, env, label);
    SC_TRY(sc_make_directories(env, wish));
    if (access(wish, W_OK | X_OK) != 0)
        return sc_fail(env, SOCLE_STATUS_IO, "%s: cannot write there: %s", wish, strerror(errno));
    return sc_copy_string(env, out, wish);
}

static socle_status write_json(sc_run_directory *directory, const char *name, const json_t *value) {
    char *path;
    sc_text text;
    SC_TRY(sc_run_file(&path, directory->env, directory->options.path, name));
    sc_text_init(&text, directory->env);
    sc_json_text(&text, value, 2);
    sc_text_add(&text, "\n");
    socle_status status = text.status;
    if (status == SOCLE_OK)
        status = sc_file_write_whole(directory->env, path, text.data, text.length);
    sc_text_free(&text);
    sc_release(directory->env, path);
    return status;
}

static socle_status write_descriptions(sc_run_directory *directory) {
    json_t *config = json_loads(directory->options.identity->config, 0, NULL), *environment;
    if (!config)
        return sc_fail(directory->env, SOCLE_STATUS_OUT_OF_MEMORY, "out of memory for config.json");
    socle_status status = write_json(directory, "config.json", config);
    json_decref(config);
    SC_TRY(status);
    SC_TRY(sc_run_environment(&environment, directory->trainer));
    status = write_json(directory, "env.json", environment);
    json_decref(environment);
    return status;
}

static socle_status save_model(sc_run_directory *directory, float *const *parameter) {
    const sc_net *net = sc_trainer_net(directory->trainer);
    SC_TRY(sc_model_save(directory->env, directory->model, net, (const float *const *)parameter));
    directory->has_model = true;
    directory->owes_model = false;
    return SOCLE_OK;
}

static bool same_directory(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* The model is that of the checkpoint: the best so far, or none. */
static socle_status match_model(sc_run_directory *directory) {
    float *const *best = sc_trainer_best(directory->trainer);
    if (best) return save_model(directory, best);
    if (unlink(directory->model) == 0 || errno == ENOENT) return SOCLE_OK;
    return sc_fail(directory->env, SOCLE_STATUS_IO,
                   "%s: cannot remove this file of an earlier run: %s", directory->model,
                   strerror(errno));
}

/* A run that continues elsewhere takes its rows along. */
static socle_status take_metrics(sc_run_directory *directory) {
    char *from, *to = NULL, *rows = NULL;
    size_t size = 0;
    SC_TRY(sc_run_file(&from, directory->env, directory->options.resumed, SC_METRICS_FILE));
    socle_status status =
        sc_run_file(&to, directory->env, directory->options.path, SC_METRICS_FILE);
    if (status == SOCLE_OK)
        status = sc_file_read(directory->env, &rows, &size, from, SC_METRICS_BYTES);
    if (status == SOCLE_STATUS_NOT_FOUND) status = SOCLE_OK;
    if (status == SOCLE_OK) status = sc_file_write_whole(directory->env, to, rows, size);
    sc_release(directory->env, rows);
    sc_release(directory->env, to);
    sc_release(directory->env, from);
    return status;
}

static socle_status begin(sc_run_directory *directory) {
    const sc_run_options *options = &directory->options;
    bool here = options->resumed && same_directory(options->resumed, options->path);
    sc_file_remove_leftovers(options->path);
    SC_TRY(sc_run_file(&directory->model, directory->env, options->path, SC_RUN_MODEL));
    SC_TRY(sc_checkpoint_series_create(&directory->checkpoints, directory->trainer, options->path,
                                       options->identity, &options->schedule, here));
    if (!here) SC_TRY(sc_checkpoint_series_save(directory->checkpoints));
    SC_TRY(match_model(directory));
    SC_TRY(write_descriptions(directory));
    if (options->resumed && !here) SC_TRY(take_metrics(directory));
    return sc_metrics_open(&directory->metrics, directory->env, options->path,
                           sc_trainer_position(directory->trainer).epoch);
}

socle_status sc_run_directory_open(sc_run_directory **out, sc_trainer *trainer,
                                   const sc_run_options *options) {
    sc_env *env = sc_trainer_env(trainer);
    sc_run_directory *directory;
    *out = NULL;
    SC_TRY(sc_allocate(env, &directory, 1, sizeof *directory));
    *directory = (sc_run_directory){.env = env, .trainer = trainer, .options = *options};
    socle_status status = begin(directory);
    if (status != SOCLE_OK) {
        sc_run_directory_close(directory);
        return status;
    }
    *out = directory;
    return SOCLE_OK;
}

/* What the disk refuses now it may take later. Each reason is said once until the part has been
 * written again. */
static socle_status tolerate(sc_run_directory *directory, run_part part, socle_status status) {
    sc_hash *said = &directory->said[part], none = {0};
    const sc_env *env = directory->env;
    if (status == SOCLE_OK) {
        *said = none;
        return SOCLE_OK;
    }
    if (!sc_fleet_engine(sc_trainer_fleet(directory->trainer))) return status; /* no disk's fault */
    sc_hash now = sc_hash_bytes(env->text, strlen(env->text), 1);
    if (now.low == said->low && now.high == said->high) return SOCLE_OK;
    *said = now;
    if (part == RUN_CHECKPOINT)
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "%s; training goes on, the checkpoint of step %lld stays", env->text,
                    (long long)sc_run_directory_step(directory));
    else
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "%s; training goes on and tries again after the next epoch", env->text);
    return SOCLE_OK;
}

socle_status sc_run_directory_epoch(sc_run_directory *directory, const sc_epoch_report *report) {
    const sc_metrics_row row = {.epoch = report->epoch,
                                .loss = report->loss,
                                .accuracy = report->accuracy,
                                .val_loss = report->val_loss,
                                .val_accuracy = report->val_accuracy,
                                .samples_per_second = report->samples_per_second};
    SC_TRY(tolerate(directory, RUN_METRICS, sc_metrics_append(directory->metrics, &row)));
    if (report->best) directory->owes_model = true;
    if (directory->owes_model)
        SC_TRY(tolerate(directory, RUN_MODEL,
                        save_model(directory, sc_trainer_best(directory->trainer))));
    return report->whole ? sc_run_directory_checkpoint(directory) : SOCLE_OK;
}

socle_status sc_run_directory_checkpoint(sc_run_directory *directory) {
    return tolerate(directory, RUN_CHECKPOINT, sc_checkpoint_series_save(directory->checkpoints));
}

bool sc_run_directory_due(const sc_run_directory *directory, int64_t step) {
    return sc_checkpoint_series_due(directory->checkpoints, step);
}

int64_t sc_run_directory_step(const sc_run_directory *directory) {
    return sc_checkpoint_series_step(directory->checkpoints);
}

socle_status sc_run_directory_settle(sc_run_directory *directory, bool stopped) {
    bool moved = sc_run_directory_step(directory) != sc_trainer_position(directory->trainer).step;
    if (moved || stopped) SC_TRY(sc_checkpoint_series_save(directory->checkpoints));
    SC_TRY(sc_metrics_flush(directory->metrics));
    return directory->owes_model ? save_model(directory, sc_trainer_best(directory->trainer))
                                 : SOCLE_OK;
}

/* Weights as they are on the device, for a run of no epoch. */
static socle_status save_current(sc_run_directory *directory) {
    const sc_net *net = sc_trainer_net(directory->trainer);
    float **parameter;
    SC_TRY(sc_allocate(directory->env, &parameter, net->parameters, sizeof *parameter));
    socle_status status = SOCLE_OK;
    for (size_t p = 0; p < net->parameters && status == SOCLE_OK; p++) {
        status =
            sc_allocate(directory->env, &parameter[p], sc_tensor_bytes(&net->parameter[p].desc), 1);
        if (status == SOCLE_OK)
            status = sc_fleet_read(sc_trainer_fleet(directory->trainer), (int)p, -1, parameter[p]);
    }
    if (status == SOCLE_OK) status = save_model(directory, parameter);
    for (size_t p = 0; p < net->parameters; p++) sc_release(directory->env, parameter[p]);
    sc_release(directory->env, parameter);
    return status;
}

socle_status sc_run_directory_need_model(sc_run_directory *directory) {
    if (directory->has_model) return SOCLE_OK;
    float *const *best = sc_trainer_best(directory->trainer);
    return best ? save_model(directory, best) : save_current(directory);
}

void sc_run_directory_close(sc_run_directory *directory) {
    if (!directory) return;
    sc_metrics_close(directory->metrics);
    sc_checkpoint_series_destroy(directory->checkpoints);
    sc_release(directory->env, directory->model);
    sc_release(directory->env, directory);
}
