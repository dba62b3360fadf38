/* SPDX-License-Identifier: Apache-2.0 */
/* Small builders for the case tables. */
#include "verify/case.h"

#include <string.h>

sc_verify_case sc_verify_case_of(sc_op op, int inputs, int outputs, const char *label) {
    sc_verify_case test;
    memset(&test, 0, sizeof test);
    test.desc.op = op;
    test.desc.inputs = inputs;
    test.desc.outputs = outputs;
    test.label = label;
    return test;
}

sc_tensor_desc sc_verify_tensor(int dtype, int64_t rows_per_sample, int rank, const int64_t *dim) {
    return sc_tensor_make(dtype, rows_per_sample, rank, dim);
}

void sc_verify_case_rows(sc_verify_case *test, int64_t rows) {
    sc_op_desc *desc = &test->desc;
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (desc->tensor[i].rows_per_sample &&
            (desc->tensor[i].dim[0] % rows || desc->tensor[i].rank == SC_MAX_RANK))
            return;
    for (int i = 0; i < desc->inputs + desc->outputs; i++)
        if (desc->tensor[i].rows_per_sample) desc->tensor[i].rows_per_sample = rows;
}

static void add_tail_operand(sc_verify_case *test, sc_tensor_desc operand) {
    test->has_tail = true;
    /* Outputs the case has set move up by one. */
    for (int k = test->desc.outputs; k > 0; k--)
        test->desc.tensor[test->desc.inputs + k] = test->desc.tensor[test->desc.inputs + k - 1];
    test->fill[test->desc.inputs] = test->fill[0];
    test->desc.tensor[test->desc.inputs++] = operand;
}

void sc_verify_bias_relu(sc_verify_case *test, sc_tensor_desc bias) {
    sc_expr *tail = &test->tail;
    sc_expr_init(tail);
    int raw = sc_expr_input(tail, 0, SC_EXPR_FLOAT), shift = sc_expr_input(tail, 1, SC_EXPR_FLOAT);
    int sum = sc_expr_add_node(tail, SC_EXPR_ADD, raw, shift, 0);
    sc_expr_output(tail, sc_expr_add_node(tail, SC_EXPR_RELU, sum, 0, 0));
    add_tail_operand(test, bias);
}

void sc_verify_gate(sc_verify_case *test, sc_tensor_desc gate, bool draws) {
    sc_expr *tail = &test->tail;
    sc_expr_init(tail);
    int raw = sc_expr_input(tail, 0, SC_EXPR_FLOAT), zero = sc_expr_const(tail, 0.0f);
    int shut = sc_expr_add_node(tail, SC_EXPR_LE, sc_expr_input(tail, 1, SC_EXPR_FLOAT), zero, 0);
    int kept = sc_expr_add_node(tail, SC_EXPR_SELECT, shut, zero, raw);
    if (draws) {
        int draw = sc_expr_leaf(tail, SC_EXPR_UNIFORM, 0, 3);
        int dropped = sc_expr_add_node(tail, SC_EXPR_LT, draw, sc_expr_const(tail, 0.5f), 0);
        int twice = sc_expr_add_node(tail, SC_EXPR_MUL, kept, sc_expr_const(tail, 2.0f), 0);
        kept = sc_expr_add_node(tail, SC_EXPR_SELECT, dropped, zero, twice);
    }
    sc_expr_output(tail, kept);
    add_tail_operand(test, gate);
}
