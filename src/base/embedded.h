/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of cl/ inside the library (written at build time by cmake/embed_cl.cmake), by file
 * name: "conv.cl", "philox.h". Nothing is resolved here: an #include inside a text is the OpenCL
 * driver's. */
#ifndef SC_BASE_EMBEDDED_H
#define SC_BASE_EMBEDDED_H

#include <stddef.h>

typedef struct sc_embedded_file {
    const char *name;
    const unsigned char *data; /* not zero-terminated */
    size_t size;
} sc_embedded_file;

/* NULL when there is no such file (always, in a build without OpenCL). */
const sc_embedded_file *sc_embedded_find(const char *name);

#endif
