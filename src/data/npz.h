/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of arrays as numpy.savez writes them: zip files of .npy files, read by libzip, which is
 * opened with the first one. Sizes that an archive says are believed as far as its length allows.
 */
#ifndef SC_DATA_NPZ_H
#define SC_DATA_NPZ_H

#include "data/idx.h"

typedef struct sc_npz sc_npz;

/* Whether a file that begins so is one. */
bool sc_npz_begins(const unsigned char head[4]);
/* Errors: NOT_FOUND, IO, DATA (no archive, damaged, empty), UNSUPPORTED (libzip is not here). */
socle_status sc_npz_open(sc_npz **out, sc_env *env, const char *path);
/* The same for bytes in memory, which must outlive it; `label` stands for the path in messages. */
socle_status sc_npz_open_memory(sc_npz **out, sc_env *env, const char *label, const void *data,
                                size_t size);
void sc_npz_close(sc_npz *npz); /* NULL is fine */

/* Arrays, and the name of one, without ".npy". */
int64_t sc_npz_count(const sc_npz *npz);
socle_status sc_npz_name(char **out, sc_npz *npz, int64_t index);
/* The array number `index`, or the one of a name; a NULL name stands for the only one. Errors: DATA
 * (damaged; there is no such array: says which there are). */
socle_status sc_npz_read(sc_idx *out, sc_npz *npz, int64_t index);
socle_status sc_npz_read_named(sc_idx *out, sc_npz *npz, const char *name);

#endif
