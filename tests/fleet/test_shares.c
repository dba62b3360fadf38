/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets how much of a step: proportion, whole units, given shares, devices that rest, wake, slow
 * down or are lost. Speeds are made up here; nothing is timed. */
#include "sc_test.h"

#include "fleet/shares.h"

enum { MOST_DEVICES = 5 };

static uint32_t state = 1;

static double random_part(void) {
    state = state * 1664525u + 1013904223u;
    return (double)(state >> 8) / (double)(1 << 24);
}

static int64_t sum_of_shares(const sc_shares *shares) {
    int64_t sum = 0;
    for (int i = 0; i < shares->count; i++) sum += shares->share[i];
    return sum;
}

/* One step at true speeds; a device of speed 0 gives no measurement. */
static void step_on(sc_shares *shares, const double *speed, double scatter) {
    for (int i = 0; i < shares->count; i++) {
        double now = speed[i] * (1 + scatter * (2 * random_part() - 1));
        if (shares->present[i] && !shares->resting[i] && shares->share[i] > 0 && now > 0)
            sc_shares_measure(shares, i, shares->share[i], (double)shares->share[i] / now);
    }
    sc_shares_settle(shares);
}

static void check_units(const sc_shares *shares) {
    int cut = 0;
    SC_EQ(sum_of_shares(shares), shares->batch);
    for (int i = 0; i < shares->count; i++) {
        SC_TRUE(shares->share[i] >= 0);
        cut += shares->share[i] % shares->unit != 0;
    }
    SC_TRUE(cut <= (shares->batch % shares->unit != 0)); /* the last unit alone may be short */
}

/* Given shares stand for speeds here, because they move shares at once. */
Test(shares, proportional_within_one_unit) {
    for (int sample = 0; sample < 4000; sample++) {
        double wanted[MOST_DEVICES], sum = 0;
        int count = 1 + sample % MOST_DEVICES;
        int64_t unit = 1 + (int64_t)(random_part() * 20),
                batch = 1 + (int64_t)(random_part() * 500);
        for (int i = 0; i < count; i++) sum += wanted[i] = pow(10, 12 * random_part() - 6);
        sc_shares shares;
        sc_shares_init(&shares, count, batch, unit, wanted);
        SC_REPRO("sample %d: %d devices, batch %" PRId64 ", unit %" PRId64, sample, count, batch,
                 unit);
        check_units(&shares);
        int64_t units = (batch + unit - 1) / unit;
        for (int i = 0; i < count; i++) {
            double fair = (double)units * wanted[i] / sum,
                   given = ceil((double)shares.share[i] / (double)unit);
            if (!(fabs(given - fair) < 1 + 1e-9))
                SC_TEST_FAIL("device %d gets %g units, %g would be fair", i, given, fair);
        }
    }
}

Test(shares, sums_hold_at_extreme_speeds) {
    static const double speed[] = {1e-12, 1e-3, 1, 3e9, 1e12};
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < 5; b++)
            for (int c = 0; c < 5; c++) {
                sc_shares shares;
                double now[3] = {speed[a], speed[b], speed[c]};
                sc_shares_init(&shares, 3, 48, 1, NULL);
                for (int step = 0; step < 4; step++) {
                    step_on(&shares, now, 0);
                    check_units(&shares);
                }
            }
}

Test(shares, begin_equal_and_follow_speeds) {
    sc_shares shares;
    sc_shares_init(&shares, 3, 90, 1, NULL);
    for (int i = 0; i < 3; i++) SC_EQ(shares.share[i], 30);
    step_on(&shares, (double[]){100, 200, 600}, 0);
    SC_EQ(shares.share[0], 10);
    SC_EQ(shares.share[1], 20);
    SC_EQ(shares.share[2], 60);
}

/* What is not known yet counts as the mean. */
Test(shares, an_unknown_speed_is_the_mean) {
    sc_shares shares;
    sc_shares_init(&shares, 3, 90, 1, NULL);
    sc_shares_measure(&shares, 0, 30, 0.3); /* 100 */
    sc_shares_measure(&shares, 1, 30, 0.1); /* 300 */
    sc_shares_settle(&shares);
    SC_EQ(shares.share[0], 15);
    SC_EQ(shares.share[1], 45);
    SC_EQ(shares.share[2], 30);
}

Test(shares, given_ones_stay) {
    sc_shares shares;
    sc_shares_init(&shares, 2, 64, 1, (double[]){3, 1});
    SC_TRUE(shares.fixed);
    for (int step = 0; step < 20; step++) {
        step_on(&shares, (double[]){1, 1000}, 0);
        SC_EQ(shares.share[0], 48);
        SC_EQ(shares.share[1], 16);
        SC_TRUE(!shares.resting[0]);
    }
    sc_shares_init(&shares, 2, 64, 1, (double[]){1000, 1}); /* next to nothing, but as the user
                                                               wants it */
    SC_EQ(shares.share[0], 64);
    SC_TRUE(!shares.resting[1]);
}

