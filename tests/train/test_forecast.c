/* SPDX-License-Identifier: Apache-2.0 */
/* What a forecast says is what is taken: to the byte, on every device, for plain, residual and
 * branching networks, however the data come. The account of the device is the judge. */
#include "fixture.h"
#include "sc_device_bodies.h"

#include "train/fit_forecast.h"

enum { SAMPLES = FIXTURE_EXAMPLE_SAMPLES };

static const char *const examples[] = {"fashion-mlp", "fashion-cnn", "fashion-residual",
                                       "fashion-inception", "fashion-rnn"};

typedef struct load {
    int64_t capacity, micro_batches;
    bool resident, separate, shares_steps, fixed_tree, own_memory;
} load;

static sc_engine_options options_of(const load *l, const sc_optimizer *optimizer) {
    return (sc_engine_options){.capacity = l->capacity,
                               .micro_batches = l->micro_batches,
                               .optimizer = optimizer,
                               .resident = l->resident,
                               .data_rows = l->resident ? SAMPLES : 0,
                               .shares_steps = l->shares_steps,
                               .fixed_tree = l->fixed_tree,
                               .hooks.own_memory = l->own_memory,
                               .plan.hooks.separate = l->separate};
}

static uint64_t used(const fixture *f, sc_buffer_kind kind) {
    return sc_device_memory(f->device).used[kind];
}

#define PART(field)                                                                                \
    { #field, offsetof(sc_engine_memory, field) }

static void same_memory(const sc_engine_memory *a, const sc_engine_memory *b) {
    static const struct {
        const char *name;
        size_t offset;
    } parts[] = {PART(parameters),   PART(gradients),       PART(state),        PART(statistics),
                 PART(coefficients), PART(inputs),          PART(outputs),      PART(data),
                 PART(activations),  PART(packed),          PART(steps),        PART(exchange),
                 PART(total),        PART(staging),         PART(slot),         PART(train),
                 PART(evaluate),     PART(predict),         PART(tensor),       PART(piece),
                 PART(heaviest),     PART(parameter_piece), PART(partial_piece)};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t x, y;
        memcpy(&x, (const char *)a + parts[i].offset, sizeof x);
        memcpy(&y, (const char *)b + parts[i].offset, sizeof y);
        if (x != y) SC_TEST_FAIL("%s: %zu taken, %zu forecast", parts[i].name, x, y);
    }
    SC_EQ_STR(a->piece_name, b->piece_name);
    SC_EQ_STR(a->heaviest_layer, b->heaviest_layer);
}

/* The parts are the whole. */
static void adds_up(const sc_engine_memory *m) {
    SC_EQ(m->parameters + m->gradients + m->state + m->statistics + m->coefficients + m->inputs +
              m->outputs + m->data + m->activations + m->packed + m->steps + m->exchange,
          m->total);
}

/* Trains a step, evaluates and predicts with samples of f->data. */
static void work(fixture *f, sc_engine *engine, const load *l) {
    const sc_column *images = sc_dataset_column(f->data, 0),
                    *labels = sc_dataset_column(f->data, 1);
    static float out[SAMPLES * 10];
    int32_t numbers[SAMPLES];
    for (int32_t i = 0; i < SAMPLES; i++) numbers[i] = i;
    const void *column[2] = {images->data, labels->data};
    size_t first;
    if (l->resident) FIXTURE_OK(sc_engine_data(engine, f->data, "label", &first));
    for (int64_t m = 0; m < l->micro_batches; m++) {
        FIXTURE_OK(sc_engine_upload(engine, 0, l->capacity, column, numbers));
        FIXTURE_OK(sc_engine_micro_batch(engine, 0, l->capacity, (uint32_t)(m * l->capacity), 1));
    }
    sc_engine_step step = {1, (double)(l->capacity * l->micro_batches), l->micro_batches, 0.01f};
    FIXTURE_OK(sc_engine_commit(engine, &step));
    FIXTURE_OK(sc_engine_evaluate(engine, 0, l->capacity));
    FIXTURE_OK(sc_engine_predict(engine, 0, l->capacity, 0, out));
    FIXTURE_OK(sc_engine_evaluate(engine, 0, l->capacity));
}

