#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes transformer_expected.h: layer normalisation by PyTorch, with gradients, in double.

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

enum { TORCH_MOST = 60 };

typedef struct torch_layer_norm {
    int rows, columns;
    float epsilon;
    double y[TORCH_MOST], dx[TORCH_MOST], dscale[TORCH_MOST], dshift[TORCH_MOST];
} torch_layer_norm;

/* clang-format off */
static const torch_layer_norm torch_layer_norms[] = {""")
layer_norm(5, 7, 1e-5)
layer_norm(3, 20, 0.01)
layer_norm(6, 1, 0.01)
print("""};
/* clang-format on */

#endif""")
