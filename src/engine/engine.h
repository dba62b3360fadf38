/* SPDX-License-Identifier: Apache-2.0 */
/* An engine: one network on one device, ready to train, evaluate and predict. It owns the device's
 * lanes, queues and plans, and runs micro-batches; which samples, how many devices and how long are
 * decided above (fit.c).
 *
 *   stage --rows--> micro-batch plan --sums--> partial slots --tree--> partial 0 --> commit
 *
 * A step is: any number of sc_engine_micro_batch, then one sc_engine_commit. Nothing persistent
 * changes before the commit. Thread: one at a time. */
#ifndef SC_ENGINE_ENGINE_H
#define SC_ENGINE_ENGINE_H

#include "data/column_kind.h"
#include "engine/commit.h"
#include "engine/sum_tree.h"
#include "engine/trace.h"
#include "nn/scoring.h"

/* Most staging slots, and how many there are where the options name no number. */
enum { SC_ENGINE_SLOTS = 8, SC_ENGINE_STANDARD_SLOTS = 3 };
/* Most embeddings that are updated by rows; of further ones all rows are. */
enum { SC_ENGINE_TABLES = 6 };

typedef struct sc_engine sc_engine;
typedef struct sc_engine_link sc_engine_link;

/* For tests and benchmarks: all zero in a run. */
typedef struct sc_engine_hooks {
    bool own_memory; /* exchange as with a device that does not share the host's memory */
    int ranges;      /* most ranges by which sums travel; 0: SC_SUM_RANGES */
} sc_engine_hooks;

/* One more column behind the target. What a row of the loss counts is the product of all of them:
 * losses, gradients and metrics count by it, and a step is divided by its sum. */
typedef struct sc_engine_factor {
    const sc_column_kind *kind; /* NULL: none, nor behind it */
    uint8_t dtype;              /* as the data have it */
} sc_engine_factor;

typedef struct sc_engine_options {
    int64_t capacity;      /* most rows of one micro-batch of training and prediction */
    int64_t evaluation;    /* most rows of one of evaluation; 0: the same */
    int64_t micro_batches; /* most micro-batches of one step; 0 = 1 */
    bool shares_steps;     /* other engines compute other parts of a step: see "Shared steps" */
    bool fixed_tree;       /* micro-batches keep their numbers among those of all engines: sums are
                              independent of who ran them */
    const sc_optimizer *optimizer; /* of training; NULL: evaluates and predicts only */
    int optimizers;                /* so many lie there, at most SC_OPTIMIZERS; 0: one */
    const int *optimizer_of; /* per net parameter: which of them moves it, or SC_FROZEN; NULL: the
                                first */
    bool resident; /* batches are gathered on the device from data sets added by sc_engine_data;
                      else staged */
    int slots;     /* staging slots; 0: the standard number */
    bool augments; /* training reads each image from an origin that comes with it (data/augment.h),
                    */
    bool covers;   /* and a part of it is covered */
    uint64_t seed; /* of dropout and other random nodes */
    int64_t step_samples;  /* most samples of a step whose caller tells which they are
                              (sc_engine_step_samples); 0: nobody does, and embeddings are updated
                              whole */
    size_t data_rows;      /* resident: samples over all data sets that will be added */
    bool has_target_dtype; /* the data's labels or targets are of another type than the loss's
                              standard one */
    uint8_t target_dtype;
    sc_engine_factor factor[SC_COLUMN_FACTORS]; /* what counts, where not all counts alike */
    bool logits;    /* predictions are what the network gives, without the softmax or sigmoid of its
                       loss */
    bool draws;     /* predictions have dropout and noise as in training */
    int precision;  /* how training and evaluation store activations and their gradients: f32 (0),
                       f16, whose gradients are scaled, or bf16 */
    bool recompute; /* makes activations of the training step again in the backward pass, */
    size_t activation_bytes; /* so that they take about so much */
    const float *decay;      /* L2 coefficient per net parameter; NULL: none */
    const float *l1, *l2;    /* penalties l1 * |w| + l2 * w^2 per net parameter; both NULL: none */
    float clip_norm, clip_value; /* most of the norm of all gradients of a step, and of each of
                                    their elements; 0: no limit */
    float adversarial, adversarial_share; /* training also sees samples that are moved so far
                                             against the network, which are so much of the loss; 0:
                                             no */
    const float *rate_scale; /* factor of the learning rate per net parameter; NULL: 1 */
    sc_plan_options plan;
    sc_engine_hooks hooks;
} sc_engine_options;

