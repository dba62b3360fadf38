/* SPDX-License-Identifier: Apache-2.0 */
/* See cairo_api.h. */
#include "plot/cairo_api.h"
#include "base/library.h"

sc_cairo_api sc_cairo_calls;

static const char *const names[] = {
#define NAME(name) #name,
    SC_CAIRO_FUNCTIONS(NAME)
#undef NAME
};

enum { COUNT = sizeof names / sizeof names[0] };

_Static_assert(sizeof(sc_cairo_api) == COUNT * sizeof(void *),
               "sc_cairo_api is an array of pointers, in the order of names");

static sc_library library = {
    .file = "libcairo.so.2",
    .name = names,
    .address = &sc_cairo_calls,
    .count = COUNT,
    .missing =
        "pictures are drawn by cairo (Debian: apt-get install libcairo2), which does not open; "
        "--text draws with characters",
    .lock = PTHREAD_MUTEX_INITIALIZER};

socle_status sc_cairo_load(sc_env *env) {
    return sc_library_load(&library, env);
}
