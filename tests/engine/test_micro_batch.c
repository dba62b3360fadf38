/* SPDX-License-Identifier: Apache-2.0 */
/* The micro-batch solved from the budget: the largest even share that fits, found in few forecasts;
 * and what is said when none does. */
#include "../train/fixture.h"

#include "engine/forecast.h"

#include <math.h>

static sc_optimizer adam;

static sc_forecast_request request_of(int64_t batch) {
    adam = fixture_optimizer("adam", 0.01f, 0);
    return (sc_forecast_request){
        .engine = {.optimizer = &adam}, .uses = {.evaluates = true}, .batch = batch, .stages = 2};
}

static int64_t even(int64_t batch, int64_t parts) {
    return (batch + parts - 1) / parts;
}

/* What a micro-batch of `rows` needs, whatever the budget. */
static uint64_t needed(fixture *f, const sc_forecast_request *request, int64_t rows) {
    uint64_t budget = sc_device_memory(f->device).budget;
    sc_forecast_request one = *request;
    sc_forecast forecast;
    one.most = rows;
    one.fixed = true;
    sc_device_set_budget(f->device, 0);
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f->device, f->net, &one));
    SC_TRUE(forecast.fits && !forecast.engine.recompute);
    sc_device_set_budget(f->device, budget);
    return forecast.needed;
}

/* Beside what is in use, room for `bytes`. */
static void give_room(fixture *f, uint64_t bytes) {
    sc_device_set_budget(f->device, sc_device_memory(f->device).bounded + bytes);
}

/* Against every split, tried one by one. */
static void solved(const char *device, const char *network, int64_t batch) {
    fixture f;
    fixture_open(&f, device, 0);
    fixture_example(&f, network);
    sc_forecast_request request = request_of(batch);
    const int64_t chosen[] = {1, 2, 3, 7, batch / 2, batch};
    uint64_t bytes[64]; /* by number of parts */
    for (int64_t parts = 1; parts <= batch; parts++)
        bytes[parts] = needed(&f, &request, even(batch, parts));
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++)
        for (int less = 0; less <= 1; less++) {
            sc_forecast forecast;
            uint64_t room = bytes[chosen[i]] - (uint64_t)less;
            int64_t expected = 1;
            SC_REPRO("%s, %s: batch %d, room for %d parts less %d", device, network, (int)batch,
                     (int)chosen[i], less);
            give_room(&f, room);
            socle_status status = sc_forecast_micro_batch(&forecast, f.device, f.net, &request);
            while (expected <= batch && bytes[expected] > room) expected++;
            SC_EQ(forecast.fits, status == SOCLE_OK);
            if (expected > batch) { /* then by recomputation, or not at all */
                SC_TRUE(status == SOCLE_STATUS_DEVICE_MEMORY ||
                        (status == SOCLE_OK && forecast.engine.recompute));
                continue;
            }
            SC_EQ(status, SOCLE_OK);
            SC_TRUE(!forecast.engine.recompute);
            SC_EQ(forecast.engine.capacity, even(batch, expected));
            SC_EQ(forecast.engine.micro_batches, even(batch, forecast.engine.capacity));
            SC_TRUE(forecast.needed <= forecast.available);
            SC_TRUE(forecast.forecasts <= 10);
        }
    fixture_close(&f);
}

Test(micro_batch, solved_cpu) {
    solved("cpu", "fashion-cnn", 24);
    solved("cpu", "fashion-residual", 32);
    solved("cpu", "fashion-mlp", 20); /* mostly weights: partial sums cost more than rows */
}

/* What was solved can be made and run within the budget. */
static void runs(const char *device) {
    fixture f;
    sc_forecast forecast;
    sc_engine *engine;
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-inception");
    sc_forecast_request request = request_of(90);
    request.stages = 0; /* none are used here */
    give_room(&f, needed(&f, &request, 15));
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_EQ(forecast.engine.capacity, 15);
    SC_EQ(forecast.engine.micro_batches, 6);
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &forecast.engine));
    FIXTURE_OK(sc_engine_initialize(engine, 1));
    fixture_step(&f, engine, 1, 0, 90, 6, 0.01f);
    FIXTURE_OK(sc_engine_evaluate(engine, 0, 15));
    SC_EQ(sc_device_memory(f.device).bounded, sc_device_memory(f.device).budget);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

