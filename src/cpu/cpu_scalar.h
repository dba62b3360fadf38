/* SPDX-License-Identifier: Apache-2.0 */
/* The scalar mathematics of cl/ as this driver includes it. One of its names means something else
 * in C (sc_window is the geometry of op.h), so it goes under another name here. */
#ifndef SC_CPU_CPU_SCALAR_H
#define SC_CPU_CPU_SCALAR_H

#include "op/op.h"

#include <sys/types.h>

#define sc_window sc_bit_window
#include "cl/philox.h"
#include "cl/scalar.h"
#include "cl/scalar_special.h"
#undef sc_window

#endif
