/* SPDX-License-Identifier: Apache-2.0 */
/* Losing a member: its device fails from any one call on, be it while equipping, uploading,
 * computing, exchanging, committing, evaluating or reading. The run goes on with the others, says
 * so in one line, and in reproducible mode ends with the bits of an undisturbed run. */
#include "party.h"

#include "base/hash.h"

enum { STEPS = 8 };

/* Between the calls that fail. */
static int stride(void) {
    return sc_test_full() ? 11 : 23;
}

static party_run standard(void) {
    party_run run = party_standard(STEPS);
    run.fit.reproducible = true;
    run.fit.validation = 0.2;
    run.fit.batch = 40; /* 256 samples: 7 steps, the last of 16 */
    return run;
}

/* A run in which device `number` fails from call `call` on; 0: never. Gives the calls that it got
 * while it trained. */
static int64_t run_with(const char *devices, int number, int64_t call, bool own_memory,
                        party_run *run, party_state *state) {
    static party p;
    for (int i = 0; i < UNRULY_MOST; i++)
        party_manner(i, (unruly_manner){.own_memory = own_memory});
    party_open(&p, devices);
    unruly_behave(number, (unruly_manner){.fails_at = call, .own_memory = own_memory});
    *state = party_trained(&p, run);
    int lost = party_lines(&p, "is lost"), warnings = party_lines(&p, "W ");
    if (lost != (call > 0) || warnings != lost)
        SC_TEST_FAIL("%d lines of a loss, %d warnings: %s", lost, warnings, p.log);
    char text[64];
    snprintf(text, sizeof text, "unruly:%d (", number);
    if (call) SC_CONTAINS(p.log, text);
    if (call) SC_CONTAINS(p.log, "fails as asked");
    party_close(&p);
    return run->calls[number];
}

/* The device fails from each of some calls on; the first of them differs from device to device. */
static void sweep(const char *devices, int number, bool own_memory) {
    party_run run = standard();
    party_state whole, disturbed;
    int64_t calls = run_with(devices, number, 0, own_memory, &run, &whole);
    double validation = run.validation;
    SC_TRUE(calls > 200);
    for (int64_t call = 1 + number; call <= calls; call += stride()) {
        SC_REPRO("unruly:%d of %s fails at call %d of %d, own memory %d", number, devices,
                 (int)call, (int)calls, own_memory);
        run_with(devices, number, call, own_memory, &run, &disturbed);
        party_same(&disturbed, &whole);
        SC_EQ_FLOAT_BITS((float)run.validation, (float)validation);
        party_free(&disturbed);
    }
    party_free(&whole);
}

Test(fleet_loss, the_leader_at_any_call) {
    sweep("unruly=1,unruly=1", 0, false);
}

Test(fleet_loss, another_one_at_any_call) {
    sweep("unruly=1,unruly=2,unruly=1", 1, false);
}

Test(fleet_loss, with_memory_of_its_own) {
    sweep("unruly=1,unruly=1", 1, true);
}

/* Out of memory at one call after the first step, be it in a step, an evaluation or a copy: the
 * device is equipped anew, gets what persists from the others, or where there are none from the
 * host, and the bits stay. */
static void starve(const char *devices, int number) {
    static party p;
    party_run run = standard();
    party_state whole, state;
    run_with(devices, number, 0, false, &run, &whole);
    int64_t first = run.step_calls[0][number], calls = run.epoch_calls[number]; /* a step of the
                                                                                   second epoch
                                                                                   follows */
    double validation = run.validation;
    SC_TRUE(first > 0 && calls > first + 100);
    for (int64_t call = first + 1; call <= calls; call += stride()) {
        SC_REPRO("unruly:%d of %s has no memory at call %d of %d to %d", number, devices, (int)call,
                 (int)first, (int)calls);
        party_open(&p, devices);
        unruly_behave(number, (unruly_manner){.starves_at = call});
        state = party_trained(&p, &run);
        SC_EQ(party_lines(&p, "is lost"), 0);
        SC_EQ(party_lines(&p, "is out of memory; trying again"), 1);
        party_same(&state, &whole);
        SC_EQ_FLOAT_BITS((float)run.validation, (float)validation);
        party_free(&state);
        party_close(&p);
    }
    party_free(&whole);
}

