/* SPDX-License-Identifier: Apache-2.0 */
/* A model file on a device, for the commands that only read it. */
#ifndef SC_CLI_MODEL_RUN_H
#define SC_CLI_MODEL_RUN_H

#include "cli/cli.h"
#include "train/fit.h"

/* The network of a model file; what is missing or unreadable is DATA. */
socle_status sc_model_run_net(sc_net **out, sc_cli *cli, const char *path);
/* An engine for evaluation and prediction with the model's weights. `dataset` decides the type of
 * the targets and how much capacity is needed at most. Thread: the device's. */
socle_status sc_model_run_engine(sc_engine **out, sc_device *device, sc_net *net, const char *path,
                                 const sc_dataset *dataset, int64_t batch);
/* Samples without targets from an IDX file, or from standard input ("-"). */
socle_status sc_model_run_samples(sc_dataset **out, sc_env *env, const char *path);

#endif
