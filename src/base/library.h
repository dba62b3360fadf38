/* SPDX-License-Identifier: Apache-2.0 */
/* Shared libraries that are opened when they are first needed, so that programs that do without
 * them neither load nor miss them. Knows none by name. */
#ifndef SC_BASE_LIBRARY_H
#define SC_BASE_LIBRARY_H

#include "env.h"

#include <pthread.h>

typedef struct sc_library {
    const char *file;        /* "libcairo.so.2" */
    const char *const *name; /* of its functions */
    void *address;           /* an array of as many pointers to functions, in this order */
    size_t count;
    const char *missing; /* what it is for, and which package has it; the reason follows */
    pthread_mutex_t lock;
    bool loaded;
} sc_library;

/* Opens `file` and puts the addresses of the functions `name` into `address`, an array of as many
 * pointers to functions, in this order. NOT_FOUND: it is not here, or lacks one of them. */
socle_status sc_library_open(sc_env *env, const char *file, const char *const *name, size_t count,
                             void *address);

/* Finds all addresses, once for the process. UNSUPPORTED: as above. Thread: any. */
socle_status sc_library_load(sc_library *library, sc_env *env);

#endif
