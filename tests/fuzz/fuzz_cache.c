/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a cached program: what is handed on to a driver is exactly what was sealed. The
 * mutator seals again. */
#include "fuzz.h"

#include "base/sealed.h"

static const char magic[] = "SOCLEB1\n", key[] = "0123456789abcdef0123456789abcdef";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t bytes = 0;
    unsigned char head[SC_SEALED_HEAD];
    const unsigned char *payload = sc_sealed_payload(&bytes, data, size, magic, key);
    if (!payload) return 0;
    FUZZ_REQUIRE(payload == data + SC_SEALED_HEAD && bytes > 0 && bytes == size - SC_SEALED_HEAD);
    sc_sealed_head(head, magic, key, payload, bytes);
    FUZZ_REQUIRE(memcmp(head, data, SC_SEALED_HEAD) == 0);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    if (seed % 4 == 0 || max_size <= SC_SEALED_HEAD) return LLVMFuzzerMutate(data, size, max_size);
    size_t payload = size > SC_SEALED_HEAD ? size - SC_SEALED_HEAD : 0;
    payload = LLVMFuzzerMutate(data + SC_SEALED_HEAD, payload, max_size - SC_SEALED_HEAD);
    sc_sealed_head(data, magic, key, data + SC_SEALED_HEAD, payload);
    return SC_SEALED_HEAD + payload;
}
