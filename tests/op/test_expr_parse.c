/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas as text: what they become, to the node; what they are worth, against C; what is wrong
 * with bad ones, to the column; safe forms. */
#include "base/text.h"
#include "op/expr_parse.h"
#include "verify/reference.h"

#include "sc_test.h"

#include <float.h>

static sc_env env;

static sc_expr read(const char *text, const char *names) {
    sc_expr expr;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_OK(&env, sc_expr_read(&env, &expr, text, names));
    SC_OK(&env, sc_expr_check(&env, &expr));
    return expr;
}

static void expect_text(const sc_expr *expr, const char *expected) {
    sc_text printed;
    sc_text_init(&printed, &env);
    sc_expr_print(&printed, expr);
    SC_EQ_STR(printed.data, expected);
    sc_text_free(&printed);
}

static void expect_nodes(const char *text, const char *names, const char *expected) {
    sc_expr expr = read(text, names);
    expect_text(&expr, expected);
}

Test(expr_parse, nodes_appear_in_the_order_of_the_text) {
    expect_nodes("x", "x", "f0=in0 out f0");
    expect_nodes("tanh(x)", "x", "f0=in0 f1=tanh(f0) out f1");
    expect_nodes("b - a", "a b", "f0=in0 f1=in1 f2=sub(f1,f0) out f2");
    expect_nodes("x * x + x ** 2", "x", "f0=in0 f1=mul(f0,f0) f2=square(f0) f3=add(f1,f2) out f3");
    expect_nodes("x ^ 2 + x ^ -1", "x",
                 "f0=in0 f1=square(f0) f2=-1 f3=pow(f0,f2) f4=add(f1,f3) out f4");
    expect_nodes("2 * x - 3", "x", "f0=in0 f1=2 f2=mul(f1,f0) f3=3 f4=sub(f2,f3) out f4");
    expect_nodes("y = x / 4; y * y", "x", "f0=in0 f1=4 f2=div(f0,f1) f3=mul(f2,f2) out f3");
    expect_nodes("x = x + 1; x = x + 1; x;", "x", "f0=in0 f1=1 f2=add(f0,f1) f3=add(f2,f1) out f3");
    expect_nodes("(x)", "unused x", "f0=in1 out f0");
    expect_nodes("clip(x, -1, 2 * 2)", "x", "f0=in0 f1=-1 f2=max(f0,f1) f3=4 f4=min(f2,f3) out f4");
    expect_nodes("log_sigmoid(x)", "x", "f0=in0 f1=neg(f0) f2=softplus(f1) f3=neg(f2) out f3");
    expect_nodes("x if x > 0 else 0", "x", "f0=in0 f1=0 i2=lt(f1,f0) f3=select(i2,f0,f1) out f3");
    expect_nodes("select(x >= y, x, y)", "x y",
                 "f0=in0 f1=in1 i2=le(f1,f0) f3=select(i2,f0,f1) out f3");
    expect_nodes("k == 3 and is_finite(x)", "x k:int",
                 "f0=in0 i1=in1 i2=3 i3=int_eq(i1,i2) i4=is_finite(f0) i5=int_and(i3,i4) "
                 "f6=to_float(i5) out f6");
    expect_nodes("x * (x > 0)", "x",
                 "f0=in0 f1=0 i2=lt(f1,f0) f3=to_float(i2) f4=mul(f0,f3) out f4");
    expect_nodes("k / 2", "k:int", "i0=in0 f1=to_float(i0) f2=2 f3=div(f1,f2) out f3");
    expect_nodes("(k - 1 if k != 0 else 7) + 0.5", "k:int",
                 "i0=in0 i1=1 i2=int_sub(i0,i1) i3=0 i4=int_eq(i0,i3) i5=int_eq(i4,i3) i6=7 "
                 "i7=int_select(i5,i2,i6) "
                 "f8=to_float(i7) f9=0x3f000000 f10=add(f8,f9) out f10");
}

