/* SPDX-License-Identifier: Apache-2.0 */
/* Vendors' drivers before any is loaded: which the OpenCL loader would open, how each fared when a
 * process of its own tried it (socle-probe, src/probe), and which of them may be loaded. It must
 * not call OpenCL.
 *
 * A loader opens every driver that is installed, so one that aborts takes the program with it. A
 * bad one is passed over by showing the loader a folder that lists the good ones (OCL_ICD_VENDORS).
 * Only a program may change its environment: the tool does, by sc_ocl_drivers_settle. A library in
 * another program's process opens no OpenCL then, and says what to set. */
#ifndef SC_OPENCL_OCL_VENDORS_H
#define SC_OPENCL_OCL_VENDORS_H

#include "backend/backend.h"
#include "base/text.h"
#include "probe/probe_stage.h"

typedef enum sc_ocl_verdict_kind {
    SC_OCL_UNTRIED, /* there is no program to try it with, or none may be started; it is loaded
                       untried */
    SC_OCL_WELL,
    SC_OCL_UNLOADABLE, /* the loader will pass over it by itself */
    SC_OCL_CRASHED,    /* detail: the signal */
    SC_OCL_ENDED,      /* detail: the exit status that it ended its process with */
    SC_OCL_SILENT,     /* detail: the seconds it was given */
    SC_OCL_GARBAGE,
    SC_OCL_CRAMPED, /* it works, but the process's limits leave no room for it beside the program */
    SC_OCL_NO_PROCESS, /* detail: errno; as little memory or as few processes as that kill drivers
                        */
    SC_OCL_STARVED, /* detail: the seconds after which nobody waited any longer; other programs had
                       the processors */
    SC_OCL_VERDICTS
} sc_ocl_verdict_kind;

typedef struct sc_ocl_verdict {
    sc_ocl_verdict_kind kind;
    int detail;
    probe_stage_id stage; /* how far it came */
    int platforms, devices;
} sc_ocl_verdict;

enum { SC_OCL_PATH_TEXT = 1024, SC_OCL_VENDORS_MOST = 32 };

typedef struct sc_ocl_vendor {
    char icd[SC_OCL_PATH_TEXT];     /* the .icd file; "" when a variable names the library itself */
    char library[SC_OCL_PATH_TEXT]; /* what the loader opens */
    bool by_filename;               /* from OCL_ICD_FILENAMES */
    sc_ocl_verdict verdict;
    char why[256]; /* SC_OCL_UNLOADABLE: what the linker says */
} sc_ocl_vendor;

typedef struct sc_ocl_vendors {
    int count;
    sc_ocl_vendor vendor[SC_OCL_VENDORS_MOST];
} sc_ocl_vendors;

/* ---- Which there are (ocl_vendors.c) ---- */

/* As the loaders look: OCL_ICD_VENDORS (a folder, an .icd file, a library), else
 * OPENCL_VENDOR_PATH, else /etc/OpenCL/vendors; and OCL_ICD_FILENAMES. In order of names. */
void sc_ocl_vendors_find(sc_ocl_vendors *out);
/* The last part of the .icd file's path, or of the library's. */
const char *sc_ocl_vendor_name(const sc_ocl_vendor *vendor);
/* Makes a folder below TMPDIR with one .icd file for each vendor that may be loaded; `folder` is ""
 * on failure. */
socle_status sc_ocl_vendors_write(sc_env *env, const sc_ocl_vendors *vendors,
                                  char folder[SC_OCL_PATH_TEXT]);
void sc_ocl_vendors_remove(const char *folder);

/* ---- Trying them (ocl_vendor_trial.c) ---- */

/* Fills the verdicts, all vendors at once, within SOCLE_PROBE_SECONDS (30), in which the time that
 * a driver waits for a processor does not count, up to ten times as many. OUT_OF_MEMORY: nothing
 * was tried. */
socle_status sc_ocl_vendors_try(sc_env *env, sc_ocl_vendors *vendors);
/* The program socle-probe: SOCLE_PROBE, else where this library or program was installed. False:
 * none that can be trusted; a warning says why one is not. */
bool sc_ocl_probe_program(sc_env *env, char out[SC_OCL_PATH_TEXT]);

/* ---- Verdicts (ocl_verdict.c, ocl_verdict_cache.c) ---- */

/* Whether a process that loads it would be in danger. */
bool sc_ocl_verdict_is_bad(const sc_ocl_verdict *verdict);
/* "pocl.icd (libpocl.so.2) crashed (signal 11) while its devices were listed". */
void sc_ocl_vendor_describe(sc_text *out, const sc_ocl_vendor *vendor);
/* Verdicts of earlier processes, kept by what the driver's files and the kernel were, by the
 * program's limits and by the variables that drivers read. A bad one holds for an hour. False:
 * none. */
bool sc_ocl_verdict_load(sc_env *env, sc_ocl_vendor *vendor, const char *program);
void sc_ocl_verdict_store(sc_env *env, const sc_ocl_vendor *vendor, const char *program);

/* ---- The process (ocl_drivers.c) ---- */

/* sc_driver.settle. */
socle_status sc_ocl_drivers_settle(sc_env *env, const sc_environment *environment);
/* Before the first call: decides whether the loader may be opened, and opens it. *none: there is
 * nothing to open. NO_DEVICE: a bad driver would be loaded. One thread at a time. */
socle_status sc_ocl_drivers_open(sc_env *env, bool *none);
/* The loader has read its list of drivers. */
void sc_ocl_drivers_opened(void);
/* sc_driver.explain. */
void sc_ocl_drivers_explain(sc_text *out);

#endif
