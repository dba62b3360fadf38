/* SPDX-License-Identifier: Apache-2.0 */
/* IDX files that must be refused: status, file, byte offset, values, and no memory for what is not
 * there. */
#include "data/idx.h"

#include <zlib.h>

#include "sc_temp.h"

enum { MOST_BYTES = 1 << 20 };

/* Refuses large requests: a header is not to be believed before it is checked. */
static void *allocate_little(void *user, size_t bytes) {
    if (bytes > MOST_BYTES) SC_TEST_FAIL("%zu bytes were asked for", bytes);
    return sc_test_allocate(user, bytes);
}

static socle_status read_copy(sc_env *env, const void *bytes, size_t size) {
    sc_idx idx;
    unsigned char *copy = malloc(size + !size);
    memcpy(copy, bytes, size);
    socle_status status = sc_idx_read_memory(&idx, env, "bad.idx", copy, size);
    free(copy);
    if (status != SOCLE_OK) SC_TRUE(idx.data == NULL && idx.bytes == 0);
    sc_idx_free(&idx, env);
    return status;
}

static void expect_bad(const void *bytes, size_t size, const char *needle) {
    sc_env env;
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    allocator.allocate = allocate_little;
    sc_env_init(&env, &allocator, NULL);
    SC_REPRO("%zu bytes, '%s'", size, needle);
    SC_FAILS(&env, read_copy(&env, bytes, size), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "bad.idx: ");
    SC_CONTAINS(env.text, needle);
    SC_EQ(atomic_load(&state.live), 0);
}
#define BAD(text, needle) expect_bad(text, sizeof(text) - 1, needle)

Test(idx_bad, headers) {
    BAD("", "has 0 bytes");
    BAD("\0", "has 1 bytes");
    BAD("\0\0\x08", "has 3 bytes");
    BAD("\0\x01\x08\x01\0\0\0\1x",
        "byte 0: begins with 00 01 08 01; an IDX file begins with 00 00, a gzip file with 1f 8b");
    BAD("\x89PNG\r\n\x1a\n", "begins with 89 50 4e 47");
    BAD("\0\0\x07\x01\0\0\0\1x", "byte 2: 0x07 is no element type");
    BAD("\0\0\x00\x01\0\0\0\1x", "byte 2: 0x00 is no element type");
    BAD("\0\0\x08\x00x", "byte 3: 0 dimensions; 1 to 4");
    BAD("\0\0\x08\x05\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1x", "byte 3: 5 dimensions");
    BAD("\0\0\x08\xff", "byte 3: 255 dimensions");
    BAD("\0\0\x08\x02\0\0\0\1\0\0", "ends at byte 10, 2 bytes too early");
    BAD("\0\0\x08\x01\0\0\0\0", "byte 4: dimension 0 has size 0");
    BAD("\0\0\x08\x02\0\0\0\1\0\0\0\0", "byte 8: dimension 1 has size 0");
}

Test(idx_bad, counts) {
    BAD("\0\0\x08\x01\0\0\0\2x",
        "byte 4: sizes 2 need 10 bytes, but the file has 9; it is truncated");
    BAD("\0\0\x08\x01\0\0\0\2xyz",
        "sizes 2 need 10 bytes, but the file has 11; it is longer than it says");
    BAD("\0\0\x08\x01\x80\0\0\0x", "sizes 2147483648 need 2147483656 bytes");
    BAD("\0\0\x08\x01\xff\xff\xff\xffx", "sizes 4294967295 need 4294967303 bytes");
    BAD("\0\0\x08\x03\0\0\xea\x60\0\1\0\0\0\1\0\0x", "sizes 60000x65536x65536 need");
    BAD("\0\0\x0d\x04\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0xxxx",
        "byte 16: size 65536 of dimension 3 makes the data too large");
    BAD("\0\0\x08\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffx",
        "byte 8: size 4294967295 of dimension 1 makes");
    BAD("\0\0\x0c\x02\x80\0\0\0\x80\0\0\0xxxx",
        "byte 8: size 2147483648 of dimension 1 makes the data too large");
    BAD("\0\0\x0c\x01\0\0\0\1xyz", "sizes 1 need 12 bytes");
}

