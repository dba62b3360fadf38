/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an engine, for engine*.c alone. */
#ifndef SC_ENGINE_ENGINE_PRIVATE_H
#define SC_ENGINE_ENGINE_PRIVATE_H

#include "data/augment.h"
#include "engine/engine.h"
#include "nn/collect.h"

enum { SC_ENGINE_COLUMNS = SC_NET_INPUTS + 1 + SC_COLUMN_FACTORS };
_Static_assert((int)SC_ENGINE_COLUMNS < (int)SC_DATASET_MAX_COLUMNS, "stages hold the origins too");

typedef struct sc_engine_slot {
    sc_buffer *buffer;  /* one INPUTS lane */
    sc_event *uploaded; /* last upload; NULL: none under way */
    uint64_t asked;     /* host time when it was begun */
    sc_event *used;     /* last launch that reads it */
    int64_t longest;    /* steps of the longest sequence in it; 0: as many as sequences have */
} sc_engine_slot;

/* A table that is updated by rows (engine_tables.c). */
enum { SC_ROW_LISTS = 3 };
typedef struct sc_engine_rows {
    sc_engine_table table;
    sc_commit_rows commit;
    int parameter;  /* of the net */
    uint32_t *seen; /* per row of the table: the last list that has it */
    uint32_t lists;
    int32_t *list[SC_ROW_LISTS]; /* of the step under way, and others that may be on their way */
    sc_event *sent[SC_ROW_LISTS];
    int next;
    int64_t count; /* rows of the step under way */
    sc_plan *place, *update;
    sc_step_terms step_terms;
} sc_engine_rows;

/* The commit begun last: where it stands, so that one which lack of memory cut short can go on. */
typedef struct sc_engine_commit_run {
    sc_engine_step step;
    sc_lane_memory memory;
    bool under_way; /* not all of it was enqueued */
    int update;     /* that of an optimizer, or behind these of a table, */
    int launch;     /* and its launch to enqueue next */
} sc_engine_commit_run;

struct sc_engine {
    sc_env *env;
    sc_device *device;
    sc_net *net;
    sc_engine_options options;
    bool trains;
    int optimizers;
    sc_optimizer optimizer[SC_OPTIMIZERS];
    sc_step_terms step_terms[SC_OPTIMIZERS]; /* of their updates */
    int *optimizer_of; /* per net parameter: its optimizer, SC_FROZEN; statistics have SC_FROZEN */
    sc_queue *compute, *upload;

    int64_t rows; /* most of any micro-batch */
    int columns;
    int labels, factors; /* the column of the labels, -1: none; the first of the factors */
    sc_tensor_desc column[SC_ENGINE_COLUMNS]; /* batched, at `rows`; inputs, target, factors */
    const char *column_name[SC_ENGINE_COLUMNS];

    sc_lane_map map;                /* of the network's graphs */
    sc_lane_map commit_map;         /* whole lanes */
    sc_lane_memory memory;          /* bases; INPUTS, GRADIENTS and SUMS are set per run */
    sc_buffer *lane[SC_LANE_COUNT]; /* of lanes in one piece */
    sc_cuts cuts; /* of parameters and of each of the optimizers' states: pieces that the first
                     optimizer moves, then the second ..., then what is frozen */
    int piece_optimizer[SC_LANE_PIECES]; /* which moves a piece; SC_FROZEN */
    int piece_table[SC_LANE_PIECES];     /* the table that it is; -1: none */
    int trained;                         /* pieces that have gradients: the first */
    int tables;
    sc_engine_rows rows_of[SC_ENGINE_TABLES];
    bool told; /* the step under way has told its samples */
    sc_pieces parameters, state[SC_OPTIMIZER_STATES];
    sc_operand state_base[SC_OPTIMIZER_STATES * SC_LANE_PIECES]; /* by state, then by piece */
    sc_cuts partial_cuts;            /* as those of `cuts` that have gradients, the sums behind */
    sc_pieces partial[SC_SUM_NODES]; /* GRADIENTS, and SUMS behind them */
    size_t partial_bytes;            /* gradients and sums of one micro-batch */
    int partial_slots;
    sc_engine_slot slot[SC_ENGINE_SLOTS];
    int slots;
    size_t data_used; /* rows */

