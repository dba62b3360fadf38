/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory through the replaceable allocator, and the checked arithmetic that sizes go through.
 */
#include "base/env.h"

#include <string.h>

enum { MINIMUM_CAPACITY = 8 };

bool sc_mul_size(size_t *out, size_t a, size_t b) {
    if (b != 0 && a > SIZE_MAX / b) return false;
    *out = a * b;
    return true;
}

bool sc_add_size(size_t *out, size_t a, size_t b) {
    if (a > SIZE_MAX - b) return false;
    *out = a + b;
    return true;
}

bool sc_mul_i64(int64_t *out, int64_t a, int64_t b) {
    if (a > 0) {
        if (b > 0 ? a > INT64_MAX / b : b < INT64_MIN / a) return false;
    } else if (a < 0) {
        if (b > 0 ? a < INT64_MIN / b : b < INT64_MAX / a) return false;
    }
    *out = a * b;
    return true;
}

bool sc_add_i64(int64_t *out, int64_t a, int64_t b) {
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b) return false;
    *out = a + b;
    return true;
}

/* `out` is the address of a pointer of any object type: its bytes are copied, for writing it
 * through a `void **` would break the aliasing rules. */
static void store_pointer(void *out, void *memory) {
    memcpy(out, &memory, sizeof memory);
}

socle_status sc_allocate(sc_env *env, void *out, size_t count, size_t size) {
    store_pointer(out, NULL);
    size_t bytes;
    if (!sc_mul_size(&bytes, count, size))
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "out of host memory: %zu elements of %zu bytes exceed the address space",
                       count, size);
    size_t asked = bytes > 0 ? bytes : 1;
    void *memory = env->allocator.allocate(env->allocator.user, asked);
    if (!memory)
        return sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY,
                       "out of host memory: %zu bytes were refused", bytes);
    memset(memory, 0, asked);
    store_pointer(out, memory);
    return SOCLE_OK;
}

void sc_release(const sc_env *env, void *memory) {
    if (memory) env->allocator.release(env->allocator.user, memory);
}

socle_status sc_grow(sc_env *env, void *array, size_t *capacity, size_t needed, size_t size) {
    void *old;
    memcpy(&old, array, sizeof old);
    if (needed <= *capacity && old) return SOCLE_OK;
    size_t larger = *capacity <= SIZE_MAX / 2 ? *capacity * 2 : SIZE_MAX;
    if (larger < MINIMUM_CAPACITY) larger = MINIMUM_CAPACITY;
    size_t bytes;
    if (larger < needed || !sc_mul_size(&bytes, larger, size)) larger = needed;
    void *grown;
    SC_TRY(sc_allocate(env, &grown, larger, size));
    if (old) {
        memcpy(grown, old, *capacity * size);
        sc_release(env, old);
    }
    store_pointer(array, grown);
    *capacity = larger;
    return SOCLE_OK;
}

socle_status sc_copy_string(sc_env *env, char **out, const char *text) {
    size_t size = strlen(text) + 1;
    SC_TRY(sc_allocate(env, out, size, 1));
    memcpy(*out, text, size);
    return SOCLE_OK;
}
