/* SPDX-License-Identifier: Apache-2.0 */
/* A feed: micro-batches of a data set in their order, staged ahead by the loader's thread and uploaded beside the computation.
 * Resident data travel as row numbers, staged data as columns; the caller sees slots. */
#ifndef SC_ENGINE_FEED_H
#define SC_ENGINE_FEED_H

#include "data/augment.h"
#include "data/loader.h"
#include "engine/engine.h"

typedef struct sc_feed sc_feed;

typedef struct sc_feed_source {
    const sc_dataset *dataset;
    const char *target;  /* column of the labels or targets; NULL: none (predict) */
    size_t first_row;    /* resident: where sc_engine_data put the data set */
    sc_augment augment;  /* training varies the images so */
} sc_feed_source;

typedef struct sc_feed_batch {
    int slot;
    uint32_t rows, epoch, first; /* first: place of row 0 in the epoch */
    bool last;                   /* of its epoch */
} sc_feed_batch;

/* `opts->batch` is the micro-batch, at most the engine's capacity. */
socle_status sc_feed_create(sc_feed **out, sc_engine *engine, const sc_feed_source *source, const sc_order *order,
                            const sc_loader_opts *opts);
/* The next micro-batch, its upload under way; *more is false after the last. */
socle_status sc_feed_next(sc_feed *feed, sc_feed_batch *batch, bool *more);
/* Waits until nothing reads its memory any more, and frees it. NULL is fine. Returns `status`, what came of its use; where that is OK, the
 * failure of an upload. */
socle_status sc_feed_end(sc_feed *feed, socle_status status);

/* Target column of a data set: "label" or "target". Errors: DATA. */
socle_status sc_feed_target(const char **out, sc_env *env, const sc_dataset *dataset);

#endif
