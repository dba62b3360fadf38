/* SPDX-License-Identifier: Apache-2.0 */
/* Safetensors files put together by hand, without the code under test. */
#ifndef SC_SAFETENSORS_CASES_H
#define SC_SAFETENSORS_CASES_H

#include "sc_test.h"

typedef struct raw_file {
    unsigned char *bytes; /* from malloc, exactly `size`, so that AddressSanitizer sees an overrun
                           */
    size_t size;
} raw_file;

/* Prefix with `length`, header text, `data_size` bytes counting up. */
static SC_UNUSED raw_file raw_make(uint64_t length, const char *header, size_t data_size) {
    size_t text = strlen(header);
    raw_file file = {.size = 8 + text + data_size};
    file.bytes = malloc(file.size);
    if (!file.bytes) SC_TEST_FAIL("no memory");
    for (int i = 0; i < 8; i++) file.bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(file.bytes + 8, header, text);
    for (size_t i = 0; i < data_size; i++) file.bytes[8 + text + i] = (unsigned char)(i + 1);
    return file;
}

/* A sound file with three tensors and metadata. */
#define RAW_SOUND                                                                                  \
    "{\"__metadata__\":{\"format\":\"socle\",\"note\":\"caf\\u00e9 \\\"x - [{\"},"                 \
    "\"b\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[12,16]},"                             \
    "\"a.weight\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[0,12]},"                    \
    "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[12,12]},"                      \
    "\"c\":{\"shape\":[2,2,1,1,1,1],\"data_offsets\":[16,20],\"dtype\":\"U8\"}}   "
enum { RAW_SOUND_DATA = 20 };

#endif
