/* SPDX-License-Identifier: Apache-2.0 */
/* Scalar expressions: building, checking, pruning, splicing, printing, and the gradient of every
 * opcode against finite differences of the double interpreter in src/verify. */
#include "base/text.h"
#include "op/expr_parse.h"
#include "verify/reference.h"

#include "sc_test.h"

static const sc_launch launch = {.rows = 1, .scalar = {2.5f}};
static const sc_reference_point origin = {.launch = &launch};

/* The first output, in double. */
static double evaluate(const sc_expr *expr, const double *input) {
    sc_reference_number in[SC_EXPR_INPUTS] = {{0, 0}}, out[SC_EXPR_OUTPUTS];
    for (int i = 0; i < expr->inputs; i++) in[i].value = input[i];
    sc_reference_expr(expr, &origin, SC_REFERENCE_BOUNDED, true, in, out);
    return out[0].value;
}

static sc_env new_env(void) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    return env;
}

/* op(in0, in1, in2), integer conditions made from floats: in0 < 0.5. */
static sc_expr one_operation(sc_expr_op op) {
    const sc_expr_info *info = sc_expr_op_info(op);
    sc_expr expr;
    sc_expr_init(&expr);
    int a[3] = {0, 0, 0};
    for (int i = 0; i < info->arity; i++) {
        a[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
        if (info->argument[i] == SC_EXPR_INT)
            a[i] = sc_expr_add_node(&expr, SC_EXPR_LT, a[i], sc_expr_const(&expr, 0.5f), 0);
    }
    sc_expr_output(&expr, sc_expr_add_node(&expr, op, a[0], a[1], a[2]));
    return expr;
}

static double difference(const sc_expr *expr, const double *point, int input) {
    const double h = 1e-5;
    double at[SC_EXPR_INPUTS] = {0}, value[4];
    static const int steps[4] = {-2, -1, 1, 2};
    memcpy(at, point, (size_t)expr->inputs * sizeof at[0]);
    for (int i = 0; i < 4; i++) {
        at[input] = point[input] + steps[i] * h;
        value[i] = evaluate(expr, at);
    }
    return (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * h);
}

/* Compares at one point; `stored` puts the outputs where the gradient reads them. */
static void compare_gradient(const sc_expr *expr, const double *point) {
    sc_env env = new_env();
    for (int input = 0; input < expr->inputs; input++) {
        sc_expr gradient;
        SC_OK(&env, sc_expr_gradient(&env, &gradient, expr, 0, input));
        SC_OK(&env, sc_expr_check(&env, &gradient));
        SC_EQ(gradient.inputs, expr->inputs + expr->outputs + 1);
        double at[SC_EXPR_INPUTS] = {0};
        memcpy(at, point, (size_t)expr->inputs * sizeof at[0]);
        sc_reference_number in[SC_EXPR_INPUTS] = {{0, 0}}, out[SC_EXPR_OUTPUTS];
        for (int i = 0; i < expr->inputs; i++) in[i].value = at[i];
        sc_reference_expr(expr, &origin, SC_REFERENCE_BOUNDED, true, in, out);
        for (int i = 0; i < expr->outputs; i++) at[expr->inputs + i] = out[i].value;
        at[expr->inputs + expr->outputs] = 1.75;
        double expected = 1.75 * difference(expr, point, input);
        SC_NEAR(evaluate(&gradient, at), expected, 2e-6 * (1 + fabs(expected)));
    }
}

static const double points[][3] = {{0.3, 0.7, -0.4},  {-1.3, 2.2, 0.6}, {2.4, -0.8, 1.9},
                                   {-4.1, -2.6, 3.3}, {6.2, 1.1, -2.7}, {0.05, 3.4, 0.2}};
enum { POINTS = sizeof points / sizeof points[0] };

/* Outside these the forward function itself is not defined. */
static bool in_domain(sc_expr_op op, double a) {
    bool positive =
        op == SC_EXPR_SQRT || op == SC_EXPR_RSQRT || op == SC_EXPR_LOG || op == SC_EXPR_POW;
    return positive ? a > 0 : op != SC_EXPR_LOG1P || a > -1;
}

Test(expr, gradient_of_every_operation_equals_finite_differences) {
    int tried = 0;
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++) {
        const sc_expr_info *info = sc_expr_op_info((sc_expr_op)op);
        if (info->result == SC_EXPR_INT) continue;
        sc_expr expr = one_operation((sc_expr_op)op);
        for (int p = 0; p < POINTS; p++) {
            if (!in_domain((sc_expr_op)op, points[p][0])) continue;
            SC_REPRO("%s at point %d", info->word, p);
            compare_gradient(&expr, points[p]);
            tried++;
        }
    }
    SC_TRUE(tried > 150);
}

