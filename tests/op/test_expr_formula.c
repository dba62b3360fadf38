/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions as formulas for people: what derivatives look like, and that reading a printed
 * formula gives the same values again. */
#include "base/text.h"
#include "op/expr_parse.h"
#include "verify/reference.h"

#include "sc_test.h"

static sc_env env;
static const char *const names[] = {"x", "y"};

static sc_expr read(const char *text) {
    sc_expr expr;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_OK(&env, sc_expr_read(&env, &expr, text, "x y"));
    sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    sc_expr_input(&expr, 1, SC_EXPR_FLOAT);
    return expr;
}

static void expect_formula(const sc_expr *expr, const char *expected) {
    sc_text text;
    sc_text_init(&text, &env);
    SC_OK(&env, sc_expr_formula(&text, expr, names));
    SC_EQ_STR(text.data, expected);
    sc_text_free(&text);
}

static double value_of(const sc_expr *expr, double x, double y) {
    static const sc_launch launch = {.rows = 1};
    static const sc_reference_point origin = {.launch = &launch};
    sc_reference_number in[SC_EXPR_INPUTS] = {{0, 0}}, out[SC_EXPR_OUTPUTS];
    in[0].value = x, in[1].value = y;
    sc_reference_expr(expr, &origin, SC_REFERENCE_BOUNDED, true, in, out);
    return out[0].value;
}

static const struct {
    const char *text, *formula, *by_x;
} cases[] = {
    {"x^2/4 - 2*x + 5", "0.25 * x ** 2 - 2 * x + 5", "0.5 * x - 2"},
    {"x*x*x - 3*x", "x ** 3 - 3 * x", "3 * x ** 2 - 3"},
    {"x ** 4 / 4 - x ** 2 / 2 + x / 10", "0.25 * x ** 4 - 0.5 * x ** 2 + 0.1 * x",
     "x ** 3 - x + 0.1"},
    {"(x - 3) ** 2", "(x - 3) ** 2", "2 * x - 6"},
    {"1 / x", "1 / x", "-1 / x ** 2"},
    {"x / (1 + abs(x))", "x / (abs(x) + 1)", "-x * sign(x) / (abs(x) + 1) ** 2 + 1 / (abs(x) + 1)"},
    {"sin(x) * exp(2 * y)", "sin(x) * exp(2 * y)", "exp(2 * y) * cos(x)"},
    {"sigmoid(x)", "sigmoid(x)", "sigmoid(x) * (-sigmoid(x) + 1)"},
    {"max(x, 0)", "max(x, 0)", "1 if 0 < x else 0"},
    {"x * y - x * y", "0", "0"},
    {"log(x) + 0 * y", "log(x)", "1 / x"},
    {"r = abs(x); 0.5 * r * r if r < y else y * (r - 0.5 * y)", NULL,
     "(abs(x) if abs(x) < y else y) * sign(x)"},
    {"x if x > 0 else y * x", "x if 0 < x else y * x", "1 if 0 < x else y"},
    {"y ** x", "pow(y, x)", NULL},
    {"3", "3", "0"},
    {"(x if x > 0 else 0.1 * x) < y", NULL, NULL},
    {"x if x > 0 else (y if y > 0 else x - y)", NULL, NULL},
    {"gelu_tanh(x) / mish(y) + x ** 0.5 * x ** 1.5", NULL, NULL},
    {"clip(x / 6 + 0.5, 0, 1) * log1p(y * y)", NULL, NULL},
    {"(1 if x < y and not (x < 0 or y > 1) else 2) - tanh(x - y)", NULL, NULL},
    {"(x + 1) * (x + 2) * (x + 3) / (y - 7) / (y - 7)", NULL, NULL},
};

Test(expr_formula, derivatives_look_as_a_person_writes_them) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_expr expr = read(cases[i].text), slope;
        if (cases[i].formula) expect_formula(&expr, cases[i].formula);
        if (!cases[i].by_x) continue;
        SC_OK(&env, sc_expr_derivative(&env, &slope, &expr, 0));
        SC_EQ(slope.inputs, expr.inputs);
        expect_formula(&slope, cases[i].by_x);
    }
}

static void expect_same_values(const sc_expr *expr) {
    static const double points[][2] = {{0.7, 1.3}, {-2.5, 0.25}, {3, 3}, {-0.1, -4}};
    sc_text text;
    sc_text_init(&text, &env);
    SC_OK(&env, sc_expr_formula(&text, expr, names));
    SC_REPRO("%s", text.data);
    sc_expr again = read(text.data);
    for (size_t p = 0; p < sizeof points / sizeof points[0]; p++) {
        double a = value_of(expr, points[p][0], points[p][1]);
        double b = value_of(&again, points[p][0], points[p][1]);
        /* Constants are floats, of which a product takes a few. What is gathered may be defined
         * where its parts are not. */
        SC_TRUE(isnan(a) || a == b || fabs(a - b) <= 1e-6 * (1 + fabs(a)));
    }
    sc_text_free(&text);
}

Test(expr_formula, what_is_printed_reads_back_with_the_same_values) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_expr expr = read(cases[i].text), slope;
        expect_same_values(&expr);
        for (int input = 0; input < 2; input++) {
            SC_OK(&env, sc_expr_derivative(&env, &slope, &expr, input));
            expect_same_values(&slope);
        }
    }
}

/* Central differences in double: an error of second order in the step, 1e-4, and rounding. */
Test(expr_formula, derivatives_are_those_of_differences) {
    const double h = 1e-4;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_expr expr = read(cases[i].text), slope;
        SC_OK(&env, sc_expr_derivative(&env, &slope, &expr, 0));
        const double x = 0.7, y = 1.3;
        double by_differences = (value_of(&expr, x + h, y) - value_of(&expr, x - h, y)) / (2 * h);
        SC_NEAR(value_of(&slope, x, y), by_differences, 1e-5 * (1 + fabs(by_differences)));
    }
}

static void expect_variables(const char *text, int count, const char *expected) {
    sc_formula_name name[4];
    char list[100] = "";
    SC_REPRO("%s", text);
    SC_EQ(sc_formula_variables(text, name, 4), count);
    for (int i = 0; i < count && i < 4; i++) {
        strncat(list, name[i].word, (size_t)name[i].length);
        strcat(list, " ");
    }
    SC_EQ_STR(list, expected);
}

Test(expr_formula, variables_are_what_is_read_and_not_given) {
    expect_variables("x^2/4 - 2*x + 5", 1, "x ");
    expect_variables("b * sin(pi * a) if a > c else b", 3, "b a c ");
    expect_variables("t = x - y; t * t", 2, "x y ");
    expect_variables("x = x + 1; x * z", 2, "x z ");
    expect_variables("a + b + c + d + e + a", 5, "a b c d ");
    expect_variables("1 + 2", 0, "");
}

/* Each statement doubles the text: 2^40 characters would be written. */
Test(expr_formula, what_grows_without_end_is_refused) {
    char text[1000] = "x = x + 1;";
    sc_text out;
    for (int i = 0; i < 30; i++) strcat(text, "x = sin(x) * (x + 2);");
    strcat(text, "x");
    sc_expr expr = read(text);
    sc_text_init(&out, &env);
    SC_EQ(sc_expr_formula(&out, &expr, names), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(env.text, "longer than");
    sc_text_free(&out);
}
