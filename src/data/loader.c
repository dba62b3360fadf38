/* SPDX-License-Identifier: Apache-2.0 */
/* See loader.h. A slot is free, filling, ready or taken; only its state and the queue of ready ones
 * are shared (under the lock). The cursor and the contents of a filling slot belong to the loader's
 * thread. */
#include "data/loader.h"

#include "base/thread.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

typedef enum slot_state { FREE, FILLING, READY, TAKEN } slot_state;

struct sc_loader {
    sc_env *env;       /* the consumer's */
    sc_env thread_env; /* the thread's; read by the consumer once `failure` is set */
    const sc_dataset *dataset;
    sc_loader_opts opts;

    sc_order order; /* these three: the cursor */
    uint64_t epoch, end_epoch;
    uint32_t row;

    sc_loader_slot *slots;
    size_t slot_count;
    slot_state *states;
    size_t *ready; /* ring of slot numbers */
    size_t ready_first, ready_count, taken;
    bool stopped, finished;
    socle_status failure;

    pthread_mutex_t lock;
    pthread_cond_t changed_ready, changed_free;
    pthread_t thread;
    bool threaded;
};

static bool at_end(const sc_loader *loader) {
    return loader->end_epoch > 0 && loader->epoch >= loader->end_epoch;
}

/* Rows of an epoch that make up batches. */
static uint32_t usable_rows(const sc_loader *loader) {
    uint32_t count = loader->order.count;
    return loader->opts.drop_short ? count - count % loader->opts.batch : count;
}

static void gather(const sc_loader *loader, sc_loader_slot *slot, const uint32_t *samples) {
    for (int c = 0; c < sc_dataset_columns(loader->dataset); c++) {
        const sc_column *column = sc_dataset_column(loader->dataset, c);
        char *out = slot->columns[c];
        if (!out) continue;
        for (uint32_t i = 0; i < slot->rows; i++, out += column->row_bytes)
            memcpy(out, (const char *)column->data + samples[i] * column->row_bytes,
                   column->row_bytes);
    }
    if (slot->indices) memcpy(slot->indices, samples, slot->rows * sizeof *samples);
}

/* Fills `slot` with the batch at the cursor and moves the cursor on. */
static socle_status fill(sc_loader *loader, sc_env *env, sc_loader_slot *slot) {
    uint32_t usable = usable_rows(loader), left = usable - loader->row;
    const uint32_t *samples = loader->order.visit + loader->row;
    slot->rows = left < loader->opts.batch ? left : loader->opts.batch;
    slot->epoch = (uint32_t)loader->epoch;
    slot->first = loader->row;
    slot->last = slot->rows == left;
    for (uint32_t i = 0; i < slot->rows; i++)
        if (samples[i] >= sc_dataset_count(loader->dataset))
            return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "%s: row %" PRIu32 " of epoch %" PRIu32 " asks for sample %" PRIu32
                           "; there are %" PRId64,
                           sc_dataset_label(loader->dataset), slot->first + i, slot->epoch,
                           samples[i], sc_dataset_count(loader->dataset));
    gather(loader, slot, samples);
    loader->row += slot->rows;
    if (loader->row == usable) {
        loader->row = 0;
        loader->epoch++;
        if (!at_end(loader)) sc_order_set_epoch(&loader->order, (uint32_t)loader->epoch);
    }
    return SOCLE_OK;
}

/* With the lock held: a free slot, or slot_count. */
static size_t find_free(const sc_loader *loader) {
    size_t i = 0;
    while (i < loader->slot_count && loader->states[i] != FREE) i++;
    return i;
}

/* One batch of the thread; false when there is nothing more to do. */
static bool stage_one(sc_loader *loader) {
    bool end = at_end(loader);
    size_t slot = loader->slot_count;
    pthread_mutex_lock(&loader->lock);
    while (!end && !loader->stopped && (slot = find_free(loader)) == loader->slot_count)
        pthread_cond_wait(&loader->changed_free, &loader->lock);
    if (end) {
        loader->finished = true;
        pthread_cond_signal(&loader->changed_ready);
    }
    bool go_on = !end && !loader->stopped;
    if (go_on) loader->states[slot] = FILLING;
    pthread_mutex_unlock(&loader->lock);
    if (!go_on) return false;

    socle_status status = fill(loader, &loader->thread_env, &loader->slots[slot]);

    pthread_mutex_lock(&loader->lock);
    if (status == SOCLE_OK) {
        loader->states[slot] = READY;
        loader->ready[(loader->ready_first + loader->ready_count++) % loader->slot_count] = slot;
    } else {
        loader->states[slot] = FREE;
        loader->failure = status;
    }
    pthread_cond_signal(&loader->changed_ready);
    pthread_mutex_unlock(&loader->lock);
    return status == SOCLE_OK;
}

static void *run(void *argument) {
    while (stage_one(argument)) {
    }
    return NULL;
}

static void start_thread(sc_loader *loader) {
    int error = sc_thread_create(&loader->thread, run, loader);
    loader->threaded = error == 0;
    if (error != 0)
        sc_log_line(loader->env, SOCLE_LOG_WARNING,
                    "no thread to load data ahead (%s); loading in between", strerror(error));
}

