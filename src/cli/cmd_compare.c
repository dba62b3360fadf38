/* SPDX-License-Identifier: Apache-2.0 */
/* `socle compare RUN...`: in what the configurations of runs differ, and then what each reached, in
 * the epoch whose weights it kept. Reads files alone, no device. */
#include "base/text.h"
#include "cli/cli.h"
#include "io/config.h"
#include "io/json_text.h"
#include "io/metrics.h"
#include "io/quote.h"
#include "run/checkpoint.h"
#include "run/run_difference.h"
#include "run/run_place.h"
#include "view/view_run.h"

#include <math.h>
#include <string.h>

/* A table has a column per run beside the key, and one per value beside three others. */
enum { MOST_RUNS = 15, FIRST_VALUE = 3, MOST_VALUES = 13, CELL = 40 };

typedef struct compared_run {
    sc_config *config;
    sc_metrics_table record;
    size_t best; /* row of the record; where there is none, the last one */
} compared_run;

typedef struct compare_settings {
    sc_cli *cli;
    char *path[MOST_RUNS];
    int runs;
    compared_run *run; /* as many */
    sc_view_name name[MOST_RUNS];
    const char *value[MOST_VALUES]; /* columns that a record of any run has */
    int values;
} compare_settings;

static error_t parse(int key, char *arg, struct argp_state *state) {
    compare_settings *settings = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        sc_cli_inputs(state, settings->cli);
        return 0;
    case ARGP_KEY_ARG:
        if (settings->runs == MOST_RUNS)
            return sc_cli_usage(settings->cli, "at most %d runs stand side by side", MOST_RUNS);
        settings->path[settings->runs++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (settings->runs) return 0;
        return sc_cli_usage(settings->cli, "which runs? socle compare RUN RUN");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&sc_cli_common_argp, 0, NULL, 0}, {0}};

const struct argp sc_compare_argp = {
    .parser = parse,
    .args_doc = "RUN...",
    .doc = "Shows runs side by side: in what their configurations differ, and what each reached in "
           "the epoch whose weights it kept. RUN is the directory of a run.",
    .children = children};

static socle_status read_config(compared_run *run, sc_env *env, const char *path) {
    char *file;
    SC_TRY(sc_run_file(&file, env, path, SC_RUN_CONFIG));
    socle_status status = sc_config_load(&run->config, env, file);
    sc_release(env, file);
    if (status != SOCLE_STATUS_NOT_FOUND) return status;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: has no " SC_RUN_CONFIG ": it is not the directory of a run", path);
}

/* Of the checkpoint: which epoch is best is settled by what the run was told to judge by. */
static socle_status find_best(compared_run *run, sc_env *env, const char *path) {
    char *file;
    int64_t best = 0;
    SC_TRY(sc_run_file(&file, env, path, SC_RUN_CHECKPOINT));
    socle_status status = sc_checkpoint_best_epoch(&best, env, file);
    sc_release(env, file);
    run->best = run->record.rows ? run->record.rows - 1 : 0;
    for (size_t i = 0; i < run->record.rows; i++)
        if (run->record.epoch[i] == (double)best) run->best = i;
    return status == SOCLE_STATUS_NOT_FOUND ? SOCLE_OK : status;
}

static socle_status read_run(compared_run *run, sc_env *env, const char *path) {
    SC_TRY(sc_view_is_run(env, path));
    SC_TRY(read_config(run, env, path));
    socle_status status = sc_metrics_table_read(&run->record, env, path);
    if (status != SOCLE_OK && status != SOCLE_STATUS_NOT_FOUND) return status;
    return find_best(run, env, path);
}

/* What says how fast a computer was is no result. */
static bool is_result(const char *column) {
    return strcmp(column, "samples_per_second") != 0 && strcmp(column, "learning_rate") != 0;
}

static void list_values(compare_settings *settings) {
    for (int r = 0; r < settings->runs; r++)
        for (int c = 0; c < settings->run[r].record.columns; c++) {
            const char *name = settings->run[r].record.column[c].name;
            bool known = !is_result(name);
            for (int v = 0; v < settings->values; v++)
                known |= strcmp(settings->value[v], name) == 0;
            if (!known && settings->values < MOST_VALUES)
                settings->value[settings->values++] = name;
        }
}

static double value_of(const compared_run *run, const char *column) {
    const double *value = sc_metrics_find(&run->record, column);
    return value && run->record.rows ? value[run->best] : NAN;
}

