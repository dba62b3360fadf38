/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches blocks of broadcast operands. Dimensions are merged first, so that a bias over the last
 * dimension, a value per channel and a full tensor are all walks over one to three long runs. */
#include "cpu/cpu_source.h"

#include <string.h>

void sc_cpu_source_init(sc_cpu_source *source, const sc_tensor_desc *operand,
                        const sc_tensor_desc *space) {
    *source = (sc_cpu_source){.dtype = operand->dtype, .whole = true, .uniform = true};
    int64_t stride = 1;
    for (int d = space->rank - 1; d >= 0; d--) {
        if (space->dim[d] == 1) continue;
        int64_t extent = space->dim[d];
        bool broadcast = operand->dim[d] == 1;
        int64_t step = broadcast ? 0 : stride;
        if (broadcast)
            source->whole = false;
        else
            source->uniform = false;
        stride *= operand->dim[d];
        int last = source->runs - 1;
        bool merges =
            last >= 0 && (broadcast ? source->stride[last] == 0
                                    : source->stride[last] * source->extent[last] == step &&
                                          source->stride[last] != 0);
        if (merges) {
            source->extent[last] *= extent;
        } else {
            source->extent[source->runs] = extent;
            source->stride[source->runs++] = step;
        }
    }
    if (source->runs == 0) {
        source->runs = 1;
        source->extent[0] = source->stride[0] = 1;
        source->uniform = true;
    }
}

typedef struct position {
    int64_t inner, offset;      /* index in run 0; operand element at index 0 of run 0 */
    int64_t index[SC_MAX_RANK]; /* in runs 1 .. */
} position;

static position locate(const sc_cpu_source *source, int64_t start) {
    position at = {0};
    at.inner = start % source->extent[0];
    int64_t rest = start / source->extent[0];
    for (int r = 1; r < source->runs; r++) {
        /* The outermost run has no end: rows at launch may be fewer, never more. */
        at.index[r] = r == source->runs - 1 ? rest : rest % source->extent[r];
        at.offset += at.index[r] * source->stride[r];
        rest /= source->extent[r];
    }
    return at;
}

static void advance(const sc_cpu_source *source, position *at) {
    at->inner = 0;
    for (int r = 1; r < source->runs; r++) {
        at->offset += source->stride[r];
        if (++at->index[r] < source->extent[r]) return;
        at->offset -= at->index[r] * source->stride[r];
        at->index[r] = 0;
    }
}

static void fill_words(uint32_t *out, uint32_t word, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = word;
}

static void copy_run(const sc_cpu_source *source, const sc_cpu_isa *isa, uint32_t *out,
                     const void *base, int64_t element, int64_t count) {
    if (source->dtype == SOCLE_U8) {
        const uint8_t *bytes = (const uint8_t *)base + element;
        if (source->stride[0] == 0)
            fill_words(out, *bytes, count);
        else
            isa->widen_bytes((int32_t *)out, bytes, count);
        return;
    }
    if (source->dtype == SOCLE_F16 || source->dtype == SOCLE_BF16) {
        const uint16_t *halves = (const uint16_t *)base + element;
        sc_cpu_load_loop *load = source->dtype == SOCLE_F16 ? isa->load_f16 : isa->load_bf16;
        load((float *)out, halves, source->stride[0] == 0 ? 1 : count);
        if (source->stride[0] == 0) fill_words(out, *out, count);
        return;
    }
    const uint32_t *words = (const uint32_t *)base + element;
    if (source->stride[0] == 0)
        fill_words(out, *words, count);
    else
        memcpy(out, words, (size_t)count * sizeof *out);
}

/* A pattern that repeats every `period` words: what is there already is copied on. */
static void repeat(uint32_t *out, int64_t period, int64_t count) {
    for (int64_t done = period; done < count;) {
        int64_t step = done < count - done ? done : count - done;
        memcpy(out + done, out, (size_t)step * sizeof *out);
        done += step;
    }
}

const void *sc_cpu_source_fetch(const sc_cpu_source *source, const sc_cpu_isa *isa,
                                const void *base, int64_t start, int64_t count, void *scratch) {
    uint32_t *out = scratch;
    bool words = sc_dtype_size(source->dtype) == sizeof *out;
    position at = locate(source, start);
    if (words && source->stride[0] == 1 &&
        (source->runs == 1 || source->extent[0] - at.inner >= count))
        return (const uint32_t *)base + at.offset + at.inner;
    bool periodic = source->runs == 2 && source->stride[1] == 0;
    int64_t wanted = periodic && source->extent[0] < count ? source->extent[0] : count;
    for (int64_t done = 0; done < wanted;) {
        int64_t run = source->runs == 1 ? wanted : source->extent[0] - at.inner;
        if (run > wanted - done) run = wanted - done;
        copy_run(source, isa, out + done, base, at.offset + at.inner * source->stride[0], run);
        done += run;
        advance(source, &at);
    }
    if (wanted < count) repeat(out, wanted, count);
    return scratch;
}
