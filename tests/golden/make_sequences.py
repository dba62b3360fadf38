#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Losses and gradients of tokens and pixels by PyTorch, in double, for tests/nn/test_sequences.c, and
states and gradients of recurrent layers, for tests/nn/test_recurrent.c.

    python3 tests/golden/make_sequences.py > tests/nn/sequences.h
    python3 tests/golden/make_sequences.py recurrent > tests/nn/recurrent.h

Needs python3-torch (1.13 made the committed numbers). Numbers that both sides need are drawn by the
same recurrence (`numbers` here, `fill` in the test)."""
import sys

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


def recurrent(function, sequence, ragged, layers=1):
    """states of a recurrent layer, and the gradients of their sum weighted by drawn numbers"""
    global state
    state = 777
    layer = torch.nn.RNN(4, 3, layers, nonlinearity=function, batch_first=True)
    x = numbers(3, 5, 4)
    for parameter in layer.parameters():
        parameter.data = numbers(*parameter.shape).detach()
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        x, torch.tensor([2, 4, 1] if ragged else [5, 5, 5]), batch_first=True, enforce_sorted=False)
    states, last = layer(packed)
    states, _ = torch.nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=5)
    out = states if sequence else last[-1]
    (out * numbers(*out.shape).detach()).sum().backward()
    all_of_it = [out] + [parameter.grad for parameter in layer.parameters()]
    write(f"rnn_{function}_{'sequence' if sequence else 'last'}_{'ragged' if ragged else 'full'}"
          + (f"_{layers}" if layers > 1 else ""),
          torch.cat([tensor.reshape(-1) for tensor in all_of_it]))


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by tests/golden/make_sequences.py with PyTorch", torch.__version__.split("+")[0], "*/")
if sys.argv[1:] == ["recurrent"]:
    for case in range(8):
        recurrent("relu" if case & 1 else "tanh", bool(case & 2), bool(case & 4))
    recurrent("tanh", False, True, layers=2)
else:
    tokens()
    pixels()
