/* SPDX-License-Identifier: Apache-2.0 */
/* Plain and gzip-compressed bytes through the same calls. */
#include "io/stream.h"

#include <zlib.h>

#include "sc_temp.h"

/* gzip member of `size` bytes appended at out + *used. */
static void pack(unsigned char *out, size_t capacity, size_t *used, const void *data, size_t size) {
    z_stream z = {0};
    SC_EQ(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)data;
    z.avail_in = (unsigned)size;
    z.next_out = out + *used;
    z.avail_out = (unsigned)(capacity - *used);
    SC_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    *used += z.total_out;
    deflateEnd(&z);
}

/* Reads everything in pieces; returns the number of bytes or a negative status. */
static int64_t drain(sc_env *env, const void *bytes, size_t size, unsigned char *out, size_t room,
                     size_t piece) {
    sc_input input;
    sc_stream *stream;
    size_t total = 0, got;
    SC_OK(env, sc_input_open_memory(&input, env, "s.gz", bytes, size));
    SC_OK(env, sc_stream_open(&stream, &input));
    socle_status status;
    do {
        size_t wanted = piece < room - total ? piece : room - total;
        status = sc_stream_read(stream, out + total, wanted, &got);
        total += got;
        if (got < wanted) break;
    } while (status == SOCLE_OK && total < room);
    sc_stream_close(stream);
    return status == SOCLE_OK ? (int64_t)total : status;
}

enum { SIZE = 300000, ROOM = 400000 };
static unsigned char data[SIZE], packed[ROOM], out[ROOM];

static void make_data(void) {
    for (size_t i = 0; i < SIZE; i++) data[i] = (unsigned char)(i * i >> 7 ^ i);
}

Test(stream, plain_and_packed_and_several_members) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    make_data();
    static const size_t pieces[] = {1, 7, 4096, ROOM};
    for (size_t i = 0; i < 4; i++) {
        size_t used = 0;
        memset(out, 0, sizeof out);
        SC_EQ(drain(&env, data, SIZE, out, ROOM, pieces[i]), SIZE);
        SC_EQ_MEMORY(out, data, SIZE);
        pack(packed, ROOM, &used, data, SIZE / 3);
        pack(packed, ROOM, &used, data, 0);
        pack(packed, ROOM, &used, data + SIZE / 3, SIZE - SIZE / 3);
        memset(out, 0, sizeof out);
        SC_EQ(drain(&env, packed, used, out, ROOM, pieces[i]), SIZE);
        SC_EQ_MEMORY(out, data, SIZE);
    }
    SC_EQ(drain(&env, "", 0, out, ROOM, 10), 0);
    SC_EQ(drain(&env, "\x1f", 1, out, ROOM, 10), 1);
}

Test(stream, truncated_and_damaged_and_longer) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    make_data();
    size_t used = 0;
    pack(packed, ROOM, &used, data, 1000);
    for (size_t size = 2; size < used; size++) {
        SC_REPRO("cut to %zu of %zu", size, used);
        SC_EQ(drain(&env, packed, size, out, ROOM, ROOM), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "s.gz: byte ");
    }
    /* The last 8 bytes are checksum and length. */
    for (size_t at = used - 8; at < used; at++) {
        packed[at] ^= 0x10;
        SC_EQ(drain(&env, packed, used, out, ROOM, ROOM), SOCLE_STATUS_DATA);
        packed[at] ^= 0x10;
    }
    packed[used] = 1;
    SC_EQ(drain(&env, packed, used + 1, out, ROOM, ROOM), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "after the end of the gzip data");
    memcpy(packed + used, "\x1f\x8b\x08", 3);
    SC_EQ(drain(&env, packed, used + 3, out, ROOM, ROOM), SOCLE_STATUS_DATA);
    packed[used + 1] = 'x';
    SC_EQ(drain(&env, packed, used + 3, out, ROOM, ROOM), SOCLE_STATUS_DATA);
}

/* Zeros up to the end of the file, however many, are padding; anything behind them is not. */
Test(stream, zeros_behind_the_end) {
    static const size_t zeros[] = {1, 2, 511, 65536, 100000};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    make_data();
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        size_t used = 0;
        memset(packed, 0, sizeof packed);
        pack(packed, ROOM, &used, data, 1000);
        SC_EQ(drain(&env, packed, used + zeros[i], out, ROOM, ROOM), 1000);
        SC_EQ(drain(&env, packed, used + zeros[i], out, ROOM, 10), 1000);
        packed[used + zeros[i]] = 0x1f;
        SC_EQ(drain(&env, packed, used + zeros[i] + 1, out, ROOM, ROOM), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "after the end of the gzip data");
    }
}

static socle_status unpack(sc_env *env, void *argument) {
    sc_input input;
    sc_stream *stream;
    size_t got;
    SC_TRY(sc_input_open_memory(&input, env, "s", packed, *(size_t *)argument));
    SC_TRY(sc_stream_open(&stream, &input));
    socle_status status = sc_stream_read(stream, out, ROOM, &got);
    sc_stream_close(stream);
    return status;
}

Test(stream, every_allocation_may_fail) {
    size_t used = 0;
    make_data();
    pack(packed, ROOM, &used, data, SIZE);
    sc_test_each_allocation(unpack, &used);
}
