/* SPDX-License-Identifier: Apache-2.0 */
/* What the subjects of a fault sweep share: the exit status that says what was seen, and the course
 * of a run. The first run of all, without a fault, leaves a record of what is right; every other
 * one lives one life under the fault and, if it took effect, a second one after it. */
#ifndef SC_TEST_FAULT_VERDICT_H
#define SC_TEST_FAULT_VERDICT_H

#include "fault_session.h"

#include <stddef.h>

enum verdict {
    RIGHT = 0,     /* no fault took effect; all results right */
    REPORTED = 10, /* a fault, reported as it should be */
    ABSORBED = 11, /* a fault that changed nothing */
    CLOSE = 12,  /* a fault that changed results within rounding: another choice of implementations
                  */
    SILENT = 20, /* a failure without a text */
    TORN = 21,   /* weights neither before nor after the step */
    HOST_LEAK = 22, /* allocations of the library left */
    CL_LEAK = 23,   /* OpenCL objects left */
    NO_SECOND = 24, /* a second context does not work, or yields something else */
    WRONG = 25,     /* success, and wrong results */
    MISNAMED = 26,  /* a status, or a line, that does not say what happened */
    UNUSABLE = 27,  /* the fault is over, and the context still does not work */
    BROKEN = 28,    /* the subject itself cannot do its work */
    SURRENDER = 29, /* a run that ended though a device was left */
    NO_DEVICE = 77
};

/* Two records of the same size: what this life yielded, and what is right. All return a verdict. */
typedef struct fault_program {
    size_t record_bytes;
    int (*record)(void *right); /* without a fault: fills it; NO_DEVICE: cannot run here */
    int (*live)(void *got, const void *right);       /* under the fault */
    int (*live_after)(void *got, const void *right); /* the fault is over */
} fault_program;

/* FOLDER/record is what a life without faults yields; written by the first run. Returns the exit
 * status. */
int fault_program_run(const fault_program *program, const char *folder);

/* A file in the folder of this run alone: several may be under way. */
const char *fault_path(const char *name);
/* Prints what was seen; returns the verdict. */
int fault_say(enum verdict verdict, const char *what, const fault_session *session,
              socle_status status);
bool fault_is_mode(const char *mode);
/* A lost device is DEVICE, while it is being opened also NO_DEVICE. What the driver does is never
 * INTERNAL. */
bool fault_is_well_named(const fault_session *session, socle_status status);
/* Two lists of numbers within rounding of each other. */
bool fault_are_close(const float *a, const float *b, size_t count);
/* Destroys the session and looks for what is left; the verdict so far, or a worse one. */
int fault_check_left(fault_session *session, int verdict);

#endif