/* What an engine takes, in bytes. Everything up to `total` is device memory, each part rounded as
 * it is allocated. */
typedef struct sc_engine_memory {
    size_t parameters, gradients, state, statistics, coefficients, inputs, outputs, data;
    size_t activations; /* what training, evaluation and prediction take turns in, scratch memory
                           included */
    size_t packed;      /* weights in the layouts of implementations */
    size_t steps;       /* of the small plans: commit, additions, totals */
    size_t exchange;    /* of shared steps */
    size_t total;
    size_t staging; /* host-mapped: of shared steps */
    size_t slot; /* host-mapped, and the code that fills the slots allocates it: the samples of one
                    slot in training, */
    size_t evaluation_slot;          /* and in evaluation */
    size_t train, evaluate, predict; /* what each of them needs of `activations`; separate: has of
                                        it */
    size_t tensor; /* the largest tensor or workspace of a plan, which must lie in one allocation */
    size_t parameter_piece, partial_piece; /* the largest of the parameters, and of one
                                              micro-batch's gradients */
    size_t piece;                          /* the largest part of all that must, and what it is */
    char piece_name[SC_NAME_TEXT];
    size_t heaviest; /* where most is alive at once in training (else evaluation or prediction): the
                        layer that */
    char heaviest_layer[SC_NAME_TEXT]; /* holds the most */
} sc_engine_memory;

/* Device and net must outlive the engine; env is the device's. Allocates lanes and, with an
 * optimizer, plans the training step. Initial weights are not set. Errors: of planning,
 * DEVICE_MEMORY. */
socle_status sc_engine_create(sc_engine **out, sc_device *device, sc_net *net,
                              const sc_engine_options *options);
void sc_engine_destroy(sc_engine *engine);
sc_engine_memory sc_engine_memory_used(const sc_engine *engine);

/* What sc_engine_create with these options would take, and then the first evaluation and the first
 * prediction. Kernels are prepared, no device memory is taken, and what no allocation can hold is
 * no error: see `piece`. */
typedef struct sc_engine_uses {
    bool evaluates, predicts;
} sc_engine_uses;
socle_status sc_engine_forecast(sc_engine_memory *out, sc_device *device, sc_net *net,
                                const sc_engine_options *options, sc_engine_uses uses);
/* How many partial sums an engine with these options holds at once: `gradients` is as many equal
 * parts. */
int sc_engine_partial_slots(const sc_engine_options *options);
sc_device *sc_engine_device(const sc_engine *engine);
const sc_net *sc_engine_net(const sc_engine *engine);
bool sc_engine_is_resident(const sc_engine *engine);
bool sc_engine_augments(const sc_engine *engine);
/* Height and width of the images that are varied; numbers that each comes with. */
void sc_engine_image(const sc_engine *engine, int64_t *height, int64_t *width);
int sc_engine_origin_numbers(const sc_engine *engine);
int64_t sc_engine_capacity(const sc_engine *engine);
int64_t sc_engine_evaluation_capacity(const sc_engine *engine);
int sc_engine_states(const sc_engine *engine); /* the most optimizer states of a parameter */
/* Those of one; 0 of statistics and of what is frozen. */
int sc_engine_states_of(const sc_engine *engine, int parameter);
const sc_plan *sc_engine_train_plan(const sc_engine *engine); /* NULL before the first micro-batch
                                                                 without optimizer */

/* Columns of a batch: one per net input, then the target, then the factors. */
int sc_engine_columns(const sc_engine *engine);
/* The column of a data set that feeds it. `target`: of the labels or targets; NULL: inputs alone
 * are read, the others are NULL. */
const char *sc_engine_column_source(const sc_engine *engine, int column, const char *target);
/* That column itself, NULL where it is not read. Errors: DATA (there is none), SHAPE (its rows have
 * another size). */
socle_status sc_engine_find_column(const sc_engine *engine, int column, const sc_dataset *dataset,
                                   const char *target, const sc_column **out);
size_t sc_engine_column_bytes(const sc_engine *engine, int column); /* of one row */
int sc_engine_slots(const sc_engine *engine);
/* What is staged in the place of a column (behind the last: origins, where `augments`), per row; 0:
 * nothing. */
size_t sc_engine_staged_bytes(const sc_engine *engine, int column, bool augments);

/* Resident data: appends a data set's columns (named as sc_engine_column_source says) and tells at
 * which row it begins. Waits until it is on the device. */
socle_status sc_engine_data(sc_engine *engine, const sc_dataset *dataset, const char *target,
                            size_t *first_row);

