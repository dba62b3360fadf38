/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share. A target is one function of bytes; libFuzzer calls it with what it
 * makes up, and the replay (replay.c) with what was once found. It must behave the same for the
 * same bytes, and abort on what is wrong. */
#ifndef SC_TEST_FUZZ_H
#define SC_TEST_FUZZ_H

#include "base/env.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size); /* libFuzzer's */

#define FUZZ_REQUIRE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) fuzz_fail(__FILE__, __LINE__, #condition);                               \
    } while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* A failure has a text; its status is one of `allowed` (up to OK). */
void fuzz_failed_well(const sc_env *env, socle_status status, const socle_status *allowed);

/* A folder of this process in memory, private, removed at its end; the path of a file in it, valid
 * for ever. */
const char *fuzz_folder(void);
const char *fuzz_file(const char *name);
/* Writes a file there. */
void fuzz_write(const char *name, const void *data, size_t size);

/* fuzz_repair.c: a mutation of a safetensors file whose header length fits the header, and whose
 * data have the length that the header speaks of. `base` is a good file to begin with. */
size_t fuzz_mutate_safetensors(uint8_t *data, size_t size, size_t max_size, unsigned seed,
                               const void *base, size_t base_size);

#endif
