/* SPDX-License-Identifier: Apache-2.0 */
/* Every option of every table, each with a configuration in which it can be set. */
#ifndef OPTION_ROWS_H
#define OPTION_ROWS_H

#include "sc_test.h"

#include "model/net_config.h"
#include "nn/metric.h"
#include "run/readers.h"

enum { TEXT = 700, MOST_ROWS = 1024 };

/* One option, and where it stands in a configuration. */
typedef struct row {
    const char *section;
    const sc_family *family; /* of the record; NULL: it is a section */
    const sc_record *record; /* of several layers' common options: the common record */
    const sc_option *option;
} row;

static row rows[MOST_ROWS];
static int row_count;

static bool is_seen(const sc_record *record) {
    for (int r = 0; r < row_count; r++)
        if (rows[r].record == record) return true;
    return false;
}

static void collect(const sc_record *record, const char *section, const sc_family *of) {
    if (is_seen(record)) return;
    for (int i = 0; i < record->count; i++) {
        SC_TRUE(row_count < MOST_ROWS);
        rows[row_count++] = (row){section, of, record, &record->options[i]};
    }
    for (int i = 0; i < record->count; i++) {
        const sc_option *option = &record->options[i];
        const sc_family *family = option->family;
        if (option->record) collect(option->record, option->record->word, NULL);
        if (!family || family == &sc_initializer_family)
            continue; /* values of other options, in tests/model */
        for (const sc_record *const *kind = family->record; *kind; kind++)
            collect(*kind, (*kind)->word, family);
        if (family->common)
            collect(family->common,
                    family == &sc_layer_family ? "every layer" : family->record[0]->word, family);
    }
}

/* All of them. */
static void collect_rows(void) {
    collect(&sc_recipe_record, "", NULL);
    SC_TRUE(row_count > 60);
}

/* {word: {what the record requires}} */
static SC_UNUSED void kind_text(char out[TEXT], const row *row) {
    bool common = row->record == row->family->common && row->family == &sc_layer_family;
    int used = snprintf(out, TEXT, "{%s: {", common ? "relu" : row->section);
    for (int i = 0; i < row->record->count; i++)
        if (row->record->options[i].required)
            used += snprintf(out + used, (size_t)(TEXT - used), "%s: %s, ",
                             row->record->options[i].key, row->record->options[i].example);
    snprintf(out + used, (size_t)(TEXT - used), "}}");
}

/* A whole configuration in which the row's section stands, and the path of the section. */
static SC_UNUSED void base_of(char text[TEXT], char holder[TEXT], const row *row) {
    char kind[TEXT] = "{relu: }", inputs[TEXT] = "";
    char data[2 * TEXT] = "images: a, labels: b";
    const char *loss = "mse", *optimizer = "adam", *schedule = "constant", *metrics = "[]";
    if (row->family) kind_text(kind, row);
    snprintf(holder, TEXT, "%s", row->section);
    const sc_reader *reader =
        row->record == &sc_recipe_part_record ? sc_reader_owner(row->option->key) : NULL;
    if (reader && reader != &sc_reader_idx)
        snprintf(data, sizeof data, "%s: %s", reader->key, reader == &sc_reader_toy ? "xor" : "a");
    if (row->record == &sc_recipe_column_record) {
        strcpy(data, "csv: a, columns: [{name: a}]");
        snprintf(holder, TEXT, "data.train.columns[0]");
    } else if (row->record == &sc_net_input_record) {
        snprintf(inputs, sizeof inputs, "inputs: [{shape: [1, 2]}], ");
        snprintf(holder, TEXT, "inputs[0]");
    } else if (row->record == &sc_loss_item_record || row->record == &sc_phase_record) {
        bool phase = row->record == &sc_phase_record;
        snprintf(inputs, sizeof inputs, "%s: [{%sloss%s: %s}], ", row->section,
                 phase ? "trains: a, " : "", phase ? "es" : "", phase ? "[{loss: mse}]" : "mse");
        snprintf(holder, TEXT, "%s[0]", row->section);
    } else if (strcmp(row->section, "train.groups") == 0) {
        snprintf(holder, TEXT, "train.groups[0]");
    } else if (row->family == &sc_layer_family) {
        snprintf(holder, TEXT, "network[1].%s",
                 row->record == row->family->common ? "relu" : row->section);
    } else if (row->family == &sc_toy_family) {
        snprintf(data, sizeof data, "generate: %s", kind);
        snprintf(holder, TEXT, "data.train.generate.%s", row->section);
    } else if (row->family == &sc_metric_family) {
        metrics = kind;
        snprintf(holder, TEXT, "metrics.%s", row->section);
    } else if (row->family) {
        bool scheduled = row->family == &sc_schedule_family;
        *(row->family == &sc_loss_family ? &loss : scheduled ? &schedule : &optimizer) = kind;
        snprintf(holder, TEXT, "%s%s.%s", scheduled ? "train." : "", row->family->what,
                 row->section);
    }
    int length = snprintf(
        text, TEXT,
        "{%sdata: {train: {%s}}, network: [{relu: {name: a}}, "
        "%s], loss: %s, metrics: %s, optimizer: %s, train: {checkpoint: {epoch_seconds: 0}, "
        "augment: {}, init_from: {file: w}, groups: [{parameters: a}], clip: {}, "
        "early_stopping: {patience: 1}, schedule: %s}}",
        inputs, data, row->family == &sc_layer_family ? kind : "relu", loss, metrics, optimizer,
        schedule);
    SC_TRUE(length < TEXT);
}

#endif
