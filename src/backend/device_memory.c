/* SPDX-License-Identifier: Apache-2.0 */
/* The account of a device's memory: what is in use, the most that ever was, and the budget that
 * refuses more. Counters are atomic, because upload and compute may be driven by different threads.
 * It must not know any driver: those may reserve lazily and accept what they cannot serve, so the
 * budget alone decides. */
#include "backend/backend.h"
#include "base/host_memory.h"

#include <inttypes.h>

/* Whether buffers of this kind come out of the budget. */
static bool is_bounded(const sc_device *device, sc_buffer_kind kind) {
    return kind == SC_BUFFER_DEVICE || (device->info.traits & SC_TRAIT_HOST_MEMORY);
}

/* Adds to a counter unless it would pass `limit`; *before is what it held. */
static bool add_within(_Atomic uint64_t *counter, uint64_t bytes, uint64_t limit,
                       uint64_t *before) {
    *before = atomic_load(counter);
    do {
        if (bytes > limit || *before > limit - bytes) return false;
    } while (!atomic_compare_exchange_weak(counter, before, *before + bytes));
    return true;
}

static void raise_to(_Atomic uint64_t *counter, uint64_t value) {
    uint64_t before = atomic_load(counter);
    while (before < value && !atomic_compare_exchange_weak(counter, &before, value)) continue;
}

socle_status sc_device_take(sc_device *device, sc_buffer_kind kind, size_t bytes) {
    sc_device_account *account = &device->account;
    uint64_t before, budget = atomic_load(&account->budget);
    if (is_bounded(device, kind) &&
        !add_within(&account->bounded, bytes, budget ? budget : UINT64_MAX, &before)) {
        uint64_t left = before < budget ? budget - before : 0;
        return sc_fail(device->env, SOCLE_STATUS_DEVICE_MEMORY,
                       "%s: %zu bytes more are %" PRIu64 " too many: %" PRIu64
                       " of the budget of %" PRIu64
                       " bytes are in use; use a smaller batch or a larger memory budget",
                       device->info.name, bytes, bytes - left, before, budget);
    }
    raise_to(&account->peak[kind], atomic_fetch_add(&account->used[kind], bytes) + bytes);
    return SOCLE_OK;
}

void sc_device_give_back(sc_device *device, sc_buffer_kind kind, size_t bytes) {
    atomic_fetch_sub(&device->account.used[kind], bytes);
    if (is_bounded(device, kind)) atomic_fetch_sub(&device->account.bounded, bytes);
}

void sc_device_set_budget(sc_device *device, uint64_t bytes) {
    atomic_store(&device->account.budget, bytes);
}

sc_memory_use sc_device_memory(const sc_device *device) {
    sc_device_account *account = &((sc_device *)device)->account;
    sc_memory_use use = {.bounded = atomic_load(&account->bounded),
                         .budget = atomic_load(&account->budget)};
    for (int k = 0; k < SC_BUFFER_KINDS; k++) {
        use.used[k] = atomic_load(&account->used[k]);
        use.peak[k] = atomic_load(&account->peak[k]);
    }
    return use;
}

uint64_t sc_memory_safe_share(const sc_device_info *info, int sharers) {
    uint64_t memory = info->memory;
    if (info->traits & SC_TRAIT_HOST_MEMORY) {
        uint64_t available = sc_host_memory_available("") / (uint64_t)sharers;
        if (available < memory) memory = available;
    }
    return memory / 4 * 3;
}
