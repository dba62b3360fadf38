/* SPDX-License-Identifier: Apache-2.0 */
/* Several models that answer as one: the mean of what they predict, of classes that of their
 * probabilities (deep ensembles: Lakshminarayanan, Pritzel and Blundell 2017), and how far they
 * deviate from each other. Their networks may differ; what they say must be of one kind. */
#ifndef SC_CLI_ENSEMBLE_H
#define SC_CLI_ENSEMBLE_H

#include "cli/model_run.h"
#include "data/folder.h"

typedef struct sc_member {
    const char *path;
    sc_net *net;
    sc_preparation preparation; /* of its rows; zeroed: it has none */
    /* The samples, as it reads them, and the files that they are of where they are pictures; the
     * caller's to give, owned here. */
    sc_dataset *dataset;
    sc_folder folder;
} sc_member;

typedef struct sc_ensemble {
    sc_cli *cli;
    int models;
    sc_member member[SC_CLI_MODELS];
    int64_t batch, samples, size; /* size: outputs of a sample */
    bool logits;
    float *mean, *deviation; /* of each output of each sample, once it has predicted */
} sc_ensemble;

/* Loads the networks of all models that were named. Errors: DATA (a file is missing, or one says
 * something else than the first), CONFIG. */
socle_status sc_ensemble_open(sc_ensemble *out, sc_cli *cli, const sc_model_choice *choice);
void sc_ensemble_close(sc_ensemble *ensemble); /* a zeroed one is fine */
/* Every model over its samples, for sc_worker_run: the argument is the ensemble. Values are in the
 * units in which the first model learnt. */
socle_status sc_ensemble_predict(sc_device *device, void *ensemble);
/* What judges the mean as the loss and the metrics of the first model judge its own: a network that
 * does nothing, and a data set with what it reads; both are the caller's. Errors: CONFIG (the loss
 * cannot be of several models). */
socle_status sc_ensemble_judge(sc_net **net, sc_dataset **dataset, const sc_ensemble *ensemble);

#endif
