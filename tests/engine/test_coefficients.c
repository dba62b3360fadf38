/* SPDX-License-Identifier: Apache-2.0 */
/* The coefficient table of the commit, one entry per block of parameters: frozen parameters keep
 * their bits, L2 decay and the scale of the rate follow the formulas to the bit, each parameter its
 * own. And the loss normaliser: a step divides by exactly its rows. */
#include "../train/fixture.h"
#include "sc_device_bodies.h"

enum { BATCH = 16, MOST = 1 << 14 };

static const float rate = 0.05f, momentum = 0.9f;

typedef struct options {
    const char *device, *network, *optimizer;
    const float *decay, *rate_scale;
    int frozen; /* parameter number + 1; 0: none */
    int64_t capacity, rows;
    int parts, steps;
} options;

typedef struct outcome {
    size_t parameters, elements[32];
    float *before[32], *after[32], *state[32];
    sc_parameter_role role[32];
    float loss;
} outcome;

static void run(const options *o, outcome *out) {
    fixture f;
    sc_optimizer optimizer = fixture_optimizer(o->optimizer ? o->optimizer : "sgd", rate, momentum);
    memset(out, 0, sizeof *out);
    fixture_open(&f, o->device, 0);
    fixture_golden(&f, o->network ? o->network : "mlp");
    int optimizer_of[32] = {0};
    if (o->frozen) optimizer_of[o->frozen - 1] = SC_FROZEN;
    sc_engine_options engine_options = {.capacity = o->capacity ? o->capacity : BATCH,
                                        .micro_batches = o->parts ? o->parts : 1,
                                        .optimizer = &optimizer,
                                        .optimizer_of = o->frozen ? optimizer_of : NULL,
                                        .seed = 1,
                                        .decay = o->decay,
                                        .rate_scale = o->rate_scale};
    sc_engine *engine;
    FIXTURE_OK(sc_engine_create(&engine, f.device, f.net, &engine_options));
    FIXTURE_OK(sc_engine_initialize(engine, 2));
    out->parameters = f.net->parameters;
    for (size_t p = 0; p < out->parameters; p++) {
        const sc_parameter *parameter = &f.net->parameter[p];
        out->role[p] = parameter->role;
        out->elements[p] = (size_t)sc_tensor_elements(&parameter->desc);
        size_t bytes = out->elements[p] * sizeof(float);
        out->before[p] = malloc(bytes), out->after[p] = malloc(bytes),
        out->state[p] = malloc(bytes);
        FIXTURE_OK(sc_engine_read(engine, (int)p, out->before[p]));
        for (size_t i = 0; i < out->elements[p]; i += 7)
            out->before[p][i] = -0.0f; /* w - 0 loses this sign */
        FIXTURE_OK(sc_engine_write(engine, (int)p, out->before[p]));
    }
    for (int s = 0; s < (o->steps ? o->steps : 1); s++)
        out->loss = fixture_step(&f, engine, (uint32_t)s + 1, 0, o->rows ? o->rows : BATCH,
                                 o->parts ? o->parts : 1, rate);
    for (size_t p = 0; p < out->parameters; p++) {
        FIXTURE_OK(sc_engine_read(engine, (int)p, out->after[p]));
        if (sc_engine_states_of(engine, (int)p))
            FIXTURE_OK(sc_engine_read_state(engine, 0, (int)p, out->state[p]));
    }
    sc_engine_destroy(engine);
    fixture_close(&f);
}

static void release(outcome *out) {
    for (size_t p = 0; p < out->parameters; p++)
        free(out->before[p]), free(out->after[p]), free(out->state[p]);
}

static bool same(const float *a, const float *b, size_t count) {
    return memcmp(a, b, count * sizeof *a) == 0;
}

/* By value: a sum of nothing may turn -0 into 0. */
static bool equal(const float *a, const float *b, size_t elements) {
    for (size_t i = 0; i < elements; i++)
        if (!(a[i] <= b[i] && a[i] >= b[i])) return false;
    return true;
}

/* The frozen one keeps its bits, signs of zeros too, whatever its momentum; the others train as if
 * nothing were frozen (one step). */
static void freezes(const char *device, const char *optimizer) {
    for (int p = 0; p < 4; p++) {
        if (!sc_test_takes(device, p, 4)) continue;
        outcome all, frozen, longer;
        options o = {.device = device, .optimizer = optimizer};
        run(&o, &all);
        o.frozen = p + 1;
        run(&o, &frozen);
        o.steps = 6;
        run(&o, &longer);
        SC_REPRO("%s, %s, parameter %d frozen", device, optimizer, p);
        for (size_t q = 0; q < all.parameters; q++) {
            if (q != (size_t)p) SC_TRUE(same(frozen.after[q], all.after[q], all.elements[q]));
            SC_EQ(same(longer.after[q], all.before[q], all.elements[q]), q == (size_t)p);
            SC_TRUE(!same(all.after[q], all.before[q], all.elements[q]));
        }
        release(&all), release(&frozen), release(&longer);
    }
}

