/* SPDX-License-Identifier: Apache-2.0 */
/* Slots filled round robin, each remembered by what it holds. */
#include "engine/stage.h"

#include <string.h>

typedef struct stage_slot {
    sc_buffer *memory;                    /* host-mapped */
    void *column[SC_DATASET_MAX_COLUMNS]; /* per engine column, or row numbers; then origins; NULL:
                                             not fed */
    sc_stage_rows holds;                  /* rows 0: nothing */
} stage_slot;

struct sc_stage {
    sc_env *env;
    sc_engine *engine;
    sc_stage_source source;
    const sc_column *from[SC_DATASET_MAX_COLUMNS]; /* per engine column */
    sc_order order;
    uint32_t epoch; /* that `order` is set to */
    stage_slot slot[SC_ENGINE_SLOTS];
    int64_t rows; /* most of a slot */
    int slots, next;
};

static socle_status find_columns(sc_stage *stage) {
    for (int k = 0; k < sc_engine_columns(stage->engine); k++)
        SC_TRY(sc_engine_find_column(stage->engine, k, stage->source.dataset, stage->source.target,
                                     &stage->from[k]));
    return SOCLE_OK;
}

/* A column that is not read takes no memory. */
static size_t row_bytes(const sc_stage *stage, int k) {
    bool read = k == sc_engine_columns(stage->engine) || stage->from[k];
    return read ? sc_engine_staged_bytes(stage->engine, k, sc_augment_any(&stage->source.augment))
                : 0;
}

/* One staging buffer, cut into columns. */
static socle_status create_slot(sc_stage *stage, stage_slot *slot) {
    size_t rows = (size_t)stage->rows, total = 0, offset[SC_DATASET_MAX_COLUMNS];
    int columns = sc_engine_columns(stage->engine);
    for (int k = 0; k <= columns; k++) {
        size_t bytes, row = row_bytes(stage, k);
        if (!row) continue;
        offset[k] = (size_t)sc_round_up((int64_t)total, SC_LANE_ALIGNMENT);
        if (!sc_mul_size(&bytes, row, rows) || !sc_add_size(&total, offset[k], bytes))
            return sc_fail(stage->env, SOCLE_STATUS_SHAPE, "a batch of %zu rows is too large",
                           rows);
    }
    SC_TRY(
        sc_buffer_create(&slot->memory, sc_engine_device(stage->engine), SC_BUFFER_STAGING, total));
    for (int k = 0; k <= columns; k++)
        if (row_bytes(stage, k)) slot->column[k] = (char *)slot->memory->host + offset[k];
    return SOCLE_OK;
}

static socle_status fill_stage(sc_stage *stage, const sc_order *order) {
    SC_TRY(find_columns(stage));
    SC_TRY(sc_order_copy(&stage->order, order));
    stage->slots = sc_engine_slots(stage->engine);
    for (int s = 0; s < stage->slots; s++) SC_TRY(create_slot(stage, &stage->slot[s]));
    return SOCLE_OK;
}

socle_status sc_stage_create(sc_stage **out, sc_engine *engine, const sc_stage_source *source,
                             const sc_order *order, int64_t rows) {
    sc_env *env = sc_engine_device(engine)->env;
    sc_stage *stage;
    *out = NULL;
    SC_TRY(sc_allocate(env, &stage, 1, sizeof *stage));
    stage->env = env;
    stage->engine = engine;
    stage->source = *source;
    stage->rows = rows;
    socle_status status = fill_stage(stage, order);
    if (status != SOCLE_OK) {
        sc_stage_destroy(stage);
        return status;
    }
    *out = stage;
    return SOCLE_OK;
}

void sc_stage_destroy(sc_stage *stage) {
    if (!stage) return;
    for (int s = 0; s < stage->slots; s++) {
        sc_engine_slot_uploaded(stage->engine, s);
        sc_buffer_destroy(stage->slot[s].memory);
    }
    sc_order_free(&stage->order);
    sc_release(stage->env, stage);
}

/* Row numbers of the data set, in the order of the epoch. */
static const uint32_t *samples_of(sc_stage *stage, const sc_stage_rows *rows) {
    if (stage->epoch != rows->epoch) {
        sc_order_set_epoch(&stage->order, rows->epoch);
        stage->epoch = rows->epoch;
    }
    return stage->order.visit + rows->first;
}

static socle_status gather(sc_stage *stage, const stage_slot *slot, const uint32_t *sample,
                           uint32_t rows) {
    if (sc_engine_is_resident(stage->engine)) {
        uint32_t *number = slot->column[0];
        for (uint32_t i = 0; i < rows; i++)
            number[i] = sample[i] + (uint32_t)stage->source.first_row;
        return SOCLE_OK;
    }
    for (int k = 0; k < sc_engine_columns(stage->engine); k++)
        if (stage->from[k])
            SC_TRY(sc_column_read(stage->from[k], stage->env, sample, rows, slot->column[k]));
    return SOCLE_OK;
}

