/* SPDX-License-Identifier: Apache-2.0 */
/* Penalties against what they are to find: ridge is (X'X + lambda I)^-1 X'y, the lasso is that of
 * coordinate descent, zeros included, in doubles; and every optimizer brings to 0 what is not worth
 * its penalty. */
#include "../fleet/party.h"

#include "train/updates.h"

enum { ROWS = 120, FEATURES = 8 };

/* Columns that depend on each other, of mean 0; three of them matter. */
typedef struct problem {
    float x[ROWS][FEATURES], y[ROWS];
} problem;

static double draw(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 8388608.0 - 1;
}

static void make(problem *out) {
    uint32_t state = 5;
    for (int i = 0; i < ROWS; i++) {
        double common = draw(&state), y = 0.25 * draw(&state) + 0.5;
        for (int j = 0; j < FEATURES; j++)
            out->x[i][j] = (float)(draw(&state) + (j % 2 ? 0.5 : -0.75) * common);
        y += 1.5 * (double)out->x[i][0] - (double)out->x[i][3] + 0.2 * (double)out->x[i][5];
        out->y[i] = (float)y;
    }
}

/* X'X / n and X'y / n of centred columns. */
typedef struct moments {
    double a[FEATURES][FEATURES], b[FEATURES];
} moments;

static void moments_of(moments *out, const problem *p) {
    double mean[FEATURES + 1] = {0};
    memset(out, 0, sizeof *out);
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < FEATURES; j++) mean[j] += (double)p->x[i][j] / ROWS;
        mean[FEATURES] += (double)p->y[i] / ROWS;
    }
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < FEATURES; j++) {
            const double u = ((double)p->x[i][j] - mean[j]) / ROWS;
            for (int k = 0; k < FEATURES; k++) out->a[j][k] += u * ((double)p->x[i][k] - mean[k]);
            out->b[j] += u * ((double)p->y[i] - mean[FEATURES]);
        }
}

/* The minimum of mean (y - x w)^2 + l1 |w| + l2 w^2 by its coordinates. */
static void descend(double *w, const moments *m, double l1, double l2) {
    for (int j = 0; j < FEATURES; j++) w[j] = 0;
    for (int round = 0; round < 5000; round++)
        for (int j = 0; j < FEATURES; j++) {
            double rest = m->b[j];
            for (int k = 0; k < FEATURES; k++) rest -= k == j ? 0 : m->a[j][k] * w[k];
            const double far = fmax(fabs(rest) - l1 / 2, 0);
            w[j] = (rest < 0 ? -far : far) / (m->a[j][j] + l2);
        }
}

/* (X'X / n + l2 I) w = X'y / n by elimination. */
static void solve(double *w, moments m, double l2) {
    for (int j = 0; j < FEATURES; j++) m.a[j][j] += l2;
    for (int j = 0; j < FEATURES; j++)
        for (int i = j + 1; i < FEATURES; i++) {
            const double factor = m.a[i][j] / m.a[j][j];
            for (int k = j; k < FEATURES; k++) m.a[i][k] -= factor * m.a[j][k];
            m.b[i] -= factor * m.b[j];
        }
    for (int j = FEATURES - 1; j >= 0; j--) {
        w[j] = m.b[j];
        for (int k = j + 1; k < FEATURES; k++) w[j] -= m.a[j][k] * w[k];
        w[j] /= m.a[j][j];
    }
}

/* What a run on the problem ends with: weights, then the bias; and its last report. */
typedef struct found {
    float w[FEATURES + 1];
    double penalty, loss;
} found;

static socle_status keep_report(void *user, const sc_epoch_report *report) {
    found *out = user;
    out->penalty = report->penalty;
    out->loss = report->loss;
    return SOCLE_OK;
}

static found train(const char *devices, const problem *problem, sc_fit_options options) {
    const socle_shape row = {1, {FEATURES}}, one = {1, {1}};
    found out;
    party p;
    sc_net *net;
    sc_dataset *data;
    sc_trainer *trainer;
    sc_layer_options dense;
    party_open(&p, devices);
    FIXTURE_OK(sc_dataset_create(&data, &p.env, "rows", ROWS));
    FIXTURE_OK(sc_dataset_add_copy(data, "x", SOCLE_F32, &row, problem->x));
    FIXTURE_OK(sc_dataset_add_copy(data, "target", SOCLE_F32, &one, problem->y));
    FIXTURE_OK(sc_net_create(&net, &p.env));
    int x = sc_net_input(net, "x", SOCLE_F32, &row, 1);
    const sc_layer_kind *kind = sc_layer_kind_find("dense", &dense);
    dense.units = 1;
    x = sc_net_layer(net, kind, NULL, 1, &x, &dense);
    FIXTURE_OK(sc_net_loss(net, "sum_squared_error", x));
    options.user = &out;
    options.epoch = keep_report;
    FIXTURE_OK(
        sc_trainer_create_on(&trainer, &p.env, p.device, p.devices, net, &options, data, NULL));
    FIXTURE_OK(sc_trainer_run(trainer));
    FIXTURE_OK(sc_fleet_read(sc_trainer_fleet(trainer), 0, -1, out.w));
    FIXTURE_OK(sc_fleet_read(sc_trainer_fleet(trainer), 1, -1, out.w + FEATURES));
    SC_TRUE(sc_trainer_destroy(trainer));
    sc_net_destroy(net);
    sc_dataset_destroy(data);
    party_close(&p);
    return out;
}

