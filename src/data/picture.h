/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures as bytes: PNG files by libpng, JPEG files by libjpeg, told apart by their first bytes.
 * Both libraries are opened with the first picture. Files are believed only as far as their length
 * allows. Knows no data set. */
#ifndef SC_DATA_PICTURE_H
#define SC_DATA_PICTURE_H

#include "base/env.h"

enum { SC_PICTURE_HEAD = 8, SC_PICTURE_SIDE = 65535 };

typedef struct sc_picture {
    int64_t height, width, channels; /* 1: grey; 3: red, green, blue */
    uint8_t *pixel;                  /* height rows of width times `channels` bytes */
} sc_picture;

/* What all pictures of a data set are. */
typedef struct sc_picture_form {
    int64_t height, width, channels; /* 0: as in the file */
    bool scaled;                     /* a picture of another size is scaled, and no error */
    bool grey; /* colours become grey, and are no error where channels are 1 */
} sc_picture_form;

/* Transparent parts become white, 16 bits 8; a photograph is turned as its Exif says. Errors: DATA
 * (neither PNG nor JPEG, broken, cut off, too large, CMYK), UNSUPPORTED (the library is not here),
 * NOT_FOUND, IO, OUT_OF_MEMORY. */
socle_status sc_picture_read(sc_picture *out, sc_env *env, const char *path);
/* The same for bytes in memory; `label` stands for the path in messages. */
socle_status sc_picture_decode(sc_picture *out, sc_env *env, const char *label, const void *data,
                               size_t size);
void sc_picture_free(sc_picture *picture, sc_env *env); /* a zeroed one is fine */

/* Whether a file that begins so is one of them. */
bool sc_picture_begins(const unsigned char head[SC_PICTURE_HEAD]);
/* Whether a name ends in .png, .jpg or .jpeg. */
bool sc_picture_is_named(const char *name);

/* Grey to colours, or colours to grey (ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue). */
socle_status sc_picture_colour(sc_picture *picture, sc_env *env, int64_t channels);
/* Means of what lies under a triangle as wide as a pixel of the coarser grid (bilinear; smaller
 * pictures are averages). */
socle_status sc_picture_scale(sc_picture *picture, sc_env *env, int64_t height, int64_t width);
/* The pixels, channel by channel [C, H, W], as `form` has them, which names all three sizes.
 * `label`: the file. Errors: DATA (another size or number of channels). */
socle_status sc_picture_fit(sc_picture *picture, sc_env *env, const char *label,
                            const sc_picture_form *form, uint8_t *out);

/* picture_turn.c: which way up the pixels are, by the bytes of Exif (a TIFF header first): 1 to 8;
 * 1 is upright, and where it says nothing or is damaged. */
int sc_picture_orientation(const unsigned char *data, size_t size);
/* Turns and mirrors them so that they are upright. Errors: OUT_OF_MEMORY. */
socle_status sc_picture_turn(sc_picture *picture, sc_env *env, int orientation);

/* picture_png.c, picture_jpeg.c. Errors as above. */
socle_status sc_picture_decode_png(sc_picture *out, sc_env *env, const char *label,
                                   const unsigned char *data, size_t size);
socle_status sc_picture_decode_jpeg(sc_picture *out, sc_env *env, const char *label,
                                    const unsigned char *data, size_t size);
/* picture.c: memory for the pixels of these sizes. Errors: DATA (too large). */
socle_status sc_picture_create(sc_picture *out, sc_env *env, const char *label, int64_t height,
                               int64_t width, int64_t channels);

#endif
