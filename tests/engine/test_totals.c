/* SPDX-License-Identifier: Apache-2.0 */
/* The totals of an epoch, fed with sums as steps would leave them: samples beside others ten
 * million times as heavy, and a hundred million samples. Counts are exact, and so is what float
 * sums add to. */
#include "../train/fixture.h"

#include "engine/commit.h"
#include "nn/lanes.h"

#include <math.h>

enum { LANES = 6, STANDARD_SUMS = SC_SUM_METRICS + 1 };
static const sc_lane lanes[LANES] = {SC_LANE_SUMS,      SC_LANE_HEALTH, SC_LANE_PARAMETERS,
                                     SC_LANE_GRADIENTS, SC_LANE_STATE,  SC_LANE_COEFFICIENTS};

typedef struct adder {
    fixture f;
    sc_graph *graph;
    sc_lane_map map;
    sc_lane_memory memory;
    sc_plan *plan;
    sc_queue *queue;
} adder;

static void place(adder *a, sc_lane lane, int count) {
    size_t bytes[SC_HEALTH_TENSORS];
    for (int i = 0; i < count; i++)
        bytes[i] = lane == SC_LANE_SUMS || lane == SC_LANE_HEALTH ? 4 : SC_LANE_ALIGNMENT;
    FIXTURE_OK(sc_lane_place(&a->map.lane[lane], a->f.device->env, count, bytes, NULL));
    FIXTURE_OK(sc_buffer_create(&a->memory.base[lane].buffer, a->f.device, SC_BUFFER_DEVICE,
                                a->map.lane[lane].bytes));
    FIXTURE_OK(sc_queue_fill(a->queue, a->memory.base[lane], 0, a->map.lane[lane].bytes));
}

/* commits: the whole commit of one block of parameters, else the totals of evaluation. */
static void create(adder *a, const char *device, bool commits, int sums) {
    const int count[LANES] = {sums, SC_HEALTH_TOTALS + 2 * sums, 1, 1, 1, 3};
    memset(a, 0, sizeof *a);
    fixture_open(&a->f, device, 0);
    FIXTURE_OK(sc_queue_open(&a->queue, a->f.device));
    for (int i = 0; i < (commits ? LANES : 2); i++) place(a, lanes[i], count[i]);
    FIXTURE_OK(sc_graph_create(&a->graph, a->f.device->env, 1));
    sc_optimizer sgd = fixture_optimizer("sgd", 0.1f, 0);
    sc_step_terms terms;
    sc_commit_shape shape = {
        .pieces = 1, .trained = 1, .parameter_blocks = {1}, .sums = sums, .weighted = true};
    const sc_commit_part part = {&sgd, 0, 1};
    FIXTURE_OK(commits ? sc_commit_build(a->graph, &part, &shape, &terms)
                       : sc_totals_build(a->graph, sums));
    sc_plan_options options = {0};
    FIXTURE_OK(sc_plan_create(&a->plan, a->f.device, a->graph, &a->map, &options));
}

static void destroy(adder *a) {
    sc_plan_destroy(a->plan);
    sc_graph_destroy(a->graph);
    for (int i = 0; i < LANES; i++) sc_buffer_destroy(a->memory.base[lanes[i]].buffer);
    sc_lane_map_free(&a->map, a->f.device->env);
    sc_queue_close(a->queue);
    fixture_close(&a->f);
}

static sc_operand at(const adder *a, sc_lane lane, int tensor) {
    sc_operand operand = a->memory.base[lane];
    operand.offset += a->map.lane[lane].offset[tensor];
    return operand;
}

static void feed(adder *a, float loss, float weight, float correct, int times) {
    const float sum[STANDARD_SUMS] = {loss, weight, correct};
    const sc_launch launch = {.rows = 1, .step = 1};
    for (int i = 0; i < STANDARD_SUMS; i++)
        FIXTURE_OK(sc_queue_write(a->queue, at(a, SC_LANE_SUMS, i), &sum[i], sizeof sum[i]));
    FIXTURE_OK(sc_queue_finish(a->queue));
    for (int t = 0; t < times; t++) FIXTURE_OK(sc_plan_run(a->plan, a->queue, &a->memory, &launch));
    FIXTURE_OK(sc_queue_finish(a->queue));
}