Test(fleet_loss, out_of_memory_alone) {
    starve("unruly", 0);
}

/* What is best so far, as it is seen between steps. */
typedef struct best_watch {
    party_run *run;
    sc_hash of_epoch[4]; /* of the first run: after epoch 1, 2 ... */
    bool known[4];
    int seen_again; /* looks after the first run */
    bool repeated;
} best_watch;

static bool look_at_best(void *user) {
    best_watch *watch = user;
    const sc_trainer *trainer = watch->run->trainer;
    const sc_net *net = sc_trainer_net(trainer);
    int64_t epoch = sc_trainer_position(trainer).best_epoch;
    float *const *best = sc_trainer_best(trainer);
    SC_TRUE((epoch > 0) == (best != NULL)); /* none before the first */
    if (!best) return false;
    sc_hash hash = {0};
    for (size_t p = 0; p < net->parameters; p++)
        hash = sc_hash_bytes(best[p], sc_tensor_bytes(&net->parameter[p].desc), hash.low);
    SC_TRUE(epoch < 4);
    if (watch->repeated) {
        SC_TRUE(watch->known[epoch]);
        SC_EQ_U64(hash.low, watch->of_epoch[epoch].low);
        watch->seen_again++;
    }
    watch->of_epoch[epoch] = hash;
    watch->known[epoch] = true;
    return false;
}

/* A device that fails while the best weights are copied, or before the copy counts, takes the run
 * back: what was best there is best again, every tensor of it. */
Test(fleet_loss, the_best_weights_stay_whole) {
    static party p;
    party_run run = standard();
    party_state whole, state;
    best_watch watch = {.run = &run};
    run.fit.stop = look_at_best;
    run.fit.user = &watch;
    run.fit.steps = 16; /* two epochs of 7, and some of the third */
    run.fit.epochs = 3;
    run_with("unruly", 0, 0, false, &run, &whole);
    watch.repeated = true;
    for (int end = 5; end <= 11; end += 6) { /* of two epochs: from the last step but one to the
                                                first of the next */
        int64_t first = run.step_calls[end][0], last = run.step_calls[end + 1][0];
        SC_TRUE(first > 0 && last > first);
        party_run again = run;
        watch.run = &again;
        for (int64_t call = first + 1; call <= last; call += 5) {
            SC_REPRO("unruly:0 has no memory at call %d of %d to %d", (int)call, (int)first,
                     (int)last);
            party_open(&p, "unruly");
            unruly_behave(0, (unruly_manner){.starves_at = call});
            state = party_trained(&p, &again);
            party_same(&state, &whole);
            party_free(&state);
            party_close(&p);
        }
    }
    SC_TRUE(watch.seen_again > 0);
    party_free(&whole);
}

Test(fleet_loss, out_of_memory_beside_another) {
    starve("unruly=1,unruly=1", 0);
    starve("unruly=1,unruly=1", 1);
}

