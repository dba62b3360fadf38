/* SPDX-License-Identifier: Apache-2.0 */
/* Brings the samples of micro-batches onto an engine's device: gathers rows of the data set (or their numbers, where the data are
 * resident) into the host memory of a slot and begins the upload. Whoever asks ahead finds the slot filled. Any rows of any
 * epoch may be asked for at any time, so work can be done again and moved between devices. Thread: the engine's. */
#ifndef SC_ENGINE_STAGE_H
#define SC_ENGINE_STAGE_H

#include "data/order.h"
#include "engine/engine.h"
#include "engine/feed.h"

typedef struct sc_stage sc_stage;

/* Rows [first, first + rows) of an epoch's order. */
typedef struct sc_stage_rows {
    uint32_t epoch, first, rows;
} sc_stage_rows;

/* Engine and data set must outlive the stage; members of `order` are copied. */
socle_status sc_stage_create(sc_stage **out, sc_engine *engine, const sc_feed_source *source, const sc_order *order);
void sc_stage_destroy(sc_stage *stage); /* NULL is fine */
/* Forgets what the slots hold: someone else has used them. */
void sc_stage_forget(sc_stage *stage);
/* The slot with these rows, filled now unless it was filled ahead. At most the engine's slots - 1 may be filled ahead of their use. */
socle_status sc_stage_slot(sc_stage *stage, const sc_stage_rows *rows, int *slot);

#endif
