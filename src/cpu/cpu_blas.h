/* SPDX-License-Identifier: Apache-2.0 */
/* The BLAS library this build is linked with, as far as its number of threads goes: it is always
 * called on fixed tiles from our own threads, because its results differ with its own number of
 * threads. */
#ifndef SC_CPU_CPU_BLAS_H
#define SC_CPU_CPU_BLAS_H

/* Makes the library run each call on the calling thread alone, where it can be told. Process-wide,
 * as the library knows nothing else. */
void sc_cpu_blas_single_thread(void);
/* "OpenBLAS 0.3.21" or "CBLAS". */
const char *sc_cpu_blas_version(char *text, int size);

#endif
