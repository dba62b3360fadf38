/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that stages batches ahead of their use: it gathers the rows of the next batches from a
 * data set into free slots, epoch after epoch without a gap. The memory of the slots is the
 * caller's (usually pinned memory of a device). Knows no device: whoever takes a slot uploads from
 * it and gives it back.
 *
 *     data set --gather--> slot 0..K-1 --next()--> consumer --release()--> free again
 */
#ifndef SC_DATA_LOADER_H
#define SC_DATA_LOADER_H

#include "data/dataset.h"
#include "data/order.h"

typedef struct sc_loader sc_loader;

typedef struct sc_loader_slot {
    /* Filled in by the caller before sc_loader_create. */
    void *columns[SC_DATASET_MAX_COLUMNS]; /* room for `batch` rows of each column; NULL = column
                                              not wanted */
    uint32_t *indices;                     /* room for `batch` sample numbers; NULL = not wanted */
    void *user;
    /* Filled in by the loader. */
    uint32_t rows;  /* 1..batch */
    uint32_t epoch; /* from 0 */
    uint32_t first; /* place of the first row in the epoch */
    bool last;      /* last batch of its epoch */
} sc_loader_slot;

typedef struct sc_loader_opts {
    uint32_t batch;       /* most rows of a batch, >= 1 */
    uint32_t first_epoch; /* a resumed run starts later, */
    uint32_t first_row;   /* and maybe within the epoch (a multiple of batch) */
    uint32_t epochs;      /* how many epochs from first_epoch on; 0 = no end */
    bool drop_short;      /* leave out a last batch of fewer rows */
    bool no_thread; /* gather inside next(); also what happens where no thread can be created */
} sc_loader_opts;

/* Data set, slots and `env` must outlive the loader; `order` is copied. The slots' memory is
 * written by the loader's thread from now on, except while a slot is with the consumer. */
socle_status sc_loader_create(sc_loader **out, sc_env *env, const sc_dataset *dataset,
                              const sc_order *order, sc_loader_slot *slots, size_t slot_count,
                              const sc_loader_opts *opts);
/* The next batch, in order; waits for it. *slot = NULL after the last one. The consumer may hold
 * several slots (if it holds all of them, this fails with STATE instead of waiting for ever).
 * Thread: one consumer. Errors: those of the loader's thread; INTERRUPTED after sc_loader_stop. */
socle_status sc_loader_next(sc_loader *loader, sc_loader_slot **slot);
/* Gives a slot back; in any order. */
void sc_loader_release(sc_loader *loader, sc_loader_slot *slot);
/* Ends staging; a consumer that waits returns INTERRUPTED. Thread: any. May be called twice. */
void sc_loader_stop(sc_loader *loader);
void sc_loader_destroy(sc_loader *loader); /* stops, joins; NULL is fine */

#endif
