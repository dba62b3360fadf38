/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hook through which a planner fuses an elementwise expression into the last store of matmul
 * and convolution. A generated text placed before this header defines SC_TAIL, SC_TAIL_PARAMETERS
 * and, where it wants them, functions; without it the tail is the identity and kernels have no
 * extra parameters. It must not know any expression.
 *
 * Example of a generated text (bias over columns, then relu):
 *     #define SC_TAIL_PARAMETERS , global const float *t0, ulong t0_offset
 *     #define SC_TAIL_ARGUMENTS , t0, t0_offset
 *     float sc_tail(float v, uint batch, uint row, uint column SC_TAIL_PARAMETERS)
 *     { return fmax(v + t0[t0_offset + column], 0.0f); }
 *     #define SC_TAIL(v, batch, row, column) sc_tail(v, batch, row, column SC_TAIL_ARGUMENTS)
 * For matmul (batch, row, column) are the coordinates in C[batch]; for convolution they are
 * (sample, channel, pixel).
 */
#ifndef SC_TAIL_H
#define SC_TAIL_H

#ifdef SC_TAIL
#define SC_HAS_TAIL 1
#else
#define SC_HAS_TAIL 0
#define SC_TAIL(v, batch, row, column) (v)
#define SC_TAIL_PARAMETERS
#define SC_TAIL_ARGUMENTS
#endif

#endif
