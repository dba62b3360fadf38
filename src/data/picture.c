/* SPDX-License-Identifier: Apache-2.0 */
/* See picture.h: which format, how large, and of which colours. */
#include "data/picture.h"
#include "base/file.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define MOST_FILE ((size_t)1 << 28)
#define MOST_PIXELS ((int64_t)1 << 27)

static const unsigned char png_head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
static const unsigned char jpeg_head[] = {0xFF, 0xD8, 0xFF};

bool sc_picture_begins(const unsigned char head[SC_PICTURE_HEAD]) {
    return memcmp(head, png_head, sizeof png_head) == 0 ||
           memcmp(head, jpeg_head, sizeof jpeg_head) == 0;
}

bool sc_picture_is_named(const char *name) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t size = strlen(endings[i]);
        if (length > size && strcasecmp(name + length - size, endings[i]) == 0) return true;
    }
    return false;
}

socle_status sc_picture_create(sc_picture *out, sc_env *env, const char *label, int64_t height,
                               int64_t width, int64_t channels) {
    if (height < 1 || width < 1 || height > SC_PICTURE_SIDE || width > SC_PICTURE_SIDE ||
        height * width > MOST_PIXELS)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: is a picture of %" PRId64 "x%" PRId64 "; at most %" PRId64
                       " pixels are read",
                       label, height, width, MOST_PIXELS);
    *out = (sc_picture){.height = height, .width = width, .channels = channels};
    return sc_allocate(env, &out->pixel, (size_t)(height * width), (size_t)channels);
}

void sc_picture_free(sc_picture *picture, sc_env *env) {
    sc_release(env, picture->pixel);
    *picture = (sc_picture){0};
}

static socle_status decode(sc_picture *out, sc_env *env, const char *label,
                           const unsigned char *data, size_t size) {
    if (size >= sizeof png_head && memcmp(data, png_head, sizeof png_head) == 0)
        return sc_picture_decode_png(out, env, label, data, size);
    if (size >= sizeof jpeg_head && memcmp(data, jpeg_head, sizeof jpeg_head) == 0)
        return sc_picture_decode_jpeg(out, env, label, data, size);
    return sc_fail(env, SOCLE_STATUS_DATA,
                   size ? "%s: is neither a PNG nor a JPEG file: it begins as none does"
                        : "%s: is empty, and no picture",
                   label);
}

socle_status sc_picture_decode(sc_picture *out, sc_env *env, const char *label, const void *data,
                               size_t size) {
    *out = (sc_picture){0};
    socle_status status = decode(out, env, label, data, size);
    if (status != SOCLE_OK) sc_picture_free(out, env);
    return status;
}

socle_status sc_picture_read(sc_picture *out, sc_env *env, const char *path) {
    char *data;
    size_t size;
    *out = (sc_picture){0};
    SC_TRY(sc_file_read(env, &data, &size, path, MOST_FILE));
    socle_status status = sc_picture_decode(out, env, path, data, size);
    sc_release(env, data);
    return status;
}

/* Weights of 16 bits, rounded once. */
static uint8_t grey_of(const uint8_t *pixel) {
    return (uint8_t)((pixel[0] * 19595u + pixel[1] * 38470u + pixel[2] * 7471u + 0x8000u) >> 16);
}

socle_status sc_picture_colour(sc_picture *picture, sc_env *env, int64_t channels) {
    int64_t pixels = picture->height * picture->width;
    uint8_t *made;
    if (channels == picture->channels) return SOCLE_OK;
    SC_TRY(sc_allocate(env, &made, (size_t)pixels, (size_t)channels));
    for (int64_t i = 0; i < pixels; i++) {
        if (channels == 1)
            made[i] = grey_of(picture->pixel + 3 * i);
        else
            memset(made + 3 * i, picture->pixel[i], 3);
    }
    sc_release(env, picture->pixel);
    picture->pixel = made;
    picture->channels = channels;
    return SOCLE_OK;
}

static socle_status check_size(const sc_picture *picture, sc_env *env, const char *label,
                               const sc_picture_form *form) {
    if (form->scaled || (picture->height == form->height && picture->width == form->width))
        return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: is a picture of %" PRId64 "x%" PRId64 " (height x width), the others are "
                   "%" PRId64 "x%" PRId64 "; with size: [%" PRId64 ", %" PRId64
                   "] all are scaled to that",
                   label, picture->height, picture->width, form->height, form->width, form->height,
                   form->width);
}

static socle_status check_colours(const sc_picture *picture, sc_env *env, const char *label,
                                  const sc_picture_form *form) {
    if (form->grey || form->channels >= picture->channels) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: is a picture in colours, the others are grey; colour: grey takes colours "
                   "away, and colour: rgb keeps them",
                   label);
}

static void spread_channels(uint8_t *out, const sc_picture *picture) {
    int64_t pixels = picture->height * picture->width;
    for (int64_t c = 0; c < picture->channels; c++)
        for (int64_t i = 0; i < pixels; i++)
            out[c * pixels + i] = picture->pixel[i * picture->channels + c];
}

socle_status sc_picture_fit(sc_picture *picture, sc_env *env, const char *label,
                            const sc_picture_form *form, uint8_t *out) {
    SC_TRY(check_size(picture, env, label, form));
    SC_TRY(check_colours(picture, env, label, form));
    SC_TRY(sc_picture_colour(picture, env, form->channels));
    SC_TRY(sc_picture_scale(picture, env, form->height, form->width));
    spread_channels(out, picture);
    return SOCLE_OK;
}