Test(expr, gradient_of_inner_operations_equals_finite_differences) {
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++) {
        const sc_expr_info *info = sc_expr_op_info((sc_expr_op)op);
        if (info->result == SC_EXPR_INT) continue;
        sc_expr expr = one_operation((sc_expr_op)op); /* f(in) * in0 + f(in): f is no output now */
        int f = expr.output[0], x = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
        int product = sc_expr_add_node(&expr, SC_EXPR_MUL, f, x, 0);
        expr.outputs = 0;
        sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_ADD, product, f, 0));
        for (int p = 0; p < POINTS; p++) {
            if (!in_domain((sc_expr_op)op, points[p][0])) continue;
            SC_REPRO("%s inside, at point %d", info->word, p);
            compare_gradient(&expr, points[p]);
        }
    }
}

Test(expr, the_gradient_reads_the_result_where_that_is_enough) {
    static const sc_expr_op from_result[] = {SC_EXPR_TANH, SC_EXPR_SIGMOID, SC_EXPR_RELU,
                                             SC_EXPR_EXP,  SC_EXPR_SQRT,    SC_EXPR_RSQRT,
                                             SC_EXPR_EXPM1};
    sc_env env = new_env();
    for (size_t i = 0; i < sizeof from_result / sizeof from_result[0]; i++) {
        sc_expr expr = one_operation(from_result[i]), gradient;
        SC_REPRO("%s", sc_expr_op_info(from_result[i])->word);
        SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0));
        SC_EQ(sc_expr_used_inputs(&gradient), 1u << 1 | 1u << 2);
    }
}

static void expect_text(const sc_expr *expr, const char *expected) {
    sc_env env = new_env();
    sc_text text;
    sc_text_init(&text, &env);
    sc_expr_print(&text, expr);
    SC_EQ_STR(text.data, expected);
    sc_text_free(&text);
}

Test(expr, the_gradient_is_simplified) {
    sc_env env = new_env();
    sc_expr gradient, expr = one_operation(SC_EXPR_TANH);
    SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0));
    SC_EQ(gradient.nodes, 6); /* g, y, 1, y*y, 1 - y*y, g * (1 - y*y) */
    expr = one_operation(SC_EXPR_ADD);
    SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 1));
    expect_text(&gradient, "f0=in3 out f0");
    expr = one_operation(SC_EXPR_FLOOR);
    SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0));
    expect_text(&gradient, "f0=0 out f0");
}

Test(expr, the_gradient_of_a_dead_relu_or_zero_power_is_zero_not_nan) {
    sc_env env = new_env();
    sc_expr gradient, expr = one_operation(SC_EXPR_RELU);
    SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0));
    const double dead[] = {-3, 0, INFINITY}, lost[] = {NAN, NAN, 1};
    SC_EQ(evaluate(&gradient, dead), 0);
    SC_EQ(evaluate(&gradient, lost), 1);
    expr = one_operation(SC_EXPR_POW);
    SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0));
    const double flat[] = {0, 0, 1, 1};
    SC_EQ(evaluate(&gradient, flat), 0);
    SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 1));
    const double base[] = {0, 2, 0, 1};
    SC_EQ(evaluate(&gradient, base), 0);
}

/* The branch that was not taken may be infinite, and so may its slope: nothing of it reaches the
 * gradient. */
