/* SPDX-License-Identifier: Apache-2.0 */
/* What saving and loading a checkpoint share: which tensors there are, what the checksum covers and
 * in which order. For checkpoint.c and checkpoint_load.c alone. */
#ifndef SC_RUN_CHECKPOINT_PRIVATE_H
#define SC_RUN_CHECKPOINT_PRIVATE_H

#include "base/hash.h"
#include "io/format.h"
#include "io/safetensors.h"
#include "nn/metric.h"
#include "run/checkpoint.h"

#define SC_CHECKPOINT_SUM "checkpoint/checksum"

/* Where one tensor of the file lives in a run. */
typedef enum sc_checkpoint_place_kind {
    SC_CHECKPOINT_CURRENT,
    SC_CHECKPOINT_STATE,
    SC_CHECKPOINT_BEST
} sc_checkpoint_place_kind;
typedef struct sc_checkpoint_place {
    sc_checkpoint_place_kind kind;
    int parameter, state;
    char name[320];
} sc_checkpoint_place;

typedef struct sc_checkpoint_visit {
    sc_env *env;
    sc_trainer *trainer;
    const sc_net *net;
    sc_safetensors_writer *writer;
    const sc_safetensors *file;
    float *buffer; /* room for the largest parameter */
    sc_hash hash;
    bool with_best;
    size_t tensors; /* found in the file so far */
} sc_checkpoint_visit;

typedef socle_status (*sc_checkpoint_visitor)(sc_checkpoint_visit *visit,
                                              const sc_checkpoint_place *at);

/* Every tensor of a run, in the order of the checksum. */
socle_status sc_checkpoint_tensors(sc_checkpoint_visit *v, sc_checkpoint_visitor each);
/* Allocates the buffer, which the caller releases. */
socle_status sc_checkpoint_begin(sc_checkpoint_visit *v, sc_trainer *trainer);
socle_shape sc_checkpoint_shape(const sc_checkpoint_visit *v, const sc_checkpoint_place *at);
/* Adds bytes to the checksum. */
void sc_checkpoint_hash(sc_checkpoint_visit *v, const void *data, size_t size);

/* Keys of the position's whole numbers in the metadata, and where each is. */
enum { SC_CHECKPOINT_NUMBERS = 4, SC_CHECKPOINT_KEY = 120 };
extern const char *const sc_checkpoint_number_keys[SC_CHECKPOINT_NUMBERS];
void sc_checkpoint_numbers(sc_position *position, int64_t *out[SC_CHECKPOINT_NUMBERS]);
/* The sum of a metric in the position; NULL: the run does not measure it. */
double *sc_checkpoint_metric_sum(const sc_checkpoint_visit *v, sc_position *position,
                                 const sc_metric_kind *metric);
void sc_checkpoint_metric_key(char out[SC_CHECKPOINT_KEY], const sc_metric_kind *metric);
/* Where the sums of a network's own metrics are, an object by their words. */
#define SC_CHECKPOINT_OWN_METRICS "run.metrics"
/* A run without scaling says nothing of it. */
bool sc_checkpoint_has_scaling(const sc_checkpoint_visit *v);
/* Nor one whose schedule does not wait for progress. */
bool sc_checkpoint_has_plateau(const sc_checkpoint_visit *v);
/* Nor one that does not stop early. */
bool sc_checkpoint_has_patience(const sc_checkpoint_visit *v);
extern const sc_format sc_checkpoint_versions;

#endif
