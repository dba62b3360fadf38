/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that keep records share: the trees of JSON behind them. Everyone else sees
 * records.h and measured.h. */
#ifndef SC_BACKEND_RECORDS_PRIVATE_H
#define SC_BACKEND_RECORDS_PRIVATE_H

#include "backend/records.h"

#include <jansson.h>

typedef enum sc_record_kind {
    SC_RECORD_QUARANTINE,
    SC_RECORD_TUNING,
    SC_RECORD_MEASURED,
    SC_RECORD_KINDS
} sc_record_kind;

struct sc_records {
    sc_env *env;
    char *directory; /* NULL: no place to save to */
    json_t *root[SC_RECORD_KINDS];
    bool changed[SC_RECORD_KINDS];
    json_t *touched; /* an object: devices of which something was measured since the last save */
};

/* What a record says of a device, by operation; NULL: nothing. */
json_t *sc_records_device(const sc_records *records, sc_record_kind kind,
                          const sc_device_info *device);
/* The same, made if it is not there; NULL: out of memory, or the key is not UTF-8. */
json_t *sc_records_device_made(sc_records *records, sc_record_kind kind,
                               const sc_device_info *device);
/* Marks a device's key as changed here. Without the mark, for want of memory, what another process
 * saved of it meanwhile counts. */
void sc_records_touch(sc_records *records, const char *key);
/* The object under `key`, made if it is not there; NULL: out of memory. */
json_t *sc_records_child(json_t *parent, const char *key);
/* A file that the user names; *out is the caller's. Errors: NOT_FOUND, IO, DATA. */
socle_status sc_records_read(json_t **out, sc_env *env, const char *path, sc_record_kind kind);

#endif
