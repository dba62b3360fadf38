/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that are formulas: what they become, what they compute, and what is wrong with bad ones.
 */
#include "net_eval.h"

#include "base/text.h"

static const double TOLERANCE = 1e-7; /* constants of an expression are floats */

/* What an expression of a layer is, as text. */
static void print_formula(sc_text *out, const char *word, const char *formula) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){3}, 1);
    sc_layer_options options = options_of(word);
    if (formula) options.formula = formula;
    net_add(net, word, -1, &options);
    SC_TRUE(net->layer[0].formula != NULL);
    sc_text_clear(out);
    sc_expr_print(out, net->layer[0].formula);
    sc_net_destroy(net);
}

/* A user's formula is the activation itself, where it says the same: so are its derivative, its
 * fusion and its bits. */
Test(formula, a_formula_is_the_activation_of_the_same_formula) {
    static const struct {
        const char *word, *formula;
    } cases[] = {
        {"relu", "max(x, 0)"},
        {"relu", "relu(x)"},
        {"sigmoid", "1 / (1 + exp(-x))"},
        {"tanh", "(exp(x) - exp(-x)) / (exp(x) + exp(-x))"},
        {"silu", "x * sigmoid(x)"},
        {"gelu", "0.5 * x * (1 + erf(x / sqrt(2)))"},
        {"gelu_tanh", "0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))"},
        {"mish", "x * tanh(log(1 + exp(x)))"},
        {"softplus", "log(1 + exp(x))"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_env env;
        sc_text ours, theirs;
        sc_env_init(&env, NULL, NULL);
        sc_text_init(&ours, &env);
        sc_text_init(&theirs, &env);
        SC_REPRO("%s: %s", cases[i].word, cases[i].formula);
        print_formula(&ours, cases[i].word, NULL);
        print_formula(&theirs, "expr", cases[i].formula);
        SC_EQ_STR(theirs.data, ours.data);
        sc_text_free(&ours);
        sc_text_free(&theirs);
    }
}

Test(formula, a_formula_of_several_inputs) {
    sc_env env;
    net_eval e;
    sc_net *net = net_create(&env, SOCLE_F32, 2, (int64_t[]){2, 3}, 1);
    int half = net_add(net, "expr", 0, &(sc_layer_options){.formula = "x / 2"});
    sc_layer_options options = {.formula = "x1 * x2 if x1 > x3 else x3"}, standard;
    SC_EQ(sc_net_layer(net, sc_layer_kind_find("expr", &standard), NULL, 3, (int[]){0, half, half},
                       &options),
          2);
    net_eval_create(&e, net, SC_BUILD_TRAIN, 1);
    static const double x[6] = {1, -2, 3, 0.5, -0.25, 8},
                        expected[6] = {0.5, -1, 4.5, 0.125, -0.125, 32};
    memcpy(eval_input(&e, 0), x, sizeof x);
    eval_run(&e.eval);
    check_values("formula", eval_output(&e, 0), expected, 6, TOLERANCE);
    net_eval_destroy(&e);
}

static void refused(const char *formula, int inputs, const char *expected) {
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){3}, 1);
    sc_layer_options options = {.formula = formula}, standard;
    SC_REPRO("%s", formula);
    SC_EQ(sc_net_layer(net, sc_layer_kind_find("expr", &standard), NULL, inputs, (int[9]){0},
                       &options),
          -1);
    SC_EQ(net->status, SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, expected);
    sc_net_destroy(net);
}

Test(formula, a_bad_formula_is_refused_when_the_layer_is_added) {
    refused("x * y", 1, "expr1: column 5: unknown name 'y'; known: x");
    refused("2 + 3", 1, "expr1: column 1: the formula never uses x");
    refused("x1 + 1", 2, "expr1: column 1: the formula never uses x2");
    refused("x - x1", 1, "expr1: column 5: unknown name 'x1'; did you mean 'x'?");
    refused("x / (3 - 3)", 1, "expr1: column 5: division by 0");
    refused("x1", 9, "expr1: has 9 inputs; expr takes 1 to 8");
    refused(NULL, 1, "expr1: formula: is missing");
    char deep[600] = "x";
    for (int i = 2; i < 18; i++) sprintf(deep + strlen(deep), " * mish(x / %d)", i);
    sc_env env;
    sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){3}, 1);
    sc_layer_options options = {.formula = deep}, standard;
    SC_EQ(sc_net_layer(net, sc_layer_kind_find("expr", &standard), NULL, 1, (int[]){0}, &options),
          -1);
    SC_CONTAINS(env.text, "needs more than 96; split it");
    sc_net_destroy(net);
}

/* The net keeps a formula's text and its nodes. */
Test(formula, a_formula_is_copied) {
    sc_env env;
    char text[] = "x * 2";
    sc_net *net = net_create(&env, SOCLE_F32, 1, (int64_t[]){3}, 1);
    net_add(net, "expr", 0, &(sc_layer_options){.formula = text});
    memset(text, '?', sizeof text - 1);
    SC_EQ_STR(net->layer[0].options.formula, "x * 2");
    sc_net_destroy(net);
}
