/* SPDX-License-Identifier: Apache-2.0 */
/* See run_directory.h. */
#include "train/run_directory.h"
#include "base/file.h"
#include "base/text.h"
#include "io/json_text.h"
#include "io/metrics.h"
#include "model/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_ATTEMPTS = 100, LONGEST_NAME = 100 };

struct sc_run_directory {
    sc_env *env;
    sc_trainer *trainer;
    const char *path;
    const sc_identity *identity;
    char *model, *checkpoint;
    sc_metrics *metrics;
    bool has_model;
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
    SC_TRY(sc_run_file(&path, directory->env, directory->path, name));
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
    json_t *config = json_loads(directory->identity->config, 0, NULL), *environment;
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

/* A directory never holds a mixture of two runs. */
static socle_status remove_earlier(sc_run_directory *directory) {
    const char *const paths[] = {directory->model, directory->checkpoint};
    for (size_t i = 0; i < 2; i++)
        if (unlink(paths[i]) != 0 && errno != ENOENT)
            return sc_fail(directory->env, SOCLE_STATUS_IO,
                           "%s: cannot remove this file of an earlier run: %s", paths[i],
                           strerror(errno));
    return SOCLE_OK;
}

static socle_status save_model(sc_run_directory *directory, float *const *parameter) {
    const sc_net *net = sc_trainer_net(directory->trainer);
    SC_TRY(sc_model_save(directory->env, directory->model, net, (const float *const *)parameter));
    directory->has_model = true;
    return SOCLE_OK;
}

static socle_status begin(sc_run_directory *directory) {
    sc_position position = sc_trainer_position(directory->trainer);
    SC_TRY(sc_run_file(&directory->model, directory->env, directory->path, SC_RUN_MODEL));
    SC_TRY(sc_run_file(&directory->checkpoint, directory->env, directory->path, SC_RUN_CHECKPOINT));
    if (position.step == 0) SC_TRY(remove_earlier(directory));
    SC_TRY(write_descriptions(directory));
    if (sc_trainer_best(directory->trainer))
        SC_TRY(save_model(directory, sc_trainer_best(directory->trainer)));
    return sc_metrics_open(&directory->metrics, directory->env, directory->path, position.epoch);
}

socle_status sc_run_directory_open(sc_run_directory **out, sc_trainer *trainer, const char *path,
                                   const sc_identity *identity) {
    sc_env *env = sc_trainer_env(trainer);
    sc_run_directory *directory;
    *out = NULL;
    SC_TRY(sc_allocate(env, &directory, 1, sizeof *directory));
    *directory =
        (sc_run_directory){.env = env, .trainer = trainer, .path = path, .identity = identity};
    socle_status status = begin(directory);
    if (status != SOCLE_OK) {
        sc_run_directory_close(directory);
        return status;
    }
    *out = directory;
    return SOCLE_OK;
}

socle_status sc_run_directory_epoch(sc_run_directory *directory, const sc_epoch_report *report) {
    const sc_metrics_row row = {.epoch = report->epoch,
                                .loss = report->loss,
                                .accuracy = report->accuracy,
                                .val_loss = report->val_loss,
                                .val_accuracy = report->val_accuracy,
                                .samples_per_second = report->samples_per_second};
    SC_TRY(sc_metrics_append(directory->metrics, &row));
    if (report->best) SC_TRY(save_model(directory, sc_trainer_best(directory->trainer)));
    return sc_run_directory_checkpoint(directory);
}

socle_status sc_run_directory_checkpoint(sc_run_directory *directory) {
    return sc_checkpoint_save(directory->trainer, directory->checkpoint, directory->identity);
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
    sc_release(directory->env, directory->model);
    sc_release(directory->env, directory->checkpoint);
    sc_release(directory->env, directory);
}
