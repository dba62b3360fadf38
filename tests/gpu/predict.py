#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Predicts, before anybody has measured, what share of a GPU's roof the tile engine reaches at shapes of real networks.

  predict.py SOURCES OBJECTS DOCUMENT [--write]

SOURCES and OBJECTS are those of budget.py. A model of each target's unit takes what the listings say of a tile's loop
(inner_loop.py: instructions, multiply-adds, loads), the registers and the local memory that decide how many groups run beside each
other, and the bytes that the shape must move. The table is written into DOCUMENT between two marks; without --write it must be
there already, give or take TOLERANCE. Exit status as budget.py's."""
import argparse
import math
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from compilers import SCRIPT, TARGETS, missing
from inner_loop import measured_tiles

BEGIN, END = "<!-- predictions -->\n", "<!-- end of predictions -->\n"
TOLERANCE = 1  # in hundredths
LATENCY = 600  # cycles from a load of global memory to its use
BARRIER = 40  # cycles of a barrier, while nothing else runs
SPLIT_DEPTH, SPLIT_OUTPUTS = 512, 1 << 19  # as in opencl/ocl_tile_geometry.c


class Device:
    """What is published of a card. A unit issues for `pipes` waves at once; one of its pipes takes `add` cycles for a multiply-add
    of a wave and `other` cycles for any other vector instruction, beside each other where `beside`."""

    def __init__(self, name, units, gigahertz, pipes, wave, add, other, beside, registers, threads, local, local_bytes, memory, cache):
        self.name, self.units, self.clock, self.pipes, self.wave = name, units, gigahertz * 1e9, pipes, wave
        self.add, self.other, self.beside = add, other, beside
        self.registers, self.threads, self.local, self.local_bytes = registers, threads, local, local_bytes  # of a unit
        self.memory, self.cache = memory * 1e9, cache * 1e9  # bytes a second


DEVICES = {
    "sm_80": Device("A100 (40 GB)", 108, 1.41, 4, 32, 2, 2, True, 65536, 2048, 164 << 10, 128, 1555, 5000),
    "sm_90": Device("H100 SXM", 132, 1.83, 4, 32, 1, 1, False, 65536, 2048, 228 << 10, 128, 3350, 7000),
    "gfx1030": Device("RX 6800 XT", 72, 2.25, 2, 32, 1, 1, False, 65536, 1024, 64 << 10, 128, 512, 1900),
    "gfx1100": Device("RX 7900 XTX", 96, 2.5, 2, 32, 1, 1, False, 98304, 1024, 64 << 10, 128, 960, 3500),
    "gfx942": Device("MI300X", 304, 2.1, 4, 64, 4, 4, False, 131072, 2048, 64 << 10, 128, 5300, 10000),
    "dg2": Device("Arc A770", 32, 2.1, 16, 8, 1, 1, False, 131072, 1024, 64 << 10, 128, 560, 2000),
}
# Multiply-adds of a cycle and unit at most: two in an instruction, where there are such.
ADDS = {"sm_80": 64, "sm_90": 128, "gfx1030": 64, "gfx1100": 128, "gfx942": 128, "dg2": 128}


class Product:
    """rows x columns x depth, `products` times, the depth in `splits` pieces; what it must do and move at least."""

    def __init__(self, operation):
        self.word = operation.split("(")[0]
        shapes = [[int(part.removeprefix("N=")) for part in shape.split(",")] for shape in re.findall(r"f32\[([^\]]+)\]", operation)]
        stride = [int(part) for part in (re.findall(r"stride (\d+)x(\d+)", operation) or [("1", "1")])[0]]
        self.products, split = 1, "->f32[N=" not in operation
        first, second, result = shapes
        if self.word == "matmul":
            self.rows, self.columns = result
            self.depth = first[0] if operation.endswith((" ta", " ta tb")) else first[1]
            adds = self.rows * self.columns * self.depth
        elif self.word == "conv2d":
            self.rows, self.columns = second[0], result[0] * result[2] * result[3]
            self.depth = second[1] * second[2] * second[3]
            adds = self.rows * self.columns * self.depth
        elif self.word == "conv2d_grad_input":
            self.products = stride[0] * stride[1]
            self.rows, self.columns = result[1], result[0] * math.ceil(result[2] / stride[0]) * math.ceil(result[3] / stride[1])
            adds = second[0] * second[1] * second[2] * second[3] * first[0] * first[2] * first[3]
            self.depth = max(1, round(adds / (self.products * self.rows * self.columns)))  # of a phase, on average
        else:
            self.rows, self.columns = result[0], result[1] * result[2] * result[3]
            self.depth = second[0] * second[2] * second[3]
            adds = self.rows * self.columns * self.depth
        piece = SPLIT_DEPTH * math.ceil(self.rows * self.columns / SPLIT_OUTPUTS) if split else self.depth
        self.splits = math.ceil(self.depth / piece)
        self.piece = min(piece, self.depth)
        self.adds = adds
        self.bytes = 4 * sum(math.prod(shape) for shape in shapes)
        if self.splits > 1:
            self.bytes += 8 * self.splits * self.rows * self.columns  # the pieces, written and read


