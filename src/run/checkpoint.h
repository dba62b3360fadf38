/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint: the full state of a run in one safetensors file, from which the run continues as if
 * it had never stopped. It is a model file (model/model.h) that holds more:
 * "optimizer/<state>/<parameter>", "best/<parameter>", a checksum over all of them, and in the
 * metadata where the run is and what it is a run of. Knows files and trainers, not who asks for a
 * checkpoint or when. */
#ifndef SC_RUN_CHECKPOINT_H
#define SC_RUN_CHECKPOINT_H

#include "run/recipe.h"

#define SC_CHECKPOINT_VERSION_KEY "checkpoint_version"

/* What a run is a run of, as JSON texts: the resolved configuration, the network, the training data
 * (sizes and a hash). */
typedef struct sc_identity {
    char *config, *network, *data;
    const char *best; /* what says which epoch is best where the configuration does not; borrowed */
    bool open_statistics; /* batch normalisation names no group of its own: the course fixes it */
} sc_identity;

socle_status sc_identity_create(sc_identity *out, const sc_recipe *recipe);
void sc_identity_free(sc_identity *identity, sc_env *env); /* a zeroed one is fine */

/* Writes the file whole or not at all. Thread: the device's; errors go to its env. */
socle_status sc_checkpoint_save(sc_trainer *trainer, const char *path, const sc_identity *identity);
/* Puts a state back. Where the file cannot be continued by this trainer nothing is changed: DATA
 * (no checkpoint, damaged), CONFIG (another network, optimizer, data or course of training: the
 * text names the first difference). */
socle_status sc_checkpoint_load(sc_trainer *trainer, const char *path, const sc_identity *identity);
/* The resolved configuration in a checkpoint; release with sc_release. */
socle_status sc_checkpoint_config(char **out, sc_env *env, const char *path);
/* The epoch whose weights are the best so far; 0: none is. */
socle_status sc_checkpoint_best_epoch(int64_t *out, sc_env *env, const char *path);

/* identity.c: CONFIG with the first difference that forbids to continue `saved` as `now`. */
socle_status sc_identity_match(sc_env *env, const sc_identity *saved, const sc_identity *now);

#endif
