/* SPDX-License-Identifier: Apache-2.0 */
/* What a run of the table carries along, shared by run.c (against the reference) and compare.c (two
 * devices). */
#ifndef SC_VERIFY_SESSION_H
#define SC_VERIFY_SESSION_H

#include "verify/trial.h"

typedef struct sc_session sc_session;
struct sc_session {
    sc_verify_list list; /* first: the tables see only this */
    sc_env *env;
    sc_device *device, *other; /* other: compare only */
    sc_queue *queue, *other_queue;
    const char *name;
    const sc_verify_options *options;
    sc_verify_sink *sink;
    void *user;
    sc_verify_totals *totals;
    socle_status status;      /* first error that ends the run */
    int numbers[SC_OP_COUNT]; /* next case number of each operation */
    int64_t row;              /* of a random sweep: number of the next case, else -1 */
    int64_t at, of;           /* cases so far, and all of them */
    int storage;              /* of the floats of the table's cases */
    bool counting;            /* the first walk: nothing is run */
    socle_status (*run)(sc_session *session, const sc_verify_case *test, int number);
};

/* Walks all tables, calling session->run for each chosen case. */
socle_status sc_session_walk(sc_session *session);
/* Completes a row (repro line), counts it and hands it to the sink. */
void sc_session_report(sc_session *session, sc_verify_row *row, const sc_verify_case *test,
                       int number);
/* The error text of a device into a row. */
void sc_session_say(sc_verify_row *row, const sc_env *env);
/* Input values of a case at capacity (one block per input, all released by sc_session_free_inputs).
 */
socle_status sc_session_inputs(sc_session *session, const sc_verify_case *test, double **input);
void sc_session_free_inputs(sc_session *session, double **input);
sc_launch sc_session_launch(const sc_session *session, const sc_verify_case *test, int64_t rows);
int64_t sc_session_capacity(const sc_verify_case *test);
bool sc_session_batched(const sc_verify_case *test);

#endif
