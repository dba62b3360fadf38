/* SPDX-License-Identifier: Apache-2.0 */
/* The prepared kernels of a device, each there once however many launches use it. A kernel that
 * nobody uses any more stays for a while, so that a plan finds what a forecast prepared. It belongs
 * to its device, and to the thread that uses that. It knows no implementation. */
#ifndef SC_BACKEND_KERNEL_CACHE_H
#define SC_BACKEND_KERNEL_CACHE_H

#include "backend/backend.h"

/* Kernels without a user that stay; beyond that the one that was given back first goes. */
enum { SC_IDLE_KERNELS = 512 };

/* The kernel that is there, with the caller as one more user; NULL: none is. `key` is everything
 * that decides what a kernel does, beside its implementation. */
sc_kernel *sc_kernel_cache_find(sc_device *device, const sc_implementation *implementation,
                                const char *key);
/* Takes over a kernel that was prepared now and makes the caller its user. On failure it is
 * released. */
socle_status sc_kernel_cache_add(sc_kernel *kernel, const sc_implementation *implementation,
                                 const char *key);
/* Ends one use. */
void sc_kernel_cache_give_back(sc_kernel *kernel);
/* Whether this is the first time since sc_kernel_cache_forget that the key is noted. Failing to
 * remember it is no error. */
bool sc_kernel_cache_note(sc_device *device, const sc_implementation *implementation,
                          const char *key);
void sc_kernel_cache_forget(sc_device *device); /* all notes */
/* Releases what nobody uses, and the cache. */
void sc_kernel_cache_destroy(sc_device *device);

#endif
