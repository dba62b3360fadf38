/* SPDX-License-Identifier: Apache-2.0 */
/* How long a device of a fleet may take before it counts as hung: a multiple of what steps take,
 * measured, but never little. What has not been measured yet, and what compiles kernels, gets
 * minutes. */
#include "fleet/fleet_private.h"

#define SECOND UINT64_C(1000000000)
#define PREPARING (600 * SECOND) /* of a slow compiler, or of a first step */

static const double patience = 20;

uint64_t sc_fleet_deadline(const sc_fleet *fleet, int64_t steps) {
    if (fleet->options.deadline) return fleet->options.deadline;
    if (!(fleet->step_seconds > 0)) return PREPARING;
    double time = patience * fleet->step_seconds * (double)(steps > 0 ? steps : 1) * 1e9;
    uint64_t least = fleet->options.least_deadline ? fleet->options.least_deadline : 30 * SECOND;
    return time > (double)least ? (uint64_t)time : least;
}

uint64_t sc_fleet_preparing(const sc_fleet *fleet, int64_t steps) {
    return fleet->options.deadline ? fleet->options.deadline
                                   : sc_fleet_deadline(fleet, steps) + PREPARING;
}

static double speed_left(const sc_fleet *fleet, bool resting) {
    double sum = 0;
    for (int i = 0; i < fleet->members; i++)
        if (fleet->member[i].state != SC_MEMBER_LOST && (resting || sc_fleet_works(fleet, i)))
            sum += fleet->shares.speed[i];
    return sum;
}

void sc_fleet_slows(sc_fleet *fleet, int lost) {
    double own = fleet->shares.speed[lost], rest = speed_left(fleet, false);
    if (!(rest > 0)) rest = speed_left(fleet, true); /* those that rested take over */
    fleet->step_seconds *= rest > 0 ? (own + rest) / rest : 0;
}

void sc_fleet_step_took(sc_fleet *fleet, double seconds) {
    fleet->step_seconds =
        fleet->step_seconds > 0 ? 0.9 * fleet->step_seconds + 0.1 * seconds : seconds;
}

void sc_fleet_grant(sc_fleet *fleet, double seconds) {
    double tenth = seconds / 10; /* twice of it is the next deadline */
    fleet->step_seconds = fleet->step_seconds > tenth ? 2 * fleet->step_seconds : tenth;
}
