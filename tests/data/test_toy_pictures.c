/* SPDX-License-Identifier: Apache-2.0 */
/* Toy pictures against their rules in double precision. */
#include "data/toy.h"

#include "sc_test.h"

enum { COUNT = 40, HEIGHT = 24, WIDTH = 32, PIXELS = HEIGHT * WIDTH };

static sc_env env;

static sc_dataset *make(const char *kind, float noise, int channels) {
    const char *named;
    sc_dataset *dataset;
    sc_toy_options options =
        *(const sc_toy_options *)sc_family_find(&sc_toy_family, kind, &named)->standard;
    sc_env_init(&env, NULL, NULL);
    options.kind = kind;
    options.samples = COUNT;
    options.noise = noise;
    options.channels = channels;
    options.size[0] = HEIGHT;
    options.size[1] = WIDTH;
    SC_OK(&env, sc_toy_make(&dataset, &env, &options));
    return dataset;
}

static double at(const sc_dataset *dataset, const char *name, int64_t i) {
    return sc_column_value(sc_dataset_column(dataset, sc_dataset_find(dataset, name)), i);
}

/* Whatever the phase, brightness is that of a wave in the direction of the class: a quarter of a
 * wave apart, two pixels' squares add up to 1. Rounding to a byte moves each by half of one. */
Test(toy_pictures, stripes_go_where_their_class_says) {
    sc_dataset *data = make("stripes", 0, 1);
    for (int i = 0; i < COUNT; i++) {
        const int class = (int)at(data, "label", i);
        const double angle = M_PI * class / 4, across = 2 * M_PI * cos(angle) * 4 / WIDTH,
                     down = 2 * M_PI * sin(angle) * 4 / WIDTH;
        double by_cos = 0, by_sin = 0, squares = 0;
        SC_EQ(class, i % 4);
        for (int p = 0; p < PIXELS; p++) {
            const double value = (at(data, "input", (int64_t)i * PIXELS + p) / 255 - 0.5) / 0.4,
                         turn = across * (p % WIDTH) + down * (p / WIDTH);
            by_cos += value * cos(turn) / PIXELS;
            by_sin += value * sin(turn) / PIXELS;
            squares += value * value / PIXELS;
        }
        /* A wave has half of its size by both, and a mean square of a half; a picture that cuts
         * waves off misses that by a part of 1 / (2 pi * waves). */
        SC_NEAR(4 * (by_cos * by_cos + by_sin * by_sin), 2 * squares, 0.12);
        SC_NEAR(squares, 0.5, 0.06);
    }
    sc_dataset_destroy(data);
}

Test(toy_pictures, shapes_are_where_their_labels_are) {
    sc_dataset *data = make("shapes", 0, 2);
    int seen[4] = {0};
    for (int i = 0; i < COUNT; i++)
        for (int p = 0; p < PIXELS; p++) {
            const int label = (int)at(data, "label", (int64_t)i * PIXELS + p);
            const double one = at(data, "input", (int64_t)(2 * i) * PIXELS + p),
                         other = at(data, "input", (int64_t)(2 * i + 1) * PIXELS + p);
            SC_TRUE(label >= 0 && label <= 3 && one == other);
            SC_TRUE(label ? one >= 102 : one == 26);
            seen[label]++;
        }
    for (int k = 0; k < 4; k++) SC_TRUE(seen[k] > PIXELS / 2); /* of 40 pictures */
    sc_dataset_destroy(data);
}

/* Each channel has noise of its own, of the deviation that was asked for, where bytes hold it. */
Test(toy_pictures, noise_is_as_wide_as_asked) {
    sc_dataset *still = make("stripes", 0, 2), *data = make("stripes", 0.02f, 2);
    double sum = 0, squares = 0, both = 0;
    const int64_t count = (int64_t)COUNT * PIXELS;
    for (int64_t i = 0; i < COUNT; i++)
        for (int64_t p = 0; p < PIXELS; p++) {
            const int64_t a = 2 * i * PIXELS + p, b = a + PIXELS;
            const double x = (at(data, "input", a) - at(still, "input", a)) / 255,
                         y = (at(data, "input", b) - at(still, "input", b)) / 255;
            sum += x, squares += x * x, both += x * y;
        }
    const double variance = 0.02 * 0.02 + 2 / (12.0 * 255 * 255); /* and rounding, twice */
    SC_NEAR(sum / (double)count, 0, 5 * sqrt(variance / (double)count));
    SC_NEAR(squares / (double)count, variance, 5 * variance * sqrt(2.0 / (double)count) + 1e-6);
    SC_NEAR(both / (double)count, 0, 5 * variance / sqrt((double)count) + 1e-6);
    sc_dataset_destroy(still);
    sc_dataset_destroy(data);
}

static socle_status whole(sc_env *of, void *argument) {
    sc_dataset *dataset;
    const sc_toy_options options = {.kind = "shapes", .samples = 2, .channels = 1, .size = {8, 8}};
    (void)argument;
    SC_TRY(sc_toy_make(&dataset, of, &options));
    sc_dataset_destroy(dataset);
    return SOCLE_OK;
}

Test(toy_pictures, failures) {
    sc_dataset *dataset;
    const sc_toy_options many = {
        .kind = "shapes", .samples = 1000000, .channels = 16, .size = {1024, 1024}};
    sc_env_init(&env, NULL, NULL);
    SC_FAILS(&env, sc_toy_make(&dataset, &env, &many), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "1000000 pictures of 16 x 1024 x 1024 bytes");
    sc_test_each_allocation(whole, NULL);
}
