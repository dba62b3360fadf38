#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what the compilers of GPUs make of every kernel to a budget.

  budget.py SOURCES OBJECTS BUDGET [--write] [--jobs N] [--compilers SCRIPT]

SOURCES is the folder that gather.sh filled, OBJECTS one that keeps what was compiled, by its
contents, so that what did not change is not compiled again. BUDGET names the registers that each kernel may have on each target,
and the kernels that may use scratch memory or spill, with the reason. Anything above, a kernel that it does not name, and one
that it names but that is not there any more, is a failure. --write makes the file anew from what was seen; reasons stay.
Exit status: 0 kept, 1 broken, 77 no compilers."""
import argparse
import concurrent.futures
import os
import pathlib
import sys

sys.dont_write_bytecode = True
from compilers import SCRIPT, TARGETS, Compilers, batches, missing, read_texts

STEP = 8  # registers are handed out in such steps, about
HEAD = """# SPDX-License-Identifier: Apache-2.0
# What kernels may use on each target (tests/gpu/budget.py), over all the texts that a plan can build for a GPU: registers of 32
# bits of an item, in steps of 8. On dg2 they follow from the lanes of a thread: 64 are 16 lanes, 128 are 8.
# Scratch memory and spills are 0 but for the lines that begin with `except`: KERNEL TARGET SCRATCH SPILLS, bytes of an item, and
# why that is right.
#   tests/gpu/gather.sh FOLDER && tests/gpu/budget.py FOLDER build/gpu-objects tests/gpu/budget.txt --write
"""


def compile_all(texts, compilers, jobs):
    missing_texts = [text for text in texts if not compilers.known(text)]
    work, done = list(batches(missing_texts)), 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for batch, _ in zip(work, pool.map(compilers.compile, work)):
            done += len(batch)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(missing_texts)} texts", end="", file=sys.stderr)


def measure(texts):
    """The most of each (kernel, target): [registers, scratch, spills]; the texts that had them; failures."""
    most, where, failures = {}, {}, []
    for text in texts:
        rows = [row.split() for row in text.rows.splitlines()]
        refused = [row[0] for row in rows if row[1] == "refused"]
        failures += [f"{text.name}: {target} refused it: {text.said}" for target in refused]
        seen = set()
        for target, kernel, *figures in (row for row in rows if row[1] in text.kernels):
            seen.add((target, kernel))
            old = most.setdefault((kernel, target), [-1, -1, -1])
            for i, value in enumerate(map(int, figures)):
                if value > old[i]:
                    old[i], where[kernel, target, i] = value, text.name
        lost = {(target, kernel) for target in text.targets if target not in refused for kernel in text.kernels} - seen
        failures += [f"{text.name}: {target}: the compiler says nothing of the kernel {kernel}" for target, kernel in sorted(lost)]
    return most, where, failures


def read_budget(path):
    """{(kernel, target): registers}, {(kernel, target): (scratch, spills, reason)}"""
    registers, excepted = {}, {}
    for line in pathlib.Path(path).read_text().splitlines():
        part = line.split()
        if not part or part[0] == "#" or line.startswith("#"):
            continue
        if part[0] == "except":
            if len(part) < 6:
                sys.exit(f"budget: an exception needs a reason: {line}")
            excepted[part[1], part[2]] = (int(part[3]), int(part[4]), " ".join(part[5:]))
        elif part[0] != "kernel":
            for target, word in zip(TARGETS, part[1:], strict=True):
                registers[part[0], target] = int(word)
    return registers, excepted


def compare(most, where, registers, excepted):
    failures = []
    for (kernel, target), (used, scratch, spills) in sorted(most.items()):
        key = (kernel, target)
        scratch_allowed, spills_allowed, _ = excepted.get(key, (0, 0, ""))
        if key not in registers:
            failures.append(f"{kernel} is not in the budget ({target}: {used} registers)")
        for i, (name, value, allowed) in enumerate((("registers", used, registers.get(key, used)),
                                                   ("bytes of scratch memory", scratch, scratch_allowed),
                                                   ("bytes spilled", spills, spills_allowed))):
            if value > allowed:
                failures.append(f"{kernel} on {target}: {value} {name}, {allowed} allowed ({where[key + (i,)]})")
    for kernel, target in sorted(set(registers) - set(most)):
        failures.append(f"{kernel} on {target} is in the budget, but no text has it")
    for key, (scratch, spills, _) in sorted(excepted.items()):
        if key in most and (scratch, spills) != tuple(most[key][1:]) and scratch >= most[key][1] and spills >= most[key][2]:
            failures.append(f"{key[0]} on {key[1]}: its exception allows more than it needs, {most[key][1]} and {most[key][2]}")
    return failures


def write_budget(path, most, excepted):
    lines = [f"{'kernel':<26}" + "".join(f"{target:>9}" for target in TARGETS)]
    for kernel in sorted({kernel for kernel, _ in most}):
        cells = (-(-most[kernel, target][0] // STEP) * STEP for target in TARGETS)
        lines.append(f"{kernel:<26}" + "".join(f"{cell:>9}" for cell in cells))
    for key, (_, scratch, spills) in sorted(most.items()):
        if scratch or spills:
            lines.append(f"except {key[0]} {key[1]} {scratch} {spills} {excepted.get(key, (0, 0, 'REASON'))[2]}")
    pathlib.Path(path).write_text(HEAD + "\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sources")
    parser.add_argument("objects")
    parser.add_argument("budget")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--compilers", default=SCRIPT)
    given = parser.parse_args()
    reason = missing(given.compilers)
    if reason:
        print(f"skipped: {reason}")
        return 77
    compilers = Compilers(given.compilers, given.objects)
    texts = read_texts(given.sources, compilers.identity)
    compile_all(texts, compilers, given.jobs)
    most, where, failures = measure(texts)
    if given.write:
        write_budget(given.budget, most, read_budget(given.budget)[1] if os.path.exists(given.budget) else {})
    failures += compare(most, where, *read_budget(given.budget))
    for line in failures:
        print(f"budget: {line}")
    compilers.forget()
    print(f"{len({kernel for kernel, _ in most})} kernels on {len(TARGETS)} targets: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
