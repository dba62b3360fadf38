#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Losses and gradients of tokens and pixels by PyTorch, in double, for tests/nn/test_sequences.c, and
states and gradients of recurrent layers, for tests/nn/test_recurrent.c, and results and gradients of
layers, for tests/nn/test_layer_values.c.

    python3 tests/golden/make_sequences.py > tests/nn/sequences.h
    python3 tests/golden/make_sequences.py recurrent > tests/nn/recurrent.h
    python3 tests/golden/make_sequences.py layers > tests/nn/layer_values.h

Needs PyTorch (1.13 made the committed numbers, 2.15 those of layers). Numbers that both sides need are drawn by the
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


def write(name, tensor, digits=17, columns=4):
    values = tensor.detach().reshape(-1).tolist()
    print(f"static const double {name}[] = {{")
    for i in range(0, len(values), columns):
        print("    " + " ".join(f"{float(f'{value:.{digits}g}')!r}," for value in values[i:i + columns]))
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


def weighted(name, out, values):
    """writes a result, and the gradients by `values` of its sum weighted by drawn numbers"""
    (out * numbers(*out.shape).detach()).sum().backward()
    write(name, torch.cat([out.reshape(-1)] + [value.grad.reshape(-1) for value in values]), 8, 22)


def turned(x, heads, theta):
    """rotary positions: feature i of the first half of a head, with that of the second half, as a
    complex number times e^(i t theta^(-i / half))"""
    samples, steps, width = x.shape
    half = width // heads // 2
    x = x.reshape(samples, steps, heads, 2, half)
    rate = theta ** (-torch.arange(half) / half)
    angle = torch.arange(steps)[:, None] * rate
    y = torch.complex(x[..., 0, :], x[..., 1, :]) * torch.polar(torch.ones_like(angle),
                                                               angle)[:, None, :]
    return torch.stack((y.real, y.imag), -2).reshape(samples, steps, width)


def attention(name, heads, memory=False, lengths=None, causal=False, bias=True, theta=None):
    global state
    state = 777
    x = numbers(2, 4, 8)
    m = numbers(2, 3, 6) if memory else x
    width = m.shape[2]
    weights = [numbers(8, size) for size in (8, width, width, 8)]
    biases = [numbers(8) for _ in range(4)] if bias else []
    hidden = torch.zeros(2, m.shape[1], dtype=torch.bool)
    if lengths:
        hidden = torch.arange(m.shape[1])[None, :] >= torch.tensor(lengths)[:, None]
    steps = torch.ones(4, m.shape[1], dtype=torch.bool)
    later = ~torch.tril(steps) if causal else ~steps
    if theta:
        q, k, v = (functional.linear(x, w, b) for w, b in zip(weights[:3], biases or [None] * 3))
        q, k = turned(q, heads, theta), turned(k, heads, theta)
        q, k, v = (y.reshape(2, 4, heads, -1).transpose(1, 2) for y in (q, k, v))
        out = functional.scaled_dot_product_attention(q, k, v, ~later)
        out = functional.linear(out.transpose(1, 2).reshape(2, 4, 8), weights[3],
                                biases[3] if bias else None)
    else:
        out, _ = functional.multi_head_attention_forward(
            x.transpose(0, 1), m.transpose(0, 1), m.transpose(0, 1), 8, heads, None,
            torch.cat(biases[:3]) if bias else None, None, None, False, 0.0, weights[3],
            biases[3] if bias else None, key_padding_mask=hidden, attn_mask=later,
            use_separate_proj_weight=True, q_proj_weight=weights[0], k_proj_weight=weights[1],
            v_proj_weight=weights[2])
        out = out.transpose(0, 1)
    weighted(name, out, [x] + ([m] if memory else []) + weights + biases)


def normalisation(name, layer):
    global state
    state = 777
    x = numbers(2, 4, 8)
    for parameter in layer.parameters():
        parameter.data = numbers(*parameter.shape).detach()
    weighted(name, layer(x), [x] + list(layer.parameters()))


def position(name, learned):
    global state
    state = 777
    x = numbers(2, 4, 8)
    if learned:
        table = numbers(4, 8)
        return weighted(name, x + table, [x, table])
    t, i = torch.arange(4)[:, None], torch.arange(4)
    angle = t / 10000 ** (2 * i / 8)
    return weighted(name, x + torch.stack((angle.sin(), angle.cos()), -1).reshape(4, 8), [x])


