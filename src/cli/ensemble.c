/* SPDX-License-Identifier: Apache-2.0 */
/* See ensemble.h. */
#include "cli/ensemble.h"
#include "model/net_config.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const sc_loss_kind *loss_of(const sc_member *member) {
    const sc_loss_term *term = sc_net_output_loss(member->net);
    return term ? term->kind : NULL;
}

static socle_status check_member(const sc_ensemble *ensemble, const sc_member *member) {
    const sc_member *first = &ensemble->member[0];
    const sc_tensor_desc *result = sc_net_desc(first->net, first->net->output),
                         *other = sc_net_desc(member->net, member->net->output);
    const char *differs = NULL;
    bool same = result->rank == other->rank;
    for (int d = 1; same && d < result->rank; d++) same = result->dim[d] == other->dim[d];
    if (!same) differs = "gives outputs of another shape";
    if (loss_of(first) != loss_of(member)) differs = "has another loss";
    if (!sc_preparation_answer_alike(&first->preparation, &member->preparation))
        differs = "gives classes or columns other names";
    if (!first->net->preparation != !member->net->preparation ||
        sc_preparation_made_of(&first->preparation) != sc_preparation_made_of(&member->preparation))
        differs = "learnt from data of another kind";
    if (!differs) return SOCLE_OK;
    return sc_fail(&ensemble->cli->env, SOCLE_STATUS_DATA, "%s: %s than %s", member->path, differs,
                   first->path);
}

static socle_status open_member(sc_ensemble *ensemble, sc_member *member,
                                const sc_model_choice *choice) {
    const sc_model_choice one = {.cli = choice->cli, .model = member->path};
    SC_TRY(sc_model_choice_net(&member->net, &one, NULL));
    if (member->net->preparation)
        SC_TRY(sc_preparation_read(&member->preparation, &ensemble->cli->env, member->path,
                                   member->net->preparation));
    return check_member(ensemble, member);
}

socle_status sc_ensemble_open(sc_ensemble *out, sc_cli *cli, const sc_model_choice *choice) {
    out->cli = cli;
    socle_status status = SOCLE_OK;
    for (int m = 0; status == SOCLE_OK && m < choice->models; m++) {
        out->member[m].path = choice->every[m];
        out->models = m + 1;
        status = open_member(out, &out->member[m], choice);
    }
    return status;
}

void sc_ensemble_close(sc_ensemble *ensemble) {
    if (!ensemble->cli) return;
    for (int m = 0; m < ensemble->models; m++) {
        sc_member *member = &ensemble->member[m];
        sc_preparation_free(&member->preparation);
        sc_dataset_destroy(member->dataset);
        sc_folder_free(&member->folder);
        sc_net_destroy(member->net);
    }
    sc_release(&ensemble->cli->env, ensemble->mean);
    sc_release(&ensemble->cli->env, ensemble->deviation);
}

/* A target's values in the units in which another model learnt it. */
static void convert(float *out, const sc_ensemble *ensemble, const sc_member *member) {
    const sc_preparation *from = &member->preparation, *to = &ensemble->member[0].preparation;
    const size_t targets = sc_preparation_targets(from);
    if (ensemble->logits || sc_preparation_classes(from) || targets != (size_t)ensemble->size ||
        sc_preparation_targets(to) != targets)
        return;
    for (int64_t i = 0; i < ensemble->samples * ensemble->size; i++) {
        const sc_field *a = sc_preparation_target(from, (size_t)(i % ensemble->size)),
                       *b = sc_preparation_target(to, (size_t)(i % ensemble->size));
        if (a->scale == b->scale && a->centre == b->centre) continue;
        out[i] = (float)(((double)out[i] * a->scale + a->centre - b->centre) / b->scale);
    }
}

