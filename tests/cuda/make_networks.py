#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_networks.py MODEL.onnx ... > networks.json

What the GPU backend asks cuDNN for in each network, per image: convolutions but depthwise ones, and dense layers, with what is
fused into them, and what the other layers read and write. The models have a fixed batch of 1; needs the Python packages onnx and onnxruntime (of tests/peers)."""

import json
import math
import pathlib
import sys

import numpy
import onnx
import onnxruntime

ELEMENTWISE = {"Add", "BatchNormalization", "Clip", "Div", "Erf", "HardSigmoid", "HardSwish", "Mul", "Relu", "Sigmoid"}
FREE = {"Concat", "Constant", "Flatten", "Gather", "Identity", "Reshape", "Shape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}


def padded(channels):
    return -(-channels // 8) * 8


class Network:
    def __init__(self, path):
        model = onnx.load(path)
        graph = model.graph
        self.nodes = list(graph.node)
        self.constants = {c.name: tuple(c.dims) for c in graph.initializer}
        for node in self.nodes:
            if node.op_type == "Identity" and node.input[0] in self.constants:
                self.constants[node.output[0]] = self.constants[node.input[0]]
            if node.op_type == "Constant":
                self.constants[node.output[0]] = tuple(node.attribute[0].t.dims)
        self.shapes = shapes_of(model) | self.constants
        self.users, self.makers = {}, {}
        for i, node in enumerate(self.nodes):
            self.makers.update({name: i for name in node.output})
            for name in set(node.input):
                self.users.setdefault(name, []).append(i)
        self.fused = set()

    def size(self, name):
        return math.prod(self.shapes[name])

    def is_product(self, i):
        node = self.nodes[i]
        if node.op_type == "Conv":
            groups, (outputs, channels) = attribute(node, "group", 1), self.shapes[node.input[1]][:2]
            return groups == 1 or (outputs // groups % 4 == 0 and channels % 4 == 0 and outputs % 8 == 0 and
                                   channels * groups % 8 == 0)
        return node.op_type in ("Gemm", "MatMul") and node.input[1] in self.constants

    def fuse(self, i):
        """What follows product i and becomes part of it: (its output then, residual, relu). Node i may be depthwise."""
        name, residual, relu = self.nodes[i].output[0], False, False
        while not relu and len(self.users.get(name, [])) == 1:
            user = self.users[name][0]
            node = self.nodes[user]
            others = [n for n in node.input if n != name]
            if node.op_type in ("Relu", "Clip"):
                relu = True
            elif node.op_type in ("Add", "Mul") and others and others[0] in self.constants:
                if self.size(others[0]) == 1:
                    break  # a number for all channels: part of GELU
            elif node.op_type == "Add" and not residual and others and self.shapes[others[0]] == self.shapes[name] \
                    and self.makers.get(others[0], -1) < self.makers[name]:
                residual = True
            elif node.op_type == "Transpose" and self.nodes[i].op_type == "MatMul":
                pass  # between the layouts of pixels
            else:
                break
            self.fused.add(user)
            name = node.output[0]
        return name, residual, relu

    def pixel(self, name, channels):
        """Elements from pixel to pixel of a value that is put where a Concat wants it."""
        totals = []
        for user in self.users.get(name, []):
            node = self.nodes[user]
            parts = [self.shapes[n][1] for n in node.input] if node.op_type == "Concat" else [1]
            if all(part % 8 == 0 for part in parts):
                totals.append(sum(parts))
        return max(totals, default=padded(channels))

    def product(self, i):
        node = self.nodes[i]
        name, residual, relu = self.fuse(i)
        x, w = self.shapes[node.input[0]], self.shapes[node.input[1]]
        kernel, stride, dilation, pad, groups = [1, 1], [1, 1], [1, 1], [0, 0, 0, 0], attribute(node, "group", 1)
        if node.op_type == "Conv":
            extents, out, channels, outputs = x[2:], self.shapes[node.output[0]][2:], x[1], w[0]
            kernel = list(w[2:])
            stride, dilation = attribute(node, "strides", stride), attribute(node, "dilations", dilation)
            pad = attribute(node, "pads", pad)
        else:
            extents = out = (math.prod(x[:-1]), 1)  # rows of all images, one below the other
            channels, outputs = w[::-1] if attribute(node, "transB", 0) else w
        y_pixel = self.pixel(name, outputs)
        return {"x": [*extents, padded(channels), padded(channels)], "y": [*out, padded(outputs), y_pixel],
                "kernel": kernel, "stride": stride, "dilation": dilation, "pad": pad,
                "residual": y_pixel if residual else 0, "relu": relu} | (
                    {"rows": True} if node.op_type != "Conv" else {}) | (
                    {"groups": groups} if groups > 1 else {})

    def others(self):
        """(operator, elements read, elements written) of what own kernels do; chains of elementwise nodes are one."""
        chains = []
        left = [i for i, n in enumerate(self.nodes) if n.op_type not in FREE and i not in self.fused]
        for i in left:
            node = self.nodes[i]
            inputs = {n for n in node.input if n in self.shapes and n not in self.constants}
            joined = [c for c in chains if c["elementwise"] and node.op_type in ELEMENTWISE and
                      c["output"] in inputs and set(self.users[c["output"]]) <= {i} | c["nodes"]]
            chain = {"nodes": {i}, "types": [node.op_type], "elementwise": node.op_type in ELEMENTWISE}
            for part in joined:
                chains.remove(part)
                inputs = (inputs - {part["output"]}) | part["inputs"]
                chain["nodes"] |= part["nodes"]
                chain["types"] = part["types"] + chain["types"]
            chains.append(chain | {"inputs": inputs, "output": node.output[0]})
        for chain in chains:
            if chain["output"] not in self.shapes:
                continue  # arithmetic with shapes
            weights = sum(self.size(self.nodes[i].input[1]) for i in chain["nodes"] if self.nodes[i].op_type == "Conv")
            yield "+".join(chain["types"]), sum(map(self.size, chain["inputs"])) + weights, self.size(chain["output"])
        # A channel shuffle is a Transpose of five axes.
        for node in self.nodes:
            if node.op_type == "Transpose" and len(attribute(node, "perm", [])) == 5:
                yield "ChannelShuffle", self.size(node.output[0]), self.size(node.output[0])

    def layers(self):
        counted = {}
        for i in range(len(self.nodes)):
            if self.is_product(i):
                key = json.dumps(self.product(i))
                counted[key] = counted.get(key, 0) + 1
                self.fused.add(i)
            elif self.nodes[i].op_type == "Conv":
                self.fuse(i)
        products = [json.loads(key) | {"count": count} for key, count in counted.items()]
        passes = {}
        for name, reads, writes in self.others():
            key = (name.replace("Conv", "DepthwiseConv"), reads, writes)
            passes[key] = passes.get(key, 0) + 1
        return products, [[*key, count] for key, count in passes.items()]


def shapes_of(model):
    """The shapes of all values of type float, by running the model once."""
    wanted = onnx.ModelProto()
    wanted.CopyFrom(model)
    del wanted.graph.output[:]
    names = [name for node in model.graph.node for name in node.output if name]
    wanted.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    session = onnxruntime.InferenceSession(wanted.SerializeToString())
    feeds = {i.name: numpy.zeros(i.shape, numpy.float32) for i in session.get_inputs()}
    values = zip(session.get_outputs(), session.run(None, feeds))
    shapes = {o.name: v.shape for o, v in values if v.dtype == numpy.float32}
    return shapes | {name: v.shape for name, v in feeds.items()}


def attribute(node, name, otherwise):
    for a in node.attribute:
        if a.name == name:
            return onnx.helper.get_attribute_value(a)
    return otherwise


def lines(values):
    return "[\n" + ",\n".join("   " + json.dumps(v) for v in values) + "]"


def main():
    texts = []
    for path in sys.argv[1:]:
        products, passes = Network(path).layers()
        name = pathlib.Path(path).name.split(".")[0]
        texts.append(f' "{name}": {{\n  "products": {lines(products)},\n  "others": {lines(passes)}}}')
    print("{\n" + ",\n".join(texts) + "\n}")


main()
