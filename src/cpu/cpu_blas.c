/* SPDX-License-Identifier: Apache-2.0 */
/* Talks to the BLAS library about its threads. OpenBLAS has calls for it that a plain CBLAS lacks,
 * so they are weak references: absent ones are simply not made. */
#include "cpu/cpu_blas.h"

#include <stdio.h>

#if defined(__GNUC__)
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern char *openblas_get_config(void) __attribute__((weak));
#define HAVE_OPENBLAS_CALLS 1
#else
#define HAVE_OPENBLAS_CALLS 0
#endif

void sc_cpu_blas_single_thread(void) {
#if HAVE_OPENBLAS_CALLS
    if (openblas_set_num_threads) openblas_set_num_threads(1);
#endif
}

const char *sc_cpu_blas_version(char *text, int size) {
    char version[32] = "";
#if HAVE_OPENBLAS_CALLS
    if (openblas_get_config && sscanf(openblas_get_config(), "OpenBLAS %31s", version) != 1)
        version[0] = '\0';
#endif
    if (version[0])
        snprintf(text, (size_t)size, "OpenBLAS %s", version);
    else
        snprintf(text, (size_t)size, "CBLAS");
    return text;
}
