#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write the golden fixtures of this folder with PyTorch: data, initial weights, expected results.

Run once by hand when a fixture must change; the tests only read what it wrote. It knows the two
networks as PyTorch sees them and nothing of Socle. README.md says what each file holds.
"""
import argparse
import gzip
import json
import os
import struct
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

STEPS = 20
BATCH = 16
SAMPLES = STEPS * BATCH
LOGIT_SAMPLES = 4
LEAST_MARGIN = 1e-5
EXACT_TIE = 1e-12
PARAMETERS = ("weight", "bias", "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
STATISTICS = ("running_mean", "running_var")


# --- data -----------------------------------------------------------------------------------

def read_idx_gz(path, rank):
    with gzip.open(path, "rb") as file:
        content = file.read()
    if content[:4] != bytes([0, 0, 8, rank]):
        raise SystemExit(f"{path}: not an unsigned-byte IDX file of rank {rank}")
    shape = np.frombuffer(content, ">u4", rank, 4).astype(int)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def write_idx(path, array):
    with open(path, "wb") as file:
        file.write(bytes([0, 0, 8, array.ndim]))
        file.write(np.array(array.shape, ">u4").tobytes())
        file.write(array.astype(np.uint8).tobytes())


def shrink(images):
    """28x28 to 12x12 in integers: drop a border of 2, then the rounded mean of each 2x2 block."""
    inner = images[:, 2:26, 2:26].astype(np.uint16)
    return ((inner.reshape(-1, 12, 2, 12, 2).sum((2, 4)) + 2) // 4).astype(np.uint8)


def to_float32(images):
    """One rounded reciprocal and one rounded product per pixel, as the library does it."""
    return images.astype(np.float32) * (np.float32(1) / np.float32(255))


# --- networks -------------------------------------------------------------------------------

def mlp():
    return nn.Sequential(OrderedDict(
        flatten1=nn.Flatten(),
        dense1=nn.Linear(144, 32), relu1=nn.ReLU(),
        dense2=nn.Linear(32, 32), tanh1=nn.Tanh(),
        dense3=nn.Linear(32, 10)))


def cnn():
    return nn.Sequential(OrderedDict(
        conv2d1=nn.Conv2d(1, 8, 3, padding=1),
        batchnorm1=nn.BatchNorm2d(8, eps=1e-5, momentum=0.1), relu1=nn.ReLU(),
        maxpool1=nn.MaxPool2d(2),
        conv2d2=nn.Conv2d(8, 12, 3, padding=1, stride=2),
        batchnorm2=nn.BatchNorm2d(12, eps=1e-5, momentum=0.1), relu2=nn.ReLU(),
        global_avgpool1=nn.AdaptiveAvgPool2d(1), flatten1=nn.Flatten(),
        dense1=nn.Linear(12, 10)))


class Rows(nn.Module):
    """The rows of a picture of one channel as steps."""

    def forward(self, pixels):
        return pixels[:, 0]


class States(nn.RNN):
    """A recurrent layer that gives the states of all steps."""

    def forward(self, rows):
        return super().forward(rows)[0]


def rnn():
    return nn.Sequential(OrderedDict(
        rows1=Rows(), rnn1=States(12, 32, batch_first=True),
        flatten1=nn.Flatten(), dense1=nn.Linear(12 * 32, 10)))


def stored_tensors(model):
    """(name, tensor) of everything a weight file holds; PyTorch's batch counter is left out."""
    return [(name, tensor) for name, tensor in model.state_dict().items()
            if name.rsplit(".", 1)[1] in PARAMETERS + STATISTICS]


def start_from(model, weights, dtype):
    """The model in the given precision, holding the float32 weights."""
    model.to(dtype)
    with torch.no_grad():
        for name, tensor in stored_tensors(model):
            tensor.copy_(torch.from_numpy(weights[name]))
    return model


def initial_weights(network, seed):
    """float32 start values from NumPy's frozen generator, so that no PyTorch version moves them.

    Batch normalisation starts off its usual ones and zeros, so that a loader that skips or swaps
    one of its four tensors changes the curve.
    """
    random = np.random.RandomState(seed)
    model = network()
    weights = {}
    for name, tensor in stored_tensors(model):
        layer, kind = name.rsplit(".", 1)
        if layer.startswith("batchnorm"):
            low, high = (0.5, 1.5) if kind in ("weight", "running_var") else (-0.5, 0.5)
        else:
            module = model.get_submodule(layer)
            fan_in = module.hidden_size if layer.startswith("rnn") else module.weight[0].numel()
            low, high = -fan_in ** -0.5, fan_in ** -0.5
        weights[name] = random.uniform(low, high, tuple(tensor.shape)).astype(np.float32)
    return weights


def write_safetensors(path, weights):
    header, begin = {}, 0
    for name, array in weights.items():
        end = begin + array.nbytes
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in weights.values():
            file.write(array.astype("<f4").tobytes())


# --- training -------------------------------------------------------------------------------

def sgd(lr):
    return lambda parameters: torch.optim.SGD(parameters, lr=lr, momentum=0.9)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8)


