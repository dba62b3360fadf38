/* SPDX-License-Identifier: Apache-2.0 */
/* Short ways to write descriptors in the tests of src/op. */
#ifndef SC_TESTS_OP_BUILD_H
#define SC_TESTS_OP_BUILD_H

#include "op/op.h"

#include <stdarg.h>
#include <string.h>

#define OP_BUILD_UNUSED __attribute__((unused))
#define OP_BUILD_COUNT(...) ((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
/* F32(3, 4): f32[3,4]. F32N(8, 3): f32[N,3] with a capacity of 8. */
#define F32(...) plain(SOCLE_F32, OP_BUILD_COUNT(__VA_ARGS__), (int64_t[]){__VA_ARGS__})
#define F32N(...) batched(SOCLE_F32, 0, OP_BUILD_COUNT(__VA_ARGS__), (int64_t[]){__VA_ARGS__})
/* F32R(3, 12, 5): f32[N*3,5], four samples of three rows. */
#define F32R(rows, ...)                                                                            \
    sc_tensor_make(SOCLE_F32, rows, OP_BUILD_COUNT(__VA_ARGS__), (int64_t[]){__VA_ARGS__})
/* A descriptor with its first tensors; those beyond `inputs` are outputs given by the caller. */
#define build(op, inputs, outputs, ...)                                                            \
    build_op(op, inputs, outputs,                                                                  \
             (int)(sizeof((sc_tensor_desc[]){__VA_ARGS__}) / sizeof(sc_tensor_desc)),              \
             (sc_tensor_desc[]){__VA_ARGS__})

static OP_BUILD_UNUSED sc_tensor_desc plain(int dtype, int rank, const int64_t *dim) {
    return sc_tensor_make(dtype, 0, rank, dim);
}

static OP_BUILD_UNUSED sc_tensor_desc batched(int dtype, int64_t rows, int rank,
                                              const int64_t *dim) {
    (void)rows;
    return sc_tensor_make(dtype, 1, rank, dim);
}

static OP_BUILD_UNUSED sc_op_desc build_op(sc_op op, int inputs, int outputs, int count,
                                           const sc_tensor_desc *tensor) {
    sc_op_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.op = op;
    desc.inputs = inputs;
    desc.outputs = outputs;
    memcpy(desc.tensor, tensor, (size_t)count * sizeof *tensor);
    return desc;
}

/* op(in0 .. in(arity - 1)) of float inputs. */
static OP_BUILD_UNUSED sc_expr build_expr(sc_expr_op op, int arity) {
    sc_expr expr;
    sc_expr_init(&expr);
    int a[3] = {0, 0, 0};
    for (int i = 0; i < arity; i++) a[i] = sc_expr_input(&expr, i, SC_EXPR_FLOAT);
    sc_expr_output(&expr, sc_expr_add_node(&expr, op, a[0], a[1], a[2]));
    return expr;
}

static OP_BUILD_UNUSED sc_window build_window(int kernel, int stride, int dilation, int padding) {
    return (sc_window){{kernel, kernel},
                       {stride, stride},
                       {dilation, dilation},
                       {padding, padding},
                       {padding, padding}};
}

#endif