/* What the double reference makes of a formula of x = 0.7, y = -1.3. */
static double value_of(const char *text) {
    static const sc_launch launch = {.rows = 1};
    static const sc_reference_point origin = {.launch = &launch};
    sc_expr expr = read(text, "x y");
    sc_reference_number in[SC_EXPR_INPUTS] = {{0, 0}}, out[SC_EXPR_OUTPUTS];
    in[0].value = 0.7, in[1].value = -1.3;
    sc_reference_expr(&expr, &origin, SC_REFERENCE_BOUNDED, true, in, out);
    return out[0].value;
}

Test(expr_parse, operators_bind_as_in_c_and_python) {
    const double x = 0.7, y = -1.3;
    const struct {
        const char *text;
        double expected;
    } cases[] = {
        {"x - y - 1", x - y - 1},
        {"x / y / 2", x / y / 2},
        {"x - y * 2 + x", x - y * 2 + x},
        {"-x ** 2", -(x * x)},
        {"(-x) ** 2", x * x},
        {"-x * y", -x * y},
        {"x * -y", x * -y},
        {"x - -y", x + y},
        {"+x - +y", x - y},
        {"2 ** 3 ** 2 * x", 512 * x},
        {"x ** -2", 1 / (x * x)},
        {"x ** 3 / 2", x * x * x / 2},
        {"pow(x, 2)", x * x},
        {"x + y > 0", 0},
        {"x > 0 and y > 0 or x < 1", 1},
        {"x > 0 and (y > 0 or x < 0)", 0},
        {"not x > 0", 0},
        {"not x > 0 or y < 0", 1},
        {"x == 0.7 or x != 0.5", 1},
        {"1 if x < 0 else 2 if y < 0 else 3", 2},
        {"(x if x > y else y) * 2", x * 2},
        {"x + 1 if y < 0 else x", x + 1},
        {"min(x, y) - max(x, y)", y - x},
        {"1e-3 * x + 1.5E2 + .5 + 2.", 1e-3 * x + 152.5},
        {"sin(pi * x)", sin(3.14159265358979323846 * x)},
        {"a = x * 2; b = a + y; a * b", 2 * x * (2 * x + y)},
        {"a = 2; x * a / (a + 1)", 2 * x / 3},
        {"exp(\n  x +\n  y\n)", exp(x + y)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        SC_NEAR(value_of(cases[i].text), cases[i].expected, 1e-6);
}

/* Every function of the table can be called, with whatever arguments it takes. */
Test(expr_parse, every_function_is_known_by_its_word) {
    int count = 0;
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++) {
        const sc_expr_info *info = sc_expr_op_info((sc_expr_op)op);
        char text[200] = "";
        int length = snprintf(text, sizeof text, "%s(", info->word);
        for (int i = 0; i < info->arity; i++)
            length += snprintf(text + length, sizeof text - (size_t)length, "%s%s", i ? ", " : "",
                               info->argument[i] == SC_EXPR_INT ? (i ? "k" : "x > y")
                               : i                              ? "y"
                                                                : "x");
        snprintf(text + length, sizeof text - (size_t)length, ")");
        sc_expr expr = read(text, "x y k:int");
        const sc_expr_node *last = &expr.node[expr.output[0]];
        if (info->result == SC_EXPR_INT) last = &expr.node[last->argument[0]];
        SC_EQ(last->op, op);
        count++;
    }
    SC_TRUE(count > 40);
}

static void expect_constant(const char *text, float expected) {
    sc_expr expr = read(text, "x");
    SC_EQ(expr.nodes, 1);
    SC_EQ(expr.node[0].op, SC_EXPR_CONST);
    SC_EQ_FLOAT_BITS(expr.node[0].imm.f, expected);
}

/* As floats, one operation after the other: what a device would do. */
Test(expr_parse, constants_are_computed_in_single_precision) {
    expect_constant("1 - 0.9", 1.0f - 0.9f);
    expect_constant("1 / (1 - 0.1)", 1.0f / (1.0f - 0.1f));
    expect_constant("0.1 + 0.2", 0.1f + 0.2f);
    expect_constant("sqrt(2 / pi)", sqrtf(2.0f / 3.14159265f));
    expect_constant("-0", -0.0f);
    expect_constant("1 - 1", 0.0f);
    expect_constant("1 if 2 > 1 else 0", 1.0f);
    expect_constant("max(1, 2) * 3 == 6", 1.0f);
    expect_constant("16777217", 16777216.0f);
    expect_constant("99999999999", 99999999999.0f);
    expect_constant("1e-45", 1.40129846e-45f);
    expect_nodes("x - (1 - 1)", "x", "f0=in0 f1=0 f2=sub(f0,f1) out f2"); /* nothing else is
                                                                             simplified */
    expect_nodes("x * 1", "x", "f0=in0 f1=1 f2=mul(f0,f1) out f2");
}

static void expect_error(const char *text, const char *expected) {
    sc_expr expr;
    sc_env_init(&env, NULL, NULL);
    SC_REPRO("%s", text);
    SC_FAILS(&env, sc_expr_read(&env, &expr, text, "x target"), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, expected);
}

Test(expr_parse, errors_name_the_column) {
    expect_error("", "column 1: the formula is empty");
    expect_error("   ", "column 4: the formula is empty");
    expect_error("x * y", "column 5: unknown name 'y'; known: x, target");
    expect_error("x - targt", "column 5: unknown name 'targt'; did you mean 'target'?");
    expect_error("tanh(x) * relo(x)", "column 11: unknown function 'relo'; did you mean 'relu'?");
    expect_error("x * tanh",
                 "column 5: 'tanh' is a function; its arguments go into parentheses: tanh(...)");
    expect_error("x (2)", "column 3: an operator is missing before '(': 'x' is no function");
    expect_error("max(x)", "column 1: max takes 2 arguments, not 1");
    expect_error("1 + tanh(x, x, x, x)", "column 5: tanh takes 1 argument, not 4");
    expect_error("tanh()", "column 1: tanh takes 1 argument, not 0");
    expect_error("clip(x, 1)", "column 1: clip takes 3 arguments, not 2");
    expect_error("2 * (x + 1", "column 5: the ')' of this '(' is missing");
    expect_error("tanh(x", "column 5: the ')' of this '(' is missing");
    expect_error("tanh(x x)", "column 8: ')' or an operator is expected here, not 'x'");
    expect_error("x + 1)", "column 6: ')' without a '('");
    expect_error("2 x", "column 3: an operator is expected here, not 'x'");
    expect_error("2x", "column 2: an operator is expected here, not 'x'");
    expect_error("x +", "column 4: the formula ends where a number, a name or '(' is expected");
    expect_error("x * / 2", "column 5: a number, a name or '(' is expected here, not '/'");
    expect_error("x if target", "column 12: the formula ends where else is expected");
    expect_error("x if x else 1",
                 "column 6: a condition such as x > 0, or a whole number, is needed here");
    expect_error("0 < x < 1", "column 7: comparisons do not join; write a < b and b < c");
    expect_error("x > 0 && x < 1", "column 7: '&' is no operator; write and, or, not");
    expect_error("x > 0 ? x : 0", "column 7: '?' is no operator; write a if condition else b");
    expect_error("x $ 2", "column 3: '$' means nothing in a formula");
    expect_error("x * \xc3\xa9", "column 5: this character means nothing in a formula");
    expect_error("x / 0", "column 5: division by 0");
    expect_error("x / (2 - 2)", "column 5: division by 0");
    expect_error("x / -0.0", "column 5: division by 0");
    expect_error("x * log(0)",
                 "column 5: this is no finite number in single precision (at most 3.4e+38)");
    expect_error("x * (1e30 * 1e30)",
                 "column 11: this is no finite number in single precision (at most 3.4e+38)");
    expect_error("1e39 * x", "column 1: 1e39 is too large for single precision (at most 3.4e+38)");
    expect_error("x + 1e-60", "column 5: 1e-60 is too small for single precision: it would be 0");
    expect_error("if = 3; x", "column 1: 'if' cannot be a name");
    expect_error("x; 3 = x", "column 6: an operator is expected here, not '='");
    expect_error("a = x;\n b = a + c;\n b",
                 "line 2, column 10: unknown name 'c'; known: x, target, a");
}

static void repeat(char *text, size_t count, const char *part, const char *last) {
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) strcat(text, part);
    strcat(text, last);
}