Test(expr, the_branch_not_taken_does_not_reach_the_gradient) {
    static const struct {
        const char *text;
        double x, slope;
    } cases[] = {
        {"x if x > 0 else exp(x) - 1", 1000, 1},
        {"exp(x) - 1 if x <= 0 else x", 1000, 1},
        {"x if x > 0 else x * exp(x)", 1000, 1},
        {"x if x > 0 else 2 - exp(x * x)", 1000, 1},
        {"1 / x if x > 1e-30 else x", 0, 1},
        {"sqrt(x) if x > 0 else 3 * x", 0, 3},
        {"log(x) if x > 0 else 0", -1, 0},
        {"x if x > 0 else exp(x) if x > -1 else x / (x + 2)", 1000, 1},
        {"x if x < 0 else x if x > 1 else log(x)", 0.5, 2},
        {"x if x > 0 else exp(x) * exp(x)", -1, 0.2706705664732254},
    };
    sc_env env = new_env();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_expr expr, gradient;
        SC_REPRO("%s", cases[i].text);
        SC_OK(&env, sc_expr_read(&env, &expr, cases[i].text, "x"));
        SC_OK(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0));
        const double at[] = {cases[i].x, evaluate(&expr, &cases[i].x), 1};
        SC_NEAR(evaluate(&gradient, at), cases[i].slope, 1e-6);
    }
}

Test(expr, gradient_refuses_integers_and_what_has_no_room) {
    sc_env env = new_env();
    sc_expr expr, gradient;
    sc_expr_init(&expr);
    int index = sc_expr_input(&expr, 0, SC_EXPR_INT);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, index, 0, 0));
    SC_FAILS(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(env.text, "input 0");
    expr = one_operation(SC_EXPR_LT);
    SC_FAILS(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(env.text, "lt");
    SC_FAILS(&env, sc_expr_gradient(&env, &gradient, &expr, 3, 0), SOCLE_STATUS_INTERNAL);
    sc_expr_init(&expr);
    for (int i = 0; i < 11; i++) sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    sc_expr_output(&expr, 0);
    SC_FAILS(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0), SOCLE_STATUS_UNSUPPORTED);
    SC_CONTAINS(env.text, "13");
    sc_expr_init(&expr);
    int node = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    for (int i = 0; i < 40; i++) node = sc_expr_add_node(&expr, SC_EXPR_MISH, node, 0, 0);
    sc_expr_output(&expr, node);
    SC_FAILS(&env, sc_expr_gradient(&env, &gradient, &expr, 0, 0), SOCLE_STATUS_UNSUPPORTED);
}

Test(expr, equal_nodes_are_shared) {
    sc_expr expr;
    sc_expr_init(&expr);
    int x = sc_expr_input(&expr, 1, SC_EXPR_FLOAT);
    SC_EQ(sc_expr_input(&expr, 1, SC_EXPR_FLOAT), x);
    SC_EQ(sc_expr_const(&expr, 0.0f), sc_expr_const(&expr, 0.0f));
    SC_TRUE(sc_expr_const(&expr, 0.0f) != sc_expr_const(&expr, -0.0f));
    int a = sc_expr_add_node(&expr, SC_EXPR_EXP, x, 77, 78); /* arguments beyond the arity do not
                                                                count */
    SC_EQ(sc_expr_add_node(&expr, SC_EXPR_EXP, x, 0, 0), a);
    SC_EQ(expr.nodes, 4);
    SC_EQ(expr.inputs, 2);
}

