/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the OpenCL loader, libOpenCL.so.1. Which
 * vendors' drivers that loader will open is decided in ocl_vendors.c; this file knows none. */
#include "opencl/ocl_api.h"
#include "base/library.h"

#include <pthread.h>
#include <string.h>

sc_ocl_api sc_ocl_calls;

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

static const char *const names[] = {
#define NAME(name) #name,
    SC_OCL_FUNCTIONS(NAME)
#undef NAME
};

enum { COUNT = sizeof names / sizeof names[0] };

_Static_assert(sizeof(sc_ocl_api) == COUNT * sizeof(void *),
               "sc_ocl_api is an array of pointers, in the order of names");

socle_status sc_ocl_load(sc_env *env) {
    pthread_mutex_lock(&load_lock);
    socle_status status =
        loaded ? SOCLE_OK : sc_library_open(env, "libOpenCL.so.1", names, COUNT, &sc_ocl_calls);
    loaded = status == SOCLE_OK;
    pthread_mutex_unlock(&load_lock);
    if (status == SOCLE_OK) return SOCLE_OK;
    return sc_fail_prefix(env, status, "the OpenCL loader");
}
