/* SPDX-License-Identifier: Apache-2.0 */
/* The checkpoints of a run directory: when the next one is due, and which stay. The newest is
 * always checkpoint.safetensors; with `keep` above 1 those before it stay as
 * checkpoint-STEP.safetensors, and the oldest goes once the new one is safely on disk. Whenever a
 * process ends, by whatever means, the newest is whole. Knows files and trainers, not what else a
 * run writes. */
#ifndef SC_RUN_CHECKPOINT_SERIES_H
#define SC_RUN_CHECKPOINT_SERIES_H

#include "base/directory.h"
#include "run/checkpoint.h"

typedef struct sc_checkpoint_series sc_checkpoint_series;

/* Whether `name` is that of an older checkpoint, and of which step. */
bool sc_checkpoint_older(const char *name, int64_t *step);

/* `directory` and `identity` must outlive the series. `continues`: the directory's newest
 * checkpoint is the state that the trainer holds. */
socle_status sc_checkpoint_series_create(sc_checkpoint_series **out, sc_trainer *trainer,
                                         sc_directory *directory, const sc_identity *identity,
                                         const sc_checkpoint_schedule *schedule, bool continues);
void sc_checkpoint_series_destroy(sc_checkpoint_series *series); /* NULL is fine */

/* Whether the schedule asks for one after this step. Failed attempts count like others. */
bool sc_checkpoint_series_due(const sc_checkpoint_series *series, int64_t step);
/* Whether the last one is so new that the end of an epoch needs none. */
bool sc_checkpoint_series_rests(const sc_checkpoint_series *series);
/* Saves the trainer's state, unless this series has done so at this step. On failure what was there
 * before stays as it was. */
socle_status sc_checkpoint_series_save(sc_checkpoint_series *series);
/* The step of the newest on disk; -1: none of this run. */
int64_t sc_checkpoint_series_step(const sc_checkpoint_series *series);

#endif
