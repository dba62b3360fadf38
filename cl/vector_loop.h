/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SC_VECTOR_LOOP before a loop says that its iterations are independent, so that the compilers of
 * CPU-class devices make vector code of it. Compilers that do not know the word read nothing.
 * OpenCL C only.
 */
#ifndef SC_VECTOR_LOOP_H
#define SC_VECTOR_LOOP_H

#ifdef __clang__
#define SC_VECTOR_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define SC_VECTOR_LOOP
#endif

#endif
