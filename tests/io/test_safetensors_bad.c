/* SPDX-License-Identifier: Apache-2.0 */
/* Safetensors files that must be refused: status, and a message that names file and place. */
#include "io/safetensors.h"

#include "safetensors_cases.h"
#include "sc_temp.h"

static socle_status open_raw(sc_env *env, raw_file raw) {
    sc_safetensors *file;
    socle_status status =
        sc_safetensors_open_memory(&file, env, "bad.safetensors", raw.bytes, raw.size);
    if ((status == SOCLE_OK) != (file != NULL))
        SC_TEST_FAIL("status %d and pointer disagree", status);
    sc_safetensors_close(file);
    return status;
}

static void expect_bad(const char *header, uint64_t length, size_t data, const char *needle) {
    sc_env env;
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env_init(&env, &allocator, NULL);
    raw_file raw = raw_make(length, header, data);
    SC_REPRO("header %.300s", header);
    SC_FAILS(&env, open_raw(&env, raw), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "bad.safetensors: ");
    SC_CONTAINS(env.text, needle);
    SC_EQ(atomic_load(&state.live), 0);
    free(raw.bytes);
}

#define T(shape, dtype, offsets)                                                                   \
    "\"x\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define F32 "\"F32\""

Test(safetensors_bad, lengths) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t size = 0; size < 8; size++) {
        raw_file raw = raw_make(2, "{}", 0);
        raw.size = size;
        SC_FAILS(&env, open_raw(&env, raw), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "at least 8");
        free(raw.bytes);
    }
    expect_bad("{}", 3, 0, "byte 0: header length 3 does not fit into a file of 10 bytes");
    expect_bad("{}", 100000001, 0, "byte 0: header length 100000001 is over the limit");
    expect_bad("{}", UINT64_MAX, 0, "byte 0: header length 18446744073709551615");
    expect_bad("{}", UINT64_MAX - 7, 0, "over the limit");
    expect_bad("{}", 0, 0, "byte 8: the header does not begin with '{'");
    expect_bad("", 0, 0, "byte 8");
    expect_bad(" {}", 3, 0, "byte 8");
    expect_bad("[]", 2, 0, "byte 8");
    expect_bad("{}", 2, 1, "the last tensor ends at byte 10, but the file has 11 bytes");
}

