/* SPDX-License-Identifier: Apache-2.0 */
/* The process in which candidates are tried, from both of its ends. It takes one request after the
 * other; where one of them ends it, or keeps it longer than its deadline, that candidate is out and
 * the next one meets a new process. SIGPIPE is ignored by who asks: a process may end before it has
 * read. */
#ifndef SC_TUNE_WORKER_H
#define SC_TUNE_WORKER_H

#include "tune/attempt.h"

#include <sys/types.h>

typedef struct sc_tune_worker {
    sc_env *env;
    const char *program;
    char *const *words;  /* of its command line */
    uint64_t deadline;   /* nanoseconds for one candidate, from a new process on */
    bool (*stops)(void); /* NULL: never. Whether somebody asked to stop */
    pid_t process;       /* 0: none runs */
    int input, output;
    int started, answers; /* processes so far, and answers of all of them */
} sc_tune_worker;

/* How the process that `words` start answers a request; what ends it is an outcome. Errors:
 * INTERRUPTED (asked to stop), IO (no process can be started, or none of the first ones answers).
 */
socle_status sc_tune_worker_try(sc_tune_outcome *out, sc_tune_worker *worker,
                                const sc_tune_request *request);
void sc_tune_worker_end(sc_tune_worker *worker); /* what runs is killed */

/* The other end: answers requests from `input` on `output` until there are no more. `output` is
 * nothing that a driver writes to. */
socle_status sc_tune_serve(sc_env *env, sc_device *device, sc_records *records, int input,
                           int output);

#endif
