/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the public handles. The public functions check the caller's arguments,
 * translate and hand over; they compute nothing. All work on a device runs on the context's worker
 * thread.
 *
 * Lifetimes: whatever is used by another object is counted, and goes with its last user. So a
 * caller may destroy in any order. */
#ifndef SC_API_API_H
#define SC_API_API_H

#include "data/preparation.h"
#include "fleet/worker.h"
#include "nn/layer.h"
#include "train/fit.h"

#include <pthread.h>
#include <socle/socle.h>
#include <stdatomic.h>
#include <sys/types.h>

struct socle_context {
    sc_env env;
    sc_registry registry;
    sc_records *records;
    sc_device_info info;
    sc_fleet_device *device; /* each on its own thread; fit runs on all of them */
    int devices;
    bool *lost;        /* each of them, by the last fit */
    sc_worker *worker; /* of the first device that is not, for everything else; NULL: opening failed
                        */
    bool hangs;        /* a device never came back from being opened */
    int users;         /* the caller, and every object made from it */
    socle_net *predicting;      /* those that may hold memory of a device for predictions: a list */
    pid_t process;              /* that opened it: a child has its memory and not its threads */
    _Atomic(pthread_t) user;    /* the thread whose call is at work on a device; 0: none */
    _Atomic(pthread_t) refused; /* the last thread that called meanwhile; 0: none since it got in */
};

struct socle_data {
    socle_context *context;
    sc_dataset *dataset;
    sc_preparation preparation; /* of a table's rows; zeroed: there is none */
};
/* Labels, or values of this shape, of `data`. */
socle_status sc_api_add_targets(socle_data *data, socle_dtype dtype, const socle_shape *shape,
                                const void *targets);

/* What predictions run on: an engine that stays on its device from call to call, with the weights
 * that it was given last. */
typedef struct sc_api_predictor {
    sc_engine *engine; /* NULL: none yet */
    sc_worker *home;   /* the thread it lives on */
    int64_t capacity;
    uint64_t weights;   /* the net's `version` that it has */
    uint64_t structure; /* the net's number of changes that it was made after */
    bool logits;        /* its outputs are without the softmax or sigmoid of the loss */
    socle_net *next;    /* in the context's list; only for those in it */
} sc_api_predictor;

struct socle_net {
    socle_context *context;
    sc_net *net;
    float **weight;     /* per parameter, on the host; NULL before the first fit, write or load */
    size_t weights;     /* how many of them; layers may have been added since */
    uint64_t version;   /* of the weights: another one after every change of them */
    uint64_t structure; /* of layers, inputs and the loss, likewise */
    sc_api_predictor predictor;
    struct socle_tensor **tensor; /* the parameters on a device, for graphs; NULL: none yet */
    size_t tensors;
    uint64_t tensor_version;   /* the `version` that they have */
    bool newer;                /* a graph's run has changed them: `weight` is older */
    int users;                 /* the caller, every trainer and every graph */
    char error[SC_ERROR_TEXT]; /* of the net's first error; what fails later does not change it */
};

/* api_context.c. An object of `size` bytes, zeroed, whose first member is its context. */
socle_status sc_api_create(void *out, socle_context *context, size_t size);
/* Ends an object made so, and the context when it was closed before. */
void sc_api_destroy(socle_context *context, void *object);

/* api_run.c. Whether this thread may use the context now: not in a child of the process that opened
 * it, not while another thread's call is at work, and not from a callback, which would wait for
 * itself. errors: STATE. */
socle_status sc_api_enter(socle_context *context);
/* The same, and refuses other calls until sc_api_leave. */
socle_status sc_api_begin(socle_context *context);
void sc_api_leave(socle_context *context);
/* Why this thread was refused, when that was its last call: such a thread must not write the
 * context's error text. NULL: it was not. */
const char *sc_api_refusal(const socle_context *context);
/* A device hangs in a call that cannot be ended: its thread may still read networks and data, which
 * then stay until the process ends. */
bool sc_api_hangs(const socle_context *context);
/* Runs a job on the device's thread and waits; a failure leaves a text in the context. */
socle_status sc_api_run(socle_context *context, sc_worker_job job, void *argument);
/* The same for an object that lives on a device: *home is the thread it was made on, or NULL, and
 * then is set. errors: also DEVICE when that one hangs. */
socle_status sc_api_run_at(socle_context *context, sc_worker **home, sc_worker_job job,
                           void *argument);
/* INVALID_ARGUMENT with a text: argument `what` of `function` is NULL. */
socle_status sc_api_missing(socle_context *context, const char *function, const char *what);

/* api_net.c. The net's first error again, with its text. */
socle_status sc_api_net_check(socle_net *net);

/* api_program.c. What training asks of a net: no error, a loss, and phases that reach what they
 * train. `function` begins the text. */
socle_status sc_api_check_training(socle_net *net, const char *function);
/* The groups of a fit; they live as long as the net, names as long as `opts`. */
socle_status sc_api_groups(sc_fit_options *out, const socle_net *net, const socle_fit_opts *opts);

/* api_weights.c. Host weights, initialised from `seed` where there are none yet. */
socle_status sc_api_need_weights(socle_net *net, uint64_t seed);
/* Memory for every parameter, zeroed; freed through the net's context, whatever `env`. */
socle_status sc_api_create_weights(const socle_net *net, sc_env *env, float ***out);
void sc_api_free_weights(const socle_net *net, float **set, size_t count); /* NULL is fine */
/* Takes `set` in place of the present weights. */
void sc_api_replace_weights(socle_net *net, float **set);
/* Copies weights between the host and an engine; on the device's thread. A download reads into *set
 * and, when all went well, puts it in the place of the net's weights: then *set is NULL. */
socle_status sc_api_upload(const socle_net *net, sc_engine *engine);
socle_status sc_api_download(socle_net *net, sc_engine *engine, float ***set);

/* api_net_tensors.c. The parameters on the device that graphs are made for. need: there are
 * tensors; push: they hold the net's weights; pull: the host has what a graph left in them. */
socle_status sc_api_need_tensors(socle_net *net);
socle_status sc_api_push_tensors(socle_net *net);
socle_status sc_api_pull_tensors(socle_net *net);
void sc_api_free_tensors(socle_net *net);

/* api_forward.c. Gives the predictor's device memory back: before the net goes. */
void sc_api_end_predictor(socle_net *net);
/* The same for all nets of a context: before something that wants all of the memory, or where it
 * was short. False: there was none. */
bool sc_api_end_predictors(socle_context *context);

/* api_fit.c. The checks of fit, evaluate and predict: a net without error and data that suit it. */
socle_status sc_api_suits(socle_net *net, const socle_data *data, const char *function,
                          bool targets);
/* The options of a fit over `dataset` (NULL: of any size), checked; callbacks are the caller's to
 * set. */
socle_status sc_api_fit_options(sc_fit_options *out, const socle_net *net,
                                const sc_dataset *dataset, const socle_fit_opts *opts);
/* A formula is copied into the memory of the net. */
socle_status sc_api_optimizer(const socle_net *net, const socle_optimizer *from, sc_optimizer *out);
/* The same for the schedule of its rate; a formula stays the caller's. */
socle_status sc_api_schedule(sc_env *env, const socle_schedule *from, sc_schedule *out);
socle_status sc_api_rate(sc_env *env, float learning_rate);

#endif
