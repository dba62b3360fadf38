/* SPDX-License-Identifier: Apache-2.0 */
/* Every optimizer of the table against its algorithm in double, over steps with a weight decay. */
#include "net_eval.h"

#include "graph/build.h"
#include "nn/lanes.h"

enum { WEIGHTS = 4, STEPS = 6 };

static const double decay = 0.03, rate = 0.02;

/* What the algorithms below keep of one weight. */
typedef struct one {
    double w, a, b, c;
} one;

static void moments(one *s, double g, int t, double *mean, double *root) {
    const double beta1 = (double)0.9f, beta2 = (double)0.999f;
    s->a = beta1 * s->a + (1 - beta1) * g;
    s->b = beta2 * s->b + (1 - beta2) * g * g;
    *mean = s->a / (1 - pow(beta1, t));
    *root = sqrt(s->b / (1 - pow(beta2, t)));
}

static void sgd(one *s, double g, int t) {
    (void)t;
    s->w -= rate * (g + decay * s->w);
}

static void adam(one *s, double g, int t) {
    double mean, root;
    moments(s, g + decay * s->w, t, &mean, &root);
    s->w -= rate * mean / (root + 1e-8);
}

static void nesterov(one *s, double g, int t) {
    (void)t;
    g += decay * s->w;
    s->a = (double)0.9f * s->a + g;
    s->w -= rate * (g + (double)0.9f * s->a);
}

static void amsgrad(one *s, double g, int t) {
    double mean, root;
    moments(s, g + decay * s->w, t, &mean, &root);
    s->c = fmax(s->c, s->b);
    s->w -= rate * mean / (sqrt(s->c / (1 - pow((double)0.999f, t))) + 1e-8);
}

static void adadelta(one *s, double g, int t) {
    (void)t;
    g += decay * s->w;
    s->a = (double)0.9f * s->a + (1 - (double)0.9f) * g * g;
    double move = g * sqrt((s->b + 1e-6) / (s->a + 1e-6));
    s->b = (double)0.9f * s->b + (1 - (double)0.9f) * move * move;
    s->w -= rate * move;
}

static void adamw(one *s, double g, int t) {
    double mean, root;
    moments(s, g, t, &mean, &root);
    s->w = s->w * (1 - rate * decay) - rate * mean / (root + 1e-8);
}

static void adamax(one *s, double g, int t) {
    g += decay * s->w;
    s->a = (double)0.9f * s->a + (1 - (double)0.9f) * g;
    s->b = fmax((double)0.999f * s->b, fabs(g));
    s->w -= rate / (1 - pow((double)0.9f, t)) * s->a / (s->b + 1e-8);
}

static double mu(int t) {
    return (double)0.9f * (1 - 0.5 * pow(0.96, t * 0.004));
}

static void nadam(one *s, double g, int t) {
    double mean, root;
    moments(s, g + decay * s->w, t, &mean, &root);
    s->c = t == 1 ? mu(1) : s->c * mu(t);
    s->w -= rate * (1 - mu(t)) / (1 - s->c) * (g + decay * s->w) / (root + 1e-8) +
            rate * mu(t + 1) / (1 - s->c * mu(t + 1)) * s->a / (root + 1e-8);
}

static void lion(one *s, double g, int t) {
    (void)t;
    double c = (double)0.9f * s->a + (1 - (double)0.9f) * g;
    s->w -= rate * ((c > 0) - (c < 0) + decay * s->w);
    s->a = (double)0.99f * s->a + (1 - (double)0.99f) * g;
}

static void rmsprop(one *s, double g, int t) {
    (void)t;
    g += decay * s->w;
    s->a = (double)0.99f * s->a + (1 - (double)0.99f) * g * g;
    s->w -= rate * g / (sqrt(s->a) + 1e-8);
}

static void rmsprop_with_momentum(one *s, double g, int t) {
    (void)t;
    g += decay * s->w;
    s->a = (double)0.99f * s->a + (1 - (double)0.99f) * g * g;
    s->b = 0.5 * s->b + g / (sqrt(s->a) + 1e-8);
    s->w -= rate * s->b;
}

static void adagrad(one *s, double g, int t) {
    (void)t;
    g += decay * s->w;
    s->a += g * g;
    s->w -= rate * g / (sqrt(s->a) + 1e-10);
}

