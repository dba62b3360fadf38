/* SPDX-License-Identifier: Apache-2.0 */
/* XXH3 behind our own names, so that one file knows the library. */
#include "base/hash.h"

#include <xxhash.h>

sc_hash sc_hash_bytes(const void *data, size_t size, uint64_t seed) {
    XXH128_hash_t hash = XXH3_128bits_withSeed(data, size, seed);
    return (sc_hash){.low = hash.low64, .high = hash.high64};
}

static void put_hex(char *out, uint64_t value) {
    for (int i = 0; i < 16; i++) out[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
}

void sc_hash_text(char out[SC_HASH_TEXT], sc_hash hash) {
    put_hex(out, hash.high);
    put_hex(out + 16, hash.low);
    out[32] = '\0';
}
