/* SPDX-License-Identifier: Apache-2.0 */
/* See follow.h. The graph is that of training, before anything is fused or planned. */
#include "cli/follow.h"
#include "graph/grad.h"
#include "train/targets.h"

#include <math.h>
#include <string.h>

static socle_status check(const sc_follow *f) {
    sc_env *env = &f->cli->env;
    const sc_net *net = f->recipe.net;
    const int64_t count = sc_dataset_count(f->recipe.train);
    if (net->losses != 1 || net->phases || !isnan(net->loss[0].target))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "trace and check-gradient follow one loss that compares with the data; this "
                       "configuration has %s: leave all but one out to follow that",
                       net->phases       ? "phases, each with losses of its own"
                       : net->losses > 1 ? "several losses"
                                         : "a loss that compares with a number");
    if (f->recipe.init_file)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.init_from: first weights of a file are not followed");
    if (f->first + f->samples <= count) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "samples %lld to %lld: the training data have 0 to %lld", (long long)f->first,
                   (long long)(f->first + f->samples - 1), (long long)count - 1);
}

static sc_value external(sc_follow *f, int index, sc_tensor_desc desc, const char *name) {
    desc.dim[0] = f->samples * (desc.rows_per_sample ? desc.rows_per_sample : 1);
    return sc_graph_external(f->graph, SC_LANE_INPUTS, index, &desc, name);
}

static socle_status build_forward(sc_follow *f) {
    sc_net *net = f->recipe.net;
    const sc_loss_term *term = &net->loss[0];
    sc_tensor_desc wanted;
    SC_TRY(sc_graph_create(&f->graph, &f->cli->env, f->samples));
    for (int i = 0; i < net->inputs; i++)
        f->input[i] = external(f, i, net->input[i].desc, net->input[i].name);
    SC_TRY(sc_net_build(&f->build, net, f->graph, SC_BUILD_TRAIN, f->input));
    SC_TRY(sc_loss_target(&f->cli->env, term->kind, sc_net_desc(net, term->output), &wanted));
    f->target = external(f, net->inputs, wanted, "target");
    sc_loss_rows rows = sc_loss_build(f->graph, term, f->build.node[term->output], f->target);
    f->loss = rows.loss;
    f->counts = rows.counts;
    return f->graph->status;
}

static bool is_wanted(const sc_follow *f, sc_value value) {
    return value != SC_NO_VALUE && sc_graph_desc(f->graph, value)->dtype == SOCLE_F32;
}

/* One walk for all: values of layers, then parameters. */
static socle_status build_gradients(sc_follow *f) {
    const sc_net *net = f->recipe.net;
    const size_t count = net->layers + net->parameters;
    sc_env *env = &f->cli->env;
    sc_value *wrt, *gradient;
    int *place, used = 0;
    SC_TRY(sc_allocate(env, &f->by, count + 1, sizeof *f->by));
    SC_TRY(sc_allocate(env, &wrt, 3 * count + 1, sizeof *wrt));
    gradient = wrt + count;
    place = gradient + count;
    for (size_t i = 0; i < count; i++) {
        sc_value value = i < net->layers ? f->build.node[net->inputs + (int)i]
                                         : f->build.parameter[i - net->layers];
        f->by[i] = SC_NO_VALUE;
        if (!is_wanted(f, value)) continue;
        place[used] = (int)i;
        wrt[used++] = value;
    }
    socle_status status =
        sc_graph_gradient(f->graph, f->loss, f->counts, used, wrt, gradient, NULL);
    for (int i = 0; i < used && status == SOCLE_OK; i++) f->by[place[i]] = gradient[i];
    sc_release(env, wrt);
    return status;
}

static socle_status fill_column(const sc_follow *f, const char *name, sc_value value) {
    sc_env *env = &f->cli->env;
    const int at = sc_dataset_find(f->recipe.train, name);
    double *to = sc_graph_reference_value(&f->reference, value);
    if (at < 0 || !to) return SOCLE_OK;
    sc_column column = *sc_dataset_column(f->recipe.train, at);
    const int64_t each = sc_column_elements(&column);
    char *row;
    SC_TRY(sc_allocate(env, &row, column.row_bytes, 1));
    socle_status status = SOCLE_OK;
    for (int64_t s = 0; status == SOCLE_OK && s < f->samples; s++) {
        const uint32_t number = (uint32_t)(f->first + s);
        status = sc_column_read(sc_dataset_column(f->recipe.train, at), env, &number, 1, row);
        column.data = row;
        for (int64_t i = 0; status == SOCLE_OK && i < each; i++)
            to[s * each + i] = sc_column_value(&column, i);
    }
    sc_release(env, row);
    return status;
}

