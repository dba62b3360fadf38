/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an archive of arrays: each array is read, or refused with a text. */
#include "fuzz.h"

#include "data/npz.h"

static const socle_status bad[] = {SOCLE_STATUS_DATA, SOCLE_STATUS_OUT_OF_MEMORY, SOCLE_STATUS_OK};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST = 8 };
    sc_env env;
    sc_npz *npz;
    sc_env_init(&env, NULL, NULL);
    socle_status status = sc_npz_open_memory(&npz, &env, "fuzz", data, size);
    if (status != SOCLE_OK) {
        FUZZ_REQUIRE(!npz);
        fuzz_failed_well(&env, status, bad);
        return 0;
    }
    for (int64_t i = 0; i < sc_npz_count(npz) && i < MOST; i++) {
        sc_idx idx;
        status = sc_npz_read(&idx, npz, i);
        if (status != SOCLE_OK) {
            FUZZ_REQUIRE(!idx.data);
            fuzz_failed_well(&env, status, bad);
            continue;
        }
        FUZZ_REQUIRE(idx.bytes >= 1);
        sc_idx_free(&idx, &env);
    }
    sc_npz_close(npz);
    return 0;
}
