/* SPDX-License-Identifier: Apache-2.0 */
/* What reading records and reading their values share; for record_read.c and record_value.c alone.
 */
#ifndef SC_IO_RECORD_PRIVATE_H
#define SC_IO_RECORD_PRIVATE_H

#include "io/record.h"

/* One value to read: a member of an object, which may stand under its kind's word in place of the
 * option's key. */
typedef struct sc_place {
    const sc_config *config;
    const json_t *object;
    const char *key;
    const sc_option *option;
} sc_place;

/* "; 'lr' belongs to optimizer: {sgd: {lr: 0.1}}", where the tables below `table` (may be NULL)
 * have the key. False: they do not. */
bool sc_record_elsewhere(sc_text *hint, const sc_record *table, const char *key);

/* A value of a type that holds no other records; out NULL: checks only. Errors: CONFIG. */
socle_status sc_record_read_value(void *out, const sc_place *at);

#endif
