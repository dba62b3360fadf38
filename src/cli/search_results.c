/* SPDX-License-Identifier: Apache-2.0 */
/* See search.h: what a search has found, as files and as a table. */
#include "base/file.h"
#include "base/text.h"
#include "cli/search.h"
#include "io/json_text.h"

#include <math.h>
#include <string.h>

enum { MOST_BYTES = 16 << 20 };

/* The rounds that any took part in: those of fewer were stopped. */
static int rounds_of(const sc_search *search) {
    return search->runs ? search->candidate[0].rounds : 0;
}

static const char *state_of(const sc_search *search, const sc_search_candidate *candidate) {
    if (candidate->diverged) return "diverged";
    if (!candidate->rounds) return "not begun";
    return candidate->rounds < rounds_of(search) ? "stopped early" : "finished";
}

/* What a candidate has of a key. */
static const char *value_of(char text[SC_SEARCH_TEXT], const sc_search *search, int64_t number,
                            int key) {
    sc_search_space_value(text, &search->space, number, key);
    return text + strlen(search->space.range[key].path) + 1;
}

static json_t *describe(const sc_search *search, const sc_search_candidate *candidate) {
    json_t *entry = sc_report("result"), *values = json_object();
    char text[SC_SEARCH_TEXT];
    for (int k = 0; k < search->space.keys; k++) {
        const char *value = value_of(text, search, candidate->number, k);
        json_t *number = json_loads(value, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
        json_object_set_new(values, search->space.range[k].path,
                            number ? number : json_string(value));
    }
    sc_report_text(entry, "run", candidate->name);
    sc_report_value(entry, "values", values);
    sc_report_integer(entry, "epochs", candidate->epochs);
    sc_report_number(entry, search->judge, candidate->judged);
    sc_report_number(entry, "val_loss", candidate->loss);
    sc_report_text(entry, "state", state_of(search, candidate));
    return entry;
}

static socle_status write_text(const sc_search *search, const char *name, const sc_text *text) {
    sc_env *env = &search->cli->env;
    char *path;
    SC_TRY(text->status);
    SC_TRY(sc_run_file(&path, env, search->directory, name));
    socle_status status = sc_file_write_whole(env, path, text->data, text->length);
    sc_release(env, path);
    return status;
}

/* As CSV has it: values of lists may hold commas. */
static void add_cell(sc_text *text, const char *cell) {
    const bool quoted = strpbrk(cell, ",\"\n") != NULL;
    if (quoted) sc_text_add(text, "\"");
    for (; *cell; cell++) {
        if (*cell == '"') sc_text_add(text, "\"");
        sc_text_add_bytes(text, cell, 1);
    }
    if (quoted) sc_text_add(text, "\"");
}

static void add_number(sc_text *text, double value) {
    if (isfinite(value))
        sc_text_add(text, ",%.9g", value);
    else
        sc_text_add(text, ",");
}

static socle_status write_csv(const sc_search *search) {
    const bool by_loss = strcmp(search->judge, "val_loss") == 0;
    char value[SC_SEARCH_TEXT];
    sc_text text;
    sc_text_init(&text, &search->cli->env);
    sc_text_add(&text, "run");
    for (int k = 0; k < search->space.keys; k++) {
        sc_text_add(&text, ",");
        add_cell(&text, search->space.range[k].path);
    }
    sc_text_add(&text, ",epochs,%s%s,state\n", by_loss ? "" : search->judge,
                by_loss ? "val_loss" : ",val_loss");
    for (int64_t i = 0; i < search->runs; i++) {
        const sc_search_candidate *candidate = &search->candidate[i];
        sc_text_add(&text, "%s", candidate->name);
        for (int k = 0; k < search->space.keys; k++) {
            sc_text_add(&text, ",");
            add_cell(&text, value_of(value, search, candidate->number, k));
        }
        sc_text_add(&text, ",%lld", (long long)candidate->epochs);
        if (!by_loss) add_number(&text, candidate->judged);
        add_number(&text, candidate->loss);
        sc_text_add(&text, ",%s\n", state_of(search, candidate));
    }
    socle_status status = write_text(search, SC_SEARCH_TABLE, &text);
    sc_text_free(&text);
    return status;
}

static socle_status write_json(const sc_search *search) {
    json_t *list = json_array();
    sc_text text;
    for (int64_t i = 0; i < search->runs; i++) {
        json_t *entry = describe(search, &search->candidate[i]);
        json_object_del(entry, "event");
        json_array_append_new(list, entry);
    }
    sc_text_init(&text, &search->cli->env);
    sc_json_text(&text, list, 2);
    sc_text_add(&text, "\n");
    socle_status status = write_text(search, SC_SEARCH_RESULTS, &text);
    sc_text_free(&text);
    json_decref(list);
    return status;
}

/* The configuration that its run resolved. */
static socle_status write_best(const sc_search *search) {
    sc_env *env = &search->cli->env;
    char *run = NULL, *from = NULL, *to = NULL, *data = NULL;
    size_t size;
    if (!search->runs || isnan(search->candidate[0].judged)) return SOCLE_OK;
    socle_status status = sc_run_file(&run, env, search->directory, search->candidate[0].name);
    if (status == SOCLE_OK) status = sc_run_file(&from, env, run, SC_RUN_CONFIG);
    if (status == SOCLE_OK) status = sc_run_file(&to, env, search->directory, SC_SEARCH_BEST);
    if (status == SOCLE_OK) status = sc_file_read(env, &data, &size, from, MOST_BYTES);
    if (status == SOCLE_OK) status = sc_file_write_whole(env, to, data, size);
    sc_release(env, data);
    sc_release(env, to);
    sc_release(env, from);
    sc_release(env, run);
    return status;
}

socle_status sc_search_write(const sc_search *search) {
    SC_TRY(write_csv(search));
    SC_TRY(write_json(search));
    return write_best(search);
}

static void number_cell(sc_table *table, double value) {
    if (isnan(value))
        sc_table_cell(table, "%s", "");
    else
        sc_table_cell(table, "%.4f", value);
}

static socle_status print_table(const sc_search *search) {
    sc_table_column columns[SC_SEARCH_KEYS + 5] = {{"RUN", .right = false}};
    const bool by_loss = strcmp(search->judge, "val_loss") == 0;
    char value[SC_SEARCH_TEXT];
    sc_table *table;
    int count = 1;
    for (int k = 0; k < search->space.keys; k++)
        columns[count++] =
            (sc_table_column){search->space.range[k].path, .right = true, .least = 8};
    columns[count++] = (sc_table_column){"EPOCHS", .right = true};
    if (!by_loss) columns[count++] = (sc_table_column){search->judge, .right = true};
    columns[count++] = (sc_table_column){"val_loss", .right = true};
    columns[count++] = (sc_table_column){"STATE", .leaves = 1};
    SC_TRY(sc_table_create(&table, &search->cli->env, columns, count));
    for (int64_t i = 0; i < search->runs; i++) {
        const sc_search_candidate *candidate = &search->candidate[i];
        sc_table_cell(table, "%s", candidate->name);
        for (int k = 0; k < search->space.keys; k++)
            sc_table_cell(table, "%s", value_of(value, search, candidate->number, k));
        sc_table_cell(table, "%lld", (long long)candidate->epochs);
        if (!by_loss) number_cell(table, candidate->judged);
        number_cell(table, candidate->loss);
        sc_table_cell(table, "%s", state_of(search, candidate));
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

socle_status sc_search_print(const sc_search *search) {
    sc_cli *cli = search->cli;
    if (!cli->json) {
        SC_TRY(print_table(search));
        printf("\nbest configuration %s/best.json\n", search->directory);
        return SOCLE_OK;
    }
    for (int64_t i = 0; i < search->runs; i++)
        sc_report_print(cli, describe(search, &search->candidate[i]));
    json_t *done = sc_report("done");
    sc_report_text(done, "best", search->candidate[0].name);
    sc_report_text(done, "directory", search->directory);
    sc_report_print(cli, done);
    return SOCLE_OK;
}
