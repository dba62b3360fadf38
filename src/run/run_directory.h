/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a run, and who writes what into it when:
 *
 * - at the start: checkpoint.safetensors (of a new run), env.json (time, device, versions,
 *   implementations), config.json (resolved);
 * - after each epoch: metrics.jsonl, metrics.csv, pictures-0001.png (of a network that makes them,
 *   where it is asked for); and unless the last checkpoint is younger than
 *   the schedule asks: model.safetensors (where it is the best so far), checkpoint.safetensors;
 * - on the way, on a stop and at the end: the same two.
 *
 * Every file appears whole or not at all, and whenever the process ends, the run continues from
 * what is there. A run that cannot write does not begin; one that has begun goes on, says what it
 * could not write and tries again, so that a full disk costs no training. What varies between equal
 * runs stands in env.json alone. */
#ifndef SC_RUN_RUN_DIRECTORY_H
#define SC_RUN_RUN_DIRECTORY_H

#include "run/checkpoint.h"
#include "run/run_place.h"

typedef struct sc_run_directory sc_run_directory;

typedef struct sc_run_options {
    sc_directory *place; /* of run_place.h */
    const char *resumed; /* where the checkpoint is that the trainer holds; NULL: a new run */
    const sc_identity *identity;
    sc_checkpoint_schedule schedule;
} sc_run_options;

/* Begins the record of `trainer`'s run. An earlier run in the directory stays in its `previous`
 * until this one has written a model; one that continues drops what is later than its position.
 * What `options` points at must outlive the directory. */
socle_status sc_run_directory_open(sc_run_directory **out, sc_trainer *trainer,
                                   const sc_run_options *options);
/* These two fail only where no device is left to go on with: a file that cannot be written is a
 * warning. */
socle_status sc_run_directory_epoch(sc_run_directory *directory, const sc_epoch_report *report);
socle_status sc_run_directory_checkpoint(sc_run_directory *directory);
bool sc_run_directory_due(const sc_run_directory *directory, int64_t step); /* a checkpoint is */
/* The step of the checkpoint on disk. */
int64_t sc_run_directory_step(const sc_run_directory *directory);
/* False: the directory was deleted under the run. */
bool sc_run_directory_remains(const sc_run_directory *directory);
/* Where a run ends by a failure: writes what it has of finished epochs, the best model and their
 * rows. What cannot be written is a warning; the failure stays the env's. */
void sc_run_directory_salvage(sc_run_directory *directory);
/* At the end, or at a stop: writes what is not on disk yet. Now it is an error (IO) if something
 * cannot be written. A stop saves how the run was to go on, even if it had no time for a step. */
socle_status sc_run_directory_settle(sc_run_directory *directory, bool stopped);
/* Writes the model where no epoch has: the best weights, or those that are there. */
socle_status sc_run_directory_need_model(sc_run_directory *directory);
void sc_run_directory_close(sc_run_directory *directory); /* NULL is fine */

/* run_environment.c: env.json of a run. *out is a new reference. */
socle_status sc_run_environment(json_t **out, sc_trainer *trainer);

#endif
