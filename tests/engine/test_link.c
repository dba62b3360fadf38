/* SPDX-License-Identifier: Apache-2.0 */
/* The way of sums between devices: the same bits directly and through buffers of their own, in one
 * range and in many; and the trace that shows it beside the computation. */
#include "../train/fixture.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 12, BATCH = 32, MEMBERS = 2 };

static fixture f;

typedef struct run {
    sc_fleet_device device[MEMBERS];
    sc_trainer *trainer;
} run;

static void start(run *r, const sc_fit_options *options) {
    static const char *const names = "opencl:0/0,opencl:0/1";
    sc_device_choice *choice;
    int count;
    sc_device_options timed = SC_DEVICE_OPTIONS_DEFAULT;
    timed.timestamps = true;
    memset(r, 0, sizeof *r);
    FIXTURE_OK(sc_registry_select(&f.registry, &f.env, names, &choice, &count));
    SC_EQ(count, MEMBERS);
    for (int i = 0; i < count; i++)
        FIXTURE_OK(sc_worker_create(&r->device[i].worker, &f.env, &f.registry, &choice[i], &timed));
    sc_release(&f.env, choice);
    FIXTURE_OK(sc_trainer_create_on(&r->trainer, &f.env, r->device, MEMBERS, f.net, options, f.data,
                                    NULL));
}

static void end(run *r) {
    sc_trainer_destroy(r->trainer);
    for (int i = 0; i < MEMBERS; i++) sc_worker_destroy(r->device[i].worker);
}

static sc_fit_options options_of(bool own_memory, int ranges) {
    sc_fit_options options = sc_fit_defaults();
    options.batch = BATCH;
    options.steps = STEPS;
    options.epochs = 4;
    options.reproducible = true;
    options.hooks.engine.own_memory = own_memory;
    options.hooks.engine.ranges = ranges;
    options.optimizer = fixture_optimizer("adam", 0.01f, 0);
    return options;
}

/* All parameters after the steps; the caller frees. */
static float *train(bool own_memory, int ranges, size_t *count) {
    run r;
    sc_fit_options options = options_of(own_memory, ranges);
    start(&r, &options);
    FIXTURE_OK(sc_trainer_run(r.trainer));
    float *all = NULL;
    *count = 0;
    for (size_t p = 0; p < f.net->parameters; p++) {
        size_t elements = (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
        all = realloc(all, (*count + elements) * sizeof *all);
        FIXTURE_OK(sc_fleet_read(sc_trainer_fleet(r.trainer), (int)p, -1, all + *count));
        *count += elements;
    }
    end(&r);
    return all;
}

static void expect_same(const float *expected, size_t expected_count, bool own_memory, int ranges) {
    size_t count;
    float *all = train(own_memory, ranges, &count);
    SC_EQ(count, expected_count);
    SC_TRUE(memcmp(all, expected, count * sizeof *all) == 0);
    free(all);
}

static void same_bits(const char *network) {
    size_t count;
    fixture_open(&f, "opencl:0", 0);
    fixture_golden(&f, network);
    float *expected = train(false, 1, &count);
    expect_same(expected, count, true, 3);
    if (sc_test_full()) {
        expect_same(expected, count, false, 0);
        expect_same(expected, count, true, 1);
        expect_same(expected, count, true, 0);
    }
    free(expected);
    fixture_close(&f);
}

Test(link, every_way_gives_the_same_bits) {
    same_bits("cnn");
    if (sc_test_full()) same_bits("dropout");
}

static void expect_trace(bool own_memory) {
    run r;
    sc_trace *trace;
    sc_fit_options options = options_of(own_memory, 0);
    size_t seen[SC_TRACE_ROWS] = {0}, commits = 0;
    uint64_t computed[MEMBERS] = {0}; /* end of the member's last part of a backward pass */
    start(&r, &options);
    FIXTURE_OK(sc_trace_create(&trace, &f.env, 4096));
    FIXTURE_OK(sc_fleet_trace(sc_trainer_fleet(r.trainer), trace));
    FIXTURE_OK(sc_trainer_run(r.trainer));
    size_t ranges = (size_t)sc_engine_ranges(sc_fleet_engine(sc_trainer_fleet(r.trainer)));
    SC_TRUE(ranges > 1);
    for (size_t i = 0; i < sc_trace_count(trace); i++) {
        sc_trace_span span = sc_trace_at(trace, i);
        SC_TRUE(span.end >= span.start && span.device >= -1 && span.device < MEMBERS);
        bool commit = span.row == SC_TRACE_COMPUTE && span.range < 0;
        if (span.row == SC_TRACE_UPLOAD || commit)
            SC_EQ(span.range, -1);
        else
            SC_TRUE(span.range >= 0 && (size_t)span.range < ranges);
        SC_TRUE((span.device < 0) == (span.row == SC_TRACE_HOST));
        if (!commit) seen[span.row]++;
        commits += commit;
        if (span.row != SC_TRACE_COMPUTE) continue;
        SC_TRUE(span.start >= computed[span.device]);
        /* With a transfer queue of its own a device goes on at once. */
        if (own_memory && span.range > 0) SC_EQ_U64(span.start, computed[span.device]);
        computed[span.device] = span.end;
    }
    /* The last step's totals are seen when the next one begins, so that one leaves no spans of its
     * devices. */
    SC_EQ(seen[SC_TRACE_HOST], ranges * STEPS);
    SC_EQ(seen[SC_TRACE_COMPUTE], ranges * (STEPS - 1) * MEMBERS);
    SC_EQ(seen[SC_TRACE_TRANSFER], 2 * ranges * (STEPS - 1) * MEMBERS);
    SC_EQ(commits, (STEPS - 2) * MEMBERS);
    SC_TRUE(seen[SC_TRACE_UPLOAD] >= (STEPS - 3) * MEMBERS);
    for (int uploads = 0; uploads < 2; uploads++)
        SC_TRUE(sc_trace_hidden(trace, uploads) > 0 && sc_trace_hidden(trace, uploads) <= 1);
    FIXTURE_OK(sc_fleet_trace(sc_trainer_fleet(r.trainer), NULL));
    end(&r);
    sc_trace_destroy(trace);
}

Test(link, a_trace_of_every_range) {
    fixture_open(&f, "opencl:0", 0);
    fixture_golden(&f, "cnn");
    if (sc_test_full()) expect_trace(false);
    expect_trace(true);
    fixture_close(&f);
}

Test(link, what_lies_beside_computation) {
    sc_env env;
    sc_trace *trace;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_trace_create(&trace, &env, 4));
    sc_trace_span spans[] = {{0, SC_TRACE_COMPUTE, "backward", 0, 1, 2}, /* the oldest, forgotten */
                             {0, SC_TRACE_COMPUTE, "backward", 0, 100, 200},
                             {1, SC_TRACE_COMPUTE, "backward", 0, 150, 250},
                             {0, SC_TRACE_TRANSFER, "send", 0, 180, 280},
                             {-1, SC_TRACE_HOST, "add", 0, 0, 100}};
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) sc_trace_add(trace, &spans[i]);
    SC_EQ(sc_trace_count(trace), 4);
    SC_EQ(sc_trace_at(trace, 0).start, 100);
    SC_TRUE(sc_trace_hidden(trace, false) == 70.0 / 200.0);
    sc_trace_destroy(trace);
}
