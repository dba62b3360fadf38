/* SPDX-License-Identifier: Apache-2.0 */
/* See png.h: a signature, and chunks of length, name, data and checksum. zlib, which reads gzip
 * files here, compresses and checks. */
#include "io/png.h"

#include "base/file.h"

#include <string.h>
#include <zlib.h>

enum {
    GREY = 0,
    COLOUR = 2,
    BITS = 8,
    HEADER = 13,
    AROUND = 12,
    SIGNATURE = 8,
    MOST_SIDE = 1 << 15
};

static uint8_t *put_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) *at++ = (uint8_t)(value >> (24 - 8 * i));
    return at;
}

/* Around data that are in their place already, behind eight bytes. */
static uint8_t *close_chunk(uint8_t *at, const char *name, size_t length) {
    put_u32(at, (uint32_t)length);
    memcpy(at + 4, name, 4);
    uint32_t sum = (uint32_t)crc32(0, at + 4, (uInt)(length + 4));
    return put_u32(at + 8 + length, sum);
}

static uint8_t *put_header(uint8_t *at, int width, int height, int channels) {
    uint8_t *data = put_u32(put_u32(at + 8, (uint32_t)width), (uint32_t)height);
    *data++ = BITS;
    *data++ = channels == 3 ? COLOUR : GREY;
    memset(data, 0, 3); /* the only compression and filters; not interlaced */
    return close_chunk(at, "IHDR", HEADER);
}

/* Each row behind a byte that says how it is filtered: 0, not at all. */
static socle_status make_rows(sc_env *env, uint8_t **out, size_t row, int height,
                              const uint8_t *pixel) {
    SC_TRY(sc_allocate(env, out, (size_t)height, row + 1));
    for (int y = 0; y < height; y++)
        memcpy(*out + (size_t)y * (row + 1) + 1, pixel + (size_t)y * row, row);
    return SOCLE_OK;
}

static socle_status write_rows(sc_env *env, const char *path, int width, int height, int channels,
                               const uint8_t *rows) {
    static const uint8_t signature[SIGNATURE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const size_t size = (size_t)height * ((size_t)width * (size_t)channels + 1);
    uLongf packed = compressBound(size);
    uint8_t *file;
    SC_TRY(sc_allocate(env, &file, SIGNATURE + HEADER + 3 * AROUND + packed, 1));
    memcpy(file, signature, SIGNATURE);
    uint8_t *at = put_header(file + SIGNATURE, width, height, channels);
    socle_status status = SOCLE_OK;
    if (compress2(at + 8, &packed, rows, size, Z_BEST_COMPRESSION) != Z_OK)
        status =
            sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory to compress the picture", path);
    if (status == SOCLE_OK) {
        at = close_chunk(close_chunk(at, "IDAT", packed), "IEND", 0);
        status = sc_file_write_whole(env, path, file, (size_t)(at - file));
    }
    sc_release(env, file);
    return status;
}

socle_status sc_png_write(sc_env *env, const char *path, int width, int height, int channels,
                          const uint8_t *pixel) {
    uint8_t *rows;
    if (width < 1 || height < 1 || width > MOST_SIDE || height > MOST_SIDE ||
        (channels != 1 && channels != 3))
        return sc_fail(
            env, SOCLE_STATUS_INVALID_ARGUMENT,
            "%s: a picture has 1 to %d pixels a side and 1 or 3 channels, not %dx%d of %d", path,
            MOST_SIDE, width, height, channels);
    SC_TRY(make_rows(env, &rows, (size_t)width * (size_t)channels, height, pixel));
    socle_status status = write_rows(env, path, width, height, channels, rows);
    sc_release(env, rows);
    return status;
}
