/* SPDX-License-Identifier: Apache-2.0 */
/* See cairo_api.h. */
#include "plot/cairo_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

sc_cairo_api sc_cairo_calls;

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

static const char *const names[] = {
#define NAME(name) #name,
    SC_CAIRO_FUNCTIONS(NAME)
#undef NAME
};

enum { COUNT = sizeof names / sizeof names[0] };

_Static_assert(sizeof(sc_cairo_api) == COUNT * sizeof(void *),
               "sc_cairo_api is an array of pointers, in the order of names");

#define LIBRARY "libcairo.so.2"

static socle_status open_library(sc_env *env) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "pictures are drawn by cairo (Debian: apt-get install libcairo2), which is "
                       "not here: %s; --text draws with characters",
                       why ? why : LIBRARY);
    }
    for (size_t i = 0; i < COUNT; i++) {
        void *address = dlsym(library, names[i]);
        if (!address) {
            dlclose(library);
            return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                           "%s lacks %s; --text draws with characters", LIBRARY, names[i]);
        }
        memcpy((char *)&sc_cairo_calls + i * sizeof address, &address, sizeof address);
    }
    return SOCLE_OK;
}

socle_status sc_cairo_load(sc_env *env) {
    pthread_mutex_lock(&load_lock);
    socle_status status = loaded ? SOCLE_OK : open_library(env);
    loaded = status == SOCLE_OK;
    pthread_mutex_unlock(&load_lock);
    return status;
}
