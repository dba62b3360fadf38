/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of every type of the format: all are listed, with their sizes checked; floats of other
 * widths are read as f32. */
#include "safetensors_cases.h"

#include "io/safetensors.h"

#include <math.h>

/* One tensor "x" of `type` and `shape` in `bytes` bytes of data. */
static raw_file make(const char *type, const char *shape, size_t bytes) {
    char header[256];
    snprintf(header, sizeof header,
             "{\"x\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%zu]}}", type, shape,
             bytes);
    return raw_make(strlen(header), header, bytes);
}

Test(safetensors_types, all_are_listed) {
    static const struct {
        const char *type;
        size_t bits;
        bool floats, numbers;
    } rows[] = {
        {"F32", 32, true, true},      {"F64", 64, true, true},      {"F16", 16, true, true},
        {"BF16", 16, true, true},     {"I64", 64, false, true},     {"I32", 32, false, true},
        {"I16", 16, false, true},     {"I8", 8, false, true},       {"U64", 64, false, true},
        {"U32", 32, false, true},     {"U16", 16, false, true},     {"U8", 8, false, true},
        {"BOOL", 8, false, true},     {"C64", 64, false, false},    {"F8_E4M3", 8, false, false},
        {"F4", 4, false, false},      {"F8_E5M2", 8, false, false}, {"F6_E2M3", 6, false, false},
        {"F8_E8M0", 8, false, false}, {"F6_E3M2", 6, false, false},
    };
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SC_REPRO("type %s", rows[i].type);
        sc_safetensors *file;
        size_t bytes = 12 * rows[i].bits / 8;
        raw_file raw = make(rows[i].type, "[3,4]", bytes);
        SC_OK(&env, sc_safetensors_open_memory(&file, &env, "x", raw.bytes, raw.size));
        const sc_safetensors_tensor *tensor = sc_safetensors_find(file, "x");
        SC_EQ_STR(tensor->word, rows[i].type);
        SC_EQ(tensor->bytes, bytes);
        SC_EQ(sc_safetensors_is_float(tensor), rows[i].floats);
        SC_EQ(sc_safetensors_is_number(tensor), rows[i].numbers);
        float out[12];
        socle_status status = sc_safetensors_read_floats(file, tensor, out, 12);
        if (rows[i].floats || !rows[i].numbers) /* whole numbers may be more than f32 holds */
            SC_EQ(status, rows[i].floats ? SOCLE_OK : SOCLE_STATUS_INVALID_ARGUMENT);
        sc_safetensors_close(file);
        free(raw.bytes);
        raw = make(rows[i].type, "[3,4]", bytes + 1);
        SC_FAILS(&env, sc_safetensors_open_memory(&file, &env, "x", raw.bytes, raw.size),
                 SOCLE_STATUS_DATA);
        free(raw.bytes);
    }
    static const char *const partial[] = {"F4", "F6_E2M3"};
    for (int i = 0; i < 2; i++) {
        sc_safetensors *file;
        raw_file raw = make(partial[i], "[3]", 2);
        SC_FAILS(&env, sc_safetensors_open_memory(&file, &env, "x", raw.bytes, raw.size),
                 SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "do not fill whole bytes");
        free(raw.bytes);
    }
}

/* Every number of 16 bits, as its own definition gives it. */
static double of_half(unsigned bits, int exponent_bits, int fraction_bits) {
    int bias = (1 << (exponent_bits - 1)) - 1, top = (1 << exponent_bits) - 1,
        exponent = (int)(bits >> fraction_bits) & top;
    double fraction = (double)(bits & ((1u << fraction_bits) - 1)), value;
    if (exponent == top)
        value = fraction != 0 ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, 1 - bias - fraction_bits);
    else
        value = ldexp(fraction + ldexp(1, fraction_bits), exponent - bias - fraction_bits);
    return bits >> 15 ? -value : value;
}

static void check_halves(const char *type, int exponent_bits, int fraction_bits) {
    enum { ALL = 1 << 16 };
    sc_env env;
    sc_safetensors *file;
    static float out[ALL];
    raw_file raw = make(type, "[65536]", 2 * ALL);
    sc_env_init(&env, NULL, NULL);
    unsigned char *data = raw.bytes + raw.size - 2 * ALL;
    for (unsigned i = 0; i < ALL; i++) {
        data[2 * i] = (unsigned char)i;
        data[2 * i + 1] = (unsigned char)(i >> 8);
    }
    SC_OK(&env, sc_safetensors_open_memory(&file, &env, "x", raw.bytes, raw.size));
    SC_OK(&env, sc_safetensors_read_floats(file, sc_safetensors_find(file, "x"), out, ALL));
    for (unsigned i = 0; i < ALL; i++) {
        double expected = of_half(i, exponent_bits, fraction_bits);
        SC_REPRO("%s 0x%04x", type, i);
        if (isnan(expected))
            SC_TRUE(isnan(out[i]));
        else
            SC_EQ_FLOAT_BITS(out[i], (float)expected);
    }
    sc_safetensors_close(file);
    free(raw.bytes);
}

