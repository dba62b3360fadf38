/* SPDX-License-Identifier: Apache-2.0 */
/* The evaluator: memory, scalar expressions, elementwise, reduce and tails. The other operations
 * are in graph_eval_ops.c. It is deliberately unkind where op.h lets a driver be: results of
 * reductions and raw results before a tail are stored before operands are read, so that wrong
 * sharing of memory shows. */
#include "graph_eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double eval_round(const graph_eval *eval, double value) {
    return eval->single ? (double)(float)value : value;
}

double *eval_home_data(graph_eval *eval, int lane, int index, int64_t elements) {
    for (int h = 0; h < eval->homes; h++)
        if (eval->home[h].lane == lane && eval->home[h].index == index) return eval->home[h].data;
    eval->home = realloc(eval->home, (size_t)(eval->homes + 1) * sizeof *eval->home);
    double *data = calloc((size_t)elements, sizeof *data);
    eval->home[eval->homes++] = (eval_home){lane, index, elements, data};
    return data;
}

void eval_copy_homes(graph_eval *eval, const graph_eval *from) {
    for (int h = 0; h < from->homes; h++) {
        const eval_home *home = &from->home[h];
        memcpy(eval_home_data(eval, home->lane, home->index, home->elements), home->data,
               (size_t)home->elements * sizeof *home->data);
    }
}

void eval_create(graph_eval *eval, const sc_graph *graph, bool single, int64_t rows,
                 const sc_live *live, const sc_memplan *plan) {
    memset(eval, 0, sizeof *eval);
    eval->graph = graph;
    eval->single = single;
    eval->launch = (sc_launch){.rows = rows, .sample_offset = 3, .step = 5, .seed = 7};
    for (int i = 0; i < SC_LAUNCH_SCALARS; i++) eval->launch.scalar[i] = 0.125f * (float)(i + 1);
    eval->view = calloc(graph->values, sizeof *eval->view);
    eval->owned = calloc(graph->values, sizeof *eval->owned);
    if (plan) {
        eval->arena = malloc((plan->total + 1) * sizeof *eval->arena);
        for (size_t i = 0; i < plan->total; i++) eval->arena[i] = NAN;
    }
    for (sc_value v = 0; v < (sc_value)graph->values; v++) {
        const sc_value_info *info = &graph->value[v];
        int64_t elements = sc_tensor_elements(&info->desc);
        if (info->alias != SC_NO_VALUE) continue;
        if (info->within != SC_NO_VALUE) {
            eval->view[v] = eval->view[sc_graph_root(graph, info->within)];
            eval->view[v].data +=
                info->offset / sc_dtype_size(info->desc.dtype) * eval->view[v].stride;
        } else if (info->lane != SC_LANE_NONE) {
            eval->view[v] = (eval_view){eval_home_data(eval, info->lane, info->index, elements), 1};
        } else if (plan && live->of_value[v] >= 0) {
            size_t offset = plan->placement[live->of_value[v]].offset;
            eval->view[v] = (eval_view){eval->arena + offset, sc_dtype_size(info->desc.dtype)};
        } else {
            eval->owned[v] = malloc((size_t)elements * sizeof(double));
            for (int64_t i = 0; i < elements; i++) eval->owned[v][i] = NAN;
            eval->view[v] = (eval_view){eval->owned[v], 1};
        }
    }
}

void eval_destroy(graph_eval *eval) {
    for (size_t v = 0; v < eval->graph->values; v++) free(eval->owned[v]);
    for (int h = 0; h < eval->homes; h++) free(eval->home[h].data);
    free(eval->owned);
    free(eval->home);
    free(eval->view);
    free(eval->arena);
}

eval_tensor eval_tensor_of(const graph_eval *eval, sc_value value) {
    const sc_tensor_desc *desc = sc_graph_desc(eval->graph, value);
    eval_tensor out = {.view = eval->view[sc_graph_root(eval->graph, value)],
                       .rank = desc->rank,
                       .dtype = desc->dtype};
    for (int d = 0; d < desc->rank; d++) out.dim[d] = sc_tensor_dim_at(desc, d, eval->launch.rows);
    out.elements = sc_tensor_elements_at(desc, eval->launch.rows);
    return out;
}

double eval_get(const eval_tensor *tensor, int64_t i) {
    return tensor->view.data[(size_t)i * tensor->view.stride];
}

void eval_set(const graph_eval *eval, const eval_tensor *tensor, int64_t i, double value) {
    if (tensor->dtype == SOCLE_F32)
        value = eval_round(eval, value);
    else if (tensor->dtype == SOCLE_U8)
        value = (double)((int64_t)value & 255);
    tensor->view.data[(size_t)i * tensor->view.stride] = value;
}

/* One position of an index space. */
typedef struct position {
    int64_t coordinate[SC_MAX_RANK], element, sample;
} position;

