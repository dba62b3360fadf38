/* SPDX-License-Identifier: Apache-2.0 */
/* Shares in proportion to speeds, in whole units, by largest remainder. */
#include "train/shares.h"

#include <string.h>

static const double smoothing = 0.4;        /* weight of the newest measurement */
static const double useful = 1.0 / 64;      /* a fair share below this part of a step is none */
static const double worth_moving = 0.02;    /* of the time of a step */

void sc_shares_init(sc_shares *shares, int count, int64_t batch, int64_t unit, const double *weight) {
    *shares = (sc_shares){.count = count, .batch = batch, .unit = unit > 0 ? unit : 1, .fixed = true};
    for (int i = 0; i < count; i++) {
        shares->present[i] = true;
        shares->weight[i] = weight ? weight[i] : 0;
        if (shares->weight[i] <= 0) shares->fixed = false;
    }
    sc_shares_settle(shares);
}

static bool takes_part(const sc_shares *shares, int i) {
    return shares->present[i] && !shares->resting[i];
}

/* What counts for device i: a speed that is not known yet is taken as the mean of the known ones. */
static double speed_of(const sc_shares *shares, int i) {
    if (!takes_part(shares, i)) return 0;
    if (shares->fixed) return shares->weight[i];
    if (shares->speed[i] > 0) return shares->speed[i];
    double sum = 0;
    int known = 0;
    for (int k = 0; k < shares->count; k++)
        if (takes_part(shares, k) && shares->speed[k] > 0) {
            sum += shares->speed[k];
            known++;
        }
    return known ? sum / known : 1;
}

void sc_shares_measure(sc_shares *shares, int device, int64_t samples, double seconds) {
    if (samples < 1 || !(seconds > 0)) return;
    double now = (double)samples / seconds, *speed = &shares->speed[device];
    *speed = *speed > 0 ? (1 - smoothing) * *speed + smoothing * now : now;
}

/* Units by largest remainder; ties go to the first. */
static void divide(int count, const double *speed, int64_t units, int64_t *out) {
    double sum = 0, rest[SC_SHARES_MOST];
    int64_t given = 0;
    for (int i = 0; i < count; i++) sum += speed[i];
    for (int i = 0; i < count; i++) {
        double fair = sum > 0 ? (double)units * speed[i] / sum : 0;
        out[i] = (int64_t)fair;
        rest[i] = speed[i] > 0 ? fair - (double)out[i] : -1;
        given += out[i];
    }
    for (; given < units; given++) {
        int most = 0;
        for (int i = 1; i < count; i++)
            if (rest[i] > rest[most]) most = i;
        out[most]++;
        rest[most] -= 1;
    }
}

/* The time of a step under given shares: that of the device which ends last. */
static double step_seconds(const sc_shares *shares, const int64_t *share) {
    double longest = 0;
    for (int i = 0; i < shares->count; i++) {
        double speed = speed_of(shares, i);
        if (share[i] > 0 && !(speed > 0)) return -1;
        if (share[i] > 0 && (double)share[i] / speed > longest) longest = (double)share[i] / speed;
    }
    return longest;
}

/* The slowest device whose fair share is of no use, while others are left; -1: none. */
static int useless(const sc_shares *shares, const double *speed) {
    double sum = 0;
    int slowest = -1, left = 0;
    for (int i = 0; i < shares->count; i++) {
        if (!takes_part(shares, i)) continue;
        sum += speed[i];
        left++;
        if (slowest < 0 || speed[i] < speed[slowest]) slowest = i;
    }
    if (shares->fixed || left < 2 || shares->speed[slowest] <= 0) return -1;
    double fair = (double)shares->batch * speed[slowest] / sum;
    return speed[slowest] < useful * sum || fair < 0.5 * (double)shares->unit ? slowest : -1;
}

int sc_shares_settle(sc_shares *shares) {
    double speed[SC_SHARES_MOST] = {0};
    int64_t share[SC_SHARES_MOST], units = (shares->batch + shares->unit - 1) / shares->unit;
    for (int i = 0; i < shares->count; i++) speed[i] = speed_of(shares, i);
    int rests = useless(shares, speed);
    if (rests >= 0) {
        shares->resting[rests] = true;
        speed[rests] = 0;
    }
    divide(shares->count, speed, units, share);
    for (int i = 0; i < shares->count; i++) share[i] *= shares->unit;
    double before = step_seconds(shares, shares->share), after = step_seconds(shares, share);
    int64_t given = 0;
    for (int i = 0; i < shares->count; i++) given += shares->share[i];
    if (given < shares->batch || before < 0 || after < before * (1 - worth_moving))
        memcpy(shares->share, share, sizeof share);
    return rests;
}

void sc_shares_drop(sc_shares *shares, int device) {
    shares->present[device] = false;
    shares->share[device] = 0;
}

void sc_shares_wake(sc_shares *shares) {
    for (int i = 0; i < shares->count; i++) {
        if (shares->resting[i]) shares->share[i] = 0;
        shares->resting[i] = false;
    }
}

void sc_shares_split(const sc_shares *shares, int64_t samples, int64_t first[SC_SHARES_MOST + 1]) {
    double speed[SC_SHARES_MOST] = {0};
    int64_t units = (samples + shares->unit - 1) / shares->unit, share[SC_SHARES_MOST];
    for (int i = 0; i < shares->count; i++) speed[i] = (double)shares->share[i];
    divide(shares->count, speed, units, share);
    first[0] = 0;
    for (int i = 0; i < shares->count; i++) {
        int64_t end = first[i] + share[i] * shares->unit;
        first[i + 1] = end < samples ? end : samples;
    }
}
