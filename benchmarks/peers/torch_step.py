#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Time one training step of the networks of bench_networks.c in PyTorch, on the CPU, on random images.

What benchmarks/bench_step measures, elsewhere: same networks, batch and optimizer. Optional and
started by hand. Prints one JSON line on stdout: wall time of a step, and processor time of the whole
process per step (with more than one thread that includes PyTorch's waiting in loops; take it with
--threads 1). Exit status: 0 done, 2 usage, 3 PyTorch is missing.
"""
import argparse
import json
import statistics
import sys
import time

EXIT_UNAVAILABLE = 3
WARM_UP_STEPS = 10
CLASSES = 10

try:
    import torch
    from torch import nn
except ImportError as error:
    print(f"torch_step: {error}; install python3-torch and run with /usr/bin/python3",
          file=sys.stderr)
    sys.exit(EXIT_UNAVAILABLE)


def conv_relu_pool(channels, filters):
    return [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]


def fashion_cnn():
    return nn.Sequential(
        *conv_relu_pool(1, 32), *conv_relu_pool(32, 64), nn.Flatten(), nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, CLASSES))


def colour_cnn():
    return nn.Sequential(
        *conv_relu_pool(3, 16), *conv_relu_pool(16, 32), *conv_relu_pool(32, 64), nn.Flatten(),
        nn.Linear(64 * 8 * 8, 128), nn.ReLU(), nn.Linear(128, CLASSES))


def perceptron():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
        nn.Linear(128, 100), nn.ReLU(), nn.Linear(100, CLASSES))


def conv_norm(channels, filters):
    return [nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters)]


class ResidualBlock(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.inner = nn.Sequential(*conv_norm(filters, filters), nn.ReLU(),
                                   *conv_norm(filters, filters))

    def forward(self, x):
        return torch.relu(x + self.inner(x))


def residual():
    return nn.Sequential(
        *conv_norm(3, 32), nn.ReLU(), ResidualBlock(32), nn.MaxPool2d(2), *conv_norm(32, 64),
        nn.ReLU(), ResidualBlock(64), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES))


NETWORKS = {"fashion-cnn": (fashion_cnn, (1, 28, 28)), "colour-cnn": (colour_cnn, (3, 64, 64)),
            "perceptron": (perceptron, (1, 28, 28)), "residual": (residual, (3, 32, 32))}


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--net", choices=NETWORKS, default="fashion-cnn")
    parser.add_argument("--steps", type=positive, default=50, help="timed steps (default 50)")
    parser.add_argument("--batch", type=positive, default=128, help="images a step (default 128)")
    parser.add_argument("--threads", type=positive, default=2, help="CPU threads (default 2)")
    return parser.parse_args()


def time_steps(arguments):
    """Wall and processor milliseconds of each timed step."""
    torch.manual_seed(1)
    build, shape = NETWORKS[arguments.net]
    model = build().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    images = torch.rand(arguments.batch, *shape)
    labels = torch.randint(0, CLASSES, (arguments.batch,))
    wall, processor = [], []
    for _ in range(WARM_UP_STEPS + arguments.steps):
        start, work = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        wall.append(1e3 * (time.perf_counter() - start))
        processor.append(1e3 * (time.process_time() - work))
    return wall[WARM_UP_STEPS:], processor[WARM_UP_STEPS:]


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    wall, processor = time_steps(arguments)
    median = statistics.median(wall)
    print(json.dumps({
        "peer": "pytorch", "version": torch.__version__, "threads": arguments.threads,
        "network": arguments.net, "batch": arguments.batch, "step_ms_min": round(min(wall), 3),
        "step_ms_median": round(median, 3), "processor_ms_min": round(min(processor), 3),
        "processor_ms_median": round(statistics.median(processor), 3),
        "images_per_second": round(1e3 * arguments.batch / median, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
