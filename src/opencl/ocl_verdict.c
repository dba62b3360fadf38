/* SPDX-License-Identifier: Apache-2.0 */
/* What a trial of a driver means, in words. */
#include "opencl/ocl_vendors.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

bool sc_ocl_verdict_is_bad(const sc_ocl_verdict *verdict) {
    switch (verdict->kind) {
    case SC_OCL_CRASHED:
    case SC_OCL_ENDED:
    case SC_OCL_SILENT:
    case SC_OCL_GARBAGE:
    case SC_OCL_CRAMPED:
    case SC_OCL_NO_PROCESS:
    case SC_OCL_STARVED:
        return true;
    default:
        return false;
    }
}

/* A driver that ends its process may lack memory rather than be broken. */
static void add_limits(sc_text *out) {
    static const struct {
        int limit;
        const char *words, *letter;
        rlim_t unit, plenty; /* what is above needs no word */
    } rows[] = {
        {RLIMIT_AS, "KiB of address space", "v", 1024, (rlim_t)16 << 30},
        {RLIMIT_DATA, "KiB of data", "d", 1024, (rlim_t)16 << 30},
        {RLIMIT_NPROC, "processes", "u", 1, 1024},
        {RLIMIT_NOFILE, "open files", "n", 1, 256},
        {RLIMIT_STACK, "KiB of stack", "s", 1024, (rlim_t)2 << 20},
        {RLIMIT_FSIZE, "KiB in a file", "f", 1024, (rlim_t)1 << 30},
    };
    int said = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rlimit limit;
        if (getrlimit(rows[i].limit, &limit) != 0 || limit.rlim_cur >= rows[i].plenty) continue;
        sc_text_add(out, "%sulimit -%s allows %llu %s", said++ ? ", " : " (", rows[i].letter,
                    (unsigned long long)(limit.rlim_cur / rows[i].unit), rows[i].words);
    }
    if (said) sc_text_add(out, ", which may be too little)");
}

void sc_ocl_vendor_describe(sc_text *out, const sc_ocl_vendor *vendor) {
    static const char *const stages[] = {
#define WORDS(id, words) words,
        PROBE_STAGES(WORDS)
#undef WORDS
    };
    const sc_ocl_verdict *verdict = &vendor->verdict;
    const char *stage = stages[verdict->stage];
    sc_text_add(out, "%s", sc_ocl_vendor_name(vendor));
    if (*vendor->icd) sc_text_add(out, " (%s)", vendor->library);
    switch (verdict->kind) {
    case SC_OCL_UNTRIED:
        sc_text_add(out, " was not tried");
        return;
    case SC_OCL_WELL:
        sc_text_add(out,
                    verdict->devices ? " works" : " is installed and loads, but offers no device");
        return;
    case SC_OCL_UNLOADABLE:
        sc_text_add(out, " does not load: %s", vendor->why);
        return;
    case SC_OCL_CRASHED:
        if (verdict->detail == 6)
            sc_text_add(out, " aborted %s", stage);
        else
            sc_text_add(out, " crashed by signal %d %s", verdict->detail, stage);
        break;
    case SC_OCL_ENDED:
        sc_text_add(out, " ended its process with status %d %s", verdict->detail, stage);
        break;
    case SC_OCL_SILENT:
        sc_text_add(out, " gave no answer in %d s %s (SOCLE_PROBE_SECONDS gives it longer)",
                    verdict->detail, stage);
        break;
    case SC_OCL_STARVED:
        sc_text_add(out,
                    " could not be tried: other programs had the processors for %d s, and it was "
                    "still busy %s; it is tried again next time",
                    verdict->detail, stage);
        return;
    case SC_OCL_CRAMPED:
        sc_text_add(out, " has no room beside this program");
        break;
    case SC_OCL_GARBAGE:
        sc_text_add(out, " returned garbage %s", stage);
        break;
    default:
        sc_text_add(out, " could not be tried, for no process could be started: %s",
                    strerror(verdict->detail));
        break;
    }
    add_limits(out);
}
