/* SPDX-License-Identifier: Apache-2.0 */
/* Images whose channels lie last: asked about, or moved. */
#include "sc_temp.h"

#include "data/idx.h"

enum { N = 2, H = 6, W = 5, C = 3, ELEMENTS = N * H * W * C };

/* IDX of sizes [N, a, b, c] whose elements count up, as u8 or f32. */
static const char *put(sc_temp *temp, bool floats, int a, int b, int c) {
    static unsigned char bytes[20 + 4 * ELEMENTS];
    const int sizes[4] = {N, a, b, c};
    memset(bytes, 0, sizeof bytes);
    bytes[2] = floats ? 0x0d : 0x08;
    bytes[3] = 4;
    for (int d = 0; d < 4; d++) bytes[4 * d + 7] = (unsigned char)sizes[d];
    for (int i = 0; i < ELEMENTS; i++) {
        float value = (float)i;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (!floats) bytes[20 + i] = (unsigned char)i;
        for (int k = 0; floats && k < 4; k++)
            bytes[20 + 4 * i + k] = (unsigned char)(bits >> (24 - 8 * k));
    }
    return sc_temp_put(temp, "images", bytes, (size_t)(20 + (floats ? 4 : 1) * ELEMENTS));
}

static double at(const sc_column *column, int i) {
    return column->dtype == SOCLE_U8 ? ((const uint8_t *)column->data)[i]
                                     : (double)((const float *)column->data)[i];
}

Test(idx_layout, channels_last_are_moved) {
    sc_env env;
    sc_temp temp;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    for (int floats = 0; floats < 2; floats++) {
        sc_dataset *dataset;
        const char *path = put(&temp, floats, H, W, C);
        SC_OK(&env, sc_dataset_from_images(&dataset, &env, path, NULL, SC_IMAGES_NHWC));
        const sc_column *column = sc_dataset_column(dataset, 0);
        SC_EQ(column->shape.rank, 3);
        SC_TRUE(column->shape.size[0] == C && column->shape.size[1] == H &&
                column->shape.size[2] == W);
        for (int n = 0; n < N; n++)
            for (int c = 0; c < C; c++)
                for (int h = 0; h < H; h++)
                    for (int w = 0; w < W; w++)
                        SC_EQ((int)at(column, ((n * C + c) * H + h) * W + w),
                              ((n * H + h) * W + w) * C + c);
        sc_dataset_destroy(dataset);
    }
    sc_temp_remove(&temp);
}

Test(idx_layout, what_looks_last_is_asked_about) {
    static const struct {
        int sizes[3];
        bool asks;
    } rows[] = {{{H, W, C}, true}, {{C, H, W}, false}, {{H, C, W}, false}, {{W, H, 3}, true}};
    sc_env env;
    sc_temp temp;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int *size = rows[i].sizes;
        sc_dataset *dataset;
        const char *path = put(&temp, false, size[0], size[1], size[2]);
        SC_REPRO("row %zu", i);
        SC_EQ(sc_dataset_from_idx(&dataset, &env, path, NULL),
              rows[i].asks ? SOCLE_STATUS_DATA : SOCLE_OK);
        if (rows[i].asks) SC_CONTAINS(env.text, "say layout nhwc; if the first is, nchw");
        sc_dataset_destroy(dataset);
        SC_OK(&env, sc_dataset_from_images(&dataset, &env, path, NULL, SC_IMAGES_NCHW));
        SC_EQ(sc_dataset_column(dataset, 0)->shape.size[0], size[0]);
        SC_EQ(((const uint8_t *)sc_dataset_column(dataset, 0)->data)[7], 7);
        sc_dataset_destroy(dataset);
    }
    sc_temp_remove(&temp);
}

static socle_status read_last(sc_env *env, void *path) {
    sc_dataset *dataset;
    SC_TRY(sc_dataset_from_images(&dataset, env, path, NULL, SC_IMAGES_NHWC));
    sc_dataset_destroy(dataset);
    return SOCLE_OK;
}

Test(idx_layout, each_allocation_may_fail) {
    sc_temp temp;
    char path[512];
    sc_temp_make(&temp);
    snprintf(path, sizeof path, "%s", put(&temp, false, H, W, C));
    sc_test_each_allocation(read_last, path);
    sc_temp_remove(&temp);
}