Test(shares, one_percent_of_scatter_moves_nothing) {
    static const double speed[3] = {1000, 510, 2040};
    sc_shares shares;
    sc_shares_init(&shares, 3, 512, 1, NULL);
    for (int step = 0; step < 5; step++) step_on(&shares, speed, 0);
    sc_shares before = shares;
    for (int step = 0; step < 3000; step++) {
        step_on(&shares, speed, 0.01);
        SC_REPRO("step %d", step);
        for (int i = 0; i < 3; i++) SC_EQ(shares.share[i], before.share[i]);
    }
}

/* Measurements are smoothed by 0.4: five steps leave 0.6^5 = 8 % of the way, of a move of 2/3 of
 * the speed. */
Test(shares, a_slower_device_gets_less_within_five_steps) {
    sc_shares shares;
    double speed[2] = {1000, 1000};
    sc_shares_init(&shares, 2, 400, 1, NULL);
    for (int step = 0; step < 10; step++) step_on(&shares, speed, 0.01);
    SC_EQ(shares.share[1], 200);
    speed[1] = 1000.0 / 3;
    for (int step = 0; step < 5; step++) step_on(&shares, speed, 0.01);
    SC_NEAR((double)shares.share[1], 100, 15);
    speed[1] = 1000; /* and gets it back */
    for (int step = 0; step < 8; step++) step_on(&shares, speed, 0.01);
    SC_NEAR((double)shares.share[1], 200, 10);
}

/* A last batch of one sample says more of what a step costs than of what a sample does. */
Test(shares, a_short_step_tells_little) {
    sc_shares shares;
    sc_shares_init(&shares, 2, 400, 1, NULL);
    for (int step = 0; step < 5; step++) step_on(&shares, (double[]){1000, 1000}, 0);
    sc_shares_measure(&shares, 0, 1, 0.05); /* 20 samples/s, it seems */
    sc_shares_settle(&shares);
    SC_NEAR((double)shares.share[0], 200, 4);
}

static int settled_rest(sc_shares *shares, const double *speed) {
    for (int i = 0; i < shares->count; i++)
        if (shares->present[i] && !shares->resting[i] && shares->share[i] > 0)
            sc_shares_measure(shares, i, shares->share[i], (double)shares->share[i] / speed[i]);
    return sc_shares_settle(shares);
}

Test(shares, a_device_of_no_use_rests) {
    sc_shares shares;
    double speed[3] = {1000, 5, 1000}; /* 200 times slower */
    sc_shares_init(&shares, 3, 300, 1, NULL);
    SC_EQ(settled_rest(&shares, speed), 1);
    SC_TRUE(shares.resting[1]);
    SC_EQ(shares.share[1], 0);
    SC_EQ(shares.share[0], 150);
    SC_EQ(settled_rest(&shares, speed), -1); /* told once */
    sc_shares_init(&shares, 3, 300, 1, NULL);
    speed[1] = 1000.0 / 25; /* 1/51 of all: slow, and of use */
    SC_EQ(settled_rest(&shares, speed), -1);
    SC_TRUE(!shares.resting[1] && shares.share[1] > 0);
}

/* Of a step of few units, less than half of one is nothing. */
Test(shares, a_device_that_cannot_do_a_unit_rests) {
    sc_shares shares;
    sc_shares_init(&shares, 2, 80, 10, NULL);
    SC_EQ(settled_rest(&shares, (double[]){1000, 50}), 1); /* fair: 0.38 of a unit */
    sc_shares_init(&shares, 2, 80, 10, NULL);
    SC_EQ(settled_rest(&shares, (double[]){1000, 80}), -1); /* 0.59 */
}

Test(shares, two_of_no_use_are_told_one_after_the_other) {
    sc_shares shares;
    double speed[3] = {3, 1000, 2};
    sc_shares_init(&shares, 3, 300, 1, NULL);
    SC_EQ(settled_rest(&shares, speed), 2);
    SC_EQ(settled_rest(&shares, speed), 0);
    SC_EQ(settled_rest(&shares, speed), -1);
    SC_EQ(shares.share[1], 300);
}

/* Woken, it is measured again with little to do; if it is fast now, it gets its share. */
Test(shares, a_woken_device_is_tried_anew) {
    sc_shares shares;
    double speed[2] = {1000, 5};
    sc_shares_init(&shares, 2, 480, 1, NULL);
    SC_EQ(settled_rest(&shares, speed), 1);
    speed[1] = 1000;
    sc_shares_wake(&shares);
    SC_EQ(sc_shares_settle(&shares), -1);
    SC_TRUE(!shares.resting[1]);
    SC_TRUE(shares.share[1] >= 1 && shares.share[1] <= 480 / 16);
    SC_EQ(sum_of_shares(&shares), 480);
    SC_EQ(settled_rest(&shares, speed), -1);
    SC_EQ(shares.share[1], 240);
}

