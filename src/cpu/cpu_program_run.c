/* SPDX-License-Identifier: Apache-2.0 */
/* Runs prepared expressions, one block at a time: leaves are fetched or filled, every other node is
 * one call of its loop. */
#include "cpu/cpu_program.h"

#include <string.h>

static void *slot_memory(const sc_cpu_frame *frame, int slot) {
    return frame->scratch + (size_t)slot * (size_t)frame->program->slot_elements * sizeof(float);
}

static void fill_floats(float *out, float value, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = value;
}

static void fill_ints(int32_t *out, int32_t value, int64_t count) {
    for (int64_t i = 0; i < count; i++) out[i] = value;
}

/* (element / stride) % dim for consecutive elements. */
static void fill_coordinates(int32_t *out, int64_t start, int64_t count, int64_t stride,
                             int64_t dim) {
    int64_t coordinate = start / stride % dim, left = stride - start % stride;
    for (int64_t done = 0; done < count;) {
        int64_t run = left < count - done ? left : count - done;
        fill_ints(out + done, (int32_t)coordinate, run);
        done += run;
        left = stride;
        if (++coordinate == dim) coordinate = 0;
    }
}

static void fill_samples(const sc_cpu_frame *frame, int32_t *out, int64_t start, int64_t count) {
    const sc_cpu_program *program = frame->program;
    if (!program->batched) {
        fill_ints(out, 0, count);
        return;
    }
    fill_coordinates(out, start, count, program->sample_elements, INT64_MAX);
    for (int64_t i = 0; i < count; i++)
        out[i] = (int32_t)((uint32_t)out[i] + frame->launch->sample_offset);
}

static void fill_random(const sc_cpu_frame *frame, const sc_expr_node *node, float *out,
                        int64_t start, int64_t count) {
    const sc_cpu_program *program = frame->program;
    const sc_launch *launch = frame->launch;
    for (int64_t done = 0; done < count;) {
        int64_t number = (start + done) / program->sample_elements;
        int64_t element = (start + done) % program->sample_elements;
        int64_t run = program->sample_elements - element;
        if (run > count - done) run = count - done;
        uint32_t sample = program->batched ? (uint32_t)number + launch->sample_offset : 0;
        sc_cpu_random random = {launch->seed, sample, launch->step, (uint32_t)node->imm.i};
        if (node->op == SC_EXPR_UNIFORM)
            program->isa->uniform(out + done, &random, element, run);
        else
            program->isa->normal(out + done, &random, element, run);
        done += run;
    }
}

/* The block of a leaf; returns where it lies. */
static const void *leaf(const sc_cpu_frame *frame, const sc_cpu_node *node, int64_t start,
                        int64_t count) {
    const sc_cpu_program *program = frame->program;
    const sc_expr_node *expr = &node->expr;
    void *out = slot_memory(frame, node->slot);
    switch (expr->op) {
    case SC_EXPR_INPUT: {
        const void *block = sc_cpu_source_fetch(&program->source[expr->index], program->isa,
                                                frame->input[expr->index], start, count, out);
        if (!node->kept || block == out) return block;
        memcpy(out, block, (size_t)count * sizeof(float));
        break;
    }
    case SC_EXPR_CONST:
        fill_floats(out, expr->imm.f, count);
        break;
    case SC_EXPR_CONST_INT:
        fill_ints(out, expr->imm.i, count);
        break;
    case SC_EXPR_SCALAR:
        fill_floats(out, frame->launch->scalar[expr->index], count);
        break;
    case SC_EXPR_STEP:
        fill_ints(out, (int32_t)frame->launch->step, count);
        break;
    case SC_EXPR_ROWS:
        fill_ints(out, (int32_t)frame->launch->rows, count);
        break;
    case SC_EXPR_COORD:
        fill_coordinates(out, start, count, program->stride[expr->index],
                         program->dim[expr->index]);
        break;
    case SC_EXPR_SAMPLE:
        fill_samples(frame, out, start, count);
        break;
    default:
        fill_random(frame, expr, out, start, count);
        break;
    }
    return out;
}

static void compute(sc_cpu_frame *frame, int k, void *out, int64_t count) {
    const sc_cpu_node *node = &frame->program->node[k];
    const uint8_t *argument = node->expr.argument;
    /* Arguments that an operation does not have are node 0: any valid block. */
    node->loop(out, frame->value[argument[0]], frame->value[argument[1]], frame->value[argument[2]],
               count);
    frame->value[k] = out;
}

void sc_cpu_frame_begin(sc_cpu_frame *frame, int64_t longest) {
    const sc_cpu_program *program = frame->program;
    int64_t count = longest < program->slot_elements ? longest : program->slot_elements;
    memset(frame->value, 0, sizeof frame->value);
    for (int k = 0; k < program->nodes; k++) {
        const sc_cpu_node *node = &program->node[k];
        if (!node->uniform) continue;
        if (node->loop) {
            compute(frame, k, slot_memory(frame, node->slot), count);
            continue;
        }
        const void *block = leaf(frame, node, 0, node->expr.op == SC_EXPR_INPUT ? 1 : count);
        uint32_t *words = slot_memory(frame, node->slot);
        if (node->expr.op == SC_EXPR_INPUT) {
            uint32_t word;
            memcpy(&word, block, sizeof word);
            for (int64_t i = 0; i < count; i++) words[i] = word;
        }
        frame->value[k] = words;
    }
}

static void store(const sc_cpu_frame *frame, int output, int64_t start, int64_t count) {
    const sc_cpu_program *program = frame->program;
    const void *block = frame->value[program->output[output]];
    int dtype = program->output_dtype[output];
    char *to = (char *)frame->output[output] + (size_t)start * sc_dtype_size(dtype);
    if (dtype == SOCLE_U8)
        program->isa->narrow_bytes((uint8_t *)to, block, count);
    else if (dtype == SOCLE_F16)
        program->isa->store_f16((uint16_t *)to, block, count);
    else if (dtype == SOCLE_BF16)
        program->isa->store_bf16((uint16_t *)to, block, count);
    else if (to != block)
        memcpy(to, block, (size_t)count * sizeof(float));
}

void sc_cpu_frame_run(sc_cpu_frame *frame, int64_t start, int64_t count) {
    const sc_cpu_program *program = frame->program;
    for (int k = 0; k < program->nodes; k++) {
        const sc_cpu_node *node = &program->node[k];
        if (node->uniform) continue;
        if (!node->loop)
            frame->value[k] = leaf(frame, node, start, count);
        else if (node->direct >= 0)
            compute(frame, k, (float *)frame->output[node->direct] + start, count);
        else
            compute(frame, k, slot_memory(frame, node->slot), count);
    }
    for (int o = 0; o < program->outputs; o++)
        if (program->stored[o]) store(frame, o, start, count);
}
