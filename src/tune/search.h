/* SPDX-License-Identifier: Apache-2.0 */
/* The search over all shapes of a device: candidates by successive halving, what becomes known into
 * the record at once. What a run would take without a record is measured of every shape before all
 * else; then those that cost the most have the most of the time, and come first. */
#ifndef SC_TUNE_SEARCH_H
#define SC_TUNE_SEARCH_H

#include "tune/shapes.h"
#include "tune/worker.h"

enum { SC_TUNE_ROUNDS = 3 };
/* What a run takes without a record is left only for what is quicker by more than this part. */
#define SC_TUNE_GAIN 0.05

typedef enum sc_tune_event { SC_TUNE_BEGIN, SC_TUNE_TRIED, SC_TUNE_END } sc_tune_event;

typedef struct sc_tune_report {
    sc_tune_event event;
    const sc_tune_shape *shape;
    int number, of;        /* the shape's place, from 1 */
    int candidates;        /* of it */
    const char *candidate; /* tried: which; end: what is chosen, NULL: none */
    double seconds;        /* of it; 0: none */
    double standard;       /* end: of what a run would take without a record; 0: not known */
    const char *why;       /* tried: why it is out; else NULL */
    int tried;             /* that were measured or found out in this search */
} sc_tune_report;

typedef struct sc_tune_search {
    sc_env *env;
    sc_device *device;
    sc_records *records; /* of what is known; saved after every candidate */
    sc_tune_worker *worker;
    const sc_tune_shapes *shapes;
    int first;            /* of the shapes to search for: those before it were */
    uint64_t nanoseconds; /* for all of it; 0: as long as it takes */
    void (*report)(void *user, const sc_tune_report *report); /* NULL: nobody asks */
    void *user;
} sc_tune_search;

/* Errors: INTERRUPTED (the record is saved), IO (it cannot be, or no process starts). */
socle_status sc_tune_search_run(const sc_tune_search *search);

#endif
