/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a .npy file (NumPy Enhancement Proposal 1, versions 1 to 3): type of the elements,
 * order, sizes. */
#ifndef SC_DATA_NPY_H
#define SC_DATA_NPY_H

#include "data/elements.h"
#include "data/idx.h"

bool sc_npy_begins(const unsigned char magic[4]);
/* Reads the header behind the first four bytes of a stream: rank and sizes of `idx`, and what its
 * elements are. *offset: where they begin. Errors: IO, DATA. */
socle_status sc_npy_read_header(sc_idx *idx, sc_elements *elements, uint64_t *offset, sc_env *env,
                                const char *path, sc_stream *stream);

#endif
