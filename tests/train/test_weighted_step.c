/* SPDX-License-Identifier: Apache-2.0 */
/* A step of weighted samples: against the formula in double precision, and of which nothing counts.
 */
#include "fixture.h"
#include "sc_device_bodies.h"

#define UNIT (1.0 / 16777216) /* of rounding: 2^-24 */

/* ---- One step of softmax regression against the formula ---- */

enum { ROWS = 24, FEATURES = 7, CLASSES = 4 };

typedef struct regression {
    float x[ROWS][FEATURES], w[CLASSES][FEATURES], b[CLASSES], weight[ROWS];
    unsigned char label[ROWS];
} regression;

static float noise(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

static void fill(regression *r) {
    unsigned state = 7;
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < FEATURES; k++) r->x[i][k] = 2.0f * noise(&state);
        r->label[i] = (unsigned char)(i * 5 % CLASSES);
        r->weight[i] = i % 6 == 2 ? 0.0f : (noise(&state) + 1.0f) * (i % 5 == 0 ? 40.0f : 0.5f);
    }
    for (int j = 0; j < CLASSES; j++) {
        for (int k = 0; k < FEATURES; k++) r->w[j][k] = noise(&state);
        r->b[j] = 0.3f * noise(&state);
    }
}

/* What the step should give, in double precision, and how far a float computation may be from it.
 */
typedef struct expectation {
    double w[CLASSES][FEATURES], b[CLASSES], loss, weight, correct;
    double w_bound[CLASSES][FEATURES], b_bound[CLASSES], loss_bound;
} expectation;

static void expect(const regression *r, double rate, expectation *e) {
    double size[FEATURES] = {0}, most = 0;
    memset(e, 0, sizeof *e);
    for (int i = 0; i < ROWS; i++) {
        double z[CLASSES], sum = 0, weight = (double)r->weight[i];
        int best = 0;
        for (int j = 0; j < CLASSES; j++) {
            double magnitude = fabs((double)r->b[j]);
            z[j] = (double)r->b[j];
            for (int k = 0; k < FEATURES; k++) {
                z[j] += (double)r->w[j][k] * (double)r->x[i][k];
                magnitude += fabs((double)r->w[j][k] * (double)r->x[i][k]);
            }
            if (magnitude > most) most = magnitude;
            if (z[j] > z[best]) best = j;
        }
        for (int j = 0; j < CLASSES; j++) sum += exp(z[j]);
        e->weight += weight;
        e->loss += weight * (log(sum) - z[r->label[i]]);
        e->correct += best == r->label[i] ? weight : 0;
        for (int k = 0; k < FEATURES; k++) size[k] += weight * fabs((double)r->x[i][k]);
        for (int j = 0; j < CLASSES; j++) {
            double slope = weight * (exp(z[j]) / sum - (j == r->label[i]));
            e->b[j] += slope;
            for (int k = 0; k < FEATURES; k++) e->w[j][k] += slope * (double)r->x[i][k];
        }
    }
    /* Scores: a sum of FEATURES + 1 terms. Probabilities and losses: twice that, and 16 units for
     * exp, log and the quotient. Sums over the rows, of products by weights, and of the weights: a
     * unit for each addition and product. */
    double score = (FEATURES + 2) * UNIT * most, slope = 2 * score + 16 * UNIT,
           sums = (2 * ROWS + 8) * UNIT;
    for (int j = 0; j < CLASSES; j++) {
        for (int k = 0; k < FEATURES; k++) {
            e->w[j][k] = (double)r->w[j][k] - rate * e->w[j][k] / e->weight;
            e->w_bound[j][k] =
                rate * size[k] / e->weight * (slope + sums) + 2 * UNIT * fabs((double)r->w[j][k]);
        }
        e->b[j] = (double)r->b[j] - rate * e->b[j] / e->weight;
        e->b_bound[j] = rate * (slope + sums) + 2 * UNIT * fabs((double)r->b[j]);
    }
    e->loss_bound = e->weight * slope + e->loss * sums;
}

static void regression_net(fixture *f) {
    const socle_shape shape = {1, {FEATURES}};
    sc_layer_options options;
    const sc_layer_kind *dense = sc_layer_kind_find("dense", &options);
    options.units = CLASSES;
    FIXTURE_OK(sc_net_create(&f->net, &f->env));
    int x = sc_net_input(f->net, "input", SOCLE_F32, &shape, 1.0f);
    FIXTURE_OK(sc_net_loss(f->net, "softmax_cross_entropy",
                           sc_net_layer(f->net, dense, NULL, 1, &x, &options)));
}

