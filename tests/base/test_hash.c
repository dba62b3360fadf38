/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes: the published XXH3 values, so that cache keys and checksums mean the same on every
 * machine. */
#include "base/hash.h"

#include "sc_test.h"

Test(hash, published_value_of_nothing) {
    char text[SC_HASH_TEXT];
    sc_hash_text(text, sc_hash_bytes("", 0, 0));
    SC_EQ_STR(text, "99aa06d3014798d86001c324468d497f");
}

Test(hash, text_is_high_then_low) {
    char text[SC_HASH_TEXT];
    sc_hash_text(text, (sc_hash){.low = 0x0123456789abcdefu, .high = 0x00000000000000f0u});
    SC_EQ_STR(text, "00000000000000f00123456789abcdef");
}

Test(hash, depends_on_every_byte_and_the_seed) {
    unsigned char data[300] = {0};
    sc_hash first = sc_hash_bytes(data, sizeof data, 1);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] ^= 1;
        sc_hash other = sc_hash_bytes(data, sizeof data, 1);
        SC_TRUE(other.low != first.low && other.high != first.high);
        data[i] ^= 1;
    }
    SC_TRUE(sc_hash_bytes(data, sizeof data, 2).low != first.low);
    SC_TRUE(sc_hash_bytes(data, sizeof data - 1, 1).low != first.low);
    SC_EQ_U64(sc_hash_bytes(data, sizeof data, 1).low, first.low);
}
