/* SPDX-License-Identifier: Apache-2.0 */
/* The one path of samples to a device: gathers rows of a data set (or their numbers, where the data
 * are resident) into host-mapped memory, one part per slot of an engine, and begins the upload.
 * Rows that were asked for ahead are there when they are needed. Any rows of any epoch may be asked
 * for at any time, so work can be done again and moved between devices. Thread: the engine's.
 *
 *   data set --gather--> slot 0..n-1 (host) --upload--> slot 0..n-1 (device) --> micro-batch */
#ifndef SC_ENGINE_STAGE_H
#define SC_ENGINE_STAGE_H

#include "data/augment.h"
#include "data/order.h"
#include "engine/engine.h"

typedef struct sc_stage sc_stage;

typedef struct sc_stage_source {
    const sc_dataset *dataset;
    const char *target; /* column of the labels or targets; NULL: inputs alone are read */
    size_t first_row;   /* resident: where sc_engine_data put the data set */
    sc_augment augment; /* training varies the images so */
} sc_stage_source;

/* Rows [first, first + rows) of an epoch's order. */
typedef struct sc_stage_rows {
    uint32_t epoch, first, rows;
} sc_stage_rows;

/* rows: the most that are asked for at once. Engine and data set must outlive the stage; members of
 * `order` are copied. Errors: DATA (a column is missing), SHAPE (a column does not suit the
 * network), DEVICE_MEMORY. */
socle_status sc_stage_create(sc_stage **out, sc_engine *engine, const sc_stage_source *source,
                             const sc_order *order, int64_t rows);
void sc_stage_destroy(sc_stage *stage); /* waits for its uploads; NULL is fine */
/* Marks all slots as empty: other code has used the engine's slots. */
void sc_stage_forget(sc_stage *stage);
/* The slot with these rows, filled now unless it was filled ahead. At most the engine's slots - 1
 * may be filled ahead of their use. */
socle_status sc_stage_slot(sc_stage *stage, const sc_stage_rows *rows, int *slot);

/* Tells the engine which samples the step under way has, on all devices. */
socle_status sc_stage_tell(sc_stage *stage, const sc_stage_rows *rows);

/* What a pass does with the rows in a slot. */
typedef socle_status (*sc_stage_use)(sc_engine *engine, int slot, int64_t rows, void *argument);
/* Hands every sample of an order (as of epoch 0) to `use`, in micro-batches of `rows`; the next
 * ones are uploaded meanwhile. Ends with the first failure, that of an upload included. */
socle_status sc_stage_pass(sc_engine *engine, const sc_stage_source *source, const sc_order *order,
                           int64_t rows, sc_stage_use use, void *argument);

#endif