Test(coefficients, frozen_cpu) {
    freezes("cpu", "sgd");
    freezes("cpu", "adam");
}

Test(coefficients, frozen_opencl) {
    freezes("opencl:0", "sgd");
}

/* One step of SGD from no momentum: v = g + d w, w' = w - (s r) v, each rounded once. g is the
 * momentum of the run without decay. */
static void formula(const char *device) {
    outcome plain, changed;
    float decay[32] = {0}, scale[32];
    options o = {.device = device, .network = "cnn"};
    run(&o, &plain);
    for (size_t p = 0; p < plain.parameters; p++) {
        decay[p] = plain.role[p] == SC_PARAMETER_WEIGHT ? 0.01f * (float)(p + 1) : 0.0f;
        scale[p] = 0.25f + 0.3f * (float)p;
    }
    o.decay = decay;
    o.rate_scale = scale;
    run(&o, &changed);
    int weights = 0, others = 0;
    for (size_t p = 0; p < plain.parameters; p++) {
        if (plain.role[p] == SC_PARAMETER_STATISTIC) {
            SC_TRUE(same(changed.after[p], plain.after[p], plain.elements[p]));
            continue;
        }
        SC_REPRO("%s, parameter %zu", device, p);
        float step = scale[p] * rate;
        for (size_t i = 0; i < plain.elements[p]; i++) {
            float w = plain.before[p][i], g = plain.state[p][i];
            float decayed = decay[p] * w, v = g + decayed, move = step * v;
            SC_EQ_FLOAT_BITS(changed.state[p][i], v);
            SC_EQ_FLOAT_BITS(changed.after[p][i], w - move);
        }
        if (plain.role[p] == SC_PARAMETER_WEIGHT)
            weights += !same(changed.state[p], plain.state[p], plain.elements[p]);
        else
            others += same(changed.state[p], plain.state[p], plain.elements[p]);
    }
    SC_EQ(weights, 3);    /* two convolutions and the dense layer decay */
    SC_TRUE(others >= 5); /* biases and scales do not */
    release(&plain), release(&changed);
}

Test(coefficients, decay_and_scale_cpu) {
    formula("cpu");
}

SC_OPENCL_BODY(formula)

/* A scale of zero is frozen, by the same entry of the table. */
Test(coefficients, a_scale_of_zero) {
    outcome out;
    float scale[32];
    for (int p = 0; p < 32; p++) scale[p] = p == 2 ? 0.0f : 1.0f;
    run(&(options){.device = "cpu", .rate_scale = scale, .steps = 3}, &out);
    for (size_t p = 0; p < out.parameters; p++)
        SC_EQ(same(out.after[p], out.before[p], out.elements[p]), p == 2);
    release(&out);
}

/* A last batch of 5 rows in an engine for 16 takes the mean over 5: the bits of an engine for 5.
 * The four running statistics pass over a single row that is left, but not over one that is a whole
 * batch. */
static void uneven(const char *device) {
    static const int64_t rows[] = {1, 5, 11};
    for (int i = 0; i < 3; i++) {
        if (!sc_test_takes(device, i + 1, 2)) continue;
        outcome large, exact, whole;
        options o = {.device = device, .network = "cnn", .rows = rows[i]};
        run(&o, &large);
        o.capacity = rows[i];
        run(&o, &exact);
        run(&(options){.device = device, .network = "cnn"}, &whole);
        SC_REPRO("%d rows on %s", (int)rows[i], device);
        SC_EQ_FLOAT_BITS(large.loss, exact.loss);
        int passed_over = 0;
        for (size_t p = 0; p < large.parameters; p++) {
            bool untouched = equal(large.after[p], large.before[p], large.elements[p]);
            passed_over += untouched;
            SC_TRUE(untouched || same(large.after[p], exact.after[p], large.elements[p]));
            SC_TRUE(!same(large.after[p], whole.after[p], large.elements[p]));
        }
        SC_EQ(passed_over, rows[i] == 1 ? 4 : 0);
        release(&large), release(&exact), release(&whole);
    }
}

Test(coefficients, uneven_last_batch_cpu) {
    uneven("cpu");
}

SC_OPENCL_BODY_IN_FULL(uneven)

/* In parts of unequal size it is still the mean over all rows: close to the whole, by the order of
 * the sums alone. */
Test(coefficients, uneven_parts) {
    outcome whole, parts;
    run(&(options){.device = "cpu", .rows = 11}, &whole);
    run(&(options){.device = "cpu", .rows = 11, .parts = 3}, &parts);
    SC_NEAR((double)parts.loss, (double)whole.loss, 2e-6 * (double)whole.loss);
    for (size_t p = 0; p < whole.parameters; p++)
        for (size_t i = 0; i < whole.elements[p]; i++)
            SC_NEAR((double)parts.after[p][i], (double)whole.after[p][i],
                    1e-7 + 1e-6 * fabs((double)whole.after[p][i]));
    release(&whole), release(&parts);
}

SC_OPENCL_BODIES(coefficients)
