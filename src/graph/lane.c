/* SPDX-License-Identifier: Apache-2.0 */
/* Places the tensors of a lane one after the other, aligned and padded. Pure arithmetic with
 * overflow checks. */
#include "graph/lane.h"

static bool padded(size_t *out, size_t bytes) {
    size_t more;
    if (!sc_add_size(&more, bytes, SC_LANE_ALIGNMENT - 1)) return false;
    *out = more / SC_LANE_ALIGNMENT * SC_LANE_ALIGNMENT;
    return true;
}

static socle_status too_large(sc_lane_layout *out, sc_env *env, int count) {
    sc_lane_free(out, env);
    return sc_fail(env, SOCLE_STATUS_SHAPE,
                   "a lane of %d tensors is larger than this machine can address", count);
}

socle_status sc_lane_place(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes,
                           const int *order) {
    *out = (sc_lane_layout){.count = count, .chunks = 1};
    SC_TRY(sc_allocate(env, &out->offset, (size_t)count, sizeof *out->offset));
    for (int i = 0; i < count; i++) {
        int tensor = order ? order[i] : i;
        size_t size;
        out->offset[tensor] = out->bytes;
        if (!padded(&size, bytes[tensor]) || !sc_add_size(&out->bytes, out->bytes, size))
            return too_large(out, env, count);
    }
    return SOCLE_OK;
}

/* Cuts a lane that was placed as one, in the order of its tensors. */
static void cut(sc_lane_layout *lane, const int *order, const int *group, size_t most) {
    size_t begin = 0; /* of the chunk, in the whole lane */
    int chunk = 0, before = -1;
    for (int i = 0; i < lane->count; i++) {
        int tensor = order ? order[i] : i,
            next = i + 1 < lane->count ? order ? order[i + 1] : i + 1 : -1;
        size_t at = lane->offset[tensor], end = next < 0 ? lane->bytes : lane->offset[next];
        bool other = group && before >= 0 && group[tensor] != group[before];
        if (at > begin && (other || end - begin > most)) {
            chunk++;
            begin = at;
        }
        before = tensor;
        lane->chunk[tensor] = chunk;
        lane->offset[tensor] = at - begin;
        lane->chunk_bytes[chunk] = end - begin;
    }
    lane->chunks = chunk + 1;
}

/* Room for as many chunks as tensors. */
static socle_status allocate_chunks(sc_lane_layout *lane, sc_env *env) {
    size_t count = (size_t)lane->count;
    socle_status status = sc_allocate(env, &lane->chunk, count, sizeof *lane->chunk);
    if (status == SOCLE_OK)
        status = sc_allocate(env, &lane->chunk_bytes, count, sizeof *lane->chunk_bytes);
    if (status != SOCLE_OK) sc_lane_free(lane, env);
    return status;
}

socle_status sc_lane_place_groups(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes,
                                  const int *order, const int *group, size_t most) {
    SC_TRY(sc_lane_place(out, env, count, bytes, order));
    if (out->bytes <= most && !group) return SOCLE_OK;
    SC_TRY(allocate_chunks(out, env));
    cut(out, order, group, most);
    return SOCLE_OK;
}

socle_status sc_lane_place_chunks(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes,
                                  const int *order, size_t most) {
    return sc_lane_place_groups(out, env, count, bytes, order, NULL, most);
}

socle_status sc_lane_place_each(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes) {
    SC_TRY(sc_lane_place(out, env, count, bytes, NULL));
    if (!count) return SOCLE_OK;
    SC_TRY(allocate_chunks(out, env));
    out->chunks = count;
    for (int i = 0; i < count; i++) {
        size_t end = i + 1 < count ? out->offset[i + 1] : out->bytes;
        out->chunk[i] = i;
        out->chunk_bytes[i] = end - out->offset[i];
    }
    for (int i = 0; i < count; i++) out->offset[i] = 0;
    return SOCLE_OK;
}

size_t sc_lane_chunk_begin(const sc_lane_layout *layout, int chunk) {
    size_t begin = 0;
    for (int c = 0; c < chunk; c++)
        begin += layout->chunk_bytes ? layout->chunk_bytes[c] : layout->bytes;
    return begin;
}

size_t sc_lane_begin(const sc_lane_layout *layout, int tensor) {
    return sc_lane_chunk_begin(layout, layout->chunk ? layout->chunk[tensor] : 0) +
           layout->offset[tensor];
}

void sc_lane_free(sc_lane_layout *layout, sc_env *env) {
    sc_release(env, layout->chunk);
    sc_release(env, layout->chunk_bytes);
    sc_release(env, layout->offset);
    *layout = (sc_lane_layout){0};
}

void sc_lane_map_free(sc_lane_map *map, sc_env *env) {
    for (int i = 0; i < SC_LANES; i++) sc_lane_free(&map->lane[i], env);
}