/* A step over all rows in `parts` uneven micro-batches. */
static void one_step(const char *device, int parts, bool fixed_tree) {
    static regression r;
    expectation e;
    fixture f;
    sc_engine *engine;
    sc_totals totals;
    const float rate = 0.75f;
    sc_optimizer sgd = fixture_optimizer("sgd", rate, 0);
    sc_engine_options options = {.capacity = ROWS,
                                 .micro_batches = parts,
                                 .optimizer = &sgd,
                                 .factor = {{&sc_column_kinds[SC_COLUMN_WEIGHT]}},
                                 .fixed_tree = fixed_tree};
    float w[CLASSES][FEATURES], b[CLASSES];
    fixture_open(&f, device, 0);
    regression_net(&f);
    fill(&r);
    expect(&r, (double)rate, &e);
    SC_REPRO("%s, %d micro-batches, fixed tree %d", device, parts, fixed_tree);
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    SC_EQ(sc_engine_columns(engine), 3);
    FIXTURE_OK(sc_engine_write(engine, 0, r.w[0]));
    FIXTURE_OK(sc_engine_write(engine, 1, r.b));
    for (int part = 0; part < parts; part++) {
        int begin = part * 5, end = part + 1 < parts ? begin + 5 : ROWS;
        const void *column[] = {r.x[begin], r.label + begin, r.weight + begin};
        int slot = part % sc_engine_slots(engine);
        FIXTURE_OK(sc_engine_upload(engine, slot, end - begin, column, NULL));
        FIXTURE_OK(sc_engine_micro_batch(engine, slot, end - begin, (uint32_t)begin, 1));
    }
    sc_engine_step commit = {1, ROWS, parts, rate};
    FIXTURE_OK(sc_engine_commit(engine, &commit));
    FIXTURE_OK(sc_engine_totals(engine, &totals));
    FIXTURE_OK(sc_engine_read(engine, 0, w[0]));
    FIXTURE_OK(sc_engine_read(engine, 1, b));
    for (int j = 0; j < CLASSES; j++) {
        for (int k = 0; k < FEATURES; k++)
            SC_TRUE(fabs((double)w[j][k] - e.w[j][k]) <= e.w_bound[j][k]);
        SC_TRUE(fabs((double)b[j] - e.b[j]) <= e.b_bound[j]);
    }
    SC_TRUE(e.w_bound[0][0] < 1e-4 && e.correct > 0 && e.correct < e.weight); /* the bounds say
                                                                                 something */
    SC_TRUE(fabs(totals.sum.loss - e.loss) <= e.loss_bound);
    SC_TRUE(fabs(totals.sum.weight - e.weight) <= ROWS * UNIT * e.weight);
    SC_TRUE(fabs(totals.sum.metric[0] - e.correct) <= ROWS * UNIT * e.weight);
    SC_TRUE(fabs((double)totals.last_loss - e.loss / e.weight) <= 2 * e.loss_bound / e.weight);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(weighted, step_equals_the_formula) {
    one_step("cpu", 1, false);
    one_step("cpu", 4, false);
    one_step("cpu", 5, true);
}

static void one_step_of_each(const char *device) {
    if (sc_test_full()) one_step(device, 1, false);
    one_step(device, 5, true);
}

SC_OPENCL_BODY(one_step_of_each)

/* ---- Steps of which nothing counts ---- */

static void take_step(fixture *f, sc_engine *engine, uint32_t number, float weight, int parts) {
    float all[50];
    for (int i = 0; i < 50; i++) all[i] = weight;
    for (int part = 0; part < parts; part++) {
        int begin = 50 * part / parts, end = 50 * (part + 1) / parts;
        const void *column[3] = {0};
        for (int c = 0; c < 2; c++) {
            const sc_column *from = sc_dataset_column(f->data, c);
            column[c] = (const char *)from->data + (size_t)begin * from->row_bytes;
        }
        column[2] = all + begin;
        FIXTURE_OK(sc_engine_upload(engine, part, end - begin, column, NULL));
        FIXTURE_OK(sc_engine_micro_batch(engine, part, end - begin, (uint32_t)begin, number));
    }
    sc_engine_step commit = {number, 50, parts, 0.01f};
    FIXTURE_OK(sc_engine_commit(engine, &commit));
    for (int part = 0; part < parts; part++)
        FIXTURE_OK(sc_engine_slot_uploaded(engine, part)); /* `all` ends here */
}

static float *everything(fixture *f, sc_engine *engine, size_t *count) {
    float *all = fixture_parameters(f, engine, count);
    size_t parameters = *count;
    all = realloc(all, 3 * parameters * sizeof *all);
    for (int s = 0; s < sc_engine_states(engine); s++)
        for (size_t p = 0; p < f->net->parameters; p++) {
            if (f->net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
            FIXTURE_OK(sc_engine_read_state(engine, s, (int)p, all + *count));
            *count += (size_t)sc_tensor_elements(&f->net->parameter[p].desc);
        }
    return all;
}

/* Adam with decay and batch normalisation: all of it moves in any other step. */
static void nothing_counts(const char *device, float weight) {
    fixture f;
    sc_engine *engine;
    sc_totals before, after;
    size_t count;
    float decay[32];
    fixture_open(&f, device, 0);
    fixture_golden(&f, "cnn");
    for (size_t p = 0; p < f.net->parameters; p++) decay[p] = 0.01f;
    sc_optimizer adam = fixture_optimizer("adam", 0.01f, 0);
    sc_engine_options options = {.capacity = 50,
                                 .micro_batches = 2,
                                 .optimizer = &adam,
                                 .factor = {{&sc_column_kinds[SC_COLUMN_WEIGHT]}},
                                 .decay = decay,
                                 .seed = 1};
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_initialize(engine, 1));
    take_step(&f, engine, 1, 0.5f, 1);
    FIXTURE_OK(sc_engine_totals(engine, &before));
    SC_TRUE(before.sum.weight == 25 && before.last_loss > 0);
    float *old = everything(&f, engine, &count);
    for (int parts = 1; parts <= 2; parts++) {
        take_step(&f, engine, 1 + (uint32_t)parts, weight, parts);
        float *now = everything(&f, engine, &count);
        SC_REPRO("%s, weight %g, %d parts", device, (double)weight, parts);
        SC_EQ_MEMORY(now, old, count * sizeof *now);
        FIXTURE_OK(sc_engine_totals(engine, &after));
        SC_EQ(after.bad_step, 0);
        SC_TRUE(after.sum.loss == before.sum.loss && after.sum.weight == before.sum.weight &&
                after.sum.metric[0] == before.sum.metric[0]);
        SC_TRUE(after.last_loss == 0);
        free(now);
    }
    take_step(&f, engine, 4, 2.0f, 2);
    float *now = everything(&f, engine, &count);
    SC_TRUE(memcmp(now, old, count * sizeof *now) != 0);
    FIXTURE_OK(sc_engine_totals(engine, &after));
    SC_TRUE(after.bad_step == 0 && after.sum.weight == 125 && after.last_loss > 0);
    free(now);
    free(old);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(weighted, a_step_of_no_weight_changes_nothing) {
    nothing_counts("cpu", 0);
    nothing_counts("cpu", 1e-42f); /* 50 of them are less than the least normal float, which some
                                      devices take for 0 */
}

static void no_weight(const char *device) {
    nothing_counts(device, 0);
}

SC_OPENCL_BODY(no_weight)

/* A target so far away that its loss is infinite: of weight 0 it does no harm, else the step is
 * refused. */
static void far_target(const char *device, float weight, bool healthy) {
    const socle_shape one = {1, {1}};
    const float x[3] = {1, 2, 3}, target[3] = {2, 1e30f, 4}, each[3] = {1, weight, 2}, start = 0.5f;
    sc_layer_options dense;
    const sc_layer_kind *kind = sc_layer_kind_find("dense", &dense);
    fixture f;
    sc_engine *engine;
    sc_totals totals;
    float w, b;
    sc_optimizer sgd = fixture_optimizer("sgd", 0.1f, 0);
    sc_engine_options options = {
        .capacity = 3, .optimizer = &sgd, .factor = {{&sc_column_kinds[SC_COLUMN_WEIGHT]}}};
    fixture_open(&f, device, 0);
    FIXTURE_OK(sc_net_create(&f.net, &f.env));
    int input = sc_net_input(f.net, "input", SOCLE_F32, &one, 1.0f);
    dense.units = 1;
    FIXTURE_OK(sc_net_loss(f.net, "mean_squared_error",
                           sc_net_layer(f.net, kind, NULL, 1, &input, &dense)));
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &options));
    FIXTURE_OK(sc_engine_write(engine, 0, &start));
    FIXTURE_OK(sc_engine_write(engine, 1, &start));
    FIXTURE_OK(sc_engine_upload(engine, 0, 3, (const void *[]){x, target, each}, NULL));
    FIXTURE_OK(sc_engine_micro_batch(engine, 0, 3, 0, 1));
    FIXTURE_OK(sc_engine_commit(engine, &(sc_engine_step){1, 3, 1, 0.1f}));
    FIXTURE_OK(sc_engine_totals(engine, &totals));
    FIXTURE_OK(sc_engine_read(engine, 0, &w));
    FIXTURE_OK(sc_engine_read(engine, 1, &b));
    /* y - target: -1 of weight 1 and -2 of weight 2; losses 1 and 4. */
    SC_REPRO("%s, weight %g: step %u, loss %g, weights %.9g, %.9g", device, (double)weight,
             totals.bad_step, totals.sum.loss, (double)w, (double)b);
    SC_EQ(totals.bad_step, healthy ? 0 : 1);
    SC_TRUE(totals.sum.loss == (healthy ? 9 : 0) && totals.sum.weight == (healthy ? 3 : 0));
    SC_NEAR((double)w, healthy ? 0.5 + 0.1 * 2 * (1 * 1 + 2 * 2 * 3) / 3 : 0.5, 1e-6);
    SC_NEAR((double)b, healthy ? 0.5 + 0.1 * 2 * (1 + 2 * 2) / 3 : 0.5, 1e-6);
    sc_engine_destroy(engine);
    fixture_close(&f);
}

Test(weighted, an_infinite_loss_of_no_weight) {
    far_target("cpu", 0, true);
    far_target("cpu", 1, false);
}

static void far_target_of_no_weight(const char *device) {
    far_target(device, 0, true);
}

SC_OPENCL_BODY(far_target_of_no_weight)

SC_OPENCL_BODIES(weighted)
