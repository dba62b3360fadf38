/* SPDX-License-Identifier: Apache-2.0 */
/* A pool: one set of buffers that plans take turns in, buffer by buffer as large as the largest of
 * them asks. Nothing is copied when one grows, for no plan reads what another run left. Knows no
 * plan. */
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

/* The old buffer goes when the new one is there; where there is no room for both, before. A refusal
 * leaves the old one. */
static socle_status replace(sc_plan_pool *pool, pooled_buffer *buffer, size_t bytes) {
    sc_buffer *larger;
    socle_status status = sc_buffer_create(&larger, pool->device, SC_BUFFER_DEVICE, bytes);
    if (status != SOCLE_OK && !(status == SOCLE_STATUS_DEVICE_MEMORY && buffer->memory))
        return status;
    sc_buffer_destroy(buffer->memory);
    if (status == SOCLE_OK) {
        *buffer = (pooled_buffer){larger, bytes};
        return SOCLE_OK;
    }
    status = sc_buffer_create(&buffer->memory, pool->device, SC_BUFFER_DEVICE, bytes);
    if (status == SOCLE_OK) {
        buffer->bytes = bytes;
        return SOCLE_OK;
    }
    sc_env *env = pool->device->env, refused = *env;
    if (sc_buffer_create(&buffer->memory, pool->device, SC_BUFFER_DEVICE, buffer->bytes) !=
        SOCLE_OK)
        buffer->bytes = 0;
    sc_env_adopt_error(env, &refused);
    return status;
}

static socle_status grow(sc_plan_pool *pool, pooled_buffer *buffer, size_t bytes) {
    if (!pool->forecast) return replace(pool, buffer, bytes);
    buffer->bytes = bytes;
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
