/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about implementations on a device: quarantine (verify found them wrong) and tuning
 * (tune measured them). A JSON file per kind under the user's data folder, keyed by device id and
 * driver version: a new driver starts clean. */
#ifndef SC_BACKEND_RECORDS_H
#define SC_BACKEND_RECORDS_H

#include "backend/backend.h"

/* A missing file is an empty record; a damaged one is an empty record and one warning. `directory`
 * NULL: the user's. */
socle_status sc_records_load(sc_records **out, sc_env *env, const char *directory);
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

#endif