/* An evaluation keeps nothing for a backward pass: it takes more rows at once than training, within
 * the same budget, and finds what one row after the other finds, but for the grouping of the sums.
 */
static void evaluates_wider(const char *device) {
    fixture f;
    sc_forecast forecast;
    sc_engine *engine;
    sc_evaluation wide, narrow;
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-inception");
    sc_forecast_request request = request_of(90);
    uint64_t before = sc_device_memory(f.device).bounded;
    give_room(&f, needed(&f, &request, 18) - 1); /* just not the next larger share */
    request.evaluation = 90;
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_EQ(forecast.engine.capacity, 15);
    SC_TRUE(forecast.fits && forecast.engine.evaluation > 15 && forecast.engine.evaluation <= 90);
    sc_stage_source source = {.dataset = f.data, .target = "label"};
    for (int narrowly = 0; narrowly < 2; narrowly++) {
        sc_engine_options options = forecast.engine;
        if (narrowly) options.evaluation = 1;
        FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
        FIXTURE_OK(sc_engine_initialize(engine, 1));
        SC_EQ(sc_engine_evaluation_capacity(engine), options.evaluation);
        fixture_step(&f, engine, 1, 0, 90, 6, 0.01f);
        FIXTURE_OK(sc_evaluate(engine, &source, narrowly ? &narrow : &wide));
        sc_engine_memory taken = sc_engine_memory_used(engine);
        if (!narrowly) SC_EQ(taken.total, forecast.memory.total);
        sc_engine_destroy(engine);
    }
    SC_EQ(wide.samples, narrow.samples);
    SC_TRUE(wide.metric[0] == narrow.metric[0]);
    SC_TRUE(fabs(wide.loss - narrow.loss) <= 1e-6 * narrow.loss); /* a float's unit for each of at
                                                                     most 7 levels of sums */
    SC_EQ(sc_device_memory(f.device).bounded, before);
    fixture_close(&f);
}

Test(micro_batch, evaluation_takes_more_rows_cpu) {
    evaluates_wider("cpu");
}

Test(micro_batch, runs_within_the_budget_cpu) {
    runs("cpu");
}

/* A large batch is not tried share by share. */
Test(micro_batch, few_forecasts_for_many_rows) {
    fixture f;
    sc_forecast forecast;
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-residual");
    sc_forecast_request request = request_of(1 << 20), most = request_of(INT32_MAX);
    for (int64_t rows = 1; rows <= 4096; rows *= 8) {
        give_room(&f, needed(&f, &request, rows));
        FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
        SC_EQ(forecast.engine.capacity, rows);
        SC_TRUE(forecast.forecasts <= 10);
        if (rows < 64) continue; /* the most partial sums there are would not fit */
        FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &most)); /* whose size is
                                                                                   beyond what can
                                                                                   be addressed */
        SC_TRUE(forecast.engine.capacity >= rows / 2 && forecast.engine.capacity <= rows);
        SC_TRUE(forecast.forecasts <= 20);
    }
    fixture_close(&f);
}

/* Data stay on the device while they take at most half of the room and the whole batch fits beside
 * them. */
Test(micro_batch, resident_data) {
    fixture f;
    sc_forecast forecast;
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-cnn");
    sc_forecast_request request = request_of(16);
    request.resident_rows = 60000;
    sc_device_set_budget(f.device, UINT64_C(1) << 30);
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_TRUE(forecast.engine.resident);
    SC_EQ(forecast.engine.data_rows, 60000);
    SC_EQ(forecast.engine.capacity, 16);
    SC_TRUE(forecast.memory.data >= 60000 * 785);
    SC_EQ(forecast.forecasts, 1);
    sc_device_set_budget(f.device,
                         sc_device_memory(f.device).bounded + 2 * forecast.memory.data - 1);
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_TRUE(!forecast.engine.resident);
    SC_EQ(forecast.engine.data_rows, 0);
    SC_EQ(forecast.memory.data, 0);
    SC_EQ(forecast.engine.capacity, 16);
    request.resident_rows = SIZE_MAX / 8; /* more than there is to address */
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_TRUE(!forecast.engine.resident);
    fixture_close(&f);
}

/* A fixed micro-batch that is somewhat too large is made to fit, and what was forecast is what is
 * taken, results included. */
