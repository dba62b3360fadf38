/* SPDX-License-Identifier: Apache-2.0 */
/* See run_directory.h. */
#include "run/run_directory.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/text.h"
#include "io/json_text.h"
#include "io/metrics.h"
#include "model/model.h"
#include "model/pictures.h"
#include "nn/metric.h"
#include "run/checkpoint_series.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What can fail to be written on the way, each with a line of its own. */
typedef enum run_part { RUN_METRICS, RUN_MODEL, RUN_CHECKPOINT, RUN_PICTURES, RUN_PARTS } run_part;

struct sc_run_directory {
    sc_env *env;
    sc_trainer *trainer;
    sc_run_options options;
    sc_checkpoint_series *checkpoints;
    sc_metrics *metrics;
    char val_name[SC_NET_METRICS][SC_NAME_MOST + 8]; /* "val_accuracy" */
    bool has_model;                                  /* one of this run is on disk */
    bool owes_model;                                 /* the best weights are not on disk yet */
    sc_hash said[RUN_PARTS]; /* the failure last reported; zero: none since it worked */
};

/* "DIRECTORY/NAME", wherever the directory is now; release with sc_release. */
static socle_status file_of(char **out, const sc_run_directory *directory, const char *name) {
    return sc_run_file(out, directory->env, sc_directory_path(directory->options.place), name);
}

static socle_status write_json(sc_run_directory *directory, const char *name, const json_t *value) {
    char *path;
    sc_text text;
    SC_TRY(file_of(&path, directory, name));
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

/* In this order: env.json says that config.json is a run's (run_place.c). */
static socle_status write_descriptions(sc_run_directory *directory) {
    json_t *environment;
    SC_TRY(sc_run_environment(&environment, directory->trainer));
    socle_status status = write_json(directory, SC_RUN_ENVIRONMENT, environment);
    json_decref(environment);
    SC_TRY(status);
    json_t *config = json_loads(directory->options.identity->config, 0, NULL);
    if (!config)
        return sc_fail(directory->env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "out of memory for " SC_RUN_CONFIG);
    status = write_json(directory, SC_RUN_CONFIG, config);
    json_decref(config);
    return status;
}

/* The first model of a run is what the run before it in the directory was kept for. */
static socle_status save_model(sc_run_directory *directory, float *const *parameter) {
    const sc_net *net = sc_trainer_net(directory->trainer);
    char *path;
    SC_TRY(sc_directory_locate(directory->options.place));
    SC_TRY(file_of(&path, directory, SC_RUN_MODEL));
    socle_status status = sc_model_save(directory->env, path, net, (const float *const *)parameter);
    sc_release(directory->env, path);
    SC_TRY(status);
    if (!directory->has_model) sc_run_drop_previous(directory->options.place);
    directory->has_model = true;
    directory->owes_model = false;
    return SOCLE_OK;
}

/* The model is that of the checkpoint: the best so far, or none. While a run before this one is
 * kept, it is that one's. */
static socle_status match_model(sc_run_directory *directory) {
    float *const *best = sc_trainer_best(directory->trainer);
    char *path;
    if (best) return save_model(directory, best);
    if (sc_run_has_previous(directory->options.place)) return SOCLE_OK;
    SC_TRY(file_of(&path, directory, SC_RUN_MODEL));
    socle_status status = SOCLE_OK;
    if (unlink(path) != 0 && errno != ENOENT)
        status =
            sc_fail(directory->env, SOCLE_STATUS_IO,
                    "%s: cannot remove this file of an earlier run: %s", path, strerror(errno));
    sc_release(directory->env, path);
    return status;
}

/* A run that continues elsewhere takes its rows along. */
static socle_status take_metrics(sc_run_directory *directory) {
    char *from, *to = NULL, *rows = NULL;
    size_t size = 0;
    SC_TRY(sc_run_file(&from, directory->env, directory->options.resumed, SC_METRICS_FILE));
    socle_status status = file_of(&to, directory, SC_METRICS_FILE);
    if (status == SOCLE_OK)
        status = sc_file_read(directory->env, &rows, &size, from, SC_METRICS_BYTES);
    if (status == SOCLE_STATUS_NOT_FOUND) status = SOCLE_OK;
    if (status == SOCLE_OK) status = sc_file_write_whole(directory->env, to, rows, size);
    sc_release(directory->env, rows);
    sc_release(directory->env, to);
    sc_release(directory->env, from);
    return status;
}

/* Where the first checkpoint cannot be written, the run before is as it was. */
static socle_status begin_anew(sc_run_directory *directory) {
    sc_directory *place = directory->options.place;
    char previous[SC_PREVIOUS_NAME];
    SC_TRY(sc_run_keep_previous(previous, directory->env, place));
    socle_status status = sc_checkpoint_series_save(directory->checkpoints);
    if (status != SOCLE_OK)
        sc_run_unkeep_previous(place, previous);
    else if (previous[0])
        sc_log_line(directory->env, SOCLE_LOG_INFO,
                    "the run before stays in %s/%s until this one has its first model",
                    sc_directory_path(place), previous);
    return status;
}

static bool is_scaled(const sc_run_directory *directory) {
    return sc_trainer_options(directory->trainer)->precision == SOCLE_F16;
}

/* loss, metrics, val_loss, their validations, speed, scaling: as sc_run_directory_epoch fills a
 * row. */
static socle_status open_metrics(sc_run_directory *directory) {
    const sc_net *net = sc_trainer_net(directory->trainer);
    sc_metrics_columns columns = {0};
    columns.name[columns.count++] = "loss";
    for (int m = 0; m < net->metrics; m++)
        columns.name[columns.count++] = sc_metric_word(net->metric[m]);
    columns.name[columns.count++] = "val_loss";
    for (int m = 0; m < net->metrics; m++) {
        snprintf(directory->val_name[m], sizeof directory->val_name[m], "val_%s",
                 sc_metric_word(net->metric[m]));
        columns.name[columns.count++] = directory->val_name[m];
    }
    columns.name[columns.count++] = "learning_rate";
    columns.name[columns.count++] = "samples_per_second";
    if (sc_trainer_penalised(directory->trainer)) columns.name[columns.count++] = "penalty";
    if (is_scaled(directory)) {
        columns.name[columns.count++] = "loss_scale";
        columns.name[columns.count++] = "skipped_steps";
    }
    return sc_metrics_open(&directory->metrics, directory->env,
                           sc_directory_path(directory->options.place), &columns,
                           sc_trainer_position(directory->trainer).epoch);
}

static socle_status begin(sc_run_directory *directory) {
    const sc_run_options *options = &directory->options;
    const char *path = sc_directory_path(options->place);
    bool here = options->resumed && sc_directory_same(options->resumed, path);
    sc_run_is_own(options->place);
    SC_TRY(sc_checkpoint_series_create(&directory->checkpoints, directory->trainer, options->place,
                                       options->identity, &options->schedule, here));
    if (!here) SC_TRY(begin_anew(directory));
    sc_run_drop_pictures(options->place, sc_trainer_position(directory->trainer).epoch);
    SC_TRY(match_model(directory));
    SC_TRY(write_descriptions(directory));
    if (options->resumed && !here) SC_TRY(take_metrics(directory));
    return open_metrics(directory);
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
    if (!sc_run_directory_remains(directory))
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "%s; training goes on, but nothing of the run is on disk any more", env->text);
    else if (part == RUN_CHECKPOINT)
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "%s; training goes on, the checkpoint of step %lld stays", env->text,
                    (long long)sc_run_directory_step(directory));
    else
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "%s; training goes on and tries again after the next epoch", env->text);
    return SOCLE_OK;
}