static position position_of(const graph_eval *eval, const sc_tensor_desc *space, int64_t linear) {
    position at = {0};
    int64_t rest = linear, total = sc_tensor_elements_at(space, eval->launch.rows);
    for (int d = space->rank - 1; d >= 0; d--) {
        int64_t size = sc_tensor_dim_at(space, d, eval->launch.rows);
        at.coordinate[d] = rest % size;
        rest /= size;
    }
    int64_t per_sample = space->rows_per_sample ? total / eval->launch.rows : total;
    at.element = linear % per_sample;
    at.sample = space->rows_per_sample ? linear / per_sample + eval->launch.sample_offset : 0;
    return at;
}

static double read_operand(const eval_tensor *in, const position *at) {
    int64_t linear = 0;
    for (int d = 0; d < in->rank; d++)
        linear = linear * in->dim[d] + (in->dim[d] == 1 ? 0 : at->coordinate[d]);
    return eval_get(in, linear);
}

static double uniform(const graph_eval *eval, const position *at, int32_t ordinal,
                      uint64_t stream) {
    uint64_t x = eval->launch.seed ^ stream << 60;
    const uint64_t counter[4] = {(uint64_t)at->element, (uint64_t)at->sample, eval->launch.step,
                                 (uint64_t)ordinal};
    for (int i = 0; i < 4; i++) {
        x = (x + counter[i] + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
        x ^= x >> 29;
    }
    return (double)(x >> 40) * 0x1p-24;
}

static double leaf(const graph_eval *eval, const sc_expr_node *node, const position *at,
                   const double *input) {
    switch (node->op) {
    case SC_EXPR_INPUT:
        return input[node->index];
    case SC_EXPR_CONST:
        return (double)node->imm.f;
    case SC_EXPR_CONST_INT:
        return node->imm.i;
    case SC_EXPR_SCALAR:
        return (double)eval->launch.scalar[node->index];
    case SC_EXPR_STEP:
        return eval->launch.step;
    case SC_EXPR_ROWS:
        return (double)eval->launch.rows;
    case SC_EXPR_COORD:
        return (double)at->coordinate[node->index];
    case SC_EXPR_SAMPLE:
        return (double)at->sample;
    case SC_EXPR_UNIFORM:
        return uniform(eval, at, node->imm.i, 0);
    default:
        return eval_round(eval, sqrt(-2.0 * log(1.0 - uniform(eval, at, node->imm.i, 1))) *
                                    cos(6.283185307179586 * uniform(eval, at, node->imm.i, 2)));
    }
}

static double smooth(sc_expr_op op, double a) {
    double softplus = a > 0 ? a + log1p(exp(-a)) : log1p(exp(a)), sigmoid = 1.0 / (1.0 + exp(-a));
    switch (op) {
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
    case SC_EXPR_TANH:
        return tanh(a);
    case SC_EXPR_SIGMOID:
        return sigmoid;
    case SC_EXPR_SOFTPLUS:
        return softplus;
    case SC_EXPR_SILU:
        return a * sigmoid;
    case SC_EXPR_GELU:
        return 0.5 * a * (1.0 + erf(a * 0.7071067811865476));
    case SC_EXPR_GELU_TANH:
        return 0.5 * a * (1.0 + tanh(0.7978845608028654 * (a + 0.044715 * a * a * a)));
    case SC_EXPR_MISH:
        return a * tanh(softplus);
    default:
        abort();
    }
}

static double whole(sc_expr_op op, double a, double b, double c) {
    int64_t x = (int64_t)a, y = (int64_t)b;
    switch (op) {
    case SC_EXPR_INT_ADD:
        return (int32_t)(uint32_t)(x + y);
    case SC_EXPR_INT_SUB:
        return (int32_t)(uint32_t)(x - y);
    case SC_EXPR_INT_MUL:
        return (int32_t)(uint32_t)(x * y);
    case SC_EXPR_INT_DIV:
        return y ? (int32_t)(uint32_t)(x / y) : 0;
    case SC_EXPR_INT_MOD:
        return y ? (double)(x % y) : a;
    case SC_EXPR_INT_LT:
        return x < y;
    case SC_EXPR_INT_EQ:
        return x == y;
    case SC_EXPR_INT_AND:
        return (double)(x & y);
    case SC_EXPR_INT_OR:
        return (double)(x | y);
    case SC_EXPR_INT_SELECT:
        return x ? b : c;
    default:
        return isnan(a) ? 0 : trunc(a); /* TO_INT */
    }
}

static double apply(sc_expr_op op, double a, double b, double c) {
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
        return pow(a, b);
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
        return 1.0 / sqrt(a);
    case SC_EXPR_RELU:
        return a < 0 ? 0 : a;
    case SC_EXPR_LT:
        return a < b;
    case SC_EXPR_LE:
        return a <= b;
    case SC_EXPR_EQ:
        return a == b;
    case SC_EXPR_NE:
        return a != b;
    case SC_EXPR_IS_FINITE:
        return isfinite(a);
    case SC_EXPR_SELECT:
        return a != 0 ? b : c;
    case SC_EXPR_TO_FLOAT:
        return a;
    default:
        return op >= SC_EXPR_TO_INT ? whole(op, a, b, c) : smooth(op, a);
    }
}