/* Fills staging slot `slot`, asynchronously on the upload queue after the slot's last use:
 * `column[k]` points to `rows` rows (staged; target may be NULL for predict), or `index` to row
 * numbers (resident). Where training augments, `column` has one more entry: the origins, i32 [rows,
 * SC_AUGMENT_ORIGIN] or where parts are covered SC_AUGMENT_NUMBERS, or NULL for an evaluation. The
 * memory must stay valid until sc_engine_slot_uploaded. */
socle_status sc_engine_upload(sc_engine *engine, int slot, int64_t rows, const void *const *column,
                              const int32_t *index);
/* How many steps the longest sequence of these rows has, by the columns (in host memory, each from
 * its first row) of inputs that are lengths; 0: there are none. sample: numbers of the rows; NULL:
 * the first ones. */
int64_t sc_engine_longest(const sc_engine *engine, const void *const *column, int64_t rows,
                          const uint32_t *sample);
/* Notes it for a slot that was filled by row numbers; where columns are staged the upload does. */
void sc_engine_slot_longest(sc_engine *engine, int slot, int64_t longest);
/* Waits until the slot's upload is done, so that its host memory is free again. */
socle_status sc_engine_slot_uploaded(sc_engine *engine, int slot);

/* Begins a step, of which this engine's first micro-batch has number `first` (without fixed_tree:
 * 0), and forgets the sums of an unfinished one. */
void sc_engine_begin_step(sc_engine *engine, int64_t first);
/* An embedding of which an update moves the rows alone that its step looks up: because its layer
 * asks for it, or because that is no difference. Where a step may look up more than half of it, all
 * rows are moved. */
typedef struct sc_engine_table {
    int64_t rows, most; /* of the table, and of them in one step */
    uint32_t columns;   /* of net inputs that name rows, a bit each */
} sc_engine_table;
int sc_engine_tables(const sc_engine *engine);
sc_engine_table sc_engine_table_of(const sc_engine *engine, int number);
/* Behind sc_engine_begin_step where there are tables: all samples of the step, those of other
 * engines too; everyone gives the same in the same order. `column`: as of sc_engine_longest. */
socle_status sc_engine_step_samples(sc_engine *engine, const void *const *column, int64_t samples,
                                    const uint32_t *sample);
/* Forward and backward over the rows of a slot; the sums go into the step's tree of partials. */
socle_status sc_engine_micro_batch(sc_engine *engine, int slot, int64_t rows,
                                   uint32_t sample_offset, uint32_t step);

typedef struct sc_engine_step {
    uint32_t number; /* from 1 */
    double weight;   /* samples of the step; where there are factors, or the loss has several rows
                        each, it is not read */
    int64_t groups;  /* its micro-batches that leave statistics: sc_engine_groups */
    float learning_rate; /* of the first optimizer; the others' rates stay in proportion */
} sc_engine_step;

/* How many of the micro-batches of a step of `rows` leave statistics of batch normalisation, where
 * they have `micro_batch` rows each but for the last: a last one of a single row leaves none. */
int64_t sc_engine_groups(int64_t rows, int64_t micro_batch);
/* Combines the partials and commits; then the next step may begin. */
socle_status sc_engine_commit(sc_engine *engine, const sc_engine_step *step);

/* The number of the last step that was committed; 0: none yet. */
uint32_t sc_engine_committed(const sc_engine *engine);
/* After DEVICE_MEMORY: makes what persists whole, so that it can be read before the engine is given
 * up. What was enqueued before is waited for, and a commit that was cut short is finished. Errors:
 * DEVICE_MEMORY (there still is none), DEVICE (a command failed, not for want of memory). */
socle_status sc_engine_settle(sc_engine *engine);

/* Shared steps (engine_link.c). The sums leave for host memory by ranges of a partial, in the order
 * in which the backward pass finishes them, and come back as totals of all engines; the commit is
 * then the same everywhere.
 *
 *   backward: range 0 | range 1 | range 2          sc_engine_send
 *                 \ bucket  \ bucket  \ bucket      sc_engine_sent, sc_engine_bucket
 *   totals 0 -> device, totals 1 -> device, ...    sc_engine_receive
 *   commit                                         sc_engine_commit_received */
int sc_engine_ranges(const sc_engine *engine);
size_t sc_engine_range_end(const sc_engine *engine, int range); /* bytes; a range begins where the
                                                                   one before it ends */
/* The last micro-batch of the step on this engine. Its sums and those before it leave as one node,
 * or with fixed_tree as the nodes that the tree leaves unjoined. */