static sc_fit_options whole_batches(int64_t epochs, double l1, double l2) {
    sc_fit_options options = fixture_ordered(ROWS, epochs);
    options.optimizer = fixture_optimizer("sgd", 0.1f, 0.8f);
    options.penalty = (sc_penalty){.l1 = l1, .l2 = l2};
    return options;
}

/* Floats near their fixed point: the gradient errs by its terms' roundings, and the least
 * eigenvalue, l2 included, is above 0.1. */
static void expect(const found *found, const double *w, double l1, double l2) {
    double penalty = 0;
    for (int j = 0; j < FEATURES; j++) {
        SC_REPRO("weight %d", j);
        SC_NEAR((double)found->w[j], w[j], 5e-6);
        if (w[j] == 0) SC_EQ_FLOAT_BITS(fabsf(found->w[j]), 0.0f);
        penalty += l1 * fabs((double)found->w[j]) + l2 * (double)found->w[j] * (double)found->w[j];
    }
    SC_NEAR(found->penalty, penalty, 1e-12);
    SC_TRUE(fabsf(found->w[FEATURES]) > 0.1f); /* the bias has no penalty */
}

Test(penalty, ridge_is_its_formula) {
    static problem p;
    static moments m;
    double w[FEATURES];
    make(&p);
    moments_of(&m, &p);
    solve(w, m, 0.125);
    found out = train("cpu", &p, whole_batches(600, 0, 0.125));
    expect(&out, w, 0, 0.125);
}

Test(penalty, lasso_has_zeros) {
    static problem p;
    static moments m;
    double w[FEATURES];
    int zeros = 0;
    make(&p);
    moments_of(&m, &p);
    descend(w, &m, 0.25, 0.0625);
    for (int j = 0; j < FEATURES; j++) zeros += w[j] == 0;
    SC_TRUE(zeros >= 3 && zeros < FEATURES);
    found out = train("cpu", &p, whole_batches(600, 0.25, 0.0625));
    expect(&out, w, 0.25, 0.0625);
    sc_fit_options parts = whole_batches(600, 0.25, 0.0625), clipped = parts, half = parts;
    parts.micro_batch = 40;
    parts.reproducible = true;
    out = train("cpu", &p, parts);
    expect(&out, w, 0.25, 0.0625);
    found others = train("cpu,cpu", &p, parts);
    for (int j = 0; j <= FEATURES; j++) SC_EQ_FLOAT_BITS(others.w[j], out.w[j]);
    clipped.clip_norm = 0.5f; /* on the way, not at the end: the whole gradient is clipped */
    out = train("cpu", &p, clipped);
    expect(&out, w, 0.25, 0.0625);
    half.precision = SOCLE_BF16;
    out = train("cpu", &p, half);
    for (int j = 0; j < FEATURES; j++) SC_TRUE((out.w[j] == 0) == (w[j] == 0));
}

/* Nothing is worth a penalty of 100: all weights end at 0, and stay. Steps of lamb are a share of
 * the weights, which become as small as they like. */
Test(penalty, every_optimizer) {
    static problem p;
    make(&p);
    for (int i = 0; sc_optimizer_family.record[i]; i++) {
        const char *word = sc_optimizer_family.record[i]->word;
        sc_fit_options options = whole_batches(400, 100, 0);
        if (strcmp(word, "expr") == 0) continue;
        SC_REPRO("%s", word);
        options.optimizer = sc_optimizer_default(sc_optimizer_find(word));
        options.optimizer.value[0] = strcmp(word, "adadelta") == 0  ? 1.0f
                                     : strcmp(word, "adagrad") == 0 ? 0.1f
                                                                    : 0.01f;
        found out = train("cpu", &p, options);
        for (int j = 0; j < FEATURES; j++)
            SC_TRUE(strcmp(word, "lamb") == 0 ? fabsf(out.w[j]) < 0.05f : out.w[j] == 0);
        SC_TRUE(out.w[FEATURES] != 0);
        options.average = 0.9f;
        if (sc_optimizer_states(&options.optimizer) == SC_OPTIMIZER_STATES) continue;
        out = train("cpu", &p, options);
        if (strcmp(word, "lamb") != 0) SC_TRUE(out.w[0] == 0);
    }
}

/* Groups have their own, biases where it says so; what is frozen has none. */
Test(penalty, groups) {
    static problem p;
    make(&p);
    const char *weights[] = {"dense1.weight"}, *all[] = {"dense1"};
    sc_parameter_group group = {SC_PARAMETER_GROUP_STANDARD, .pattern = weights, .patterns = 1};
    sc_fit_options options = whole_batches(100, 100, 0);
    options.group = &group;
    options.groups = 1;
    found out = train("cpu", &p, options);
    SC_TRUE(out.w[0] == 0 && out.w[FEATURES] != 0);
    group.penalty.l1 = 0;
    out = train("cpu", &p, options);
    SC_TRUE(out.w[0] != 0 && isnan(out.penalty));
    group.pattern = all;
    group.penalty = (sc_penalty){.l1 = 50, .l2 = NAN, .biases = true};
    out = train("cpu", &p, options);
    SC_TRUE(out.w[0] == 0 && out.w[FEATURES] == 0 && out.penalty == 0);
}
