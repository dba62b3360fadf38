/* SPDX-License-Identifier: Apache-2.0 */
/* The elementwise functions of level one against the C library in double precision; slopes by
 * central differences. */
#include "op_case.h"

static double relu(double x) {
    return x > 0 ? x : 0;
}
static double neg(double x) {
    return -x;
}
static double square(double x) {
    return x * x;
}
static double sign(double x) {
    return (x > 0) - (x < 0);
}
static double rsqrt(double x) {
    return 1 / sqrt(x);
}
static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}
static double softplus(double x) {
    return log1p(exp(x));
}
static double silu(double x) {
    return x * sigmoid(x);
}
static double gelu(double x) {
    return x / 2 * (1 + erf(x / sqrt(2)));
}
static double gelu_tanh(double x) {
    return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}
static double mish(double x) {
    return x * tanh(softplus(x));
}

static const struct {
    const char *word;
    double (*f)(double);
    bool positive; /* defined for x > 0 alone */
} words[] = {
    {"relu", relu, false},   {"neg", neg, false},         {"abs", fabs, false},
    {"sign", sign, false},   {"floor", floor, false},     {"square", square, false},
    {"sqrt", sqrt, true},    {"rsqrt", rsqrt, true},      {"exp", exp, false},
    {"expm1", expm1, false}, {"log", log, true},          {"log1p", log1p, true},
    {"sin", sin, false},     {"cos", cos, false},         {"erf", erf, false},
    {"tanh", tanh, false},   {"sigmoid", sigmoid, false}, {"softplus", softplus, false},
    {"silu", silu, false},   {"gelu", gelu, false},       {"gelu_tanh", gelu_tanh, false},
    {"mish", mish, false},
};

static const char *current_word;
static socle_value unary(socle_graph *g, const socle_value *x) {
    return socle_op_unary(g, current_word, x[0]);
}
static socle_value power(socle_graph *g, const socle_value *x) {
    return socle_op_binary(g, "pow", x[0], x[1]);
}

API_TEST(api_op, scalar_functions) {
    const float point[6] = {-2.25f, -0.7f, 0.3f, 0.9f, 1.6f, 3.4f};
    const double h = 1e-5;
    socle_context *context = api_open(device);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!sc_test_takes(device, (int64_t)i, 4)) continue;
        op_case c = {.name = words[i].word, .build = unary, .inputs = 1, .dtype = SOCLE_F32};
        c.input[0].shape = c.shape = SOCLE_SHAPE(6);
        current_word = words[i].word;
        for (int k = 0; k < 6; k++) {
            float x = words[i].positive ? fabsf(point[k]) : point[k];
            c.input[0].value[k] = x;
            c.result[k] = (float)words[i].f((double)x);
            c.input[0].gradient[k] =
                (float)((k + 1) * (words[i].f((double)x + h) - words[i].f((double)x - h)) /
                        (2 * h));
        }
        run_case(context, &c);
    }
    /* pow: d/dx = y x^(y-1), d/dy = x^y log x */
    op_case c = {"pow",  power,
                 2,      {{F32(2), {2, 4}, {12, 1}}, {F32(2), {3, 0.5f}, {5.5451774f, 5.5451774f}}},
                 F32(2), {8, 2}};
    c.input[0].gradient[1] = 2 * 0.5f * 0.5f;
    run_case(context, &c);
    socle_close(context);
}

SC_OPENCL_BODIES(api_op)
