/* SPDX-License-Identifier: Apache-2.0 */
/* A pool: one set of buffers that plans take turns in, buffer by buffer as large as the largest of
 * them asks. A buffer that grows is replaced before it is let go, so a refusal leaves every plan as
 * it was; nothing is copied, for no plan reads what another run left. Knows no plan. */
#include "graph/plan_private.h"

typedef struct pooled_buffer {
    sc_buffer *memory; /* NULL in a forecast */
    size_t bytes;
} pooled_buffer;

struct sc_plan_pool {
    sc_device *device;
    bool forecast;
    pooled_buffer *buffer;
    size_t capacity;
    int count;
};

socle_status sc_plan_pool_create(sc_plan_pool **out, sc_device *device, bool forecast) {
    SC_TRY(sc_allocate(device->env, out, 1, sizeof **out));
    (*out)->device = device;
    (*out)->forecast = forecast;
    return SOCLE_OK;
}

void sc_plan_pool_destroy(sc_plan_pool *pool) {
    if (!pool) return;
    for (int b = 0; b < pool->count; b++) sc_buffer_destroy(pool->buffer[b].memory);
    sc_release(pool->device->env, pool->buffer);
    sc_release(pool->device->env, pool);
}

size_t sc_plan_pool_bytes(const sc_plan_pool *pool) {
    size_t total = 0;
    for (int b = 0; b < pool->count; b++) total += pool->buffer[b].bytes;
    return total;
}

static socle_status grow(sc_plan_pool *pool, pooled_buffer *buffer, size_t bytes) {
    sc_buffer *larger = NULL;
    if (!pool->forecast) SC_TRY(sc_buffer_create(&larger, pool->device, SC_BUFFER_DEVICE, bytes));
    sc_buffer_destroy(buffer->memory);
    *buffer = (pooled_buffer){larger, bytes};
    return SOCLE_OK;
}

socle_status sc_plan_pool_reserve(sc_plan_pool *pool, int count, const size_t *bytes) {
    SC_TRY(sc_grow(pool->device->env, &pool->buffer, &pool->capacity, (size_t)count,
                   sizeof *pool->buffer));
    if (count > pool->count) pool->count = count;
    for (int b = 0; b < count; b++)
        if (bytes[b] > pool->buffer[b].bytes) SC_TRY(grow(pool, &pool->buffer[b], bytes[b]));
    return SOCLE_OK;
}

sc_buffer *sc_plan_pool_buffer(const sc_plan_pool *pool, int number) {
    return pool->buffer[number].memory;
}
