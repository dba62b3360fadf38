/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape argument of roof.cl, shared by C and OpenCL C so that both sides agree on its layout.
 */
#ifndef SC_SHAPE_ROOF_H
#define SC_SHAPE_ROOF_H

#include "argument.h"

typedef struct sc_shape_roof {
    unsigned int vectors; /* of the buffer */
    unsigned int rounds;
    unsigned int first; /* item i begins at vector i * first ... */
    unsigned int next;  /* ... and goes on by so many ... */
    unsigned int count; /* ... so many times */
    unsigned int shift; /* by which each round lies further on: always 0, which no compiler knows */
} sc_shape_roof;
SC_ARGUMENT(sc_shape_roof, 6);

#endif
