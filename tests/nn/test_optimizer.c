/* SPDX-License-Identifier: Apache-2.0 */
/* Update expressions over four steps against torch.optim.SGD and torch.optim.Adam of PyTorch 1.13
 * in double, and against the formulas of the paper; padding stays zero. */
#include "net_eval.h"

#include "graph/build.h"
#include "nn/lanes.h"

enum { WEIGHTS = 3, STEPS = 4 };

/* What every block of parameters goes through, with its inputs as homes of one lane. */
typedef struct update {
    sc_env env;
    sc_graph *graph;
    graph_eval eval;
    sc_optimizer optimizer;
    int states;
    sc_optimizer_terms terms;
} update;

static void create(update *out, const sc_optimizer *optimizer) {
    sc_env_init(&out->env, NULL, NULL);
    out->optimizer = *optimizer;
    out->states = sc_optimizer_states(optimizer);
    SC_OK(&out->env, sc_graph_create(&out->graph, &out->env, 1));
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, 0, 1, (int64_t[]){WEIGHTS});
    sc_value input[SC_UPDATE_INPUTS], result[1 + SC_OPTIMIZER_STATES];
    sc_expr expr;
    int node[SC_UPDATE_INPUTS], parameter, state[SC_OPTIMIZER_STATES] = {0};
    sc_expr_init(&expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++) {
        input[i] = sc_graph_external(out->graph, SC_LANE_INPUTS, i, &desc, NULL);
        node[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    }
    SC_OK(&out->env,
          sc_optimizer_update(&out->env, optimizer, &expr, node, &parameter, state, &out->terms));
    sc_expr_output(&expr, parameter);
    for (int s = 0; s < out->states; s++) sc_expr_output(&expr, state[s]);
    SC_TRUE(!expr.overflow);
    sc_build_expr(out->graph, &expr, SC_UPDATE_INPUTS, input, result);
    for (int i = 0; i <= out->states; i++)
        sc_graph_output(out->graph, result[i], SC_LANE_OUTPUTS, i);
    SC_OK(&out->env, out->graph->status);
    eval_create(&out->eval, out->graph, false, 1, NULL, NULL);
}

static double *home(update *update, int lane, int index) {
    return eval_home_data(&update->eval, lane, index, WEIGHTS);
}

/* One step: results become the inputs of the next. */
static void step(update *update, uint32_t number) {
    memset(update->eval.launch.scalar, 0, sizeof update->eval.launch.scalar);
    update->eval.launch.scalar[SC_SCALAR_LEARNING_RATE] = update->optimizer.value[0];
    sc_optimizer_scalars(&update->terms.step, number, update->eval.launch.scalar);
    eval_run(&update->eval);
    static const int input[] = {SC_UPDATE_PARAMETER, SC_UPDATE_STATE_0, SC_UPDATE_STATE_1,
                                SC_UPDATE_STATE_2};
    for (int i = 0; i <= update->states; i++)
        memcpy(home(update, SC_LANE_INPUTS, input[i]), home(update, SC_LANE_OUTPUTS, i),
               WEIGHTS * sizeof(double));
}

static void destroy(update *update) {
    eval_destroy(&update->eval);
    sc_graph_destroy(update->graph);
}

static void set_gradient(update *update, int number) {
    const double gradient[WEIGHTS] = {0.1 * number, -0.03 * number * number, 0.7 / number};
    memcpy(home(update, SC_LANE_INPUTS, SC_UPDATE_GRADIENT), gradient, sizeof gradient);
}

static void start(update *update, double decay) {
    static const double weights[WEIGHTS] = {0.5, -1.25, 3};
    memcpy(home(update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER), weights, sizeof weights);
    for (int i = 0; i < WEIGHTS; i++) {
        home(update, SC_LANE_INPUTS, SC_UPDATE_RATE_SCALE)[i] = 1;
        home(update, SC_LANE_INPUTS, SC_UPDATE_DECAY)[i] = decay;
    }
}

