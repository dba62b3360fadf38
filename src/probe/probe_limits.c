/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of this process (getrlimit). The probe inherits those of the program that asks, and takes
 * from each what that program needs beside the driver: its data and weights, threads, files, larger
 * kernels to compile. Where nothing would be left the driver gets nothing: it ends or refuses here,
 * and the program does not load it. */
#include "probe/probe.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define MIB ((rlim_t)1 << 20)

/* Measured on PoCL 3.1, fashion-cnn: 780 MiB of address space while it trains, 390 MiB of data; the
 * probe of PoCL itself takes some 480 and 250. */
static const struct {
    int limit;
    rlim_t margin, plenty; /* above `plenty` the margin decides nothing */
} margins[] = {
    {RLIMIT_AS, 384 * MIB, 8192 * MIB}, {RLIMIT_DATA, 192 * MIB, 8192 * MIB},
    {RLIMIT_NPROC, 16, 1024},           {RLIMIT_NOFILE, 32, 512},
    {RLIMIT_STACK, 0, 4 * MIB},         {RLIMIT_FSIZE, 0, 64 * MIB},
};

enum { LIMITS = sizeof margins / sizeof margins[0] };

static struct rlimit found[LIMITS];

/* Larger kernels take larger files. */
static void lower_files(void) {
    struct rlimit file;
    if (getrlimit(RLIMIT_FSIZE, &file) != 0 || file.rlim_cur == RLIM_INFINITY) return;
    file.rlim_cur /= 2;
    setrlimit(RLIMIT_FSIZE, &file);
}

static void lower_stack(void) {
    struct rlimit stack;
    pthread_attr_t attributes;
    if (getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur >= 8 * MIB) return;
    stack.rlim_cur /= 2;
    setrlimit(RLIMIT_STACK, &stack);
    if (pthread_attr_init(&attributes) != 0) return;
    if (pthread_attr_setstacksize(&attributes, (size_t)stack.rlim_cur) == 0)
        pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

/* The limit does not hold for programs that collect core files; and execv makes a process dumpable
 * again. */
void probe_leave_no_core(void) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
}

void probe_keep_margins(void) {
    struct rlimit limit;
    for (size_t i = 0; i < LIMITS; i++) {
        found[i].rlim_cur = RLIM_INFINITY;
        if (getrlimit(margins[i].limit, &found[i]) != 0 || found[i].rlim_cur == RLIM_INFINITY)
            continue;
        limit = found[i];
        limit.rlim_cur =
            limit.rlim_cur > margins[i].margin ? limit.rlim_cur - margins[i].margin : 0;
        setrlimit(margins[i].limit, &limit);
    }
    lower_stack();
    lower_files();
    /* Processor time is the asking program's own affair. */
    if (getrlimit(RLIMIT_CPU, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_CPU, &limit);
    }
}

bool probe_drop_margins(void) {
    bool matter = false;
    for (size_t i = 0; i < LIMITS; i++) {
        if (found[i].rlim_cur == RLIM_INFINITY) continue;
        setrlimit(margins[i].limit, &found[i]);
        matter = matter || found[i].rlim_cur < margins[i].plenty;
    }
    return matter;
}
