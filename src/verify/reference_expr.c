/* SPDX-License-Identifier: Apache-2.0 */
/* A double-precision interpreter of scalar expressions on libm, with a bound of the float32 error
 * carried along: each operation adds its own rounding, and what its arguments were already off by
 * is pushed through it by evaluating it at the ends of their intervals. */
#include "verify/reference.h"
#include "verify/tolerance.h"

#include <float.h>
#include <math.h>

static double wrap(double value) {
    return (double)(int32_t)(uint32_t)(uint64_t)(int64_t)value;
}

static double to_int(double a) {
    if (isnan(a)) return 0;
    if (a >= 2147483647.0) return 2147483647.0;
    return a <= -2147483648.0 ? -2147483648.0 : trunc(a);
}

static double int_div(double a, double b) {
    return b == 0 ? 0 : wrap(trunc(a / b));
}

static double int_product(double a, double b) {
    return (double)(int32_t)((uint32_t)(int32_t)a * (uint32_t)(int32_t)b);
}

/* NaN is never hidden: unlike C's pow, pow(NaN, 0) and pow(1, NaN) are NaN. */
static double power(double a, double b) {
    return isnan(a) || isnan(b) ? NAN : pow(a, b);
}

/* a * f where f -> 0 faster than a -> -inf. */
static double fade(double a, double f) {
    return isinf(a) && a < 0 ? 0 : a * f;
}

static double sigmoid(double a) {
    return a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a));
}

static double softplus(double a) {
    return a > 0 ? a + log1p(exp(-a)) : log1p(exp(a));
}

static double gelu_tanh(double a) {
    double k = sqrt(2 / acos(-1));
    return fade(a, sigmoid(2 * k * (a + 0.044715 * a * a * a)));
}

static double activation(sc_expr_op op, double a) {
    switch (op) {
    case SC_EXPR_RELU:
        return a < 0 ? 0 : a;
    case SC_EXPR_TANH:
        return tanh(a);
    case SC_EXPR_SIGMOID:
        return sigmoid(a);
    case SC_EXPR_SOFTPLUS:
        return softplus(a);
    case SC_EXPR_SILU:
        return fade(a, sigmoid(a));
    case SC_EXPR_GELU:
        return fade(a, 0.5 * erfc(-a / sqrt(2)));
    case SC_EXPR_GELU_TANH:
        return gelu_tanh(a);
    case SC_EXPR_MISH:
        return fade(a, tanh(softplus(a)));
    default:
        return NAN;
    }
}

static double float_function(sc_expr_op op, double a, double b, double c) {
    switch (op) {
    case SC_EXPR_ADD:
        return a + b;
    case SC_EXPR_SUB:
        return a - b;
    case SC_EXPR_MUL:
        return a * b;
    case SC_EXPR_DIV:
        return a / b;
    case SC_EXPR_MIN:
        return a < b || isnan(a) ? a : b;
    case SC_EXPR_MAX:
        return a > b || isnan(a) ? a : b;
    case SC_EXPR_POW:
        return power(a, b);
    case SC_EXPR_NEG:
        return -a;
    case SC_EXPR_ABS:
        return fabs(a);
    case SC_EXPR_SIGN:
        return a > 0 ? 1 : a < 0 ? -1 : a;
    case SC_EXPR_FLOOR:
        return floor(a);
    case SC_EXPR_SQUARE:
        return a * a;
    case SC_EXPR_SQRT:
        return sqrt(a);
    case SC_EXPR_RSQRT:
        return 1 / sqrt(a);
    case SC_EXPR_EXP:
        return exp(a);
    case SC_EXPR_EXPM1:
        return expm1(a);
    case SC_EXPR_LOG:
        return log(a);
    case SC_EXPR_LOG1P:
        return log1p(a);
    case SC_EXPR_SIN:
        return sin(a);
    case SC_EXPR_COS:
        return cos(a);
    case SC_EXPR_ERF:
        return erf(a);
    case SC_EXPR_SELECT:
        return a != 0 ? b : c;
    case SC_EXPR_TO_FLOAT:
        return (double)(float)a;
    default:
        return activation(op, a);
    }
}

double sc_reference_scalar(sc_expr_op op, double a, double b, double c) {
    switch (op) {
    case SC_EXPR_LT:
    case SC_EXPR_INT_LT:
        return a < b;
    case SC_EXPR_LE:
        return a <= b;
    case SC_EXPR_EQ:
    case SC_EXPR_INT_EQ:
        return a == b;
    case SC_EXPR_NE:
        return a != b;
    case SC_EXPR_IS_FINITE:
        return isfinite(a) && fabs(a) <= FLT_MAX;
    case SC_EXPR_TO_INT:
        return to_int(a);
    case SC_EXPR_INT_ADD:
        return wrap(a + b);
    case SC_EXPR_INT_SUB:
        return wrap(a - b);
    case SC_EXPR_INT_MUL:
        return int_product(a, b);
    case SC_EXPR_INT_DIV:
        return int_div(a, b);
    case SC_EXPR_INT_MOD:
        return wrap(a - (double)(int64_t)int_div(a, b) * b);
    case SC_EXPR_INT_AND:
        return (double)((int32_t)a & (int32_t)b);
    case SC_EXPR_INT_OR:
        return (double)((int32_t)a | (int32_t)b);
    case SC_EXPR_INT_SELECT:
        return a != 0 ? b : c;
    default:
        return float_function(op, a, b, c);
    }
}

