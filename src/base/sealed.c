/* SPDX-License-Identifier: Apache-2.0 */
/* See sealed.h. */
#include "base/sealed.h"

#include <string.h>

enum { HASH = SC_HASH_TEXT - 1, SIZE = 8, HASH_SEED = 6 };

void sc_sealed_head(unsigned char head[SC_SEALED_HEAD], const char *magic, const char *key,
                    const void *payload, size_t size) {
    char hash[SC_HASH_TEXT];
    sc_hash_text(hash, sc_hash_bytes(payload, size, HASH_SEED));
    memcpy(head, magic, SC_SEALED_MAGIC);
    memcpy(head + SC_SEALED_MAGIC, key, HASH);
    memcpy(head + SC_SEALED_MAGIC + HASH, hash, HASH);
    for (int i = 0; i < SIZE; i++)
        head[SC_SEALED_MAGIC + 2 * HASH + i] = (unsigned char)((uint64_t)size >> (8 * i));
}

const unsigned char *sc_sealed_payload(size_t *size, const void *file, size_t bytes,
                                       const char *magic, const char *key) {
    unsigned char head[SC_SEALED_HEAD];
    if (bytes <= SC_SEALED_HEAD) return NULL;
    const unsigned char *payload = (const unsigned char *)file + SC_SEALED_HEAD;
    *size = bytes - SC_SEALED_HEAD;
    sc_sealed_head(head, magic, key, payload, *size);
    return memcmp(head, file, SC_SEALED_HEAD) == 0 ? payload : NULL;
}
