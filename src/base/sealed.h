/* SPDX-License-Identifier: Apache-2.0 */
/* Files of our own that must not be used when damaged: a magic, the key they were made for, a hash
 * of what they hold. The hash finds damage; who wrote a file it cannot tell (sc_file_read_private).
 *
 *   8 bytes magic, 32 key, 32 hash of the payload, 8 size of it (little-endian), payload */
#ifndef SC_BASE_SEALED_H
#define SC_BASE_SEALED_H

#include "base/hash.h"

enum { SC_SEALED_MAGIC = 8, SC_SEALED_HEAD = SC_SEALED_MAGIC + 2 * (SC_HASH_TEXT - 1) + 8 };

/* `magic` has 8 characters, `key` 32. */
void sc_sealed_head(unsigned char head[SC_SEALED_HEAD], const char *magic, const char *key,
                    const void *payload, size_t size);
/* The payload of a whole, undamaged file with this magic and key, and its size (at least 1); else
 * NULL. Borrowed. */
const unsigned char *sc_sealed_payload(size_t *size, const void *file, size_t bytes,
                                       const char *magic, const char *key);

#endif
