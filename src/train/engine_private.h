/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an engine, for engine*.c alone. */
#ifndef SC_TRAIN_ENGINE_PRIVATE_H
#define SC_TRAIN_ENGINE_PRIVATE_H

#include "train/engine.h"

enum { SC_ENGINE_COLUMNS = SC_NET_INPUTS + 1, SC_ENGINE_SLOTS = 8, SC_PARTIAL_LEVELS = 32 };

typedef struct sc_engine_slot {
    sc_buffer *buffer;   /* one INPUTS lane */
    sc_event *uploaded;  /* last upload; NULL: none under way */
    sc_event *used;      /* last launch that reads it */
} sc_engine_slot;

struct sc_engine {
    sc_env *env;
    sc_device *device;
    sc_net *net;
    sc_engine_options options;
    sc_optimizer optimizer;
    bool trains;
    sc_queue *compute, *upload;

    int columns;
    sc_tensor_desc column[SC_ENGINE_COLUMNS]; /* batched, at capacity; the target is the last */
    const char *column_name[SC_ENGINE_COLUMNS];

    sc_lane_map map;         /* of the network's graphs */
    sc_lane_map commit_map;  /* whole lanes */
    sc_lane_memory memory;   /* bases; INPUTS, GRADIENTS and SUMS are set per run */
    sc_buffer *lane[SC_LANE_COUNT]; /* GRADIENTS: all partials; SUMS inside; INPUTS: see slot */
    size_t partial_bytes;    /* gradients and sums of one micro-batch */
    int partial_slots;
    sc_engine_slot slot[SC_ENGINE_SLOTS];
    int slots;
    size_t data_used;        /* rows */

    sc_plan *train, *evaluate, *predict, *commit, *totals, *add;

    /* The step's tree of partials: a binary counter. partial[l] is the slot that holds level l, -1 when empty. */
    int partial[SC_PARTIAL_LEVELS];
    uint32_t pending;        /* micro-batches of the step so far */
    int free_partial[SC_PARTIAL_LEVELS + 1];
    int free_partials;

    uint32_t peek_words[SC_HEALTH_TENSORS * SC_BLOCK];
    sc_event *peek;
};

/* engine_graph.c: the network's graphs. */
socle_status sc_engine_build_train(sc_engine *engine, sc_graph *graph, int *completion);
socle_status sc_engine_build_evaluate(sc_engine *engine, sc_graph *graph);
socle_status sc_engine_build_predict(sc_engine *engine, sc_graph *graph);
/* engine_lanes.c: columns, lane layouts, buffers, coefficients. */
socle_status sc_engine_columns_init(sc_engine *engine);
socle_status sc_engine_lanes_create(sc_engine *engine, const int *completion);
void sc_engine_lanes_destroy(sc_engine *engine);
/* engine_plans.c */
socle_status sc_engine_plan_step(sc_engine *engine, sc_graph *train_graph);
socle_status sc_engine_need_evaluate(sc_engine *engine);
socle_status sc_engine_need_predict(sc_engine *engine);
/* After every write to the parameters: packed copies are stale. */
void sc_engine_weights_changed(sc_engine *engine);
/* The lane bases for one run over a slot and a partial. */
sc_lane_memory sc_engine_bases(const sc_engine *engine, int slot, int partial);
/* Orders the compute queue behind the slot's upload / notes the slot's use. */
socle_status sc_engine_slot_begin(sc_engine *engine, int slot);
socle_status sc_engine_slot_end(sc_engine *engine, int slot);

#endif
