/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes: tensors one behind the other, aligned; and cut into chunks at tensors where one piece
 * would be too large. */
#include "graph/lane.h"
#include "sc_test.h"

static sc_env env;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
}

TestSuite(lane, .init = begin);

static const size_t bytes[] = {100, 128, 300, 4}; /* 128, 128, 384, 128 */

Test(lane, in_one_piece) {
    sc_lane_layout lane;
    SC_OK(&env, sc_lane_place_chunks(&lane, &env, 4, bytes, NULL, 768));
    SC_EQ(lane.bytes, 768);
    SC_EQ(lane.chunks, 1);
    SC_TRUE(!lane.chunk);
    SC_EQ(lane.offset[3], 640);
    SC_EQ(sc_lane_begin(&lane, 3), 640);
    SC_EQ(sc_lane_chunk_begin(&lane, 1), 768);
    sc_lane_free(&lane, &env);
}

Test(lane, in_chunks) {
    sc_lane_layout lane;
    SC_OK(&env, sc_lane_place_chunks(&lane, &env, 4, bytes, NULL, 512));
    const size_t offset[] = {0, 128, 0, 384};
    const int chunk[] = {0, 0, 1, 1};
    SC_EQ(lane.bytes, 768);
    SC_EQ(lane.chunks, 2);
    SC_EQ(lane.chunk_bytes[0], 256);
    SC_EQ(lane.chunk_bytes[1], 512);
    for (int t = 0; t < 4; t++) {
        SC_EQ(lane.offset[t], offset[t]);
        SC_EQ(lane.chunk[t], chunk[t]);
    }
    sc_lane_free(&lane, &env);
}

/* Another order, and a tensor that is too large by itself. */
Test(lane, in_chunks_by_order) {
    sc_lane_layout lane;
    const int order[] = {2, 0, 3, 1};
    SC_OK(&env, sc_lane_place_chunks(&lane, &env, 4, bytes, order, 256));
    const size_t offset[] = {0, 0, 0, 128};
    const int chunk[] = {1, 2, 0, 1};
    const size_t begin_of[] = {384, 640, 0, 512};
    SC_EQ(lane.chunks, 3);
    SC_EQ(lane.chunk_bytes[0], 384);
    SC_EQ(lane.chunk_bytes[1], 256);
    SC_EQ(lane.chunk_bytes[2], 128);
    for (int t = 0; t < 4; t++) {
        SC_EQ(lane.offset[t], offset[t]);
        SC_EQ(lane.chunk[t], chunk[t]);
        SC_EQ(sc_lane_begin(&lane, t), begin_of[t]);
    }
    SC_EQ(sc_lane_chunk_begin(&lane, lane.chunks), lane.bytes);
    sc_lane_free(&lane, &env);
}

/* A chunk ends where the group does, however small it is; what has no bytes has a chunk too. */
Test(lane, groups_and_each) {
    const size_t bytes[4] = {128, 0, 256, 128};
    sc_env env;
    sc_lane_layout lane;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_lane_place_groups(&lane, &env, 4, bytes, (int[]){2, 0, 3, 1},
                                     (int[]){0, 2, 0, 1}, SIZE_MAX));
    SC_EQ(lane.chunks, 3);
    SC_EQ(lane.chunk[2] + lane.chunk[0], 0);
    SC_EQ(lane.chunk[3], 1);
    SC_EQ(lane.chunk[1], 2);
    SC_EQ(lane.chunk_bytes[0], 384);
    SC_EQ(lane.chunk_bytes[2], 0);
    SC_EQ(lane.offset[0], 256);
    SC_EQ(lane.offset[3], 0);
    sc_lane_free(&lane, &env);
    SC_OK(&env, sc_lane_place_each(&lane, &env, 4, bytes));
    SC_EQ(lane.chunks, 4);
    for (int i = 0; i < 4; i++) {
        SC_EQ(lane.chunk[i], i);
        SC_EQ(lane.chunk_bytes[i], bytes[i]);
        SC_EQ(lane.offset[i], 0);
    }
    SC_EQ(sc_lane_begin(&lane, 3), 384);
    sc_lane_free(&lane, &env);
    SC_OK(&env, sc_lane_place_each(&lane, &env, 0, bytes));
    sc_lane_free(&lane, &env);
}

Test(lane, each_its_own) {
    sc_lane_layout lane;
    SC_OK(&env, sc_lane_place_chunks(&lane, &env, 4, bytes, NULL, 1));
    SC_EQ(lane.chunks, 4);
    for (int t = 0; t < 4; t++) SC_EQ(lane.offset[t], 0);
    sc_lane_free(&lane, &env);
}

Test(lane, too_large) {
    sc_lane_layout lane;
    const size_t huge[] = {SIZE_MAX / 2, SIZE_MAX / 2, SIZE_MAX / 2};
    SC_FAILS(&env, sc_lane_place_chunks(&lane, &env, 3, huge, NULL, 4096), SOCLE_STATUS_SHAPE);
    SC_TRUE(!lane.offset);
}

static socle_status place(sc_env *own, void *argument) {
    sc_lane_layout lane;
    (void)argument;
    SC_TRY(sc_lane_place_chunks(&lane, own, 4, bytes, NULL, 256));
    sc_lane_free(&lane, own);
    return SOCLE_OK;
}

Test(lane, every_refused_allocation) {
    sc_test_each_allocation(place, NULL);
}
