/* SPDX-License-Identifier: Apache-2.0 */
/* Operation plus tail launch as one kernel, for implementations that cannot fuse a tail (CLBlast).
 */
#ifndef SC_BACKEND_COMPOSE_H
#define SC_BACKEND_COMPOSE_H

#include "backend/backend.h"

/* `desc` without its tail and the tail's operands. */
void sc_compose_bare(sc_op_desc *bare, const sc_op_desc *desc);
/* The elementwise operation that the tail of `desc` is: input 0 is the result. */
void sc_compose_tail_desc(sc_op_desc *tail, const sc_op_desc *desc);
/* Replaces *kernel, prepared for the bare descriptor, by one that also runs the tail of `desc` in
 * place on the output. Takes *kernel in every case: on failure it is released and *kernel = NULL.
 */
socle_status sc_compose_tail(sc_kernel **kernel, sc_device *device, const sc_op_desc *desc);

#endif
