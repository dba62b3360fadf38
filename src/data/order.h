/* SPDX-License-Identifier: Apache-2.0 */
/* In which order samples are visited. Everything is a function of (seed, epoch), so a resumed run
 * continues where it was. Knows nothing of the data itself. */
#ifndef SC_DATA_ORDER_H
#define SC_DATA_ORDER_H

#include "base/env.h"

/* Some samples of a data set, set aside for one purpose, and their order in the current epoch. */
typedef struct sc_order {
    sc_env *env;
    uint32_t count;
    uint32_t *samples; /* the members, as given */
    uint32_t *visit;   /* the same in the order of the epoch set last; each exactly once, or as
                          replacement has it */
    uint32_t *windows; /* room for their order; NULL: there are none */
    uint64_t seed;
    bool shuffle;
    uint32_t window; /* samples are shuffled within so many neighbours, and these windows among each
                        other; 0, or as many as all: all together */
    bool replacement; /* each place of an epoch has any member alike, drawn anew */
} sc_order;

/* Members 0..count-1, or those of the list `samples` (copied). Starts at epoch 0. */
socle_status sc_order_init(sc_order *order, sc_env *env, const uint32_t *samples, uint32_t count,
                           uint64_t seed, bool shuffle);
void sc_order_free(sc_order *order); /* a zeroed one is fine */
/* The same members in the same way, at epoch 0. */
socle_status sc_order_copy(sc_order *order, const sc_order *other);
/* Draws with replacement from now on; sets the epoch anew. */
void sc_order_replace(sc_order *order, uint32_t epoch);
/* Shuffles within windows of so many members from now on; sets the epoch anew. Errors:
 * OUT_OF_MEMORY, and then nothing has changed. */
socle_status sc_order_set_window(sc_order *order, uint32_t window, uint32_t epoch);
/* Makes `visit` the order of `epoch` (from 0; below UINT32_MAX). Without shuffle it is that of the
 * members. */
void sc_order_set_epoch(sc_order *order, uint32_t epoch);

#endif
