/* SPDX-License-Identifier: Apache-2.0 */
/* Who computes how much of a step. Shares follow speeds: those the user fixed, or those measured
 * while running. A device whose fair share is next to nothing would only hold the others back and
 * gets none. Pure arithmetic: no devices, no clock. */
#ifndef SC_FLEET_SHARES_H
#define SC_FLEET_SHARES_H

#include <stdbool.h>
#include <stdint.h>

enum { SC_SHARES_MOST = 32 };

typedef struct sc_shares {
    int count;
    int64_t batch, unit; /* samples of a whole step; shares are whole units, of which the last may
                            be short */
    bool fixed;          /* shares are the user's: never measured, and no device rests */
    bool present[SC_SHARES_MOST]; /* not lost */
    bool resting[SC_SHARES_MOST]; /* too slow to be of use */
    bool tried[SC_SHARES_MOST]; /* its rest has ended, and it has not been measured since: it gets a
                                   small share */
    int rests[SC_SHARES_MOST];  /* how often it was put to rest */
    int skips[SC_SHARES_MOST];  /* calls of sc_shares_wake that still leave it at rest */
    double wanted[SC_SHARES_MOST]; /* fixed: the user's, in proportion */
    double speed[SC_SHARES_MOST];  /* samples per second; 0: not known yet */
    int64_t units[SC_SHARES_MOST]; /* of a whole step */
    int64_t share[SC_SHARES_MOST]; /* the same in samples; they add up to the batch */
} sc_shares;

/* wanted[i] > 0 for every i: fixed; otherwise measured, beginning with equal shares. */
void sc_shares_init(sc_shares *shares, int count, int64_t batch, int64_t unit,
                    const double *wanted);
/* A device took `seconds` for `samples` of a step. What a short step tells counts for less. */
void sc_shares_measure(sc_shares *shares, int device, int64_t samples, double seconds);
/* Sets the shares anew from what is known; gives the number of a device that rests from now on, or
 * -1. Shares move only where that shortens a step by more than measurements scatter. */
int sc_shares_settle(sc_shares *shares);
/* A device is gone; its share goes to the others with the next sc_shares_settle. */
void sc_shares_drop(sc_shares *shares, int device);
/* Ends the rest of devices, which are then measured again at a small share. A device that was put
 * to rest often rests on for some calls, but not where no other device works. */
void sc_shares_wake(sc_shares *shares);
/* Splits a step of `samples`, maybe fewer than a whole one, in proportion to the shares: first[i]
 * <= first[i + 1] <= samples; device i computes samples first[i] .. first[i + 1] - 1. */
void sc_shares_split(const sc_shares *shares, int64_t samples, int64_t first[SC_SHARES_MOST + 1]);

#endif
