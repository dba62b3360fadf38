/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for every struct that is passed to a kernel by value, shared by C and OpenCL C so that
 * both compilers check it. Drivers disagree about structs with padding or with arrays of arrays
 * (Mesa refuses them), and an array that is indexed by a value the compiler does not know is first
 * copied to the stack of every work-item. So such a struct consists of 32-bit words: int, unsigned
 * int, float, one-dimensional arrays of these, and structs that are arguments themselves. It must
 * not know any struct.
 */
#ifndef SC_ARGUMENT_H
#define SC_ARGUMENT_H

/* After the declaration of the struct `name`: `words` is the sum over its members. Fails to compile
 * where the struct has padding. */
#define SC_ARGUMENT(name, words)                                                                   \
    typedef char name##_has_no_padding[sizeof(name) == 4 * (words) ? 1 : -1]

/* The words of a struct that is an argument and a member of another one. */
#define SC_WORDS(name) (sizeof(name) / 4)

#endif
