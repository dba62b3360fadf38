/* SPDX-License-Identifier: Apache-2.0 */
/* A device that hangs in one call, and comes back much later or never: it is left behind after the
 * deadline, which is made short here, and the run ends with the bits of an undisturbed one. Each
 * test is a process of its own, which ends while the call still hangs. */
#include "party.h"

#define DEADLINE                                                                                   \
    UINT64_C(500000000) /* ns; a step takes about one millisecond, and more under sanitizers and   \
                           load */

enum { EPOCH = 7, STEPS = 12, HANGS_IN = 3 }; /* steps */

static party parties[2]; /* static: the thread of a member that hangs may still read its party */

static party_run standard(bool reproducible) {
    party_run run = party_standard(STEPS);
    run.fit.reproducible = reproducible;
    run.fit.validation = 0.2;
    run.fit.batch = 40; /* 256 samples: EPOCH steps */
    run.fit.deadline = DEADLINE;
    return run;
}

/* Calls of device `number` in an undisturbed run, and its end. */
static party_run undisturbed(const char *devices, bool reproducible, party_state *state) {
    party_run run = standard(reproducible);
    party_open(&parties[0], devices);
    *state = party_trained(&parties[0], &run);
    party_close(&parties[0]);
    SC_EQ(run.steps, STEPS - 1); /* all but the last of the first epoch */
    return run;
}

static party_state hung(const char *devices, int number, int64_t call, party_run *run) {
    party *p = &parties[1];
    SC_REPRO("unruly:%d of %s hangs at call %d", number, devices, (int)call);
    party_open(p, devices);
    unruly_behave(number, (unruly_manner){.hangs_at = call});
    party_state state = party_trained(p, run);
    if (party_lines(p, "is lost") != 1 || party_lines(p, "W ") != 1) SC_TEST_FAIL("%s", p->log);
    SC_EQ(party_lines(p, " within "), 1); /* says how long it was waited for */
    return state;
}

static void same(party_state *state, party_state *whole) {
    party_same(state, whole);
    party_free(state);
    party_free(whole);
}

/* At a part of the calls of step HANGS_IN. */
static void hang_in_step(const char *devices, int number, double place) {
    party_state whole;
    party_run run = undisturbed(devices, true, &whole);
    int64_t begin = run.step_calls[HANGS_IN - 2][number],
            end = run.step_calls[HANGS_IN - 1][number];
    run = standard(true);
    party_state state =
        hung(devices, number, begin + 1 + (int64_t)(place * (double)(end - begin - 1)), &run);
    SC_TRUE(unruly_hanging(number));
    same(&state, &whole);
}

Test(fleet_hang, another_one_before_it_delivers) {
    hang_in_step("unruly=1,unruly=1,unruly=1", 2, 0.5);
}

/* When all sums are there the step is decided: the others have it. */
Test(fleet_hang, another_one_in_its_commit) {
    hang_in_step("unruly=1,unruly=1", 1, 1);
}

/* The leader computes the whole validation: another does it again. */
Test(fleet_hang, the_leader_while_it_evaluates) {
    party_state whole;
    party_run run = undisturbed("unruly=1,unruly=1", true, &whole);
    double validation = run.validation;
    int64_t begin = run.step_calls[EPOCH - 2][0], end = run.epoch_calls[0];
    run = standard(true);
    party_state state = hung("unruly=1,unruly=1", 0, begin + (end - begin) * 7 / 10, &run);
    SC_EQ_FLOAT_BITS((float)run.validation, (float)validation);
    same(&state, &whole);
}

/* Comes back while the others still train: its ticket is refused, its results go nowhere, and what
 * it held is let go at the end. */
static bool let_go(void *user) {
    int *steps = user;
    if (++*steps != HANGS_IN + 2) return false;
    unruly_release();
    for (int i = 0; i < 500 && unruly_hanging(0) + unruly_hanging(1); i++) usleep(1000);
    usleep(20000);
    return false;
}

static void comes_back(int number, double place) {
    party_state whole;
    int steps = 0;
    party_run run = undisturbed("unruly=1,unruly=1", true, &whole);
    int64_t begin = run.step_calls[HANGS_IN - 2][number],
            end = run.step_calls[HANGS_IN - 1][number];
    run = standard(true);
    run.fit.stop = let_go;
    run.fit.user = &steps;
    party_state state = hung("unruly=1,unruly=1", number,
                             begin + 1 + (int64_t)(place * (double)(end - begin - 1)), &run);
    SC_TRUE(!unruly_hanging(number));
    same(&state, &whole);
    party_close(&parties[1]);
}

Test(fleet_hang, the_leader_comes_back) {
    comes_back(0, 0.3);
}

Test(fleet_hang, another_one_comes_back) {
    comes_back(1, 0.1);
}

/* A job's results are those of the member that did it again, also when the first member's call
 * returns later. */
Test(fleet_hang, a_reader_comes_back) {
    party_state whole;
    int steps = 0;
    party_run run = undisturbed("unruly=1,unruly=1", true, &whole);
    int64_t call = run.step_calls[HANGS_IN - 1][0] - 1; /* while the totals are looked at */
    run = standard(true);
    run.fit.stop = let_go;
    run.fit.user = &steps;
    party_state state = hung("unruly=1,unruly=1", 0, call, &run);
    same(&state, &whole);
    party_close(&parties[1]);
}

Test(fleet_hang, the_only_one) {
    party *p = &parties[0];
    party_run run = standard(false);
    party_open(p, "unruly");
    unruly_behave(0, (unruly_manner){.hangs_at = 300});
    SC_EQ(party_train(p, &run, NULL), SOCLE_STATUS_TIMEOUT);
    SC_CONTAINS(p->env.text, "no device is left");
    SC_CONTAINS(p->env.text, " within ");
    SC_TRUE(sc_worker_busy(p->device[0].worker));
}