Test(expr, running_out_of_room_is_remembered) {
    sc_env env = new_env();
    sc_expr expr;
    sc_expr_init(&expr);
    int node = sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    for (int i = 0; i < SC_EXPR_NODES - 1; i++)
        node = sc_expr_add_node(&expr, SC_EXPR_NEG, node, 0, 0);
    sc_expr_output(&expr, node);
    SC_TRUE(!expr.overflow);
    SC_OK(&env, sc_expr_check(&env, &expr));
    SC_EQ(sc_expr_const(&expr, 5.0f), 0);
    SC_TRUE(expr.overflow);
    SC_FAILS(&env, sc_expr_check(&env, &expr), SOCLE_STATUS_INTERNAL);
    SC_CONTAINS(env.text, "96");
    for (int bad = -1; bad <= SC_EXPR_INPUTS; bad += SC_EXPR_INPUTS + 1) {
        sc_expr_init(&expr);
        sc_expr_input(&expr, bad, SC_EXPR_FLOAT);
        SC_TRUE(expr.overflow);
    }
    sc_expr_init(&expr);
    for (int i = 0; i <= SC_EXPR_OUTPUTS; i++) sc_expr_output(&expr, 0);
    SC_TRUE(expr.overflow);
}

static void expect_refused(sc_expr expr, const char *part) {
    sc_env env = new_env();
    SC_FAILS(&env, sc_expr_check(&env, &expr), SOCLE_STATUS_INTERNAL);
    SC_CONTAINS(env.text, part);
}

Test(expr, check_names_the_bad_node) {
    sc_expr good = one_operation(SC_EXPR_MUL), expr;
    sc_env env = new_env();
    SC_OK(&env, sc_expr_check(&env, &good));
    expr = good, expr.node[2].argument[1] = 2, expect_refused(expr, "node 2 (mul)");
    expr = good, expr.node[1].index = 2, expect_refused(expr, "node 1 (input)");
    expr = good, expr.node[0].op = SC_EXPR_COUNT, expect_refused(expr, "node 0");
    expr = good, expr.node[2].type = SC_EXPR_INT, expect_refused(expr, "node 2 (mul)");
    expr = good, expr.node[2].op = SC_EXPR_INT_MUL, expect_refused(expr, "node 2 (int_mul)");
    expr = good, expr.input_type[1] = SC_EXPR_INT, expect_refused(expr, "node 1 (input 1)");
    expr = good, expr.output[0] = 3, expect_refused(expr, "output 0 is node 3");
    expr = good, expr.outputs = 0, expect_refused(expr, "0 outputs");
    expr = good, expr.nodes = SC_EXPR_NODES + 1, expect_refused(expr, "97 nodes");
    expr = good, sc_expr_leaf(&expr, SC_EXPR_SCALAR, SC_LAUNCH_SCALARS, 0),
    expect_refused(expr, "limit 8");
    expr = good, sc_expr_leaf(&expr, SC_EXPR_COORD, 6, 0), expect_refused(expr, "limit 6");
    expr = good, sc_expr_input(&expr, 0, SC_EXPR_INT),
    expect_refused(expr, "typed float, declared int");
}

Test(expr, prune_drops_what_no_output_needs) {
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_input(&expr, 0, SC_EXPR_FLOAT);
    int b = sc_expr_input(&expr, 1, SC_EXPR_FLOAT);
    sc_expr_add_node(&expr, SC_EXPR_EXP, 0, 0, 0);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SQUARE, b, 0, 0));
    sc_expr_prune(&expr);
    expect_text(&expr, "f0=in1 f1=square(f0) out f1");
    SC_EQ(expr.inputs, 2);
    SC_EQ(sc_expr_used_inputs(&expr), 2);
    SC_TRUE(sc_expr_uses(&expr, SC_EXPR_SQUARE) && !sc_expr_uses(&expr, SC_EXPR_EXP));
}

Test(expr, splice_puts_the_producer_in_place_of_an_input) {
    sc_expr consumer = one_operation(SC_EXPR_MUL), producer = one_operation(SC_EXPR_SUB);
    sc_expr_output(&producer, sc_expr_add_node(&producer, SC_EXPR_EXP, 0, 0, 0));
    const int map[] = {2, 0};
    SC_TRUE(sc_expr_splice(&consumer, 1, &producer, 0, map));
    sc_env env = new_env();
    SC_OK(&env, sc_expr_check(&env, &consumer));
    const double in[] = {7, 1000, 5};
    SC_EQ(evaluate(&consumer, in), 7 * (5 - 7));
    SC_EQ(sc_expr_used_inputs(&consumer), 1u | 1u << 2);
    const int same[] = {2, 1}; /* the replaced input itself may be read again */
    consumer = one_operation(SC_EXPR_MUL);
    SC_TRUE(sc_expr_splice(&consumer, 1, &producer, 0, same));
    SC_EQ(evaluate(&consumer, in), 7 * (5 - 1000));
}