static socle_status write_owed(sc_run_directory *directory) {
    if (!directory->owes_model) return SOCLE_OK;
    return tolerate(directory, RUN_MODEL,
                    save_model(directory, sc_trainer_best(directory->trainer)));
}

/* What the network makes now. A device that fails here is the run's concern. */
static socle_status write_pictures(sc_run_directory *directory, int64_t epoch) {
    const sc_net *net = sc_trainer_net(directory->trainer);
    const int64_t count = sc_trainer_options(directory->trainer)->pictures;
    const size_t each = (size_t)sc_tensor_elements_at(sc_net_desc(net, net->output), 1);
    char name[SC_RUN_PICTURES_NAME], *path = NULL;
    float *value;
    if (!count) return SOCLE_OK;
    sc_run_pictures_name(name, epoch);
    SC_TRY(sc_allocate(directory->env, &value, (size_t)count * each, sizeof *value));
    socle_status status = sc_trainer_generate(directory->trainer, count, value);
    if (status == SOCLE_OK) status = file_of(&path, directory, name);
    if (status == SOCLE_OK) status = sc_pictures_write(directory->env, path, net, value, count);
    sc_release(directory->env, path);
    sc_release(directory->env, value);
    return status;
}

socle_status sc_run_directory_epoch(sc_run_directory *directory, const sc_epoch_report *report) {
    const int metrics = sc_trainer_net(directory->trainer)->metrics;
    sc_metrics_row row = {.epoch = report->epoch};
    double *value = row.value;
    *value++ = report->loss;
    for (int m = 0; m < metrics; m++) *value++ = report->metric[m];
    *value++ = report->val_loss;
    for (int m = 0; m < metrics; m++) *value++ = report->val_metric[m];
    *value++ = sc_number_of_float(report->learning_rate);
    *value++ = report->samples_per_second;
    if (sc_trainer_penalised(directory->trainer)) *value++ = report->penalty;
    if (is_scaled(directory)) {
        *value++ = report->scaling.scale;
        *value++ = report->scaling.skipped;
    }
    SC_TRY(tolerate(directory, RUN_METRICS, sc_metrics_append(directory->metrics, &row)));
    SC_TRY(tolerate(directory, RUN_PICTURES, write_pictures(directory, report->epoch)));
    if (report->best) directory->owes_model = true;
    if (sc_checkpoint_series_rests(directory->checkpoints)) return SOCLE_OK;
    return report->whole ? sc_run_directory_checkpoint(directory) : write_owed(directory);
}

socle_status sc_run_directory_checkpoint(sc_run_directory *directory) {
    SC_TRY(write_owed(directory));
    return tolerate(directory, RUN_CHECKPOINT, sc_checkpoint_series_save(directory->checkpoints));
}

bool sc_run_directory_due(const sc_run_directory *directory, int64_t step) {
    return sc_checkpoint_series_due(directory->checkpoints, step);
}

int64_t sc_run_directory_step(const sc_run_directory *directory) {
    return sc_checkpoint_series_step(directory->checkpoints);
}

bool sc_run_directory_remains(const sc_run_directory *directory) {
    return sc_directory_exists(directory->options.place);
}

void sc_run_directory_salvage(sc_run_directory *directory) {
    sc_env *env = directory->env, failure = *env;
    if (sc_metrics_flush(directory->metrics) != SOCLE_OK)
        sc_log_line(env, SOCLE_LOG_WARNING, "%s", env->text);
    if (directory->owes_model &&
        save_model(directory, sc_trainer_best(directory->trainer)) != SOCLE_OK)
        sc_log_line(env, SOCLE_LOG_WARNING, "%s", env->text);
    *env = failure;
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
    sc_release(directory->env, directory);
}