socle_status sc_engine_send(sc_engine *engine, int slot, int64_t rows, uint32_t sample_offset,
                            uint32_t step);
/* Waits until a range is in host memory. TIMEOUT after `deadline` ns. */
socle_status sc_engine_sent(sc_engine *engine, int range, uint64_t deadline);
/* Host memory of node `node` (in order), of the size of a partial; NULL: there are fewer. Constant.
 */
float *sc_engine_bucket(const sc_engine *engine, int node);
/* A range of the totals, begun; `totals` is the whole partial's memory and stays unchanged until
 * sc_engine_received. */
socle_status sc_engine_receive(sc_engine *engine, int range, const float *totals);
/* Waits until all that was received so far has left host memory. */
socle_status sc_engine_received(sc_engine *engine, uint64_t deadline);
socle_status sc_engine_commit_received(sc_engine *engine, const sc_engine_step *step);
/* With a trace (and a device opened with timestamps) every step leaves spans as device `number`;
 * NULL: no more. */
socle_status sc_engine_trace(sc_engine *engine, sc_trace *trace, int number);

/* Plans the evaluation, which sc_engine_evaluate would do when it first runs. */
socle_status sc_engine_prepare_evaluation(sc_engine *engine);
/* Forward only, sums added to the totals. */
socle_status sc_engine_evaluate(sc_engine *engine, int slot, int64_t rows);
/* Of the evaluation of so many rows that was begun last, what the net collects (nn/collect.h) of
 * each sample; weights are left alone where all count alike. Waits. */
socle_status sc_engine_collected(sc_engine *engine, int64_t rows, float *const out[SC_COLLECTED]);
/* Forward only; out: [rows, prediction...] f32 (softmax or sigmoid applied as the loss says).
 * Random numbers count samples from `first` on. Waits. */
socle_status sc_engine_predict(sc_engine *engine, int slot, int64_t rows, uint32_t first,
                               float *out);
/* Of an engine that draws: the number of the random numbers that predictions have from now on. */
void sc_engine_draw(sc_engine *engine, uint32_t number);
/* The same of a network that reads nothing: its samples from number `first` on, which follow from
 * the seed. Errors: STATE (its result is of an input). */
socle_status sc_engine_generate(sc_engine *engine, int64_t rows, uint32_t first, float *out);
/* Plans the prediction, which these would do when they first run. */
socle_status sc_engine_prepare_prediction(sc_engine *engine);
int64_t sc_engine_prediction_size(const sc_engine *engine); /* floats per row */

/* What steps or samples add up to. */
typedef struct sc_sums {
    double loss, weight; /* weight: number of samples, or the sum of their weights */
    double metric[SC_NET_SUMS];
} sc_sums;

/* Gradients in f16 are made larger by a scale that moves with them (commit_scale.c). Zeroed: as a
 * run begins. */
typedef struct sc_scaling {
    double scale;   /* a power of 2; 0: not set yet */
    double steady;  /* steps since the scale was changed */
    double skipped; /* steps that changed nothing, because a gradient was beyond f16 */
} sc_scaling;

typedef struct sc_totals {
    uint32_t bad_step;  /* first step that was not finite; 0 = healthy */
    float last_loss;    /* mean loss of the last step; 0 where all its weights were 0 */
    sc_sums sum;        /* since the last reset */
    sc_scaling scaling; /* of an engine of precision f16; no reset changes it */
} sc_totals;

/* Waits for the queue and reads the totals. */
socle_status sc_engine_totals(sc_engine *engine, sc_totals *out);
/* Totals as of the last look that has arrived, without waiting; starts a new look when none is
 * under way. False: none yet. */
bool sc_engine_totals_peek(sc_engine *engine, sc_totals *out, socle_status *status);
socle_status sc_engine_totals_reset(sc_engine *engine);
/* Puts sums and scaling of an earlier run back. */
socle_status sc_engine_totals_set(sc_engine *engine, const sc_totals *totals);
socle_status sc_engine_finish(sc_engine *engine); /* waits for everything */

/* Persistent tensors, by net parameter number; state: optimizer state s of it. Plain row-major
 * floats. Waits. */
socle_status sc_engine_read(sc_engine *engine, int parameter, float *out);
socle_status sc_engine_write(sc_engine *engine, int parameter, const float *data);
socle_status sc_engine_read_state(sc_engine *engine, int state, int parameter, float *out);
socle_status sc_engine_write_state(sc_engine *engine, int state, int parameter, const float *data);
/* Initial values of every parameter from the seed; states zero. */
socle_status sc_engine_initialize(sc_engine *engine, uint64_t seed);

#endif
