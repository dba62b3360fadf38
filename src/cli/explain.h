/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle explain` can explain: the rows of the library's tables, and what they say. */
#ifndef SC_CLI_EXPLAIN_H
#define SC_CLI_EXPLAIN_H

#include "base/text.h"
#include "cli/cli.h"

typedef struct sc_explained {
    const char *kind; /* "activation", "loss" */
    const sc_record *record;
    const char *formula; /* as it is computed with, else as people write it */
    /* Of a formula that is computed with: what it reads beside its options, and what of that its
     * derivatives are by. NULL: of the record, if it has one. */
    const char *names, *by;
} sc_explained;

/* Calls `each` for every row until it returns true. */
void sc_explain_each(bool (*each)(void *user, const sc_explained *what), void *user);
/* "by prediction: ..." for each name that the row says; nothing where there is no derivative. */
socle_status sc_explain_derivative(sc_text *out, const sc_explained *what);
/* The source: the record's, or what its help has in parentheses. */
void sc_explain_source(sc_text *out, const sc_explained *what);

/* glossary_it.c: the Italian name and a sentence; false: there is none. */
bool sc_glossary_it(const char *kind, const char *word, const char **term, const char **sentence);

#endif
