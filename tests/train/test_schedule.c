/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules: the factors that PyTorch 1.13 gives, over 5 epochs of 4 steps, and those that the
 * definitions give where PyTorch has no such schedule. */
#include "sc_test.h"

#include "train/schedule.h"

#include <math.h>

enum { EPOCH = 4, STEPS = 20, LOOKS = 10 };
static const int look[LOOKS] = {1, 4, 5, 8, 9, 12, 13, 16, 17, 20};

/* Options are floats, so that 0.1 is off by less than half a unit of 2^-24 of itself, and powers
 * and products of up to five of them by a few times that. */
#define BOUND (8 * 0x1p-24)

typedef struct row {
    const char *name;
    sc_schedule schedule;
    double factor[LOOKS];
} row;

static const row rows[] = {
    {"no word", {NULL}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"constant", {.word = "constant"}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"constant after 2 epochs of warm-up",
     {.word = "constant", .warmup = 2},
     {1. / 8, 4. / 8, 5. / 8, 1, 1, 1, 1, 1, 1, 1}},
    {"StepLR(2 epochs, 0.5)",
     {.word = "step", .value = {0.5f, 2}},
     {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25}},
    {"MultiStepLR([1, 3], 0.1)",
     {.word = "multi_step", .value = {0.1f}, .at = {2, {1, 3}}},
     {1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01}},
    {"ExponentialLR(0.9 ** (1 / 4)), by steps",
     {.word = "exponential", .value = {0.9f}},
     {1, 0.924021086472, 0.9, 0.831618977825, 0.81, 0.748457080043, 0.729, 0.673611372038, 0.6561,
      0.606250234834}},
    {"CosineAnnealingLR(20)",
     {.word = "cosine", .value = {0, 1, 0}},
     {1, 0.945503262094, 0.904508497187, 0.72699524987, 0.654508497187, 0.42178276748,
      0.345491502813, 0.146446609407, 0.095491502813, 0.006155829702}},
    {"CosineAnnealingLR(20, eta_min=0.1)",
     {.word = "cosine", .value = {0, 1, 0.1f}},
     {1, 0.950952935885, 0.914057647469, 0.754295724883, 0.689057647469, 0.479604490732,
      0.410942352531, 0.231801948466, 0.185942352531, 0.105540246732}},
    {"CosineAnnealingWarmRestarts(4, T_mult=2)",
     {.word = "cosine", .value = {1, 2, 0}},
     {1, 0.146446609407, 1, 0.691341716183, 0.5, 0.038060233744, 1, 0.915734806151, 0.853553390593,
      0.597545161008}},
    {"cosine in equal periods of 2 epochs",
     {.word = "cosine", .value = {2, 1, 0}},
     {1, 0.691341716183, 0.5, 0.038060233744, 1, 0.691341716183, 0.5, 0.038060233744, 1,
      0.691341716183}},
    {"PolynomialLR(20, power=2)",
     {.word = "polynomial", .value = {2}},
     {1, 0.7225, 0.64, 0.4225, 0.36, 0.2025, 0.16, 0.0625, 0.04, 0.0025}},
    {"OneCycleLR(1, 20)",
     {.word = "one_cycle", .value = {0.3f, 0.04f, 4e-6f}},
     {0.04, 0.6683281573, 0.9083281573, 0.950484632013, 0.890916177571, 0.611262021936, 0.500002,
      0.18825834605, 0.109087822429, 4e-06}},
    {"falls at multiples of 0.25 that are not all exact",
     {.word = "step", .value = {0.5f, 0.75f}},
     {1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.0625, 0.03125, 0.03125, 0.015625}},
    {"a formula",
     {.word = "expr", .formula = "sqrt(step) / steps + epochs - epoch"},
     {0.05 + 5, 0.1 + 4.25, 0.1118033988749895 + 4, 0.1414213562373095 + 3.25, 0.15 + 3,
      0.1732050807568877 + 2.25, 0.1802775637731995 + 2, 0.2 + 1.25, 0.2061552812808830 + 1,
      0.2236067977499790 + 0.25}},
};

Test(schedule, factors_are_those_of_the_definition) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    const sc_plateau none = sc_plateau_begin();
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        sc_schedule_run run;
        SC_OK(&env, sc_schedule_begin(&run, &env, &rows[r].schedule, EPOCH, STEPS));
        for (int i = 0; i < LOOKS; i++) {
            double factor;
            SC_OK(&env, sc_schedule_factor(&factor, &env, &run, look[i], &none));
            double error = fabs(factor - rows[r].factor[i]);
            if (error > BOUND * fmax(1, rows[r].factor[i]))
                SC_TEST_FAIL("%s, step %d: %.12g, not %.12g", rows[r].name, look[i], factor,
                             rows[r].factor[i]);
        }
    }
}

/* The part of the run that is left begins behind the warm-up. */
Test(schedule, cosine_begins_after_the_warm_up) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    const sc_schedule schedule = {.word = "cosine", .warmup = 1, .value = {0, 1, 0}};
    const sc_plateau none = sc_plateau_begin();
    sc_schedule_run run;
    SC_OK(&env, sc_schedule_begin(&run, &env, &schedule, EPOCH, STEPS));
    for (int step = 1; step <= STEPS; step++) {
        double factor,
            wanted = step <= EPOCH ? step / 4.0 : (1 + cos(acos(-1) * (step - 5) / 16)) / 2;
        SC_OK(&env, sc_schedule_factor(&factor, &env, &run, step, &none));
        SC_TRUE(fabs(factor - wanted) <= BOUND);
    }
}

