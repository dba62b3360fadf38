/* SPDX-License-Identifier: Apache-2.0 */
/* See kernel_cache.h. A table of chains, and a list of the kernels without users in the order in
 * which they were given back. A note is an entry without a kernel. */
#include "backend/kernel_cache.h"

#include "base/hash.h"

#include <string.h>

enum { CHAINS = 1024 };

struct sc_shared_kernel {
    sc_shared_kernel *next; /* of its chain */
    uint64_t hash;
    const sc_implementation *implementation;
    sc_kernel *kernel; /* NULL: a note */
    int users;
    sc_shared_kernel *older, *newer; /* in the list of those without users */
    char key[];
};

struct sc_kernel_cache {
    sc_shared_kernel *chain[CHAINS];
    sc_shared_kernel *oldest, *newest;
    int used, idle; /* kernels with and without users */
};

static uint64_t hash_of(const sc_implementation *implementation, const char *key) {
    return sc_hash_bytes(key, strlen(key), (uintptr_t)implementation).low;
}

/* The place that points to the entry, or to NULL at the end of its chain. */
static sc_shared_kernel **find(sc_kernel_cache *cache, const sc_implementation *implementation,
                               const char *key, bool note) {
    uint64_t hash = hash_of(implementation, key);
    sc_shared_kernel **at = &cache->chain[hash % CHAINS];
    for (; *at; at = &(*at)->next)
        if ((*at)->hash == hash && (*at)->implementation == implementation &&
            !(*at)->kernel == note && strcmp((*at)->key, key) == 0)
            break;
    return at;
}

static socle_status add(sc_shared_kernel **out, sc_device *device,
                        const sc_implementation *implementation, const char *key) {
    size_t length = strlen(key) + 1;
    if (!device->kernels)
        SC_TRY(sc_allocate(device->env, &device->kernels, 1, sizeof *device->kernels));
    SC_TRY(sc_allocate(device->env, out, 1, sizeof **out + length));
    sc_shared_kernel *entry = *out, **chain;
    entry->hash = hash_of(implementation, key);
    entry->implementation = implementation;
    memcpy(entry->key, key, length);
    chain = &device->kernels->chain[entry->hash % CHAINS];
    entry->next = *chain;
    *chain = entry;
    return SOCLE_OK;
}

static void leave_idle(sc_kernel_cache *cache, sc_shared_kernel *entry) {
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    entry->older = entry->newer = NULL;
    cache->idle--;
}

static void join_idle(sc_kernel_cache *cache, sc_shared_kernel *entry) {
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
    cache->idle++;
}

static void leave_chain(sc_kernel_cache *cache, const sc_shared_kernel *entry) {
    sc_shared_kernel **at = &cache->chain[entry->hash % CHAINS];
    while (*at != entry) at = &(*at)->next;
    *at = entry->next;
}

/* A kernel that is made of others gives these back, which may add to the list. */
static void drop_oldest(sc_device *device) {
    sc_kernel_cache *cache = device->kernels;
    sc_shared_kernel *entry = cache->oldest;
    leave_idle(cache, entry);
    leave_chain(cache, entry);
    entry->kernel->shared = NULL;
    sc_kernel_release(entry->kernel);
    sc_release(device->env, entry);
}

sc_kernel *sc_kernel_cache_find(sc_device *device, const sc_implementation *implementation,
                                const char *key) {
    sc_kernel_cache *cache = device->kernels;
    sc_shared_kernel *entry = cache ? *find(cache, implementation, key, false) : NULL;
    if (!entry) return NULL;
    if (entry->users++ == 0) {
        leave_idle(cache, entry);
        cache->used++;
    }
    return entry->kernel;
}

socle_status sc_kernel_cache_add(sc_kernel *kernel, const sc_implementation *implementation,
                                 const char *key) {
    sc_device *device = kernel->device;
    sc_shared_kernel *entry;
    socle_status status = add(&entry, device, implementation, key);
    if (status != SOCLE_OK) {
        sc_kernel_release(kernel);
        return status;
    }
    entry->kernel = kernel;
    entry->users = 1;
    kernel->shared = entry;
    device->kernels->used++;
    return SOCLE_OK;
}

void sc_kernel_cache_give_back(sc_kernel *kernel) {
    sc_device *device = kernel->device;
    sc_kernel_cache *cache = device->kernels;
    if (--kernel->shared->users > 0) return;
    cache->used--;
    join_idle(cache, kernel->shared);
    while (cache->idle > SC_IDLE_KERNELS) drop_oldest(device);
}

bool sc_kernel_cache_note(sc_device *device, const sc_implementation *implementation,
                          const char *key) {
    sc_shared_kernel *entry;
    if (device->kernels && *find(device->kernels, implementation, key, true)) return false;
    add(&entry, device, implementation, key);
    return true;
}

/* Removes what has no kernel, or with `all` what is left, whose users release it by themselves. */
static void remove_entries(sc_device *device, bool all) {
    for (int c = 0; device->kernels && c < CHAINS; c++)
        for (sc_shared_kernel **at = &device->kernels->chain[c], *entry; (entry = *at);) {
            if (entry->kernel && !all) {
                at = &entry->next;
                continue;
            }
            if (entry->kernel) entry->kernel->shared = NULL;
            *at = entry->next;
            sc_release(device->env, entry);
        }
}

void sc_kernel_cache_forget(sc_device *device) {
    remove_entries(device, false);
}

void sc_kernel_cache_destroy(sc_device *device) {
    while (device->kernels && device->kernels->oldest) drop_oldest(device);
    remove_entries(device, true);
    sc_release(device->env, device->kernels);
    device->kernels = NULL;
}

sc_prepared sc_device_prepared(const sc_device *device) {
    const sc_kernel_cache *cache = device->kernels;
    return (sc_prepared){.kernels = cache ? cache->used : 0,
                         .idle = cache ? cache->idle : 0,
                         .programs = device->ops->programs ? device->ops->programs(device) : 0};
}
