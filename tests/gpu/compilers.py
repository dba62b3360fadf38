# SPDX-License-Identifier: Apache-2.0
"""Texts of programs, and what the compilers of GPUs make of them (tools/gpu_compilers.sh): several in one program, and never
twice, since what came of a text is kept under a hash of its contents."""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

VENDORS = {"nvidia": ("sm_80", "sm_90"), "amd": ("gfx1030", "gfx1100", "gfx942"), "intel": ("dg2",)}
TARGETS = tuple(target for targets in VENDORS.values() for target in targets)
SCRIPT = str(pathlib.Path(__file__).parents[2] / "tools/gpu_compilers.sh")
KEPT_DAYS = 14
BATCH_SIZE = 1 << 19  # characters of texts that are compiled together


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def squeezed(text):
    lines = (line.strip() for line in without_comments(text).split("\n"))
    return "\n".join(line for line in lines if line) + "\n"


def unit(text, key):
    """The text so that it can lie beside others in one program, as opencl/ocl_unit.c makes it: its names begin in another way."""
    text = re.sub(r"\b(sc|SC)_(\w)", lambda m: f"{'u' if m[1] == 'sc' else 'U'}{key}_{m[2]}", text)
    text = re.sub(r"\b(kernel\b[^;{(]*(?:\(\([^;{]*?\)\)[^;{(]*)?\bvoid\s+)(\w+)", rf"\1k{key}_\2", text)
    return "#pragma OPENCL FP_CONTRACT ON\n" + text


class Text:
    """One of a folder that is named as a vendor, for the targets of that vendor."""

    def __init__(self, path, identity):
        self.targets = VENDORS[path.parent.name]
        first, _, text = path.read_text().partition("\n")
        self.path, self.name = path, f"{path.parent.name}/{path.name}"
        self.options = first.removeprefix("// options:").split()
        self.text = squeezed(text)
        self.key = hashlib.sha256("\0".join([identity, *self.targets, first, self.text]).encode()).hexdigest()[:32]
        names = path.with_suffix(".kernels")
        self.kernels = set(names.read_text().split()) if names.exists() else set()
        self.rows, self.said = "", ""


class Compilers:
    """Compiles texts, several in one program, or knows from OBJECTS what came of them."""

    def __init__(self, script, objects):
        self.script = script
        self.objects = pathlib.Path(objects)
        self.objects.mkdir(parents=True, exist_ok=True)
        versions = subprocess.run([script, "versions"], capture_output=True, text=True, check=True).stdout
        self.identity = versions + pathlib.Path(script).read_text()

    def run(self, targets, text, options, verb="compile", then=None):
        with tempfile.TemporaryDirectory() as work:
            path = pathlib.Path(work) / "source.cl"
            path.write_text(text)
            ran = subprocess.run([self.script, verb, ",".join(targets), path, work, *options], capture_output=True, text=True)
            if ran.returncode not in (0, 1):
                sys.exit(f"{self.script}: {ran.stderr or ran.stdout}")
            return then(ran, pathlib.Path(work)) if then else ran

    def list_code(self, text):
        """The compilers' rows, and the listings by target."""
        def read(ran, work):
            if ran.returncode:
                sys.exit(f"{text.name}: refused: {ran.stderr}")
            rows = [row.split() for row in ran.stdout.splitlines()]
            return rows, {target: (work / f"{target}.s").read_text() for target in text.targets}

        return self.run(text.targets, text.text, text.options, "list-code", read)

    def keep(self, text):
        new = self.objects / f"{text.key}.new{os.getpid()}"
        new.write_text(text.rows)
        new.rename(self.objects / text.key)

    def known(self, text):
        kept = self.objects / text.key
        if not kept.exists():
            return False
        os.utime(kept)
        text.rows = kept.read_text()
        return True

    def compile_alone(self, text):
        ran = self.run(text.targets, text.text, text.options)
        text.rows = ran.stdout
        text.said = "; ".join(ran.stderr.splitlines()[:6])
        if ran.returncode == 0:
            self.keep(text)

    def compile(self, texts):
        if len(texts) > 1:
            program = "".join(unit(text.text, f"{number:08d}") for number, text in enumerate(texts))
            ran = self.run(texts[0].targets, program, texts[0].options)
            if ran.returncode == 0:
                for number, text in enumerate(texts):
                    mine = f" k{number:08d}_"
                    text.rows = "".join(row.replace(mine, " ") + "\n" for row in ran.stdout.splitlines() if mine in row)
                    self.keep(text)
                return
        for text in texts:
            self.compile_alone(text)

    def forget(self):
        for path in self.objects.glob("*"):
            if os.path.exists(path) and path.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
                path.unlink(missing_ok=True)


def batches(texts):
    """Texts for the same targets with the same options, in one program each: as many as do not make it long."""
    batch, size = [], 0
    for text in sorted(texts, key=lambda text: (text.targets, text.options, text.name)):
        if batch and (size + len(text.text) > BATCH_SIZE or (text.targets, text.options) != (batch[0].targets, batch[0].options)):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text.text)
    if batch:
        yield batch


def missing(script):
    """Why the compilers are not here; empty: they are."""
    ran = subprocess.run([script, "list"], capture_output=True, text=True, check=True)
    for line in ran.stdout.splitlines():
        target, _, state = line.partition(" ")
        if target in TARGETS and state != "installed":
            return state
    return ""


def read_texts(sources, identity):
    texts = [Text(path, identity) for path in sorted(pathlib.Path(sources).glob("*/*.cl"))]
    if not texts:
        sys.exit(f"no sources in {sources}")
    return texts
