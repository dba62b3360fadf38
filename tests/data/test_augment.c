/* SPDX-License-Identifier: Apache-2.0 */
/* What is drawn for one sample in one epoch: within its limits, evenly, and a function of seed,
 * sample and epoch alone. */
#include "data/augment.h"

#include "sc_test.h"

enum { SAMPLES = 20000 };

static const sc_augment both = {.shift = 2, .flip_horizontal = true};

/* Each of five shifts is drawn 4000 times of 20000, give or take five standard deviations of 57. */
Test(augment, every_shift_is_as_likely) {
    int rows[5] = {0}, columns[5] = {0}, pairs[5][5] = {{0}}, flipped = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        int32_t origin[SC_AUGMENT_ORIGIN];
        sc_augment_origin(origin, &both, 7, i, 3);
        SC_TRUE(abs(origin[0]) <= 2 && abs(origin[1]) <= 2 && (origin[2] == 0 || origin[2] == 1));
        rows[origin[0] + 2]++;
        columns[origin[1] + 2]++;
        pairs[origin[0] + 2][origin[1] + 2]++;
        flipped += origin[2];
    }
    for (int s = 0; s < 5; s++) {
        SC_REPRO("shift %d", s - 2);
        SC_NEAR(rows[s], 4000, 285);
        SC_NEAR(columns[s], 4000, 285);
        for (int t = 0; t < 5; t++) SC_NEAR(pairs[s][t], 800, 140);
    }
    SC_NEAR(flipped, SAMPLES / 2, 354);
}

Test(augment, depends_on_seed_sample_and_epoch) {
    int same[3] = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        int32_t origin[SC_AUGMENT_ORIGIN], again[SC_AUGMENT_ORIGIN];
        sc_augment_origin(origin, &both, 7, i, 3);
        sc_augment_origin(again, &both, 7, i, 3);
        SC_EQ_MEMORY(origin, again, sizeof origin);
        sc_augment_origin(again, &both, 8, i, 3);
        same[0] += memcmp(origin, again, sizeof origin) == 0;
        sc_augment_origin(again, &both, 7, i + 1, 3);
        same[1] += memcmp(origin, again, sizeof origin) == 0;
        sc_augment_origin(again, &both, 7, i, 4);
        same[2] += memcmp(origin, again, sizeof origin) == 0;
    }
    for (int i = 0; i < 3; i++) SC_NEAR(same[i], 20, 23); /* one of fifty */
}

Test(augment, only_what_is_asked_for) {
    int32_t origin[SC_AUGMENT_ORIGIN];
    int moved = 0, flipped = 0;
    for (uint32_t i = 0; i < 100; i++) {
        sc_augment_origin(origin, &(sc_augment){0}, 7, i, 0);
        SC_TRUE(!origin[0] && !origin[1] && !origin[2]);
        sc_augment_origin(origin, &(sc_augment){.shift = 1}, 7, i, 0);
        SC_EQ(origin[2], 0);
        moved += origin[0] || origin[1];
        sc_augment_origin(origin, &(sc_augment){.flip_horizontal = true}, 7, i, 0);
        SC_TRUE(!origin[0] && !origin[1]);
        flipped += origin[2];
        sc_augment_origin(origin, &(sc_augment){.shift = SC_AUGMENT_SHIFT_MOST}, 7, i, 0);
        SC_TRUE(abs(origin[0]) <= SC_AUGMENT_SHIFT_MOST && abs(origin[1]) <= SC_AUGMENT_SHIFT_MOST);
    }
    SC_TRUE(moved > 50 && flipped > 20);
    SC_TRUE(!sc_augment_any(&(sc_augment){0}));
    SC_TRUE(sc_augment_any(&(sc_augment){.shift = 1}) &&
            sc_augment_any(&(sc_augment){.flip_horizontal = true}));
}
