/* SPDX-License-Identifier: Apache-2.0 */
/* See library.h. */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

socle_status sc_library_open(sc_env *env, const char *file, const char *const *name, size_t count,
                             void *address) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "%s", why ? why : file);
    }
    for (size_t i = 0; i < count; i++) {
        void *found = dlsym(library, name[i]);
        if (!found) {
            dlclose(library);
            return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "%s lacks %s", file, name[i]);
        }
        memcpy((char *)address + i * sizeof found, &found, sizeof found);
    }
    return SOCLE_OK;
}

socle_status sc_library_load(sc_library *library, sc_env *env) {
    pthread_mutex_lock(&library->lock);
    socle_status status = library->loaded ? SOCLE_OK
                                          : sc_library_open(env, library->file, library->name,
                                                            library->count, library->address);
    library->loaded = status == SOCLE_OK;
    pthread_mutex_unlock(&library->lock);
    if (status == SOCLE_OK) return SOCLE_OK;
    return sc_fail_prefix(env, SOCLE_STATUS_UNSUPPORTED, "%s", library->missing);
}
