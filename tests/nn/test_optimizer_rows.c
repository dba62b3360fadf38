/* SPDX-License-Identifier: Apache-2.0 */
/* Every optimizer of the table against its algorithm in double, and against PyTorch in double, over
 * twenty steps with a weight decay. */
#include "net_eval.h"
#include "optimizer_expected.h"

#include "graph/build.h"
#include "nn/lanes.h"

enum { WEIGHTS = TORCH_WEIGHTS, STEPS = TORCH_STEPS };

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

/* As Keras 3 has them: epsilon under the root. */
static void keras_rmsprop(one *s, double g, int t) {
    (void)t;
    g += decay * s->w;
    s->a = (double)0.9f * s->a + (1 - (double)0.9f) * g * g;
    s->w -= rate * g / sqrt(s->a + (double)1e-7f);
}

static void keras_adagrad(one *s, double g, int t) {
    g += decay * s->w;
    s->a = (t == 1 ? (double)0.1f : s->a) + g * g;
    s->w -= rate * g / sqrt(s->a + (double)1e-7f);
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

/* Weights under an update, all in double but for constants, rate and launch scalars. */
typedef struct course {
    sc_env env;
    sc_graph *graph;
    graph_eval eval;
    sc_optimizer_terms terms;
    int states;
    double *home[SC_UPDATE_INPUTS];
} course;

static const double first[WEIGHTS] = {0.5, -1.25, 3, 0.01};

static void begin(course *c, const sc_optimizer *optimizer) {
    sc_expr expr;
    sc_value input[SC_UPDATE_INPUTS], result[1 + SC_OPTIMIZER_STATES];
    int node[SC_UPDATE_INPUTS], parameter, state[SC_OPTIMIZER_STATES];
    sc_tensor_desc desc = sc_tensor_make(SOCLE_F32, false, 1, (int64_t[]){WEIGHTS});
    c->states = sc_optimizer_states(optimizer);
    sc_env_init(&c->env, NULL, NULL);
    SC_OK(&c->env, sc_graph_create(&c->graph, &c->env, 1));
    sc_expr_init(&expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++) {
        input[i] = sc_graph_external(c->graph, SC_LANE_INPUTS, i, &desc, NULL);
        node[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    }
    SC_OK(&c->env, sc_optimizer_check(&c->env, optimizer));
    SC_OK(&c->env,
          sc_optimizer_update(&c->env, optimizer, &expr, node, &parameter, state, &c->terms));
    sc_expr_output(&expr, parameter);
    for (int s = 0; s < c->states; s++) sc_expr_output(&expr, state[s]);
    sc_build_expr(c->graph, &expr, SC_UPDATE_INPUTS, input, result);
    for (int i = 0; i <= c->states; i++) sc_graph_output(c->graph, result[i], SC_LANE_OUTPUTS, i);
    SC_OK(&c->env, c->graph->status);
    eval_create(&c->eval, c->graph, false, 1, NULL, NULL);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++)
        c->home[i] = eval_home_data(&c->eval, SC_LANE_INPUTS, i, WEIGHTS);
    for (int i = 0; i < WEIGHTS; i++) {
        c->home[SC_UPDATE_PARAMETER][i] = first[i];
        c->home[SC_UPDATE_RATE_SCALE][i] = 1;
        c->home[SC_UPDATE_DECAY][i] = decay;
    }
}

static double gradient(int i, int t) {
    return sin(1.7 * t + i) * (i + 1);
}

static void step(course *c, int t) {
    memset(c->eval.launch.scalar, 0, sizeof c->eval.launch.scalar);
    c->eval.launch.scalar[SC_SCALAR_LEARNING_RATE] = (float)rate;
    sc_optimizer_scalars(&c->terms.step, (uint32_t)t, c->eval.launch.scalar);
    for (int i = 0; i < WEIGHTS; i++) c->home[SC_UPDATE_GRADIENT][i] = gradient(i, t);
    eval_run(&c->eval);
    for (int i = 0; i <= c->states; i++)
        memcpy(c->home[i ? SC_UPDATE_STATE_0 + i - 1 : SC_UPDATE_PARAMETER],
               eval_home_data(&c->eval, SC_LANE_OUTPUTS, i, WEIGHTS), WEIGHTS * sizeof(double));
}

static void end(course *c) {
    eval_destroy(&c->eval);
    sc_graph_destroy(c->graph);
}

static void follow(const sc_optimizer *optimizer, void (*reference)(one *s, double g, int t)) {
    course c;
    one s[WEIGHTS] = {{0}};
    begin(&c, optimizer);
    for (int i = 0; i < WEIGHTS; i++) s[i].w = first[i];
    for (int t = 1; t <= STEPS; t++) {
        step(&c, t);
        for (int i = 0; i < WEIGHTS; i++) {
            reference(&s[i], gradient(i, t), t);
            SC_NEAR(c.home[SC_UPDATE_PARAMETER][i], s[i].w, 1e-6 * (1 + fabs(s[i].w)));
        }
    }
    end(&c);
}

/* Each step errs by 8 units in the last place of what it moves a weight by, and the steps add up;
 * a step that nearly cancels errs by what it is made of, which the rate bounds. */
Test(optimizer_rows, twenty_steps_of_torch) {
    const double unit = 0x1p-24;
    for (size_t k = 0; k < sizeof torch_cases / sizeof *torch_cases; k++) {
        sc_optimizer optimizer = sc_optimizer_default(sc_optimizer_find(torch_cases[k].word));
        course c;
        double bound[WEIGHTS] = {0};
        if (torch_cases[k].option) optimizer.value[torch_cases[k].option] = torch_cases[k].value;
        begin(&c, &optimizer);
        for (int t = 1; t <= STEPS; t++) {
            step(&c, t);
            for (int i = 0; i < WEIGHTS; i++) {
                const double before = t > 1 ? torch_cases[k].w[t - 2][i] : first[i],
                             after = torch_cases[k].w[t - 1][i];
                bound[i] += 8 * unit * fmax(fabs(after - before), rate);
                SC_REPRO("%s, step %d, weight %d", torch_cases[k].word, t, i);
                SC_NEAR(c.home[SC_UPDATE_PARAMETER][i], after, bound[i]);
            }
        }
        end(&c);
    }
}

/* Values and places of epsilon of another system. */
Test(optimizer_rows, defaults_of_keras) {
    static const struct {
        const char *word;
        void (*step)(one *s, double g, int t);
    } rows[] = {{"rmsprop", keras_rmsprop}, {"adagrad", keras_adagrad}};
    for (int k = 0; k < 2; k++) {
        const sc_optimizer_kind *kind = sc_optimizer_find(rows[k].word);
        sc_optimizer keras = sc_optimizer_default_of(kind, "keras"),
                     torch = sc_optimizer_default_of(kind, "torch"),
                     standard = sc_optimizer_default(kind);
        SC_TRUE(keras.value[0] == 0.001f);
        SC_EQ_MEMORY(torch.value, standard.value, sizeof torch.value);
        SC_REPRO("%s", rows[k].word);
        follow(&keras, rows[k].step);
    }
    SC_TRUE(sc_optimizer_default_of(sc_optimizer_find("adadelta"), "paper").value[1] == 0.95f);
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
