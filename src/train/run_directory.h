/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a run, and who writes what into it when:
 *
 *   at the start      config.json (resolved), env.json (time, device, versions, implementations)
 *   after each epoch  metrics.jsonl, metrics.csv, model.safetensors (where it is the best so far),
 * checkpoint.safetensors on a stop         checkpoint.safetensors
 *
 * Every file appears whole or not at all. What varies between equal runs stands in env.json alone.
 */
#ifndef SC_TRAIN_RUN_DIRECTORY_H
#define SC_TRAIN_RUN_DIRECTORY_H

#include "train/checkpoint.h"

typedef struct sc_run_directory sc_run_directory;

/* Finds and makes the directory: `wish`, or where that is NULL a new runs/NAME-YYYYmmdd-HHMMSS,
 * NAME from `label` (the path of a configuration). *out is allocated. */
socle_status sc_run_directory_make(char **out, sc_env *env, const char *wish, const char *label);
/* Begins the record of `trainer`'s run. A run that does not continue another one (position 0)
 * removes the model, the metrics and the checkpoint of an earlier run from the directory. path and
 * identity must outlive the directory. Thread: the device's. */
socle_status sc_run_directory_open(sc_run_directory **out, sc_trainer *trainer, const char *path,
                                   const sc_identity *identity);
socle_status sc_run_directory_epoch(sc_run_directory *directory, const sc_epoch_report *report);
/* The state as it is, after a stop within an epoch. */
socle_status sc_run_directory_checkpoint(sc_run_directory *directory);
/* Writes the model where no epoch has: the best weights, or those that are there. */
socle_status sc_run_directory_need_model(sc_run_directory *directory);
void sc_run_directory_close(sc_run_directory *directory); /* NULL is fine */

/* "model.safetensors", "checkpoint.safetensors" in a directory; release with sc_release. */
socle_status sc_run_file(char **out, sc_env *env, const char *directory, const char *name);

#define SC_RUN_MODEL "model.safetensors"
#define SC_RUN_CHECKPOINT "checkpoint.safetensors"

/* run_environment.c: env.json of a run. *out is a new reference. */
socle_status sc_run_environment(json_t **out, sc_trainer *trainer);

#endif
