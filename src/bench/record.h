/* SPDX-License-Identifier: Apache-2.0 */
/* A record of what was measured, as a file of JSON that `socle bench -o` writes and machines are
 * compared by:
 *   {"socle_bench": 1, "socle": "0.1.0", "quick": false,
 *    "machines": [{"device": {"device": "cpu:0", "name": ..., "driver": ..., "vendor": ...},
 *                  "rows": [{"event": "roof", "name": "read", "bytes": ..., "median": ...}, ...]}]}
 * A row has the keys of `socle bench --json` (socle(1)). Knows no device. */
#ifndef SC_BENCH_RECORD_H
#define SC_BENCH_RECORD_H

#include "base/env.h"

#include <jansson.h>

enum { SC_BENCH_RECORD_VERSION = 1, SC_BENCH_MOST_MACHINES = 32, SC_BENCH_MOST_ROWS = 4096 };

/* A file of which every field that is named above, and every figure, has been looked at: it is
 * there, has its type, is a finite number in its range. What else stands in it is left alone. *out
 * is the caller's (json_decref). Errors: NOT_FOUND, IO, DATA, OUT_OF_MEMORY. */
socle_status sc_bench_record_read(json_t **out, sc_env *env, const char *path);

/* Whether two rows of records that were read are figures of the same thing. */
bool sc_bench_record_same(const json_t *a, const json_t *b);

#endif