static size_t pack(unsigned char *out, size_t room, const void *data, size_t size) {
    z_stream z = {0};
    SC_EQ(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)data;
    z.avail_in = (unsigned)size;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    SC_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void expect_bad_packed(const void *bytes, size_t size, const char *needle) {
    unsigned char packed[4096];
    expect_bad(packed, pack(packed, sizeof packed, bytes, size), needle);
}
#define BAD_PACKED(text, needle) expect_bad_packed(text, sizeof(text) - 1, needle)

Test(idx_bad, inside_gzip) {
    BAD_PACKED("", "has 0 bytes of the unpacked data");
    BAD_PACKED("\1\2\3\4", "byte 0 of the unpacked data: begins with 01 02 03 04");
    BAD_PACKED("\0\0\x08\x01\0\0\0\5abcd",
               "ends at byte 12 of the unpacked data, 1 bytes too early");
    BAD_PACKED("\0\0\x08\x01\0\0\0\3abcd",
               "byte 11 of the unpacked data: there are bytes after the end");
    BAD_PACKED("\0\0\x08\x02\0\1\0\0\0\1\0\0abcd",
               "sizes 65536x65536 need 4294967308 bytes, but the file cannot hold more than");
    /* A bomb: a megabyte of zeros behind a header that promises one byte. */
    unsigned char *zeros = calloc(1, 1 << 20), *packed = malloc(1 << 16);
    memcpy(zeros, "\0\0\x08\x01\0\0\0\1", 8);
    expect_bad(packed, pack(packed, 1 << 16, zeros, 1 << 20),
               "byte 9 of the unpacked data: there are bytes after");
    free(zeros);
    free(packed);
}

Test(idx_bad, name_that_promises_gzip) {
    sc_env env;
    sc_temp temp;
    sc_idx idx;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_FAILS(&env, sc_idx_read(&idx, &env, sc_temp_put(&temp, "x.gz", "<html>404", 9)),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "x.gz: byte 0: begins with 3c 68 74 6d");
    SC_CONTAINS(env.text, "the name ends in .gz, but the content is not gzip");
    sc_temp_remove(&temp);
}

Test(idx_bad, pairs_that_do_not_fit) {
    sc_env env;
    sc_temp temp;
    sc_dataset *dataset;
    char images[600];
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env_init(&env, &allocator, NULL);
    sc_temp_make(&temp);
    strcpy(images, sc_temp_put(&temp, "images",
                               "\0\0\x08\x01\0\0\0\x02"
                               "ab",
                               10));
    const char *labels = sc_temp_put(&temp, "labels",
                                     "\0\0\x08\x01\0\0\0\x03"
                                     "abc",
                                     11);
    SC_FAILS(&env, sc_dataset_from_idx(&dataset, &env, images, labels), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "labels: byte 4: 3 labels, but ");
    SC_CONTAINS(env.text, "images has 2 images");
    SC_FAILS(&env, sc_dataset_from_idx(&dataset, &env, labels, images), SOCLE_STATUS_DATA);
    labels = sc_temp_put(&temp, "square",
                         "\0\0\x08\x04\0\0\0\x02\0\0\0\1\0\0\0\1\0\0\0\1"
                         "ab",
                         22);
    SC_FAILS(&env, sc_dataset_from_idx(&dataset, &env, images, labels), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "square: byte 3: labels have 1 to 3 dimensions, not 4 (2x1x1x1)");
    SC_FAILS(&env, sc_dataset_from_idx(&dataset, &env, images, "/nonexistent"),
             SOCLE_STATUS_NOT_FOUND);
    SC_FAILS(&env, sc_dataset_from_idx(&dataset, &env, "/nonexistent", images),
             SOCLE_STATUS_NOT_FOUND);
    SC_FAILS(&env, sc_dataset_from_idx(&dataset, &env, temp.path, images), SOCLE_STATUS_IO);
    SC_FAILS(&env, sc_dataset_from_idx(&dataset, &env, "/dev/zero", images), SOCLE_STATUS_IO);
    SC_TRUE(dataset == NULL);
    SC_EQ(atomic_load(&state.live), 0);
    sc_temp_remove(&temp);
}

static const char sample[] = "\0\0\x0c\x02\0\0\0\2\0\0\0\3"
                             "aaaabbbbccccddddeeeeffff";

Test(idx_bad, truncation_at_every_byte) {
    unsigned char packed[256];
    size_t packed_size = pack(packed, sizeof packed, sample, sizeof sample - 1);
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, read_copy(&env, sample, sizeof sample - 1));
    SC_OK(&env, read_copy(&env, packed, packed_size));
    for (size_t size = 0; size < sizeof sample - 1; size++) expect_bad(sample, size, "bad.idx");
    for (size_t size = 0; size < packed_size; size++) expect_bad(packed, size, "bad.idx");
}

