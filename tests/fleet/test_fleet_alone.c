/* SPDX-License-Identifier: Apache-2.0 */
/* A device that trains alone and runs out of memory: what it has learnt is read from it before it
 * gives back what it has, so the run goes on with the step it was at, by bits, and the host keeps
 * no copy of how an epoch began. */
#include "party.h"

enum { STEPS = 6, EACH = 3 };

static party_run standard(const char *net) {
    party_run run = party_standard(STEPS);
    run.net = net;
    run.group = 10;
    run.fit.reproducible = true;
    run.fit.batch = 100; /* 320 samples: 4 steps, the last of 20 */
    return run;
}

/* Each step is seen once. */
typedef struct watch {
    party_run *run;
    int64_t seen;
} watch;

static bool count_steps(void *user) {
    watch *w = user;
    SC_EQ(sc_trainer_position(w->run->trainer).step, ++w->seen);
    return false;
}

static void starve_at(party_run *run, int64_t call, const party_state *whole) {
    static party p;
    watch w = {.run = run};
    run->fit.stop = count_steps;
    run->fit.user = &w;
    SC_REPRO("net %s has no memory at call %d", run->net, (int)call);
    party_open(&p, "unruly");
    unruly_behave(0, (unruly_manner){.starves_at = call});
    party_state state = party_trained(&p, run);
    SC_EQ(party_lines(&p, "is out of memory; trying again"), 1);
    SC_EQ(party_lines(&p, "goes back"), 0);
    SC_EQ(party_lines(&p, "is lost"), 0);
    SC_EQ(w.seen, STEPS);
    party_same(&state, whole);
    party_free(&state);
    party_close(&p);
}

/* At each call of a step in the middle of an epoch: samples on their way, sums, the commit of which
 * a part is done, the look behind it. */
static void each_call(const char *net, const sc_optimizer *optimizer, int stride) {
    static party p;
    party_run run = standard(net);
    run.fit.optimizer = *optimizer;
    party_open(&p, "unruly");
    unruly_behave(0, (unruly_manner){0});
    party_state whole = party_trained(&p, &run);
    party_close(&p);
    const int64_t first = run.step_calls[0][0], last = run.step_calls[1][0];
    SC_TRUE(first > 0 && last > first + 20);
    for (int64_t call = first + 1; call <= last; call += sc_test_full() ? 1 : stride)
        starve_at(&run, call, &whole);
    party_free(&whole);
}

Test(fleet_alone, goes_on_with_the_step_it_was_at) {
    const sc_optimizer sgd = fixture_optimizer("sgd", 0.05f, 0.9f);
    each_call("mlp", &sgd, 3);
}

Test(fleet_alone, statistics_and_tables_go_on) {
    const sc_optimizer sgd = fixture_optimizer("sgd", 0.05f, 0), adam = sc_fit_defaults().optimizer;
    each_call("words", &sgd, 7);
    each_call("norm", &adam, 7);
}

/* The copy of how an epoch began is for several devices. */
static bool look_for_copy(void *user) {
    party_run *run = user;
    const bool several = sc_fleet_members(sc_trainer_fleet(run->trainer)) > 1;
    SC_EQ(sc_trainer_kept(run->trainer, 0) != NULL, several);
    return false;
}

Test(fleet_alone, keeps_no_copy_of_how_the_epoch_began) {
    party_run run = standard("mlp");
    run.fit.steps = EACH; /* no epoch ends, which would be the best so far */
    run.fit.stop = look_for_copy;
    run.fit.user = &run;
    party_state one = party_on("cpu", &run), two = party_on("unruly=1,unruly=1", &run);
    party_same(&one, &two);
    party_free(&one);
    party_free(&two);
}

/* Twice, and the micro-batch is fixed: the device is given up, as one that fails is. The host has
 * the weights of the best epoch. */
static bool fail_again(void *user) {
    party_run *run = user;
    const int64_t step = sc_trainer_position(run->trainer).step;
    if (step == 1) unruly_behave(0, (unruly_manner){.starves_at = 7});
    if (step == STEPS - 1) unruly_behave(0, (unruly_manner){.starves_at = 1});
    return false;
}

static bool fail_for_good(void *user) {
    party_run *run = user;
    if (sc_trainer_position(run->trainer).step == STEPS - 1)
        unruly_behave(0, (unruly_manner){.fails_at = 1});
    return false;
}

static void given_up(bool (*stop)(void *user), socle_status status) {
    static party p;
    party_run run = standard("mlp"), until = run;
    until.fit.steps = EACH + 1; /* an epoch */
    party_state whole = party_on("cpu", &until), kept = {0};
    run.kept = &kept;
    run.unwatched = true;
    run.fit.stop = stop;
    run.fit.user = &run;
    party_open(&p, "unruly");
    unruly_behave(0, (unruly_manner){0});
    SC_FAILS(&p.env, party_train(&p, &run, NULL), status);
    SC_CONTAINS(p.env.text, "no device is left");
    SC_EQ(kept.count, whole.parameters);
    SC_EQ_MEMORY(kept.value, whole.value, kept.count * sizeof(float));
    party_close(&p);
    party_free(&whole);
    party_free(&kept);
}

Test(fleet_alone, the_best_epoch_stays) {
    given_up(fail_again, SOCLE_STATUS_DEVICE_MEMORY);
    given_up(fail_for_good, SOCLE_STATUS_DEVICE);
}
