/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the loader (host) to an engine's staging slots (device). Host memory of a slot is the device's staging memory; it goes
 * back to the loader as soon as its upload is done. */
#include "engine/feed.h"

enum { FEED_SLOTS = 8 };

struct sc_feed {
    sc_env *env;
    sc_engine *engine;
    sc_feed_source source;
    sc_loader *loader;
    sc_loader_slot slot[FEED_SLOTS];
    sc_buffer *memory[FEED_SLOTS]; /* host-mapped */
    int slots, next;               /* next: engine slot of the coming batch */
    sc_loader_slot *held[FEED_SLOTS]; /* per engine slot: what its last upload reads */
};

socle_status sc_feed_target(const char **out, sc_env *env, const sc_dataset *dataset) {
    *out = sc_dataset_find(dataset, "label") >= 0 ? "label" : "target";
    if (sc_dataset_find(dataset, *out) >= 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: has neither a \"label\" nor a \"target\" column",
                   sc_dataset_label(dataset));
}

/* Engine column k comes from this column of the data set; -1: not fed. */
static int source_column(const sc_feed *feed, int k) {
    const char *name = sc_engine_column_source(feed->engine, k, feed->source.target);
    return name ? sc_dataset_find(feed->source.dataset, name) : -1;
}

/* Cuts one staging buffer into the columns of a slot. */
static socle_status columns_of_slot(sc_feed *feed, int s, int64_t rows) {
    size_t total = 0, offset[SC_DATASET_MAX_COLUMNS] = {0};
    int columns = sc_engine_columns(feed->engine);
    for (int k = 0; k < columns; k++) {
        size_t bytes;
        if (!sc_mul_size(&bytes, sc_engine_column_bytes(feed->engine, k), (size_t)rows) ||
            !sc_add_size(&total, offset[k], bytes))
            return sc_fail(feed->env, SOCLE_STATUS_SHAPE, "a batch of %lld rows is too large", (long long)rows);
        if (k + 1 < columns) offset[k + 1] = total = (size_t)sc_round_up((int64_t)total, SC_LANE_ALIGNMENT);
    }
    SC_TRY(sc_buffer_create(&feed->memory[s], sc_engine_device(feed->engine), SC_BUFFER_STAGING, total));
    for (int k = 0; k < columns; k++) {
        int column = source_column(feed, k);
        if (column >= 0) feed->slot[s].columns[column] = (char *)feed->memory[s]->host + offset[k];
    }
    return SOCLE_OK;
}

static socle_status check_columns(sc_feed *feed) {
    for (int k = 0; k < sc_engine_columns(feed->engine); k++) {
        int column = source_column(feed, k);
        const char *name = sc_engine_column_source(feed->engine, k, feed->source.target);
        if (column < 0 && name)
            return sc_fail(feed->env, SOCLE_STATUS_DATA, "%s: has no column \"%s\"",
                           sc_dataset_label(feed->source.dataset), name);
        if (column < 0) continue;
        size_t have = sc_dataset_column(feed->source.dataset, column)->row_bytes,
               want = sc_engine_column_bytes(feed->engine, k);
        if (have != want)
            return sc_fail(feed->env, SOCLE_STATUS_SHAPE, "%s: a row of \"%s\" has %zu bytes, the network reads %zu",
                           sc_dataset_label(feed->source.dataset), name, have, want);
    }
    return SOCLE_OK;
}

static socle_status prepare_slots(sc_feed *feed, int64_t rows) {
    bool resident = sc_engine_is_resident(feed->engine);
    if (!resident) SC_TRY(check_columns(feed));
    for (int s = 0; s < feed->slots; s++) {
        if (!resident) {
            SC_TRY(columns_of_slot(feed, s, rows));
            continue;
        }
        SC_TRY(sc_buffer_create(&feed->memory[s], sc_engine_device(feed->engine), SC_BUFFER_STAGING,
                                (size_t)rows * sizeof(uint32_t)));
        feed->slot[s].indices = feed->memory[s]->host;
    }
    return SOCLE_OK;
}

socle_status sc_feed_create(sc_feed **out, sc_engine *engine, const sc_feed_source *source, const sc_order *order,
                            const sc_loader_opts *opts) {
    *out = NULL;
    sc_env *env = sc_engine_device(engine)->env;
    sc_feed *feed;
    SC_TRY(sc_allocate(env, &feed, 1, sizeof *feed));
    feed->env = env;
    feed->engine = engine;
    feed->source = *source;
    feed->slots = sc_engine_slots(engine) + 1; /* one more, so that the loader works while all others are in use */
    if (feed->slots > FEED_SLOTS) feed->slots = FEED_SLOTS;
    socle_status status = prepare_slots(feed, opts->batch);
    if (status == SOCLE_OK)
        status = sc_loader_create(&feed->loader, env, source->dataset, order, feed->slot, (size_t)feed->slots, opts);
    if (status != SOCLE_OK) return sc_feed_end(feed, status);
    *out = feed;
    return SOCLE_OK;
}

/* Row numbers of the data set become rows of the device's data lane. */
static void shift_rows(uint32_t *number, uint32_t count, size_t first_row) {
    for (uint32_t i = 0; i < count; i++) number[i] += (uint32_t)first_row;
}

static socle_status upload(sc_feed *feed, sc_loader_slot *slot) {
    const void *column[SC_DATASET_MAX_COLUMNS] = {0};
    if (slot->indices) shift_rows(slot->indices, slot->rows, feed->source.first_row);
    for (int k = 0; !slot->indices && k < sc_engine_columns(feed->engine); k++) {
        int from = source_column(feed, k);
        if (from >= 0) column[k] = slot->columns[from];
    }
    return sc_engine_upload(feed->engine, feed->next, slot->rows, column, (const int32_t *)slot->indices);
}

socle_status sc_feed_next(sc_feed *feed, sc_feed_batch *batch, bool *more) {
    sc_loader_slot *slot;
    *more = false;
    sc_loader_slot **held = &feed->held[feed->next];
    if (*held) {
        SC_TRY(sc_engine_slot_uploaded(feed->engine, feed->next));
        sc_loader_release(feed->loader, *held);
        *held = NULL;
    }
    SC_TRY(sc_loader_next(feed->loader, &slot));
    if (!slot) return SOCLE_OK;
    *held = slot;
    SC_TRY(upload(feed, slot));
    *batch = (sc_feed_batch){feed->next, slot->rows, slot->epoch, slot->first, slot->last};
    *more = true;
    feed->next = (feed->next + 1) % sc_engine_slots(feed->engine);
    return SOCLE_OK;
}

socle_status sc_feed_end(sc_feed *feed, socle_status status) {
    if (!feed) return status;
    for (int s = 0; s < sc_engine_slots(feed->engine); s++) {
        socle_status uploaded = sc_engine_slot_uploaded(feed->engine, s);
        if (status == SOCLE_OK) status = uploaded;
    }
    sc_loader_destroy(feed->loader);
    for (int s = 0; s < feed->slots; s++) sc_buffer_destroy(feed->memory[s]);
    sc_release(feed->env, feed);
    return status;
}
