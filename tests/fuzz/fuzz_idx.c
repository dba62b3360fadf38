/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any bytes as an IDX file, plain or packed. What is read must be as large as it says.
 */
#include "data/idx.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sc_env env;
    sc_idx idx;
    sc_env_init(&env, NULL, NULL);
    if (sc_idx_read_memory(&idx, &env, "fuzz", data, size) != SOCLE_OK) {
        if (env.text[0] == '\0' || env.status != SOCLE_STATUS_DATA || idx.data) abort();
        return 0;
    }
    size_t product = idx.dtype == SOCLE_U8 ? 1 : 4, sum = 0;
    for (int i = 0; i < idx.rank; i++) product *= (size_t)idx.size[i];
    if (product != idx.bytes) abort();
    for (size_t i = 0; i < idx.bytes; i++) sum += ((const uint8_t *)idx.data)[i];
    if (sum > 255 * idx.bytes) abort();
    sc_idx_free(&idx, &env);
    return 0;
}
