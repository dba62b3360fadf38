/* SPDX-License-Identifier: Apache-2.0 */
/* What a table of a network shows: one row per input and layer. Data only; drawing is the tool's.
 */
#ifndef SC_MODEL_SUMMARY_H
#define SC_MODEL_SUMMARY_H

#include "nn/layer.h"

typedef struct sc_summary_row {
    const char *name;   /* "conv2d1"; borrowed from the net */
    const char *kind;   /* "conv2d", "relu"; of an input "input" */
    char shape[64];     /* of one sample: "[32, 14, 14]" */
    char from[128];     /* "stem, conv2d3"; "" where it is the row above; long lists end in "..." */
    int64_t parameters; /* trained elements */
    int64_t statistics; /* running ones */
    int64_t multiply_adds; /* of one sample, forward: each weight once per position of the output */
    int64_t bytes;         /* of the output of one sample */
} sc_summary_row;

size_t sc_net_summary_rows(const sc_net *net);
sc_summary_row sc_net_summary(const sc_net *net, size_t row); /* row < rows */

#endif
