/* SPDX-License-Identifier: Apache-2.0 */
/* A small data set whose rows say which sample they are, slots for it, and a consumer that checks
 * every batch: shared by the Criterion test and the plain program that runs under ThreadSanitizer.
 * No assertions here: a failed check is a text. */
#ifndef SC_LOADER_RUN_H
#define SC_LOADER_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/loader.h"

enum { RUN_PIXELS = 5, RUN_MOST_BATCH = 64, RUN_MOST_SLOTS = 4 };

typedef struct loader_run {
    sc_env env;
    sc_dataset *dataset;
    sc_order order;
    sc_loader_slot slots[RUN_MOST_SLOTS];
    sc_loader *loader;
    uint32_t count;
    unsigned seen[1000]; /* how often each sample came in this epoch */
    char problem[300];   /* "" = none */
} loader_run;

#define RUN_PROBLEM(run, ...) ((void)snprintf((run)->problem, sizeof(run)->problem, __VA_ARGS__))

/* Sample i: five bytes i*3+j, label i*7. */
static inline socle_status run_open(loader_run *run, uint32_t count, size_t slot_count,
                                    const sc_loader_opts *opts) {
    const socle_shape shape = {.rank = 1, .size = {RUN_PIXELS}}, scalar = {0};
    void *pixels, *labels;
    memset(run, 0, sizeof *run);
    sc_env_init(&run->env, NULL, NULL);
    run->count = count;
    SC_TRY(sc_dataset_create(&run->dataset, &run->env, "toy", count));
    SC_TRY(sc_dataset_add_new(run->dataset, &pixels, "input", SOCLE_U8, &shape));
    SC_TRY(sc_dataset_add_new(run->dataset, &labels, "label", SOCLE_I32, &scalar));
    for (uint32_t i = 0; i < count; i++) {
        ((int32_t *)labels)[i] = (int32_t)i * 7;
        for (uint32_t j = 0; j < RUN_PIXELS; j++)
            ((unsigned char *)pixels)[i * RUN_PIXELS + j] = (unsigned char)(i * 3 + j);
    }
    SC_TRY(sc_order_init(&run->order, &run->env, NULL, count, 11, true));
    for (size_t s = 0; s < slot_count; s++) {
        run->slots[s].columns[0] = malloc(RUN_MOST_BATCH * RUN_PIXELS);
        run->slots[s].columns[1] = malloc(RUN_MOST_BATCH * sizeof(int32_t));
        run->slots[s].indices = malloc(RUN_MOST_BATCH * sizeof(uint32_t));
    }
    return sc_loader_create(&run->loader, &run->env, run->dataset, &run->order, run->slots,
                            slot_count, opts);
}

static inline void run_close(loader_run *run) {
    sc_loader_destroy(run->loader);
    for (size_t s = 0; s < RUN_MOST_SLOTS; s++) {
        free(run->slots[s].columns[0]);
        free(run->slots[s].columns[1]);
        free(run->slots[s].indices);
    }
    sc_order_free(&run->order);
    sc_dataset_destroy(run->dataset);
}

/* The rows of `slot` are those of the samples it names, in the order of its epoch. */
static inline void run_check(loader_run *run, const sc_loader_slot *slot) {
    sc_order_set_epoch(&run->order, slot->epoch);
    for (uint32_t i = 0; i < slot->rows; i++) {
        uint32_t sample = slot->indices[i];
        const unsigned char *row = (unsigned char *)slot->columns[0] + i * RUN_PIXELS;
        if (sample != run->order.visit[slot->first + i])
            RUN_PROBLEM(run, "epoch %u row %u is sample %u", slot->epoch, slot->first + i, sample);
        else if (((int32_t *)slot->columns[1])[i] != (int32_t)sample * 7 ||
                 row[RUN_PIXELS - 1] != (unsigned char)(sample * 3 + RUN_PIXELS - 1))
            RUN_PROBLEM(run, "epoch %u row %u holds other data", slot->epoch, slot->first + i);
        else
            run->seen[sample]++;
    }
}

/* Consumes `epochs` epochs from `first_epoch`, holding up to `held` slots at a time, and checks
 * order, contents and that each sample came once per epoch. */
static inline socle_status run_consume(loader_run *run, uint32_t first_epoch, uint32_t epochs,
                                       uint32_t batch, size_t held) {
    sc_loader_slot *kept[RUN_MOST_SLOTS] = {0}, *slot;
    size_t turn = 0;
    uint32_t epoch = first_epoch, row = 0;
    for (;;) {
        if (kept[turn]) sc_loader_release(run->loader, kept[turn]);
        kept[turn] = NULL;
        SC_TRY(sc_loader_next(run->loader, &slot));
        if (!slot) break;
        kept[turn] = slot;
        turn = (turn + 1) % held;
        if (slot->epoch != epoch || slot->first != row)
            RUN_PROBLEM(run, "batch (%u, %u) came in place of (%u, %u)", slot->epoch, slot->first,
                        epoch, row);
        run_check(run, slot);
        row += slot->rows;
        if (slot->last != (row == run->count) || (slot->rows != batch && !slot->last))
            RUN_PROBLEM(run, "epoch %u row %u: %u rows, last %d", epoch, row, slot->rows,
                        slot->last);
        if (!slot->last) continue;
        for (uint32_t i = 0; i < run->count; i++)
            if (run->seen[i] != epoch - first_epoch + 1)
                RUN_PROBLEM(run, "epoch %u: sample %u came %u times", epoch, i, run->seen[i]);
        row = 0;
        epoch++;
    }
    if (epoch != first_epoch + epochs) RUN_PROBLEM(run, "%u epochs came", epoch - first_epoch);
    return SOCLE_OK;
}

#endif
