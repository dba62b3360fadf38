/* SPDX-License-Identifier: Apache-2.0 */
/* Training on the null device: what a step asks of a driver, and that any call may fail without
 * leaving anything behind. */
#include "../train/fixture.h"

#include "backend/null.h"

static const sc_optimizer *adam(void) {
    static sc_optimizer optimizer;
    optimizer = fixture_optimizer("adam", 0.01f, 0);
    return &optimizer;
}

static socle_status steps(fixture *f, sc_device *device, int count, bool resident) {
    sc_engine_options options = {.capacity = 8,
                                 .micro_batches = 2,
                                 .optimizer = adam(),
                                 .resident = resident,
                                 .data_rows = 320,
                                 .seed = 1};
    sc_engine *engine;
    SC_TRY(sc_engine_create(&engine, device, f->net, &options));
    size_t first;
    int32_t index[8] = {0};
    const sc_column *images = sc_dataset_column(f->data, 0),
                    *labels = sc_dataset_column(f->data, 1);
    const void *column[2] = {images->data, labels->data};
    socle_status status = sc_engine_initialize(engine, 1);
    if (status == SOCLE_OK && resident) status = sc_engine_data(engine, f->data, "label", &first);
    for (int s = 0; s < count && status == SOCLE_OK; s++) {
        for (int part = 0; part < 2 && status == SOCLE_OK; part++) {
            status = sc_engine_upload(engine, part, 8, column, index);
            if (status == SOCLE_OK)
                status = sc_engine_micro_batch(engine, part, 8, 0, (uint32_t)s + 1);
        }
        if (status == SOCLE_OK)
            status = sc_engine_commit(engine, &(sc_engine_step){(uint32_t)s + 1, 16, 2, 0.01f});
        if (status == SOCLE_OK && s == 0) status = sc_engine_evaluate(engine, 0, 8);
    }
    sc_engine_destroy(engine);
    return status;
}

static void open_null(fixture *f, sc_device **device, sc_null_counts *counts, const char *network) {
    memset(f, 0, sizeof *f);
    sc_env_init(&f->env, NULL, NULL);
    fixture_golden(f, network);
    FIXTURE_OK(sc_null_open(device, &f->env, counts));
}

static void close_null(fixture *f, sc_device *device) {
    sc_device_close(device);
    sc_net_destroy(f->net);
    sc_dataset_destroy(f->data);
}

static void nothing_left(const sc_null_counts *counts) {
    SC_EQ(counts->buffers, 0);
    SC_EQ(counts->buffer_bytes, 0);
    SC_EQ(counts->kernels, 0);
    SC_EQ(counts->queues, 0);
    SC_EQ(counts->events, 0);
}

/* Ten more steps cost ten times the same calls, and none of them prepares or allocates. */
Test(null_device, a_step_neither_prepares_nor_allocates) {
    sc_null_counts few = {0}, many = {0};
    fixture f;
    sc_device *device;
    open_null(&f, &device, &few, "cnn");
    SC_EQ(steps(&f, device, 2, false), SOCLE_OK);
    close_null(&f, device);
    open_null(&f, &device, &many, "cnn");
    SC_EQ(steps(&f, device, 12, false), SOCLE_OK);
    close_null(&f, device);
    nothing_left(&few);
    nothing_left(&many);
    SC_EQ(many.prepares, few.prepares);
    SC_TRUE(few.prepares > 20);
    SC_EQ((many.enqueues - few.enqueues) % 10, 0);
    SC_TRUE(many.enqueues - few.enqueues >= 10 * 2 * 20);
}

static socle_status one_staged(fixture *f, sc_device *device) {
    return steps(f, device, 1, false);
}

static socle_status one_resident(fixture *f, sc_device *device) {
    return steps(f, device, 1, true);
}

/* Parameters, gradients and states in pieces, and buckets for shared steps in memory like any
 * other. */
static socle_status create_in_pieces(fixture *f, sc_device *device) {
    sc_engine_options options = {.capacity = 2,
                                 .micro_batches = 4,
                                 .optimizer = adam(),
                                 .shares_steps = true,
                                 .fixed_tree = true,
                                 .hooks.own_memory = true};
    sc_engine *engine;
    device->info.max_allocation = 112 * 1024;
    socle_status status = sc_engine_create(&engine, device, f->net, &options);
    sc_engine_memory memory = {0};
    if (status == SOCLE_OK) {
        memory = sc_engine_memory_used(engine);
        SC_EQ(sc_device_memory(device).used[SC_BUFFER_STAGING], memory.staging);
    }
    SC_TRUE(status != SOCLE_OK || memory.parameters > 2 * memory.parameter_piece);
    sc_engine_destroy(engine);
    SC_EQ(sc_device_memory(device).used[SC_BUFFER_STAGING], 0);
    SC_EQ(sc_device_memory(device).used[SC_BUFFER_DEVICE], 0);
    return status;
}

/* Every counted call fails once, first to last, until a run meets no fault. */
static void fail_every_call(const char *network,
                            socle_status (*work)(fixture *f, sc_device *device)) {
    int64_t n = 1;
    for (;; n++) {
        sc_null_counts counts = {.fail_after = n};
        fixture f;
        sc_device *device;
        SC_REPRO("null device, call %lld fails", (long long)n);
        open_null(&f, &device, &counts, network);
        socle_status status = work(&f, device);
        if (status != SOCLE_OK) SC_EQ(status, SOCLE_STATUS_DEVICE);
        if (counts.calls >= n && status == SOCLE_OK)
            SC_TRUE(counts.calls - n < 3); /* the last waits of clean-up */
        close_null(&f, device);
        nothing_left(&counts);
        if (counts.calls < n) break;
    }
    SC_TRUE(n > 100);
}

Test(null_device, any_call_may_fail_staged) {
    fail_every_call("cnn", one_staged);
}

Test(null_device, any_call_may_fail_resident) {
    fail_every_call("cnn", one_resident);
}

Test(null_device, any_call_may_fail_in_pieces) {
    fail_every_call("deep", create_in_pieces);
}
