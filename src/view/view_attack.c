/* SPDX-License-Identifier: Apache-2.0 */
/* See view_attack.h. */
#include "view/view_attack.h"

#include "graph/grad.h"
#include "view/view_loss_pass.h"

#include <math.h>

enum { ROWS = 128 /* samples at a time */ };

/* Some layer reads it as numbers. */
static bool is_read(const sc_net *net, int input) {
    for (size_t l = 0; l < net->layers; l++)
        for (int i = 0; i < net->layer[l].inputs; i++)
            if (net->layer[l].input[i] == input && !net->layer[l].kind->integers) return true;
    return false;
}

socle_status sc_view_attack_begin(sc_view_model *model, int *input) {
    sc_net *net = model->net;
    SC_TRY(sc_view_loss_pass_suits(model));
    for (*input = 0; *input < net->inputs; (*input)++) {
        if (!is_read(net, *input)) continue;
        net->input[*input].desc.dtype = SOCLE_F32;
        return SOCLE_OK;
    }
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: reads whole numbers alone, which cannot be moved a little", model->path);
}

typedef struct attack {
    const sc_view_model *model;
    const sc_dataset *dataset;
    int input;
    float *sign;
    sc_view_loss_pass pass;
} attack;

static socle_status build(attack *attack) {
    sc_view_loss_pass *pass = &attack->pass;
    const size_t bytes = sc_tensor_bytes(&pass->desc[attack->input]);
    sc_value slope;
    SC_TRY(sc_graph_gradient(pass->pass.graph, pass->rows.loss, pass->rows.counts, 1,
                             &pass->value[attack->input], &slope, NULL));
    sc_graph_output(pass->pass.graph, slope, SC_LANE_OUTPUTS, 0);
    SC_TRY(sc_view_pass_lane(&pass->pass, SC_LANE_OUTPUTS, 1, &bytes));
    return sc_view_pass_plan(&pass->pass);
}

static socle_status take_signs(const attack *attack, float *value, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (isnan(value[i]))
            return sc_fail(attack->pass.pass.device->env, SOCLE_STATUS_DIVERGED,
                           "%s: a slope of the loss is no number: look for NaN in the weights and "
                           "the data",
                           attack->model->path);
        value[i] = value[i] > 0 ? 1.0f : value[i] < 0 ? -1.0f : 0.0f;
    }
    return SOCLE_OK;
}

/* The last part is filled up with samples before it, which come out the same once more. */
static socle_status carry_out(attack *attack) {
    sc_view_loss_pass *pass = &attack->pass;
    const int64_t count = sc_dataset_count(attack->dataset), rows = pass->pass.graph->capacity;
    const size_t bytes = sc_tensor_bytes(&pass->desc[attack->input]), all = bytes / sizeof(float);
    const size_t each = all / (size_t)rows;
    SC_TRY(build(attack));
    for (int64_t done = 0; done < count; done += rows) {
        const int64_t first = done + rows > count ? count - rows : done;
        float *to = attack->sign + (size_t)first * each;
        SC_TRY(sc_view_loss_pass_put(pass, first));
        SC_TRY(sc_view_pass_run(&pass->pass));
        SC_TRY(sc_view_pass_get(&pass->pass, SC_LANE_OUTPUTS, 0, to, bytes));
        SC_TRY(take_signs(attack, to, all));
    }
    return SOCLE_OK;
}

static socle_status job(sc_device *device, void *argument) {
    attack *attack = argument;
    const int64_t count = sc_dataset_count(attack->dataset);
    socle_status status =
        sc_view_loss_pass_begin(&attack->pass, attack->model, device, attack->dataset,
                                count < ROWS ? count : ROWS, attack->input);
    if (status == SOCLE_OK) status = carry_out(attack);
    sc_view_loss_pass_end(&attack->pass);
    return status;
}

socle_status sc_view_attack_signs(const sc_view_model *model, const sc_dataset *dataset, int input,
                                  float *sign) {
    attack *attack;
    SC_TRY(sc_allocate(model->env, &attack, 1, sizeof *attack));
    attack->model = model;
    attack->dataset = dataset;
    attack->input = input;
    attack->sign = sign;
    socle_status status = model->request->on_device(model->request->user, job, attack);
    sc_release(model->env, attack);
    return status;
}

/* Numbers of the data; the network sees them times its input's scale. */
static void move(float *out, const sc_column *column, const float *sign, size_t count,
                 double length) {
    const bool bytes = column->dtype == SOCLE_U8;
    for (size_t i = 0; i < count; i++) {
        double moved = sc_column_value(column, (int64_t)i) + length * (double)sign[i];
        if (bytes) moved = fmin(fmax(moved, 0), 255);
        out[i] = (float)moved;
    }
}

static socle_status add_column(sc_dataset *out, const sc_column *column, const float *sign,
                               int64_t samples, double length) {
    void *moved;
    if (!sign)
        return sc_dataset_add_borrowed(out, column->name, column->dtype, &column->shape,
                                       column->data, NULL, NULL);
    SC_TRY(sc_dataset_add_new(out, &moved, column->name, SOCLE_F32, &column->shape));
    move(moved, column, sign, (size_t)(sc_column_elements(column) * samples), length);
    return SOCLE_OK;
}

socle_status sc_view_attacked(sc_dataset **out, const sc_view_model *model,
                              const sc_dataset *dataset, int input, const float *sign,
                              double epsilon) {
    const double scale = (double)model->net->input[input].scale;
    const int at = sc_dataset_find(dataset, model->net->input[input].name);
    const int64_t samples = sc_dataset_count(dataset);
    SC_TRY(sc_dataset_create(out, model->env, sc_dataset_label(dataset), samples));
    socle_status status = SOCLE_OK;
    for (int c = 0; status == SOCLE_OK && c < sc_dataset_columns(dataset); c++)
        status = add_column(*out, sc_dataset_column(dataset, c), c == at ? sign : NULL, samples,
                            epsilon / scale);
    if (status == SOCLE_OK) return status;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
