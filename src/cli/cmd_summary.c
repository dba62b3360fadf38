/* SPDX-License-Identifier: Apache-2.0 */
/* `socle summary`: the layers of a configuration or of a model file. What a file is, its ending and
 * its first bytes say. */
#include "cli/model_run.h"
#include "io/input.h"
#include "model/summary.h"
#include "run/recipe_config.h"

#include <string.h>

typedef struct summary_settings {
    sc_cli *cli;
    sc_model_choice choice;
    const char *path;
} summary_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    summary_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        state->child_inputs[0] = &settings->choice;
        return 0;
    case ARGP_KEY_ARG:
        if (settings->path) return sc_cli_usage(settings->cli, "one file at a time");
        settings->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (settings->path && settings->choice.model)
            return sc_cli_usage(settings->cli, "one file at a time: '%s' and -m '%s'",
                                settings->path, settings->choice.model);
        if (!settings->path) settings->path = settings->choice.model;
        if (settings->path) return 0;
        return sc_cli_usage(settings->cli, "of what? socle summary CONFIG, or socle summary MODEL");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&sc_model_choice_argp, 0, NULL, 0}, {&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_summary_argp = {
    .parser = parse,
    .args_doc = "CONFIG|MODEL",
    .doc = "Prints the layers: output shapes, parameters, multiply-adds and "
           "the size of the output, for one sample. A configuration with "
           "`inputs` needs no data.",
    .children = children};

/* Sums over the layers. */
typedef struct totals {
    int64_t statistics, multiply_adds, bytes;
} totals;

static totals sum_up(const sc_net *net) {
    totals sum = {0};
    for (size_t i = 0; i < sc_net_summary_rows(net); i++) {
        sc_summary_row row = sc_net_summary(net, i);
        sum.statistics += row.statistics;
        sum.multiply_adds += row.multiply_adds;
        sum.bytes += row.bytes;
    }
    return sum;
}

static void print_json(sc_cli *cli, const sc_net *net, const totals *sum) {
    json_t *event = sc_report("summary"), *layers = json_array();
    for (size_t i = 0; i < sc_net_summary_rows(net); i++) {
        sc_summary_row row = sc_net_summary(net, i);
        const sc_tensor_desc *desc = sc_net_desc(net, (int)i);
        json_t *entry = json_object(), *shape = json_array();
        for (int d = 1; d < desc->rank; d++)
            json_array_append_new(shape, json_integer(desc->dim[d]));
        sc_report_text(entry, "name", row.name);
        sc_report_text(entry, "kind", row.kind);
        sc_report_value(entry, "shape", shape);
        sc_report_integer(entry, "parameters", row.parameters);
        sc_report_integer(entry, "statistics", row.statistics);
        sc_report_integer(entry, "multiply_adds", row.multiply_adds);
        sc_report_integer(entry, "activation_bytes", row.bytes);
        if (row.from[0]) sc_report_text(entry, "from", row.from);
        json_array_append_new(layers, entry);
    }
    sc_report_value(event, "layers", layers);
    sc_report_integer(event, "parameters", sc_net_parameter_count(net));
    sc_report_integer(event, "statistics", sum->statistics);
    sc_report_integer(event, "multiply_adds", sum->multiply_adds);
    sc_report_integer(event, "activation_bytes", sum->bytes);
    sc_report_print(cli, event);
}

static socle_status print_table(sc_cli *cli, const sc_net *net) {
    static const sc_table_column columns[] = {{"LAYER", .least = 8},
                                              {"KIND", .right = false},
                                              {"OUTPUT", .right = false},
                                              {"PARAMETERS", .right = true},
                                              {"MULTIPLY-ADDS", .right = true, .leaves = 2},
                                              {"ACTIVATION", .right = true, .leaves = 1},
                                              {"FROM", .least = 8}};
    sc_table *table;
    SC_TRY(sc_table_create(&table, &cli->env, columns, sizeof columns / sizeof columns[0]));
    for (size_t i = 0; i < sc_net_summary_rows(net); i++) {
        sc_summary_row row = sc_net_summary(net, i);
        sc_table_cell(table, "%s", row.name);
        sc_table_cell(table, "%s", row.kind);
        sc_table_cell(table, "%s", row.shape);
        sc_table_cell(table, "%s", sc_grouped(row.parameters + row.statistics).text);
        sc_table_cell(table, "%s", row.multiply_adds ? sc_grouped(row.multiply_adds).text : "");
        sc_table_cell(table, "%s", sc_bytes((uint64_t)row.bytes).text);
        sc_table_cell(table, "%s", row.from);
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static socle_status print_summary(sc_cli *cli, const sc_net *net) {
    const totals sum = sum_up(net);
    if (cli->json) {
        print_json(cli, net, &sum);
        return SOCLE_OK;
    }
    SC_TRY(print_table(cli, net));
    int64_t trained = sc_net_parameter_count(net);
    printf("parameters %s (%s)", sc_grouped(trained).text,
           sc_bytes((uint64_t)trained * sizeof(float)).text);
    if (sum.statistics) printf(", statistics %s", sc_grouped(sum.statistics).text);
    printf("\none sample: multiply-adds %s, activations %s\n", sc_grouped(sum.multiply_adds).text,
           sc_bytes((uint64_t)sum.bytes).text);
    return SOCLE_OK;
}

/* The inputs follow from the data. */
static socle_status summarize_with_data(sc_cli *cli, const sc_config *config) {
    sc_recipe recipe;
    SC_TRY(sc_recipe_open(&recipe, &cli->env, config));
    socle_status status = print_summary(cli, recipe.net);
    sc_recipe_free(&recipe);
    return status;
}

static socle_status summarize_network(sc_cli *cli, const sc_config *config) {
    sc_net *net;
    SC_TRY(sc_recipe_network(&net, &cli->env, config, NULL));
    socle_status status = print_summary(cli, net);
    sc_net_destroy(net);
    return status;
}

static socle_status summarize_config(sc_cli *cli, const char *path) {
    sc_config *config;
    SC_TRY(sc_recipe_load_config(&config, &cli->env, path));
    socle_status status = sc_config_find(config, "inputs") ? summarize_network(cli, config)
                                                           : summarize_with_data(cli, config);
    sc_config_destroy(config);
    return status;
}

static socle_status summarize_model(const sc_model_choice *choice) {
    sc_net *net;
    SC_TRY(sc_model_choice_net(&net, choice, NULL));
    socle_status status = print_summary(choice->cli, net);
    sc_net_destroy(net);
    return status;
}

/* A header length of a few bytes, then '{': no text begins with zero bytes. */
static bool is_model(sc_cli *cli, const char *path) {
    size_t length = strlen(path);
    static const char ending[] = ".safetensors";
    if (length >= sizeof ending && strcmp(path + length - (sizeof ending - 1), ending) == 0)
        return true;
    sc_env scratch;
    sc_input input;
    unsigned char head[9] = {1};
    sc_env_child(&scratch, &cli->env);
    if (strcmp(path, "-") == 0 || sc_input_open(&input, &scratch, path) != SOCLE_OK) return false;
    bool model = sc_input_read(&input, head, sizeof head, 0) == SOCLE_OK && head[8] == '{' &&
                 head[7] == 0 && head[6] == 0;
    sc_input_close(&input);
    return model;
}

socle_status sc_summary_command(sc_cli *cli, int argc, char **argv) {
    summary_settings settings = {.cli = cli, .choice.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_summary_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    settings.choice.model = settings.path;
    return settings.choice.config || is_model(cli, settings.path)
               ? summarize_model(&settings.choice)
               : summarize_config(cli, settings.path);
}
