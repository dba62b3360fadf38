/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the host's memory is there to take. Knows the kernel's files, no device. */
#ifndef SC_BASE_HOST_MEMORY_H
#define SC_BASE_HOST_MEMORY_H

#include <stdint.h>

/* Bytes that this process can take now without swapping: what the kernel calls available, bounded
 * by what is left in each control group above the process. `root` stands before the paths of
 * /proc/... and /sys/...: "" but in tests. UINT64_MAX: the kernel does not say. */
uint64_t sc_host_memory_available(const char *root);

#endif