static const struct {
    const char *word;
    int option;
    float value; /* of that option; 0, 0: all standard */
    void (*step)(one *s, double g, int t);
} cases[] = {
    {"sgd", 0, 0, sgd},         {"adam", 0, 0, adam},
    {"adamw", 0, 0, adamw},     {"nesterov", 0, 0, nesterov},
    {"amsgrad", 0, 0, amsgrad}, {"adadelta", 0, 0, adadelta},
    {"adamax", 0, 0, adamax},   {"nadam", 0, 0, nadam},
    {"lion", 0, 0, lion},       {"rmsprop", 0, 0, rmsprop},
    {"adagrad", 0, 0, adagrad}, {"rmsprop", 3, 0.5f, rmsprop_with_momentum},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* Sums over tensors need the commit: tests/api/test_formula.c has lamb. */
static bool is_elsewhere(const char *word) {
    return strcmp(word, "lamb") == 0 || strcmp(word, "expr") == 0;
}

static void follow(const sc_optimizer *optimizer, void (*reference)(one *s, double g, int t)) {
    sc_env env;
    sc_graph *graph;
    graph_eval eval;
    sc_expr expr;
    sc_optimizer_terms terms;
    sc_value input[SC_UPDATE_INPUTS], result[1 + SC_OPTIMIZER_STATES];
    int node[SC_UPDATE_INPUTS], parameter, state[SC_OPTIMIZER_STATES],
        states = sc_optimizer_states(optimizer);
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, false, 1, (int64_t[]){WEIGHTS});
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_graph_create(&graph, &env, 1));
    sc_expr_init(&expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++) {
        input[i] = sc_graph_external(graph, SC_LANE_INPUTS, i, &desc, NULL);
        node[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    }
    SC_OK(&env, sc_optimizer_check(&env, optimizer));
    SC_OK(&env, sc_optimizer_update(&env, optimizer, &expr, node, &parameter, state, &terms));
    sc_expr_output(&expr, parameter);
    for (int s = 0; s < states; s++) sc_expr_output(&expr, state[s]);
    sc_build_expr(graph, &expr, SC_UPDATE_INPUTS, input, result);
    for (int i = 0; i <= states; i++) sc_graph_output(graph, result[i], SC_LANE_OUTPUTS, i);
    SC_OK(&env, graph->status);
    eval_create(&eval, graph, false, 1, NULL, NULL);
    one s[WEIGHTS] = {{.w = 0.5}, {.w = -1.25}, {.w = 3}, {.w = 0.01}};
    double *home[SC_UPDATE_INPUTS];
    for (int i = 0; i < SC_UPDATE_INPUTS; i++)
        home[i] = eval_home_data(&eval, SC_LANE_INPUTS, i, WEIGHTS);
    for (int i = 0; i < WEIGHTS; i++) {
        home[SC_UPDATE_PARAMETER][i] = s[i].w;
        home[SC_UPDATE_RATE_SCALE][i] = 1;
        home[SC_UPDATE_DECAY][i] = decay;
    }
    for (int t = 1; t <= STEPS; t++) {
        memset(eval.launch.scalar, 0, sizeof eval.launch.scalar);
        eval.launch.scalar[SC_SCALAR_LEARNING_RATE] = (float)rate;
        sc_optimizer_scalars(&terms.step, (uint32_t)t, eval.launch.scalar);
        for (int i = 0; i < WEIGHTS; i++) {
            double g = sin(1.7 * t + i) * (i + 1);
            home[SC_UPDATE_GRADIENT][i] = g;
            reference(&s[i], g, t);
        }
        eval_run(&eval);
        for (int i = 0; i <= states; i++)
            memcpy(home[i ? SC_UPDATE_STATE_0 + i - 1 : SC_UPDATE_PARAMETER],
                   eval_home_data(&eval, SC_LANE_OUTPUTS, i, WEIGHTS), WEIGHTS * sizeof(double));
        for (int i = 0; i < WEIGHTS; i++) /* Constants, rate and scalars are floats. */
            SC_NEAR(home[SC_UPDATE_PARAMETER][i], s[i].w, 1e-6 * (1 + fabs(s[i].w)));
    }
    eval_destroy(&eval);
    sc_graph_destroy(graph);
}

Test(optimizer_rows, every_one_follows_its_algorithm) {
    for (const sc_record *const *record = sc_optimizer_family.record; *record; record++) {
        int found = is_elsewhere((*record)->word);
        for (int c = 0; c < CASES; c++) {
            if (strcmp(cases[c].word, (*record)->word) != 0) continue;
            sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find(cases[c].word));
            if (cases[c].option) optimizer.value[cases[c].option] = cases[c].value;
            SC_REPRO("%s", cases[c].word);
            follow(&optimizer, cases[c].step);
            found++;
        }
        if (!found) SC_TEST_FAIL("the test does not know the optimizer %s", (*record)->word);
    }
}
