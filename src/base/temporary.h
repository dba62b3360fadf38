/* SPDX-License-Identifier: Apache-2.0 */
/* Names of temporary files: ".socle-" PROCESS "-" TIME "-" NUMBER ".tmp". The name says who writes
 * the file, so that what a killed process left can be told from what another one is writing. */
#ifndef SC_BASE_TEMPORARY_H
#define SC_BASE_TEMPORARY_H

#include "base/process.h"

#include <stdbool.h>

enum { SC_TEMPORARY_NAME = SC_PROCESS_TEXT + 48 };

/* `attempt` tells names of the same moment apart. */
void sc_temporary_name(char out[SC_TEMPORARY_NAME], const sc_process *process, unsigned attempt);
/* Whether it is such a name, and of which process. */
bool sc_temporary_parse(sc_process *out, const char *name);

/* Removes the temporary files of processes that are gone from an open directory: of those that
 * provably are, and of `ended` (NULL: none), which the caller knows to be. Files of other users and
 * of this process stay. */
void sc_temporary_remove(int directory, const sc_process *ended);

#endif