/* Rates and betas are floats: 1 - 0.999f is 1.3e-5 off in relation, which the correction takes out
 * again. */
static const double TOLERANCE = 2e-7;

static void check(const sc_optimizer *optimizer, double decay,
                  const double expected[STEPS][WEIGHTS]) {
    update update;
    create(&update, optimizer);
    start(&update, decay);
    for (int s = 1; s <= STEPS; s++) {
        SC_REPRO("%s step %d", optimizer->kind->record.word, s);
        set_gradient(&update, s);
        step(&update, (uint32_t)s);
        check_values("weights", home(&update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER), expected[s - 1],
                     WEIGHTS, TOLERANCE);
    }
    destroy(&update);
}

static sc_optimizer optimizer_of(const char *word, int count, const float *value) {
    sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find(word));
    for (int i = 0; i < count; i++) optimizer.value[i] = value[i];
    return optimizer;
}

Test(optimizer, sgd) {
    static const double expected[STEPS][WEIGHTS] = {{0.49, -1.247, 2.93},
                                                    {0.47, -1.235, 2.895},
                                                    {0.44, -1.208, 2.87166666667},
                                                    {0.4, -1.16, 2.85416666667}};
    sc_optimizer sgd = optimizer_of("sgd", 1, (float[]){0.1f});
    check(&sgd, 0, expected);
}

Test(optimizer, sgd_with_momentum) {
    static const double expected[STEPS][WEIGHTS] = {{0.49, -1.247, 2.93},
                                                    {0.461, -1.2323, 2.832},
                                                    {0.4049, -1.19207, 2.72046666667},
                                                    {0.31441, -1.107863, 2.60258666667}};
    sc_optimizer sgd = optimizer_of("sgd", 2, (float[]){0.1f, 0.9f});
    check(&sgd, 0, expected);
}

Test(optimizer, sgd_with_momentum_and_decay) {
    static const double expected[STEPS][WEIGHTS] = {{0.4895, -1.24575, 2.927},
                                                    {0.4595605, -1.22867925, 2.823373},
                                                    {0.4021553895, -1.18508689575, 2.70395199367},
                                                    {0.31008863466, -1.09666869003, 2.57626913597}};
    sc_optimizer sgd = optimizer_of("sgd", 2, (float[]){0.1f, 0.9f});
    check(&sgd, 0.01, expected);
}

Test(optimizer, adam) {
    static const double expected[STEPS][WEIGHTS] = {
        {0.40000001, -1.15000003333, 2.90000000143},
        {0.303481813521, -1.06156239438, 2.80678203923},
        {0.207681695545, -0.975019831289, 2.71946618825},
        {0.111640672126, -0.888309963988, 2.63734230449}};
    sc_optimizer adam = optimizer_of("adam", 1, (float[]){0.1f});
    check(&adam, 0, expected);
}

Test(optimizer, adam_with_every_option_and_decay) {
    static const double expected[STEPS][WEIGHTS] = {
        {0.490066225166, -1.24006410256, 2.99000999001},
        {0.480152827695, -1.23012133118, 2.98046198443},
        {0.470145849742, -1.22018208012, 2.97126023842},
        {0.459983428573, -1.21018243434, 2.96233805337}};
    sc_optimizer adam = optimizer_of("adam", 4, (float[]){0.01f, 0.8f, 0.99f, 1e-3f});
    check(&adam, 0.1, expected);
}

/* Padding of the lanes, and parameters that never had a gradient: zero stays zero, and frozen
 * blocks do not move. */
