/* SPDX-License-Identifier: Apache-2.0 */
/* Sine and cosine on the host through cl/scalar.h, so that they have the same bits on every
 * machine, whatever its C library.  */
#ifndef SC_BASE_CIRCLE_H
#define SC_BASE_CIRCLE_H

float sc_host_sin(float x);
float sc_host_cos(float x);

#endif
