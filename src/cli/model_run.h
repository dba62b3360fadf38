/* SPDX-License-Identifier: Apache-2.0 */
/* A model file on a device, for the commands that only read it. */
#ifndef SC_CLI_MODEL_RUN_H
#define SC_CLI_MODEL_RUN_H

#include "cli/model_choice.h"
#include "data/idx.h"
#include "data/preparation.h"
#include "train/fit.h"

enum { SC_MODEL_RUN_BATCH = 128 }; /* samples at a time, unless --batch says otherwise */

/* An engine for evaluation and prediction with the model's weights (`choice` NULL: the network has
 * none). `dataset` decides the type of
 * the targets and how much capacity is needed at most; `logits`: predictions are those of the
 * network, without the softmax or sigmoid of its loss. Thread: the device's. */
socle_status sc_model_run_engine(sc_engine **out, sc_device *device, sc_net *net,
                                 const sc_model_choice *choice, const sc_dataset *dataset,
                                 int64_t batch, bool logits, bool draws);
/* Samples without targets from an IDX file, or from standard input ("-"). */
socle_status sc_model_run_samples(sc_dataset **out, sc_env *env, const char *path,
                                  sc_image_layout layout);

/* Rows of a CSV file, or of standard input ("-"), as samples of a model that learnt from a table.
 */
socle_status sc_model_run_rows(sc_dataset **out, sc_env *env, const char *path,
                               const sc_preparation *preparation);

/* All of standard input, with a zero byte behind it; *data belongs to the caller, after a failure
 * too. */
socle_status sc_model_run_standard_input(sc_env *env, char **data, size_t *size);

/* What --inputs says: the file of one more input. */
typedef struct sc_input_file {
    const char *name, *path;
} sc_input_file;
/* Adds a column for each. */
socle_status sc_model_run_inputs(sc_dataset *dataset, sc_env *env, const sc_input_file *files,
                                 int count, sc_image_layout layout);

#endif
