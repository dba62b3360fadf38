/* SPDX-License-Identifier: Apache-2.0 */
/* Packing of operands into the layouts devices use, and the poison around them. */
#include "verify/image.h"
#include "verify/storage.h"

#include <string.h>

enum { BLOCK = 16 };

static bool blocked(const sc_tensor_desc *tensor) {
    return tensor->layout == SC_LAYOUT_C16 && tensor->rank == 4;
}

int64_t sc_image_stored(const sc_tensor_desc *tensor, int64_t rows) {
    sc_tensor_desc stored = *tensor;
    if (blocked(tensor)) stored.dim[1] = sc_round_up(tensor->dim[1], BLOCK);
    return sc_tensor_elements_at(&stored, rows);
}

int64_t sc_image_logical(const sc_tensor_desc *tensor, int64_t at) {
    if (!blocked(tensor)) return at;
    int64_t channels = tensor->dim[1], plane = tensor->dim[2] * tensor->dim[3];
    int64_t blocks = sc_ceil_div(channels, BLOCK);
    int64_t lane = at % BLOCK, pixel = at / BLOCK % plane, block = at / BLOCK / plane % blocks;
    int64_t sample = at / BLOCK / plane / blocks, channel = block * BLOCK + lane;
    return channel < channels ? (sample * channels + channel) * plane + pixel : -1;
}

double sc_image_get(const void *data, int dtype, int64_t at) {
    if (dtype == SOCLE_F32) return (double)((const float *)data)[at];
    if (sc_dtype_is_float(dtype)) return sc_storage_decode(dtype, ((const uint16_t *)data)[at]);
    return dtype == SOCLE_U8 ? ((const uint8_t *)data)[at] : ((const int32_t *)data)[at];
}

void sc_image_put(void *data, int dtype, int64_t at, double value) {
    if (dtype == SOCLE_F32)
        ((float *)data)[at] = (float)value;
    else if (sc_dtype_is_float(dtype))
        ((uint16_t *)data)[at] = sc_storage_encode(dtype, value);
    else if (dtype == SOCLE_U8)
        ((uint8_t *)data)[at] = (uint8_t)value;
    else
        ((int32_t *)data)[at] = (int32_t)value;
}

void sc_image_pack(void *data, const sc_tensor_desc *tensor, int64_t rows, const double *value) {
    int64_t stored = sc_image_stored(tensor, rows);
    for (int64_t at = 0; at < stored; at++) {
        int64_t logical = sc_image_logical(tensor, at);
        sc_image_put(data, tensor->dtype, at, logical < 0 ? 0 : value[logical]);
    }
}

static const unsigned char poisons[SC_IMAGE_POISONS][4] = {
    {0xa5, 0xc3, 0xd5, 0x7f}, /* 0x7fd5c3a5, a NaN */
    {0x5a, 0x3c, 0x2a, 0xc6}, /* about -10895 */
};

void sc_image_poison(void *data, size_t bytes, int which) {
    unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++) at[i] = poisons[which][i % 4];
}

int64_t sc_image_find_touched(const void *data, size_t bytes, size_t phase, int which) {
    const unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++)
        if (at[i] != poisons[which][(i + phase) % 4]) return (int64_t)i;
    return -1;
}
