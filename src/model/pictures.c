/* SPDX-License-Identifier: Apache-2.0 */
/* See pictures.h. */
#include "model/pictures.h"

#include "io/png.h"

#include <math.h>
#include <string.h>

enum { RANK = 4, GAP = 2 /* pixels between images */ };

typedef struct grid {
    int columns, rows;
    int64_t across, down; /* pixels */
} grid;

static grid grid_of(const sc_tensor_desc *image, int64_t count) {
    grid out = {.columns = (int)ceil(sqrt((double)count))};
    out.rows = (int)sc_ceil_div(count, out.columns);
    out.across = out.columns * (image->dim[3] + GAP) - GAP;
    out.down = out.rows * (image->dim[2] + GAP) - GAP;
    return out;
}

socle_status sc_pictures_check(const sc_net *net, int64_t count) {
    const sc_tensor_desc *image = sc_net_desc(net, net->output);
    char text[96];
    if (image->rank != RANK || (image->dim[1] != 1 && image->dim[1] != 3)) {
        sc_tensor_text(text, sizeof text, image);
        return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                       "a picture shows images [N,1,H,W] or [N,3,H,W]; the network gives %s", text);
    }
    const grid grid = grid_of(image, count);
    if (grid.across <= INT16_MAX && grid.down <= INT16_MAX) return SOCLE_OK;
    return sc_fail(net->env, SOCLE_STATUS_CONFIG,
                   "%lld images make a picture of %lldx%lld pixels, and %d a side are the most",
                   (long long)count, (long long)grid.across, (long long)grid.down, INT16_MAX);
}

/* What a byte of an input counts; 1/255 where there is no such input. */
static double scale_of(const sc_net *net) {
    const sc_tensor_desc *out = sc_net_desc(net, net->output);
    for (int i = 0; i < net->inputs; i++) {
        const sc_tensor_desc *in = &net->input[i].desc;
        bool same = in->rank == out->rank && in->dtype == SOCLE_U8 && net->input[i].scale > 0;
        for (int d = 1; same && d < in->rank; d++) same = in->dim[d] == out->dim[d];
        if (same) return (double)net->input[i].scale;
    }
    return 1.0 / 255;
}

void sc_pictures_bytes(const sc_net *net, const float *value, size_t count, uint8_t *out) {
    const double scale = scale_of(net);
    for (size_t i = 0; i < count; i++) {
        double byte = isnan(value[i]) ? 0 : (double)value[i] / scale;
        out[i] = (uint8_t)lrint(fmin(fmax(byte, 0), 255));
    }
}

/* Channels lie one behind the other in a sample, and side by side in a picture. */
static void place(uint8_t *picture, size_t stride, const uint8_t *image, int channels, int height,
                  int width) {
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                picture[(size_t)y * stride + (size_t)(x * channels + c)] = *image++;
}

socle_status sc_pictures_write(sc_env *env, const char *path, const sc_net *net, const float *value,
                               int64_t count) {
    SC_TRY(sc_pictures_check(net, count));
    const sc_tensor_desc *desc = sc_net_desc(net, net->output);
    const int channels = (int)desc->dim[1], height = (int)desc->dim[2], width = (int)desc->dim[3];
    const grid grid = grid_of(desc, count);
    const size_t each = (size_t)sc_tensor_elements_at(desc, 1);
    uint8_t *byte, *picture;
    const size_t stride = (size_t)grid.across * (size_t)channels;
    SC_TRY(sc_allocate(env, &picture, (size_t)grid.down * stride, 1));
    socle_status status = sc_allocate(env, &byte, (size_t)count * each, 1);
    if (status == SOCLE_OK) {
        sc_pictures_bytes(net, value, (size_t)count * each, byte);
        for (int64_t i = 0; i < count; i++)
            place(picture + (size_t)(i / grid.columns * (height + GAP)) * stride +
                      (size_t)(i % grid.columns * (width + GAP) * channels),
                  stride, byte + (size_t)i * each, channels, height, width);
        status = sc_png_write(env, path, (int)grid.across, (int)grid.down, channels, picture);
        sc_release(env, byte);
    }
    sc_release(env, picture);
    return status;
}
