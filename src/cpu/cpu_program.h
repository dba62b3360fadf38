/* SPDX-License-Identifier: Apache-2.0 */
/* An expression made ready to run over cache-sized blocks of a linear index space: which node is
 * computed by which loop, where its block of values lies, what is the same for the whole launch.
 * Elementwise operations, reductions and tails are made of it. It must not know which operation it
 * serves. */
#ifndef SC_CPU_CPU_PROGRAM_H
#define SC_CPU_CPU_PROGRAM_H

#include "cpu/cpu.h"
#include "cpu/cpu_source.h"

enum { SC_CPU_BLOCK = 1024 }; /* elements */

enum { SC_CPU_NO_SLOT = -1 };

typedef struct sc_cpu_node {
    sc_expr_node expr;
    sc_cpu_loop *loop; /* NULL for leaves */
    bool uniform;      /* the same for every element: computed once per task */
    bool kept;         /* an input that is also an output: copied, for its memory may become another
                          output's */
    int slot;          /* block of scratch memory; SC_CPU_NO_SLOT: written to an output directly */
    int direct;        /* that output */
} sc_cpu_node;

typedef struct sc_cpu_program {
    const sc_cpu_isa *isa;
    int nodes, inputs, outputs, slots;
    int64_t slot_elements; /* of each slot */
    uint32_t used_inputs;
    bool batched;
    int64_t sample_elements; /* of the space; of all of it when it is not batched */
    int64_t dim[SC_MAX_RANK], stride[SC_MAX_RANK]; /* of the space */
    uint8_t output[SC_EXPR_OUTPUTS];               /* node numbers */
    uint8_t output_dtype[SC_EXPR_OUTPUTS];
    bool stored[SC_EXPR_OUTPUTS]; /* not written directly: stored at the end of each block */
    sc_cpu_source source[SC_EXPR_INPUTS];
    sc_cpu_node node[SC_EXPR_NODES];
} sc_cpu_program;

/* Everything of one task: made on the stack, begun once, run block by block. */
typedef struct sc_cpu_frame {
    const sc_cpu_program *program;
    const sc_launch *launch;
    const void *input[SC_EXPR_INPUTS];
    void *output[SC_EXPR_OUTPUTS]; /* unused when the program was made without outputs */
    char *scratch;
    const void *value[SC_EXPR_NODES]; /* after a run: the block of each live node */
} sc_cpu_frame;

/* `input` and `output` are the tensors that the expression's inputs and outputs stand for; `output`
 * NULL: results stay in blocks (sc_cpu_frame_result). */
void sc_cpu_program_init(sc_cpu_program *program, sc_device *device, const sc_expr *expr,
                         const sc_tensor_desc *space, const sc_tensor_desc *input,
                         const sc_tensor_desc *output);
/* Bytes that each worker needs for its blocks (frame.scratch). */
size_t sc_cpu_program_scratch(const sc_cpu_program *program);

/* Elements of the space at `rows`. */
static inline int64_t sc_cpu_program_elements(const sc_cpu_program *program, int64_t rows) {
    return program->batched ? rows * program->sample_elements : program->sample_elements;
}

/* Fills what is uniform. program, launch, input, output and scratch are set; `longest` is the most
 * elements that a run will take. */
void sc_cpu_frame_begin(sc_cpu_frame *frame, int64_t longest);
/* Computes elements start .. start + count - 1, count <= SC_CPU_BLOCK, and writes the outputs. */
void sc_cpu_frame_run(sc_cpu_frame *frame, int64_t start, int64_t count);
static inline const float *sc_cpu_frame_result(const sc_cpu_frame *frame, int output) {
    return frame->value[frame->program->output[output]];
}

#endif
