/* SPDX-License-Identifier: Apache-2.0 */
/* How predictions are shown, to standard output or in a file: a line per sample for people, JSON,
 * CSV, or an array as NumPy has it. */
#ifndef SC_CLI_PREDICTION_H
#define SC_CLI_PREDICTION_H

#include "base/file.h"
#include "cli/cli.h"
#include "data/preparation.h"

typedef enum sc_prediction_way {
    SC_PREDICT_LINES,
    SC_PREDICT_EVENTS, /* an object of JSON per line */
    SC_PREDICT_JSON,   /* a list of these */
    SC_PREDICT_CSV,
    SC_PREDICT_NPY /* f32 [samples, outputs], each output as it is */
} sc_prediction_way;

typedef struct sc_prediction_form {
    sc_cli *cli;
    sc_prediction_way way;
    sc_file_writer *writer;            /* NULL: standard output */
    socle_status status;               /* of what was written so far */
    const sc_preparation *preparation; /* gives names of classes and units of values; zeroed: the
                                          model knows none */
    const char *const *file;           /* that each sample is of; NULL: of one */
    bool classes;                      /* outputs are numbers of classes */
    int64_t last;                      /* so many outputs are shown, the last ones; 0: all */
    bool probabilities;                /* outputs are those of classes; false: scores, or values */
    double middle;                     /* a single output above it is the second of two classes */
    bool all;                          /* every output, not the class alone */
    bool logits;                       /* outputs are what the network gives */
    bool draws;                        /* there are deviations: */
    const float *deviation;            /* of each output of the sample; NULL: none */
} sc_prediction_form;

/* The way that the ending of a file asks for: .csv, .json, .jsonl, .npy; false: none. And by its
 * word: lines, json, jsonl, csv, npy. */
bool sc_prediction_way_of_file(sc_prediction_way *out, const char *path);
bool sc_prediction_way_of_word(sc_prediction_way *out, const char *word);

/* What comes before and behind `count` samples of `size` outputs. */
void sc_prediction_begin(sc_prediction_form *form, int64_t count, int64_t size);
void sc_prediction_end(sc_prediction_form *form);
/* Prints sample `index` with its `size` outputs. False: they are not all finite numbers. */
bool sc_prediction_print(sc_prediction_form *form, int64_t index, const float *row, int64_t size);

/* prediction_value.c: what outputs stand for. */

typedef struct sc_decision {
    int64_t class;    /* -1: outputs are not finite numbers */
    float score;      /* probability, or logit, or what the network gives */
    const char *name; /* of the class in the data; NULL: it has a number alone */
} sc_decision;

/* One output tells two named classes apart: the probability or score of the second. */
bool sc_prediction_is_binary(const sc_prediction_form *form, int64_t size);
const char *sc_prediction_score_word(const sc_prediction_form *form); /* "probability" */
bool sc_prediction_is_finite(const float *row, int64_t size);
sc_decision sc_prediction_decide(const sc_prediction_form *form, const float *row, int64_t size);
/* An output in the units of the data, its deviation too, and what it is called there; NULL: it has
 * no name. */
double sc_prediction_value(const sc_prediction_form *form, const float *row, int64_t i,
                           int64_t size);
double sc_prediction_deviation(const sc_prediction_form *form, int64_t i, int64_t size);
const char *sc_prediction_name(const sc_prediction_form *form, int64_t i, int64_t size);

#endif