Test(safetensors_bad, json) {
    static const struct {
        const char *header, *needle;
    } cases[] = {
        {"{", "not valid JSON"},
        {"{}}", "byte 1"},
        {"{} x", "byte 1"},
        {"{\"x\"}", "not valid JSON"},
        {"{\"x\":1,}", "not valid JSON"},
        {"{\"\xff\":{}}", "not valid JSON"},
        {"{\"a\\ud800\":{}}", "not valid JSON"},
        {"{\"a\\u0000\":{}}", "not valid JSON"},
        {"{\"x\":"
         "18446744073709551615}",
         "not valid JSON"},
        {"{" T("[1]", F32, "[0,4]") "," T("[1]", F32, "[0,4]") "}", "duplicate"},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "duplicate"},
        {"{\"x\":[[[[[[", "byte 15: nested too deeply"},
        {"{\"x\":{\"a\":{\"b\":{", "byte 23: nested too deeply"},
        {"{\"x\":{\"shape\":[1,1,1,1,1,1,1", "byte 34: a list of more than 6"},
        {"{" T("[01]", F32, "[0,4]") "}", "not valid JSON"},
        {"{" T("[-1]", F32, "[0,4]") "}", "a negative number"},
        {"{" T("[-0]", F32, "[0,0]") "}", "a negative number"},
        {"{\"x\":1}", "'x': is not described by an object"},
        {"{\"x\":null}", "'x': is not described by an object"},
        {"{\"__metadata__\":[]}", "__metadata__ is not an object"},
        {"{\"__metadata__\":null}", "__metadata__ is not an object"},
        {"{\"__metadata__\":{\"k\":1}}", "__metadata__: 'k' is not a string"},
        {"{\"__metadata__\":{\"k\":null}}", "__metadata__: 'k' is not a string"},
        {"{\"__metadata__\":{\"k\":{}}}", "__metadata__: 'k' is not a string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_bad(cases[i].header, strlen(cases[i].header), 4, cases[i].needle);
    /* A zero byte, which a string constant cannot hold. */
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    raw_file raw = raw_make(4, "{  }", 0);
    raw.bytes[9] = 0;
    SC_FAILS(&env, open_raw(&env, raw), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "byte 9: a zero byte");
    free(raw.bytes);
}

Test(safetensors_bad, tensors) {
    static const struct {
        const char *header, *needle;
    } cases[] = {
        {"{\"x\":{}}", "has 0 members"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", "has 2 members"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"offsets\":[0,4]}}",
         "\"data_offsets\" is missing"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"z\":1}}",
         "has 4 members"},
        {"{" T("[2]", "\"F12\"", "[0,4]") "}", "there is no dtype F12 in this format"},
        {"{" T("[1]", "\"f32\"", "[0,4]") "}", "dtype f32"},
        {"{" T("[1]", "\"\\u001b[31m\"", "[0,4]") "}", "dtype ?[31m"},
        {"{" T("[1]", "7", "[0,4]") "}", "\"dtype\" is missing or not a string"},
        {"{" T("1", F32, "[0,4]") "}", "\"shape\" is missing or not a list"},
        {"{" T("[\"1\"]", F32, "[0,4]") "}", "shape[0] is not a whole number"},
        {"{" T("[1,1e0]", F32, "[0,4]") "}", "shape[1] is not a whole number"},
        {"{" T("[1.0]", F32, "[0,4]") "}", "shape[0] is not a whole number"},
        {"{" T("[4611686018427387904]", F32, "[0,4]") "}", "elements of 32 bits are too many"},
        {"{" T("[4294967296,4294967296]", "\"U8\"", "[0,0]") "}", "overflows at shape[1]"},
        {"{" T("[65536,65536,65536,65536,2]", "\"U8\"", "[0,0]") "}", "overflows at shape[3]"},
        {"{" T("[1]", F32, "[0,4,4]") "}", "not a list of 2 numbers"},
        {"{" T("[1]", F32, "[4]") "}", "not a list of 2 numbers"},
        {"{" T("[1]", F32, "{}") "}", "not a list of 2 numbers"},
        {"{" T("[1]", F32, "[0,4e0]") "}", "are not whole numbers"},
        {"{" T("[1]", F32, "[0,5]") "}", "4 bytes of data; the file is truncated"},
        {"{" T("[1]", F32, "[4,0]") "}", "data_offsets [4, 0] do not lie"},
        {"{" T("[1]", F32, "[0,9223372036854775807]") "}", "do not lie within"},
        {"{" T("[1]", F32, "[9223372036854775804,9223372036854775807]") "}", "do not lie within"},
        {"{" T("[1]", F32, "[0,3]") "}", "hold 3 bytes, but dtype and shape need 4"},
        {"{" T("[]", F32, "[0,0]") "}", "hold 0 bytes, but dtype and shape need 4"},
        {"{" T("[0]", F32, "[0,4]") "}", "hold 4 bytes, but dtype and shape need 0"},
        {"{" T("[3]", "\"U8\"", "[1,4]") "}", "(hole)"},
        {"{" T("[3]", "\"U8\"", "[0,3]") "}", "the last tensor ends at byte"},
        {"{}", "the last tensor ends at byte 10, but the file has 14 bytes"},
        {"{" T("[3]", "\"U8\"",
               "[0,3]") ",\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
         "'y': its bytes begin at byte"},
        {"{" T("[4]", "\"U8\"",
               "[0,4]") ",\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
         "(overlap)"},
        {"{" T("[4]", "\"U8\"",
               "[0,4]") ",\"y\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[2,2]}}",
         "(overlap)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_bad(cases[i].header, strlen(cases[i].header), 4, cases[i].needle);
}

Test(safetensors_bad, nesting_of_any_depth_is_cheap) {
    enum { DEPTH = 100000 };
    char *header = malloc(DEPTH + 6);
    memcpy(header, "{\"x\":", 5);
    memset(header + 5, '[', DEPTH);
    header[DEPTH + 5] = '\0';
    expect_bad(header, DEPTH + 5, 0, "nested too deeply");
    free(header);
}

Test(safetensors_bad, lists_of_any_length_are_cheap) {
    enum { LENGTH = 20000000 };
    char *header = malloc(LENGTH + 6);
    memcpy(header, "{\"x\":", 5);
    memset(header + 5, '[', 1);
    for (size_t i = 6; i < LENGTH + 5; i++) header[i] = i % 2 ? ',' : '1';
    header[LENGTH + 5] = '\0';
    expect_bad(header, LENGTH + 5, 0, "too many names and values");
    free(header);
}

Test(safetensors_bad, truncation_at_every_byte) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    raw_file whole = raw_make(strlen(RAW_SOUND), RAW_SOUND, RAW_SOUND_DATA);
    SC_OK(&env, open_raw(&env, whole));
    for (size_t size = 0; size < whole.size; size++) {
        raw_file cut = {.bytes = malloc(size + !size), .size = size};
        memcpy(cut.bytes, whole.bytes, size);
        SC_REPRO("cut to %zu bytes", size);
        SC_FAILS(&env, open_raw(&env, cut), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "bad.safetensors: ");
        free(cut.bytes);
    }
    free(whole.bytes);
}

/* A flipped bit in the header may give another sound header (a letter of a name); what opens has to
 * be sound: all its tensors can be read. */
Test(safetensors_bad, flip_of_every_header_bit) {
    sc_env env;
    sc_safetensors *file;
    sc_env_init(&env, NULL, NULL);
    raw_file raw = raw_make(strlen(RAW_SOUND), RAW_SOUND, RAW_SOUND_DATA);
    size_t header = 8 + strlen(RAW_SOUND), refused = 0;
    for (size_t bit = 0; bit < header * 8; bit++) {
        SC_REPRO("bit %zu", bit);
        raw.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        socle_status status = sc_safetensors_open_memory(&file, &env, "f", raw.bytes, raw.size);
        if (status == SOCLE_OK) {
            unsigned char data[RAW_SOUND_DATA];
            size_t sum = 0;
            for (size_t i = 0; i < sc_safetensors_count(file); i++) {
                const sc_safetensors_tensor *tensor = sc_safetensors_at(file, i);
                SC_OK(&env, sc_safetensors_read(file, tensor, data, tensor->bytes));
                sum += tensor->bytes;
            }
            SC_EQ(sum, RAW_SOUND_DATA);
        } else {
            SC_EQ(status, SOCLE_STATUS_DATA);
            refused++;
        }
        sc_safetensors_close(file);
        raw.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    SC_TRUE(refused > header * 8 / 2);
    free(raw.bytes);
}

Test(safetensors_bad, what_is_not_a_file) {
    sc_env env;
    sc_temp temp;
    sc_safetensors *file;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_FAILS(&env, sc_safetensors_open(&file, &env, sc_temp_file(&temp, "no")),
             SOCLE_STATUS_NOT_FOUND);
    SC_CONTAINS(env.text, temp.file);
    SC_FAILS(&env, sc_safetensors_open(&file, &env, ""), SOCLE_STATUS_NOT_FOUND);
    SC_FAILS(&env, sc_safetensors_open(&file, &env, temp.path), SOCLE_STATUS_IO);
    SC_CONTAINS(env.text, "is a directory");
    SC_FAILS(&env, sc_safetensors_open(&file, &env, "/dev/zero"), SOCLE_STATUS_IO);
    SC_CONTAINS(env.text, "is a device");
    const char *path = sc_temp_file(&temp, "fifo");
    SC_EQ(mkfifo(path, 0600), 0);
    SC_FAILS(&env, sc_safetensors_open(&file, &env, path), SOCLE_STATUS_IO);
    SC_CONTAINS(env.text, "is a FIFO");
    path = sc_temp_file(&temp, "loop");
    SC_EQ(symlink(path, path), 0);
    SC_FAILS(&env, sc_safetensors_open(&file, &env, path), SOCLE_STATUS_IO);
    path = sc_temp_put(&temp, "sparse", "\1\0\0\0\0\0\0\0{}", 10);
    SC_EQ(truncate(path, 10LL << 30), 0);
    SC_FAILS(&env, sc_safetensors_open(&file, &env, path), SOCLE_STATUS_DATA);
    sc_temp_remove(&temp);
}

Test(safetensors_bad, file_that_shrinks_after_it_was_opened) {
    sc_env env;
    sc_temp temp;
    sc_safetensors *file;
    unsigned char data[4];
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    raw_file raw = raw_make(strlen(RAW_SOUND), RAW_SOUND, RAW_SOUND_DATA);
    const char *path = sc_temp_put(&temp, "m", raw.bytes, raw.size);
    SC_OK(&env, sc_safetensors_open(&file, &env, path));
    SC_EQ(truncate(path, (off_t)raw.size - 2), 0);
    SC_FAILS(&env, sc_safetensors_read(file, sc_safetensors_find(file, "c"), data, 4),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "tensor 'c'");
    SC_CONTAINS(env.text, "truncated");
    sc_safetensors_close(file);
    free(raw.bytes);
    sc_temp_remove(&temp);
}
