/* SPDX-License-Identifier: Apache-2.0 */
/* `socle trace CONFIG --sample K`: one sample through a small network and back, as one does it by
 * hand: the value of every unit, the loss, every factor of the chain rule, the gradients and the
 * weights after one step. */
#include "base/shown.h"
#include "cli/curve.h"
#include "cli/follow.h"
#include "cli/follow_update.h"

#include <math.h>
#include <string.h>

enum { KEY_SAMPLE = 256, SHOWN = 16 };

typedef struct trace_settings {
    sc_cli *cli;
    sc_recipe_choice choice;
    int64_t sample;
} trace_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    trace_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case KEY_SAMPLE:
        return sc_cli_integer(settings->cli, &settings->sample, "--sample", arg, 0, INT32_MAX);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"sample", KEY_SAMPLE, "K", 0, "Which sample of the training data, from 0 (default 0)", 1},
    {0}};
static const struct argp_child children[] = {
    {&sc_recipe_choice_argp, 0, NULL, 0}, {&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_trace_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "CONFIG",
    .doc = "Follows one sample through a network with the first weights of its seed, in double "
           "precision: what every unit gives (z of a layer with weights, a of an activation), the "
           "loss, the slope dL/d of the loss by each of these and the slope of each activation, "
           "the gradient of each weight as the factors of the chain rule, and each weight after "
           "one step of the optimizer on this sample alone. Of large layers the first units are "
           "shown, in JSON all.",
    .children = children};

/* The slope of an activation at what it reads; NaN: the layer is none. */
static double slope_at(const sc_follow *follow, int node, int64_t element) {
    const sc_net *net = follow->recipe.net;
    const sc_layer *layer = &net->layer[node - net->inputs];
    int64_t count;
    sc_expr slope;
    sc_env quiet;
    if (!layer->formula || layer->inputs != 1) return NAN;
    const double *x = sc_follow_node(follow, layer->input[0], &count);
    sc_env_child(&quiet, &follow->cli->env);
    if (!x || element >= count || sc_expr_derivative(&quiet, &slope, layer->formula, 0) != SOCLE_OK)
        return NAN;
    const double point[SC_CURVE_VARIABLES] = {x[element]};
    return sc_curve_at(&slope, point);
}

static void number_cell(sc_table *table, double value) {
    if (isnan(value))
        sc_table_cell(table, "%s", "");
    else
        sc_table_cell(table, "%.6g", value);
}

static const char *name_of(const sc_net *net, int node) {
    return node < net->inputs ? net->input[node].name : net->layer[node - net->inputs].name;
}

static void add_units(sc_table *table, const sc_follow *follow, int node, double weight) {
    const sc_net *net = follow->recipe.net;
    int64_t count;
    const double *value = sc_follow_node(follow, node, &count),
                 *by = sc_follow_node_gradient(follow, node);
    for (int64_t i = 0; value && i < count; i++) {
        if (i == SHOWN) {
            sc_table_cell(table, "%s", name_of(net, node));
            sc_table_cell(table, "%s", "...");
            sc_table_cell(table, "%lld more", (long long)(count - i));
            sc_table_cell(table, "%s", "");
            sc_table_cell(table, "%s", "");
            return;
        }
        sc_table_cell(table, "%s", name_of(net, node));
        sc_table_cell(table, "%lld", (long long)i);
        number_cell(table, value[i]);
        number_cell(table, node < net->inputs ? NAN : slope_at(follow, node, i));
        number_cell(table, by ? by[i] / weight : NAN);
    }
}

static socle_status print_units(const sc_follow *follow, double weight) {
    static const sc_table_column columns[] = {{"LAYER", .least = 8},
                                              {"UNIT", .right = true},
                                              {"VALUE", .right = true},
                                              {"SLOPE", .right = true},
                                              {"dL/dVALUE", .right = true}};
    const sc_net *net = follow->recipe.net;
    sc_table *table;
    SC_TRY(sc_table_create(&table, &follow->cli->env, columns, 5));
    for (int node = 0; node < net->inputs + (int)net->layers; node++)
        add_units(table, follow, node, weight);
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

/* The layer that a parameter belongs to; NULL: a later application has it. */
static const sc_layer *layer_of(const sc_net *net, size_t parameter) {
    for (size_t l = 0; l < net->layers; l++) {
        const sc_layer *layer = &net->layer[l];
        if (!layer->borrows && (int)parameter >= layer->first_parameter &&
            (int)parameter < layer->first_parameter + layer->parameters)
            return layer;
    }
    return NULL;
}

/* "-0.25 * 4": of a dense layer on one row, the slope of its unit times its input. */
static void factors(char *out, size_t size, const sc_follow *follow, size_t parameter,
                    int64_t element, double weight) {
    const sc_net *net = follow->recipe.net;
    const sc_layer *layer = layer_of(net, parameter);
    int64_t inputs, units;
    out[0] = '\0';
    if (!layer || strcmp(layer->kind->record.word, "dense") != 0) return;
    const int node = net->inputs + (int)(layer - net->layer);
    const double *x = sc_follow_node(follow, layer->input[0], &inputs),
                 *by = sc_follow_node_gradient(follow, node);
    if (!sc_follow_node(follow, node, &units) || !x || !by || units != layer->options.units) return;
    if (net->parameter[parameter].role == SC_PARAMETER_WEIGHT)
        snprintf(out, size, "%.6g * %.6g", sc_shown(by[element / inputs] / weight),
                 sc_shown(x[element % inputs]));
    else
        snprintf(out, size, "%.6g * 1", sc_shown(by[element] / weight));
}

static void add_weights(sc_table *table, const sc_follow *follow, size_t p,
                        const sc_follow_update *update, double weight) {
    const sc_parameter *parameter = &follow->recipe.net->parameter[p];
    int64_t count;
    const double *value = sc_follow_parameter(follow, p, &count),
                 *gradient = sc_follow_gradient(follow, p);
    for (int64_t i = 0; value && gradient && i < count; i++) {
        char text[64];
        if (i == SHOWN) {
            sc_table_cell(table, "%s", parameter->name);
            sc_table_cell(table, "%s", "...");
            sc_table_cell(table, "%lld more", (long long)(count - i));
            for (int c = 0; c < 3; c++) sc_table_cell(table, "%s", "");
            return;
        }
        factors(text, sizeof text, follow, p, i, weight);
        sc_table_cell(table, "%s", parameter->name);
        sc_table_cell(table, "%lld", (long long)i);
        number_cell(table, value[i]);
        sc_table_cell(table, "%s", text);
        number_cell(table, gradient[i] / weight);
        number_cell(table,
                    sc_follow_updated(update, parameter->role, value[i], gradient[i] / weight));
    }
}

static socle_status print_weights(const sc_follow *follow, const sc_follow_update *update,
                                  double weight) {
    static const sc_table_column columns[] = {
        {"WEIGHT", .least = 8},     {"NUMBER", .right = true},   {"VALUE", .right = true},
        {"FACTORS", .right = true}, {"GRADIENT", .right = true}, {"NEW", .right = true}};
    sc_table *table;
    SC_TRY(sc_table_create(&table, &follow->cli->env, columns, 6));
    for (size_t p = 0; p < follow->recipe.net->parameters; p++)
        add_weights(table, follow, p, update, weight);
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static json_t *list_of(const double *value, int64_t count, double divisor) {
    json_t *list = json_array();
    for (int64_t i = 0; value && i < count; i++)
        json_array_append_new(list,
                              isfinite(value[i]) ? json_real(value[i] / divisor) : json_null());
    return list;
}

static void report_node(json_t *layers, const sc_follow *follow, int node, double weight) {
    const sc_net *net = follow->recipe.net;
    int64_t count;
    const double *value = sc_follow_node(follow, node, &count),
                 *by = sc_follow_node_gradient(follow, node);
    json_t *entry = sc_report(NULL), *slopes = json_array();
    sc_report_text(entry, "name", name_of(net, node));
    sc_report_text(entry, "kind",
                   node < net->inputs ? "input"
                                      : sc_layer_word(net->layer[node - net->inputs].kind,
                                                      &net->layer[node - net->inputs].options));
    sc_report_value(entry, "value", list_of(value, count, 1));
    if (by) sc_report_value(entry, "gradient", list_of(by, count, weight));
    for (int64_t i = 0; node >= net->inputs && i < count; i++) {
        double slope = slope_at(follow, node, i);
        if (isfinite(slope)) json_array_append_new(slopes, json_real(slope));
    }
    if (json_array_size(slopes))
        sc_report_value(entry, "slope", slopes);
    else
        json_decref(slopes);
    json_array_append_new(layers, entry);
}

static void report_parameter(json_t *weights, const sc_follow *follow, size_t p,
                             const sc_follow_update *update, double weight) {
    const sc_parameter *parameter = &follow->recipe.net->parameter[p];
    int64_t count;
    const double *value = sc_follow_parameter(follow, p, &count),
                 *gradient = sc_follow_gradient(follow, p);
    json_t *entry = sc_report(NULL), *after = json_array();
    if (!value || !gradient) {
        json_decref(entry);
        json_decref(after);
        return;
    }
    sc_report_text(entry, "name", parameter->name);
    sc_report_value(entry, "value", list_of(value, count, 1));
    sc_report_value(entry, "gradient", list_of(gradient, count, weight));
    for (int64_t i = 0; i < count; i++) {
        double moved = sc_follow_updated(update, parameter->role, value[i], gradient[i] / weight);
        json_array_append_new(after, isfinite(moved) ? json_real(moved) : json_null());
    }
    sc_report_value(entry, "new", after);
    json_array_append_new(weights, entry);
}

static void print_json(const sc_follow *follow, const sc_follow_update *update, double loss,
                       double weight) {
    const sc_net *net = follow->recipe.net;
    json_t *event = sc_report("trace"), *layers = json_array(), *weights = json_array();
    const double *target = sc_graph_reference_value(&follow->reference, follow->target);
    sc_report_integer(event, "sample", follow->first);
    sc_report_value(
        event, "target",
        list_of(target, sc_tensor_elements(sc_graph_desc(follow->graph, follow->target)), 1));
    sc_report_number(event, "loss", loss);
    for (int node = 0; node < net->inputs + (int)net->layers; node++)
        report_node(layers, follow, node, weight);
    for (size_t p = 0; p < net->parameters; p++)
        report_parameter(weights, follow, p, update, weight);
    sc_report_value(event, "layers", layers);
    sc_report_value(event, "weights", weights);
    sc_report_print(follow->cli, event);
}

static void print_head(const sc_follow *follow, double loss) {
    const int64_t count = sc_tensor_elements(sc_graph_desc(follow->graph, follow->target));
    const double *target = sc_graph_reference_value(&follow->reference, follow->target);
    printf("sample %lld, target", (long long)follow->first);
    for (int64_t i = 0; i < count && i < SHOWN; i++)
        printf("%s %.6g", i ? "," : "", sc_shown(target[i]));
    printf("%s\nloss %s = %.10g\n\n", count > SHOWN ? ", ..." : "",
           follow->recipe.net->loss[0].kind->record.word, sc_shown(loss));
}

static socle_status show(const sc_follow *follow) {
    sc_follow_update update;
    const double loss = sc_follow_loss(follow), weight = sc_follow_weight(follow);
    SC_TRY(sc_follow_update_begin(&update, follow));
    if (follow->cli->json) {
        print_json(follow, &update, loss, weight);
        return SOCLE_OK;
    }
    print_head(follow, loss);
    SC_TRY(print_units(follow, weight));
    printf("\n");
    SC_TRY(print_weights(follow, &update, weight));
    if (update.without) printf("\nno weights after the step: %s is not followed\n", update.without);
    return SOCLE_OK;
}

socle_status sc_trace_command(sc_cli *cli, int argc, char **argv) {
    trace_settings settings = {.cli = cli, .choice.cli = cli};
    sc_follow follow;
    SC_TRY(sc_cli_parse(cli, &sc_trace_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    SC_TRY(sc_follow_open(&follow, &settings.choice, settings.sample, 1, true));
    socle_status status = show(&follow);
    sc_follow_close(&follow);
    return status;
}
