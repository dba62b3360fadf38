/* SPDX-License-Identifier: Apache-2.0 */
/* Places the tensors of a lane one after the other, aligned and padded. Pure arithmetic with overflow checks. */
#include "graph/lane.h"

static bool padded(size_t *out, size_t bytes) {
    size_t more;
    if (!sc_add_size(&more, bytes, SC_LANE_ALIGNMENT - 1)) return false;
    *out = more / SC_LANE_ALIGNMENT * SC_LANE_ALIGNMENT;
    return true;
}

socle_status sc_lane_place(sc_lane_layout *out, sc_env *env, int count, const size_t *bytes, const int *order) {
    *out = (sc_lane_layout){.count = count};
    SC_TRY(sc_allocate(env, &out->offset, (size_t)count, sizeof *out->offset));
    for (int i = 0; i < count; i++) {
        int tensor = order ? order[i] : i;
        size_t size;
        out->offset[tensor] = out->bytes;
        if (!padded(&size, bytes[tensor]) || !sc_add_size(&out->bytes, out->bytes, size)) {
            sc_lane_free(out, env);
            return sc_fail(env, SOCLE_STATUS_SHAPE, "a lane of %d tensors is larger than this machine can address",
                           count);
        }
    }
    return SOCLE_OK;
}

void sc_lane_free(sc_lane_layout *layout, sc_env *env) {
    sc_release(env, layout->offset);
    *layout = (sc_lane_layout){0};
}

void sc_lane_map_free(sc_lane_map *map, sc_env *env) {
    for (int i = 0; i < SC_LANE_COUNT; i++) sc_lane_free(&map->lane[i], env);
}