Test(optimizer, zero_stays_zero_and_scale_zero_freezes) {
    for (const sc_record *const *record = sc_optimizer_family.record; *record; record++) {
        const sc_optimizer_kind *kind = sc_optimizer_find((*record)->word);
        sc_optimizer optimizer = sc_optimizer_default(kind);
        update update;
        sc_env_init(&update.env, NULL, NULL);
        if (sc_optimizer_has_sums(&optimizer))
            continue; /* the commit's: tests/api/test_formula.c */
        if (!kind->update)
            optimizer.update = "s = max(0.9 * s, abs(g)); w = w - lr * g / (s + 1e-8)";
        SC_OK(&update.env, sc_optimizer_check(&update.env, &optimizer));
        create(&update, &optimizer);
        start(&update, 0.5);
        home(&update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER)[0] = 0;
        home(&update, SC_LANE_INPUTS, SC_UPDATE_RATE_SCALE)[1] = 0;
        for (uint32_t s = 1; s <= 3; s++) {
            set_gradient(&update, (int)s);
            home(&update, SC_LANE_INPUTS, SC_UPDATE_GRADIENT)[0] = 0;
            step(&update, s);
        }
        SC_NEAR(home(&update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER)[0], 0, 0);
        SC_NEAR(home(&update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER)[1], -1.25, 0);
        SC_TRUE(home(&update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER)[2] < 3);
        for (int k = 0; k < update.states; k++) {
            const double *state = home(&update, SC_LANE_INPUTS, SC_UPDATE_STATE_0 + k);
            char name[SC_STATE_NAME];
            sc_optimizer_state_name(name, &optimizer, k);
            /* A product over steps is the same for all weights. */
            SC_NEAR(state[0], strcmp(name, "rest_of_momentum") == 0 ? state[2] : 0, 0);
        }
        destroy(&update);
    }
}

/* Kingma and Ba: m / (1 - beta1^t), v / (1 - beta2^t), far into a run too. */
Test(optimizer, adam_correction) {
    sc_optimizer adam = sc_optimizer_default(sc_optimizer_find("adam"));
    update update;
    float scalar[SC_LAUNCH_SCALARS];
    static const uint32_t steps[] = {1, 10, 1000, 4000000000u};
    create(&update, &adam);
    SC_EQ(update.terms.step.count, 2);
    for (int i = 0; i < 4; i++) {
        sc_optimizer_scalars(&update.terms.step, steps[i], scalar);
        double beta1 = (double)0.9f, beta2 = (double)0.999f;
        SC_EQ_FLOAT_BITS(scalar[2], (float)(1.0 / (1.0 - pow(beta1, steps[i]))));
        SC_EQ_FLOAT_BITS(scalar[3], (float)(1.0 / sqrt(1.0 - pow(beta2, steps[i]))));
    }
    destroy(&update);
}

static socle_status check_update(sc_env *env, const char *text) {
    sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find("expr"));
    sc_env_init(env, NULL, NULL);
    optimizer.update = text;
    return sc_optimizer_check(env, &optimizer);
}

