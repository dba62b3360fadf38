/* SPDX-License-Identifier: Apache-2.0 */
/* Staging ahead: all batches, in order, complete; errors, stopping, and working without a thread.
 */
#include "data/loader.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "loader_run.h"
#include "sc_test.h"

static bool no_threads;
int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument) {
    return no_threads ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

static void consume_all(uint32_t count, uint32_t batch, size_t slots, size_t held, bool no_thread) {
    loader_run run;
    const sc_loader_opts opts = {
        .batch = batch, .epochs = 3, .first_epoch = 5, .no_thread = no_thread};
    SC_REPRO("%u samples, batch %u, %zu slots, %zu held, no_thread %d", count, batch, slots, held,
             no_thread);
    SC_OK(&run.env, run_open(&run, count, slots, &opts));
    SC_OK(&run.env, run_consume(&run, 5, 3, batch, held));
    SC_EQ_STR(run.problem, "");
    sc_loader_slot *slot;
    SC_OK(&run.env, sc_loader_next(run.loader, &slot));
    SC_TRUE(slot == NULL);
    run_close(&run);
}

Test(loader, every_sample_once_in_order) {
    static const uint32_t counts[] = {1, 2, 31, 64, 65, 333};
    static const uint32_t batches[] = {1, 2, 7, 32, 64};
    for (size_t c = 0; c < 6; c++)
        for (size_t b = 0; b < 5; b++)
            for (size_t slots = 1; slots <= RUN_MOST_SLOTS; slots++)
                for (int no_thread = 0; no_thread <= 1; no_thread++) {
                    consume_all(counts[c], batches[b], slots, 1, no_thread);
                    consume_all(counts[c], batches[b], slots, slots, no_thread);
                }
}

Test(loader, works_where_no_thread_can_be_created) {
    no_threads = true;
    consume_all(100, 7, 3, 2, false);
    no_threads = false;
}

Test(loader, resumes_within_an_epoch) {
    loader_run run;
    sc_loader_slot *slot;
    const sc_loader_opts opts = {.batch = 10, .first_epoch = 2, .first_row = 30, .epochs = 2};
    static const uint32_t expected[][4] = {{2, 30, 10, 0}, {2, 40, 5, 1}, {3, 0, 10, 0}};
    SC_OK(&run.env, run_open(&run, 45, 2, &opts));
    for (size_t i = 0; i < 3; i++) {
        SC_OK(&run.env, sc_loader_next(run.loader, &slot));
        SC_EQ(slot->epoch, expected[i][0]);
        SC_EQ(slot->first, expected[i][1]);
        SC_EQ(slot->rows, expected[i][2]);
        SC_EQ(slot->last, expected[i][3]);
        run_check(&run, slot);
        sc_loader_release(run.loader, slot);
    }
    SC_EQ_STR(run.problem, "");
    run_close(&run);
}

Test(loader, leaves_short_batches_out) {
    loader_run run;
    sc_loader_slot *slot;
    const sc_loader_opts opts = {.batch = 10, .epochs = 2, .drop_short = true};
    SC_OK(&run.env, run_open(&run, 25, 2, &opts));
    for (uint32_t i = 0; i < 4; i++) {
        SC_OK(&run.env, sc_loader_next(run.loader, &slot));
        SC_EQ(slot->epoch, i / 2);
        SC_EQ(slot->rows, 10);
        SC_EQ(slot->last, i % 2);
        sc_loader_release(run.loader, slot);
    }
    SC_OK(&run.env, sc_loader_next(run.loader, &slot));
    SC_TRUE(slot == NULL);
    run_close(&run);
}

Test(loader, unwanted_columns) {
    loader_run run;
    sc_loader_slot *slot;
    const sc_loader_opts opts = {.batch = 4, .epochs = 1, .no_thread = true};
    SC_OK(&run.env, run_open(&run, 4, 1, &opts));
    free(run.slots[0].columns[0]);
    free(run.slots[0].indices);
    run.slots[0].columns[0] = NULL;
    run.slots[0].indices = NULL;
    SC_OK(&run.env, sc_loader_next(run.loader, &slot));
    SC_EQ(((int32_t *)slot->columns[1])[2], (int64_t)run.order.visit[2] * 7);
    run_close(&run);
}

/* What was staged before the bad row still comes; then the error, each time. */
static void fail_at_bad_row(bool no_thread) {
    loader_run run;
    sc_loader_slot *slot;
    sc_loader *loader;
    sc_order order;
    const sc_loader_opts opts = {.batch = 2, .no_thread = no_thread};
    static const uint32_t members[] = {0, 1, 2, 3, 4, 99};
    SC_OK(&run.env, run_open(&run, 5, 3, &opts));
    sc_loader_destroy(run.loader);
    SC_OK(&run.env, sc_order_init(&order, &run.env, members, 6, 1, false));
    SC_OK(&run.env, sc_loader_create(&loader, &run.env, run.dataset, &order, run.slots, 3, &opts));
    sc_order_free(&order);
    run.loader = loader;
    for (int i = 0; i < 2; i++) {
        SC_OK(&run.env, sc_loader_next(loader, &slot));
        SC_EQ(slot->indices[0], 2 * i);
        sc_loader_release(loader, slot);
    }
    for (int i = 0; i < 2; i++) {
        SC_FAILS(&run.env, sc_loader_next(loader, &slot), SOCLE_STATUS_INVALID_ARGUMENT);
        SC_EQ_STR(run.env.text, "toy: row 5 of epoch 0 asks for sample 99; there are 5");
        SC_TRUE(slot == NULL);
    }
    run_close(&run);
}

Test(loader, errors_of_the_thread_surface) {
    fail_at_bad_row(false);
    fail_at_bad_row(true);
}

Test(loader, all_slots_taken_is_an_error_not_a_wait) {
    for (int no_thread = 0; no_thread <= 1; no_thread++) {
        loader_run run;
        sc_loader_slot *slot, *first;
        const sc_loader_opts opts = {.batch = 3, .no_thread = no_thread};
        SC_OK(&run.env, run_open(&run, 50, 2, &opts));
        SC_OK(&run.env, sc_loader_next(run.loader, &first));
        SC_OK(&run.env, sc_loader_next(run.loader, &slot));
        SC_FAILS(&run.env, sc_loader_next(run.loader, &slot), SOCLE_STATUS_STATE);
        SC_CONTAINS(run.env.text, "all 2 slots are in use");
        sc_loader_release(run.loader, first);
        sc_loader_release(run.loader, first);
        SC_OK(&run.env, sc_loader_next(run.loader, &slot));
        SC_EQ(slot->first, 6);
        SC_FAILS(&run.env, sc_loader_next(run.loader, &slot), SOCLE_STATUS_STATE);
        run_close(&run);
    }
}

Test(loader, stops_at_any_time) {
    for (int no_thread = 0; no_thread <= 1; no_thread++)
        for (int batches = 0; batches < 6; batches++) {
            loader_run run;
            sc_loader_slot *slot;
            const sc_loader_opts opts = {.batch = 3, .no_thread = no_thread};
            SC_OK(&run.env, run_open(&run, 50, 3, &opts));
            for (int i = 0; i < batches; i++) {
                SC_OK(&run.env, sc_loader_next(run.loader, &slot));
                if (i > 1) sc_loader_release(run.loader, slot);
            }
            sc_loader_stop(run.loader);
            sc_loader_stop(run.loader);
            SC_FAILS(&run.env, sc_loader_next(run.loader, &slot), SOCLE_STATUS_INTERRUPTED);
            run_close(&run);
        }
}

Test(loader, refuses) {
    loader_run run;
    static const sc_loader_opts bad[] = {{.batch = 0},
                                         {.batch = 10, .first_row = 5},
                                         {.batch = 10, .first_row = 50},
                                         {.batch = 10, .first_row = 40, .drop_short = true},
                                         {.batch = 46, .drop_short = true}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SC_REPRO("options %zu", i);
        SC_FAILS(&run.env, run_open(&run, 45, 2, &bad[i]),
                 i == 4 ? SOCLE_STATUS_CONFIG : SOCLE_STATUS_INVALID_ARGUMENT);
        SC_TRUE(run.loader == NULL);
        run_close(&run);
    }
    const sc_loader_opts opts = {.batch = 1};
    SC_FAILS(&run.env, run_open(&run, 45, 0, &opts), SOCLE_STATUS_INVALID_ARGUMENT);
    run_close(&run);
}

typedef struct shared {
    sc_dataset *dataset;
    sc_loader_slot slots[2];
} shared;

static socle_status stage(sc_env *env, void *argument) {
    shared *with = argument;
    sc_order order;
    sc_loader *loader = NULL;
    sc_loader_slot *slot;
    const sc_loader_opts opts = {.batch = 2, .epochs = 1};
    SC_TRY(sc_order_init(&order, env, NULL, 4, 1, true));
    socle_status status =
        sc_loader_create(&loader, env, with->dataset, &order, with->slots, 2, &opts);
    if (status == SOCLE_OK) status = sc_loader_next(loader, &slot);
    sc_loader_destroy(loader);
    sc_order_free(&order);
    return status;
}

Test(loader, every_allocation_may_fail) {
    shared with = {0};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_dataset_create(&with.dataset, &env, "toy", 4));
    sc_test_each_allocation(stage, &with);
    sc_dataset_destroy(with.dataset);
}
