/* SPDX-License-Identifier: Apache-2.0 */
/* See eval_classes.h. */
#include "cli/eval_classes.h"
#include "io/quote.h"

#include <stdio.h>

enum { MOST_MATRIX = 1000, MOST_SHOWN = 15 }; /* classes */

socle_status sc_class_report_take(void *argument, const sc_scored *rows) {
    sc_class_report *report = argument;
    const bool one_label = rows->classes || rows->columns == 1;
    const size_t classes = (size_t)sc_scored_classes(rows);
    report->classes = (int64_t)classes;
    SC_TRY(sc_allocate(report->env, &report->counts, classes, sizeof *report->counts));
    sc_count_classes(report->counts, rows);
    if (!one_label || classes > MOST_MATRIX) return SOCLE_OK;
    SC_TRY(
        sc_allocate(report->env, &report->confusion, classes * classes, sizeof *report->confusion));
    sc_confusion(report->confusion, rows);
    return SOCLE_OK;
}

void sc_class_report_free(sc_class_report *report) {
    sc_release(report->env, report->counts);
    sc_release(report->env, report->confusion);
}

typedef struct class_name {
    char text[SC_QUOTED];
} class_name;

static class_name name_of(const sc_class_report *report, int64_t class) {
    class_name out;
    if ((size_t) class < report->names)
        snprintf(out.text, sizeof out.text, "%s", sc_quote(report->name[class]).text);
    else
        snprintf(out.text, sizeof out.text, "%lld", (long long)class);
    return out;
}

static socle_status print_counts(const sc_class_report *report) {
    static const sc_table_column columns[] = {{"class", true, 0, 0},
                                              {"precision", true, 0, 0},
                                              {"recall", true, 0, 0},
                                              {"f1", true, 0, 0},
                                              {"samples", true, 0, 0}};
    sc_table *table;
    SC_TRY(sc_table_create(&table, report->env, columns, 5));
    for (int64_t c = 0; c < report->classes; c++) {
        const sc_class_counts *counts = &report->counts[c];
        sc_table_cell(table, "%s", name_of(report, c).text);
        sc_table_cell(table, "%.4f", sc_class_precision(counts));
        sc_table_cell(table, "%.4f", sc_class_recall(counts));
        sc_table_cell(table, "%.4f", sc_class_f1(counts));
        sc_table_cell(table, "%.10g", counts->labelled);
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

/* A row for each label, a column for each class that was predicted. */
static socle_status print_matrix(const sc_class_report *report) {
    sc_table_column columns[MOST_SHOWN + 1] = {{"label", true, 0, 0}};
    char title[MOST_SHOWN][SC_QUOTED + 4];
    sc_table *table;
    for (int c = 0; c < report->classes; c++) {
        snprintf(title[c], sizeof title[c], "as %s", name_of(report, c).text);
        columns[c + 1] = (sc_table_column){title[c], true, 0, 0};
    }
    SC_TRY(sc_table_create(&table, report->env, columns, (int)report->classes + 1));
    for (int64_t label = 0; label < report->classes; label++) {
        sc_table_cell(table, "%s", name_of(report, label).text);
        for (int64_t c = 0; c < report->classes; c++)
            sc_table_cell(table, "%.10g", report->confusion[label * report->classes + c]);
    }
    socle_status status = sc_table_print(table, stdout);
    sc_table_destroy(table);
    return status;
}

socle_status sc_class_report_print(const sc_class_report *report) {
    SC_TRY(print_counts(report));
    return report->confusion && report->classes <= MOST_SHOWN ? print_matrix(report) : SOCLE_OK;
}

void sc_class_report_add(json_t *event, const sc_class_report *report) {
    json_t *classes = json_array(), *matrix = json_array();
    for (int64_t c = 0; c < report->classes; c++) {
        const sc_class_counts *counts = &report->counts[c];
        json_t *one = sc_report(NULL), *row = json_array();
        sc_report_integer(one, "class", c);
        if ((size_t)c < report->names) sc_report_text(one, "name", report->name[c]);
        sc_report_number(one, "precision", sc_class_precision(counts));
        sc_report_number(one, "recall", sc_class_recall(counts));
        sc_report_number(one, "f1", sc_class_f1(counts));
        sc_report_number(one, "samples", counts->labelled);
        json_array_append_new(classes, one);
        for (int64_t k = 0; report->confusion && k < report->classes; k++)
            json_array_append_new(row, json_real(report->confusion[c * report->classes + k]));
        json_array_append_new(matrix, row);
    }
    sc_report_value(event, "classes", classes);
    if (report->confusion)
        sc_report_value(event, "confusion", matrix);
    else
        json_decref(matrix);
}