static void evaluate(const graph_eval *eval, const sc_expr *expr, const position *at,
                     const double *input, double *out) {
    double value[SC_EXPR_NODES];
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        if (node->op < SC_EXPR_LEAVES) {
            value[k] = leaf(eval, node, at, input);
            continue;
        }
        const uint8_t *a = node->argument;
        double result = apply((sc_expr_op)node->op, value[a[0]], value[a[1]], value[a[2]]);
        value[k] = node->type == SC_EXPR_FLOAT ? eval_round(eval, result) : result;
    }
    for (int k = 0; k < expr->outputs; k++) out[k] = value[expr->output[k]];
}

static void run_elementwise(const graph_eval *eval, const sc_node *node,
                            const sc_tensor_desc *space, const eval_tensor *in,
                            const eval_tensor *out) {
    for (int64_t i = 0; i < out[0].elements; i++) {
        position at = position_of(eval, space, i);
        double input[SC_MAX_OPERANDS], result[SC_EXPR_OUTPUTS];
        for (int k = 0; k < node->inputs; k++) input[k] = read_operand(&in[k], &at);
        evaluate(eval, node->expr, &at, input, result);
        for (int k = 0; k < node->outputs; k++) eval_set(eval, &out[k], i, result[k]);
    }
}

static double fold(int kind, double a, double b) {
    if (kind == SC_REDUCE_SUM) return a + b;
    if (isnan(a) || isnan(b)) return NAN;
    return kind == SC_REDUCE_MAX ? (a > b ? a : b) : (a < b ? a : b);
}

static void run_reduce(const graph_eval *eval, const sc_node *node, const sc_tensor_desc *space,
                       const eval_tensor *in, const eval_tensor *out) {
    static const double empty[] = {0.0, -INFINITY, INFINITY};
    for (int k = 0; k < node->outputs; k++)
        for (int64_t i = 0; i < out[k].elements; i++)
            eval_set(eval, &out[k], i, empty[node->attr.reduce.kind[k]]);
    int64_t total = sc_tensor_elements_at(space, eval->launch.rows);
    for (int64_t i = 0; i < total; i++) {
        position at = position_of(eval, space, i);
        double input[SC_MAX_OPERANDS], result[SC_EXPR_OUTPUTS];
        for (int k = 0; k < node->inputs; k++) input[k] = read_operand(&in[k], &at);
        evaluate(eval, node->expr, &at, input, result);
        int64_t target = 0;
        for (int d = 0; d < space->rank; d++)
            target =
                target * out[0].dim[d] + (node->attr.reduce.axes >> d & 1 ? 0 : at.coordinate[d]);
        for (int k = 0; k < node->outputs; k++)
            eval_set(eval, &out[k], target,
                     fold(node->attr.reduce.kind[k], eval_get(&out[k], target), result[k]));
    }
}

static void run_tail(const graph_eval *eval, const sc_node *node, const sc_op_desc *desc,
                     const eval_tensor *in, const eval_tensor *out) {
    int base = sc_op_base_inputs(desc);
    for (int64_t i = 0; i < out[0].elements; i++) {
        position at = position_of(eval, &desc->tensor[desc->inputs], i);
        double input[SC_MAX_OPERANDS] = {eval_get(&out[0], i)}, result[SC_EXPR_OUTPUTS];
        for (int k = base; k < node->inputs; k++) input[k - base + 1] = read_operand(&in[k], &at);
        evaluate(eval, node->tail, &at, input, result);
        eval_set(eval, &out[0], i, result[0]);
    }
}

void eval_run(graph_eval *eval) {
    for (size_t n = 0; n < eval->graph->nodes; n++) {
        const sc_node *node = &eval->graph->node[n];
        if (node->dead) continue;
        eval_tensor in[SC_MAX_OPERANDS], out[SC_EXPR_OUTPUTS];
        for (int i = 0; i < node->inputs; i++) in[i] = eval_tensor_of(eval, node->input[i]);
        for (int i = 0; i < node->outputs; i++) out[i] = eval_tensor_of(eval, node->output[i]);
        sc_op_desc desc;
        sc_graph_node_desc(eval->graph, node, &desc);
        sc_tensor_desc space = sc_op_space(&desc);
        if (node->op == SC_OP_ELEMENTWISE)
            run_elementwise(eval, node, &space, in, out);
        else if (node->op == SC_OP_REDUCE)
            run_reduce(eval, node, &space, in, out);
        else
            eval_operation(eval, node, in, out);
        if (node->tail) run_tail(eval, node, &desc, in, out);
    }
}
