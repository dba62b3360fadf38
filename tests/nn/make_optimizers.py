#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes optimizer_expected.h: twenty steps of PyTorch's optimizers in double.

    python3 make_optimizers.py >optimizer_expected.h       (made with PyTorch 1.13)

Numbers that Socle keeps as floats (rate, betas, epsilon) are floats here too. The gradient of weight
i at step t is sin(1.7 t + i) (i + 1).
"""
import math

import numpy as np
import torch


def f(x):
    return float(np.float32(x))


STEPS, START, RATE, DECAY = 20, [0.5, -1.25, 3, 0.01], f(0.02), f(0.03)
BETAS = (f(0.9), f(0.999))


class NAdam:
    """As PyTorch has it since 2.0; 1.13 has mu twice in the product of the next step."""

    def __init__(self, parameters, lr, weight_decay, betas, eps):
        self.w, self.lr, self.decay, self.betas, self.eps = parameters[0], lr, weight_decay, betas, eps
        self.m, self.v, self.product, self.t = 0, 0, 1, 0

    def step(self):
        self.t += 1
        g = self.w.grad + self.decay * self.w.detach()
        mu, following = (self.betas[0] * (1 - 0.5 * 0.96 ** (t * 0.004)) for t in (self.t, self.t + 1))
        self.product *= mu
        self.m = self.betas[0] * self.m + (1 - self.betas[0]) * g
        self.v = self.betas[1] * self.v + (1 - self.betas[1]) * g * g
        root = (self.v / (1 - self.betas[1] ** self.t)).sqrt() + self.eps
        self.w.data -= self.lr * (1 - mu) / (1 - self.product) * g / root
        self.w.data -= self.lr * following / (1 - self.product * following) * self.m / root


CASES = [
    ("sgd", 0, 0, torch.optim.SGD, {}),
    ("sgd", 1, 0.9, torch.optim.SGD, dict(momentum=f(0.9))),
    ("nesterov", 0, 0, torch.optim.SGD, dict(momentum=f(0.9), nesterov=True)),
    ("adagrad", 0, 0, torch.optim.Adagrad, dict(eps=f(1e-10))),
    ("adagrad", 2, 0.1, torch.optim.Adagrad, dict(eps=f(1e-10), initial_accumulator_value=f(0.1))),
    ("rmsprop", 0, 0, torch.optim.RMSprop, dict(alpha=f(0.99), eps=f(1e-8))),
    ("rmsprop", 3, 0.5, torch.optim.RMSprop, dict(alpha=f(0.99), eps=f(1e-8), momentum=0.5)),
    ("adadelta", 0, 0, torch.optim.Adadelta, dict(rho=f(0.9), eps=f(1e-6))),
    ("adam", 0, 0, torch.optim.Adam, dict(betas=BETAS, eps=f(1e-8))),
    ("amsgrad", 0, 0, torch.optim.Adam, dict(betas=BETAS, eps=f(1e-8), amsgrad=True)),
    ("adamw", 0, 0, torch.optim.AdamW, dict(betas=BETAS, eps=f(1e-8))),
    ("adamax", 0, 0, torch.optim.Adamax, dict(betas=BETAS, eps=f(1e-8))),
    ("nadam", 0, 0, NAdam, dict(betas=BETAS, eps=f(1e-8))),
]

print("/* SPDX-License-Identifier: Apache-2.0 */")
print(f"/* Written by make_optimizers.py with PyTorch {torch.__version__}. */")
print("""#ifndef SC_TESTS_OPTIMIZER_EXPECTED_H
#define SC_TESTS_OPTIMIZER_EXPECTED_H

enum { TORCH_STEPS = 20, TORCH_WEIGHTS = 4 };

/* clang-format off */
static const struct {
    const char *word;
    int option;  /* which one is not standard; 0: none */
    float value; /* of it */
    double w[TORCH_STEPS][TORCH_WEIGHTS];
} torch_cases[] = {""")
for word, option, value, kind, settings in CASES:
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = kind([w], lr=RATE, weight_decay=DECAY, **settings)
    print(f'    {{"{word}", {option}, {value}f, {{' if value else f'    {{"{word}", 0, 0, {{')
    for t in range(1, STEPS + 1):
        w.grad = torch.tensor([math.sin(1.7 * t + i) * (i + 1) for i in range(4)], dtype=torch.float64)
        optimizer.step()
        print("        {" + ", ".join(f"{v:.17g}" for v in w.tolist()) + "},")
    print("    }},")
print("""};
/* clang-format on */

#endif""")
