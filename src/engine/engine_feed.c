/* SPDX-License-Identifier: Apache-2.0 */
/* Getting batches onto the device: resident data sets once, staged columns or row numbers per
 * micro-batch. Uploads run on a queue of their own beside the computation; events order the two. */
#include "engine/engine_private.h"

#include "base/thread_pool.h"

#include <string.h>

socle_status sc_engine_find_column(const sc_engine *engine, int k, const sc_dataset *dataset,
                                   const char *target, const sc_column **out) {
    const char *name = sc_engine_column_source(engine, k, target);
    *out = NULL;
    if (!name) return SOCLE_OK;
    int found = sc_dataset_find(dataset, name);
    if (found < 0)
        return sc_fail(engine->env, SOCLE_STATUS_DATA, "%s: has no column \"%s\"",
                       sc_dataset_label(dataset), name);
    *out = sc_dataset_column(dataset, found);
    if ((*out)->row_bytes != sc_engine_column_bytes(engine, k))
        return sc_fail(engine->env, SOCLE_STATUS_SHAPE,
                       "%s: a row of \"%s\" has %zu bytes, the network reads %zu",
                       sc_dataset_label(dataset), name, (*out)->row_bytes,
                       sc_engine_column_bytes(engine, k));
    return SOCLE_OK;
}

socle_status sc_engine_data(sc_engine *engine, const sc_dataset *dataset, const char *target,
                            size_t *first_row) {
    size_t rows = (size_t)sc_dataset_count(dataset);
    if (rows > engine->options.data_rows - engine->data_used)
        return sc_fail(engine->env, SOCLE_STATUS_STATE, "%zu more rows do not fit the %zu planned",
                       rows, engine->options.data_rows);
    for (int k = 0; k < engine->columns; k++) {
        const sc_column *column = NULL;
        SC_TRY(sc_engine_find_column(engine, k, dataset, target, &column));
        sc_operand to = engine->memory.base[SC_LANE_DATA];
        to.offset +=
            engine->map.lane[SC_LANE_DATA].offset[k] + engine->data_used * column->row_bytes;
        SC_TRY(sc_queue_write(engine->compute, to, column->data, rows * column->row_bytes));
    }
    SC_TRY(sc_queue_finish(engine->compute));
    *first_row = engine->data_used;
    engine->data_used += rows;
    return SOCLE_OK;
}

int sc_engine_origin_numbers(const sc_engine *engine) {
    return engine->options.covers ? SC_AUGMENT_NUMBERS : SC_AUGMENT_ORIGIN;
}

void sc_engine_image(const sc_engine *engine, int64_t *height, int64_t *width) {
    *height = *width = 1;
    for (int k = engine->net->inputs - 1; k >= 0; k--) {
        if (engine->column[k].rank != SC_IMAGE_RANK) continue;
        *height = engine->column[k].dim[2];
        *width = engine->column[k].dim[3];
    }
}

size_t sc_engine_staged_bytes(const sc_engine *engine, int column, bool augments) {
    if (column == engine->columns)
        return engine->options.augments && augments
                   ? (size_t)sc_engine_origin_numbers(engine) * sizeof(int32_t)
                   : 0;
    if (engine->options.resident) return column ? 0 : sizeof(uint32_t);
    return sc_engine_column_bytes(engine, column);
}

static socle_status write_columns(sc_engine *engine, sc_operand base, int64_t rows,
                                  const void *const *column) {
    const sc_lane_layout *lane = &engine->map.lane[SC_LANE_INPUTS];
    for (int k = 0; k < engine->columns; k++) {
        if (!column[k]) continue;
        sc_operand to = {base.buffer, base.offset + lane->offset[k]};
        SC_TRY(sc_queue_write(engine->upload, to, column[k],
                              (size_t)rows * sc_engine_column_bytes(engine, k)));
    }
    return SOCLE_OK;
}

static socle_status write_origins(sc_engine *engine, sc_operand base, int64_t rows,
                                  const void *origin) {
    base.offset += engine->map.lane[SC_LANE_INPUTS].offset[sc_engine_origin_index(engine)];
    return sc_queue_write(engine->upload, base, origin,
                          (size_t)rows * (size_t)sc_engine_origin_numbers(engine) *
                              sizeof(int32_t));
}

static int64_t number_at(const sc_engine *engine, int k, const void *column, size_t row) {
    int32_t value;
    if (engine->column[k].dtype == SOCLE_U8) return ((const uint8_t *)column)[row];
    memcpy(&value, (const char *)column + row * sizeof value, sizeof value);
    return value;
}

int64_t sc_engine_longest(const sc_engine *engine, const void *const *column, int64_t rows,
                          const uint32_t *sample) {
    int64_t longest = 0;
    for (int k = 0; k < engine->net->inputs; k++) {
        if (!column[k] || !sc_net_length_limit(engine->net, k, NULL)) continue;
        for (int64_t i = 0; i < rows; i++) {
            int64_t length = number_at(engine, k, column[k], sample ? sample[i] : (size_t)i);
            if (length > longest) longest = length;
        }
    }
    return longest;
}

void sc_engine_slot_longest(sc_engine *engine, int slot, int64_t longest) {
    engine->slot[slot].longest = longest;
}

socle_status sc_engine_upload(sc_engine *engine, int number, int64_t rows,
                              const void *const *column, const int32_t *index) {
    sc_engine_slot *slot = &engine->slot[number];
    if (rows < 1 || rows > engine->rows)
        return sc_fail(engine->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%lld rows do not fit a micro-batch of %lld", (long long)rows,
                       (long long)engine->rows);
    SC_TRY(sc_engine_slot_uploaded(engine, number));
    if (slot->used) SC_TRY(sc_queue_wait_event(engine->upload, slot->used));
    sc_event_release(slot->used);
    slot->used = NULL;
    uint64_t asked = sc_now_ns();
    sc_operand base = {slot->buffer, 0};
    slot->longest = engine->options.resident ? 0 : sc_engine_longest(engine, column, rows, NULL);
    if (engine->options.resident)
        SC_TRY(sc_queue_write(engine->upload, base, index, (size_t)rows * sizeof *index));
    else
        SC_TRY(write_columns(engine, base, rows, column));
    if (engine->options.augments && column[engine->columns])
        SC_TRY(write_origins(engine, base, rows, column[engine->columns]));
    SC_TRY(sc_queue_record(engine->upload, &slot->uploaded));
    slot->asked = asked;
    return sc_queue_flush(engine->upload);
}

socle_status sc_engine_slot_uploaded(sc_engine *engine, int number) {
    sc_engine_slot *slot = &engine->slot[number];
    if (!slot->uploaded) return SOCLE_OK;
    socle_status status = sc_queue_poll(engine->upload, slot->uploaded, SC_DEADLINE_DEFAULT);
    if (status == SOCLE_OK) sc_engine_link_uploaded(engine, slot);
    sc_event_release(slot->uploaded);
    slot->uploaded = NULL;
    return status;
}

socle_status sc_engine_slot_begin(sc_engine *engine, int number) {
    sc_engine_slot *slot = &engine->slot[number];
    return slot->uploaded ? sc_queue_wait_event(engine->compute, slot->uploaded) : SOCLE_OK;
}

socle_status sc_engine_slot_end(sc_engine *engine, int number) {
    sc_engine_slot *slot = &engine->slot[number];
    sc_event_release(slot->used);
    slot->used = NULL;
    return sc_queue_record(engine->compute, &slot->used);
}
