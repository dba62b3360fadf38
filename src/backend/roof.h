/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels that meet one limit of a device and nothing else, so that what an operation reaches can
 * be compared with what there is to reach. They are no operations: no plan uses them. Their results
 * follow from their description alone, so who measures checks that all the work was done. */
#ifndef SC_BACKEND_ROOF_H
#define SC_BACKEND_ROOF_H

#include "backend/backend.h"

typedef enum sc_roof_kind {
    SC_ROOF_MULTIPLY_ADD,
    SC_ROOF_READ,
    SC_ROOF_WRITE,
    SC_ROOF_COPY,
    SC_ROOF_KINDS
} sc_roof_kind;

/* Chains of multiply-adds side by side in each element: more than the latency of one times how many
 * begin at once, on any processor known, and few enough for 16 vector registers. */
enum { SC_ROOF_CHAINS = 12 };
/* `elements` and `rounds` of each kernel are multiples of these. */
enum { SC_ROOF_GRAIN = 128, SC_ROOF_ROUND_GRAIN = 8 };

/* Operands: `in`, then `out`, floats at offset 0. In every round:
 *
 *  MULTIPLY_ADD  chain[c] = chain[c] * in[0] + in[1], of element i from chain[c] = c + i mod 16,
 *                so that no two lanes of a vector compute the same; at the end each of
 *                out[0 .. elements) is the sum of its SC_ROOF_CHAINS chains
 *  READ          adds in[0 .. elements) to sums, which at the end lie in some of
 *                out[0 .. elements); the rest of `out` stays as it was
 *  WRITE         out[i] = in[0]
 *  COPY          out[i] = in[i] */
typedef struct sc_roof_desc {
    sc_roof_kind kind;
    int64_t elements, rounds; /* rounds: a multiple of SC_ROOF_ROUND_GRAIN for MULTIPLY_ADD */
} sc_roof_desc;

/* How a driver makes them. */
typedef struct sc_roof_driver {
    const sc_driver *driver;
    socle_status (*prepare)(sc_kernel **out, sc_device *device, const sc_roof_desc *desc);
} sc_roof_driver;

/* The caller ends its use with sc_kernel_release. Errors: UNSUPPORTED where the driver has none,
 * CONFIG for elements or rounds beside the grain, BUILD, DEVICE, OUT_OF_MEMORY. */
socle_status sc_roof_prepare(sc_kernel **out, sc_device *device, const sc_roof_desc *desc);

#endif
