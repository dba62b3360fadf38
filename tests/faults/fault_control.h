/* SPDX-License-Identifier: Apache-2.0 */
/* For programs that run under the fault layer (fault_layer.c): ask whether the fault took effect,
 * end it, say what the program does, count the OpenCL objects that are left. Without the layer all
 * of it does nothing. */
#ifndef SC_TEST_FAULT_CONTROL_H
#define SC_TEST_FAULT_CONTROL_H

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* The layer is there once the first OpenCL call was made. */
static inline void *fault_symbol(const char *name) {
    const char *path = getenv("OPENCL_LAYERS");
    void *layer = path && *path ? dlopen(path, RTLD_NOW | RTLD_NOLOAD) : NULL;
    void *symbol = layer ? dlsym(layer, name) : NULL;
    if (layer) dlclose(layer); /* the loader's own reference stays */
    return symbol;
}

/* How often the fault took effect so far. */
static inline long fault_fired(void) {
    long (*fired)(void) = NULL;
    void *symbol = fault_symbol("fault_layer_fired");
    memcpy(&fired, &symbol, sizeof fired);
    return fired ? fired() : 0;
}

/* OpenCL objects made and not released. */
static inline long fault_objects_left(void) {
    long (*objects)(void) = NULL;
    void *symbol = fault_symbol("fault_layer_objects");
    memcpy(&objects, &symbol, sizeof objects);
    return objects ? objects() : 0;
}

/* What the program does next, for FAULT_PHASE. */
static inline void fault_phase(const char *name) {
    void (*phase)(const char *) = NULL;
    void *symbol = fault_symbol("fault_layer_phase");
    memcpy(&phase, &symbol, sizeof phase);
    if (phase) phase(name);
}

/* From now on every call works. */
static inline void fault_end(void) {
    void (*end)(void) = NULL;
    void *symbol = fault_symbol("fault_layer_end");
    memcpy(&end, &symbol, sizeof end);
    if (end) end();
}

#endif
