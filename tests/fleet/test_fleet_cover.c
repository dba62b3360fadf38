/* SPDX-License-Identifier: Apache-2.0 */
/* Every sample is computed exactly once per epoch, at its place in the order, whatever the split;
 * and what a fleet refuses.
 *
 * The counting network: sample i is the i-th unit vector with target t_i, and the network one dense
 * unit, so weight i has a gradient from sample i alone. Plain gradient descent with rate r moves it
 * by 2 r (t_i - w_i) / (samples of the step), times how often the sample was computed. The bias is
 * what the steps share; its gradient is the sum over all, and it follows on paper too. */
#include "party.h"

#include "data/order.h"

enum { SAMPLES = 37, EPOCHS = 4 };
static const float rate = 0.4f;

static float target_of(int sample) {
    return (float)(sample * 7 % SAMPLES) / SAMPLES - 0.5f;
}

static void counting_data(party *p) {
    static float input[SAMPLES][SAMPLES], target[SAMPLES];
    const socle_shape row = {1, {SAMPLES}}, value = {1, {1}};
    sc_dataset *data;
    for (int i = 0; i < SAMPLES; i++) {
        input[i][i] = 1;
        target[i] = target_of(i);
    }
    SC_OK(&p->env, sc_dataset_create(&data, &p->env, "counting", SAMPLES));
    SC_OK(&p->env, sc_dataset_add_copy(data, "input", SOCLE_F32, &row, input));
    SC_OK(&p->env, sc_dataset_add_copy(data, "target", SOCLE_F32, &value, target));
    party_data(p, data);
}

/* The same on paper; w[SAMPLES] is the bias. */
static void on_paper(const party_run *run, sc_env *env, double *w) {
    int64_t batch = run->fit.batch;
    sc_order order;
    SC_OK(env, sc_order_init(&order, env, NULL, SAMPLES, run->fit.seed, run->fit.shuffle));
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        sc_order_set_epoch(&order, epoch);
        for (int64_t first = 0; first < SAMPLES; first += batch) {
            int64_t end = first + batch < SAMPLES ? first + batch : SAMPLES;
            if (run->fit.drop_short && end - first < batch) break;
            double bias = w[SAMPLES], move = 0;
            for (int64_t k = first; k < end; k++) {
                uint32_t i = order.visit[k];
                double step = 2 * (double)rate * (bias + w[i] - (double)target_of((int)i)) /
                              (double)(end - first);
                w[i] -= step;
                move += step;
            }
            w[SAMPLES] -= move;
        }
    }
    sc_order_free(&order);
}

typedef struct manner {
    bool reproducible, drop_short, staged, shuffle;
} manner;

static void cover(const char *devices, int64_t batch, int64_t micro_batch, manner m) {
    static party p;
    double expected[SAMPLES + 1] = {0};
    party_run run = party_standard(0);
    run.net = "count";
    run.unwatched = true;
    run.fit.optimizer = fixture_optimizer("sgd", rate, 0);
    run.fit.epochs = EPOCHS;
    run.fit.batch = batch;
    run.fit.micro_batch = micro_batch;
    run.fit.reproducible = m.reproducible;
    run.fit.shuffle = m.shuffle;
    run.fit.drop_short = m.drop_short;
    run.fit.staged = m.staged;
    SC_REPRO("%s, batch %d, micro-batch %d, reproducible %d, drop_short %d, staged %d, shuffle %d",
             devices, (int)batch, (int)micro_batch, m.reproducible, m.drop_short, m.staged,
             m.shuffle);
    party_open(&p, devices);
    counting_data(&p);
    party_state state = party_trained(&p, &run);
    SC_EQ(state.parameters, SAMPLES + 1);
    on_paper(&run, &p.env, expected);
    for (int i = 0; i <= SAMPLES; i++) SC_NEAR((double)state.value[i], expected[i], 1e-5);
    party_free(&state);
    party_close(&p);
}

static const char *const splits[] = {
    "cpu,cpu", "cpu=5,cpu=2", "cpu=1,cpu=1000", "cpu=1000,cpu=1,cpu=1", "cpu=2,cpu=3,cpu=4", NULL};

Test(fleet_cover, each_sample_once) {
    static const int64_t batches[] = {1,  2,  5,
                                      12, 36, 37}; /* last batches of 37 % batch: 1, 2, 1 ... */
    for (int s = 0; splits[s]; s++)
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
            cover(splits[s], batches[b], 0, (manner){.staged = b % 2 == 0});
            cover(splits[s], batches[b], 0, (manner){.reproducible = true, .staged = b % 2 == 1});
        }
}

