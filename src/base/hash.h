/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing for cache keys and checksums: XXH3, 128 bits, as 32 hex digits. */
#ifndef SC_BASE_HASH_H
#define SC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { SC_HASH_TEXT = 33 };

typedef struct sc_hash {
    uint64_t low, high;
} sc_hash;

sc_hash sc_hash_bytes(const void *data, size_t size, uint64_t seed);
void sc_hash_text(char out[SC_HASH_TEXT], sc_hash hash);

#endif
