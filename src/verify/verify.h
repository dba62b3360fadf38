/* SPDX-License-Identifier: Apache-2.0 */
/* `socle verify`: every operation on a device, through every implementation the device can prepare,
 * against the double reference. A row is one case (operation, shapes, data) on one implementation
 * and one choice of layouts. */
#ifndef SC_VERIFY_VERIFY_H
#define SC_VERIFY_VERIFY_H

#include "backend/backend.h"

typedef enum sc_verify_state {
    SC_VERIFY_PASS,
    SC_VERIFY_FAIL,
    SC_VERIFY_UNSUPPORTED /* the implementation declined: never counted as a pass */
} sc_verify_state;

enum { SC_VERIFY_TEXT = 1024 };

typedef struct sc_verify_row {
    sc_verify_state state;
    const char *device; /* as given by the caller: "opencl:0" */
    sc_op op;
    const char *implementation;
    int number;                   /* of the case, within its operation; random: its family */
    const char *label;            /* what the case is about */
    const char *what;             /* the check that failed: "value", "guard", "rows", ...; "" */
    char message[SC_VERIFY_TEXT]; /* failed: index, got, expected, bound; unsupported: why */
    char repro[256];              /* a command line that runs this row alone */
    double worst;                 /* largest error as a part of its bound, 0 where all was exact */
    int64_t at, of;               /* this case's place among those of the device, from 1 */
} sc_verify_row;

/* Borrowed for the call. */
typedef void sc_verify_sink(void *user, const sc_verify_row *row);

typedef struct sc_verify_options {
    const char *op;             /* word; NULL: all */
    const char *family;         /* word of a family of operations, e.g. "conv"; NULL: all */
    const char *implementation; /* NULL: all */
    int number;                 /* only this case of each operation; < 0: all */
    int every;                  /* > 1: only every n-th case, for where compiling is slow */
    bool small;                 /* the small subset, tiny sizes */
    bool quick; /* the part that meets every implementation on both sides of what it treats apart */
    int64_t random;           /* > 0: instead of the table so many random cases of each family */
    bool exact_buffers;       /* no guards: a checker outside watches the bounds (oclgrind) */
    bool same_implementation; /* compare: each implementation with its namesake, not favourite with
                                 favourite */
    bool portable; /* in the canonical order; compare: every implementation of the second device
                      that keeps it with the first one's favourite */
    uint64_t seed;
    sc_records *record; /* failing implementations are quarantined here, passing ones freed; NULL:
                           not */
} sc_verify_options;
#define SC_VERIFY_OPTIONS_DEFAULT ((sc_verify_options){.number = -1, .seed = 1})

typedef struct sc_verify_totals {
    int pass, fail, unsupported, cases;
    int devices, implementations; /* that ran at least one row */
} sc_verify_totals;

/* The word of a family of operations, which is one operation and its gradients or a few of a kind;
 * NULL beyond the last. */
const char *sc_verify_family_word(int index);

/* Runs the table on an open device. A wrong result is a row, not an error: OK is returned. Errors:
 * CONFIG (unknown operation), OUT_OF_MEMORY, DEVICE when the device stops answering. `totals` is
 * added to. */
socle_status sc_verify_device(sc_env *env, sc_device *device, const char *name,
                              const sc_verify_options *options, sc_verify_sink *sink, void *user,
                              sc_verify_totals *totals);
/* The same rows on two devices at capacity, outputs compared by bits (any NaN equals any NaN). */
socle_status sc_verify_compare(sc_env *env, sc_device *a, sc_device *b, const char *name,
                               const sc_verify_options *options, sc_verify_sink *sink, void *user,
                               sc_verify_totals *totals);
/* sc_verify_device on every device a device string names (registry.h), each opened with
 * `device_options`. Here "all" leaves none out, the plain cpu backend included. */
socle_status sc_verify_run(sc_env *env, const char *devices,
                           const sc_device_options *device_options,
                           const sc_verify_options *options, sc_verify_sink *sink, void *user,
                           sc_verify_totals *totals);

#endif