    sc_plan *train, *evaluate, *predict, *totals, *add;
    sc_plan *update[SC_OPTIMIZERS]; /* the first is the commit, the others are behind it; NULL: an
                                       optimizer that moves nothing */
    sc_plan_pool *pool; /* train, evaluate and predict take turns in it; the others run between
                           parts of train */
    size_t taken;       /* bytes of all lanes */
    size_t piece;       /* the largest that must lie in one allocation */
    char piece_name[SC_NAME_TEXT];

    /* The step under way: which partial slots hold which sums. */
    sc_sum_tree tree;
    int64_t next_micro_batch; /* number within the step */
    uint32_t draw;            /* of predictions */
    uint32_t pending;         /* micro-batches so far */
    int free_partial[SC_SUM_NODES];
    int free_partials;
    sc_engine_commit_run commit;
    sc_engine_link *link; /* NULL: the engine shares no steps */

    uint32_t peek_words[SC_HEALTH_TENSORS * SC_BLOCK];
    sc_event *peek;
};

/* engine_loss.c: the losses over a micro-batch, whose sums become outputs of the graph. */
typedef struct sc_engine_loss {
    sc_value phase[SC_NET_PHASES]; /* of each phase, row by row; SC_NO_VALUE after an error */
    sc_value weight;               /* of each row; SC_NO_VALUE: 1 */
} sc_engine_loss;
void sc_engine_build_loss(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                          const sc_value *column, sc_engine_loss *out);
/* The loss of each phase alone, for values of the network built once more. Returns the rows of the
 * whole; `labelled`: those that metrics are of; NULL: they are not wanted. */
sc_loss_rows sc_engine_sum_losses(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                                  const sc_value *column, sc_value phase[SC_NET_PHASES],
                                  sc_loss_rows *labelled);
/* engine_adversarial.c: puts the loss of adversarial training in the place of *loss, where there
 * are no phases. */
void sc_engine_build_adversarial(const sc_engine *engine, sc_graph *graph, const sc_build *build,
                                 const sc_value *column, sc_value *loss);
/* engine_graph.c: the network's graphs. */
socle_status sc_engine_build_train(sc_engine *engine, sc_graph *graph, int *completion);
socle_status sc_engine_build_evaluate(sc_engine *engine, sc_graph *graph);
socle_status sc_engine_build_predict(sc_engine *engine, sc_graph *graph);
/* The states that a piece has. */
static inline int sc_engine_piece_states(const sc_engine *engine, int piece) {
    int number = engine->piece_optimizer[piece];
    return engine->trains && number != SC_FROZEN ? sc_optimizer_states(&engine->optimizer[number])
                                                 : 0;
}
/* A factor that multiplies the rows of each of several losses, which are then means over these;
 * else it multiplies what the whole counts by. */
static inline bool sc_engine_by_term(const sc_engine *engine, const sc_column_kind *kind) {
    return kind->per_row && engine->net->losses > 1 && sc_net_label_rows(engine->net) > 1;
}
/* What a step is divided by is summed on the device. */
static inline bool sc_engine_sums_weight(const sc_engine *engine) {
    bool sums = sc_net_sums_weight(engine->net);
    for (int f = 0; f < SC_COLUMN_FACTORS && engine->options.factor[f].kind; f++)
        sums |= !sc_engine_by_term(engine, engine->options.factor[f].kind);
    return sums;
}
/* Some update sums over tensors. */
static inline bool sc_engine_has_sums(const sc_engine *engine) {
    bool any = false;
    for (int o = 0; o < engine->optimizers; o++)
        any |= sc_optimizer_has_sums(&engine->optimizer[o]);
    return any;
}
/* Some parameter that is trained has a penalty. */
static inline bool sc_engine_penalised(const sc_engine *engine) {
    return engine->trains && engine->options.l1;
}
/* Scalars among the sums of a micro-batch: loss, weight and metrics. */
static inline int sc_engine_sums(const sc_engine *engine) {
    return SC_SUM_METRICS + engine->net->summed;
}
/* engine_lanes.c: columns and lane layouts. */
socle_status sc_engine_columns_init(sc_engine *engine);
int sc_engine_origin_index(const sc_engine *engine); /* of the origins of images in the INPUTS lane
                                                      */
