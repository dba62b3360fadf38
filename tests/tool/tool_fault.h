/* SPDX-License-Identifier: Apache-2.0 */
/* Running the tool over the fault layer (tests/faults), which makes one launch of a process fail as
 * told. */
#ifndef TOOL_FAULT_H
#define TOOL_FAULT_H

#include "tool.h"

/* tool_begin with OpenCL; skips the test where the layer was not built or a run on these devices
 * does not begin. */
void tool_fault_begin(sc_temp *temp, const char *devices);
/* From now on launch `at` of every process fails; mode: of fault_layer.c ("dead", "hang" ...),
 * NULL: only counts. */
void tool_fault(const char *mode, long at);
void tool_fault_end(void);
/* Launches that `words` make when nothing fails. */
long tool_launches(const char *words);

#endif
