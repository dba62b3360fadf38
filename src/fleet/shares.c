/* SPDX-License-Identifier: Apache-2.0 */
/* Shares in proportion to speeds, in whole units, by largest remainder. */
#include "fleet/shares.h"

#include <string.h>

static const double smoothing = 0.4;     /* part of the newest measurement */
static const double useful = 1.0 / 64;   /* a fair share below this part of a step is none */
static const double worth_moving = 0.02; /* of the time of a step */
static const double trial = 1.0 / 24; /* part of a step that a device is measured with after a rest
                                       */
enum { DOUBLINGS = 6 }; /* a device rests on for at most 2^6 - 1 calls of sc_shares_wake */

void sc_shares_init(sc_shares *shares, int count, int64_t batch, int64_t unit,
                    const double *wanted) {
    *shares =
        (sc_shares){.count = count, .batch = batch, .unit = unit > 0 ? unit : 1, .fixed = true};
    for (int i = 0; i < count; i++) {
        shares->present[i] = true;
        shares->wanted[i] = wanted ? wanted[i] : 0;
        if (shares->wanted[i] <= 0) shares->fixed = false;
    }
    sc_shares_settle(shares);
}

static bool takes_part(const sc_shares *shares, int i) {
    return shares->present[i] && !shares->resting[i];
}

static double known_speed(const sc_shares *shares, double *mean) {
    double sum = 0;
    int known = 0;
    for (int i = 0; i < shares->count; i++)
        if (takes_part(shares, i) && shares->speed[i] > 0) {
            sum += shares->speed[i];
            known++;
        }
    *mean = known ? sum / known : 1;
    return sum;
}

/* The speed at which a device's fair share is a trial beside devices of speed `others`: one unit at
 * least. */
static double trial_speed(const sc_shares *shares, double others) {
    double unit = (double)shares->unit / (double)shares->batch, part = unit > trial ? unit : trial;
    if (part > 0.5) part = 0.5;
    return others * part / (1 - part);
}

/* What counts for device i. A speed that is not known yet is taken as the mean of the known ones;
 * that of a device after a rest as small. */
static double speed_of(const sc_shares *shares, int i) {
    double mean;
    if (!takes_part(shares, i)) return 0;
    if (shares->fixed) return shares->wanted[i];
    if (shares->speed[i] > 0) return shares->speed[i];
    double sum = known_speed(shares, &mean);
    return shares->tried[i] && sum > 0 ? trial_speed(shares, sum) : mean;
}

void sc_shares_measure(sc_shares *shares, int device, int64_t samples, double seconds) {
    if (samples < 1 || !(seconds > 0)) return;
    double now = (double)samples / seconds, *speed = &shares->speed[device], part = smoothing;
    if (samples < shares->share[device]) part *= (double)samples / (double)shares->share[device];
    *speed = *speed > 0 ? (1 - part) * *speed + part * now : now;
    shares->tried[device] = false;
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
        if (shares->speed[i] > 0 && (slowest < 0 || speed[i] < speed[slowest])) slowest = i;
    }
    if (shares->fixed || left < 2 || slowest < 0) return -1;
    double fair = (double)shares->batch * speed[slowest] / sum;
    return speed[slowest] < useful * sum || fair < 0.5 * (double)shares->unit ? slowest : -1;
}

static void put_to_rest(sc_shares *shares, int device) {
    int *rests = &shares->rests[device];
    shares->resting[device] = true;
    shares->skips[device] = (1 << (*rests < DOUBLINGS ? *rests : DOUBLINGS)) - 1;
    ++*rests;
}

/* Units to samples: the last unit of a step may be cut short. */
static void cut(const sc_shares *shares, const int64_t *units, int64_t samples,
                int64_t first[SC_SHARES_MOST + 1]) {
    first[0] = 0;
    for (int i = 0; i < shares->count; i++) {
        int64_t end = first[i] + units[i] * shares->unit;
        first[i + 1] = end < samples ? end : samples;
    }
}

static bool someone_waits(const sc_shares *shares) {
    for (int i = 0; i < shares->count; i++)
        if (takes_part(shares, i) && shares->tried[i] && !shares->units[i]) return true;
    return false;
}

int sc_shares_settle(sc_shares *shares) {
    double speed[SC_SHARES_MOST] = {0};
    int64_t first[SC_SHARES_MOST + 1], share[SC_SHARES_MOST], units[SC_SHARES_MOST], given = 0;
    for (int i = 0; i < shares->count; i++) speed[i] = speed_of(shares, i);
    int rests = useless(shares, speed);
    if (rests >= 0) put_to_rest(shares, rests);
    for (int i = 0; i < shares->count; i++) speed[i] = speed_of(shares, i);
    divide(shares->count, speed, (shares->batch + shares->unit - 1) / shares->unit, units);
    cut(shares, units, shares->batch, first);
    for (int i = 0; i < shares->count; i++) {
        share[i] = first[i + 1] - first[i];
        given += shares->share[i];
    }
    double before = step_seconds(shares, shares->share), after = step_seconds(shares, share);
    if (given < shares->batch || before < 0 || after < before * (1 - worth_moving) ||
        someone_waits(shares)) {
        memcpy(shares->share, share, sizeof share);
        memcpy(shares->units, units, sizeof units);
    }
    return rests;
}

void sc_shares_drop(sc_shares *shares, int device) {
    shares->present[device] = false;
    shares->share[device] = shares->units[device] = 0;
}

static bool someone_works(const sc_shares *shares) {
    for (int i = 0; i < shares->count; i++)
        if (takes_part(shares, i)) return true;
    return false;
}

void sc_shares_wake(sc_shares *shares) {
    bool needed = !someone_works(shares);
    for (int i = 0; i < shares->count; i++) {
        if (!shares->resting[i] || (shares->skips[i]-- > 0 && !needed)) continue;
        shares->resting[i] = false;
        shares->tried[i] = true;
        shares->skips[i] = 0;
        shares->speed[i] = 0;
        shares->share[i] = shares->units[i] = 0;
    }
}

void sc_shares_split(const sc_shares *shares, int64_t samples, int64_t first[SC_SHARES_MOST + 1]) {
    double speed[SC_SHARES_MOST] = {0};
    int64_t units[SC_SHARES_MOST];
    for (int i = 0; i < shares->count; i++) speed[i] = (double)shares->units[i];
    divide(shares->count, speed, (samples + shares->unit - 1) / shares->unit, units);
    cut(shares, units, samples, first);
}
