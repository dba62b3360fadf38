/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scalar expression may read of a launch, as a kernel argument by value; shared by C and
 * OpenCL C so that both sides agree on its layout. It must not know any operation.
 */
#ifndef SC_LAUNCH_H
#define SC_LAUNCH_H

#include "argument.h"

typedef struct sc_launch_values {
    float scalar[8];
    int rows;
    int step;
    int sample_offset;    /* global position in the batch of row 0 */
    unsigned int seed[2]; /* low word first */
    int reserved;
} sc_launch_values;
SC_ARGUMENT(sc_launch_values, 8 + 3 + 2 + 1);

#endif
