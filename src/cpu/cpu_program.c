/* SPDX-License-Identifier: Apache-2.0 */
/* Prepares expressions: decides for each node whether it is uniform, where its block of values lies
 * (blocks are reused as soon as the last reader is done, so that few of them stay in the cache),
 * and which results go to their output without a copy. */
#include "cpu/cpu_program.h"

#include <string.h>

static bool leaf_is_uniform(const sc_cpu_program *program, const sc_expr_node *node) {
    switch (node->op) {
    case SC_EXPR_INPUT:
        return program->source[node->index].uniform;
    case SC_EXPR_CONST:
    case SC_EXPR_CONST_INT:
    case SC_EXPR_SCALAR:
    case SC_EXPR_STEP:
    case SC_EXPR_ROWS:
        return true;
    default:
        return false;
    }
}

static int arity_of(const sc_expr_node *node) {
    return node->op < SC_EXPR_LEAVES ? 0 : sc_expr_op_info((sc_expr_op)node->op)->arity;
}

static void find_uniform(sc_cpu_program *program) {
    for (int k = 0; k < program->nodes; k++) {
        sc_cpu_node *node = &program->node[k];
        int arity = arity_of(&node->expr);
        node->uniform = arity > 0 || leaf_is_uniform(program, &node->expr);
        for (int a = 0; a < arity; a++)
            node->uniform = node->uniform && program->node[node->expr.argument[a]].uniform;
    }
}

/* last[k] = the last node that reads node k; program->nodes for outputs. */
static void find_last_readers(const sc_cpu_program *program, int *last) {
    for (int k = 0; k < program->nodes; k++) {
        const sc_expr_node *node = &program->node[k].expr;
        last[k] = k;
        for (int a = 0; a < arity_of(node); a++) last[node->argument[a]] = k;
    }
    for (int o = 0; o < program->outputs; o++) last[program->output[o]] = program->nodes;
}

/* An output may be the memory of an input of the same shape and type. Writing it while that input
 * has readers to come would spoil them. */
static bool overwrites_input(const sc_cpu_program *program, int writer, int dtype,
                             const int *last) {
    for (int k = 0; k < program->nodes; k++) {
        const sc_expr_node *node = &program->node[k].expr;
        if (node->op != SC_EXPR_INPUT || last[k] <= writer) continue;
        const sc_cpu_source *source = &program->source[node->index];
        if (source->whole && source->dtype == dtype) return true;
    }
    return false;
}

static void choose_direct_outputs(sc_cpu_program *program, const int *last) {
    for (int o = 0; o < program->outputs; o++) {
        sc_cpu_node *node = &program->node[program->output[o]];
        int natural = node->expr.type == SC_EXPR_FLOAT ? SOCLE_F32 : SOCLE_I32;
        program->stored[o] = true;
        if (node->expr.op == SC_EXPR_INPUT) node->kept = true;
        if (!node->loop || node->uniform || node->direct >= 0 ||
            program->output_dtype[o] != natural ||
            overwrites_input(program, program->output[o], natural, last))
            continue;
        node->direct = o;
        program->stored[o] = false;
    }
}

/* A uniform block lives for the whole task; any other is free again after its last reader. */
static void assign_slots(sc_cpu_program *program, const int *last) {
    bool busy[SC_EXPR_NODES] = {false};
    for (int k = 0; k < program->nodes; k++) {
        sc_cpu_node *node = &program->node[k];
        if (!node->uniform) continue;
        node->slot = program->slots++;
        busy[node->slot] = true;
    }
    for (int k = 0; k < program->nodes; k++) {
        sc_cpu_node *node = &program->node[k];
        if (!node->uniform && node->direct < 0) {
            int slot = 0;
            while (busy[slot]) slot++;
            node->slot = slot;
            busy[slot] = true;
            if (slot >= program->slots) program->slots = slot + 1;
        }
        for (int j = 0; j <= k; j++) {
            const sc_cpu_node *other = &program->node[j];
            if (last[j] == k && !other->uniform && other->slot >= 0) busy[other->slot] = false;
        }
    }
}

static void set_space(sc_cpu_program *program, const sc_tensor_desc *space) {
    int64_t stride = 1;
    program->batched = space->rows_per_sample > 0;
    for (int d = space->rank - 1; d >= 0; d--) {
        if (d == 0) program->sample_elements = stride * space->rows_per_sample;
        program->dim[d] = space->dim[d];
        program->stride[d] = stride;
        stride *= space->dim[d];
    }
    if (!program->batched) program->sample_elements = stride;
    /* A block of a small space is no longer than that; slots begin at cache lines. */
    program->slot_elements = stride < SC_CPU_BLOCK ? sc_round_up(stride, 32) : SC_CPU_BLOCK;
}

size_t sc_cpu_program_scratch(const sc_cpu_program *program) {
    return (size_t)program->slots * (size_t)program->slot_elements * sizeof(float);
}

void sc_cpu_program_init(sc_cpu_program *program, sc_device *device, const sc_expr *expr,
                         const sc_tensor_desc *space, const sc_tensor_desc *input,
                         const sc_tensor_desc *output) {
    int last[SC_EXPR_NODES];
    memset(program, 0, sizeof *program);
    program->isa = sc_cpu_device_of(device)->isa;
    program->nodes = expr->nodes;
    program->inputs = expr->inputs;
    program->outputs = expr->outputs;
    program->used_inputs = sc_expr_used_inputs(expr);
    set_space(program, space);
    for (int i = 0; i < expr->inputs; i++)
        if (program->used_inputs >> i & 1)
            sc_cpu_source_init(&program->source[i], &input[i], space);
    for (int k = 0; k < expr->nodes; k++) {
        program->node[k].expr = expr->node[k];
        program->node[k].loop = program->isa->expr[expr->node[k].op];
        program->node[k].slot = SC_CPU_NO_SLOT;
        program->node[k].direct = -1;
    }
    memcpy(program->output, expr->output, sizeof program->output);
    find_uniform(program);
    find_last_readers(program, last);
    for (int o = 0; output && o < expr->outputs; o++) program->output_dtype[o] = output[o].dtype;
    if (output) choose_direct_outputs(program, last);
    assign_slots(program, last);
}