/* One more model, of which so many were before it: means and sums of squares (Welford). */
static void add(sc_ensemble *ensemble, double *mean, double *square, const float *out, int before) {
    for (int64_t i = 0; i < ensemble->samples * ensemble->size; i++) {
        const double apart = (double)out[i] - mean[i];
        mean[i] += apart / (before + 1);
        square[i] += apart * ((double)out[i] - mean[i]);
    }
}

static socle_status take(void *engine, int parameter, const float *data) {
    return sc_engine_write(engine, parameter, data);
}

static socle_status predict_one(const sc_ensemble *ensemble, sc_device *device,
                                const sc_member *member, float *out) {
    const int64_t count = sc_dataset_count(member->dataset);
    const sc_engine_options options = {
        .capacity = count < ensemble->batch ? count : ensemble->batch, .logits = ensemble->logits};
    const sc_stage_source source = {.dataset = member->dataset};
    sc_engine *engine;
    SC_TRY(sc_engine_create(&engine, device, member->net, &options));
    socle_status status =
        sc_model_load_parameters(device->env, member->path, member->net, NULL, take, engine);
    if (status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO) status = SOCLE_STATUS_DATA;
    if (status == SOCLE_OK) status = sc_predict(engine, &source, out);
    sc_engine_destroy(engine);
    return status;
}

static socle_status predict_all(sc_ensemble *ensemble, sc_device *device, double *work,
                                float *out) {
    const size_t values = (size_t)(ensemble->samples * ensemble->size);
    double *mean = work, *square = work + values;
    for (int m = 0; m < ensemble->models; m++) {
        const sc_member *member = &ensemble->member[m];
        if (sc_dataset_count(member->dataset) != ensemble->samples)
            return sc_fail(device->env, SOCLE_STATUS_DATA, "%s: reads another number of samples",
                           member->path);
        SC_TRY(predict_one(ensemble, device, member, out));
        convert(out, ensemble, member);
        add(ensemble, mean, square, out, m);
    }
    for (size_t i = 0; i < values; i++) {
        ensemble->mean[i] = (float)mean[i];
        ensemble->deviation[i] = (float)sqrt(square[i] / (ensemble->models - 1));
    }
    return SOCLE_OK;
}

socle_status sc_ensemble_predict(sc_device *device, void *argument) {
    sc_ensemble *ensemble = argument;
    sc_env *env = &ensemble->cli->env;
    const sc_net *net = ensemble->member[0].net;
    double *work = NULL;
    float *out = NULL;
    ensemble->size = sc_tensor_elements_at(sc_net_desc(net, net->output), 1);
    ensemble->samples = sc_dataset_count(ensemble->member[0].dataset);
    const size_t values = (size_t)(ensemble->samples * ensemble->size);
    socle_status status = sc_allocate(env, &ensemble->mean, values, sizeof(float));
    if (status == SOCLE_OK) status = sc_allocate(env, &ensemble->deviation, values, sizeof(float));
    if (status == SOCLE_OK) status = sc_allocate(env, &work, 2 * values, sizeof *work);
    if (status == SOCLE_OK) status = sc_allocate(env, &out, values, sizeof *out);
    if (status == SOCLE_OK) status = predict_all(ensemble, device, work, out);
    sc_release(env, out);
    sc_release(env, work);
    return status;
}

/* What the loss would make of it the prediction that it is: scores of probabilities, logarithms of
 * rates, numbers whose softplus is sigma. */
static float undo(const sc_loss_term *term, double value, bool second) {
    const sc_loss_kind *loss = term->kind;
    const char *applies = loss->applies ? loss->applies : "";
    const double least = FLT_MIN;
    if (strcmp(applies, "softmax") == 0) return (float)log(fmax(value, least));
    if (strcmp(applies, "sigmoid") == 0)
        return (float)(log(fmax(value, least)) - log(fmax(1 - value, least)));
    if (strcmp(applies, "step") == 0) return (float)(value - 0.5);
    if (second && loss->shows_second)
        return (float)log(expm1(fmax(value - (double)term->settings.value[0], least)));
    return (float)(loss->shows ? log(fmax(value, least)) : value);
}

