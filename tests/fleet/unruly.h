/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that misbehave as told, for tests of what happens to a run then: each is a real device
 * whose calls are counted and, from a given one on, fail or hang; or that is slow; or that does
 * nothing before a caller waits for it, as the contract allows. It stands on the contract alone.
 * They are numbered, "unruly:0", "unruly:1", and one registry holds them all. */
#ifndef SC_TEST_UNRULY_H
#define SC_TEST_UNRULY_H

#include "backend/registry.h"

enum { UNRULY_MOST = 4 };

typedef struct unruly_manner {
    int64_t fails_at;   /* this call and every later one fails: DEVICE; 0: none */
    int64_t starves_at; /* this call alone fails: DEVICE_MEMORY; 0: none */
    int64_t hangs_at;   /* this call does not come back before unruly_release; 0: none */
    uint64_t row_time; /* ns of sleep per row of a loss launch: forward and backward of a sample, as
                          it were */
    bool lacks;        /* no implementation of matmul prepares: UNSUPPORTED */
    bool own_memory;   /* claims not to share the host's memory */
    bool late;       /* commands run when a caller waits for them. The real device must be one whose
                        commands run at once       (cpu) */
    uint64_t drowsy; /* late: ns of sleep before a wait does anything */
} unruly_manner;

/* Fills a registry with `count` devices, all opened through `real`, entry `entry` (both must
 * outlive them). Manners are those of the calls below and begin calm; options are those given at
 * opening. */
socle_status unruly_registry(sc_registry *out, sc_env *env, const sc_registry *real, int entry,
                             int count);
/* At any time while the device is at rest; call numbers count from now. */
void unruly_behave(int number, unruly_manner manner);
int64_t unruly_calls(int number); /* since the last unruly_behave */
bool unruly_hanging(int number);  /* a call is being held */
void unruly_release(void);        /* lets all hanging calls go on, for good */

#endif
