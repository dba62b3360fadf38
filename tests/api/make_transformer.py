#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes transformer_expected.h: attention and layer normalisation by PyTorch, with gradients, in double.

    python3 make_transformer.py >transformer_expected.h       (made with PyTorch 1.13)

Number i of operand o of a case is sin(0.7 i + o), as a float; what the results are weighted by in the loss
is cos(0.3 i).
"""
import math

import numpy as np
import torch


def f(x):
    return float(np.float32(x))


def operand(o, *shape):
    count = math.prod(shape)
    values = [f(math.sin(0.7 * i + o)) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_()


def weights(*shape):
    return torch.tensor([f(math.cos(0.3 * i)) for i in range(math.prod(shape))], dtype=torch.float64).reshape(shape)


def show(name, values):
    text = ", ".join(f"{v:.17g}" for v in values.detach().flatten().tolist())
    print(f"     .{name} = {{{text}}},")


def attention(samples, queries, keys, heads, depth, causal, lengths):
    width = heads * depth
    q, k, v = operand(0, samples, queries, width), operand(1, samples, keys, width), operand(2, samples, keys, width)
    shape = (samples, -1, heads, depth)
    a, b, c = (x.reshape(shape).transpose(1, 2) for x in (q, k, v))
    seen = torch.ones(samples, 1, queries, keys, dtype=torch.bool)
    if causal:
        seen &= torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
    for n, length in enumerate(lengths):
        seen[n] &= torch.arange(keys) < length
    some = seen.any(-1, keepdim=True)
    score = (a @ b.transpose(-1, -2) / math.sqrt(depth)).masked_fill(~seen, -math.inf)
    # A row of which nothing is seen would be NaN: its result is 0.
    share = torch.softmax(torch.where(some, score, torch.zeros_like(score)), -1) * some
    y = (share @ c).transpose(1, 2).reshape(samples, queries, width)
    (y * weights(*y.shape)).sum().backward()
    text = ", ".join(str(length) for length in lengths)
    print(f"    {{.samples = {samples}, .queries = {queries}, .keys = {keys}, .heads = {heads}, .depth = {depth}, "
          f".causal = {int(causal)}, .has_length = {int(bool(lengths))}, .length = {{{text or 0}}},")
    show("y", y)
    for name, x in (("dq", q), ("dk", k), ("dv", v)):
        show(name, x.grad)
    print("    },")


def layer_norm(rows, columns, epsilon):
    x, scale, shift = operand(0, rows, columns), operand(1, columns), operand(2, columns)
    y = torch.nn.functional.layer_norm(x, (columns,), scale, shift, f(epsilon))
    (y * weights(*y.shape)).sum().backward()
    print(f"    {{.rows = {rows}, .columns = {columns}, .epsilon = {epsilon}f,")
    show("y", y)
    for name, value in (("dx", x), ("dscale", scale), ("dshift", shift)):
        show(name, value.grad)
    print("    },")


print("/* SPDX-License-Identifier: Apache-2.0 */")
print(f"/* Written by make_transformer.py with PyTorch {torch.__version__}. */")
print("""#ifndef SC_TESTS_TRANSFORMER_EXPECTED_H
#define SC_TESTS_TRANSFORMER_EXPECTED_H

enum { TORCH_MOST = 60, TORCH_SAMPLES = 3 };

typedef struct torch_attention {
    int samples, queries, keys, heads, depth, causal, has_length, length[TORCH_SAMPLES];
    double y[TORCH_MOST], dq[TORCH_MOST], dk[TORCH_MOST], dv[TORCH_MOST];
} torch_attention;

typedef struct torch_layer_norm {
    int rows, columns;
    float epsilon;
    double y[TORCH_MOST], dx[TORCH_MOST], dscale[TORCH_MOST], dshift[TORCH_MOST];
} torch_layer_norm;

/* clang-format off */
static const torch_attention torch_attentions[] = {""")
attention(2, 3, 3, 2, 2, False, [])
attention(2, 4, 4, 1, 3, True, [])
attention(3, 3, 5, 2, 2, True, [5, 2, 1])
attention(3, 2, 4, 1, 5, False, [4, 0, 1])
attention(1, 5, 2, 2, 4, True, [])
print("""};

static const torch_layer_norm torch_layer_norms[] = {""")
layer_norm(5, 7, 1e-5)
layer_norm(3, 20, 0.01)
layer_norm(6, 1, 0.01)
print("""};
/* clang-format on */

#endif""")
