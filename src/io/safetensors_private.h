/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of safetensors and the parser of its header share; no other file includes this.
 */
#ifndef SC_IO_SAFETENSORS_PRIVATE_H
#define SC_IO_SAFETENSORS_PRIVATE_H

#include "io/input.h"
#include "io/safetensors.h"

#include <jansson.h>

enum { SC_SAFETENSORS_PREFIX = 8, SC_SAFETENSORS_MAX_HEADER = 100000000 };

#define SC_SAFETENSORS_METADATA "__metadata__"

struct sc_safetensors {
    sc_env *env;
    sc_input input;
    json_t *header;   /* owns all names and metadata */
    json_t *metadata; /* inside the header, or NULL */
    uint64_t data_start;
    size_t count;
    sc_safetensors_tensor *tensors;        /* in the order of their bytes */
    const sc_safetensors_tensor **by_name; /* the same, sorted by name */
};

/* Parses and checks the header text (zero-terminated, `size` bytes), fills header, metadata and
 * tensors. */
socle_status sc_safetensors_parse_header(sc_safetensors *file, const char *text, size_t size);

#endif
