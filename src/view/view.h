/* SPDX-License-Identifier: Apache-2.0 */
/* What a run or a model shows: each kind of figure is a row of a table (view_list.c) with a
 * function that reads what it needs, computes on a device where it must, and fills in a figure.
 * How a figure is drawn and where it goes is decided above. */
#ifndef SC_VIEW_VIEW_H
#define SC_VIEW_VIEW_H

#include "fleet/worker.h"
#include "plot/figure.h"

typedef struct sc_view_request {
    sc_env *env;
    char *const *run; /* directories of runs, or model files */
    int runs;
    const char *data;  /* a configuration whose data are used; NULL: the run's own */
    const char *split; /* "test" or "train"; NULL: test data, else those of training */
    const char *layer; /* of kinds that show one; NULL: the first that has what they show */
    int64_t sample;    /* of kinds that show one */
    int64_t count;     /* at most so many pictures or layers; 0: the standard number */
    bool logarithmic;  /* curves: the y axis of losses */
    double epsilon;    /* adversarial: how far a pixel is moved, of 1 from black to white */
    /* Runs a job on the device that was chosen, which is opened for the first one. */
    socle_status (*on_device)(void *user, sc_worker_job job, void *argument);
    void *user;
} sc_view_request;

/* Options of a request that only some kinds use; the others refuse them. */
enum {
    SC_VIEW_LAYER = 1,
    SC_VIEW_SAMPLE = 2,
    SC_VIEW_COUNT = 4,
    SC_VIEW_EPSILON = 8,
    SC_VIEW_LOG = 16
};

typedef struct sc_view_kind {
    const char *word, *brief; /* what it shows */
    const char *needs;        /* "a run", "a model and its data" */
    int most_runs;
    unsigned uses; /* SC_VIEW_... */
    /* Errors: DATA (no such run, nothing to show), CONFIG (this network has no such thing). */
    socle_status (*draw)(sc_figure *figure, const sc_view_request *request);
} sc_view_kind;

/* The kinds, in the order of the table; NULL behind the last. */
const sc_view_kind *sc_view_at(int number);
const sc_view_kind *sc_view_find(const char *word);
/* Fills in the figure. Errors: also CONFIG (more runs than the kind shows). */
socle_status sc_view_draw(const sc_view_kind *kind, sc_figure *figure,
                          const sc_view_request *request);

#endif