Test(expr, splice_without_room_leaves_the_consumer_alone) {
    sc_expr consumer, producer = one_operation(SC_EXPR_SUB), before;
    sc_expr_init(&consumer);
    int node = sc_expr_input(&consumer, 0, SC_EXPR_FLOAT);
    for (int i = 0; i < SC_EXPR_NODES - 1; i++)
        node = sc_expr_add_node(&consumer, SC_EXPR_EXP, node, 0, 0);
    sc_expr_output(&consumer, node);
    before = consumer;
    const int map[] = {1, 2}, outside[] = {1, SC_EXPR_INPUTS};
    SC_TRUE(!sc_expr_splice(&consumer, 0, &producer, 0, map));
    SC_EQ_MEMORY(&consumer, &before, sizeof before);
    consumer = before = one_operation(SC_EXPR_NEG);
    SC_TRUE(!sc_expr_splice(&consumer, 0, &producer, 0, outside));
    SC_TRUE(!sc_expr_splice(&consumer, 1, &producer, 0, map));
    SC_TRUE(!sc_expr_splice(&consumer, 0, &producer, 1, map));
    producer = one_operation(SC_EXPR_LT); /* an integer where a float is read */
    SC_TRUE(!sc_expr_splice(&consumer, 0, &producer, 0, map));
    SC_EQ_MEMORY(&consumer, &before, sizeof before);
}

Test(expr, text_is_exact) {
    sc_expr expr;
    sc_expr_init(&expr);
    int x = sc_expr_input(&expr, 0, SC_EXPR_INT);
    int f = sc_expr_add_node(&expr, SC_EXPR_TO_FLOAT, x, 0, 0);
    int u = sc_expr_leaf(&expr, SC_EXPR_UNIFORM, 0, 3);
    int m = sc_expr_add_node(&expr, SC_EXPR_MUL, f, sc_expr_const(&expr, 0.1f), 0);
    int l = sc_expr_add_node(&expr, SC_EXPR_LT, u, sc_expr_leaf(&expr, SC_EXPR_SCALAR, 2, 0), 0);
    sc_expr_output(&expr, m);
    sc_expr_output(&expr, l);
    expect_text(&expr,
                "i0=in0 f1=to_float(i0) f2=uniform(3) f3=0x3dcccccd f4=mul(f1,f3) f5=scalar2 "
                "i6=lt(f2,f5) out f4,i6");
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_const(&expr, -0.0f));
    sc_expr_output(&expr, sc_expr_const(&expr, -2.0f));
    expect_text(&expr, "f0=0x80000000 f1=-2 out f0,f1");
}

Test(expr, words_and_bodies_come_from_the_table) {
    SC_EQ(sc_expr_op_by_word("gelu_tanh"), SC_EXPR_GELU_TANH);
    SC_EQ(sc_expr_op_by_word("no such"), SC_EXPR_COUNT);
    SC_EQ_STR(sc_expr_op_info(SC_EXPR_TANH)->body, "sc_tanh(a)");
    SC_EQ_STR(sc_expr_op_info(SC_EXPR_INT_ADD)->body, "(int)((uint)a + (uint)b)");
    SC_EQ(sc_expr_op_info(SC_EXPR_SELECT)->arity, 3);
    SC_EQ(sc_expr_op_info(SC_EXPR_SELECT)->argument[0], SC_EXPR_INT);
    for (int op = 0; op < SC_EXPR_COUNT; op++)
        SC_EQ(sc_expr_op_by_word(sc_expr_op_info((sc_expr_op)op)->word), op);
}