static void forecast_holds(fixture *f, const load *l) {
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_options options = options_of(l, &adam);
    sc_engine_memory training, all, taken;
    sc_engine *engine;
    uint64_t before = used(f, SC_BUFFER_DEVICE), staging = used(f, SC_BUFFER_STAGING);
    sc_memory_use at_first = sc_device_memory(f->device);
    sc_device_set_budget(f->device, at_first.bounded + 1); /* as good as nothing */
    SC_REPRO("%s: capacity %d, %d micro-batches, resident %d, separate %d, shared %d %d",
             f->device->info.name, (int)l->capacity, (int)l->micro_batches, l->resident,
             l->separate, l->shares_steps, l->fixed_tree);
    FIXTURE_OK(sc_engine_forecast(&training, f->device, f->net, &options, (sc_engine_uses){0}));
    FIXTURE_OK(sc_engine_forecast(&all, f->device, f->net, &options, (sc_engine_uses){true, true}));
    sc_device_set_budget(f->device, at_first.bounded + all.total + all.staging); /* to the byte */
    FIXTURE_OK(sc_engine_create(&engine, f->device, f->net, &options));
    SC_EQ(used(f, SC_BUFFER_DEVICE) - before, training.total);
    SC_EQ(used(f, SC_BUFFER_STAGING) - staging, training.staging);
    work(f, engine, l);
    SC_EQ(used(f, SC_BUFFER_DEVICE) - before, all.total);
    SC_EQ(used(f, SC_BUFFER_STAGING) - staging, all.staging);
    taken = sc_engine_memory_used(engine);
    same_memory(&taken, &all);
    adds_up(&all);
    sc_engine_destroy(engine);
    SC_EQ(used(f, SC_BUFFER_DEVICE), before);
    SC_EQ(used(f, SC_BUFFER_STAGING), staging);
    sc_device_set_budget(f->device, at_first.budget);
}

static void every_example(const char *device) {
    static const load loads[] = {{.capacity = 1, .micro_batches = 1, .resident = true},
                                 {.capacity = 7, .micro_batches = 1},
                                 {.capacity = 32, .micro_batches = 3, .resident = true}};
    fixture f;
    fixture_open(&f, device, 0);
    for (size_t e = 0; e < sizeof examples / sizeof examples[0]; e++) {
        bool chosen = false;
        for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
            /* On OpenCL a plain ./test takes three examples, each with another load. */
            if (!sc_test_takes(device, (int64_t)(e * 3 + i), 7)) continue;
            if (!chosen) fixture_example(&f, examples[e]);
            chosen = true;
            forecast_holds(&f, &loads[i]);
        }
    }
    fixture_close(&f);
}

Test(forecast, equals_what_is_taken_cpu) {
    every_example("cpu");
}

SC_OPENCL_BODY(every_example)

/* Separate buffers with canaries, and steps shared with other engines. */
static void other_modes(const char *device) {
    static const load loads[] = {
        {.capacity = 9, .micro_batches = 2, .separate = true},
        {.capacity = 9, .micro_batches = 1, .shares_steps = true},
        {.capacity = 9, .micro_batches = 6, .shares_steps = true, .fixed_tree = true},
        {.capacity = 9,
         .micro_batches = 6,
         .shares_steps = true,
         .fixed_tree = true,
         .own_memory = true}};
    fixture f;
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-residual");
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) forecast_holds(&f, &loads[i]);
    fixture_close(&f);
}

Test(forecast, holds_in_other_modes_cpu) {
    other_modes("cpu");
}

SC_OPENCL_BODY(other_modes)