socle_status sc_engine_lanes_create(sc_engine *engine, const int *completion);
/* engine_buffers.c: the memory of the lanes that were placed. Zeroed, 0 bytes: none. In a forecast
 * it is only counted. */
socle_status sc_engine_buffer(sc_engine *engine, sc_buffer **out, const char *name, size_t bytes);
socle_status sc_engine_buffers_create(sc_engine *engine);
void sc_engine_lanes_destroy(sc_engine *engine); /* and of the layouts */
/* engine_coefficients.c: what each block of parameters and statistics is updated with. */
int sc_engine_piece(const sc_engine *engine, size_t p); /* where parameter p lies */
socle_status sc_engine_write_coefficients(sc_engine *engine);
/* The bytes of a piece's gradients. */
static inline size_t sc_engine_gradient_bytes(const sc_engine *engine, int piece) {
    const sc_lane_layout *lane = &engine->map.lane[SC_LANE_GRADIENTS];
    return sc_lane_chunk_begin(lane, piece + 1) - sc_lane_chunk_begin(lane, piece);
}
/* engine_tables.c: which embeddings are updated by rows, before anything is placed. */
socle_status sc_engine_tables_create(sc_engine *engine);
void sc_engine_tables_destroy(sc_engine *engine);
int sc_engine_table_at(const sc_engine *engine, size_t parameter); /* of a net parameter; -1: none
                                                                    */
/* Errors: STATE (there are tables, and the step has not told its samples). */
socle_status sc_engine_check_told(const sc_engine *engine);
/* engine_plans.c */
socle_status sc_engine_plan_step(sc_engine *engine, sc_graph *train_graph);
/* After every write to the parameters: packed copies are stale. */
void sc_engine_weights_changed(sc_engine *engine);
/* engine_step.c: the arguments of a launch over the rows of a slot. */
sc_launch sc_engine_launch(const sc_engine *engine, int slot, int64_t rows);
/* A free partial slot, STATE when there is none. */
socle_status sc_engine_take_partial(sc_engine *engine, int *partial);
/* Notes the next micro-batch's partial; gives the additions that are due. */
int sc_engine_push(sc_engine *engine, int partial, sc_sum_merge *merge);
/* One partial += another, bytes [begin, end) of each, multiples of SC_LANE_ALIGNMENT. */
socle_status sc_engine_add(sc_engine *engine, sc_sum_merge merge, size_t begin, size_t end);
/* The commit over the sums in `memory`; begins the next step. */
socle_status sc_engine_run_commit(sc_engine *engine, const sc_lane_memory *memory,
                                  const sc_engine_step *step);
/* engine_link.c. Whether sums go to host memory directly / how many buckets hold them there. */
bool sc_engine_link_is_direct(const sc_engine *engine);
int sc_engine_link_buckets(const sc_engine *engine);
socle_status sc_engine_link_create(sc_engine *engine);
void sc_engine_link_destroy(sc_engine *engine);
/* Before each micro-batch: the first one of a step begins a span, where there is a trace. */
socle_status sc_engine_link_begin(sc_engine *engine);
/* The upload of a slot is done: a span, where there is a trace. */
void sc_engine_link_uploaded(const sc_engine *engine, const sc_engine_slot *slot);
/* The lane bases for one run over a slot and a partial. */
sc_lane_memory sc_engine_bases(const sc_engine *engine, int slot, int partial);
/* Orders the compute queue behind the slot's upload / notes the slot's use. */
socle_status sc_engine_slot_begin(sc_engine *engine, int slot);
socle_status sc_engine_slot_end(sc_engine *engine, int slot);

#endif
