/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of a run's data and its network: which of them an engine reads, whether those of both
 * data sets agree and suit, and what the rows of a sample count by them. It walks the table of
 * data/column_kind.h and knows no factor by name, and no device. A column that an input of the
 * network has the name of is that input's. */
#ifndef SC_TRAIN_COLUMNS_H
#define SC_TRAIN_COLUMNS_H

#include "data/order.h"
#include "engine/engine.h"

/* The number of a factor's column in the data; -1: it has none. `dataset` may be NULL: none. */
int sc_columns_find(const sc_net *net, const sc_dataset *dataset, const sc_column_kind *kind);
/* Puts factors, and the type of the labels or targets, into the options of an engine that reads
 * both data sets: each as the wider of its types, in the order u8, i32, f32. `test` may be NULL.
 * Errors: DATA (no targets; one of the two has a factor that the other lacks: says which). */
socle_status sc_columns_choose(sc_engine_options *out, sc_env *env, const sc_net *net,
                               const sc_dataset *train, const sc_dataset *test);
/* A data set equal to `dataset` but with the types that were chosen; columns that stay are borrowed
 * from it, so it must live longer. NULL when all is right as it is. */
socle_status sc_columns_convert(sc_dataset **out, sc_env *env, const sc_dataset *dataset,
                                const sc_engine_options *chosen);
/* Labels or targets are what the net's losses compare with (sc_targets_suit), factors are such that
 * can be used and have the rows that the labels have, and something counts. Errors: DATA. */
socle_status sc_columns_suit(sc_env *env, const sc_net *net, const sc_dataset *dataset);
/* Gives the data set that lacks a factor which the other has the factor's standard values. */
socle_status sc_columns_complete(sc_dataset *a, sc_dataset *b);

/* What samples count: borrows columns of a data set. */
typedef struct sc_tally {
    const sc_column *target, *length; /* NULL: no row is left out by its label, or by a length */
    int64_t rows;                     /* of the loss, of one sample */
    int32_t ignored;
    int factors;
    struct {
        const sc_column *column;
        bool per_row;
    } factor[SC_COLUMN_FACTORS];
} sc_tally;
/* Errors: DATA (a column is missing). */
socle_status sc_tally_begin(sc_tally *out, sc_env *env, const sc_net *net,
                            const sc_dataset *dataset);
/* Every sample counts 1. */
bool sc_tally_is_plain(const sc_tally *tally);
/* The sum of what the rows of a sample count. */
double sc_tally_sample(const sc_tally *tally, int64_t sample);
/* Something counts among `count` samples of these numbers. */
bool sc_tally_any(const sc_tally *tally, const uint32_t *sample, int64_t count);
/* Among the samples of an order something counts. `what` names them. Errors: DATA. */
socle_status sc_columns_count(sc_env *env, const sc_net *net, const sc_dataset *dataset,
                              const sc_order *order, const char *what);

#endif
