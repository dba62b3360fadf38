/* SPDX-License-Identifier: Apache-2.0 */
/* In what the configurations of several runs differ: a pure function of JSON values. */
#ifndef SC_RUN_RUN_DIFFERENCE_H
#define SC_RUN_RUN_DIFFERENCE_H

#include "base/env.h"

#include <jansson.h>

/* *out, a new reference: a list of {"key": "optimizer.adam.lr", "values": [0.1, null]}, with a
 * value for each of the configurations, null where it has no such key. What has one key that is a
 * word of its own choice, as {sgd: ...} and {adam: ...}, differs as a whole. Errors: OUT_OF_MEMORY.
 */
socle_status sc_run_differences(json_t **out, sc_env *env, json_t *const *config, int runs);

#endif
