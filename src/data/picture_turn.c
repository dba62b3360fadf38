/* SPDX-License-Identifier: Apache-2.0 */
/* How a camera was held: a file of one has the pixels as the sensor saw them, and beside them, as
 * Exif (JEITA CP-3451, tag 274), which way up they are. */
#include "data/picture.h"

#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY = 12, UPRIGHT = 1, LAST = 8 };

/* Numbers of Exif, in the order of bytes that it names. */
typedef struct exif {
    const unsigned char *data;
    size_t size;
    bool big;
} exif;

/* `bytes` of them at most 4. 0 beyond the end, which is no tag and no orientation. */
static uint32_t number_at(const exif *from, size_t at, size_t bytes) {
    uint32_t out = 0;
    if (at > from->size || bytes > from->size - at) return 0;
    for (size_t i = 0; i < bytes; i++)
        out = out << 8 | from->data[at + (from->big ? i : bytes - 1 - i)];
    return out;
}

int sc_picture_orientation(const unsigned char *data, size_t size) {
    if (size < 8) return UPRIGHT;
    const exif from = {.data = data, .size = size, .big = data[0] == 'M'};
    const size_t list = number_at(&from, 4, 4), entries = number_at(&from, list, 2);
    for (size_t i = 0; i < entries; i++) {
        const size_t at = list + 2 + i * ENTRY;
        if (number_at(&from, at, 2) != TAG_ORIENTATION) continue;
        const uint32_t value = number_at(&from, at + 8, 2);
        const bool known = number_at(&from, at + 2, 2) == TYPE_SHORT && value >= UPRIGHT;
        return known && value <= LAST ? (int)value : UPRIGHT;
    }
    return UPRIGHT;
}

/* From 5 on rows and columns change places; what they are counted from the other end of differs. */
socle_status sc_picture_turn(sc_picture *picture, sc_env *env, int orientation) {
    const bool turned = orientation >= 5, from_below = strchr("3467", '0' + orientation) != NULL,
               from_right = strchr("2378", '0' + orientation) != NULL;
    const int64_t height = turned ? picture->width : picture->height,
                  width = turned ? picture->height : picture->width, channels = picture->channels;
    uint8_t *made;
    if (orientation == UPRIGHT) return SOCLE_OK;
    SC_TRY(sc_allocate(env, &made, (size_t)(height * width), (size_t)channels));
    for (int64_t i = 0; i < height * width; i++) {
        int64_t row = turned ? i % width : i / width, column = turned ? i / width : i % width;
        if (from_below) row = picture->height - 1 - row;
        if (from_right) column = picture->width - 1 - column;
        memcpy(made + i * channels, picture->pixel + (row * picture->width + column) * channels,
               (size_t)channels);
    }
    sc_release(env, picture->pixel);
    *picture = (sc_picture){.height = height, .width = width, .channels = channels, .pixel = made};
    return SOCLE_OK;
}
