/* SPDX-License-Identifier: Apache-2.0 */
/* Every option of every table, each with a configuration in which it can be set. */
#ifndef OPTION_ROWS_H
#define OPTION_ROWS_H

#include "sc_test.h"

#include "model/net_config.h"
#include "train/recipe.h"

enum { TEXT = 400, MOST_ROWS = 160 };

/* One option, and where it stands in a configuration. */
typedef struct row {
    const char *section;
    const sc_record *record;
    const sc_option *option;
} row;

static row rows[MOST_ROWS];
static int row_count;

static bool is_seen(const sc_record *record) {
    for (int r = 0; r < row_count; r++)
        if (rows[r].record == record) return true;
    return false;
}

static void collect(const sc_record *record, const char *section);

static void collect_family(const sc_family *family) {
    if (family == &sc_initializer_family) return; /* values of other options, in tests/model */
    for (const sc_record *const *record = family->record; *record; record++)
        collect(*record, (*record)->word);
    if (family->common) collect(family->common, "every layer");
}

static void collect(const sc_record *record, const char *section) {
    if (is_seen(record)) return;
    for (int i = 0; i < record->count; i++) {
        SC_TRUE(row_count < MOST_ROWS);
        rows[row_count++] = (row){section, record, &record->options[i]};
    }
    for (int i = 0; i < record->count; i++) {
        const sc_option *option = &record->options[i];
        if (option->record) collect(option->record, option->record->word);
        if (option->family) collect_family(option->family);
    }
}

/* All of them. */
static void collect_rows(void) {
    collect(&sc_recipe_record, "");
    SC_TRUE(row_count > 60);
}

/* A configuration in which every section stands, and a member of it can be set. */
static SC_UNUSED const char *base_of(const char *section) {
    static const struct {
        const char *section, *text;
    } base[] = {
        {"every layer", "network: [{relu: {name: stem}}, {relu: {from: stem}}, relu]"},
        {"dense", "network: [flatten, {dense: {units: 4}}]"},
        {"conv2d", "network: [relu, {conv2d: {filters: 8, kernel: 3}}]"},
        {"maxpool2d", "network: [relu, {maxpool2d: {kernel: 2}}]"},
        {"avgpool2d", "network: [relu, {avgpool2d: {kernel: 2}}]"},
        {"batchnorm", "network: [relu, {batchnorm: {}}]"},
        {"add", "network: [{relu: {name: a}}, {add: {from: [a, a]}}]"},
        {"concat", "network: [{relu: {name: a}}, {concat: {from: [a, a]}}]"},
        {"activation", "network: [relu, {activation: {function: relu}}]"},
        {"dropout", "network: [relu, {dropout: {rate: 0.1}}]"},
        {"inputs[]", "inputs: [{shape: [4, 9, 9]}]"},
        {"sgd", "optimizer: {sgd: {}}"},
        {"adam", "optimizer: {adam: {}}"},
    };
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++)
        if (strcmp(section, base[i].section) == 0) return base[i].text;
    return "{data: {train: {images: a, labels: b}}, network: [relu], loss: mean_squared_error,"
           " train: {checkpoint: {epoch_seconds: 0}, augment: {}, init_from: {file: w}}}";
}

static SC_UNUSED void holder_of(char out[TEXT], const row *row) {
    const char *section = row->section, *text = base_of(section);
    if (strcmp(section, "every layer") == 0)
        snprintf(out, TEXT, "network[1].relu");
    else if (strncmp(text, "network", 7) == 0)
        snprintf(out, TEXT, "network[1].%s", section);
    else if (strncmp(text, "inputs", 6) == 0)
        snprintf(out, TEXT, "inputs[0]");
    else if (strncmp(text, "optimizer", 9) == 0)
        snprintf(out, TEXT, "optimizer.%s", section);
    else
        snprintf(out, TEXT, "%s", section);
}

#endif