static void draw_origins(sc_stage *stage, const stage_slot *slot, const uint32_t *sample,
                         const sc_stage_rows *rows) {
    const sc_augment *augment = &stage->source.augment;
    const int numbers = sc_engine_origin_numbers(stage->engine);
    int32_t *origin = slot->column[sc_engine_columns(stage->engine)];
    int64_t height, width;
    sc_engine_image(stage->engine, &height, &width);
    for (uint32_t i = 0; origin && i < rows->rows; i++, origin += numbers) {
        sc_augment_origin(origin, augment, stage->order.seed, sample[i], rows->epoch);
        if (numbers > SC_AUGMENT_ORIGIN)
            sc_augment_hole(origin + SC_AUGMENT_ORIGIN, augment, stage->order.seed, sample[i],
                            rows->epoch, height, width);
    }
}

static bool holds(const stage_slot *slot, const sc_stage_rows *rows) {
    return slot->holds.rows == rows->rows && slot->holds.first == rows->first &&
           slot->holds.epoch == rows->epoch;
}

/* The data of each column, by the sample's number. */
static void data_of(const sc_stage *stage, const void **column) {
    for (int k = 0; k < sc_engine_columns(stage->engine); k++)
        column[k] = stage->from[k] ? stage->from[k]->data : NULL;
}

socle_status sc_stage_tell(sc_stage *stage, const sc_stage_rows *rows) {
    const void *column[SC_DATASET_MAX_COLUMNS];
    if (!sc_engine_tables(stage->engine)) return SOCLE_OK;
    data_of(stage, column);
    return sc_engine_step_samples(stage->engine, column, rows->rows, samples_of(stage, rows));
}

socle_status sc_stage_slot(sc_stage *stage, const sc_stage_rows *rows, int *number) {
    for (int s = 0; s < stage->slots; s++)
        if (holds(&stage->slot[s], rows)) {
            *number = s;
            return SOCLE_OK;
        }
    if (rows->first > stage->order.count || rows->rows > stage->order.count - rows->first ||
        rows->rows > stage->rows)
        return sc_fail(stage->env, SOCLE_STATUS_INTERNAL, "rows %u + %u of an order of %u",
                       rows->first, rows->rows, stage->order.count);
    stage_slot *slot = &stage->slot[stage->next];
    slot->holds.rows = 0;
    SC_TRY(sc_engine_slot_uploaded(stage->engine, stage->next));
    const uint32_t *sample = samples_of(stage, rows);
    SC_TRY(gather(stage, slot, sample, rows->rows));
    draw_origins(stage, slot, sample, rows);
    const void *column[SC_DATASET_MAX_COLUMNS];
    for (int k = 0; k < SC_DATASET_MAX_COLUMNS; k++) column[k] = slot->column[k];
    SC_TRY(sc_engine_upload(stage->engine, stage->next, rows->rows, column, slot->column[0]));
    if (sc_engine_is_resident(stage->engine)) {
        data_of(stage, column);
        sc_engine_slot_longest(stage->engine, stage->next,
                               sc_engine_longest(stage->engine, column, rows->rows, sample));
    }
    slot->holds = *rows;
    *number = stage->next;
    stage->next = (stage->next + 1) % stage->slots;
    return SOCLE_OK;
}

void sc_stage_forget(sc_stage *stage) {
    for (int s = 0; s < stage->slots; s++) stage->slot[s].holds.rows = 0;
}

/* Micro-batch `number` of a pass. */
static sc_stage_rows cut(const sc_stage *stage, int64_t number) {
    int64_t first = number * stage->rows, left = stage->order.count - first;
    return (sc_stage_rows){0, (uint32_t)first, (uint32_t)(left < stage->rows ? left : stage->rows)};
}

static socle_status pass(sc_stage *stage, sc_stage_use use, void *argument) {
    int64_t count = sc_ceil_div(stage->order.count, stage->rows), ahead = 0;
    for (int64_t i = 0; i < count; i++) {
        sc_stage_rows rows;
        int slot;
        for (; ahead < count && ahead < i + stage->slots; ahead++) {
            rows = cut(stage, ahead);
            SC_TRY(sc_stage_slot(stage, &rows, &slot));
        }
        rows = cut(stage, i);
        SC_TRY(sc_stage_slot(stage, &rows, &slot));
        SC_TRY(use(stage->engine, slot, rows.rows, argument));
    }
    return SOCLE_OK;
}

socle_status sc_stage_pass(sc_engine *engine, const sc_stage_source *source, const sc_order *order,
                           int64_t rows, sc_stage_use use, void *argument) {
    sc_stage *stage;
    SC_TRY(sc_stage_create(&stage, engine, source, order, rows));
    socle_status status = pass(stage, use, argument);
    for (int s = 0; s < stage->slots; s++) {
        socle_status uploaded = sc_engine_slot_uploaded(engine, s);
        if (status == SOCLE_OK) status = uploaded;
    }
    sc_stage_destroy(stage);
    return status;
}
