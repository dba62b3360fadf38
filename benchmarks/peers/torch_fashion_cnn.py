#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Time one training step of the network of examples/fashion-cnn.yaml in PyTorch, on the CPU.

A figure to hold Socle's own benchmark against: same network, batch, optimizer and data. It is
optional and started by hand; nothing in the build or the tests needs it, and it must not know
anything of Socle but the network. Prints one JSON line on stdout. Exit status: 0 done, 2 usage,
3 PyTorch, NumPy or the data set is missing or damaged.
"""
import argparse
import gzip
import json
import math
import os
import statistics
import sys
import time
import zlib

EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3
WARM_UP_STEPS = 10
VALIDATION = 0.1
SEED = 1

try:
    import numpy as np
    import torch
    from torch import nn
except ImportError as error:
    print(f"torch_fashion_cnn: {error}; install python3-torch and python3-numpy and run with "
          "/usr/bin/python3", file=sys.stderr)
    sys.exit(EXIT_UNAVAILABLE)


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--steps", type=positive, default=100, help="timed steps (default 100)")
    parser.add_argument("--batch", type=positive, default=128, help="images a step (default 128)")
    parser.add_argument("--threads", type=positive, default=2, help="CPU threads (default 2)")
    parser.add_argument("--epochs", type=positive,
                        help="also train this many epochs and report the test accuracy")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist",
                        help="folder of the four Fashion-MNIST files (default %(default)s)")
    return parser.parse_args()


def read_idx(path, rank):
    """An unsigned-byte IDX file of the given rank, as an array."""
    with gzip.open(path, "rb") as file:
        content = file.read()
    header = 4 + 4 * rank
    if len(content) < header or content[:4] != bytes([0, 0, 8, rank]):
        raise ValueError(f"{path}: not an unsigned-byte IDX file of rank {rank}")
    shape = np.frombuffer(content, ">u4", rank, 4).tolist()
    if len(content) - header != math.prod(shape):
        raise ValueError(f"{path}: shape {shape} but {len(content) - header} bytes")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def load(folder, split):
    images = read_idx(os.path.join(folder, f"{split}-images-idx3-ubyte.gz"), 3)
    labels = read_idx(os.path.join(folder, f"{split}-labels-idx1-ubyte.gz"), 1)
    if len(images) != len(labels):
        raise ValueError(f"{folder}: {len(images)} {split} images but {len(labels)} labels")
    return torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.astype(np.int64))


def to_float(images):
    return images.to(torch.float32) * np.float32(1.0 / 255.0)


def fashion_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))


class Trainer:
    """A model with its optimizer; both start from the same seed each time one is made."""

    def __init__(self):
        torch.manual_seed(SEED)
        self.model = fashion_cnn()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def step(self, images, labels):
        self.optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(self.model(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss


def time_steps(images, labels, batch, steps):
    """Milliseconds of each timed step. Batches are ready as float32 before the clock starts."""
    trainer = Trainer()
    trainer.model.train()
    order = torch.randperm(len(images))
    batches = [(to_float(images[rows]), labels[rows]) for rows in order.split(batch)[:32]
               if len(rows) == batch]
    times = []
    for index in range(WARM_UP_STEPS + steps):
        pixels, targets = batches[index % len(batches)]
        start = time.perf_counter()
        trainer.step(pixels, targets)
        times.append(1e3 * (time.perf_counter() - start))
    return times[WARM_UP_STEPS:]


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        correct = sum((model(to_float(pixels)).argmax(1) == targets).sum().item()
                      for pixels, targets in zip(images.split(1000), labels.split(1000)))
    model.train()
    return correct / len(images)


def train(images, labels, batch, epochs):
    """A model trained on all but the last tenth, and the wall-clock seconds it took."""
    trainer = Trainer()
    kept = len(images) - int(len(images) * VALIDATION)
    start = time.perf_counter()
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(kept).split(batch):
            total += trainer.step(to_float(images[rows]), labels[rows]).item() * len(rows)
        print(f"epoch {epoch + 1}/{epochs}: loss {total / kept:.4f}", file=sys.stderr)
    return trainer.model, time.perf_counter() - start


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    try:
        images, labels = load(arguments.data, "train")
        test = load(arguments.data, "t10k") if arguments.epochs else None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        print(f"torch_fashion_cnn: {error}; install dataset-fashion-mnist or name a folder with "
              "--data", file=sys.stderr)
        return EXIT_UNAVAILABLE
    if arguments.batch > len(images):
        print(f"torch_fashion_cnn: --batch {arguments.batch} is more than the {len(images)} "
              "training images", file=sys.stderr)
        return EXIT_USAGE
    times = time_steps(images, labels, arguments.batch, arguments.steps)
    median = statistics.median(times)
    result = {"peer": "pytorch", "version": torch.__version__, "threads": arguments.threads,
              "batch": arguments.batch, "steps": arguments.steps,
              "step_ms_min": round(min(times), 3), "step_ms_median": round(median, 3),
              "images_per_second": round(1e3 * arguments.batch / median, 1)}
    if test:
        model, seconds = train(images, labels, arguments.batch, arguments.epochs)
        result.update(epochs=arguments.epochs, train_seconds=round(seconds, 1),
                      test_accuracy=accuracy(model, *test))
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