static socle_status print_differences(const compare_settings *settings, const json_t *list) {
    sc_table_column column[1 + MOST_RUNS] = {{.title = "KEY", .least = 12}};
    sc_env *env = &settings->cli->env;
    sc_table *table;
    const json_t *entry, *value;
    size_t i, r;
    if (!json_array_size(list)) {
        if (settings->runs > 1) printf("The configurations are equal.\n\n");
        return SOCLE_OK;
    }
    for (int k = 0; k < settings->runs; k++)
        column[1 + k] = (sc_table_column){.title = settings->name[k].text, .least = 8};
    SC_TRY(sc_table_create(&table, env, column, 1 + settings->runs));
    json_array_foreach(list, i, entry) {
        sc_table_cell(table, "%s", json_string_value(json_object_get(entry, "key")));
        json_array_foreach(json_object_get(entry, "values"), r, value) {
            sc_text text;
            sc_text_init(&text, env);
            if (!json_is_null(value)) sc_json_text(&text, value, 0);
            sc_table_cell(table, "%.*s", CELL, text.data ? sc_quote(text.data).text : "-");
            sc_text_free(&text);
        }
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    putchar('\n');
    return status;
}

static void add_row(sc_table *table, const compare_settings *settings, int r) {
    const compared_run *run = &settings->run[r];
    sc_table_cell(table, "%s", settings->name[r].text);
    sc_table_cell(table, "%zu", run->record.rows);
    if (run->record.rows)
        sc_table_cell(table, "%.0f", run->record.epoch[run->best]);
    else
        sc_table_cell(table, "-");
    for (int v = 0; v < settings->values; v++) {
        double value = value_of(run, settings->value[v]);
        if (isnan(value))
            sc_table_cell(table, "-");
        else
            sc_table_cell(table, "%.4g", value);
    }
}

static socle_status print_results(const compare_settings *settings) {
    sc_table_column column[FIRST_VALUE + MOST_VALUES] = {{.title = "RUN", .least = 8},
                                                         {.title = "EPOCHS", .right = true},
                                                         {.title = "BEST", .right = true}};
    sc_table *table;
    for (int v = 0; v < settings->values; v++)
        column[FIRST_VALUE + v] = (sc_table_column){
            .title = settings->value[v], .right = true, .leaves = settings->values - v};
    SC_TRY(sc_table_create(&table, &settings->cli->env, column, FIRST_VALUE + settings->values));
    for (int r = 0; r < settings->runs; r++) add_row(table, settings, r);
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

static json_t *result_of(const compare_settings *settings, int r) {
    const compared_run *run = &settings->run[r];
    json_t *out = sc_report(NULL);
    sc_report_text(out, "run", settings->path[r]);
    sc_report_integer(out, "epochs", (int64_t)run->record.rows);
    if (run->record.rows)
        sc_report_integer(out, "best_epoch", (int64_t)run->record.epoch[run->best]);
    for (int v = 0; v < settings->values; v++)
        sc_report_number(out, settings->value[v], value_of(run, settings->value[v]));
    return out;
}

static void print_json(const compare_settings *settings, json_t *differences) {
    json_t *event = sc_report("compare"), *runs = json_array();
    for (int r = 0; r < settings->runs; r++) json_array_append_new(runs, result_of(settings, r));
    sc_report_value(event, "differences", json_incref(differences));
    sc_report_value(event, "runs", runs);
    sc_report_print(settings->cli, event);
}

static socle_status show(compare_settings *settings) {
    json_t *config[MOST_RUNS], *differences;
    for (int r = 0; r < settings->runs; r++)
        config[r] = (json_t *)sc_config_root(settings->run[r].config);
    SC_TRY(sc_run_differences(&differences, &settings->cli->env, config, settings->runs));
    socle_status status = SOCLE_OK;
    if (settings->cli->json)
        print_json(settings, differences);
    else
        status = print_differences(settings, differences);
    if (status == SOCLE_OK && !settings->cli->json) status = print_results(settings);
    json_decref(differences);
    return status;
}

socle_status sc_compare_command(sc_cli *cli, int argc, char **argv) {
    compare_settings settings = {.cli = cli};
    SC_TRY(sc_cli_parse(cli, &sc_compare_argp, argc, argv, &settings));
    if (cli->helped) return SOCLE_OK;
    socle_status status =
        sc_allocate(&cli->env, &settings.run, (size_t)settings.runs, sizeof *settings.run);
    for (int r = 0; status == SOCLE_OK && r < settings.runs; r++)
        status = read_run(&settings.run[r], &cli->env, settings.path[r]);
    if (status == SOCLE_OK) {
        const sc_view_request request = {
            .env = &cli->env, .run = settings.path, .runs = settings.runs};
        sc_view_names(settings.name, &request);
        list_values(&settings);
        status = show(&settings);
    }
    for (int r = 0; settings.run && r < settings.runs; r++) {
        sc_config_destroy(settings.run[r].config);
        sc_metrics_table_free(&settings.run[r].record);
    }
    sc_release(&cli->env, settings.run);
    return status;
}
