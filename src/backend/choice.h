/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a device's implementations are asked for a descriptor: what was measured to be
 * the best of its class of shapes, then the device's own order. It asks none of them. */
#ifndef SC_BACKEND_CHOICE_H
#define SC_BACKEND_CHOICE_H

#include "backend/backend.h"

typedef struct sc_choice {
    const sc_implementation *favourite; /* NULL: none was measured, or it was given already */
    const sc_implementation *given;
    const sc_implementation *const *next;
    sc_op op;
    const char *force;
} sc_choice;

/* force: as of sc_prepare. */
sc_choice sc_choice_of(const sc_device *device, const sc_op_desc *desc, const char *force);
const sc_implementation *sc_choice_next(sc_choice *choice); /* NULL: there are no more */

#endif
