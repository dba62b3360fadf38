#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Time one prediction in PyTorch, on the CPU: what benchmarks/bench_predict measures, elsewhere.

Optional and started by hand. Prints one JSON line: wall and processor time of a call.
Exit status: 0 done, 2 usage, 3 PyTorch is missing.
"""
import argparse
import json
import statistics
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as error:
    print(f"torch_predict: {error}; install python3-torch", file=sys.stderr)
    sys.exit(3)

CALLS, WARM_UP = 200, 20


def network(name):
    if name == "dense":
        return nn.Sequential(nn.Linear(3200, 3200), nn.ReLU(), nn.Linear(3200, 10)), (3200,)
    layers = []
    for channels, filters in ((1, 32), (32, 64)):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*layers), (1, 28, 28)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=("fashion-cnn", "dense"))
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model, shape = network(options.network)
    model.eval()
    x = torch.rand((options.rows, *shape))
    wall = []
    with torch.inference_mode():
        for call in range(-WARM_UP, CALLS):
            if call == 0:
                processor = time.process_time()
            begin = time.perf_counter()
            torch.softmax(model(x), 1)
            wall.append(time.perf_counter() - begin)
    processor = time.process_time() - processor
    wall = wall[WARM_UP:]
    print(json.dumps({"wall_ms": 1e3 * statistics.median(wall), "least_ms": 1e3 * min(wall),
                      "processor_ms": 1e3 * processor / CALLS}))


main()
