/* SPDX-License-Identifier: Apache-2.0 */
/* A plan over lanes of its own, for tests of plans: give each lane its tensors, plan, write, run,
 * read. */
#ifndef SC_TEST_PLAN_FIXTURE_H
#define SC_TEST_PLAN_FIXTURE_H

#include "device_fixture.h"
#include "graph/build.h"
#include "graph/grad.h"
#include "graph/plan.h"
#include "nn/lanes.h"

enum { PLAN_TENSORS = 32 };

typedef struct plan_fixture {
    device_fixture *f;
    sc_graph *graph;
    int tensors[SC_LANE_COUNT];
    size_t bytes[SC_LANE_COUNT][PLAN_TENSORS];
    sc_lane_map map;
    sc_lane_memory memory;
    sc_plan *plan;
} plan_fixture;

static SC_UNUSED void plan_begin(plan_fixture *p, device_fixture *f, int64_t capacity) {
    memset(p, 0, sizeof *p);
    p->f = f;
    SC_OK(&f->env, sc_graph_create(&p->graph, &f->env, capacity));
}

static SC_UNUSED void plan_home(plan_fixture *p, sc_lane lane, const sc_tensor_desc *desc) {
    SC_TRUE(p->tensors[lane] < PLAN_TENSORS);
    p->bytes[lane][p->tensors[lane]++] = sc_tensor_bytes(desc);
}

/* The next tensor of a lane. */
static SC_UNUSED sc_value plan_external(plan_fixture *p, sc_lane lane, int dtype, bool batched,
                                        int rank, const int64_t *dim) {
    sc_tensor_desc desc = sc_tensor_make(dtype, batched, rank, dim);
    if (lane == SC_LANE_PARAMETERS) sc_graph_weights(p->graph, lane);
    sc_value value = sc_graph_external(p->graph, lane, p->tensors[lane], &desc, NULL);
    plan_home(p, lane, &desc);
    return value;
}

static SC_UNUSED void plan_output(plan_fixture *p, sc_value value, sc_lane lane) {
    SC_OK(p->graph->env, p->graph->status);
    sc_tensor_desc desc = *sc_graph_desc(p->graph, value);
    sc_graph_output(p->graph, value, lane, p->tensors[lane]);
    plan_home(p, lane, &desc);
}

/* Lanes on the device, all words 0xFFFFFFFF (a NaN), and the plan. */
static SC_UNUSED socle_status plan_make(plan_fixture *p, const sc_plan_options *options) {
    sc_env *env = &p->f->env;
    SC_OK(env, p->graph->status);
    for (int lane = 0; lane < SC_LANE_COUNT; lane++) {
        if (!p->tensors[lane] || p->memory.base[lane].buffer) continue;
        SC_OK(env, sc_lane_place(&p->map.lane[lane], env, p->tensors[lane], p->bytes[lane], NULL));
        size_t bytes = p->map.lane[lane].bytes;
        SC_OK(env, sc_buffer_create(&p->memory.base[lane].buffer, p->f->device, SC_BUFFER_DEVICE,
                                    bytes));
        SC_OK(env, sc_queue_fill(p->f->queue, p->memory.base[lane], UINT32_MAX, bytes));
    }
    return sc_plan_create(&p->plan, p->f->device, p->graph, &p->map, options);
}

static SC_UNUSED sc_operand plan_place(const plan_fixture *p, sc_lane lane, int index) {
    sc_operand place = p->memory.base[lane];
    place.offset += p->map.lane[lane].offset[index];
    return place;
}

static SC_UNUSED void plan_write(plan_fixture *p, sc_lane lane, int index, const void *data,
                                 size_t bytes) {
    SC_OK(&p->f->env, sc_queue_write(p->f->queue, plan_place(p, lane, index), data, bytes));
    SC_OK(&p->f->env, sc_queue_finish(p->f->queue));
}

static SC_UNUSED void plan_read(plan_fixture *p, sc_lane lane, int index, void *data,
                                size_t bytes) {
    SC_OK(&p->f->env, sc_queue_read(p->f->queue, data, plan_place(p, lane, index), bytes));
    SC_OK(&p->f->env, sc_queue_finish(p->f->queue));
}

static SC_UNUSED socle_status plan_run(plan_fixture *p, const sc_launch *launch) {
    SC_TRY(sc_plan_run(p->plan, p->f->queue, &p->memory, launch));
    return sc_queue_finish(p->f->queue);
}

static SC_UNUSED void plan_end(plan_fixture *p) {
    sc_plan_destroy(p->plan);
    sc_graph_destroy(p->graph);
    for (int lane = 0; lane < SC_LANE_COUNT; lane++) sc_buffer_destroy(p->memory.base[lane].buffer);
    sc_lane_map_free(&p->map, &p->f->env);
}

#endif