Test(expr_parse, what_is_too_large_is_refused) {
    char text[9000];
    repeat(text, 200, "x * 0.1 + ", "x");
    expect_error("x + 1 +", "column 8: the formula ends where a number, a name or '(' is expected");
    sc_expr expr;
    SC_FAILS(&env, sc_expr_read(&env, &expr, text, "x"), SOCLE_STATUS_CONFIG);
    text[0] = '\0';
    for (int i = 2; i < 120; i++) sprintf(text + strlen(text), "x / %d + ", i);
    strcat(text, "x");
    SC_FAILS(&env, sc_expr_read(&env, &expr, text, "x"), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "more than 96 operations and numbers; split the formula");
    repeat(text, 40, "(", "x");
    repeat(text + strlen(text), 40, ")", "");
    SC_OK(&env, sc_expr_read(&env, &expr, text, "x"));
    static const char *const deep[] = {"(", "-", "tanh(", "not ", "2 ** ", "x if x > 0 else "};
    for (size_t i = 0; i < sizeof deep / sizeof deep[0]; i++) {
        repeat(text, 200, deep[i], "x");
        SC_REPRO("%.20s...", text);
        SC_FAILS(&env, sc_expr_read(&env, &expr, text, "x"), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(env.text, "nested more than 64 deep");
    }
    repeat(text, 4100, " ", "x");
    SC_FAILS(&env, sc_expr_read(&env, &expr, text, "x"), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "column 4001: a formula has at most 4000 characters");
    text[0] = '\0';
    for (int i = 0; i < 60; i++) sprintf(text + strlen(text), "a%d = x; ", i);
    SC_FAILS(&env, sc_expr_read(&env, &expr, strcat(text, "x"), "x"), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "at most 40 names");
}

/* Names that the caller gives: nodes, numbers, launch arguments, and formulas that are read when
 * they are needed. */
Test(expr_parse, scope_gives_names_their_meaning) {
    sc_expr expr;
    sc_expr_scope scope;
    int node;
    sc_env_init(&env, NULL, NULL);
    sc_expr_init(&expr);
    sc_scope_init(&scope, &expr);
    sc_scope_node(&scope, "w", sc_expr_input(&expr, 0, SC_EXPR_FLOAT));
    sc_scope_node(&scope, "g", sc_expr_input(&expr, 1, SC_EXPR_FLOAT));
    sc_scope_number(&scope, "momentum", 0.9f);
    sc_scope_leaf(&scope, "base", SC_EXPR_SCALAR, 0);
    sc_scope_text(&scope, "lr", "2 * base");
    sc_scope_leaf(&scope, "never", SC_EXPR_STEP, 0);
    SC_OK(&env, sc_expr_parse(&env, &scope, "v = momentum * g; w = w - lr * v; lr + w", &node));
    sc_expr_output(&expr, sc_scope_node_of(&scope, "w"));
    sc_expr_output(&expr, sc_scope_node_of(&scope, "v"));
    SC_OK(&env, sc_expr_check(&env, &expr));
    expect_text(
        &expr,
        "f0=in0 f1=in1 f2=0x3f666666 f3=mul(f2,f1) f4=scalar0 f5=2 f6=mul(f5,f4) f7=mul(f6,f3) "
        "f8=sub(f0,f7) f9=add(f6,f8) out f8,f3");
    SC_TRUE(sc_scope_find(&scope, "momentum")->used && !sc_scope_find(&scope, "never")->used);
    SC_TRUE(sc_scope_find(&scope, "nobody") == NULL && sc_scope_node_of(&scope, "never") < 0);
    sc_scope_text(&scope, "bad", "1 / (momentum - momentum)");
    SC_FAILS(&env, sc_expr_parse(&env, &scope, "w + bad", &node), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "column 5: division by 0"); /* where the text of the user stands */
    sc_scope_text(&scope, "chicken", "egg + 1");
    sc_scope_text(&scope, "egg", "chicken + 1");
    SC_FAILS(&env, sc_expr_parse(&env, &scope, "w + chicken", &node), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "circle");
}

/* Sums are inputs that the caller computes; equal ones are one. */
Test(expr_parse, sums_become_inputs) {
    sc_expr expr;
    sc_expr_scope scope;
    sc_formula_sums sums = {0};
    int node;
    sc_env_init(&env, NULL, NULL);
    sc_expr_init(&expr);
    sc_scope_init(&scope, &expr);
    sc_scope_node(&scope, "w", sc_expr_input(&expr, 0, SC_EXPR_FLOAT));
    SC_FAILS(&env, sc_expr_parse(&env, &scope, "w / norm(w)", &node), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "column 5: sums over tensors are for updates of optimizers");
    scope.sums = &sums;
    SC_OK(&env,
          sc_expr_parse(&env, &scope, "w / norm(w) + norm(w) * total(w > sum(w * w))", &node));
    sc_expr_output(&expr, node);
    SC_EQ(sums.count, 2);
    SC_TRUE(sums.sum[0].input == 1 && !sums.sum[0].total && sums.sum[1].input == 2 &&
            sums.sum[1].total);
    expect_text(&sums.sum[0].expr, "f0=in0 f1=mul(f0,f0) out f1");
    expect_text(&sums.sum[1].expr, "f0=in0 f1=in1 i2=lt(f1,f0) f3=to_float(i2) out f3");
    sc_expr_prune(&expr);
    expect_text(
        &expr, "f0=in0 f1=in1 f2=sqrt(f1) f3=div(f0,f2) f4=in2 f5=mul(f2,f4) f6=add(f3,f5) out f6");
    SC_FAILS(&env, sc_expr_parse(&env, &scope, "mean(w) + mean(w * 2)", &node),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "column 1: more than 3 sums over tensors (a mean takes two)");
}

static void expect_safe(const char *text, const char *as) {
    sc_expr a = read(text, "x"), b = read(as, "x");
    SC_OK(&env, sc_expr_make_safe(&env, &a));
    SC_OK(&env, sc_expr_check(&env, &a));
    sc_text printed;
    sc_text_init(&printed, &env);
    sc_expr_print(&printed, &b);
    expect_text(&a, printed.data);
    sc_text_free(&printed);
}

Test(expr_parse, safe_forms_take_the_place_of_those_that_overflow) {
    expect_safe("log(1 + exp(x))", "softplus(x)");
    expect_safe("log(exp(x) + 1)", "softplus(x)");
    expect_safe("x * tanh(log(1 + exp(x)))", "mish(x)");
    expect_safe("tanh(log(1 + exp(x))) * x", "mish(x)");
    expect_safe("1 / (1 + exp(-x))", "sigmoid(x)");
    expect_safe("x / (exp(-x) + 1)", "silu(x)");
    expect_safe("x * (1 / (1 + exp(-x)))", "silu(x)");
    expect_safe("log(1 / (1 + exp(-x)))", "log_sigmoid(x)");
    expect_safe("exp(x ** 3) - 1", "expm1(x ** 3)");
    expect_safe("x if x > 0 else exp(x) - 1", "x if x > 0 else expm1(x)");
    expect_safe("(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "tanh(x)");
    expect_safe("max(0, x)", "relu(x)");
    expect_safe("x * 0.5 * (1 + erf(x / sqrt(2)))", "gelu(x)");
    expect_safe("0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3)))", "gelu_tanh(x)");
    expect_safe("x + log(2 + exp(x))", "x + log(2 + exp(x))");
    expect_safe("log(1 + exp(x)) + x * sigmoid(2 * x)", "softplus(x) + x * sigmoid(2 * x)");
}

static socle_status safe_body(sc_env *inner, void *argument) {
    sc_expr expr = *(sc_expr *)argument;
    return sc_expr_make_safe(inner, &expr);
}

Test(expr_parse, running_out_of_memory_is_a_failure) {
    sc_expr expr = read("log(1 + exp(x))", "x");
    sc_test_each_allocation(safe_body, &expr);
}
