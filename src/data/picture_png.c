/* SPDX-License-Identifier: Apache-2.0 */
/* PNG files by libpng's simplified interface, which keeps its jumps to itself. */
#include "base/library.h"
#include "data/picture.h"

#include <inttypes.h>
#include <png.h>
#include <string.h>
#include <zlib.h>

#define FUNCTIONS(X)                                                                               \
    X(png_image_begin_read_from_memory)                                                            \
    X(png_image_finish_read)                                                                       \
    X(png_image_free)

typedef struct png_calls {
#define POINTER(name) __typeof__(name) *name;
    FUNCTIONS(POINTER)
#undef POINTER
} png_calls;

static png_calls calls;

static const char *const names[] = {
#define NAME(name) #name,
    FUNCTIONS(NAME)
#undef NAME
};

enum { COUNT = sizeof names / sizeof *names };

_Static_assert(sizeof calls == COUNT * sizeof(void *), "pointers in the order of names");

static sc_library library = {
    .file = "libpng16.so.16",
    .name = names,
    .address = &calls,
    .count = COUNT,
    .missing = "PNG files are read by libpng (Debian: apt-get install libpng16-16)",
    .lock = PTHREAD_MUTEX_INITIALIZER};

/* Deflate makes at most 1032 bytes of one; a pixel takes at least a bit. */
static socle_status check_length(sc_env *env, const char *label, const png_image *image,
                                 size_t size) {
    enum { MOST_RATIO = 1032 };
    uint64_t least = (uint64_t)image->height * ((uint64_t)image->width / 8 + 1);
    if (least / MOST_RATIO <= size) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: the PNG file of %zu bytes cannot hold the %" PRIu32 "x%" PRIu32
                   " pixels that it says; it is cut off or damaged",
                   label, size, image->height, image->width);
}

static socle_status decode(sc_picture *out, sc_env *env, const char *label, png_image *image,
                           size_t size) {
    const png_color white = {255, 255, 255};
    bool colours = image->format & PNG_FORMAT_FLAG_COLOR;
    SC_TRY(check_length(env, label, image, size));
    SC_TRY(sc_picture_create(out, env, label, image->height, image->width, colours ? 3 : 1));
    image->format = colours ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    if (calls.png_image_finish_read(image, &white, out->pixel, 0, NULL) &&
        image->warning_or_error < PNG_IMAGE_ERROR)
        return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: the PNG file is broken: %s", label, image->message);
}

static size_t number_at(const unsigned char *data) {
    return (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
}

/* What the chunk eXIf says, which may stand before the pixels or behind them. The simplified
 * interface does not give it. A chunk is a length, a word, so many bytes and their checksum, which
 * counts the word; one that is damaged says nothing. */
static int orientation_of(const unsigned char *data, size_t size) {
    enum { SIGNATURE = 8, WORD = 4, AROUND = 12 };
    for (size_t at = SIGNATURE; size - at >= AROUND;) {
        const unsigned char *word = data + at + WORD;
        const size_t length = number_at(data + at);
        if (length > size - at - AROUND) break;
        if (memcmp(word, "eXIf", WORD) == 0 &&
            crc32(0, word, (uInt)(WORD + length)) == number_at(word + WORD + length))
            return sc_picture_orientation(word + WORD, length);
        at += AROUND + length;
    }
    return 1;
}

socle_status sc_picture_decode_png(sc_picture *out, sc_env *env, const char *label,
                                   const unsigned char *data, size_t size) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    SC_TRY(sc_library_load(&library, env));
    if (!calls.png_image_begin_read_from_memory(&image, data, size))
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: the PNG file is broken: %s", label,
                       image.message);
    socle_status status = decode(out, env, label, &image, size);
    calls.png_image_free(&image);
    return status == SOCLE_OK ? sc_picture_turn(out, env, orientation_of(data, size)) : status;
}
