/* SPDX-License-Identifier: Apache-2.0 */
/* Scales pictures: each side by itself, with weights that fall off as a triangle does. Where a
 * picture shrinks, the triangle is as wide as a new pixel, so that all old ones count. */
#include "data/picture.h"

#include <math.h>

/* Which old pixels make a new one along a side, and how much each counts. */
typedef struct taps {
    int64_t first, count;
    float *weight;
} taps;

static void place(taps *out, int64_t index, double ratio, double support, int64_t from) {
    double centre = ((double)index + 0.5) * ratio, sum = 0;
    double low = floor(centre - support + 0.5), high = floor(centre + support + 0.5);
    out->first = low < 0 ? 0 : (int64_t)low;
    out->count = (high > (double)from ? from : (int64_t)high) - out->first;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < out->count; i++) {
            double off = fabs(((double)(out->first + i) + 0.5 - centre) / support),
                   weight = off < 1 ? 1 - off : 0;
            if (pass)
                out->weight[i] = (float)(weight / sum);
            else
                sum += weight;
        }
}

/* One side of `from` pixels becomes `to`: `lines` lines, whose pixels lie `step` apart, of
 * neighbours that lie next to each other. */
typedef struct side {
    const float *in;
    float *out;
    int64_t from, to, outer, inner; /* [outer, from, inner] -> [outer, to, inner] */
} side;

static void scale_line(const side *of, const taps *tap, int64_t index) {
    for (int64_t o = 0; o < of->outer; o++)
        for (int64_t i = 0; i < of->inner; i++) {
            const float *in = of->in + (o * of->from + tap->first) * of->inner + i;
            float sum = 0;
            for (int64_t k = 0; k < tap->count; k++) sum += tap->weight[k] * in[k * of->inner];
            of->out[(o * of->to + index) * of->inner + i] = sum;
        }
}

static socle_status scale_side(const side *of, sc_env *env) {
    double ratio = (double)of->from / (double)of->to, support = ratio > 1 ? ratio : 1;
    taps tap = {0};
    SC_TRY(sc_allocate(env, &tap.weight, (size_t)ceil(support) * 2 + 2, sizeof *tap.weight));
    for (int64_t index = 0; index < of->to; index++) {
        place(&tap, index, ratio, support, of->from);
        scale_line(of, &tap, index);
    }
    sc_release(env, tap.weight);
    return SOCLE_OK;
}

static void to_bytes(uint8_t *out, const float *in, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        out[i] = (uint8_t)(in[i] < 0 ? 0 : in[i] > 255 ? 255 : in[i] + 0.5f);
}

typedef struct work {
    float *old, *wide, *made; /* [height, width, C], [height, new width, C], new */
    uint8_t *pixel;
} work;

static socle_status scale(sc_picture *picture, sc_env *env, int64_t height, int64_t width,
                          work *at) {
    int64_t c = picture->channels, h = picture->height, w = picture->width;
    SC_TRY(sc_allocate(env, &at->old, (size_t)(h * w * c), sizeof *at->old));
    SC_TRY(sc_allocate(env, &at->wide, (size_t)(h * width * c), sizeof *at->wide));
    SC_TRY(sc_allocate(env, &at->made, (size_t)(height * width * c), sizeof *at->made));
    SC_TRY(sc_allocate(env, &at->pixel, (size_t)(height * width), (size_t)c));
    for (int64_t i = 0; i < h * w * c; i++) at->old[i] = picture->pixel[i];
    const side across = {at->old, at->wide, w, width, h, c},
               down = {at->wide, at->made, h, height, 1, width * c};
    SC_TRY(scale_side(&across, env));
    SC_TRY(scale_side(&down, env));
    to_bytes(at->pixel, at->made, height * width * c);
    return SOCLE_OK;
}

socle_status sc_picture_scale(sc_picture *picture, sc_env *env, int64_t height, int64_t width) {
    work at = {0};
    if (picture->height == height && picture->width == width) return SOCLE_OK;
    socle_status status = scale(picture, env, height, width, &at);
    sc_release(env, at.old);
    sc_release(env, at.wide);
    sc_release(env, at.made);
    if (status != SOCLE_OK) {
        sc_release(env, at.pixel);
        return status;
    }
    sc_release(env, picture->pixel);
    picture->pixel = at.pixel;
    picture->height = height;
    picture->width = width;
    return SOCLE_OK;
}
