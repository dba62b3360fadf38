/* SPDX-License-Identifier: Apache-2.0 */
/* What may be tried for an operation on a device: each implementation that takes it, as it is and
 * with the values of its parameters. Nothing is prepared here: an implementation may still decline
 * some of them. */
#ifndef SC_TUNE_CANDIDATES_H
#define SC_TUNE_CANDIDATES_H

#include "backend/backend.h"

enum { SC_TUNE_CANDIDATE_TEXT = 128 };

typedef struct sc_tune_candidate {
    const sc_implementation *implementation;
    char text[SC_TUNE_CANDIDATE_TEXT]; /* "tile ROWS=64 COLUMNS=64 ..."; as it is: "tile" */
} sc_tune_candidate;

/* *out is released by sc_release. Implementations as they are come first, the very first being that
 * which a run takes without a record, and those last for which the device lacks traits; then their
 * values, in an order that spreads over all of them. */
socle_status sc_tune_candidates(sc_tune_candidate **out, int *count, const sc_device *device,
                                const sc_op_desc *desc);

#endif
