# SPDX-License-Identifier: MIT
"""ONNX's "light" networks, whose weights are constants, filled with seeded random ones."""

import pathlib
import tempfile

import numpy
import onnx

import engines


def spread(name, shape, uses, random):
    """Values for a weight, by the node and the input that it goes into, so that no layer's numbers run away."""
    kind, position = uses.get(name, ("", 0))
    if kind == "BatchNormalization" and position in (1, 4) or kind == "Mul":
        return random.uniform(0.5, 1.5, shape)
    if kind in ("Conv", "Gemm") and position == 1:
        return random.normal(0, (2 / max(numpy.prod(shape[1:]), 1)) ** 0.5, shape)
    return random.normal(0, 0.1, shape)


def uses_of(graph):
    """Tensor -> (operator, number of the input), looked for behind Unsqueeze."""
    uses = {}
    for node in reversed(graph.node):
        for position, name in enumerate(node.input):
            uses[name] = uses.get(node.output[0], ("", 0)) if node.op_type == "Unsqueeze" else (node.op_type, position)
    return uses


def fill(path, to):
    """Writes the model with every ConstantOfShape as an initialiser of random numbers, without the Softmax at the end."""
    model = onnx.load(path)
    graph, random = model.graph, numpy.random.default_rng(0)
    shapes = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    uses, kept = uses_of(graph), []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        values = spread(node.output[0], tuple(shapes[node.input[0]]), uses, random).astype(numpy.float32)
        graph.initializer.append(onnx.numpy_helper.from_array(values, node.output[0]))
    if kept[-1].op_type == "Softmax":  # one class of random scores takes everything
        graph.output[0].name = kept.pop().input[0]
    del graph.node[:]
    graph.node.extend(kept)
    model.ir_version = max(model.ir_version, 4)  # initialisers that are no inputs
    graph.output[0].type.tensor_type.ClearField("shape")
    onnx.save(model, to)


def compare(build, path, folder):
    filled = folder / "filled.onnx"
    fill(path, filled)
    graph = onnx.load(filled).graph
    weights = {tensor.name for tensor in graph.initializer}
    given = next(value for value in graph.input if value.name not in weights)
    shape = [extent.dim_value for extent in given.type.tensor_type.shape.dim]
    image = numpy.random.default_rng(1).standard_normal(shape, dtype=numpy.float32)
    theirs = next(iter(engines.run_ort(filled, image).values()))
    ours = next(iter(engines.run_ours(build, filled, image, folder).values()))
    return engines.distance(ours, theirs), engines.top5(ours) == engines.top5(theirs)


def main(chosen):
    print("| Network | Ours to ONNX Runtime | Same five classes |", "| --- | --- | --- |", sep="\n")
    failed = 0
    paths = sorted(chosen.light.glob("light_*.onnx"))
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            apart, same = compare(chosen.build, path, pathlib.Path(folder))
        failed += not (apart <= engines.LARGEST_DISTANCE and same)
        print(f"| {path.stem.removeprefix('light_')} | {apart:.1e} | {'yes' if same else 'no'} |",
              flush=True)
    if not paths:
        print(f"skipped 1: no light_*.onnx in {chosen.light}")
    print(f"{len(paths) - failed} passed, {failed} failed, {not paths:d} skipped")
    return failed > 0
