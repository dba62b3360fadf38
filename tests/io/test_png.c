/* SPDX-License-Identifier: Apache-2.0 */
/* PNG files: chunks and checksums as the specification has them, and the pixels that were given. */
#include "io/png.h"

#include "sc_temp.h"
#include "sc_test.h"

#include "base/file.h"

#include <zlib.h>

static uint32_t number(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The chunk at `at`, which must have this name; its length. */
static size_t chunk(const unsigned char *at, const char *name) {
    size_t length = number(at);
    SC_EQ(memcmp(at + 4, name, 4), 0);
    SC_EQ(number(at + 8 + length), (uint32_t)crc32(0, at + 4, (uInt)length + 4));
    return length;
}

static void check(int width, int height, int channels) {
    sc_env env;
    sc_temp temp;
    char *data;
    size_t size;
    const size_t row = (size_t)width * (size_t)channels, rows = (size_t)height * (row + 1);
    uint8_t *pixel = malloc((size_t)height * row), *back = malloc(rows);
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "a.png");
    for (size_t i = 0; i < (size_t)height * row; i++) pixel[i] = (uint8_t)(i * 2654435761u >> 24);
    SC_OK(&env, sc_png_write(&env, path, width, height, channels, pixel));
    SC_OK(&env, sc_file_read(&env, &data, &size, path, 1 << 24));
    const unsigned char *at = (unsigned char *)data;
    SC_EQ(memcmp(at, "\x89PNG\r\n\x1a\n", 8), 0);
    at += 8;
    SC_EQ(chunk(at, "IHDR"), 13);
    SC_EQ(number(at + 8), (uint32_t)width);
    SC_EQ(number(at + 12), (uint32_t)height);
    SC_EQ(memcmp(at + 16, channels == 3 ? "\x08\x02\0\0\0" : "\x08\0\0\0\0", 5), 0);
    at += 12 + 13;
    size_t length = chunk(at, "IDAT");
    uLongf got = rows;
    SC_EQ(uncompress(back, &got, at + 8, length), Z_OK);
    SC_EQ(got, rows);
    for (int y = 0; y < height; y++) {
        SC_EQ(back[(size_t)y * (row + 1)], 0);
        SC_EQ_MEMORY(back + (size_t)y * (row + 1) + 1, pixel + (size_t)y * row, row);
    }
    at += 12 + length;
    SC_EQ(chunk(at, "IEND"), 0);
    SC_EQ((size_t)(at + 12 - (unsigned char *)data), size);
    sc_release(&env, data);
    free(pixel);
    free(back);
    sc_temp_remove(&temp);
}

Test(png, grey_and_colour) {
    check(1, 1, 1);
    check(31, 17, 1);
    check(20, 40, 3);
}

Test(png, what_cannot_be) {
    sc_env env;
    uint8_t pixel[16] = {0};
    sc_env_init(&env, NULL, NULL);
    SC_FAILS(&env, sc_png_write(&env, "x.png", 0, 1, 1, pixel), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(&env, sc_png_write(&env, "x.png", 2, 2, 2, pixel), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_FAILS(&env, sc_png_write(&env, "/nowhere/x.png", 2, 2, 1, pixel), SOCLE_STATUS_IO);
}
