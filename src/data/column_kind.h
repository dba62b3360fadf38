/* SPDX-License-Identifier: Apache-2.0 */
/* What the columns of a data set are for: one table, by their names. Whoever reads, checks,
 * completes, stages or builds columns walks it, so a new one is a row here and its key in
 * run/recipe_options.c. A column of any other name is read by the network's input of that name. It
 * knows data sets, no network and no configuration. */
#ifndef SC_DATA_COLUMN_KIND_H
#define SC_DATA_COLUMN_KIND_H

#include "data/dataset.h"

typedef enum sc_column_use {
    SC_USE_INPUT,  /* the network reads it */
    SC_USE_TARGET, /* the loss compares with it; a data set has one such column at most */
    SC_USE_FACTOR  /* how much counts: of each row of the loss, the product of all factors, in the
                      loss, in what it is divided by, and in the metrics */
} sc_column_use;

typedef struct sc_column_kind {
    const char *name; /* in a data set; NULL: behind the last */
    sc_column_use use;
    const char *key; /* of data.train and data.test: where it comes from */
    bool file;       /* the key names an IDX file with a value for each sample, token or pixel */
    /* Of a factor: */
    unsigned dtypes; /* what it may be: the sum of 1u << SOCLE_F32 ... */
    bool per_row;    /* a value for each row of the loss; else one for each sample */
    float standard;  /* what data without it have, beside others with it */
    /* Whether `count` samples of these values can be used; NULL: all can. Errors: DATA. */
    socle_status (*check)(sc_env *env, const char *source, const sc_column *column, int64_t count);
} sc_column_kind;

/* Those that code names, in the order of the table; others are behind them. */
enum { SC_COLUMN_INPUT, SC_COLUMN_LABEL, SC_COLUMN_TARGET, SC_COLUMN_WEIGHT };
extern const sc_column_kind sc_column_kinds[];
enum { SC_COLUMN_FACTORS = 3 }; /* so many factors at most */

const sc_column_kind *sc_column_kind_find(const char *name); /* NULL: the name is free */
/* The name of the column that code names: SC_COLUMN_LABEL. */
const char *sc_column_name(int kind);
/* The data have a factor's column, of its types, with one value per sample unless it is per row,
 * and its values can be used. Errors: NOT_FOUND (no such column), DATA (names the first bad
 * sample). */
socle_status sc_dataset_check_factor(const sc_dataset *dataset, const sc_column_kind *kind);

#endif
