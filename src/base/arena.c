/* SPDX-License-Identifier: Apache-2.0 */
/* The host arena: a list of chunks, filled from the front, released together. Nothing is ever given
 * back singly, and nothing here knows what the memory holds. */
#include "base/arena.h"

#include <string.h>

enum { ALIGNMENT = 16, CHUNK_BYTES = 16 * 1024, HEADER_BYTES = 64 };

/* The bytes handed out follow the header, at HEADER_BYTES. */
typedef struct chunk {
    struct chunk *next;
    size_t used, capacity;
} chunk;

struct sc_arena {
    sc_env *env;
    chunk *first; /* the chunk being filled */
};

_Static_assert(sizeof(chunk) <= HEADER_BYTES, "the header must fit before the bytes");
_Static_assert(HEADER_BYTES % ALIGNMENT == 0, "the bytes must start aligned");

socle_status sc_arena_create(sc_arena **out, sc_env *env) {
    SC_TRY(sc_allocate(env, out, 1, sizeof **out));
    (*out)->env = env;
    return SOCLE_OK;
}

void sc_arena_destroy(sc_arena *arena) {
    if (!arena) return;
    for (chunk *entry = arena->first; entry;) {
        chunk *next = entry->next;
        sc_release(arena->env, entry);
        entry = next;
    }
    sc_release(arena->env, arena);
}

static socle_status too_large(sc_arena *arena, size_t count, size_t size) {
    return sc_fail(arena->env, SOCLE_STATUS_OUT_OF_MEMORY,
                   "out of host memory: %zu elements of %zu bytes exceed the address space", count,
                   size);
}

/* A large piece gets a chunk of its own behind the first, so that the first stays in use. */
static socle_status add_chunk(sc_arena *arena, size_t bytes, chunk **out) {
    size_t capacity = bytes > CHUNK_BYTES / 4 ? bytes : CHUNK_BYTES;
    size_t total;
    if (!sc_add_size(&total, capacity, HEADER_BYTES)) return too_large(arena, bytes, 1);
    chunk *added;
    SC_TRY(sc_allocate(arena->env, &added, total, 1));
    added->capacity = capacity;
    if (capacity != CHUNK_BYTES && arena->first) {
        added->next = arena->first->next;
        arena->first->next = added;
    } else {
        added->next = arena->first;
        arena->first = added;
    }
    *out = added;
    return SOCLE_OK;
}

socle_status sc_arena_allocate(sc_arena *arena, void *out, size_t count, size_t size) {
    void *memory = NULL;
    memcpy(out, &memory, sizeof memory);
    size_t bytes;
    if (!sc_mul_size(&bytes, count, size) || bytes > SIZE_MAX - ALIGNMENT)
        return too_large(arena, count, size);
    bytes = bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    chunk *from = arena->first;
    if (!from || from->capacity - from->used < bytes) SC_TRY(add_chunk(arena, bytes, &from));
    memory = (char *)from + HEADER_BYTES + from->used;
    from->used += bytes;
    memcpy(out, &memory, sizeof memory);
    return SOCLE_OK;
}

socle_status sc_arena_string(sc_arena *arena, const char **out, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy;
    *out = NULL;
    SC_TRY(sc_arena_allocate(arena, &copy, size, 1));
    memcpy(copy, text, size);
    *out = copy;
    return SOCLE_OK;
}
