/* SPDX-License-Identifier: Apache-2.0 */
/* Update expressions over four steps against torch.optim.SGD and torch.optim.Adam of PyTorch 1.13
 * in double, and against the formulas of the paper; padding stays zero. */
#include "net_eval.h"

#include "graph/build.h"

enum { WEIGHTS = 3, STEPS = 4 };

/* What every block of parameters goes through, with its inputs as homes of one lane. */
typedef struct update {
    sc_env env;
    sc_graph *graph;
    graph_eval eval;
    sc_optimizer optimizer;
    int states;
    sc_step_terms terms;
} update;

static void create(update *out, const sc_optimizer *optimizer) {
    sc_env_init(&out->env, NULL, NULL);
    out->optimizer = *optimizer;
    out->states = sc_optimizer_states(optimizer);
    SC_OK(&out->env, sc_graph_create(&out->graph, &out->env, 1));
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, false, 1, (int64_t[]){WEIGHTS});
    sc_value input[SC_UPDATE_INPUTS], result[1 + SC_OPTIMIZER_STATES];
    sc_expr expr;
    int node[SC_UPDATE_INPUTS], parameter, state[SC_OPTIMIZER_STATES] = {0};
    sc_expr_init(&expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++) {
        input[i] = sc_graph_external(out->graph, SC_LANE_INPUTS, i, &desc, NULL);
        node[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    }
    SC_OK(&out->env, sc_optimizer_update(&out->env, optimizer, &expr, node, &parameter, state, &out->terms));
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
    sc_optimizer_scalars(&update->terms, number, update->eval.launch.scalar);
    eval_run(&update->eval);
    static const int input[] = {SC_UPDATE_PARAMETER, SC_UPDATE_STATE_0, SC_UPDATE_STATE_1, SC_UPDATE_STATE_2};
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
        for (int k = 0; k < update.states; k++)
            SC_NEAR(home(&update, SC_LANE_INPUTS, SC_UPDATE_STATE_0 + k)[0], 0, 0);
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
    SC_EQ(update.terms.count, 2);
    for (int i = 0; i < 4; i++) {
        sc_optimizer_scalars(&update.terms, steps[i], scalar);
        double beta1 = (double)0.9f, beta2 = (double)0.999f;
        SC_EQ_FLOAT_BITS(scalar[2], (float)(1.0 / (1.0 - pow(beta1, steps[i]))));
        SC_EQ_FLOAT_BITS(scalar[3], (float)(1.0 / sqrt(1.0 - pow(beta2, steps[i]))));
    }
    destroy(&update);
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
