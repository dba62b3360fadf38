/* SPDX-License-Identifier: Apache-2.0 */
/* See view_model.h. */
#include "view/view_model.h"

#include "io/quote.h"
#include "model/model.h"
#include "model/net_config.h"
#include "run/recipe_config.h"
#include "run/run_place.h"
#include "train/columns.h"
#include "train/targets.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS = 128 /* samples at a time */ };

/* A file that cannot be read is as good as a bad one. */
static socle_status as_data(socle_status status) {
    return status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO ? SOCLE_STATUS_DATA
                                                                         : status;
}

static bool is_directory(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static socle_status find_model(char **out, sc_env *env, const char *run) {
    struct stat info;
    if (stat(run, &info) != 0)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: there is no such run or model: %s", run,
                       strerror(errno));
    if (!S_ISDIR(info.st_mode)) return sc_copy_string(env, out, run);
    SC_TRY(sc_run_file(out, env, run, SC_RUN_MODEL));
    if (stat(*out, &info) == 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: has no %s: it is not the directory of a run, or its first epoch has not "
                   "ended",
                   run, SC_RUN_MODEL);
}

static socle_status take(void *user, int number, const float *data) {
    sc_view_model *model = user;
    const sc_parameter *parameter = &model->net->parameter[number];
    const size_t count = (size_t)sc_tensor_elements(&parameter->desc);
    SC_TRY(sc_allocate(model->env, &model->parameter[number], count, sizeof(float)));
    memcpy(model->parameter[number], data, count * sizeof(float));
    return SOCLE_OK;
}

static socle_status read_model(sc_view_model *model) {
    SC_TRY(as_data(sc_model_load_net(&model->net, model->env, model->path)));
    if (model->net->preparation)
        SC_TRY(sc_preparation_read(&model->preparation, model->env, model->path,
                                   model->net->preparation));
    SC_TRY(sc_allocate(model->env, &model->parameter, model->net->parameters,
                       sizeof *model->parameter));
    return as_data(
        sc_model_load_parameters(model->env, model->path, model->net, NULL, take, model));
}

socle_status sc_view_model_open(sc_view_model *out, const sc_view_request *request, int run) {
    *out = (sc_view_model){
        .request = request, .env = request->env, .run = request->run[run], .part = "test"};
    socle_status status = find_model(&out->path, out->env, out->run);
    if (status == SOCLE_OK) status = read_model(out);
    if (status != SOCLE_OK) sc_view_model_close(out);
    return status;
}

void sc_view_model_close(sc_view_model *model) {
    if (!model->env) return;
    for (size_t p = 0; model->parameter && p < model->net->parameters; p++)
        sc_release(model->env, model->parameter[p]);
    sc_release(model->env, model->parameter);
    sc_release(model->env, model->path);
    sc_preparation_free(&model->preparation);
    sc_dataset_destroy(model->dataset);
    sc_config_destroy(model->config);
    sc_net_destroy(model->net);
    *model = (sc_view_model){0};
}

static socle_status load_config(sc_view_model *model) {
    sc_env *env = model->env;
    char *path = NULL;
    if (!model->request->data && !is_directory(model->run))
        return sc_fail(env, SOCLE_STATUS_CONFIG, "which data? --data CONFIG: %s is a model file",
                       model->run);
    if (!model->request->data) SC_TRY(sc_run_file(&path, env, model->run, SC_RUN_CONFIG));
    socle_status status =
        sc_recipe_load_config(&model->config, env, path ? path : model->request->data);
    sc_release(env, path);
    return status;
}

/* Test data, where the configuration has some and nothing else was asked for. */
static socle_status load_data(sc_view_model *model) {
    const char *split = model->request->split;
    model->part = split ? split : "test";
    SC_TRY(sc_recipe_data_whole(&model->dataset, model->env, model->config, model->part,
                                model->net->preparation));
    if (model->dataset) return SOCLE_OK;
    if (!split) {
        model->part = "train";
        SC_TRY(sc_recipe_data_whole(&model->dataset, model->env, model->config, model->part,
                                    model->net->preparation));
    }
    if (model->dataset) return SOCLE_OK;
    return sc_fail(model->env, SOCLE_STATUS_CONFIG, "%s: has no data.%s",
                   sc_config_label(model->config), model->part);
}

socle_status sc_view_model_data(sc_view_model *model, bool targets) {
    SC_TRY(load_config(model));
    SC_TRY(load_data(model));
    if (targets && !model->net->losses)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG, "%s: this model has no loss to judge it by",
                       model->path);
    SC_TRY(sc_recipe_suits_inputs(model->config, model->part, model->net));
    return sc_recipe_suits(model->env, model->net, model->dataset, targets);
}

const char *sc_view_model_what(const sc_view_model *model) {
    return strcmp(model->part, "test") == 0 ? "the test data" : "the training data";
}

/* One pass over a data set on a device. */
typedef struct outputs_job {
    const sc_view_model *model;
    const sc_dataset *dataset;
    float *out;
} outputs_job;