/* States are what is read before it is given a value, in the order of their statements. */
Test(optimizer, states_follow_from_the_formula) {
    static const struct {
        const char *update, *states[SC_OPTIMIZER_STATES + 1];
    } cases[] = {
        {"w = w - lr * g", {NULL}},
        {"v = 0.9 * v + g; w = w - lr * v", {"v"}},
        {"a = g * g; m = m + a; w = w - lr * g / (m + 1)", {"m"}},
        {"old = last; last = g; w = w - lr * (g + old)", {"last"}},
        {"w = w - lr * (g + b + a); a = g; b = a", {"a", "b"}},
        {"m = max(m, step); v = m * v + lr; u = u + v; w = w - u * g", {"m", "v", "u"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find("expr"));
        sc_env env;
        char name[SC_STATE_NAME];
        int states = 0;
        SC_REPRO("%s", cases[i].update);
        SC_OK(&env, check_update(&env, cases[i].update));
        optimizer.update = cases[i].update;
        for (; cases[i].states[states]; states++) {
            sc_optimizer_state_name(name, &optimizer, states);
            SC_EQ_STR(name, cases[i].states[states]);
        }
        SC_EQ(sc_optimizer_states(&optimizer), states);
    }
}

/* RMSprop against its formula in double, and a rate that warms up by terms of the step. */
Test(optimizer, a_formula_of_ones_own) {
    sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find("expr"));
    update update;
    optimizer.update =
        "v = 0.99 * v + (1 - 0.99) * g ** 2; w = w - 0.1 * lr * g / (sqrt(v) + 1e-8)";
    optimizer.value[0] = 0.1f;
    create(&update, &optimizer);
    start(&update, 0);
    double w[WEIGHTS] = {0.5, -1.25, 3}, v[WEIGHTS] = {0};
    for (int s = 1; s <= STEPS; s++) {
        const double g[WEIGHTS] = {0.1 * s, -0.03 * s * s, 0.7 / s};
        for (int i = 0; i < WEIGHTS; i++) {
            v[i] = 0.99 * v[i] + (1 - 0.99) * g[i] * g[i];
            w[i] -= 0.01 * g[i] / (sqrt(v[i]) + 1e-8);
        }
        set_gradient(&update, s);
        step(&update, (uint32_t)s);
        check_values("weights", home(&update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER), w, WEIGHTS,
                     1e-6);
    }
    destroy(&update);
    optimizer.update = "w = w - lr * min(1, step / 4) * g";
    create(&update, &optimizer);
    SC_EQ(update.terms.step.count, 1);
    start(&update, 0);
    double moved = 0.5;
    for (int s = 1; s <= STEPS + 2; s++) {
        set_gradient(&update, s);
        step(&update, (uint32_t)s);
        moved -= 0.1 * fmin(1, s / 4.0) * 0.1 * s;
        SC_NEAR(home(&update, SC_LANE_INPUTS, SC_UPDATE_PARAMETER)[0], moved, 1e-6);
    }
    destroy(&update);
}

Test(optimizer, wrong_formulas_are_refused) {
    static const struct {
        const char *update, *expected;
    } cases[] = {
        {"", "the update is missing"},
        {"w = w - lr * q", "column 14: unknown name 'q'; known: w, g, lr, decay, step"},
        {"w - lr * g", "column 1: the update gives w no new value (w = ...)"},
        {"w = w * 0.9", "column 1: the update never uses g, the gradient"},
        {"w = w - lr * g / 0", "column 18: division by 0"},
        {"v = v + g * g; w = w - lr * g / sqrt(v)",
         "column 1: where w, g and the states are 0 the update is no number; add a "
         "small number to what is divided by"},
        {"a = a + g; b = b + g; c = c + g; d = d + g; w = w - a - b - c - d",
         "column 34: an update keeps at most 3 values from step to step"},
        {"w = w - g * 2 ** -step - 3 ** -step - 4 ** -step - 5 ** -step - 6 ** -step",
         "column 1: the update has more than 4 terms of the step alone"},
        {"a23456789012345678901234567890123456789012345 = "
         "a23456789012345678901234567890123456789012345 + g; w = w - "
         "a23456789012345678901234567890123456789012345",
         "column 1: the name of a state has at most 39 characters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_env env;
        SC_REPRO("%s", cases[i].update);
        SC_FAILS(&env, check_update(&env, cases[i].update), SOCLE_STATUS_CONFIG);
        SC_EQ_STR(env.text, cases[i].expected);
    }
}

Test(optimizer, table) {
    int kinds = 0;
    for (const sc_record *const *record = sc_optimizer_family.record; *record; record++, kinds++) {
        const sc_optimizer_kind *kind = sc_optimizer_find((*record)->word);
        SC_TRUE(&kind->record == *record);
        SC_TRUE(sc_optimizer_default(kind).kind == kind);
        SC_EQ_STR((*record)->options[0].key, "lr");
        SC_TRUE((*record)->count <= SC_OPTIMIZER_OPTIONS);
    }
    SC_TRUE(kinds >= 2);
    SC_TRUE(sc_optimizer_find("lbfgs") == NULL);
}
