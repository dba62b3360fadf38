/* SPDX-License-Identifier: Apache-2.0 */
/* What an evaluation says of each class, and which are taken for which: `socle eval --per-class`.
 */
#ifndef SC_CLI_EVAL_CLASSES_H
#define SC_CLI_EVAL_CLASSES_H

#include "cli/cli.h"
#include "nn/scoring.h"

typedef struct sc_class_report {
    sc_env *env;
    int64_t classes;
    const char *const *name; /* of `names` classes, in the words of the data; NULL: numbers */
    size_t names;
    sc_class_counts *counts; /* one per class */
    double *confusion;       /* classes x classes, labels in rows; NULL: labels are not of one class
                                each, or there are too many */
} sc_class_report;

/* For sc_evaluate_rows: takes what was collected into the report, whose `env` is set. */
socle_status sc_class_report_take(void *report, const sc_scored *rows);
void sc_class_report_free(sc_class_report *report);
/* Tables on standard output: of a matrix that has room there. */
socle_status sc_class_report_print(const sc_class_report *report);
/* "classes" and "confusion" of an event. */
void sc_class_report_add(json_t *event, const sc_class_report *report);

#endif