static void made_again(const char *device) {
    fixture f;
    sc_forecast forecast;
    sc_engine *engine;
    float loss[2];
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-residual");
    sc_forecast_request request = request_of(32);
    request.fixed = true;
    request.most = 32;
    request.stages = 0;
    for (int again = 0; again < 2; again++) {
        uint64_t before = sc_device_memory(f.device).bounded;
        if (again) sc_device_set_budget(f.device, before + forecast.needed / 4 * 3);
        FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
        SC_EQ(forecast.engine.recompute, again == 1);
        SC_EQ(forecast.engine.capacity, 32);
        FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &forecast.engine));
        FIXTURE_OK(sc_engine_initialize(engine, 1));
        for (uint32_t s = 1; s <= 3; s++)
            loss[again] = fixture_step(&f, engine, s, 0, 32, 1, 0.01f);
        FIXTURE_OK(sc_engine_evaluate(engine, 0, 32));
        SC_EQ(sc_device_memory(f.device).bounded - before, forecast.needed);
        sc_engine_destroy(engine);
    }
    SC_EQ_FLOAT_BITS(loss[0], loss[1]);
    fixture_close(&f);
}

Test(micro_batch, made_again_cpu) {
    made_again("cpu");
}

/* What a run takes on OpenCL, and what recomputation finds there, test_forecast.c and
 * test_recomputation.c have in a plain ./test. */
Test(micro_batch, opencl) {
    solved("opencl:0", "fashion-cnn", 24);
    if (sc_test_full()) {
        made_again("opencl:0");
        runs("opencl:0");
    }
}

/* Nothing fits: by how much, what takes the most, what would help. */
Test(micro_batch, nothing_fits) {
    fixture f;
    sc_forecast forecast;
    char text[256];
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-cnn");
    sc_forecast_request request = request_of(64);
    uint64_t least = UINT64_MAX;
    for (int64_t parts = 1; parts <= 64; parts++) {
        uint64_t bytes = needed(&f, &request, even(64, parts));
        if (bytes < least) least = bytes;
    }
    give_room(&f, least - 1);
    SC_FAILS(&f.env, sc_forecast_micro_batch(&forecast, f.device, f.net, &request),
             SOCLE_STATUS_DEVICE_MEMORY);
    SC_TRUE(!forecast.fits);
    snprintf(text, sizeof text, "micro-batch of %d takes %llu bytes, %llu more than the",
             (int)forecast.engine.capacity, (unsigned long long)forecast.needed,
             (unsigned long long)(forecast.needed - forecast.available));
    SC_CONTAINS(f.env.text, text);
    snprintf(text, sizeof text, "The layer %s holds the most, %zu bytes",
             forecast.memory.heaviest_layer, forecast.memory.heaviest);
    SC_CONTAINS(f.env.text, text);
    SC_CONTAINS(f.env.text, "larger memory budget");
    SC_EQ(forecast.needed - forecast.available, 1);
    request.fixed = true;
    request.most = 64;
    SC_FAILS(&f.env, sc_forecast_micro_batch(&forecast, f.device, f.net, &request),
             SOCLE_STATUS_DEVICE_MEMORY);
    SC_CONTAINS(f.env.text, "the micro-batch of 64 takes");
    SC_EQ(forecast.forecasts, 1);
    fixture_close(&f);
}

/* A limit per allocation bounds the rows as a budget does; weights beyond it leave nothing to do.
 */
Test(micro_batch, limit_per_allocation) {
    fixture f;
    sc_forecast forecast;
    fixture_open(&f, "cpu", 0);
    fixture_example(&f, "fashion-residual");
    sc_forecast_request request = request_of(96);
    sc_engine_options options = request.engine;
    sc_engine_memory memory;
    options.capacity = 24;
    FIXTURE_OK(sc_engine_forecast(&memory, f.device, f.net, &options, request.uses));
    f.device->info.max_allocation = memory.piece;
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_EQ(forecast.engine.capacity, 24);
    f.device->info.max_allocation = memory.piece - 1;
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_EQ(forecast.engine.capacity, 20); /* 96 / 5 */
    f.device->info.max_allocation = 1024;
    SC_FAILS(&f.env, sc_forecast_micro_batch(&forecast, f.device, f.net, &request),
             SOCLE_STATUS_DEVICE_MEMORY);
    SC_CONTAINS(f.env.text, "must lie in one piece");
    fixture_close(&f);
}
