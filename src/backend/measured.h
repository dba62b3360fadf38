/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle tune` found out about a device, shape by shape: for each operation and class of
 * shapes (sc_op_class) the candidates that were tried, each "IMPLEMENTATION NAME=VALUE ...", and
 * the time that each took or why it takes part no more, and which of them runs take. It must not
 * know how anything is measured. */
#ifndef SC_BACKEND_MEASURED_H
#define SC_BACKEND_MEASURED_H

#include "backend/records.h"

typedef struct sc_measured {
    int rounds; /* of measuring, each more exact than the one before; 0: it is not to be used */
    double seconds;
    bool chosen; /* at the end of a search: runs take it */
} sc_measured;

/* shape: as sc_op_class says. False: nothing is known. */
bool sc_measured_find(sc_measured *out, const sc_records *records, const sc_device_info *device,
                      sc_op op, const char *shape, const char *candidate);
/* why: of a candidate that is not to be used, else NULL. */
socle_status sc_measured_set(sc_records *records, const sc_device_info *device, sc_op op,
                             const char *shape, const char *candidate, const sc_measured *measured,
                             const char *why);
/* Runs take this candidate, which was measured, and no other of its class; NULL: none. */
socle_status sc_measured_choose(sc_records *records, const sc_device_info *device, sc_op op,
                                const char *shape, const char *candidate);
/* The candidate that runs take for a descriptor: where several records were merged, of those that
 * were chosen the one that went through the most rounds, then the quickest. NULL: there is none.
 * Borrowed until the record changes. */
const char *sc_measured_best(const sc_device *device, const sc_op_desc *desc);
/* The implementation of `op` that a candidate names; NULL: the device has none of that name. */
const sc_implementation *sc_measured_implementation(const sc_device *device, sc_op op,
                                                    const char *candidate);
/* Takes over what a file of the same form knows, of any device: what is not known here, or was
 * measured in fewer rounds. *taken is added to. Nothing changes where the file is not in order.
 * Errors: NOT_FOUND, IO, DATA (the text says what is wrong with it), OUT_OF_MEMORY. */
socle_status sc_measured_merge(sc_records *records, sc_env *env, const char *path, int *taken);

#endif
