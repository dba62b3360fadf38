/* SPDX-License-Identifier: Apache-2.0 */
/* See view_loss_pass.h. */
#include "view/view_loss_pass.h"

#include "train/targets.h"

#include <math.h>

socle_status sc_view_loss_pass_suits(const sc_view_model *model) {
    const sc_loss_term *term = sc_net_output_loss(model->net);
    if (model->net->losses == 1 && term && isnan(term->target)) return SOCLE_OK;
    return sc_fail(model->env, SOCLE_STATUS_CONFIG,
                   "%s: gradients are shown of networks with one loss, of their result",
                   model->path);
}

static socle_status find_columns(sc_view_loss_pass *pass, sc_env *env) {
    const sc_net *net = pass->pass.model->net;
    const char *target;
    SC_TRY(sc_targets_column(&target, env, pass->dataset));
    for (int i = 0; i <= net->inputs; i++)
        pass->column[i] = sc_dataset_column(
            pass->dataset,
            sc_dataset_find(pass->dataset, i < net->inputs ? net->input[i].name : target));
    return SOCLE_OK;
}

/* A column of samples: an input, or what the loss compares with. */
static socle_status describe(sc_view_loss_pass *pass, int number) {
    const sc_net *net = pass->pass.model->net;
    const sc_loss_term *term = sc_net_output_loss(net);
    sc_tensor_desc *out = &pass->desc[number];
    if (number < net->inputs)
        *out = net->input[number].desc;
    else
        SC_TRY(sc_loss_target(pass->pass.device->env, term->kind, sc_net_desc(net, term->output),
                              out));
    out->dtype = (uint8_t)(number == pass->as_float ? SOCLE_F32 : pass->column[number]->dtype);
    out->dim[0] = pass->pass.graph->capacity;
    return SOCLE_OK;
}

static socle_status build(sc_view_loss_pass *pass) {
    sc_net *net = pass->pass.model->net;
    const sc_loss_term *term = sc_net_output_loss(net);
    size_t bytes[SC_VIEW_LOSS_TENSORS];
    for (int i = 0; i <= net->inputs; i++) {
        SC_TRY(describe(pass, i));
        pass->value[i] =
            sc_graph_external(pass->pass.graph, SC_LANE_INPUTS, i, &pass->desc[i], NULL);
        bytes[i] = sc_tensor_bytes(&pass->desc[i]);
    }
    SC_TRY(sc_view_pass_lane(&pass->pass, SC_LANE_INPUTS, net->inputs + 1, bytes));
    SC_TRY(sc_net_build(&pass->build, net, pass->pass.graph, SC_BUILD_EVALUATE, pass->value));
    pass->rows = sc_loss_build(pass->pass.graph, term, pass->build.node[term->output],
                               pass->value[net->inputs]);
    return pass->pass.graph->status;
}

socle_status sc_view_loss_pass_begin(sc_view_loss_pass *out, const sc_view_model *model,
                                     sc_device *device, const sc_dataset *dataset, int64_t rows,
                                     int as_float) {
    *out = (sc_view_loss_pass){.dataset = dataset, .as_float = as_float};
    SC_TRY(sc_view_pass_begin(&out->pass, model, device, rows));
    SC_TRY(find_columns(out, device->env));
    return build(out);
}

void sc_view_loss_pass_end(sc_view_loss_pass *pass) {
    sc_build_free(&pass->build);
    sc_view_pass_end(&pass->pass);
}

static socle_status put_as_float(sc_view_loss_pass *pass, int number, const void *from) {
    const size_t bytes = sc_tensor_bytes(&pass->desc[number]);
    sc_env *env = pass->pass.device->env;
    float *work;
    SC_TRY(sc_allocate(env, &work, bytes, 1));
    sc_targets_cast(work, SOCLE_F32, from, pass->column[number]->dtype, bytes / sizeof *work);
    socle_status status = sc_view_pass_put(&pass->pass, SC_LANE_INPUTS, number, work, bytes);
    sc_release(env, work);
    return status;
}

socle_status sc_view_loss_pass_put(sc_view_loss_pass *pass, int64_t first) {
    const int inputs = pass->pass.model->net->inputs;
    for (int i = 0; i <= inputs; i++) {
        const sc_column *column = pass->column[i];
        const char *from = (const char *)column->data + (size_t)first * column->row_bytes;
        if (i == pass->as_float)
            SC_TRY(put_as_float(pass, i, from));
        else
            SC_TRY(sc_view_pass_put(&pass->pass, SC_LANE_INPUTS, i, from,
                                    column->row_bytes * (size_t)pass->pass.graph->capacity));
    }
    return SOCLE_OK;
}
