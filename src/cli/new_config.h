/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations to begin with, written from what is in data on disk: `socle new`. */
#ifndef SC_CLI_NEW_CONFIG_H
#define SC_CLI_NEW_CONFIG_H

#include "base/text.h"
#include "cli/cli.h"

typedef struct sc_new_wish {
    sc_cli *cli;
    const char *data, *labels, *target; /* files; a column of a table; NULL: not named */
    const char *by;                     /* character or word, of a text; NULL: not said */
} sc_new_wish;

/* A task: its word, and the configuration of its data as commented text. Errors: CONFIG (a file was
 * not named), DATA. */
typedef struct sc_new_task {
    const char *word, *brief;
    socle_status (*write)(sc_text *out, const sc_new_wish *wish);
} sc_new_task;

/* The tasks, in the order of the help; NULL behind the last. */
const sc_new_task *sc_new_task_at(int number);
/* new_table.c */
socle_status sc_new_table(sc_text *out, const sc_new_wish *wish);
/* new_text.c */
socle_status sc_new_text(sc_text *out, const sc_new_wish *wish);
/* A text as YAML has it between quotes. */
void sc_new_quote(sc_text *out, const char *text);
/* The same of a file, as it is found from anywhere. */
void sc_new_path(sc_text *out, const char *path);

#endif