/* Any flip of the header changes type or sizes; under gzip, any flip at all is noticed or harmless
 * (name, time). */
Test(idx_bad, flip_of_every_bit) {
    unsigned char bytes[256], packed[256];
    memcpy(bytes, sample, sizeof sample - 1);
    for (size_t bit = 0; bit < 12 * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        /* 0x0c and 0x0d, i32 and f32, are one bit apart and of one size. */
        if (bit != 2 * 8) expect_bad(bytes, sizeof sample - 1, "bad.idx");
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    size_t size = pack(packed, sizeof packed, sample, sizeof sample - 1), harmless = 0;
    for (size_t bit = 0; bit < size * 8; bit++) {
        sc_env env;
        sc_env_init(&env, NULL, NULL);
        packed[bit / 8] ^= (unsigned char)(1u << bit % 8);
        SC_REPRO("bit %zu", bit);
        socle_status status = read_copy(&env, packed, size);
        if (status == SOCLE_OK)
            harmless++;
        else
            SC_EQ(status, SOCLE_STATUS_DATA);
        packed[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    SC_TRUE(harmless <= 10 * 8);
}

/* Random arrays through both forms. */
Test(idx_bad, random_round_trips) {
    unsigned state = 7;
    for (int round = 0; round < 300; round++) {
        unsigned char bytes[4096] = {0, 0, 0x08}, packed[8192];
        int rank = 1 + (int)((state = state * 1103515245 + 12345) >> 16) % 4;
        size_t elements = 1, header = 4 + 4 * (size_t)rank;
        bytes[3] = (unsigned char)rank;
        for (int d = 0; d < rank; d++) {
            bytes[7 + 4 * d] =
                (unsigned char)(1 + ((state = state * 1103515245 + 12345) >> 16) % 7);
            elements *= bytes[7 + 4 * d];
        }
        for (size_t i = 0; i < elements; i++)
            bytes[header + i] = (unsigned char)(state = state * 69069 + 1);
        sc_env env;
        sc_idx idx;
        sc_env_init(&env, NULL, NULL);
        SC_OK(&env, sc_idx_read_memory(&idx, &env, "r", bytes, header + elements));
        SC_EQ(idx.bytes, elements);
        SC_EQ_MEMORY(idx.data, bytes + header, elements);
        sc_idx_free(&idx, &env);
        size_t size = pack(packed, sizeof packed, bytes, header + elements);
        SC_OK(&env, sc_idx_read_memory(&idx, &env, "r", packed, size));
        SC_EQ_MEMORY(idx.data, bytes + header, elements);
        sc_idx_free(&idx, &env);
    }
}
