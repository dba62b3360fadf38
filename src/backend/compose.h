/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels made of several: operation plus tail launch, for implementations that cannot fuse a tail
 * (CLBlast), and operation between conversions, for those that take no half precision. */
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

/* Whether an operand is not stored as it is computed with (sc_op_computed_dtype). */
bool sc_compose_is_stored(const sc_op_desc *desc);
/* `desc` as an implementation runs it that takes no such operand: a few samples at a time, all
 * operands as they are computed with; a sum over the samples without its tail. */
void sc_compose_computed(sc_op_desc *inner, const sc_op_desc *desc);
/* Replaces *kernel, prepared for that, by one that runs `desc`. Takes *kernel in every case: on
 * failure it is released and *kernel = NULL. */
socle_status sc_compose_storage(sc_kernel **kernel, sc_device *device, const sc_op_desc *desc);
/* The launches that it adds. */
void sc_compose_storage_announce(sc_device *device, const sc_op_desc *desc);

#endif