/* Whether element `i` of an output belongs to its second half. */
static bool is_second(const sc_tensor_desc *output, int64_t i) {
    const int axis = sc_class_axis(output);
    int64_t inner = 1;
    for (int d = axis + 1; d < output->rank; d++) inner *= output->dim[d];
    return i / inner % output->dim[axis] >= output->dim[axis] / 2;
}

static socle_status add_outputs(sc_dataset *out, const sc_ensemble *ensemble) {
    const sc_net *net = ensemble->member[0].net;
    const sc_tensor_desc *desc = sc_net_desc(net, net->output);
    const sc_loss_term *term = sc_net_output_loss(net);
    socle_shape shape = {.rank = desc->rank - 1};
    void *data;
    for (int d = 1; d < desc->rank; d++) shape.size[d - 1] = desc->dim[d];
    SC_TRY(sc_dataset_add_new(out, &data, SC_INPUT_NAME, SOCLE_F32, &shape));
    for (int64_t i = 0; i < ensemble->samples * ensemble->size; i++)
        ((float *)data)[i] = undo(term, (double)ensemble->mean[i],
                                  term->kind->second && is_second(desc, i % ensemble->size));
    return SOCLE_OK;
}

/* Labels or targets, and what counts. */
static socle_status add_others(sc_dataset *out, const sc_dataset *from) {
    for (int c = 0; c < sc_dataset_columns(from); c++) {
        const sc_column *column = sc_dataset_column(from, c);
        const sc_column_kind *kind = sc_column_kind_find(column->name);
        if (!kind || kind->use == SC_USE_INPUT) continue;
        SC_TRY(sc_dataset_add_copy(out, column->name, column->dtype, &column->shape, column->data));
    }
    return SOCLE_OK;
}

static socle_status build_net(sc_net *net, const sc_ensemble *ensemble) {
    const sc_net *first = ensemble->member[0].net;
    const sc_tensor_desc *desc = sc_net_desc(first, first->output);
    const sc_loss_term *term = sc_net_output_loss(first);
    const sc_loss_options options = {.settings = term->settings, .ignored = SC_NO_LABEL};
    socle_shape shape = {.rank = desc->rank - 1};
    sc_layer_options layer;
    for (int d = 1; d < desc->rank; d++) shape.size[d - 1] = desc->dim[d];
    int node = sc_net_input(net, SC_INPUT_NAME, SOCLE_F32, &shape, 1.0f);
    const sc_layer_kind *kind = sc_layer_kind_find("identity", &layer);
    node = sc_net_layer(net, kind, NULL, 1, &node, &layer);
    SC_TRY(sc_net_loss_with(net, term->kind->record.word, &options, node));
    return sc_net_ignore(net, term->ignored);
}

socle_status sc_ensemble_judge(sc_net **net, sc_dataset **dataset, const sc_ensemble *ensemble) {
    sc_env *env = &ensemble->cli->env;
    const sc_member *first = &ensemble->member[0];
    const sc_loss_term *term = sc_net_output_loss(first->net);
    *net = NULL;
    *dataset = NULL;
    if (!term || first->net->losses != 1 || term->kind->expr || term->lengths >= 0 ||
        !isnan(term->target))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s: several models are judged together by one loss of the table, of their "
                       "result and of all its rows; here it is another one",
                       first->path);
    SC_TRY(sc_net_create(net, env));
    socle_status status = build_net(*net, ensemble);
    if (status == SOCLE_OK)
        status =
            sc_dataset_create(dataset, env, sc_dataset_label(first->dataset), ensemble->samples);
    if (status == SOCLE_OK) status = add_outputs(*dataset, ensemble);
    if (status == SOCLE_OK) status = add_others(*dataset, first->dataset);
    if (status == SOCLE_OK) return status;
    sc_dataset_destroy(*dataset);
    sc_net_destroy(*net);
    *dataset = NULL;
    *net = NULL;
    return status;
}
