/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about implementations on a device: quarantine (verify found them wrong), tuning
 * (values that hold for all shapes) and what was measured shape by shape (measured.h). A JSON file
 * per kind under the user's data folder, keyed by device and driver version: a new driver starts
 * clean. */
#ifndef SC_BACKEND_RECORDS_H
#define SC_BACKEND_RECORDS_H

#include "backend/backend.h"
#include "base/hash.h"

/* A missing file is an empty record; a damaged one is an empty record and one warning. `directory`
 * NULL: the user's. */
socle_status sc_records_load(sc_records **out, sc_env *env, const char *directory);
/* An empty one, without a place to be saved to. */
socle_status sc_records_create(sc_records **out, sc_env *env);
socle_status sc_records_save(const sc_records *records, sc_env *env);
void sc_records_destroy(sc_records *records);

bool sc_records_quarantined(const sc_records *records, const sc_device_info *device, sc_op op,
                            const char *implementation);
socle_status sc_records_set_quarantine(sc_records *records, const sc_device_info *device, sc_op op,
                                       const char *implementation, const char *reason); /* reason
                                                                                           NULL:
                                                                                           lifts it
                                                                                         */
/* "NAME=VALUE ..." or NULL. Borrowed until the record changes. */
const char *sc_records_tuning(const sc_records *records, const sc_device_info *device, sc_op op,
                              const char *implementation);
socle_status sc_records_set_tuning(sc_records *records, const sc_device_info *device, sc_op op,
                                   const char *implementation, const char *tuning);
/* A hash of all by which the record steers what a device computes with. False: there is nothing. */
bool sc_records_hash(char out[SC_HASH_TEXT], const sc_records *records,
                     const sc_device_info *device);

#endif
