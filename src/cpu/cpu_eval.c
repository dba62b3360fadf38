/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates an expression for one element, node by node. Slow and plain on purpose. */
#include "cpu/cpu_eval.h"
#include "cpu/cpu_scalar.h"
#include "op/storage.h"

void sc_cpu_coordinates(const sc_tensor_desc *tensor, int64_t index, int64_t *coordinate) {
    for (int d = tensor->rank - 1; d >= 0; d--) {
        coordinate[d] = index % tensor->dim[d];
        index /= tensor->dim[d];
    }
}

int64_t sc_cpu_element(const sc_tensor_desc *tensor, const int64_t *coordinate) {
    int64_t element = 0;
    for (int d = 0; d < tensor->rank; d++)
        element = element * tensor->dim[d] + (tensor->dim[d] == 1 ? 0 : coordinate[d]);
    return element;
}

static sc_scalar load(const sc_tensor_desc *tensor, sc_operand operand, const int64_t *coordinate) {
    return sc_number_load(sc_cpu_memory(operand), tensor->dtype,
                          sc_cpu_element(tensor, coordinate));
}

/* Element within its sample, and the sample's position in the batch. */
static int64_t place_in_sample(const sc_cpu_eval *eval, const sc_launch *launch,
                               const int64_t *coordinate, uint32_t *sample) {
    const sc_tensor_desc *space = &eval->space;
    int64_t element = 0, rows = space->rows_per_sample;
    for (int d = 0; d < space->rank; d++)
        element = element * space->dim[d] + (d == 0 && rows ? coordinate[0] % rows : coordinate[d]);
    *sample = rows ? (uint32_t)(coordinate[0] / rows) + launch->sample_offset : 0;
    return element;
}

static float random_value(const sc_cpu_eval *eval, const sc_launch *launch,
                          const sc_expr_node *node, const int64_t *coordinate) {
    uint32_t sample, word[4];
    int64_t element = place_in_sample(eval, launch, coordinate, &sample);
    const uint32_t counter[4] = {(uint32_t)(element / 4), sample, launch->step,
                                 (uint32_t)node->imm.i};
    const uint32_t key[2] = {(uint32_t)launch->seed, (uint32_t)(launch->seed >> 32)};
    sc_philox4x32(counter, key, word);
    uint32_t lane = (uint32_t)(element % 4);
    return node->op == SC_EXPR_UNIFORM ? sc_uniform(sc_word_at(word, lane)) : sc_normal(word, lane);
}

static sc_scalar leaf(const sc_cpu_eval *eval, const sc_operand *inputs, const sc_launch *launch,
                      const sc_expr_node *node, const int64_t *coordinate) {
    sc_scalar value = {.i = 0};
    uint32_t sample;
    switch (node->op) {
    case SC_EXPR_INPUT:
        return load(&eval->input[node->index], inputs[node->index], coordinate);
    case SC_EXPR_CONST:
        value.f = node->imm.f;
        break;
    case SC_EXPR_CONST_INT:
        value.i = node->imm.i;
        break;
    case SC_EXPR_SCALAR:
        value.f = launch->scalar[node->index];
        break;
    case SC_EXPR_STEP:
        value.i = (int32_t)launch->step;
        break;
    case SC_EXPR_ROWS:
        value.i = (int32_t)launch->rows;
        break;
    case SC_EXPR_COORD:
        value.i = (int32_t)coordinate[node->index];
        break;
    case SC_EXPR_SAMPLE:
        place_in_sample(eval, launch, coordinate, &sample);
        value.i = (int32_t)sample;
        break;
    default:
        value.f = random_value(eval, launch, node, coordinate);
        break;
    }
    return value;
}

void sc_cpu_eval_element(const sc_cpu_eval *eval, const sc_operand *inputs, const sc_launch *launch,
                         const int64_t *coordinate, sc_scalar *value) {
    for (int k = 0; k < eval->expr.nodes; k++) {
        const sc_expr_node *node = &eval->expr.node[k];
        if (node->op < SC_EXPR_LEAVES)
            value[k] = leaf(eval, inputs, launch, node, coordinate);
        else
            value[k] =
                sc_expr_apply((sc_expr_op)node->op, (const sc_scalar[3]){value[node->argument[0]],
                                                                         value[node->argument[1]],
                                                                         value[node->argument[2]]});
    }
}
