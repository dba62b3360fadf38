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

/* Rectangles lie within the image and have the areas and forms that they are to have; squares have
 * their centre anywhere in it; both follow from the numbers alone. */
Test(augment, what_is_covered) {
    enum { IMAGES = 4000, HEIGHT = 28, WIDTH = 40 };
    const sc_augment erases = {.erase = 0.25}, cuts = {.cutout = 8};
    int covered = 0, first = 0;
    double area = 0;
    for (uint32_t i = 0; i < IMAGES; i++) {
        int32_t hole[SC_AUGMENT_HOLE], again[SC_AUGMENT_HOLE];
        sc_augment_hole(hole, &erases, 7, i, 3, HEIGHT, WIDTH);
        sc_augment_hole(again, &erases, 7, i, 3, HEIGHT, WIDTH);
        SC_TRUE(memcmp(hole, again, sizeof hole) == 0);
        SC_TRUE(hole[0] >= 0 && hole[1] >= 0);
        SC_TRUE(hole[0] + hole[2] <= HEIGHT && hole[1] + hole[3] <= WIDTH);
        covered += hole[2] > 0;
        area += (double)hole[2] * hole[3];
        sc_augment_hole(hole, &cuts, 7, i, 3, HEIGHT, WIDTH);
        SC_TRUE(hole[2] == 8 && hole[3] == 8);
        SC_TRUE(hole[0] >= -4 && hole[0] < HEIGHT - 4 && hole[1] >= -4 && hole[1] < WIDTH - 4);
        first += hole[0] < HEIGHT / 2 - 4;
    }
    SC_NEAR(covered, IMAGES * 0.25, 5 * sqrt(IMAGES * 0.25 * 0.75));
    SC_NEAR(first, IMAGES * 0.5, 5 * sqrt(IMAGES * 0.25));
    /* The mean of 0.02 to 0.33 is 0.175, less where a rectangle would not fit. */
    SC_NEAR(area / covered / (HEIGHT * WIDTH), 0.17, 0.015);
}