def turn_cycles(tile, target, device):
    """What a group's turn of the loop costs a unit: cycles of its pipes, and of local memory."""
    figures = tile.figures[target]
    others = figures["vector"] - figures["adding"]
    lanes = figures["lanes"] or device.wave  # dg2 chooses them per kernel
    width = lanes / device.wave if target == "dg2" else 1
    adding, other = figures["adding"] * device.add * width, others * device.other * width
    pipe = max(adding, other, figures["instructions"]) if device.beside else adding + other
    items = tile.rows // tile.item_rows * (tile.columns // tile.item_columns)
    waves = math.ceil(items / lanes)
    across = tile.columns // tile.item_columns
    left, right = max(1, lanes // across) * 16, min(lanes, across) * 16  # bytes that a wave's load reads
    per_depth = tile.item_rows / 4 * max(1, left / device.local_bytes) + tile.item_columns / 4 * max(1, right / device.local_bytes)
    stored = (tile.rows + tile.columns) * tile.depth * 4 / device.local_bytes
    return waves * pipe / device.pipes, waves * per_depth * tile.depth + stored, items


def groups_beside(tile, target, device, items):
    """How many groups a unit holds."""
    registers = -(-tile.figures[target]["registers"] // 8) * 8
    lanes = (tile.rows + 4 + tile.columns + 4) * 4 * tile.buffers * tile.depth + (32 * tile.depth if "convolution" in tile.kind else 0)
    return max(1, min(device.registers // (registers * items), device.threads // items, device.local // lanes, 16))


def predict(tile, operation, target):
    """The share of the roof, and what binds: "pipes", "local", "latency", "cache", "memory"."""
    device, product = DEVICES[target], Product(operation)
    pipe, local, items = turn_cycles(tile, target, device)
    groups = (product.products * product.splits * math.ceil(product.rows / tile.rows) * math.ceil(product.columns / tile.columns))
    mine = math.ceil(groups / device.units)
    beside = min(mine, groups_beside(tile, target, device, items))
    turns = math.ceil(product.piece / tile.depth) + 2  # the first fetch, and the end
    alone = max(pipe, LATENCY) + BARRIER
    cycles = {"pipes": pipe, "local": local, "latency": alone / beside}
    seconds = {what: mine * turns * value / device.clock for what, value in cycles.items()}
    seconds["cache"] = groups * turns * (tile.rows + tile.columns) * tile.depth * 4 / device.cache
    seconds["memory"] = product.bytes / device.memory
    binds = max(seconds, key=seconds.get)
    # Kernels of one launch: what does not fill the units is lost with them.
    roof = max(product.adds / (ADDS[target] * device.units * device.clock), product.bytes / device.memory)
    return roof / seconds[binds], binds


def short(operation):
    shape = re.sub(r"f32\[N?=?", "[", operation)
    found = re.match(r"(\w+)\(\[([^\]]*)\],\[([^\]]*)\]\)->\[([^\]]*)\](.*)", shape)
    word, first, second, result, rest = found.groups()
    stride = re.search(r"stride (\d)x", rest)
    tail = f" / {stride[1]}" if stride and stride[1] != "1" else ""
    return f"{word} {first} · {second}{tail}".replace(",", "x")


def table(tiles):
    """A row for each shape; every vendor has a tile of its own for it."""
    rows = {}
    for tile in tiles:
        for network, operation in set(tile.shapes):
            for target in tile.figures:
                rows.setdefault((network, operation), {})[target] = "%.2f %s" % predict(tile, operation, target)
    lines = ["| Network | Operation | " + " | ".join(DEVICES[target].name for target in TARGETS) + " |", "|" + "---|" * (2 + len(TARGETS))]
    for network, operation in sorted(rows, key=lambda row: (row[0], Product(row[1]).word, row[1])):
        cells = rows[network, operation]
        lines.append(f"| {network} | {short(operation)} | " + " | ".join(cells.get(target, "-") for target in TARGETS) + " |")
    return "\n".join(lines) + "\n"


def same(old, new):
    """Whether two tables agree, give or take TOLERANCE hundredths."""
    apart = re.compile(r"\b\d\.\d\d\b")
    if apart.sub("#", old) != apart.sub("#", new):
        return False
    return all(abs(round(100 * float(a)) - round(100 * float(b))) <= TOLERANCE for a, b in zip(apart.findall(old), apart.findall(new)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sources")
    parser.add_argument("objects")
    parser.add_argument("document")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--compilers", default=SCRIPT)
    given = parser.parse_args()
    reason = missing(given.compilers)
    if reason:
        print(f"skipped: {reason}")
        return 77
    new = table(measured_tiles(given.sources, given.objects, given.compilers, given.jobs))
    path = pathlib.Path(given.document)
    before, _, rest = path.read_text().partition(BEGIN)
    old, _, after = rest.partition(END)
    if given.write:
        path.write_text(before + BEGIN + new + END + after)
        return 0
    if same(old, new):
        return 0
    print(f"predict: the table of {given.document} is not what the listings say; --write makes it anew:\n{new}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
