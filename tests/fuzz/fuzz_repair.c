/* SPDX-License-Identifier: Apache-2.0 */
/* Mutations of safetensors files that stay well-formed outside: without them nearly every mutation
 * ends at the check of the first eight bytes. */
#include "fuzz.h"

#include <stdio.h>

enum { PREFIX = 8, MOST_DATA = 1 << 16 };

static uint64_t prefix_of(const uint8_t *data) {
    uint64_t length = 0;
    for (int i = 0; i < PREFIX; i++) length |= (uint64_t)data[i] << (8 * i);
    return length;
}

static void put_prefix(uint8_t *data, uint64_t length) {
    for (int i = 0; i < PREFIX; i++) data[i] = (uint8_t)(length >> (8 * i));
}

/* The largest second number of any "data_offsets": [a, b]. */
static size_t announced(const char *header, size_t length) {
    static const char word[] = "\"data_offsets\"";
    const char *end = header + length;
    size_t most = 0;
    for (const char *at = header; at + sizeof word < end; at++) {
        if (*at != '"' || memcmp(at, word, sizeof word - 1) != 0) continue;
        char text[64] = {0};
        unsigned long long from, to;
        at += sizeof word - 1;
        size_t rest = (size_t)(end - at);
        memcpy(text, at, rest < sizeof text - 1 ? rest : sizeof text - 1);
        if (sscanf(text, " : [ %llu , %llu", &from, &to) == 2 && to > most && to <= MOST_DATA)
            most = (size_t)to;
    }
    return most;
}

size_t fuzz_mutate_safetensors(uint8_t *data, size_t size, size_t max_size, unsigned seed,
                               const void *base, size_t base_size) {
    if (size < PREFIX || prefix_of(data) > size - PREFIX) {
        if (base_size > max_size) return LLVMFuzzerMutate(data, size, max_size);
        memcpy(data, base, base_size);
        size = base_size;
    }
    if (seed % 16 == 0) return LLVMFuzzerMutate(data, size, max_size); /* anything at all */
    size_t header = (size_t)prefix_of(data), tail = size - PREFIX - header;
    uint8_t *bytes = malloc(tail + 1);
    if (!bytes || max_size < PREFIX + tail + 1) {
        free(bytes);
        return LLVMFuzzerMutate(data, size, max_size);
    }
    memcpy(bytes, data + PREFIX + header, tail);
    if (seed % 16 > 3 || !tail) /* libFuzzer makes a byte even where there is room for none */
        header = LLVMFuzzerMutate(data + PREFIX, header, max_size - PREFIX - tail);
    else
        tail = LLVMFuzzerMutate(bytes, tail, tail);
    put_prefix(data, header);
    memcpy(data + PREFIX + header, bytes, tail);
    free(bytes);
    size_t wanted = PREFIX + header + announced((const char *)data + PREFIX, header),
           now = PREFIX + header + tail;
    if (wanted > max_size) return now;
    if (wanted > now) memset(data + now, 0, wanted - now);
    return wanted;
}
