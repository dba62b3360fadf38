#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The losses of five steps of torchvision's networks, in double, for tests/train/test_published.c.

    python3 tests/golden/make_published.py > tests/train/published.h

Needs torch and torchvision (2.15 and 0.29 made the committed numbers). First weights and pictures are
a hash of a name and an index, which the test computes too, so that no file holds them. Dropout is
off: its random numbers are each library's own."""
import numpy as np
import torch
import torchvision

BATCH, STEPS, MOMENTUM = 4, 5, 0.9
# Small enough that a rounded sum which turns a relu over is not felt within five steps.
RATE, SMALLER_RATE = 0.00002, {"resnet50": 0.000005}


def words(name, count):
    """uint32 of a name and each index below count"""
    seed = np.uint32(2166136261)
    with np.errstate(over="ignore"):
        for letter in name.encode():
            seed = (seed ^ np.uint32(letter)) * np.uint32(16777619)
        x = np.arange(count, dtype=np.uint32) * np.uint32(2654435769) ^ seed
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x85ebca6b)
        x ^= x >> np.uint32(13)
        x *= np.uint32(0xc2b2ae35)
        return x ^ x >> np.uint32(16)


def weights(name, shape):
    """float32: he_uniform of matrices and filters, 1 and 0 with a tenth of noise of the others"""
    count = int(np.prod(shape))
    u = (words(name, count) >> np.uint32(8)).astype(np.float32) * np.float32(2**-23) - np.float32(1)
    if len(shape) > 1:
        u *= np.float32(np.sqrt(6 * shape[0] / count))
    else:
        u = u * np.float32(0.1) + np.float32(1 if name.endswith(".weight") else 0)
    return torch.from_numpy(u.reshape(shape))


def losses(model, rate):
    model.train().double()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights(name, tuple(parameter.shape)))
    update = torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM)
    pixels = (words("input", BATCH * 3 * 224 * 224) >> np.uint32(24)).astype(np.float64)
    images = torch.from_numpy(pixels.reshape(BATCH, 3, 224, 224) * np.float32(1 / 255))
    labels = torch.arange(BATCH) * 7
    out = []
    for _ in range(STEPS):
        update.zero_grad()
        scores = model(images)
        entropy = torch.nn.functional.cross_entropy
        if isinstance(scores, torch.Tensor):
            loss = entropy(scores, labels)
        else:
            loss = entropy(scores.logits, labels) + 0.3 * (
                entropy(scores.aux_logits1, labels) + entropy(scores.aux_logits2, labels))
        loss.backward()
        update.step()
        out.append(loss.item())
    return out


def main():
    models = torchvision.models
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* Made by tests/golden/make_published.py with PyTorch", torch.__version__.split("+")[0],
          "and torchvision", torchvision.__version__.split("+")[0], "*/")
    print("static const struct {\n    const char *name;\n    float rate;\n    double loss[STEPS];\n} published[] = {")
    for name, model in (
            ("alexnet", models.alexnet()), ("vgg16", models.vgg16()),
            ("googlenet", models.googlenet(aux_logits=True, init_weights=False)),
            ("resnet18", models.resnet18()), ("resnet50", models.resnet50()),
            ("mobilenet-v2", models.mobilenet_v2())):
        rate = SMALLER_RATE.get(name, RATE)
        values = ", ".join(f"{value:.12g}" for value in losses(model, rate))
        print(f'    {{"{name}", {rate:.6f}f, {{{values}}}}},')
    print("};")


if __name__ == "__main__":
    main()