Test(shares, a_woken_device_gets_a_unit) {
    sc_shares shares;
    double speed[3] = {1000, 5, 1000};
    sc_shares_init(&shares, 3, 80, 10, NULL);
    SC_EQ(settled_rest(&shares, speed), 1);
    sc_shares_wake(&shares);
    sc_shares_settle(&shares);
    SC_EQ(shares.share[1], 10);
    SC_EQ(settled_rest(&shares, speed), 1); /* as slow as before */
    SC_EQ(sum_of_shares(&shares), 80);
}

/* Who was of no use again and again is tried less and less often. */
Test(shares, a_device_that_stays_slow_sleeps_longer) {
    sc_shares shares;
    double speed[2] = {1000, 5};
    int tried = 0, wakes = 0;
    sc_shares_init(&shares, 2, 300, 1, NULL);
    settled_rest(&shares, speed);
    for (; wakes < 100; wakes++) {
        sc_shares_wake(&shares);
        tried += !shares.resting[1];
        sc_shares_settle(&shares);
        settled_rest(&shares, speed);
        SC_TRUE(shares.resting[1]);
    }
    SC_TRUE(tried >= 5 && tried <= 8);
}

/* When those that worked are lost, sleepers are all there is. */
Test(shares, a_sleeper_wakes_where_nobody_else_works) {
    sc_shares shares;
    double speed[2] = {1000, 5};
    sc_shares_init(&shares, 2, 300, 1, NULL);
    for (int time = 0; time < 4; time++) {
        settled_rest(&shares, speed);
        sc_shares_wake(&shares);
        sc_shares_settle(&shares);
    }
    settled_rest(&shares, speed);
    SC_TRUE(shares.resting[1] && shares.skips[1] > 0);
    sc_shares_drop(&shares, 0);
    sc_shares_settle(&shares);
    sc_shares_wake(&shares);
    sc_shares_settle(&shares);
    SC_TRUE(!shares.resting[1]);
    SC_EQ(shares.share[1], 300);
}

Test(shares, what_a_lost_device_had_goes_to_the_others) {
    sc_shares shares;
    sc_shares_init(&shares, 3, 100, 1, NULL);
    step_on(&shares, (double[]){100, 100, 200}, 0);
    sc_shares_drop(&shares, 2);
    sc_shares_settle(&shares);
    SC_EQ(shares.share[0], 50);
    SC_EQ(shares.share[1], 50);
    SC_EQ(shares.share[2], 0);
    sc_shares_drop(&shares, 0);
    sc_shares_settle(&shares);
    SC_EQ(shares.share[1], 100);
    sc_shares_wake(&shares);
    sc_shares_settle(&shares);
    SC_EQ(shares.share[1], 100); /* nothing comes back from the dead */
    sc_shares_init(&shares, 2, 100, 1, (double[]){9, 1});
    sc_shares_drop(&shares, 0);
    sc_shares_settle(&shares);
    SC_EQ(shares.share[1], 100);
}

static void check_split(const sc_shares *shares, int64_t samples) {
    int64_t first[SC_SHARES_MOST + 1];
    int cut = 0;
    sc_shares_split(shares, samples, first);
    SC_EQ(first[0], 0);
    SC_EQ(first[shares->count], samples);
    for (int i = 0; i < shares->count; i++) {
        int64_t rows = first[i + 1] - first[i];
        SC_TRUE(rows >= 0);
        SC_TRUE(first[i] % shares->unit == 0 || first[i] == samples); /* micro-batches keep their
                                                                         numbers */
        cut += rows % shares->unit != 0;
        if (!shares->share[i]) SC_EQ(rows, 0);
    }
    SC_TRUE(cut <= 1);
}

Test(shares, splits_partition_every_step) {
    for (int sample = 0; sample < 500; sample++) {
        double wanted[MOST_DEVICES];
        int count = 1 + sample % MOST_DEVICES;
        int64_t unit = sample % 3 ? 1 + (int64_t)(random_part() * 9) : 1,
                batch = 1 + (int64_t)(random_part() * 60);
        for (int i = 0; i < count; i++) wanted[i] = pow(10, 3 * random_part());
        sc_shares shares;
        sc_shares_init(&shares, count, batch, unit, wanted);
        for (int64_t samples = 0; samples <= batch; samples++) {
            SC_REPRO("sample %d: %d devices, batch %" PRId64 ", unit %" PRId64 ", %" PRId64
                     " samples",
                     sample, count, batch, unit, samples);
            check_split(&shares, samples);
        }
        int64_t first[SC_SHARES_MOST + 1];
        sc_shares_split(&shares, batch, first);
        for (int i = 0; i < count; i++) SC_EQ(first[i + 1] - first[i], shares.share[i]);
    }
}

Test(shares, a_short_step_keeps_the_proportion) {
    sc_shares shares;
    int64_t first[SC_SHARES_MOST + 1];
    sc_shares_init(&shares, 2, 128, 1, (double[]){3, 1});
    sc_shares_split(&shares, 32, first);
    SC_EQ(first[1], 24);
    sc_shares_split(&shares, 1, first);
    SC_EQ(first[1], 1);
}
