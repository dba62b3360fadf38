#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The inner loops of the tiles that are chosen for shapes of real networks, as each target's compiler lists them.

  inner_loop.py SOURCES OBJECTS FLOORS [--jobs N] [--compilers SCRIPT]

SOURCES and OBJECTS are those of budget.py. Printed for each target and kind of tile: the share of multiply-adds among the
instructions of one turn of the loop, on its shortest way, and how wide it loads from local and from global memory. FLOORS says
how small the share may be; below is a failure. Exit status as budget.py's."""
import argparse
import collections
import concurrent.futures
import heapq
import json
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from compilers import SCRIPT, TARGETS, Compilers, missing, read_texts

# What an instruction is: multiply-add (and how many are in it), load from local or global memory (and its bits).
INTEL_LOAD = re.compile(r"0x[0-9A-F]{6}([0-9A-F]{2})\b.*untyped surface read with ([xyzw]+)")
INTEL_LOCAL = "FE"  # the surface that is local memory


class Instruction:
    def __init__(self, word, adds=0, memory="", bits=0, to=(), falls=True, vector=True):
        self.word, self.adds, self.memory, self.bits = word, adds, memory, bits
        self.to, self.falls, self.vector = to, falls, vector  # labels it may jump to; whether it may go on; not scalar
        self.lanes = 0


def nvidia(line):
    found = re.match(r"\s*/\*[0-9a-f]{4,}\*/\s+(@!?U?P\d+\s+)?([A-Z][A-Z0-9_.]*)(.*);", line)
    if not found:
        return None
    guard, word, rest = found.groups()
    base = word.split(".")[0]
    if base in ("BRA", "EXIT", "BRX", "RET"):
        to = re.findall(r"`\((\.L_x_\d+)\)", rest)
        unlikely = guard or "!UP" in rest or re.match(r"\s*!?U?P\d", rest)
        return Instruction(word, to=to, falls=bool(unlikely))
    if base in ("LDS", "LDG"):
        bits = 128 if ".128" in word else 64 if ".64" in word else 32
        return Instruction(word, memory="local" if base == "LDS" else "global", bits=bits)
    return Instruction(word, adds=1 if base == "FFMA" else 2 if base == "FFMA2" else 0)


def amd(line):
    found = re.match(r"\t([a-z][a-z0-9_]+)(.*)", line)
    if not found or found[1].startswith("."):
        return None
    word, rest = found.groups()
    if word.startswith(("s_cbranch", "s_branch", "s_endpgm")):
        return Instruction(word, to=re.findall(r"\.LBB\d+_\d+", rest), falls=word.startswith("s_cbranch"), vector=False)
    vector = not word.startswith("s_")
    load = re.match(r"(ds_read2?(?:st64)?|ds_load_2addr|ds_load|global_load|buffer_load|flat_load)_(?:(?:st64_)?(?:dword|b)(x?\d*))", word)
    if load:
        size = load[2].lstrip("x")
        bits = 32 * int(size or 1) if "dword" in word else int(size)
        bits *= 2 if "read2" in word or "2addr" in word else 1
        return Instruction(word, memory="local" if word.startswith("ds") else "global", bits=bits)
    adds = len(re.findall(r"\bv_(?:dual_)?(?:fmac|fma|fmaak|fmamk)_f32|v_dual_fmac_f32", word + rest.split(";")[0]))
    if word.startswith("v_pk_fma_f32"):
        adds = 2
    return Instruction(word, adds=adds, vector=vector)


def intel(line):
    jump = re.match(r"(\([^)]*\))?\s*jmpi\s+(L\d+)", line)
    if jump:
        return Instruction("jmpi", to=[jump[2]], falls="f" in (jump[1] or ""))
    found = re.match(r"(\([^)]*f\d[^)]*\)|\(W\))?\s*([a-z]+)(?:\.[a-z0-9]+)*\s*\((\d+)\|M\d+\)(.*)|(\s+|\(\S+\)\s*)(nop|sync)\S*", line)
    if not found:
        return None
    guard, word, lanes, rest = found[1] or "", found[2] or found[6], int(found[3] or 1), found[4] or ""
    instruction = Instruction(word)
    instruction.lanes = lanes
    if word in ("goto", "while", "brc", "brd", "break", "cont"):
        labels = re.findall(r"\bL\d+\b", rest)
        conditional = "f" in guard
        instruction.to = labels if conditional else labels[-1:]  # where lanes meet again, where they go
        instruction.falls = conditional
    if word in ("send", "sends"):
        load = INTEL_LOAD.search(rest)
        if load:
            instruction.memory = "local" if load[1] == INTEL_LOCAL else "global"
            instruction.bits = 32 * len(load[2])
        instruction.falls = "EOT" not in rest
    instruction.adds = 1 if word == "mad" and ":f" in rest else 0
    return instruction


