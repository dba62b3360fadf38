#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the famous convolutional networks beside this file as configurations.

    python3 examples/networks/make_networks.py [--check]

Layers, sizes and names are torchvision's, so that weights of its models fit by name. --check
writes nothing and fails where a file is not what this program would write."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = """# SPDX-License-Identifier: Apache-2.0
#
# {what}
# {parameters} parameters; layers and names are torchvision's, so its weights fit
# (train: {{init_from: FILE.safetensors}}). Made by make_networks.py.
#
# The data are stripes, so that everything runs as it is: `socle summary`, `socle plan`, a few steps. For pictures in a folder
# per class write  train: {{images: train/, size: 224}}  and  test: {{images: val/, size: 224}}.
#
#   socle plan examples/networks/{file} --memory 12G
#   socle train examples/networks/{file} --set train.steps=5
data:
  train: {{generate: {{stripes: {{samples: {samples}, classes: 1000, channels: 3, size: 224}}}}}}
"""


class Network:
    """Lines of a configuration; `last` is the layer that the next one reads unless it says."""

    def __init__(self, what, parameters, optimizer, batch, losses=("loss: softmax_cross_entropy",)):
        self.what, self.parameters = what, parameters
        self.optimizer, self.batch, self.losses = optimizer, batch, losses
        self.lines, self.last, self.read = [], None, None

    def add(self, word, name=None, source=None, **options):
        """a layer; source None: the one before. Its name."""
        if name:
            options = {"name": name, **options}
        if source and source != self.last:
            options["from"] = source
        text = ", ".join(f"{key}: {value}" for key, value in options.items())
        self.lines.append(f"  - {word}" + (f": {{{text}}}" if text else ""))
        self.last = name
        return name

    def comment(self, text):
        self.lines.append(f"\n  # {text}")

    def conv(self, name, filters, kernel, source=None, **options):
        return self.add("conv2d", name, source, filters=filters, kernel=kernel, **options)

    def conv_bn(self, conv, norm, filters, kernel, source=None, relu="relu", **options):
        """convolution, batch normalisation and an activation (None: none)"""
        self.conv(conv, filters, kernel, source, bias="false", **options)
        self.add("batchnorm", norm)
        if relu:
            self.add(relu)

    def text(self, file):
        lines = [HEAD.format(what=self.what, parameters=f"{self.parameters:,}", file=file,
                             samples=4 * self.batch).rstrip("\n"), "network:"]
        lines += self.lines
        lines += [*self.losses, f"optimizer: {self.optimizer}",
                  f"train: {{epochs: 90, batch: {self.batch}, weight_decay: 0.0001}}"]
        return "\n".join(lines) + "\n"


SGD = "{sgd: {lr: 0.01, momentum: 0.9}}"


def alexnet():
    n = Network("AlexNet (Krizhevsky, Sutskever and Hinton 2012, as in Krizhevsky 2014).", 61100840,
                SGD, 128)
    n.conv("features.0", 64, 11, stride=4, padding=2)
    n.add("relu")
    n.add("maxpool", kernel=3, stride=2)
    n.conv("features.3", 192, 5, padding=2)
    n.add("relu")
    n.add("maxpool", kernel=3, stride=2)
    for name, filters in (("features.6", 384), ("features.8", 256), ("features.10", 256)):
        n.conv(name, filters, 3, padding=1)
        n.add("relu")
    n.add("maxpool", kernel=3, stride=2)
    n.add("adaptive_avgpool2d", size=6)
    n.add("flatten")
    for drop, name in (("classifier.0", "classifier.1"), ("classifier.3", "classifier.4")):
        n.add("dropout", drop, rate=0.5)
        n.add("dense", name, units=4096)
        n.add("relu")
    n.add("dense", "classifier.6", units=1000)
    return n


def vgg16():
    n = Network("VGG-16 (Simonyan and Zisserman 2014, configuration D).", 138357544, SGD, 32)
    place = 0
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            n.conv(f"features.{place}", filters, 3, padding=1)
            n.add("relu")
            place += 2
        n.add("maxpool", kernel=2)
        place += 1
    n.add("adaptive_avgpool2d", size=7)
    n.add("flatten")
    for name, drop in (("classifier.0", "classifier.2"), ("classifier.3", "classifier.5")):
        n.add("dense", name, units=4096)
        n.add("relu")
        n.add("dropout", drop, rate=0.5)
    n.add("dense", "classifier.6", units=1000)
    return n


INCEPTION = {  # 1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5; behind the pooling
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128)}


def googlenet():
    n = Network("GoogLeNet (Szegedy et al. 2014) with batch normalisation and its auxiliary heads.",
                13004888, SGD, 64,
                ("losses:",
                 "  - {loss: softmax_cross_entropy, of: fc}",
                 "  - {loss: softmax_cross_entropy, of: aux1.fc2, weight: 0.3}",
                 "  - {loss: softmax_cross_entropy, of: aux2.fc2, weight: 0.3}"))

    def unit(name, filters, kernel, source=None, **options):
        n.conv(f"{name}.conv", filters, kernel, source, bias="false", **options)
        n.add("batchnorm", f"{name}.bn", epsilon=0.001)
        return n.add("relu", f"{name}.relu")

    def inception(name, source):
        one, three_first, three, five_first, five, pool = INCEPTION[name]
        block = f"inception{name}"
        n.comment(f"Inception {name}")
        a = unit(f"{block}.branch1", one, 1, source)
        unit(f"{block}.branch2.0", three_first, 1, source)
        b = unit(f"{block}.branch2.1", three, 3, padding=1)
        unit(f"{block}.branch3.0", five_first, 1, source)
        c = unit(f"{block}.branch3.1", five, 3, padding=1)
        n.add("maxpool", f"{block}.pool", source, kernel=3, stride=1, padding=1)
        d = unit(f"{block}.branch4.1", pool, 1)
        return n.add("concat", block, f"[{a}, {b}, {c}, {d}]")

    def head(name, source):
        n.comment("An auxiliary head, which training alone needs")
        n.add("adaptive_avgpool2d", f"{name}.pool", source, size=4)
        unit(f"{name}.conv", 128, 1)
        n.add("flatten")
        n.add("dense", f"{name}.fc1", units=1024)
        n.add("relu")
        n.add("dropout", rate=0.7)
        n.add("dense", f"{name}.fc2", units=1000)

    unit("conv1", 64, 7, stride=2, padding=3)
    n.add("maxpool", kernel=3, stride=2, ceil="true")
    unit("conv2", 64, 1)
    unit("conv3", 192, 3, padding=1)
    x = n.add("maxpool", "maxpool2", kernel=3, stride=2, ceil="true")
    heads = {}
    for name in INCEPTION:
        x = inception(name, x)
        if name == "3b":
            x = n.add("maxpool", "maxpool3", kernel=3, stride=2, ceil="true")
        if name == "4e":
            x = n.add("maxpool", "maxpool4", kernel=2, stride=2, ceil="true")
        if name in ("4a", "4d"):
            heads[name] = x
    head("aux1", heads["4a"])
    head("aux2", heads["4d"])
    n.comment("The classes")
    n.add("global_avgpool", "avgpool", x)
    n.add("dropout", rate=0.2)
    n.add("dense", "fc", units=1000)
    return n


def resnet(what, parameters, blocks, bottleneck, batch):
    n = Network(what, parameters, "{sgd: {lr: 0.1, momentum: 0.9}}", batch)
    n.conv_bn("conv1", "bn1", 64, 7, stride=2, padding=3)
    x = n.add("maxpool", "maxpool", kernel=3, stride=2, padding=1)
    wide = 64
    for group, count in enumerate(blocks):
        filters = 64 << group
        out = filters * (4 if bottleneck else 1)
        for block in range(count):
            name = f"layer{group + 1}.{block}"
            stride = 2 if group and not block else 1
            n.comment(name)
            if bottleneck:
                n.conv_bn(f"{name}.conv1", f"{name}.bn1", filters, 1, x)
                n.conv_bn(f"{name}.conv2", f"{name}.bn2", filters, 3, stride=stride, padding=1)
                n.conv_bn(f"{name}.conv3", f"{name}.bn3", out, 1, relu=None)
            else:
                n.conv_bn(f"{name}.conv1", f"{name}.bn1", filters, 3, x, stride=stride, padding=1)
                n.conv_bn(f"{name}.conv2", f"{name}.bn2", filters, 3, relu=None, padding=1)
            y = n.last
            if stride > 1 or wide != out:
                n.conv_bn(f"{name}.downsample.0", f"{name}.downsample.1", out, 1, x, relu=None,
                          stride=stride)
                x = n.last
            n.add("add", f"{name}.sum", f"[{y}, {x}]")
            x, wide = n.add("relu", name), out
    n.comment("The classes")
    n.add("global_avgpool")
    n.add("dense", "fc", units=1000)
    return n


def mobilenet_v2():
    n = Network("MobileNet v2 (Sandler et al. 2018).", 3504872, "{rmsprop: {lr: 0.045}}", 96)
    n.conv_bn("features.0.0", "features.0.1", 32, 3, relu="relu6", stride=2, padding=1)
    x, wide, place = None, 32, 1
    for factor, filters, count, first in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2),
                                          (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                                          (6, 320, 1, 1)):
        for block in range(count):
            name, stride, inner, unit = f"features.{place}", first if not block else 1, \
                wide * factor, 0
            n.comment(name)
            if factor > 1:
                n.conv_bn(f"{name}.conv.0.0", f"{name}.conv.0.1", inner, 1, x, "relu6")
                unit = 1
            n.conv_bn(f"{name}.conv.{unit}.0", f"{name}.conv.{unit}.1", inner, 3, None, "relu6",
                      stride=stride, padding=1, groups=inner)
            n.conv_bn(f"{name}.conv.{unit + 1}", f"{name}.conv.{unit + 2}", filters, 1, None, None)
            if stride == 1 and wide == filters:
                x = n.add("add", name, f"[{x}, {n.last}]")
            else:
                x = n.last
            wide, place = filters, place + 1
    n.comment("The classes")
    n.conv_bn("features.18.0", "features.18.1", 1280, 1, None, "relu6")
    n.add("global_avgpool")
    n.add("dropout", "classifier.0", rate=0.2)
    n.add("dense", "classifier.1", units=1000)
    return n


NETWORKS = {
    "alexnet.yaml": alexnet,
    "vgg16.yaml": vgg16,
    "googlenet.yaml": googlenet,
    "resnet18.yaml": lambda: resnet("ResNet-18 (He et al. 2015).", 11689512, (2, 2, 2, 2), False, 64),
    "resnet50.yaml": lambda: resnet("ResNet-50 (He et al. 2015).", 25557032, (3, 4, 6, 3), True, 32),
    "mobilenet-v2.yaml": mobilenet_v2,
}


def main():
    wrong = []
    for file, make in NETWORKS.items():
        path, text = os.path.join(HERE, file), make().text(file)
        if sys.argv[1:] == ["--check"]:
            with open(path, encoding="ascii") as stream:
                if stream.read() != text:
                    wrong.append(file)
            continue
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
    for file in wrong:
        print(f"{file} is not what make_networks.py writes", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
