/* SPDX-License-Identifier: Apache-2.0 */
/* Floats in two bytes: every one of them, and every number at which rounding changes, by the code
 * of cl/storage.h, by the loops of each instruction set that runs here, and by the definition of
 * the types in src/verify. All must agree to the bit. */
#include "cpu/cpu.h"
#include "op/storage.h"
#include "verify/storage.h"

#include "sc_test.h"

#include <math.h>

enum { ALL = 1 << 16 };

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The sets that this machine can run, the plain one first. */
static int runnable(const sc_cpu_isa *out[3]) {
    int count = 0;
    out[count++] = &sc_cpu_isa_baseline;
#if defined(SC_HAVE_ISA_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c"))
        out[count++] = &sc_cpu_isa_avx2;
#endif
#if defined(SC_HAVE_ISA_AVX512)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        out[count++] = &sc_cpu_isa_avx512;
#endif
    return count;
}

static void loads(int dtype) {
    static uint16_t stored[ALL];
    static float by_loop[ALL];
    const sc_cpu_isa *isa[3];
    int sets = runnable(isa);
    for (int i = 0; i < ALL; i++) stored[i] = (uint16_t)i;
    for (int s = 0; s < sets; s++) {
        (dtype == SOCLE_F16 ? isa[s]->load_f16 : isa[s]->load_bf16)(by_loop, stored, ALL);
        for (int i = 0; i < ALL; i++) {
            double expected = sc_storage_decode(dtype, stored[i]);
            float value = sc_number_load(stored, dtype, i).f;
            SC_REPRO("%s 0x%04x on %s", sc_dtype_word(dtype), (unsigned)i, isa[s]->name);
            SC_TRUE(isnan(expected) ? isnan(value) : (double)value == expected);
            SC_EQ(signbit(value) != 0, signbit(expected) != 0);
            SC_EQ(bits_of(value), bits_of(by_loop[i]));
        }
    }
}

Test(storage, every_number_is_loaded_exactly) {
    loads(SOCLE_F16);
    loads(SOCLE_BF16);
}

/* The float itself, the one halfway to the next, and their neighbours. */
static int around(int dtype, int i, float out[6]) {
    float value = (float)sc_storage_decode(dtype, (uint16_t)i);
    float next = (float)sc_storage_decode(dtype, (uint16_t)(i + 1));
    float half = isfinite(value) && isfinite(next) ? value / 2 + next / 2 : value;
    for (int k = 0; k < 3; k++) out[k] = float_of(bits_of(value) + (uint32_t)(k - 1));
    for (int k = 0; k < 3; k++) out[3 + k] = float_of(bits_of(half) + (uint32_t)(k - 1));
    return 6;
}

static void stores(int dtype) {
    static float values[6 * ALL + 8];
    static uint16_t by_loop[6 * ALL + 8];
    static const float more[] = {65519.0f, 65520.0f, -65520.0f, 3.3e38f,
                                 1e-8f,    2.98e-8f, -2.99e-8f, 1e-45f};
    const sc_cpu_isa *isa[3];
    int sets = runnable(isa), count = 0;
    for (int i = 0; i < ALL; i++) count += around(dtype, i, values + count);
    for (int i = 0; i < 8; i++) values[count++] = more[i];
    for (int s = 0; s < sets; s++) {
        (dtype == SOCLE_F16 ? isa[s]->store_f16 : isa[s]->store_bf16)(by_loop, values, count);
        for (int i = 0; i < count; i++) {
            uint16_t bits, expected;
            double rounded = sc_storage_round(dtype, (double)values[i]);
            sc_number_store(&bits, dtype, 0, (sc_scalar){.f = values[i]});
            expected = sc_storage_encode(dtype, rounded);
            SC_REPRO("%a as %s on %s", (double)values[i], sc_dtype_word(dtype), isa[s]->name);
            SC_EQ(bits, by_loop[i]);
            if (isnan(values[i]))
                SC_TRUE(isnan(sc_storage_decode(dtype, bits)));
            else
                SC_EQ(bits, expected);
        }
    }
}

Test(storage, every_rounding_is_to_the_nearest_even) {
    stores(SOCLE_F16);
    stores(SOCLE_BF16);
}

Test(storage, the_types_are_as_they_are_defined) {
    SC_TRUE(sc_storage_largest(SOCLE_F16) == 65504 && sc_storage_overflow(SOCLE_F16) == 65536);
    SC_TRUE(sc_storage_largest(SOCLE_BF16) == 0x1.fep127);
    SC_TRUE(sc_storage_round(SOCLE_F16, 65519.99) == 65504);
    SC_TRUE(isinf(sc_storage_round(SOCLE_F16, 65520)));
    SC_TRUE(sc_storage_round(SOCLE_F16, 0x1.8p-25) == 0x1p-24);
    SC_TRUE(sc_storage_round(SOCLE_F16, 0x1p-25) == 0);
    SC_TRUE(sc_storage_round(SOCLE_BF16, 1 + 0x1p-8) == 1);
    SC_TRUE(sc_storage_round(SOCLE_BF16, 1 + 0x3p-8) == 1 + 0x1p-6);
    SC_EQ(sc_storage_encode(SOCLE_F16, 1), 0x3c00);
    SC_EQ(sc_storage_encode(SOCLE_BF16, -2), 0xc000);
}
