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

void sc_idx_move_sample(void *to, const void *from, const sc_idx *idx) {
    const int64_t channels = idx->size[1], positions = idx->size[2] * idx->size[3];
    const size_t item = idx->dtype == SOCLE_U8 ? 1 : 4;
    for (int64_t p = 0; p < positions; p++)
        for (int64_t c = 0; c < channels; c++)
            memcpy((char *)to + (size_t)(c * positions + p) * item,
                   (const char *)from + (size_t)(p * channels + c) * item, item);
}

static socle_status ask(const sc_idx *idx, sc_env *env, const char *path) {
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: images of %" PRId64 "x%" PRId64 "x%" PRId64
                   ": is the last size the channels? Then say layout nhwc; if the first is, nchw",
                   path, idx->size[1], idx->size[2], idx->size[3]);
}

socle_status sc_idx_order_sizes(bool *moves, sc_idx *idx, sc_env *env, const char *path,
                                sc_image_layout layout) {
    const int64_t channels = idx->size[3];
    *moves = idx->rank == IMAGES_RANK && layout == SC_IMAGES_NHWC;
    if (idx->rank == IMAGES_RANK && layout == SC_IMAGES_ASK && looks_last(idx))
        return ask(idx, env, path);
    if (!*moves) return SOCLE_OK;
    idx->size[3] = idx->size[2];
    idx->size[2] = idx->size[1];
    idx->size[1] = channels;
    return SOCLE_OK;
}

socle_status sc_idx_order(sc_idx *idx, sc_env *env, const char *path, sc_image_layout layout) {
    unsigned char *moved, *data = idx->data;
    bool moves;
    SC_TRY(sc_idx_order_sizes(&moves, idx, env, path, layout));
    if (!moves) return SOCLE_OK;
    SC_TRY(sc_allocate(env, &moved, idx->bytes, 1));
    const size_t sample = idx->bytes / (size_t)idx->size[0];
    for (size_t at = 0; at < idx->bytes; at += sample)
        sc_idx_move_sample(moved + at, data + at, idx);
    sc_release(env, data);
    idx->data = moved;
    return SOCLE_OK;
}
