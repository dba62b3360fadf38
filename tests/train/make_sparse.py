#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes sparse_expected.h: steps of PyTorch's SparseAdam on an embedding, in double.

    python3 make_sparse.py >sparse_expected.h       (made with PyTorch 1.13)

A step looks up four samples of two numbers, some of them twice, and brings what is found closer to
targets: the mean of squares. Numbers that Socle keeps as floats are floats here too.
"""
import math

import numpy as np
import torch


def f(x):
    return float(np.float32(x))


WORDS, UNITS, SAMPLES, TOKENS, STEPS = 24, 2, 4, 2, 8

table = torch.nn.Embedding(WORDS, UNITS, sparse=True, dtype=torch.float64)
table.weight.data = torch.tensor([[f(0.5 * math.sin(1.3 * w + u)) for u in range(UNITS)] for w in range(WORDS)],
                                 dtype=torch.float64)
optimizer = torch.optim.SparseAdam(table.parameters(), lr=f(0.05), betas=(f(0.9), f(0.999)), eps=f(1e-8))

print("/* SPDX-License-Identifier: Apache-2.0 */")
print(f"/* Written by make_sparse.py with PyTorch {torch.__version__}. */")
print(f"""#ifndef SC_TESTS_SPARSE_EXPECTED_H
#define SC_TESTS_SPARSE_EXPECTED_H

enum {{ TORCH_WORDS = {WORDS}, TORCH_UNITS = {UNITS}, TORCH_SAMPLES = {SAMPLES}, TORCH_TOKENS = {TOKENS}, TORCH_STEPS = {STEPS} }};

/* clang-format off */
/* The table before the first step, and after each. */
static const double torch_table[TORCH_STEPS + 1][TORCH_WORDS][TORCH_UNITS] = {{""")


def show():
    rows = ("{" + ", ".join(f"{v:.17g}" for v in row) + "}" for row in table.weight.data.tolist())
    print("    {" + ", ".join(rows) + "},")


show()
for step in range(STEPS):
    index = torch.tensor([[(5 * step + 3 * at * at) % WORDS for at in range(TOKENS * n, TOKENS * n + TOKENS)]
                          for n in range(SAMPLES)])
    target = torch.tensor([[[f(2 + math.cos(step + n + 2 * t + 3 * u)) for u in range(UNITS)] for t in range(TOKENS)]
                           for n in range(SAMPLES)], dtype=torch.float64)
    optimizer.zero_grad()
    ((table(index) - target) ** 2).mean().backward()
    optimizer.step()
    show()
print("""};
/* clang-format on */

#endif""")
