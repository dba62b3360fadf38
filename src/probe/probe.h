/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the program socle-probe. */
#ifndef SC_PROBE_PROBE_H
#define SC_PROBE_PROBE_H

#include "probe/probe_stage.h"

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_icd.h>
#include <stdbool.h>

enum { PROBE_EXIT = 0, PROBE_PLATFORMS = 64, PROBE_DEVICES = 256 };

void probe_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void probe_stage(probe_stage_id stage);
_Noreturn void probe_end(const char *verdict);

/* Lists the devices of a platform and lets one of each name compute; how many there are
 * (probe_platform.c). */
cl_uint probe_platform(cl_platform_id platform);

/* A driver's end leaves no core file. */
void probe_leave_no_core(void);

/* Lowers this process's limits, where there are any, by what a program that trains takes besides
 * the driver's trifle (probe_limits.c): a driver that passes here has room there. */
void probe_keep_margins(void);
/* Takes the margins back. False: no limit is so low that they matter. */
bool probe_drop_margins(void);

#endif
