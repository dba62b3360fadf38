/* SPDX-License-Identifier: Apache-2.0 */
/* One candidate on an open device: prepared, looked at, checked against the reference in double
 * precision, and only then timed. It belongs in a process that may end: a driver that hangs or
 * dies must cost one candidate (worker.h). */
#ifndef SC_TUNE_ATTEMPT_H
#define SC_TUNE_ATTEMPT_H

#include "tune/candidates.h"

/* All that the other process needs to know, as bytes: both are the same program. */
typedef struct sc_tune_request {
    char build[64];  /* of the program that asks */
    sc_op_desc desc; /* its expressions are the two below */
    sc_expr expr, tail;
    bool has_expr, has_tail;
    char candidate[SC_TUNE_CANDIDATE_TEXT];
    int round;
    double best; /* seconds, 0: none yet. What is much slower need not be known exactly */
} sc_tune_request;

/* The descriptor belongs to the request from then on: its expressions are copied. */
void sc_tune_request_fill(sc_tune_request *request, const sc_op_desc *desc, const char *candidate);
/* What was received: puts its expressions in place and checks all of it. Errors: DATA. */
socle_status sc_tune_request_open(sc_env *env, sc_tune_request *request);

enum { SC_TUNE_WHY_TEXT = 200 };

typedef struct sc_tune_outcome {
    bool timed;
    double seconds;
    bool declined; /* by the implementation itself: nothing was built */
    bool ends;     /* the device is not to be used any more */
    char why[SC_TUNE_WHY_TEXT];
} sc_tune_outcome;

/* Whether there is data by which the operation can be checked. */
bool sc_tune_takes(const sc_op_desc *desc);
/* Why kernels that take so much are not to be timed; NULL: they may be. */
const char *sc_tune_excess(const sc_device_info *info, const sc_kernel_needs *needs);
/* `records`: of the device, which are changed. Failures are outcomes. */
void sc_tune_attempt(sc_tune_outcome *out, sc_env *env, sc_device *device, sc_records *records,
                     const sc_tune_request *request);

#endif