/* Parameters, gradients and states in pieces, which are as many bytes. */
static void in_pieces(const char *device) {
    static const load loads[] = {
        {.capacity = 2, .micro_batches = 3},
        {.capacity = 2, .micro_batches = 6, .shares_steps = true, .fixed_tree = true},
        {.capacity = 2, .micro_batches = 6, .shares_steps = true, .own_memory = true}};
    fixture f;
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    fixture_open(&f, device, 1);
    fixture_golden(&f, "deep");
    const uint64_t normal = f.device->info.max_allocation;
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        sc_engine_options options = options_of(&loads[i], &adam);
        sc_engine_memory whole, divided;
        f.device->info.max_allocation = normal;
        FIXTURE_OK(
            sc_engine_forecast(&whole, f.device, f.net, &options, (sc_engine_uses){true, true}));
        f.device->info.max_allocation = 112 * 1024;
        FIXTURE_OK(
            sc_engine_forecast(&divided, f.device, f.net, &options, (sc_engine_uses){true, true}));
        SC_TRUE(divided.parameters > 2 * divided.parameter_piece && divided.piece <= 112 * 1024);
        SC_EQ(divided.total - divided.steps - divided.coefficients,
              whole.total - whole.steps - whole.coefficients);
        forecast_holds(&f, &loads[i]);
    }
    fixture_close(&f);
}

Test(forecast, holds_in_pieces_cpu) {
    in_pieces("cpu");
}

SC_OPENCL_BODY_IN_FULL(in_pieces)

/* Threads have scratch memory of their own. */
Test(forecast, knows_the_threads) {
    const load l = {.capacity = 16, .micro_batches = 1};
    size_t total[2];
    for (int threads = 1; threads <= 2; threads++) {
        fixture f;
        sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
        sc_engine_options options = options_of(&l, &adam);
        sc_engine_memory memory;
        fixture_open(&f, "cpu", threads);
        fixture_example(&f, "fashion-cnn");
        FIXTURE_OK(
            sc_engine_forecast(&memory, f.device, f.net, &options, (sc_engine_uses){true, true}));
        total[threads - 1] = memory.total;
        forecast_holds(&f, &l);
        fixture_close(&f);
    }
    SC_TRUE(total[1] > total[0]);
}

/* A whole run, its stage and feeds included, never has more than its request forecasts. */
static void a_run(const char *device, bool staged) {
    fixture f;
    sc_trainer *trainer;
    sc_forecast_request request;
    sc_forecast forecast;
    sc_fit_options options = sc_fit_defaults();
    options.batch = 24;
    options.epochs = 2;
    options.validation = 0.25;
    options.staged = staged;
    fixture_open(&f, device, 0);
    fixture_example(&f, "fashion-cnn");
    sc_memory_use before = sc_device_memory(f.device);
    FIXTURE_OK(sc_fit_forecast_request(&request, f.net, &options, 1, f.data, NULL));
    FIXTURE_OK(sc_forecast_micro_batch(&forecast, f.device, f.net, &request));
    SC_EQ(forecast.engine.capacity, 24);
    SC_EQ(forecast.engine.resident, !staged);
    sc_device_set_budget(f.device, before.bounded + forecast.needed);
    FIXTURE_OK(sc_trainer_create(&trainer, f.device, f.net, &options, f.data, NULL));
    FIXTURE_OK(sc_trainer_run(trainer));
    sc_trainer_destroy(trainer);
    sc_memory_use after = sc_device_memory(f.device);
    SC_EQ(after.peak[SC_BUFFER_DEVICE] - before.used[SC_BUFFER_DEVICE], forecast.memory.total);
    SC_EQ(after.peak[SC_BUFFER_STAGING], forecast.staging);
    SC_EQ(after.bounded, before.bounded);
    fixture_close(&f);
}

static void runs(const char *device) {
    a_run(device, false);
    a_run(device, true);
}

Test(forecast, a_run_takes_what_its_request_says_cpu) {
    runs("cpu");
}

SC_OPENCL_BODY(runs)

SC_OPENCL_BODIES(forecast)