def gated(name, layer, sequence, lengths=None):
    global state
    state = 777
    x = numbers(2, 4, 8)
    for parameter in layer.parameters():
        parameter.data = numbers(*parameter.shape).detach()
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths or [4, 4]),
                                                     batch_first=True, enforce_sorted=False)
    states, last = layer(packed)
    states, _ = torch.nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=4)
    last = last[0] if isinstance(last, tuple) else last
    directions = 2 if layer.bidirectional else 1
    out = states if sequence else torch.cat(list(last[-directions:]), 1)
    weighted(name, out, [x] + list(layer.parameters()))


def of_module(name, module, *shape):
    """a module of x and its parameters; or a function of x"""
    global state
    state = 777
    x = numbers(2, *shape)
    parameters = list(module.parameters()) if isinstance(module, torch.nn.Module) else []
    for parameter in parameters:
        parameter.data = numbers(*parameter.shape).detach()
    weighted(name, module(x), [x] + parameters)


class Twice(torch.nn.Linear):
    """one map, applied twice"""
    def __init__(self):
        super().__init__(6, 6)

    def forward(self, x):
        return super().forward(super().forward(torch.sigmoid(x)))


def images():
    nn = torch.nn
    of_module("group_norm", nn.GroupNorm(2, 4, eps=1e-3), 4, 3, 2)
    of_module("instance_norm", nn.InstanceNorm2d(2, eps=1e-3, affine=True), 2, 3, 3)
    of_module("local_response_norm", nn.LocalResponseNorm(4, 0.5, 0.75, 2.0), 6, 2, 2)
    of_module("conv1d", nn.Conv1d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2), 4, 6)
    of_module("conv2d_transpose", nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0),
                                                     output_padding=(1, 0), groups=2), 4, 3, 2)
    of_module("transpose_dilated", nn.ConvTranspose2d(2, 1, 2, stride=3, dilation=2, bias=False),
              2, 2, 2)
    of_module("adaptive_avgpool2d", nn.AdaptiveAvgPool2d((3, 4)), 2, 5, 3)
    of_module("maxpool_ceil", nn.MaxPool2d(3, 2, 1, ceil_mode=True), 2, 6, 5)
    of_module("avgpool_ceil", nn.AvgPool2d(2, 3, ceil_mode=True, count_include_pad=False), 2, 5, 4)
    of_module("global_maxpool", lambda x: x.amax((2, 3)), 3, 3, 2)
    of_module("upsample_bilinear", nn.Upsample(scale_factor=(2, 3), mode="bilinear"), 2, 3, 2)
    of_module("permuted", lambda x: x.permute(0, 3, 1, 2), 3, 2, 4)
    of_module("sliced", lambda x: x[:, :, 1:3], 3, 4)
    of_module("padded", lambda x: functional.pad(x, (3, 4, 1, 2)), 1, 2, 2)
    of_module("shared", Twice(), 2, 6)
    of_module("stopped", lambda x: x.detach() * x, 3, 4)


def layers():
    lstm, gru, rnn = torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN
    gated("gru_sequence", gru(8, 4, batch_first=True), True)
    gated("gru_last", gru(8, 4, batch_first=True, bias=False), False, [3, 1])
    gated("gru_both", gru(8, 2, 2, batch_first=True, bidirectional=True), True, [3, 1])
    gated("lstm_sequence", lstm(8, 4, batch_first=True), True)
    gated("lstm_last", lstm(8, 3, 2, batch_first=True), False, [3, 1])
    gated("lstm_both", lstm(8, 3, batch_first=True, bidirectional=True), False, [3, 1])
    gated("rnn_both", rnn(8, 4, batch_first=True, bidirectional=True), True)
    images()
    attention("attention_self", 2)
    attention("attention_causal", 4, causal=True, bias=False)
    attention("attention_lengths", 2, lengths=[3, 1])
    attention("attention_memory", 2, memory=True, lengths=[3, 1])
    attention("attention_rotary", 2, causal=True, theta=100.0)
    normalisation("layer_norm", torch.nn.LayerNorm(8, eps=1e-3))
    normalisation("rms_norm", torch.nn.RMSNorm(8, eps=1e-3))
    position("position_learned", True)
    position("position_sinusoidal", False)


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by tests/golden/make_sequences.py with PyTorch", torch.__version__.split("+")[0], "*/")
if sys.argv[1:] == ["recurrent"]:
    for case in range(8):
        recurrent("relu" if case & 1 else "tanh", bool(case & 2), bool(case & 4))
    recurrent("tanh", False, True, layers=2)
elif sys.argv[1:] == ["layers"]:
    print("/* clang-format off */")
    layers()
else:
    tokens()
    pixels()
