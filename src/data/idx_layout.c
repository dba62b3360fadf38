/* SPDX-License-Identifier: Apache-2.0 */
/* Images whose channels lie last, [N,H,W,C], as many programs write them, become [N,C,H,W]. */
#include "data/idx.h"

#include <inttypes.h>
#include <string.h>

enum { IMAGES_RANK = 4, MOST_COLOURS = 4 };

/* As many channels as colours have, behind sides that are longer: they are no columns.
 */
static bool looks_last(const sc_idx *idx) {
    return idx->size[3] <= MOST_COLOURS && idx->size[1] > MOST_COLOURS &&
           idx->size[2] > MOST_COLOURS;
}

static void transpose(unsigned char *to, const unsigned char *from, int64_t positions,
                      int64_t channels, size_t item) {
    for (int64_t p = 0; p < positions; p++)
        for (int64_t c = 0; c < channels; c++)
            memcpy(to + (size_t)(c * positions + p) * item,
                   from + (size_t)(p * channels + c) * item, item);
}

static socle_status move_channels(sc_idx *idx, sc_env *env) {
    int64_t count = idx->size[0], positions = idx->size[1] * idx->size[2], channels = idx->size[3];
    size_t item = idx->dtype == SOCLE_U8 ? 1 : 4, sample = (size_t)(positions * channels) * item;
    unsigned char *moved;
    SC_TRY(sc_allocate(env, &moved, idx->bytes, 1));
    for (int64_t n = 0; n < count; n++)
        transpose(moved + (size_t)n * sample, (unsigned char *)idx->data + (size_t)n * sample,
                  positions, channels, item);
    sc_release(env, idx->data);
    idx->data = moved;
    idx->size[3] = idx->size[2];
    idx->size[2] = idx->size[1];
    idx->size[1] = channels;
    return SOCLE_OK;
}

socle_status sc_idx_order(sc_idx *idx, sc_env *env, const char *path, sc_image_layout layout) {
    if (idx->rank != IMAGES_RANK || layout == SC_IMAGES_NCHW) return SOCLE_OK;
    if (layout == SC_IMAGES_NHWC) return move_channels(idx, env);
    if (!looks_last(idx)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: images of %" PRId64 "x%" PRId64 "x%" PRId64
                   ": is the last size the channels? Then say layout nhwc; if the first is, nchw",
                   path, idx->size[1], idx->size[2], idx->size[3]);
}
