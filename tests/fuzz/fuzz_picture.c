/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a PNG or JPEG file: what is read has the size that it says, and can be given another
 * size and other colours. */
#include "fuzz.h"

#include "data/picture.h"

static const socle_status bad[] = {SOCLE_STATUS_DATA, SOCLE_STATUS_OUT_OF_MEMORY, SOCLE_STATUS_OK};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { SIDE = 5, MOST = 1 << 22 };
    const sc_picture_form form = {SIDE, SIDE + 1, 1, .scaled = true, .grey = true};
    uint8_t out[SIDE * (SIDE + 1)];
    unsigned sum = 0;
    sc_env env;
    sc_picture picture;
    sc_env_init(&env, NULL, NULL);
    socle_status status = sc_picture_decode(&picture, &env, "fuzz", data, size);
    if (status != SOCLE_OK) {
        FUZZ_REQUIRE(!picture.pixel);
        fuzz_failed_well(&env, status, bad);
        return 0;
    }
    int64_t bytes = picture.height * picture.width * picture.channels;
    FUZZ_REQUIRE(bytes >= 1 && (picture.channels == 1 || picture.channels == 3));
    for (int64_t i = 0; i < bytes; i++) sum += picture.pixel[i];
    FUZZ_REQUIRE(sum <= (uint64_t)bytes * 255);
    if (bytes <= MOST) FUZZ_REQUIRE(sc_picture_fit(&picture, &env, "fuzz", &form, out) == SOCLE_OK);
    sc_picture_free(&picture, &env);
    return 0;
}