static socle_status run_outputs(sc_device *device, void *argument) {
    const outputs_job *job = argument;
    const sc_view_model *model = job->model;
    const int64_t count = sc_dataset_count(job->dataset);
    const sc_engine_options options = {.capacity = count < ROWS ? count : ROWS};
    const sc_stage_source source = {.dataset = job->dataset};
    sc_engine *engine;
    SC_TRY(sc_engine_create(&engine, device, model->net, &options));
    socle_status status = SOCLE_OK;
    for (size_t p = 0; status == SOCLE_OK && p < model->net->parameters; p++)
        status = sc_engine_write(engine, (int)p, model->parameter[p]);
    if (status == SOCLE_OK) status = sc_predict(engine, &source, job->out);
    sc_engine_destroy(engine);
    return status;
}

socle_status sc_view_model_outputs(const sc_view_model *model, int node, const sc_dataset *dataset,
                                   float **out, int64_t *size) {
    outputs_job job = {.model = model, .dataset = dataset};
    const int result = model->net->output;
    *size = sc_tensor_elements_at(sc_net_desc(model->net, node), 1);
    SC_TRY(sc_allocate(model->env, &job.out, (size_t)sc_dataset_count(dataset) * (size_t)*size,
                       sizeof(float)));
    model->net->output = node;
    socle_status status = model->request->on_device(model->request->user, run_outputs, &job);
    model->net->output = result;
    *out = job.out;
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_release(model->env, job.out);
    *out = NULL;
    return status;
}

socle_status sc_view_model_part(const sc_view_model *model, int64_t first, int64_t count,
                                sc_dataset **out) {
    const sc_dataset *whole = model->dataset;
    const int64_t all = sc_dataset_count(whole);
    *out = NULL;
    if (first >= all)
        return sc_fail(model->env, SOCLE_STATUS_CONFIG, "--sample %lld: %s has samples 0 to %lld",
                       (long long)first, sc_dataset_label(whole), (long long)all - 1);
    if (count > all - first) count = all - first;
    SC_TRY(sc_dataset_create(out, model->env, sc_dataset_label(whole), count));
    for (int c = 0; c < sc_dataset_columns(whole); c++) {
        const sc_column *column = sc_dataset_column(whole, c);
        const char *row = (const char *)column->data + (size_t)first * column->row_bytes;
        socle_status status = sc_dataset_add_borrowed(*out, column->name, column->dtype,
                                                      &column->shape, row, NULL, NULL);
        if (status == SOCLE_OK) continue;
        sc_dataset_destroy(*out);
        *out = NULL;
        return status;
    }
    return SOCLE_OK;
}

sc_view_class sc_view_class_name(const sc_view_model *model, int64_t number) {
    const char *class = sc_preparation_class(&model->preparation, number);
    sc_view_class name;
    if (class)
        snprintf(name.text, sizeof name.text, "%s", sc_quote(class).text);
    else
        snprintf(name.text, sizeof name.text, "%lld", (long long)number);
    return name;
}

sc_view_input sc_view_input_of(const sc_view_model *model, int number) {
    const sc_preparation *preparation = &model->preparation;
    sc_view_input input = {.scale = 1};
    snprintf(input.name, sizeof input.name, "input %d", number + 1);
    size_t at = 0;
    for (size_t f = 0; f < preparation->fields; f++) {
        const sc_field *field = &preparation->field[f];
        if (field->target) continue;
        const size_t width = sc_field_width(field);
        if (at == (size_t)number && width == 1) {
            snprintf(input.name, sizeof input.name, "%s", sc_quote(field->name).text);
            input.centre = field->centre;
            input.scale = field->scale;
        }
        at += width;
    }
    return input;
}

sc_view_input sc_view_target_of(const sc_view_model *model) {
    sc_view_input target = {.name = "output", .scale = 1};
    if (!sc_preparation_targets(&model->preparation)) return target;
    const sc_field *field = sc_preparation_target(&model->preparation, 0);
    snprintf(target.name, sizeof target.name, "%s", sc_quote(field->name).text);
    target.centre = field->centre;
    target.scale = field->scale;
    return target;
}

bool sc_view_is_picture(const sc_tensor_desc *desc) {
    return desc->rank == 4 && (desc->dim[1] == 1 || desc->dim[1] == 3);
}

int sc_view_picture_input(const sc_net *net) {
    for (int i = 0; i < net->inputs; i++)
        if (sc_view_is_picture(&net->input[i].desc)) return i;
    return -1;
}

const sc_column *sc_view_pictures(const sc_view_model *model) {
    const int input = sc_view_picture_input(model->net);
    if (input < 0) return NULL;
    return sc_dataset_column(model->dataset,
                             sc_dataset_find(model->dataset, model->net->input[input].name));
}

sc_grid sc_view_picture_grid(const sc_column *column, const double *value, int count) {
    const bool bytes = column->dtype == SOCLE_U8;
    return (sc_grid){.count = count,
                     .rows = (int)column->shape.size[1],
                     .columns = (int)column->shape.size[2],
                     .channels = (int)column->shape.size[0],
                     .value = value,
                     .colours = SC_GREYS,
                     .low = bytes ? 0 : NAN,
                     .high = bytes ? 255 : NAN};
}
