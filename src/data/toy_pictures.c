/* SPDX-License-Identifier: Apache-2.0 */
/* Toy pictures: bytes that a rule paints, the same on every machine. For networks that look at
 * images, where no data are at hand. */
#include "data/toy_private.h"

#include "base/circle.h"
#include "base/env.h"
#include "base/rng.h"
#include "data/column_kind.h"

#include <math.h>
#include <string.h>

enum { MOST_BYTES = 1 << 30, DRAWS = 20, PER_SHAPE = 6 };

static const float pi = 3.14159274f;

static uint8_t byte_of(float brightness) {
    const float value = 255.0f * brightness + 0.5f;
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

/* Every channel gets the brightness, and noise of its own. */
static void finish(sc_toy_picture *picture, const sc_toy_options *options) {
    const size_t pixels = (size_t)options->size[0] * (size_t)options->size[1];
    const uint32_t first = (uint32_t)picture->index * (uint32_t)options->channels;
    for (uint32_t c = 0; c < (uint32_t)options->channels; c++) {
        sc_rng_normal(picture->noise, pixels, (uint64_t)options->seed, first + c, SC_RNG_TOY_NOISE);
        for (size_t i = 0; i < pixels; i++)
            picture->pixel[c * pixels + i] =
                byte_of(picture->brightness[i] + options->noise * picture->noise[i]);
    }
}

/* Four waves across the picture; the phase is drawn. */
void sc_toy_stripes(sc_toy_picture *picture, const sc_toy_options *options) {
    const int classes = options->classes, height = options->size[0], width = options->size[1];
    float drawn[4];
    sc_rng_uniform(drawn, 4, (uint64_t)options->seed, (uint32_t)picture->index, SC_RNG_TOY);
    picture->class = (int32_t)(picture->index % classes);
    const float angle = pi * (float)picture->class / (float)classes,
                waves = 4.0f / (float)(height > width ? height : width),
                across = waves * sc_host_cos(angle), down = waves * sc_host_sin(angle);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const float turn = across * (float)x + down * (float)y + drawn[0];
            picture->brightness[y * width + x] =
                0.5f + 0.4f * sc_host_cos(2 * pi * (turn - floorf(turn)));
        }
    finish(picture, options);
}

/* A disc, a square or a triangle of radius 1 around (0, 0). */
static bool inside(int kind, float x, float y) {
    if (kind == 1) return x * x + y * y <= 1;
    if (kind == 2) return fabsf(x) <= 0.8f && fabsf(y) <= 0.8f;
    return y <= 0.5f && fabsf(x) <= 0.5773503f * (y + 1); /* of equal sides, one corner up */
}

static void add_shape(sc_toy_picture *picture, const sc_toy_options *options, const float *drawn) {
    const int height = options->size[0], width = options->size[1], kind = 1 + (int)(3 * drawn[0]);
    const float least = (float)(height < width ? height : width),
                radius = least * (0.12f + 0.18f * drawn[1]), middle_y = (float)height * drawn[2],
                middle_x = (float)width * drawn[3], bright = 0.4f + 0.6f * drawn[4];
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            if (!inside(kind, ((float)x + 0.5f - middle_x) / radius,
                        ((float)y + 0.5f - middle_y) / radius))
                continue;
            picture->brightness[y * width + x] = bright;
            picture->label[y * width + x] = (uint8_t)kind;
        }
}

/* One to three shapes on a dark ground, a later one before those that came first. */
void sc_toy_shapes(sc_toy_picture *picture, const sc_toy_options *options) {
    const size_t pixels = (size_t)options->size[0] * (size_t)options->size[1];
    float drawn[DRAWS];
    sc_rng_uniform(drawn, DRAWS, (uint64_t)options->seed, (uint32_t)picture->index, SC_RNG_TOY);
    memset(picture->label, 0, pixels);
    for (size_t i = 0; i < pixels; i++) picture->brightness[i] = 0.1f;
    const int shapes = 1 + (int)(3 * drawn[0]);
    for (int s = 0; s < shapes; s++) add_shape(picture, options, drawn + 1 + PER_SHAPE * s);
    finish(picture, options);
}

static socle_status paint_rows(sc_dataset *dataset, sc_toy_picture *picture,
                               const sc_toy_options *options, sc_toy_paint *paint, bool pixels) {
    const socle_shape one = {0}, map = {.rank = 2, .size = {options->size[0], options->size[1]}},
                      image = {.rank = 3,
                               .size = {options->channels, options->size[0], options->size[1]}};
    const size_t area = (size_t)options->size[0] * (size_t)options->size[1];
    void *input, *label;
    SC_TRY(sc_dataset_add_new(dataset, &input, sc_column_name(SC_COLUMN_INPUT), SOCLE_U8, &image));
    SC_TRY(sc_dataset_add_new(dataset, &label, sc_column_name(SC_COLUMN_LABEL),
                              pixels ? SOCLE_U8 : SOCLE_I32, pixels ? &map : &one));
    for (int64_t i = 0; i < options->samples; i++) {
        picture->index = i;
        picture->pixel = (uint8_t *)input + (size_t)i * area * (size_t)options->channels;
        picture->label = pixels ? (uint8_t *)label + (size_t)i * area : NULL;
        paint(picture, options);
        if (!pixels) ((int32_t *)label)[i] = picture->class;
    }
    return SOCLE_OK;
}

socle_status sc_toy_paint_all(sc_dataset *dataset, sc_env *env, const sc_toy_options *options,
                              sc_toy_paint *paint, bool labels_pixels) {
    const int64_t area = (int64_t)options->size[0] * options->size[1];
    sc_toy_picture picture = {0};
    if (area * options->channels > MOST_BYTES / options->samples)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%lld pictures of %d x %d x %d bytes: they may have 2^30 together",
                       (long long)options->samples, options->channels, options->size[0],
                       options->size[1]);
    SC_TRY(sc_allocate(env, &picture.brightness, 2 * (size_t)area, sizeof *picture.brightness));
    picture.noise = picture.brightness + area;
    socle_status status = paint_rows(dataset, &picture, options, paint, labels_pixels);
    sc_release(env, picture.brightness);
    return status;
}
