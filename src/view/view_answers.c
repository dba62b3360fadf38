/* SPDX-License-Identifier: Apache-2.0 */
/* Right answers beside the network's. See view_model.h. */
#include "view/view_model.h"

#include "train/targets.h"

#include <math.h>

/* How a network tells classes apart. */
typedef struct form {
    const sc_loss_term *loss;
    int64_t classes;
    bool single; /* one output: the probability of the second of two classes */
} form;

static socle_status find_form(form *out, const sc_view_model *model) {
    const sc_net *net = model->net;
    const sc_tensor_desc *result = sc_net_desc(net, net->output);
    const sc_loss_term *loss = sc_net_output_loss(net);
    *out = (form){.loss = loss};
    if (loss && loss->kind->shows && result->rank == 2 && result->dim[1] == 1 &&
        loss->kind->most == 1 && loss->kind->least == 0) {
        out->single = true;
        out->classes = 2;
        return SOCLE_OK;
    }
    if (loss && (loss->kind->classes || loss->kind->shares) && result->rank == 2) {
        out->classes = result->dim[1];
        return SOCLE_OK;
    }
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: this figure is of networks that give one class per sample, and this one "
                   "has the loss %s",
                   model->path, loss ? loss->kind->record.word : "of another result");
}

/* -1: what does not count. */
static int truth_of(const form *form, const sc_column *column, int64_t sample) {
    if (form->single) return sc_column_value(column, sample) > 0.5;
    if (sc_column_elements(column) == 1) {
        int64_t label = sc_column_label(column, sample);
        return label == form->loss->ignored ? -1 : (int)label;
    }
    int best = 0; /* probabilities */
    for (int64_t c = 1; c < form->classes; c++)
        if (sc_column_value(column, sample * form->classes + c) >
            sc_column_value(column, sample * form->classes + best))
            best = (int)c;
    return best;
}

static void copy_shares(float *to, const form *form, const float *output) {
    if (form->single) {
        to[0] = 1 - output[0];
        to[1] = output[0];
        return;
    }
    for (int64_t c = 0; c < form->classes; c++) to[c] = output[c];
}

static int largest(const float *share, int64_t classes) {
    int best = 0;
    for (int64_t c = 1; c < classes; c++)
        if (share[c] > share[best]) best = (int)c;
    return best;
}

static socle_status fill(sc_view_answers *out, const sc_view_model *model, const form *form,
                         const float *output, int64_t size) {
    const char *target;
    const int64_t samples = sc_dataset_count(model->dataset);
    SC_TRY(sc_targets_column(&target, model->env, model->dataset));
    const sc_column *column =
        sc_dataset_column(model->dataset, sc_dataset_find(model->dataset, target));
    for (int64_t i = 0; i < samples; i++) {
        const int truth = truth_of(form, column, i);
        float *share = out->share + out->count * form->classes;
        if (truth < 0) continue;
        for (int64_t c = 0; c < size; c++)
            if (!isfinite(output[i * size + c]))
                return sc_fail(model->env, SOCLE_STATUS_DIVERGED,
                               "%s: the outputs for sample %lld are NaN or infinite", model->path,
                               (long long)i);
        copy_shares(share, form, output + i * size);
        out->truth[out->count] = (float)truth;
        out->answer[out->count] = (float)largest(share, form->classes);
        out->sample[out->count++] = i;
    }
    return SOCLE_OK;
}

socle_status sc_view_answers_of(sc_view_answers *out, const sc_view_model *model) {
    form form;
    float *output = NULL;
    int64_t size = 0;
    *out = (sc_view_answers){.env = model->env};
    SC_TRY(find_form(&form, model));
    const size_t samples = (size_t)sc_dataset_count(model->dataset);
    out->classes = form.classes;
    socle_status status = sc_allocate(model->env, &out->sample, samples, sizeof *out->sample);
    if (status == SOCLE_OK)
        status = sc_allocate(model->env, &out->truth, samples, sizeof *out->truth);
    if (status == SOCLE_OK)
        status = sc_allocate(model->env, &out->answer, samples, sizeof *out->answer);
    if (status == SOCLE_OK)
        status = sc_allocate(model->env, &out->share, samples * (size_t)form.classes,
                             sizeof *out->share);
    if (status == SOCLE_OK)
        status = sc_view_model_outputs(model, model->net->output, model->dataset, &output, &size);
    if (status == SOCLE_OK) status = fill(out, model, &form, output, size);
    sc_release(model->env, output);
    if (status != SOCLE_OK) sc_view_answers_free(out);
    return status;
}

void sc_view_answers_free(sc_view_answers *answers) {
    if (!answers->env) return;
    sc_release(answers->env, answers->sample);
    sc_release(answers->env, answers->truth);
    sc_release(answers->env, answers->answer);
    sc_release(answers->env, answers->share);
    *answers = (sc_view_answers){0};
}

sc_scored sc_view_scored(const sc_view_answers *answers) {
    return (sc_scored){.env = answers->env,
                       .rows = answers->count,
                       .classes = (int)answers->classes,
                       .weight_rows = 1,
                       .data = {[SC_COLLECTED_TARGET] = answers->truth,
                                [SC_COLLECTED_CLASS] = answers->answer,
                                [SC_COLLECTED_SCORE] = answers->share}};
}

socle_status sc_view_with_answers(sc_figure *figure, const sc_view_request *request,
                                  sc_view_make make) {
    sc_view_model model;
    sc_view_answers answers = {0};
    SC_TRY(sc_view_model_open(&model, request, 0));
    socle_status status = sc_view_model_data(&model, true);
    if (status == SOCLE_OK) status = sc_view_answers_of(&answers, &model);
    if (status == SOCLE_OK && !answers.count)
        status = sc_fail(request->env, SOCLE_STATUS_DATA, "%s: no sample counts",
                         sc_dataset_label(model.dataset));
    if (status == SOCLE_OK) status = make(figure, &model, &answers);
    sc_view_answers_free(&answers);
    sc_view_model_close(&model);
    return status;
}