def reader_of(target):
    return nvidia if target.startswith("sm_") else amd if target.startswith("gfx") else intel


def label_of(line):
    found = re.match(r"(\.L_x_\d+|\.LBB\d+_\d+|L\d+):", line)
    return found[1] if found else None


def read_listing(text, target):
    """The instructions, and where labels are."""
    read, instructions, labels = reader_of(target), [], {}
    for line in text.splitlines():
        label = label_of(line)
        if label:
            labels[label] = len(instructions)
            continue
        instruction = read(line)
        if instruction:
            instructions.append(instruction)
    return instructions, labels


def blocks_of(instructions, labels):
    """Basic blocks: {first: (end, [next...])}"""
    starts = {0} | set(labels.values())
    starts |= {i + 1 for i, instruction in enumerate(instructions) if instruction.to or not instruction.falls}
    starts = sorted(start for start in starts if start < len(instructions))
    blocks = {}
    for begin, end in zip(starts, starts[1:] + [len(instructions)]):
        last = instructions[end - 1]
        after = [labels[label] for label in last.to if labels.get(label, len(instructions)) < len(instructions)]
        if last.falls and end < len(instructions):
            after.append(end)
        blocks[begin] = (end, after)
    return blocks


def shortest_turn(blocks, start):
    """The blocks on the shortest way, by instructions, from a block back to itself; empty: there is none."""
    queue = [(0, successor, (start,)) for successor in blocks[start][1]]
    heapq.heapify(queue)
    seen = set()
    while queue:
        length, block, way = heapq.heappop(queue)
        if block == start:
            return way
        if block in seen:
            continue
        seen.add(block)
        end, after = blocks[block]
        for successor in after:
            heapq.heappush(queue, (length + end - block, successor, way + (block,)))
    return ()


def inner_loop(text, target):
    """The instructions of one turn of the loop with the most multiply-adds."""
    instructions, labels = read_listing(text, target)
    blocks = blocks_of(instructions, labels)
    weight = {begin: sum(i.adds for i in instructions[begin:end]) for begin, (end, _) in blocks.items()}
    for begin in sorted(blocks, key=weight.get, reverse=True)[:4]:
        way = shortest_turn(blocks, begin)
        if way and weight[begin]:
            return [i for block in way for i in instructions[block:blocks[block][0]]]
    return []


def figures_of(loop):
    """What counts of a loop."""
    counted = [i for i in loop if i.word not in ("nop", "NOP", "s_nop")]
    loads = collections.Counter((i.memory, i.bits) for i in counted if i.memory)
    adding = sum(1 for i in counted if i.adds)
    return {
        "instructions": len(counted),
        "adding": adding,
        "adds": sum(i.adds for i in counted),
        "vector": sum(1 for i in counted if i.vector),
        "local": {str(bits): n for (memory, bits), n in sorted(loads.items()) if memory == "local"},
        "global": {str(bits): n for (memory, bits), n in sorted(loads.items()) if memory == "global"},
        "lanes": max([i.lanes for i in counted if i.adds], default=0),
    }


def share(figures):
    """Of multiply-adds; an instruction that holds two counts as two."""
    rest = figures["instructions"] - figures["adding"]
    return figures["adds"] / (figures["adds"] + rest) if figures["adds"] else 0.0


# ---- The tiles of shapes ----

KINDS = {"tile_matmul": "product", "tile_conv": "convolution", "tile_conv_weight": "weights"}
DEFINES = ("SC_TILE_ROWS", "SC_TILE_COLUMNS", "SC_TILE_DEPTH", "SC_ITEM_ROWS", "SC_ITEM_COLUMNS", "SC_TILE_BUFFERS")


