/* SPDX-License-Identifier: Apache-2.0 */
/* Reading numbers of other types as f32, piece by piece. IEEE binary16 and bfloat16 hold no number
 * that f32 does not; binary64 is rounded; whole numbers must be what f32 holds. */
#include "base/number.h"
#include "io/quote.h"
#include "io/safetensors_private.h"

#include <inttypes.h>
#include <string.h>

enum { PIECE = 1024 }; /* elements */

/* Half of an f32: its upper 16 bits. */
static float of_bf16(uint16_t bits) {
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* Bytes of an element that is a number; 0: it is none. */
static size_t size_of(sc_safetensors_type type) {
    switch (type) {
    case SC_SAFETENSORS_F64:
    case SC_SAFETENSORS_I64:
    case SC_SAFETENSORS_U64:
        return 8;
    case SC_SAFETENSORS_F32:
    case SC_SAFETENSORS_I32:
    case SC_SAFETENSORS_U32:
        return 4;
    case SC_SAFETENSORS_F16:
    case SC_SAFETENSORS_BF16:
    case SC_SAFETENSORS_I16:
    case SC_SAFETENSORS_U16:
        return 2;
    case SC_SAFETENSORS_U8:
    case SC_SAFETENSORS_I8:
    case SC_SAFETENSORS_BOOL:
        return 1;
    default:
        return 0;
    }
}

static bool is_signed(sc_safetensors_type type) {
    return type == SC_SAFETENSORS_I64 || type == SC_SAFETENSORS_I32 || type == SC_SAFETENSORS_I16 ||
           type == SC_SAFETENSORS_I8;
}

/* A float of another width; files are little-endian, and so are the machines. */
static float float_of(sc_safetensors_type type, uint64_t bits) {
    double wide;
    float narrow;
    uint32_t low = (uint32_t)bits;
    if (type == SC_SAFETENSORS_F16) return sc_number_of_half((uint16_t)bits);
    if (type == SC_SAFETENSORS_BF16) return of_bf16((uint16_t)bits);
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&wide, &bits, sizeof wide);
    return type == SC_SAFETENSORS_F64 ? (float)wide : narrow;
}

/* 2^24 is the end of the whole numbers that f32 holds one by one; beyond it has some of them. */
static bool whole_of(sc_safetensors_type type, uint64_t bits, float *out) {
    const int unused = 64 - 8 * (int)size_of(type);
    const uint64_t sign = UINT64_C(1) << 63;
    bool negative = is_signed(type) && (bits << unused & sign);
    uint64_t size = bits;
    if (negative) size = 0 - (bits | ~(~UINT64_C(0) >> unused));
    const float value = (float)size;
    *out = negative ? -value : value;
    if (type == SC_SAFETENSORS_BOOL && bits > 1) return false;
    return value < 0x1p64f && (uint64_t)value == size;
}

static socle_status convert(const sc_safetensors *file, const sc_safetensors_tensor *tensor,
                            const unsigned char *from, float *out, size_t first, size_t count) {
    const size_t item = size_of(tensor->dtype);
    const bool floats = sc_safetensors_is_float(tensor);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, from + i * item, item);
        if (floats)
            out[i] = float_of(tensor->dtype, bits);
        else if (!whole_of(tensor->dtype, bits, &out[i]))
            return sc_fail(
                file->env, SOCLE_STATUS_DATA,
                "%s: tensor '%s': element %zu, 0x%" PRIx64 " as %s, is no number that f32 holds",
                file->input.path, sc_quote(tensor->name).text, first + i, bits, tensor->word);
    }
    return SOCLE_OK;
}

bool sc_safetensors_is_float(const sc_safetensors_tensor *tensor) {
    return tensor->dtype == SC_SAFETENSORS_F32 || tensor->dtype == SC_SAFETENSORS_F64 ||
           tensor->dtype == SC_SAFETENSORS_F16 || tensor->dtype == SC_SAFETENSORS_BF16;
}

bool sc_safetensors_is_number(const sc_safetensors_tensor *tensor) {
    return size_of(tensor->dtype) > 0;
}

socle_status sc_safetensors_read_floats(const sc_safetensors *file,
                                        const sc_safetensors_tensor *tensor, float *out,
                                        size_t count) {
    unsigned char piece[PIECE * sizeof(double)];
    const size_t item = size_of(tensor->dtype);
    if (tensor->dtype == SC_SAFETENSORS_F32)
        return sc_safetensors_read(file, tensor, out, count * sizeof *out);
    if (!item || tensor->bytes != count * item)
        return sc_fail(file->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: tensor '%s' is not %zu numbers", file->input.path,
                       sc_quote(tensor->name).text, count);
    for (size_t at = 0; at < count; at += PIECE) {
        size_t some = count - at < PIECE ? count - at : PIECE;
        socle_status status =
            sc_input_read(&file->input, piece, some * item, tensor->offset + at * item);
        if (status != SOCLE_OK)
            return sc_fail_prefix(file->env, status, "tensor '%s'", sc_quote(tensor->name).text);
        SC_TRY(convert(file, tensor, piece, out + at, at, some));
    }
    return SOCLE_OK;
}
