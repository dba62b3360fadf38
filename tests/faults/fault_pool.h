/* SPDX-License-Identifier: Apache-2.0 */
/* Several child processes at a time, each with a few environment variables more, an output file and
 * a deadline. */
#ifndef SC_TEST_FAULT_POOL_H
#define SC_TEST_FAULT_POOL_H

#include <stdbool.h>
#include <stddef.h>

enum { POOL_SETTINGS = 8, POOL_SETTING_TEXT = 320, POOL_TIMED_OUT = 1000, POOL_SIGNAL = 2000 };

typedef struct pool_job {
    char setting[POOL_SETTINGS][POOL_SETTING_TEXT]; /* "NAME=VALUE" */
    int settings;
    int tag; /* the caller's */
} pool_job;

typedef struct pool_end {
    pool_job job;
    int status;         /* exit status, POOL_TIMED_OUT, or POOL_SIGNAL + signal */
    const char *output; /* file of stdout and stderr; valid until the next job starts */
} pool_end;

typedef struct pool pool;

/* Up to `jobs` children that run `command`; outputs go to `folder`. NULL: no memory. */
pool *pool_create(int jobs, double seconds, const char *folder, char *const *command);
void pool_destroy(pool *pool); /* waits for none: all have ended */
bool pool_is_full(const pool *pool);
bool pool_is_empty(const pool *pool);
bool pool_start(pool *pool, const pool_job *job); /* false: no process could be made */
void pool_wait(pool *pool, pool_end *end);        /* for one of them to end */

#endif
