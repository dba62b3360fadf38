/* SPDX-License-Identifier: Apache-2.0 */
/* Reading floats of other widths as f32, piece by piece. IEEE binary16 and bfloat16 hold no number
 * that f32 does not; binary64 is rounded. */
#include "io/quote.h"
#include "io/safetensors_private.h"

#include <string.h>

enum { PIECE = 1024 }; /* elements */

/* Half of an f32: its upper 16 bits. */
static float of_bf16(uint16_t bits) {
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* Sign 1, exponent 5 (bias 15), fraction 10. */
static float of_f16(uint16_t bits) {
    enum { BIAS_STEP = 127 - 15, FRACTION_STEP = 13 };
    uint32_t sign = (uint32_t)(bits & 0x8000u) << 16, exponent = bits >> 10 & 0x1fu,
             fraction = bits & 0x3ffu, wide;
    if (exponent == 0) { /* fraction * 2^-24: 0 or subnormal */
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    exponent = exponent == 0x1f ? 0xff : exponent + BIAS_STEP;
    wide = sign | exponent << 23 | fraction << FRACTION_STEP;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static void convert(sc_safetensors_type type, const unsigned char *from, float *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double wide;
        uint16_t half;
        if (type == SC_SAFETENSORS_F64) {
            memcpy(&wide, from + i * sizeof wide, sizeof wide);
            out[i] = (float)wide;
            continue;
        }
        memcpy(&half, from + i * sizeof half, sizeof half);
        out[i] = type == SC_SAFETENSORS_F16 ? of_f16(half) : of_bf16(half);
    }
}

bool sc_safetensors_is_float(const sc_safetensors_tensor *tensor) {
    return tensor->dtype == SC_SAFETENSORS_F32 || tensor->dtype == SC_SAFETENSORS_F64 ||
           tensor->dtype == SC_SAFETENSORS_F16 || tensor->dtype == SC_SAFETENSORS_BF16;
}

socle_status sc_safetensors_read_floats(const sc_safetensors *file,
                                        const sc_safetensors_tensor *tensor, float *out,
                                        size_t count) {
    unsigned char piece[PIECE * sizeof(double)];
    size_t item = tensor->dtype == SC_SAFETENSORS_F64 ? 8 : 2;
    if (tensor->dtype == SC_SAFETENSORS_F32)
        return sc_safetensors_read(file, tensor, out, count * sizeof *out);
    if (!sc_safetensors_is_float(tensor) || tensor->bytes != count * item)
        return sc_fail(file->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: tensor '%s' is not %zu floats", file->input.path,
                       sc_quote(tensor->name).text, count);
    for (size_t at = 0; at < count; at += PIECE) {
        size_t some = count - at < PIECE ? count - at : PIECE;
        socle_status status =
            sc_input_read(&file->input, piece, some * item, tensor->offset + at * item);
        if (status != SOCLE_OK)
            return sc_fail_prefix(file->env, status, "tensor '%s'", sc_quote(tensor->name).text);
        convert(tensor->dtype, piece, out + at, some);
    }
    return SOCLE_OK;
}
