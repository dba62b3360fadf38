/* SPDX-License-Identifier: Apache-2.0 */
/* Shares follow the speed of devices while they train. The devices sleep for a time per row, which
 * decides their speed; what they really compute is little beside it. */
#include "party.h"

static party_run run_at(party *p, const uint64_t *row_time, int64_t steps) {
    party_run run = party_standard(steps);
    run.fit.batch = 60;
    char devices[64] = "";
    for (int i = 0; row_time[i]; i++) {
        party_manner(i, (unruly_manner){.row_time = row_time[i]});
        strcat(devices, i ? ",unruly" : "unruly");
    }
    party_open(p, devices);
    party_state state = party_trained(p, &run);
    party_free(&state);
    return run;
}

/* 1 ms and 3 ms per row: 45 and 15 rows of 60, after the first step, which is not measured, and a
 * few more. A step takes 45 ms, so that processes beside this one change little. */
Test(fleet_speed, a_slower_device_gets_less) {
    static party p;
    party_run run = run_at(&p, (uint64_t[]){1000000, 3000000, 0}, 20);
    SC_EQ(run.share[0][0], 30);
    for (int step = 5; step < run.steps; step++) {
        SC_REPRO("step %d", step + 1);
        SC_EQ(run.share[step][0] + run.share[step][1], 60);
        SC_NEAR((double)run.share[step][1], 15, 4);
    }
    SC_EQ(party_lines(&p, "gets no samples"), 0);
    party_close(&p);
}

Test(fleet_speed, one_of_no_use_gets_nothing) {
    static party p;
    party_run run = run_at(&p, (uint64_t[]){30000, 20000000, 30000, 0}, 12);
    SC_EQ(run.share[0][1], 20);
    for (int step = 2; step < 5; step++) {
        SC_EQ(run.share[step][1], 0);
        SC_EQ(run.share[step][0] + run.share[step][2], 60);
    }
    SC_TRUE(party_lines(&p, "unruly:1 (") >= 1);
    SC_TRUE(party_lines(&p, "gets no samples: at 4") + party_lines(&p, "gets no samples: at 5") >=
            1); /* samples/s */
    party_close(&p);
}

/* An epoch has six steps; between epochs those that rest are tried again, and one that has become
 * fast gets a share. */
enum { FAST = 100000, SLOW = 30000000 };

typedef struct change {
    int device, steps;
} change;

static bool wake_up(void *user) {
    change *now = user;
    if (++now->steps == 5) unruly_behave(now->device, (unruly_manner){.row_time = FAST});
    return false;
}

static party_run run_changing(party *p, int slow, party_state *state) {
    change now = {.device = slow};
    party_run run = party_standard(20);
    run.fit.batch = 60;
    run.fit.stop = wake_up;
    run.fit.user = &now;
    for (int i = 0; i < 2; i++)
        party_manner(i, (unruly_manner){.row_time = i == slow ? SLOW : FAST});
    party_open(p, "unruly,unruly");
    *state = party_trained(p, &run);
    return run;
}

Test(fleet_speed, one_that_rested_is_tried_again) {
    static party p;
    party_state state;
    party_run run = run_changing(&p, 1, &state);
    SC_EQ(party_lines(&p, "gets no samples"), 1);
    SC_EQ(run.share[2][1], 0);
    SC_TRUE(run.share[run.steps - 1][1] >= 20); /* half, but for scatter */
    party_free(&state);
    party_close(&p);
}

/* And it has missed nothing: what the others did meanwhile was copied, also where it leads again.
 */
Test(fleet_speed, one_that_rested_has_the_weights_of_all) {
    static party p;
    party_run one = party_standard(20);
    one.fit.batch = 60;
    party_state alone = party_on("cpu", &one), state;
    run_changing(&p, 0, &state);
    SC_EQ(party_lines(&p, "gets no samples"), 1);
    SC_NEAR(party_distance(&state, &alone), 0, 2e-5); /* test_fleet_near.c */
    party_free(&state);
    party_free(&alone);
    party_close(&p);
}

/* The only device that worked is lost, at any call from the fourth step of an epoch to its end,
 * validation and all, while the other one rests: the run goes back to where that epoch began, and
 * loses nothing. */
static bool speed_up(void *user) {
    int *steps = user;
    if (++*steps == 3) unruly_behave(1, (unruly_manner){.row_time = FAST});
    return false;
}

static party_run run_losing(party *p, int64_t call, party_state *state) {
    int steps = 0;
    party_run run = party_standard(12);
    run.fit.batch = 60;
    run.fit.validation = 0.1;
    run.fit.stop = speed_up;
    run.fit.user = &steps;
    party_manner(0, (unruly_manner){.row_time = FAST, .fails_at = call});
    party_manner(1, (unruly_manner){.row_time = SLOW});
    party_open(p, "unruly,unruly");
    *state = party_trained(p, &run);
    return run;
}

Test(fleet_speed, one_that_rested_goes_on_from_the_beginning_of_the_epoch) {
    static party p;
    party_run one = party_standard(12);
    one.fit.batch = 60;
    one.fit.validation = 0.1;
    party_state alone = party_on("cpu", &one), state;
    party_run whole = run_losing(&p, 0, &state);
    party_free(&state);
    party_close(&p);
    int64_t first = whole.step_calls[2][0], last = whole.epoch_calls[0];
    int tried = 0;
    SC_TRUE(first < last);
    for (int64_t call = first; call <= last + 60;
         call += call < last ? (last - first) / 5 + 1 : 15) {
        if (!sc_test_takes("unruly", ++tried, 4)) continue;
        SC_REPRO("call %lld of %lld to %lld", (long long)call, (long long)first, (long long)last);
        run_losing(&p, call, &state);
        SC_EQ(party_lines(&p, "unruly:0 ("), 1);
        if (call <= last) /* later it rests no more, and needs no going back, or not yet */
            SC_EQ(party_lines(&p, "goes back"), 1);
        else
            SC_TRUE(party_lines(&p, "goes back") <= 1);
        SC_NEAR(party_distance(&state, &alone), 0, 2e-5);
        party_free(&state);
        party_close(&p);
    }
    party_free(&alone);
}
