/* SPDX-License-Identifier: Apache-2.0 */
/* What a model is asked about: arrays, the rows of a table where it learnt from one, or pictures;
 * told apart by the model and by what lies in the file. */
#ifndef SC_CLI_PREDICT_INPUT_H
#define SC_CLI_PREDICT_INPUT_H

#include "cli/model_run.h"
#include "data/folder.h"

typedef struct sc_predict_input {
    sc_env *env;
    sc_dataset *dataset;        /* without targets */
    sc_preparation preparation; /* of the model; zeroed: it has none */
    sc_folder folder;           /* the files that samples are of, where they are pictures */
} sc_predict_input;

/* `net`: NULL where the samples say what the network is like. `model` names it in messages. Errors:
 * DATA. */
socle_status sc_predict_input_load(sc_predict_input *out, sc_env *env, const sc_net *net,
                                   const char *model, const char *path, sc_image_layout layout);
void sc_predict_input_free(sc_predict_input *input); /* a zeroed one is fine */

/* Whether a path leads to a folder, or to a PNG or JPEG file. */
bool sc_is_pictures(const char *path);

#endif