static socle_status check_opts(sc_env *env, const sc_dataset *dataset, const sc_order *order,
                               size_t slot_count, const sc_loader_opts *opts) {
    if (opts->batch < 1 || slot_count < 1 || order->count < 1)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: batch %" PRIu32 ", %zu slots, %" PRIu32
                       " samples; each must be at least 1",
                       sc_dataset_label(dataset), opts->batch, slot_count, order->count);
    if (opts->drop_short && opts->batch > order->count)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s: %" PRIu32 " samples do not fill a batch of %" PRIu32
                       ", and short batches are left out",
                       sc_dataset_label(dataset), order->count, opts->batch);
    if (opts->first_row % opts->batch != 0 || opts->first_row >= order->count ||
        (opts->drop_short && order->count - opts->first_row < opts->batch))
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: no batch of %" PRIu32 " begins at row %" PRIu32 " of %" PRIu32,
                       sc_dataset_label(dataset), opts->batch, opts->first_row, order->count);
    return SOCLE_OK;
}

socle_status sc_loader_create(sc_loader **out, sc_env *env, const sc_dataset *dataset,
                              const sc_order *order, sc_loader_slot *slots, size_t slot_count,
                              const sc_loader_opts *opts) {
    sc_loader *loader;
    *out = NULL;
    SC_TRY(check_opts(env, dataset, order, slot_count, opts));
    SC_TRY(sc_allocate(env, &loader, 1, sizeof *loader));
    loader->env = env;
    sc_env_child(&loader->thread_env, env);
    loader->dataset = dataset;
    loader->opts = *opts;
    loader->slots = slots;
    loader->slot_count = slot_count;
    loader->epoch = opts->first_epoch;
    loader->end_epoch = opts->epochs > 0 ? (uint64_t)opts->first_epoch + opts->epochs : 0;
    loader->row = opts->first_row;
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->changed_ready, NULL);
    pthread_cond_init(&loader->changed_free, NULL);
    socle_status status = sc_allocate(env, &loader->states, slot_count, sizeof *loader->states);
    if (status == SOCLE_OK)
        status = sc_allocate(env, &loader->ready, slot_count, sizeof *loader->ready);
    if (status == SOCLE_OK)
        status = sc_order_init(&loader->order, env, order->samples, order->count, order->seed,
                               order->shuffle);
    if (status != SOCLE_OK) {
        sc_loader_destroy(loader);
        return status;
    }
    sc_order_set_epoch(&loader->order, opts->first_epoch);
    if (!opts->no_thread) start_thread(loader);
    *out = loader;
    return SOCLE_OK;
}

/* Hands slot number `slot` to the consumer. */
static void take(sc_loader *loader, size_t slot, sc_loader_slot **out) {
    loader->states[slot] = TAKEN;
    loader->taken++;
    *out = &loader->slots[slot];
}

static socle_status all_taken(const sc_loader *loader) {
    return sc_fail(loader->env, SOCLE_STATUS_STATE,
                   "%s: all %zu slots are in use; release one before asking for the next batch",
                   sc_dataset_label(loader->dataset), loader->slot_count);
}

/* With the lock held, where there is no thread. */
static socle_status fill_now(sc_loader *loader, sc_loader_slot **out) {
    if (at_end(loader)) return SOCLE_OK;
    size_t slot = find_free(loader);
    if (slot == loader->slot_count) return all_taken(loader);
    SC_TRY(fill(loader, loader->env, &loader->slots[slot]));
    take(loader, slot, out);
    return SOCLE_OK;
}

/* With the lock held: waits for the thread. */
static socle_status take_ready(sc_loader *loader, sc_loader_slot **out) {
    while (loader->ready_count == 0 && !loader->finished && !loader->stopped &&
           loader->failure == SOCLE_OK) {
        if (loader->taken == loader->slot_count) return all_taken(loader);
        pthread_cond_wait(&loader->changed_ready, &loader->lock);
    }
    if (loader->stopped)
        return sc_fail(loader->env, SOCLE_STATUS_INTERRUPTED, "%s: loading was stopped",
                       sc_dataset_label(loader->dataset));
    if (loader->ready_count > 0) {
        take(loader, loader->ready[loader->ready_first], out);
        loader->ready_first = (loader->ready_first + 1) % loader->slot_count;
        loader->ready_count--;
    } else if (loader->failure != SOCLE_OK) {
        sc_env_adopt_error(loader->env, &loader->thread_env);
        return loader->failure;
    }
    return SOCLE_OK;
}

socle_status sc_loader_next(sc_loader *loader, sc_loader_slot **slot) {
    *slot = NULL;
    pthread_mutex_lock(&loader->lock);
    socle_status status =
        loader->threaded || loader->stopped ? take_ready(loader, slot) : fill_now(loader, slot);
    pthread_mutex_unlock(&loader->lock);
    return status;
}

void sc_loader_release(sc_loader *loader, sc_loader_slot *slot) {
    size_t index = (size_t)(slot - loader->slots);
    pthread_mutex_lock(&loader->lock);
    if (index < loader->slot_count && loader->states[index] == TAKEN) {
        loader->states[index] = FREE;
        loader->taken--;
        pthread_cond_signal(&loader->changed_free);
    }
    pthread_mutex_unlock(&loader->lock);
}

void sc_loader_stop(sc_loader *loader) {
    pthread_mutex_lock(&loader->lock);
    loader->stopped = true;
    pthread_cond_broadcast(&loader->changed_ready);
    pthread_cond_broadcast(&loader->changed_free);
    pthread_mutex_unlock(&loader->lock);
}

void sc_loader_destroy(sc_loader *loader) {
    if (!loader) return;
    sc_loader_stop(loader);
    if (loader->threaded) pthread_join(loader->thread, NULL);
    pthread_cond_destroy(&loader->changed_free);
    pthread_cond_destroy(&loader->changed_ready);
    pthread_mutex_destroy(&loader->lock);
    sc_order_free(&loader->order);
    sc_release(loader->env, loader->ready);
    sc_release(loader->env, loader->states);
    sc_release(loader->env, loader);
}