static double total(adder *a, int i) {
    float part[2];
    for (int p = 0; p < 2; p++)
        FIXTURE_OK(sc_queue_read(a->queue, &part[p],
                                 at(a, SC_LANE_HEALTH, SC_HEALTH_TOTALS + 2 * i + p),
                                 sizeof part[p]));
    FIXTURE_OK(sc_queue_finish(a->queue));
    return (double)part[0] + (double)part[1];
}

static void heavy_beside_light(const char *device, bool commits) {
    adder a;
    create(&a, device, commits, STANDARD_SUMS);
    for (int i = 0; i < 50; i++) {
        feed(&a, 2.5e6f, 1e7f, 1e7f, 1);
        feed(&a, 3.0f, 1.0f, 1.0f, 20);
    }
    SC_EQ(total(&a, 1), 50 * 1e7 + 1000);
    SC_EQ(total(&a, 2), 50 * 1e7 + 1000);
    SC_EQ(total(&a, 0), 50 * 2.5e6 + 3000);
    destroy(&a);
}

/* From where a float counts no further, one by one; then in steps of 5,000 to a hundred million. */
static void many(const char *device, bool commits) {
    adder a;
    create(&a, device, commits, STANDARD_SUMS);
    feed(&a, 1677721.6f, 16777216, 16777216, 1);
    feed(&a, 0.1f, 1, 1, 1500);
    SC_EQ(total(&a, 1), 16777216 + 1500);
    SC_EQ(total(&a, 2), 16777216 + 1500);
    feed(&a, 500.1f, 5001, 4999, 16600);
    SC_EQ(total(&a, 1), 16777216 + 1500 + 16600.0 * 5001);
    SC_EQ(total(&a, 2), 16777216 + 1500 + 16600.0 * 4999);
    double loss = (double)1677721.6f + 1500 * (double)0.1f + 16600 * (double)500.1f;
    SC_NEAR(total(&a, 0) / loss, 1, 1e-12); /* 2^-46 or so for each of 18,000 additions, of either
                                               sign */
    destroy(&a);
}

/* A sum that is not finite is a total that is not, and says which. */
static void not_finite(const char *device) {
    adder a;
    create(&a, device, false, STANDARD_SUMS);
    feed(&a, INFINITY, 1, 1, 2);
    SC_TRUE(isinf(total(&a, 0)));
    SC_EQ(total(&a, 1), 2.0);
    feed(&a, NAN, 1, 1, 1);
    SC_TRUE(isnan(total(&a, 0)));
    destroy(&a);
}

/* Any number of metrics: each has its total, and the last loss comes along. */
static void more_sums(const char *device, int least, bool commits) {
    for (int sums = least; sums <= SC_SUMS; sums++) {
        adder a;
        float last;
        const sc_launch launch = {.rows = 1, .step = 1};
        create(&a, device, commits, sums);
        for (int i = 0; i < sums; i++) {
            float sum = (float)(i + 3);
            FIXTURE_OK(sc_queue_write(a.queue, at(&a, SC_LANE_SUMS, i), &sum, sizeof sum));
            FIXTURE_OK(sc_queue_finish(a.queue));
        }
        for (int t = 0; t < 2; t++) FIXTURE_OK(sc_plan_run(a.plan, a.queue, &a.memory, &launch));
        for (int i = 0; i < sums; i++) SC_EQ(total(&a, i), 2.0 * (i + 3));
        FIXTURE_OK(sc_queue_read(a.queue, &last, at(&a, SC_LANE_HEALTH, SC_HEALTH_LAST_LOSS),
                                 sizeof last));
        FIXTURE_OK(sc_queue_finish(a.queue));
        SC_EQ(last, 3 * (1.0f / 4));
        destroy(&a);
    }
}

static void all(const char *device, int least) {
    heavy_beside_light(device, false);
    heavy_beside_light(device, true);
    many(device, false);
    many(device, true);
    not_finite(device);
    more_sums(device, least, false);
    more_sums(device, least, true);
}

Test(totals, cpu) {
    all("cpu", SC_SUM_METRICS);
}

Test(totals, opencl) {
    all("opencl:0", SC_SUMS);
}
