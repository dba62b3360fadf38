/* SPDX-License-Identifier: Apache-2.0 */
/* How the prediction for one sample is shown: a line for people, or JSON. */
#ifndef SC_CLI_PREDICTION_H
#define SC_CLI_PREDICTION_H

#include "cli/cli.h"
#include "data/preparation.h"

typedef struct sc_prediction_form {
    sc_cli *cli;
    const sc_preparation *preparation; /* gives names of classes and units of values; zeroed: the
                                          model knows none */
    const char *const *file;           /* that each sample is of; NULL: of one */
    bool classes;                      /* outputs are numbers of classes */
    bool probabilities;                /* outputs are those of classes; false: scores, or values */
    double middle;                     /* a single output above it is the second of two classes */
    bool all;                          /* every output, not the class alone */
    bool logits;                       /* outputs are what the network gives */
    const float *deviation;            /* of each output of the sample; NULL: none */
} sc_prediction_form;

/* Prints sample `index` with its `size` outputs. False: they are not all finite numbers. */
bool sc_prediction_print(const sc_prediction_form *form, int64_t index, const float *row,
                         int64_t size);

#endif
