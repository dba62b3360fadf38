#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Losses and gradients of tokens and pixels by PyTorch, in double, for tests/nn/test_sequences.c.

    python3 tests/golden/make_sequences.py > tests/nn/sequences.h

Needs python3-torch (1.13 made the committed numbers). Numbers that both sides need are drawn by the
same recurrence (`numbers` here, `fill` in the test)."""
import torch
from torch.nn import functional

torch.set_default_dtype(torch.float64)
state = 12345


def numbers(*shape):
    global state
    count = 1
    for size in shape:
        count *= size
    values = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 8) * 2.0**-23 - 1.0)
    return torch.tensor(values).reshape(shape).requires_grad_()


def write(name, tensor):
    values = tensor.detach().reshape(-1).tolist()
    print(f"static const double {name}[] = {{")
    for i in range(0, len(values), 4):
        print("    " + " ".join(f"{value!r}," for value in values[i:i + 4]))
    print("};")


def tokens():
    """embedding -> dense over [N,T,D] -> tanh -> dense -> cross-entropy per token without label 2"""
    index = torch.tensor([[0, 4, 4], [1, 5, 0]])
    label = torch.tensor([[0, 2, 3], [1, 0, 2]])
    table, w1, b1, w2, b2 = (numbers(*s) for s in ((6, 4), (5, 4), (5,), (4, 5), (4,)))
    hidden = torch.tanh(functional.linear(functional.embedding(index, table), w1, b1))
    scores = functional.linear(hidden, w2, b2)
    loss = functional.cross_entropy(scores.transpose(1, 2), label, ignore_index=2)
    loss.backward()
    write("tokens_loss", loss)
    for name, value in (("table", table), ("w1", w1), ("b1", b1), ("w2", w2), ("b2", b2)):
        write(f"tokens_{name}", value.grad)


def pixels():
    """1x1 convolution -> cross-entropy per pixel without label 255"""
    label = torch.tensor([[[0, 2], [255, 1]], [[255, 255], [1, 1]]])
    x, weight, bias = (numbers(*s) for s in ((2, 2, 2, 2), (3, 2, 1, 1), (3,)))
    scores = functional.conv2d(x, weight, bias)
    loss = functional.cross_entropy(scores, label, ignore_index=255)
    loss.backward()
    write("pixels_loss", loss)
    write("pixels_weight", weight.grad)
    write("pixels_bias", bias.grad)


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by tests/golden/make_sequences.py with PyTorch", torch.__version__.split("+")[0], "*/")
tokens()
pixels()
