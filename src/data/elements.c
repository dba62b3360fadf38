/* SPDX-License-Identifier: Apache-2.0 */
/* See elements.h. */
#include "data/elements.h"
#include "base/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { CHUNK = 4096 /* bytes; stacks may be small */ };

socle_dtype sc_elements_dtype(const sc_elements *elements) {
    if (elements->kind == 'f') return SOCLE_F32;
    return elements->size == 1 && elements->kind != 'i' ? SOCLE_U8 : SOCLE_I32;
}

size_t sc_elements_bytes(const sc_elements *elements) {
    return sc_elements_dtype(elements) == SOCLE_U8 ? 1 : 4;
}

static uint64_t bits_of(const unsigned char *from, const sc_elements *elements) {
    uint64_t bits = 0;
    for (size_t i = 0; i < elements->size; i++)
        bits = bits << 8 | from[elements->big ? i : elements->size - 1 - i];
    return bits;
}

static bool put_real(void *out, uint64_t bits, size_t size) {
    uint32_t low = (uint32_t)bits;
    float value;
    double wide;
    memcpy(&value, &low, sizeof value);
    if (size == sizeof(uint16_t)) value = sc_number_of_half((uint16_t)bits);
    if (size == sizeof wide) {
        memcpy(&wide, &bits, sizeof wide);
        if (isfinite(wide) && fabs(wide) > (double)FLT_MAX) return false;
        value = (float)wide;
    }
    memcpy(out, &value, sizeof value);
    return true;
}

static bool put_whole(void *out, uint64_t bits, const sc_elements *elements) {
    unsigned shift = (unsigned)(64 - 8 * elements->size);
    bool minus = elements->kind == 'i' && bits << shift >> 63;
    uint64_t most = minus ? UINT64_C(0x80000000) : INT32_MAX,
             size = minus ? 0 - (shift ? bits | ~UINT64_C(0) << (64 - shift) : bits) : bits;
    if (size > most) return false;
    const int32_t value = (int32_t)(minus ? -(int64_t)size : (int64_t)size);
    memcpy(out, &value, sizeof value);
    return true;
}

static bool put(void *out, const unsigned char *from, const sc_elements *elements) {
    if (sc_elements_dtype(elements) == SOCLE_U8) {
        *(unsigned char *)out = elements->kind == 'b' ? *from != 0 : *from;
        return true;
    }
    uint64_t bits = bits_of(from, elements);
    return elements->kind == 'f' ? put_real(out, bits, elements->size)
                                 : put_whole(out, bits, elements);
}

size_t sc_elements_turn(void *out, const unsigned char *from, const sc_elements *elements,
                        size_t count) {
    unsigned char *to = out;
    const size_t step = sc_elements_bytes(elements);
    if (step == 1 && elements->kind == 'u') {
        memcpy(out, from, count);
        return count;
    }
    for (size_t i = 0; i < count; i++)
        if (!put(to + i * step, from + i * elements->size, elements)) return i;
    return count;
}

socle_status sc_elements_read(void *out, sc_env *env, const char *path, sc_stream *stream,
                              const sc_elements *elements, size_t count, uint64_t offset) {
    unsigned char chunk[CHUNK], *to = out;
    const size_t step = sc_elements_bytes(elements);
    const bool same = step == 1 && elements->kind == 'u'; /* bytes that stay as they are */
    const size_t most = same ? count : CHUNK / elements->size;
    for (size_t done = 0; done < count;) {
        size_t now = count - done < most ? count - done : most, wanted = now * elements->size, got;
        SC_TRY(sc_stream_read(stream, same ? to : chunk, wanted, &got));
        if (got < wanted)
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: ends at byte %" PRIu64
                           "%s, %zu bytes too early; the file is truncated",
                           path, offset + done * elements->size + got,
                           sc_stream_is_gzip(stream) ? " of the unpacked data" : "",
                           (count - done) * elements->size - got);
        size_t turned = same ? now : sc_elements_turn(to, chunk, elements, now);
        if (turned < now)
            return sc_fail(env, SOCLE_STATUS_DATA, "%s: element %zu is too large for %s", path,
                           done + turned, elements->kind == 'f' ? "f32" : "i32");
        if (!same) to += now * step;
        done += now;
    }
    return SOCLE_OK;
}
