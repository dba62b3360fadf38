/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of samples over whole runs on one device: weights against copies and omissions. A single
 * step: test_weighted_step.c; several devices: test_fleet_weighted.c. */
#include "fixture.h"

enum { SAMPLES = 320 };

/* Everything that a run leaves: parameters, states, the totals of its last epoch. */
typedef struct result {
    float *value;
    size_t count;
    double loss;
} result;

static socle_status note_loss(void *user, const sc_epoch_report *report) {
    ((result *)user)->loss = report->loss;
    return SOCLE_OK;
}

static result fit(fixture *f, const sc_dataset *data, sc_fit_options options) {
    result out = {0};
    sc_trainer *trainer;
    options.user = &out;
    options.epoch = note_loss;
    FIXTURE_OK(sc_trainer_create(&trainer, f->device, f->net, &options, data, NULL));
    FIXTURE_OK(sc_trainer_run(trainer));
    for (size_t p = 0; p < f->net->parameters; p++)
        out.count += 3 * (size_t)sc_tensor_elements(&f->net->parameter[p].desc);
    out.value = calloc(out.count, sizeof *out.value);
    size_t at = 0;
    for (int s = -1; s < sc_optimizer_states(&options.optimizer); s++)
        for (size_t p = 0; p < f->net->parameters; p++) {
            if (s >= 0 && f->net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
            FIXTURE_OK(sc_fleet_read(sc_trainer_fleet(trainer), (int)p, s, out.value + at));
            at += (size_t)sc_tensor_elements(&f->net->parameter[p].desc);
        }
    sc_trainer_destroy(trainer);
    return out;
}

static double distance(const result *a, const result *b) {
    double most = 0;
    for (size_t i = 0; i < a->count; i++) {
        double d = fabs((double)a->value[i] - (double)b->value[i]);
        if (!(d <= most)) most = d;
    }
    return most;
}

/* 60 samples of weights 0 to 3 against a data set that holds each so many times; then without
 * weights, which is far away. */
static void copies(const char *device) {
    enum { COUNT = 60 };
    int index[COUNT], copied[3 * COUNT], count = 0;
    float weight[COUNT];
    fixture f;
    fixture_open(&f, device, 0);
    fixture_golden(&f, "mlp");
    for (int i = 0; i < COUNT; i++) {
        index[i] = i;
        weight[i] = (float)(i * 7 % 4);
        for (int k = 0; k < i * 7 % 4; k++) copied[count++] = i;
    }
    sc_dataset *weighted = fixture_rows(&f, index, COUNT, weight),
               *longer = fixture_rows(&f, copied, count, NULL),
               *plain = fixture_rows(&f, index, COUNT, NULL);
    result a = fit(&f, weighted, fixture_ordered(COUNT, 4)),
           b = fit(&f, longer, fixture_ordered(count, 4)),
           c = fit(&f, plain, fixture_ordered(COUNT, 4));
    SC_REPRO("%s: distances %g, %g", device, distance(&a, &b), distance(&a, &c));
    SC_TRUE(distance(&a, &b) < 1e-5);
    SC_TRUE(fabs(a.loss - b.loss) < 1e-5);
    SC_TRUE(distance(&a, &c) > 1e-2);
    free(a.value);
    free(b.value);
    free(c.value);
    sc_dataset_destroy(weighted);
    sc_dataset_destroy(longer);
    sc_dataset_destroy(plain);
    fixture_close(&f);
}

Test(weighted, a_weight_of_two_is_the_sample_twice) {
    copies("cpu");
}

Test(weighted, a_weight_of_two_is_the_sample_twice_opencl) {
    copies("opencl:0");
}

/* Powers of two are exact factors of everything, so the same bits come out: only the proportions of
 * weights count. */
Test(weighted, proportions_alone_count) {
    enum { COUNT = 90 };
    int index[COUNT];
    float weight[3][COUNT];
    result run[3];
    fixture f;
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "mlp");
    for (int i = 0; i < COUNT; i++) {
        index[i] = i;
        weight[0][i] = (float)(i % 7) / 3.0f;
        weight[1][i] = weight[0][i] * 64;
        weight[2][i] = weight[0][i] / 1024;
    }
    for (int k = 0; k < 3; k++) {
        sc_dataset *data = fixture_rows(&f, index, COUNT, weight[k]);
        run[k] = fit(&f, data, fixture_ordered(20, 2));
        SC_EQ_MEMORY(run[k].value, run[0].value, run[0].count * sizeof *run[0].value);
        SC_TRUE(run[k].loss == run[0].loss);
        sc_dataset_destroy(data);
    }
    for (int k = 0; k < 3; k++) free(run[k].value);
    fixture_close(&f);
}

/* Weights of 1 take the same roundings as none. */
static void ones(const char *device, const char *network, bool staged, int64_t micro_batch) {
    int index[100];
    float weight[100];
    fixture f;
    fixture_open(&f, device, 0);
    fixture_golden(&f, network);
    for (int i = 0; i < 100; i++) {
        index[i] = i;
        weight[i] = 1;
    }
    sc_dataset *weighted = fixture_rows(&f, index, 100, weight),
               *plain = fixture_rows(&f, index, 100, NULL);
    sc_fit_options options = fixture_ordered(30, 3); /* the last batch has 10 */
    options.optimizer = fixture_optimizer("adam", 0.01f, 0);
    options.staged = staged;
    options.micro_batch = micro_batch;
    options.weight_decay = 1e-3f;
    options.validation = 0.1;
    result a = fit(&f, weighted, options), b = fit(&f, plain, options);
    SC_REPRO("%s, %s: distance %g", device, network, distance(&a, &b));
    if (f.device->info.traits & SC_TRAIT_CORRECT_DIVIDE || strcmp(device, "cpu") == 0) {
        SC_EQ_MEMORY(a.value, b.value, a.count * sizeof *a.value);
        SC_TRUE(a.loss == b.loss);
    }
    SC_TRUE(distance(&a, &b) < 1e-4);
    free(a.value);
    free(b.value);
    sc_dataset_destroy(weighted);
    sc_dataset_destroy(plain);
    fixture_close(&f);
}

Test(weighted, ones_are_as_none) {
    ones("cpu", "mlp", false, 0);
    ones("cpu", "cnn", true, 0);
    ones("cpu", "mlp", true, 6);
}

Test(weighted, ones_are_as_none_opencl) {
    ones("opencl:0", "mlp", true, 0);
    ones("opencl:0", "mlp", false, 6);
}

/* Whole batches of a run that do not count, and an epoch's mean over the rest. */
Test(weighted, batches_of_no_weight_within_a_run) {
    int index[SAMPLES], kept[SAMPLES], count = 0;
    float weight[SAMPLES];
    fixture f;
    fixture_open(&f, "cpu", 0);
    fixture_golden(&f, "mlp");
    for (int i = 0; i < SAMPLES; i++) {
        index[i] = i;
        weight[i] = i / 40 % 2 ? 0.0f : 1.5f;
        if (weight[i] > 0) kept[count++] = i;
    }
    sc_dataset *all = fixture_rows(&f, index, SAMPLES, weight),
               *some = fixture_rows(&f, kept, count, NULL);
    result a = fit(&f, all, fixture_ordered(40, 3)), b = fit(&f, some, fixture_ordered(40, 3));
    SC_TRUE(distance(&a, &b) < 1e-5);
    SC_TRUE(fabs(a.loss - b.loss) < 1e-5);
    free(a.value);
    free(b.value);
    sc_dataset_destroy(all);
    sc_dataset_destroy(some);
    fixture_close(&f);
}
