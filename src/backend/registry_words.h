/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a device string into its entries. Names and ids of devices may hold commas, as in
 * "llvmpipe (LLVM 15.0.6, 256 bits)", so what stands in the string whole is known first, the
 * longest one; elsewhere a comma outside brackets ends an entry. */
#ifndef SC_BACKEND_REGISTRY_WORDS_H
#define SC_BACKEND_REGISTRY_WORDS_H

#include "backend/registry.h"

typedef struct sc_device_word {
    char text[512]; /* the entry without spaces around it, its sub-device and share included */
    size_t known;   /* length of the DRIVER:INDEX, id or whole name that it begins with; 0: another
                       word */
    int device;     /* that device in the registry */
} sc_device_word;

/* The entry at *text, and *text behind it; NULL there after the last one. False: there is none
 * left. */
bool sc_device_word_next(sc_device_word *out, const sc_registry *registry, const char **text);

#endif