class Tile:
    """A text on the tile engine, and the shapes that it is chosen for: (network, operation)."""

    def __init__(self, text, shapes):
        self.text = text
        self.shapes, self.kernel = [], ""
        for line in shapes.splitlines():
            kernel, network, operation = line.split(" ", 2)
            if kernel in KINDS:
                self.kernel = kernel
                self.shapes.append((network, operation))
        defined = dict(re.findall(r"#define (SC_\w+) (\d+)\n", text.text))
        if self.kernel:
            self.rows, self.columns, self.depth, self.item_rows, self.item_columns, self.buffers = (
                int(defined[name]) for name in DEFINES)
        pointwise = bool(re.search(r"^#define SC_POINTWISE 1$", text.text, re.M))
        self.kind = KINDS.get(self.kernel, "") + (", 1x1" if pointwise else "")
        self.figures = {}  # by target

    def name(self):
        return f"{self.rows}x{self.columns}x{self.depth} {self.item_rows}x{self.item_columns}"


def read_tiles(sources, identity):
    tiles = []
    for text in read_texts(sources, identity):
        path = text.path.with_suffix(".shapes")
        if path.exists():
            tile = Tile(text, path.read_text())
            if tile.kernel:
                tiles.append(tile)
    return sorted(tiles, key=lambda tile: (tile.kind, tile.name(), tile.text.name))


def look_into(tile, compilers):
    """Fills the tile's figures, from what is kept or from listings."""
    kept = compilers.objects / (tile.text.key + ".loops")
    if kept.exists():
        os.utime(kept)
        tile.figures = json.loads(kept.read_text())
        return
    rows, listings = compilers.list_code(tile.text)
    for target in tile.text.targets:
        figures = figures_of(inner_loop(listings[target], target))
        figures["registers"] = max(int(row[2]) for row in rows if row[0] == target)
        tile.figures[target] = figures
    kept.write_text(json.dumps(tile.figures))


def measured_tiles(sources, objects, script, jobs):
    compilers = Compilers(script, objects)
    tiles = read_tiles(sources, compilers.identity)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda tile: look_into(tile, compilers), tiles))
    return tiles


def widths(loads):
    return " ".join(f"{count}x{bits}" for bits, count in sorted(loads.items(), key=lambda item: -int(item[0]))) or "-"


def read_floors(path):
    """{(kind, item, target): (share, reason)}"""
    floors = {}
    for line in pathlib.Path(path).read_text().splitlines():
        if line and not line.startswith("#"):
            kind, item, target, least, *reason = line.split(None, 4)
            if not reason:
                sys.exit(f"inner_loop: a floor needs a reason: {line}")
            floors[kind, item, target] = (float(least), " ".join(reason))
    return floors


GOALS = {"product": 0.70, "convolution": 0.60, "weights": 0.60}
WIDE = {"128", "96"}  # of four words that are loaded for a tap of a window one is not used


def judge(tiles, floors):
    failures, needed = [], set()
    for tile in tiles:
        kind, item = tile.kind.split(",")[0], f"{tile.item_rows}x{tile.item_columns}"
        for target, figures in tile.figures.items():
            least, _ = floors.get((kind, item, target), (GOALS[kind], ""))
            if share(figures) < GOALS[kind]:
                needed.add((kind, item, target))
            if share(figures) < least:
                failures.append(f"{kind} {tile.name()} on {target}: {share(figures):.3f} of the loop are multiply-adds, not {least:.2f}")
            if not set(figures["local"]) <= WIDE or "128" not in figures["local"]:
                failures.append(f"{kind} {tile.name()} on {target}: loads from local memory of {widths(figures['local'])} bits")
    failures += [f"a floor for {' '.join(key)}, which needs none" for key in sorted(set(floors) - needed)]
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sources")
    parser.add_argument("objects")
    parser.add_argument("floors")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--compilers", default=SCRIPT)
    given = parser.parse_args()
    reason = missing(given.compilers)
    if reason:
        print(f"skipped: {reason}")
        return 77
    tiles = measured_tiles(given.sources, given.objects, given.compilers, given.jobs)
    print(f"{'tile':<34}{'target':<9}{'share':>6}{'instructions':>13}  {'local':<12}{'global':<16}for")
    for tile in tiles:
        for target, figures in tile.figures.items():
            print(f"{tile.kind + ' ' + tile.name():<34}{target:<9}{share(figures):>6.2f}{figures['instructions']:>13}  "
                  f"{widths(figures['local']):<12}{widths(figures['global']):<16}{', '.join(sorted({n for n, _ in tile.shapes}))}")
    failures = judge(tiles, read_floors(given.floors))
    for line in failures:
        print(f"inner_loop: {line}")
    print(f"{len(tiles)} tiles on {len(TARGETS)} targets: {len(failures)} failures")
    return 1 if failures or not tiles else 0


if __name__ == "__main__":
    sys.exit(main())