Test(safetensors_types, halves_exactly) {
    check_halves("F16", 5, 10);
    check_halves("BF16", 8, 7);
}

/* More than one piece, rounded to the nearest. */
Test(safetensors_types, doubles_rounded) {
    enum { COUNT = 3000 };
    sc_env env;
    sc_safetensors *file;
    float out[COUNT];
    double from[COUNT];
    raw_file raw = make("F64", "[3000]", sizeof from);
    sc_env_init(&env, NULL, NULL);
    for (int i = 0; i < COUNT; i++) from[i] = sin(i) * pow(10, i % 70 - 40);
    from[7] = 1e300;
    memcpy(raw.bytes + raw.size - sizeof from, from, sizeof from);
    SC_OK(&env, sc_safetensors_open_memory(&file, &env, "x", raw.bytes, raw.size));
    const sc_safetensors_tensor *tensor = sc_safetensors_find(file, "x");
    SC_OK(&env, sc_safetensors_read_floats(file, tensor, out, COUNT));
    for (int i = 0; i < COUNT; i++) SC_EQ_FLOAT_BITS(out[i], i == 7 ? INFINITY : (float)from[i]);
    SC_FAILS(&env, sc_safetensors_read_floats(file, tensor, out, COUNT - 1),
             SOCLE_STATUS_INVALID_ARGUMENT);
    sc_safetensors_close(file);
    free(raw.bytes);
}

/* `data` as 2 elements of `type`: the floats they are, or the text of the refusal. */
static void whole(const char *type, const void *data, size_t bytes, double a, double b,
                  const char *refusal) {
    sc_env env;
    sc_safetensors *file;
    float out[2] = {0};
    raw_file raw = make(type, "[2]", bytes);
    sc_env_init(&env, NULL, NULL);
    memcpy(raw.bytes + raw.size - bytes, data, bytes);
    SC_REPRO("%s of %.0f", type, a);
    SC_OK(&env, sc_safetensors_open_memory(&file, &env, "x", raw.bytes, raw.size));
    const sc_safetensors_tensor *tensor = sc_safetensors_find(file, "x");
    if (refusal) {
        SC_FAILS(&env, sc_safetensors_read_floats(file, tensor, out, 2), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, refusal);
    } else {
        SC_OK(&env, sc_safetensors_read_floats(file, tensor, out, 2));
        SC_TRUE((double)out[0] == a && (double)out[1] == b);
    }
    sc_safetensors_close(file);
    free(raw.bytes);
}

Test(safetensors_types, whole_numbers_are_read_exactly) {
    whole("I64", (int64_t[]){-16777216, INT64_MIN}, 16, -16777216, -0x1p63, NULL);
    whole("I64", (int64_t[]){3, 16777217}, 16, 0, 0, "element 1, 0x1000001 as I64");
    whole("I64", (int64_t[]){INT64_MAX, 0}, 16, 0, 0, "element 0");
    whole("U64", (uint64_t[]){UINT64_C(1) << 63, 7}, 16, 0x1p63, 7, NULL);
    whole("U64", (uint64_t[]){UINT64_MAX, 7}, 16, 0, 0, "element 0");
    whole("I32", (int32_t[]){-5, INT32_MIN}, 8, -5, -0x1p31, NULL);
    whole("U32", (uint32_t[]){4294967040u, 1}, 8, 4294967040.0, 1, NULL);
    whole("I16", (int16_t[]){-32768, 32767}, 4, -32768, 32767, NULL);
    whole("U16", (uint16_t[]){65535, 0}, 4, 65535, 0, NULL);
    whole("I8", (int8_t[]){-128, 127}, 2, -128, 127, NULL);
    whole("U8", (uint8_t[]){255, 0}, 2, 255, 0, NULL);
    whole("BOOL", (uint8_t[]){1, 0}, 2, 1, 0, NULL);
    whole("BOOL", (uint8_t[]){1, 2}, 2, 0, 0, "element 1, 0x2 as BOOL");
}
