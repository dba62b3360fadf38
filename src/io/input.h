/* SPDX-License-Identifier: Apache-2.0 */
/* Reading untrusted binary data piece by piece: from a regular file by position, with read calls
 * that survive interruption and short counts, or from memory. No mapping, so a file that shrinks
 * while it is read is an error and not a signal. Knows no format. */
#ifndef SC_IO_INPUT_H
#define SC_IO_INPUT_H

#include "base/env.h"

typedef struct sc_input {
    sc_env *env;
    char *path; /* as given, for messages */
    int descriptor;
    const unsigned char *memory; /* instead of the descriptor, or NULL */
    uint64_t size, time;         /* when it was opened; time: of its last change, in nanoseconds */
} sc_input;

/* Errors: NOT_FOUND (missing), IO (directory, FIFO, device, no permission). */
socle_status sc_input_open(sc_input *out, sc_env *env, const char *path);
/* Bytes that outlive the input; `label` stands for the path. */
socle_status sc_input_open_memory(sc_input *out, sc_env *env, const char *label, const void *data,
                                  size_t size);
/* The file is as it was when it was opened, by its size and its time. Errors: DATA (it was changed
 * since), IO. */
socle_status sc_input_check_same(const sc_input *input);
void sc_input_close(sc_input *input); /* a zeroed input is fine */
/* Exactly `size` bytes from `offset`. Errors: DATA (the file ends before), IO. */
socle_status sc_input_read(const sc_input *input, void *data, size_t size, uint64_t offset);

#endif
