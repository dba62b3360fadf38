/* SPDX-License-Identifier: Apache-2.0 */
/* A graph of a figure's own on a device: its lanes, the model's weights in them, and a run. Used on
 * the device's thread. */
#ifndef SC_VIEW_VIEW_PASS_H
#define SC_VIEW_VIEW_PASS_H

#include "graph/plan.h"
#include "nn/lanes.h"
#include "view/view_model.h"

typedef struct sc_view_pass {
    const sc_view_model *model;
    sc_device *device;
    sc_queue *queue;
    sc_graph *graph;
    sc_plan *plan;
    sc_lane_map map;
    sc_lane_memory memory;
} sc_view_pass;

/* Opens the graph, for `rows` samples at a time. */
socle_status sc_view_pass_begin(sc_view_pass *out, const sc_view_model *model, sc_device *device,
                                int64_t rows);
void sc_view_pass_end(sc_view_pass *pass); /* also after a failed begin */
/* Room for `count` tensors in a lane; 0: nothing. */
socle_status sc_view_pass_lane(sc_view_pass *pass, sc_lane lane, int count, const size_t *bytes);
/* Once the graph and all other lanes are there: the lanes of the weights, the plan, the weights. */
socle_status sc_view_pass_plan(sc_view_pass *pass);
/* Both wait. */
socle_status sc_view_pass_put(sc_view_pass *pass, sc_lane lane, int index, const void *data,
                              size_t bytes);
socle_status sc_view_pass_get(sc_view_pass *pass, sc_lane lane, int index, void *data,
                              size_t bytes);
socle_status sc_view_pass_run(sc_view_pass *pass);

#endif