/* One that cannot run the network is left out; where none can, the failure says why. */
Test(fleet_loss, one_that_lacks_an_operation) {
    static party p;
    party_run run = standard();
    party_state whole = party_on("cpu", &run);
    party_manner(0, (unruly_manner){.lacks = true});
    party_open(&p, "unruly,unruly");
    party_state state = party_trained(&p, &run);
    SC_EQ(party_lines(&p, "unruly:0 ("), 1);
    SC_EQ(party_lines(&p, "is lost; 1 device goes on"), 1);
    party_same(&state, &whole);
    party_free(&state);
    party_close(&p);
    party_manner(1, (unruly_manner){.lacks = true});
    party_open(&p, "unruly,unruly");
    SC_FAILS(&p.env, party_train(&p, &run, NULL), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(p.env.text, "no device is left");
    SC_CONTAINS(p.env.text, "matmul");
    party_close(&p);
    party_free(&whole);
}

/* Two fail, one after the other; the third finishes. */
Test(fleet_loss, two_of_three) {
    static party p;
    party_run run = standard();
    party_state whole = party_on("cpu", &run);
    party_open(&p, "unruly=1,unruly=1,unruly=1"); /* a fixed split: so many calls per step */
    unruly_behave(0, (unruly_manner){.fails_at = 300});
    unruly_behave(2, (unruly_manner){.fails_at = 450});
    party_state state = party_trained(&p, &run);
    SC_EQ(party_lines(&p, "is lost"), 2);
    SC_EQ(party_lines(&p, "2 devices go on"), 1);
    SC_EQ(party_lines(&p, "1 device goes on"), 1);
    party_same(&state, &whole);
    party_free(&state);
    party_close(&p);
    party_free(&whole);
}

/* Without reproducible mode the samples of the lost device are computed all the same. */
Test(fleet_loss, in_default_mode) {
    static party p;
    party_run run = standard();
    run.fit.reproducible = false;
    party_state whole = party_on("cpu", &run);
    party_open(&p, "unruly=1,unruly=1");
    unruly_behave(0, (unruly_manner){.fails_at = 400});
    party_state state = party_trained(&p, &run);
    SC_EQ(party_lines(&p, "is lost"), 1);
    SC_NEAR(party_distance(&state, &whole), 0, 2e-5); /* test_fleet_near.c */
    party_free(&state);
    party_close(&p);
    party_free(&whole);
}

static void all_fail(const char *devices, const int64_t *call) {
    static party p;
    party_run run = standard();
    party_open(&p, devices);
    for (int i = 0; i < p.devices; i++) unruly_behave(i, (unruly_manner){.fails_at = call[i]});
    SC_REPRO("%s fail at %d, %d", devices, (int)call[0], (int)call[1]);
    SC_EQ(party_train(&p, &run, NULL), SOCLE_STATUS_DEVICE);
    SC_CONTAINS(p.env.text, "no device is left");
    SC_CONTAINS(p.env.text, "fails as asked");
    SC_EQ(party_lines(&p, "is lost"), p.devices - 1);
    party_close(&p);
}

/* With one device there is nothing to say about others. */
Test(fleet_loss, the_only_one_fails_while_it_is_equipped) {
    static party p;
    party_run run = standard();
    party_open(&p, "unruly");
    unruly_behave(0, (unruly_manner){.fails_at = 5});
    SC_EQ(party_train(&p, &run, NULL), SOCLE_STATUS_DEVICE);
    SC_CONTAINS(p.env.text, "fails as asked");
    party_close(&p);
}

Test(fleet_loss, the_last_one_ends_the_run) {
    all_fail("unruly", (int64_t[]){400, 0});
    all_fail("unruly=1,unruly=1", (int64_t[]){400, 350});
    all_fail("unruly=1,unruly=1", (int64_t[]){3, 3});
    all_fail("unruly=1,unruly=1", (int64_t[]){200, 500});
}

/* The one that works fails within a step, and the one that is left has rested and missed the last
 * ones: the run goes on from a state that it has. */
static bool fail_soon(void *user) {
    int *steps = user;
    if (++*steps != 11) return false;
    unruly_behave(0, (unruly_manner){.fails_at = 5});
    unruly_behave(1, (unruly_manner){0}); /* the rest need not take long */
    return false;
}

Test(fleet_loss, only_one_that_rests_is_left) {
    static party p;
    int steps = 0;
    party_run one = party_standard(40), run = one;
    party_state alone = party_on("cpu", &one);
    run.unwatched = true;
    run.fit.stop = fail_soon;
    run.fit.user = &steps;
    party_manner(1, (unruly_manner){.row_time = 20000000});
    party_open(&p, "unruly,unruly");
    party_state state = party_trained(&p, &run);
    SC_TRUE(party_lines(&p, "gets no samples") >= 1);
    SC_EQ(party_lines(&p, "is lost"), 1);
    SC_NEAR(party_distance(&state, &alone), 0, 2e-5); /* test_fleet_near.c */
    party_free(&state);
    party_free(&alone);
    party_close(&p);
}