def switch_margin(values, pooled):
    """The least distance by which a ReLU, or a 2x2 maximum of what it passes, was decided.

    Only window winners count where pooling follows. Exact ties come from equal image patches, so
    that either choice gives the same gradient; they are left out.
    """
    if not pooled:
        return values.abs().min().item()
    ranked = values.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4).sort(-1, descending=True).values
    first = ranked[..., 0]
    gaps = (first[..., None] - ranked[..., 1:])[first > 0]
    return min(first.abs().min().item(), gaps[gaps > EXACT_TIE].min().item())


def watch_switches(model):
    """A list that gathers the margin of every ReLU in every training pass."""
    margins = []
    layers = list(model)
    for layer, following in zip(layers, layers[1:]):
        if isinstance(layer, nn.ReLU):
            pooled = isinstance(following, nn.MaxPool2d)

            def record(layer, inputs, _, pooled=pooled):
                if layer.training:
                    margins.append(switch_margin(inputs[0].detach(), pooled))
            layer.register_forward_hook(record)
    return margins


def run(network, weights, optimizer, images, labels, dtype):
    """The loss of each step before its update, then what the trained network holds and says."""
    model = start_from(network(), weights, dtype)
    margins = watch_switches(model)
    update = optimizer(model.parameters())
    pixels = torch.from_numpy(images).to(dtype)
    targets = torch.from_numpy(labels.astype(np.int64))
    losses = []
    model.train()
    for rows in torch.arange(SAMPLES).split(BATCH):
        update.zero_grad()
        loss = nn.functional.cross_entropy(model(pixels[rows]), targets[rows])
        loss.backward()
        update.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        logits = model(pixels)
        loss = nn.functional.cross_entropy(logits, targets).item()
    return {"losses": losses,
            "running": {name: tensor.tolist() for name, tensor in stored_tensors(model)
                        if name.rsplit(".", 1)[1] in STATISTICS},
            "logits": logits[:LOGIT_SAMPLES].tolist(),
            "eval_loss": loss,
            "eval_correct": int((logits.argmax(1) == targets).sum()),
            "switch_margin": min(margins, default=None)}


def rounded(value, digits):
    """Numbers to so many significant digits: what a rerun on another machine still agrees on."""
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def expected(network, weights, optimizer, images, labels):
    """Both precisions from one start; the float64 values are the reference."""
    reference = run(network, weights, optimizer, images, labels, torch.float64)
    single = run(network, weights, optimizer, images, labels, torch.float32)
    gap = max(abs(a - b) for a, b in zip(reference["losses"], single["losses"]))
    margin = reference["switch_margin"]
    print(f"  loss {reference['losses'][0]:.4f} -> {reference['losses'][-1]:.4f}, "
          f"float32 within {gap:.1e}; evaluation: loss {reference['eval_loss']:.4f}, "
          f"{reference['eval_correct']} of {SAMPLES} right; switch margin {margin or 'none'}")
    if margin is not None and margin < LEAST_MARGIN:
        raise SystemExit(f"a switch within {margin:.1e} of flipping makes the curve depend on "
                         f"rounding (least {LEAST_MARGIN:.0e}): choose another seed")
    return {**rounded(reference, 13), "float32": rounded(single, 9)}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist",
                        help="folder of the Fashion-MNIST files (default %(default)s)")
    parser.add_argument("--out", default=here, help="folder to write to (default: this one)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    os.makedirs(arguments.out, exist_ok=True)

    def source(name):
        return os.path.join(arguments.data, name)

    def target(name):
        return os.path.join(arguments.out, name)

    images = shrink(read_idx_gz(source("train-images-idx3-ubyte.gz"), 3)[:SAMPLES])
    labels = read_idx_gz(source("train-labels-idx1-ubyte.gz"), 1)[:SAMPLES]
    write_idx(target("images-idx3-ubyte"), images)
    write_idx(target("labels-idx1-ubyte"), labels)

    mlp_weights = initial_weights(mlp, seed=1)
    cnn_weights = initial_weights(cnn, seed=948)    # found by search: see README.md, "Seeds"
    write_safetensors(target("mlp.safetensors"), mlp_weights)
    write_safetensors(target("cnn.safetensors"), cnn_weights)
    rnn_weights = initial_weights(rnn, seed=1)
    write_safetensors(target("rnn.safetensors"), rnn_weights)

    pixels = to_float32(images)[:, None]
    results = {"torch": torch.__version__, "steps": STEPS, "batch": BATCH}
    for name, network, weights, optimizer in (("mlp", mlp, mlp_weights, sgd(0.1)),
                                              ("mlp_adam", mlp, mlp_weights, adam),
                                              ("cnn", cnn, cnn_weights, sgd(0.05)),
                                              ("rnn", rnn, rnn_weights, sgd(0.05))):
        print(name)
        results[name] = expected(network, weights, optimizer, pixels, labels)
    with open(target("expected.json"), "w", encoding="ascii") as file:
        json.dump(results, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
