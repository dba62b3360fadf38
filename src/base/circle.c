/* SPDX-License-Identifier: Apache-2.0 */
/* See circle.h. */
#include "base/circle.h"

#include "cl/scalar.h"

float sc_host_sin(float x) {
    return sc_sin(x);
}

float sc_host_cos(float x) {
    return sc_cos(x);
}