/* A run that is over before its warm-up is. */
Test(schedule, a_warm_up_may_be_longer_than_the_run) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    static const char *const words[] = {"cosine", "polynomial"};
    const sc_plateau none = sc_plateau_begin();
    for (int i = 0; i < 2; i++) {
        const sc_schedule schedule = {.word = words[i], .warmup = 10, .value = {0, 1, 0}};
        sc_schedule_run run;
        double factor;
        SC_OK(&env, sc_schedule_begin(&run, &env, &schedule, EPOCH, STEPS));
        SC_OK(&env, sc_schedule_factor(&factor, &env, &run, STEPS, &none));
        SC_TRUE(fabs(factor - 0.5) <= BOUND);
    }
}

/* ReduceLROnPlateau(factor=0.5, patience=2, threshold=0.01) on the same losses. */
Test(schedule, plateau_falls_when_the_loss_does_not) {
    static const double loss[] = {1, .9, .895, .9, .91, .92, .5, .5, .5, .5, .5, .5, .5},
                        wanted[] = {1, 1, 1, 1, .5, .5, .5, .5, .5, .25, .25, .25, .125};
    const sc_schedule schedule = {.word = "plateau", .value = {0.5f, 0.01f, 0.2f}, .patience = 2};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_plateau plateau = sc_plateau_begin();
    sc_schedule_run run;
    double factor;
    SC_TRUE(sc_schedule_judges(&schedule));
    SC_OK(&env, sc_schedule_begin(&run, &env, &schedule, EPOCH, STEPS));
    for (size_t i = 0; i < sizeof loss / sizeof loss[0]; i++) {
        double before = plateau.factor;
        SC_EQ(sc_schedule_judge(&schedule, &plateau, loss[i]), wanted[i] < before);
        SC_EQ(plateau.factor, wanted[i]);
        SC_OK(&env, sc_schedule_factor(&factor, &env, &run, 1, &plateau));
        SC_EQ(factor, wanted[i] > 0.2 ? wanted[i] : 0.2);
    }
}

/* Options are floats, and mean the decimal numbers that were written: 0.3f is more than 0.3. */
Test(schedule, times_are_the_numbers_that_were_written) {
    static const sc_schedule every = {.word = "step", .value = {0.5f, 0.3f}},
                             period = {.word = "cosine", .value = {0.3f, 1, 0}},
                             at = {.word = "multi_step", .value = {0.5f}, .at = {1, {0.3f}}};
    const sc_plateau none = sc_plateau_begin();
    sc_env env;
    sc_schedule_run run;
    double factor;
    sc_env_init(&env, NULL, NULL);
    for (int n = 1; n <= 20; n++) { /* 10 steps are an epoch: each third one begins a new time */
        SC_OK(&env, sc_schedule_begin(&run, &env, &every, 10, 100));
        SC_OK(&env, sc_schedule_factor(&factor, &env, &run, 1 + 3 * n, &none));
        SC_EQ(factor, pow(0.5, n));
        SC_OK(&env, sc_schedule_factor(&factor, &env, &run, 3 * n, &none));
        SC_EQ(factor, pow(0.5, n - 1));
        SC_OK(&env, sc_schedule_begin(&run, &env, &period, 10, 100));
        SC_OK(&env, sc_schedule_factor(&factor, &env, &run, 1 + 3 * n, &none));
        SC_NEAR(factor, 1, BOUND);
    }
    SC_OK(&env, sc_schedule_begin(&run, &env, &at, 10, 100));
    SC_OK(&env, sc_schedule_factor(&factor, &env, &run, 3, &none));
    SC_EQ(factor, 1.0);
    SC_OK(&env, sc_schedule_factor(&factor, &env, &run, 4, &none));
    SC_EQ(factor, 0.5);
}

/* A likelihood may be above 1, and its loss below 0. */
Test(schedule, plateau_of_losses_below_0) {
    const sc_schedule schedule = {.word = "plateau", .value = {0.5f, 0.01f, 0}, .patience = 0};
    sc_plateau plateau = sc_plateau_begin();
    SC_EQ(sc_schedule_judge(&schedule, &plateau, -1), false);
    SC_EQ(sc_schedule_judge(&schedule, &plateau, -1.001), true);
    SC_EQ(sc_schedule_judge(&schedule, &plateau, -1.1), false);
    SC_EQ(sc_schedule_judge(&schedule, &plateau, -1.1), true);
    SC_EQ(plateau.factor, 0.25);
}

static void refused(const sc_schedule *schedule, const char *text) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_schedule_run run;
    SC_EQ(sc_schedule_begin(&run, &env, schedule, EPOCH, STEPS), SOCLE_STATUS_CONFIG);
    if (!strstr(env.text, text)) SC_TEST_FAIL("'%s' lacks '%s'", env.text, text);
}

Test(schedule, wrong_formulas_are_refused) {
    refused(&(sc_schedule){.word = "expr", .formula = "epoch +"}, "column 8");
    refused(&(sc_schedule){.word = "expr", .formula = "rate * 2"}, "unknown name 'rate'");
    refused(&(sc_schedule){.word = "expr", .formula = "plateau"},
            "known: step, steps, epoch, epochs");
    refused(&(sc_schedule){.word = "expr", .formula = "1 / epoch"}, "step 1");
    refused(&(sc_schedule){.word = "expr", .formula = "4 - epoch"}, "step 20");
    refused(&(sc_schedule){.word = "expr", .formula = "log(epoch - 2)"}, "step 1");
}
