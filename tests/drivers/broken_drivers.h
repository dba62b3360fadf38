/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of OpenCL drivers, broken ones (stub_driver.c) and the real one of this machine, in the
 * folder of a tool's test. */
#ifndef BROKEN_DRIVERS_H
#define BROKEN_DRIVERS_H

#include "tool.h"

/* tool_begin, no device named, verdicts kept in the folder, loads of stubs written to "loads". */
void drivers_begin(sc_temp *temp);
/* OCL_ICD_VENDORS is a new folder with an .icd file for each word: a stub's mode; "pocl": the
 * machine's PoCL, the test is skipped where there is none; "gone": names a library that is not
 * there. */
void drivers_install(const char *words);
/* How often a program loaded a stub since the last call of drivers_forget: "socle" or
 * "socle-probe". */
int drivers_loads(const char *mode, const char *program);
void drivers_forget(void);

#endif
