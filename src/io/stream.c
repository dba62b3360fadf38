/* SPDX-License-Identifier: Apache-2.0 */
/* See stream.h. Several gzip members in a row are one sequence, as gzip has it; anything else
 * behind a member is an error. zlib allocates through the environment. */
#include "io/stream.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

enum {
    INPUT_BYTES = 1 << 16,
    GZIP_WINDOW = 15 + 16, /* zlib: largest window, gzip header expected */
    DEFLATE_RATIO = 1032,  /* a deflate stream cannot expand more than this */
    GZIP_MAGIC_0 = 0x1F,
    GZIP_MAGIC_1 = 0x8B
};

struct sc_stream {
    sc_env *env;
    sc_input input;
    uint64_t position; /* of the next byte to read from the input */
    bool gzip, open, ended;
    z_stream unpack;
    unsigned char buffer[INPUT_BYTES];
};

static void *allocate(void *env, unsigned count, unsigned size) {
    void *memory;
    return sc_allocate(env, &memory, count, size) == SOCLE_OK ? memory : NULL;
}

static void release(void *env, void *memory) {
    sc_release(env, memory);
}

static socle_status start(sc_stream *stream) {
    unsigned char magic[2] = {0};
    if (stream->input.size >= sizeof magic)
        SC_TRY(sc_input_read(&stream->input, magic, sizeof magic, 0));
    stream->gzip = magic[0] == GZIP_MAGIC_0 && magic[1] == GZIP_MAGIC_1;
    if (!stream->gzip) return SOCLE_OK;
    stream->unpack = (z_stream){.zalloc = allocate, .zfree = release, .opaque = stream->env};
    if (inflateInit2(&stream->unpack, GZIP_WINDOW) != Z_OK)
        return sc_fail(stream->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory to unpack it",
                       stream->input.path);
    stream->open = true;
    return SOCLE_OK;
}

socle_status sc_stream_open(sc_stream **out, sc_input *input) {
    sc_stream *stream;
    *out = NULL;
    socle_status status = sc_allocate(input->env, &stream, 1, sizeof *stream);
    if (status != SOCLE_OK) {
        sc_input_close(input);
        return status;
    }
    stream->env = input->env;
    stream->input = *input;
    *input = (sc_input){.descriptor = -1};
    status = start(stream);
    if (status != SOCLE_OK) {
        sc_stream_close(stream);
        return status;
    }
    *out = stream;
    return SOCLE_OK;
}

void sc_stream_close(sc_stream *stream) {
    if (!stream) return;
    if (stream->open) inflateEnd(&stream->unpack);
    sc_input_close(&stream->input);
    sc_release(stream->env, stream);
}

void sc_stream_give_back(sc_stream *stream, sc_input *out) {
    *out = stream->input;
    stream->input = (sc_input){.descriptor = -1};
    sc_stream_close(stream);
}

bool sc_stream_is_gzip(const sc_stream *stream) {
    return stream->gzip;
}

uint64_t sc_stream_bound(const sc_stream *stream) {
    uint64_t size = stream->input.size;
    if (!stream->gzip) return size;
    return size > UINT64_MAX / DEFLATE_RATIO ? UINT64_MAX : size * DEFLATE_RATIO;
}

static socle_status read_plain(sc_stream *stream, void *data, size_t size, size_t *got) {
    uint64_t left = stream->input.size - stream->position;
    *got = size < left ? size : (size_t)left;
    SC_TRY(sc_input_read(&stream->input, data, *got, stream->position));
    stream->position += *got;
    return SOCLE_OK;
}

static socle_status refill(sc_stream *stream) {
    uint64_t left = stream->input.size - stream->position;
    size_t amount = left < INPUT_BYTES ? (size_t)left : INPUT_BYTES;
    if (stream->unpack.avail_in > 0) return SOCLE_OK;
    SC_TRY(sc_input_read(&stream->input, stream->buffer, amount, stream->position));
    stream->position += amount;
    stream->unpack.next_in = stream->buffer;
    stream->unpack.avail_in = (unsigned)amount;
    return SOCLE_OK;
}

static socle_status fail_unpack(sc_stream *stream, const char *what) {
    return sc_fail(stream->env, SOCLE_STATUS_DATA,
                   "%s: byte %" PRIu64 " of the compressed file: %s; fetch the file again",
                   stream->input.path, stream->position - stream->unpack.avail_in, what);
}

/* Zeros behind the last member fill the blocks of tapes; gzip passes them over too. */
static socle_status skip_zeros(sc_stream *stream, bool *any) {
    z_stream *unpack = &stream->unpack;
    for (;;) {
        SC_TRY(refill(stream));
        if (!unpack->avail_in || unpack->next_in[0]) return SOCLE_OK;
        *any = true;
        unpack->next_in++;
        unpack->avail_in--;
    }
}

/* After a member: the end of the file, or another member. */
static socle_status end_member(sc_stream *stream) {
    bool zeros = false;
    SC_TRY(skip_zeros(stream, &zeros));
    if (stream->unpack.avail_in == 0) {
        stream->ended = true;
        return SOCLE_OK;
    }
    if (zeros || stream->unpack.next_in[0] != GZIP_MAGIC_0)
        return fail_unpack(stream, "there are bytes after the end of the gzip data");
    inflateReset(&stream->unpack);
    return SOCLE_OK;
}

static socle_status unpack_some(sc_stream *stream) {
    SC_TRY(refill(stream));
    switch (inflate(&stream->unpack, Z_NO_FLUSH)) {
    case Z_OK:
        return SOCLE_OK;
    case Z_STREAM_END:
        return end_member(stream);
    case Z_MEM_ERROR:
        return sc_fail(stream->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory to unpack it",
                       stream->input.path);
    case Z_BUF_ERROR:
        if (stream->unpack.avail_in == 0 && stream->position == stream->input.size)
            return fail_unpack(stream, "the gzip data end too early (truncated)");
        return SOCLE_OK;
    default:
        return fail_unpack(stream, stream->unpack.msg ? stream->unpack.msg : "damaged gzip data");
    }
}

socle_status sc_stream_read(sc_stream *stream, void *data, size_t size, size_t *got) {
    *got = 0;
    if (!stream->gzip) return read_plain(stream, data, size, got);
    while (*got < size && !stream->ended) {
        size_t wanted = size - *got < 1u << 30 ? size - *got : 1u << 30;
        stream->unpack.next_out = (unsigned char *)data + *got;
        stream->unpack.avail_out = (unsigned)wanted;
        SC_TRY(unpack_some(stream));
        *got += wanted - stream->unpack.avail_out;
    }
    return SOCLE_OK;
}