Test(fleet_cover, each_sample_once_in_micro_batches) {
    for (int s = 0; splits[s]; s++) {
        cover(splits[s], 12, 3, (manner){.staged = true});
        cover(splits[s], 12, 3, (manner){.reproducible = true, .drop_short = true});
        cover(splits[s], 36, 4, (manner){.reproducible = true, .staged = true});
    }
}

/* Micro-batches that memory asks for: more of them than staging slots. */
Test(fleet_cover, each_sample_once_on_one_device) {
    cover("cpu", 12, 0, (manner){.staged = true});
    cover("cpu", 36, 2, (manner){.staged = true});
    cover("cpu", 36, 2, (manner){.reproducible = true, .drop_short = true});
}

/* Epochs of one and of two steps, each in its own order, and samples brought ahead of time: none of
 * another epoch is taken for them. */
Test(fleet_cover, each_sample_in_the_order_of_its_epoch) {
    for (int staged = 0; staged < 2; staged++)
        for (int64_t batch = 19; batch <= 37; batch += 9) {
            cover("cpu", batch, 0, (manner){.staged = staged, .shuffle = true});
            cover("cpu", batch, 0, (manner){.staged = staged, .shuffle = true, .drop_short = true});
            cover("cpu=1,cpu=2", batch, 0, (manner){.staged = staged, .shuffle = true});
            cover("cpu=1,cpu=1000", batch, 0,
                  (manner){.staged = staged, .shuffle = true, .drop_short = true});
        }
}

static void refused(const char *devices, party_run run, const char *text) {
    static party p;
    party_open(&p, devices);
    SC_REPRO("%s on %s", run.net, devices);
    SC_EQ(party_train(&p, &run, NULL), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(p.env.text, text);
    party_close(&p);
}

Test(fleet_groups, a_whole_batch_cannot_be_split) {
    party_run run = party_standard(2);
    run.net = "norm";
    refused("cpu,cpu", run, "`batchnorm: {group: 25}`");
    refused("cpu,cpu", run, "--reproducible");
    run.fit.micro_batch = 10;
    refused("cpu", run, "`batchnorm: {group: 10}`");
}

Test(fleet_groups, what_does_not_fit_together) {
    party_run run = party_standard(2);
    run.net = "norm";
    run.group = 8;
    refused("cpu,cpu", run,
            "train.batch: 50 is no multiple of the statistics group of the batch normalisation, "
            "which is 8");
    run.group = 10;
    run.fit.micro_batch = 5;
    refused("cpu,cpu", run, "train.micro_batch: 5 is not the statistics group");
    run.fit.micro_batch = 0;
    run.net = "unequal"; /* groups of 10 and 5 */
    refused("cpu,cpu", run, "a statistics group of 5 beside one of 10");
}

/* Groups are micro-batches everywhere: on one device too. */
Test(fleet_groups, equal_groups_give_equal_runs) {
    party_run one = party_standard(20), two;
    one.net = "norm";
    one.group = 10;
    two = one;
    party_state alone = party_on("cpu", &one), several = party_on("cpu=3,cpu=2", &two);
    SC_NEAR(party_distance(&several, &alone), 0, 1e-4); /* see test_fleet_near.c; statistics divide
                                                           by small variances */
    SC_NEAR((double)two.loss[9] / (double)one.loss[9], 1, 1e-4);
    party_free(&several);
    two = one;
    one.fit.reproducible = two.fit.reproducible = true;
    party_free(&alone);
    alone = party_on("cpu", &one);
    several = party_on("cpu=1,cpu=2,cpu=1000", &two);
    party_same(&several, &alone);
    party_free(&several);
    party_free(&alone);
}

/* The group is what counts, not the batch: another one gives another run. */
Test(fleet_groups, another_group_is_another_run) {
    party_run one = party_standard(5), two;
    one.net = "norm";
    one.group = 10;
    two = one;
    two.group = 25;
    party_state a = party_on("cpu", &one), b = party_on("cpu", &two);
    SC_TRUE(party_distance(&a, &b) > 1e-3);
    party_free(&a);
    party_free(&b);
}

Test(fleet_weights, stay_as_given) {
    party_run run = party_standard(30);
    run.fit.batch = 64;
    party_state state = party_on("cpu=3,cpu=1", &run);
    SC_TRUE(run.steps > 20);
    for (int step = 0; step < run.steps; step++) {
        SC_EQ(run.share[step][0], 48);
        SC_EQ(run.share[step][1], 16);
    }
    party_free(&state);
}