static socle_status fill_parameter(const sc_follow *f, size_t number) {
    const sc_parameter *parameter = &f->recipe.net->parameter[number];
    int64_t count;
    float *first;
    double *to = sc_follow_parameter(f, number, &count);
    if (!to) return SOCLE_OK;
    SC_TRY(sc_allocate(&f->cli->env, &first, (size_t)count, sizeof *first));
    socle_status status =
        sc_parameter_initialize(&f->cli->env, parameter, f->recipe.fit.seed, first);
    for (int64_t i = 0; i < count && status == SOCLE_OK; i++) to[i] = (double)first[i];
    sc_release(&f->cli->env, first);
    return status;
}

static socle_status compute(sc_follow *f) {
    const sc_net *net = f->recipe.net;
    const char *target;
    SC_TRY(sc_graph_reference_create(&f->reference, &f->cli->env, f->graph, f->recipe.fit.seed, 1));
    for (int i = 0; i < net->inputs; i++) SC_TRY(fill_column(f, net->input[i].name, f->input[i]));
    SC_TRY(sc_targets_column(&target, &f->cli->env, f->recipe.train));
    SC_TRY(fill_column(f, target, f->target));
    for (size_t p = 0; p < net->parameters; p++) SC_TRY(fill_parameter(f, p));
    sc_graph_reference_run(&f->reference);
    return SOCLE_OK;
}

socle_status sc_follow_open(sc_follow *out, const sc_recipe_choice *choice, int64_t first,
                            int64_t samples, bool gradients) {
    *out = (sc_follow){.cli = choice->cli, .first = first, .samples = samples};
    socle_status status = sc_recipe_choice_open(&out->config, &out->recipe, choice);
    if (status == SOCLE_OK) status = check(out);
    if (status == SOCLE_OK) status = build_forward(out);
    if (status == SOCLE_OK && gradients) status = build_gradients(out);
    if (status == SOCLE_OK) status = compute(out);
    if (status != SOCLE_OK) sc_follow_close(out);
    return status;
}

void sc_follow_close(sc_follow *follow) {
    if (!follow->cli) return;
    sc_graph_reference_free(&follow->reference);
    sc_release(&follow->cli->env, follow->by);
    sc_build_free(&follow->build);
    sc_graph_destroy(follow->graph);
    sc_recipe_free(&follow->recipe);
    sc_config_destroy(follow->config);
    *follow = (sc_follow){0};
}

static int64_t rows_of(const sc_follow *follow) {
    return sc_tensor_elements_at(sc_graph_desc(follow->graph, follow->loss),
                                 follow->graph->capacity);
}

double sc_follow_weight(const sc_follow *follow) {
    const int64_t rows = rows_of(follow);
    double sum = 0;
    if (follow->counts == SC_NO_VALUE) return (double)rows;
    const double *counts = sc_graph_reference_value(&follow->reference, follow->counts);
    for (int64_t i = 0; i < rows; i++) sum += counts[i];
    return sum;
}

double sc_follow_loss(const sc_follow *follow) {
    const bool all = follow->counts == SC_NO_VALUE;
    sc_graph_reference_run(&follow->reference);
    const double *loss = sc_graph_reference_value(&follow->reference, follow->loss),
                 *counts =
                     all ? NULL : sc_graph_reference_value(&follow->reference, follow->counts);
    double sum = 0;
    for (int64_t i = 0; i < rows_of(follow); i++)
        if (all || counts[i] != 0) sum += loss[i] * (all ? 1 : counts[i]);
    return sum / sc_follow_weight(follow);
}

static double *values(const sc_follow *follow, sc_value value, int64_t *elements) {
    *elements = 0;
    if (value == SC_NO_VALUE) return NULL;
    *elements = sc_tensor_elements_at(sc_graph_desc(follow->graph, value), follow->graph->capacity);
    return sc_graph_reference_value(&follow->reference, value);
}

double *sc_follow_node(const sc_follow *follow, int node, int64_t *elements) {
    const int inputs = follow->recipe.net->inputs;
    return values(follow, node < inputs ? follow->input[node] : follow->build.node[node], elements);
}

double *sc_follow_parameter(const sc_follow *follow, size_t parameter, int64_t *elements) {
    return values(follow, follow->build.parameter[parameter], elements);
}

static const double *gradient(const sc_follow *follow, size_t number) {
    if (!follow->by || follow->by[number] == SC_NO_VALUE) return NULL;
    return sc_graph_reference_value(&follow->reference, follow->by[number]);
}

const double *sc_follow_node_gradient(const sc_follow *follow, int node) {
    const sc_net *net = follow->recipe.net;
    return node < net->inputs ? NULL : gradient(follow, (size_t)(node - net->inputs));
}

const double *sc_follow_gradient(const sc_follow *follow, size_t parameter) {
    return gradient(follow, follow->recipe.net->layers + parameter);
}
