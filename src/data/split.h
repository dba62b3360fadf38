/* SPDX-License-Identifier: Apache-2.0 */
/* Which samples are trained on and which are the validation: a function of a seed, of what classes
 * samples are, and of which belong together. Knows nothing of the data itself. */
#ifndef SC_DATA_SPLIT_H
#define SC_DATA_SPLIT_H

#include "base/env.h"

typedef struct sc_split {
    uint32_t *train, *validation; /* ascending */
    uint32_t train_count, validation_count;
} sc_split;

/* Zeroed: no validation part. */
typedef struct sc_split_options {
    double fraction; /* of the samples, at least 0 and below 1; which part of this size, from 1: */
    int64_t fold;    /* 0 is 1 */
    uint64_t seed;
    bool in_order;  /* parts lie together, as the samples do: fold 1 at the end, the next before it
                     */
    uint32_t reach; /* in_order: so many samples that follow one share values with it; what shares
                       some with the validation part is in neither */
    uint32_t tail;  /* so many samples at the end are the validation part instead */
    const uint32_t *stratum; /* per sample; each stratum has its share of both parts; NULL: none */
    const uint32_t *group;   /* per sample; a group is never in both parts; NULL: none */
} sc_split_options;

/* Splits samples 0..count-1 by a seeded permutation. The validation part is part number `fold` of
 * it: from round(count * fraction * (fold - 1)) to round(count * fraction * fold); so folds 1 to k
 * of 1/k have every sample once. It has at least 1 member where fraction > 0, and so has the
 * training part.
 * Strata: their members are spread evenly over the permutation, so that of m members of any part a
 * stratum with the share p has p * m, rounded up or down. Groups: each lies together, and goes
 * where its middle lies. Samples that lie in order are not permuted. Errors: CONFIG (fraction
 * outside [0,1), no such fold, too few samples or groups, strata or groups of samples in order). */
socle_status sc_split_create(sc_split *out, sc_env *env, uint32_t count,
                             const sc_split_options *options);
void sc_split_free(sc_split *split, sc_env *env); /* a zeroed one is fine */

#endif