bool sc_reference_expr_exact(const sc_expr *expr, bool correct_divide) {
    for (int k = 0; k < expr->nodes; k++)
        if (!sc_tolerance_correctly_rounded((sc_expr_op)expr->node[k].op, correct_divide))
            return false;
    return true;
}

static sc_reference_number leaf(const sc_expr_node *node, const sc_reference_point *point,
                                const sc_reference_number *input) {
    const sc_launch *launch = point->launch;
    sc_reference_number number = {0, 0};
    switch ((sc_expr_op)node->op) {
    case SC_EXPR_INPUT:
        return input[node->index];
    case SC_EXPR_CONST:
        number.value = node->imm.f;
        break;
    case SC_EXPR_CONST_INT:
        number.value = node->imm.i;
        break;
    case SC_EXPR_SCALAR:
        number.value = launch->scalar[node->index];
        break;
    case SC_EXPR_STEP:
        number.value = (int32_t)launch->step;
        break;
    case SC_EXPR_ROWS:
        number.value = (double)launch->rows;
        break;
    case SC_EXPR_COORD:
        number.value = (double)point->coordinate[node->index];
        break;
    case SC_EXPR_SAMPLE:
        number.value = (int32_t)point->sample;
        break;
    case SC_EXPR_UNIFORM:
        number.value = sc_reference_uniform(point, (uint32_t)node->imm.i);
        break;
    case SC_EXPR_NORMAL:
        number.value = sc_reference_normal(point, (uint32_t)node->imm.i, &number.error);
        break;
    default:
        break;
    }
    return number;
}

static double distance(double a, double b) {
    if (a == b || (isnan(a) && isnan(b))) return 0;
    double d = fabs(a - b);
    return isnan(d) ? INFINITY : d;
}

/* The middle of an argument's interval and its ends: one value where it has no error. */
static int ends_of(double end[3], const sc_reference_number *a) {
    end[0] = a->value + 0; /* of -0 beside what moves the sign is open */
    end[1] = a->value + a->error;
    end[2] = a->value - a->error;
    return a->error == 0 ? 1 : 3;
}

/* The value of an operation and how far it moves when its arguments move within their errors. The
 * arguments that it does not have are 0 without an error. */
static sc_reference_number apply(sc_expr_op op, const sc_reference_number *a) {
    sc_reference_number result = {sc_reference_scalar(op, a[0].value, a[1].value, a[2].value), 0};
    double x[3], y[3], z[3];
    const int ends[3] = {ends_of(x, &a[0]), ends_of(y, &a[1]), ends_of(z, &a[2])};
    for (int i = 0; i < ends[0]; i++)
        for (int j = 0; j < ends[1]; j++)
            for (int k = 0; k < ends[2]; k++) {
                if (!(i | j | k)) continue; /* the value itself */
                double moved = sc_reference_scalar(op, x[i], y[j], z[k]);
                result.error = fmax(result.error, distance(moved, result.value));
            }
    return result;
}

/* A comparison whose operands may lie either way round: both answers are allowed. */
static bool undecided(sc_expr_op op, const sc_reference_number *a) {
    bool compares = op == SC_EXPR_LT || op == SC_EXPR_LE || op == SC_EXPR_EQ || op == SC_EXPR_NE;
    return compares && a[0].error + a[1].error > 0 &&
           fabs(a[0].value - a[1].value) <= a[0].error + a[1].error;
}

sc_reference_way sc_reference_way_of(const sc_reference_job *job, const sc_expr *expr) {
    if (job->unrounded) return SC_REFERENCE_DOUBLE;
    return sc_reference_expr_exact(expr, job->correct_divide) ? SC_REFERENCE_EXACT
                                                              : SC_REFERENCE_BOUNDED;
}

/* The value of an operation alone. */
static sc_reference_number apply_plainly(sc_expr_op op, const sc_reference_number *a) {
    return (sc_reference_number){sc_reference_scalar(op, a[0].value, a[1].value, a[2].value), 0};
}

void sc_reference_expr(const sc_expr *expr, const sc_reference_point *point, sc_reference_way way,
                       bool correct_divide, const sc_reference_number *input,
                       sc_reference_number *output) {
    sc_reference_number node[SC_EXPR_NODES];
    const bool exact = way == SC_REFERENCE_EXACT;
    for (int k = 0; k < expr->nodes; k++) {
        sc_expr_op op = (sc_expr_op)expr->node[k].op;
        if (op < SC_EXPR_LEAVES) {
            node[k] = leaf(&expr->node[k], point, input);
            continue;
        }
        int arity = sc_expr_op_info(op)->arity;
        sc_reference_number a[3] = {{0, 0}, {0, 0}, {0, 0}};
        for (int i = 0; i < arity; i++) a[i] = node[expr->node[k].argument[i]];
        if (way == SC_REFERENCE_DOUBLE) {
            node[k] = apply_plainly(op, a);
            continue;
        }
        node[k] = apply(op, a);
        if (undecided(op, a)) node[k].error = 1;
        bool real = expr->node[k].type == SC_EXPR_FLOAT;
        if (exact && real) node[k].value = (double)(float)node[k].value;
        if (!exact && real)
            node[k].error += sc_tolerance_expr(op, node[k].value, a[0].value, correct_divide);
    }
    for (int i = 0; i < expr->outputs; i++) output[i] = node[expr->output[i]];
}
