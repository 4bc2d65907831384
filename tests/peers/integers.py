# SPDX-License-Identifier: MIT
"""Quantised models integer for integer beside ONNX Runtime, and whose arithmetic it is where they differ.

ONNX Runtime is asked three times: as it comes; with session.x64quantprecision, which avoids the instruction vpmaddubsw,
whose sums of two products are cut off at 16 bits; and without optimisations, in float32. Every 8-bit tensor inside is
compared. The first that differs has the same inputs in both engines: it is computed again in float64 (exact.py)."""

import pathlib
import tempfile

import numpy
import onnx

import engines
import exact
import quantised

WAYS = {"as it comes": {}, "exact sums": {"session_x64quantprecision": "1"}, "unoptimised": {"optimise": False}}


def expose(path, to):
    """Writes the model with every 8-bit tensor that a node rounds into as an output; their names in order."""
    model = onnx.load(path)
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    present = {output.name for output in model.graph.output}
    names = []
    for node in model.graph.node:
        zero = exact.zero_point_of(node)
        if zero is None or node.input[0] in values:
            continue
        kind = values[zero].dtype if zero in values else numpy.dtype(numpy.uint8)
        names.append(node.output[0])
        if node.output[0] not in present:
            kind = onnx.helper.np_dtype_to_tensor_dtype(kind)
            model.graph.output.append(onnx.helper.make_tensor_value_info(node.output[0], kind, None))
    onnx.save(model, to)
    return names


def picture(path, random):
    given = next(v for v in onnx.load(path).graph.input)
    tensor = given.type.tensor_type
    shape = [extent.dim_value or 1 for extent in tensor.shape.dim]
    if tensor.elem_type == onnx.TensorProto.FLOAT:
        return random.standard_normal(shape, dtype=numpy.float32)
    kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    return random.integers(numpy.iinfo(kind).min, numpy.iinfo(kind).max, shape, kind, endpoint=True)


def differing(ours, theirs):
    """Numbers that are not the same; floats are the same to seven digits: they are integers times a scale."""
    theirs = theirs.ravel()
    if ours.shape != theirs.shape:
        return max(ours.size, theirs.size)
    if theirs.dtype.kind == "f":
        return int((abs(ours - theirs) > 1e-6 * abs(theirs).max()).sum())
    return int((ours != theirs).sum())


def explain(path, names, ours, theirs):
    """Text about the first tensor that differs."""
    for name in names:
        apart = ours[name] != theirs[name].ravel()
        if not apart.any():
            continue
        largest = abs(ours[name].astype(int) - theirs[name].ravel().astype(int)).max()
        text = f"first {exact.describe(path, name)}: {apart.sum()} of {apart.size}, by up to {largest}"
        try:
            wanted = exact.rounded_into(path, name, theirs).ravel()
        except KeyError as missing:
            return f"{text}; not computed again: no {missing}"
        low, high = numpy.iinfo(ours[name].dtype).min, numpy.iinfo(ours[name].dtype).max
        right = numpy.clip(numpy.rint(wanted), low, high)
        border = abs(abs(wanted - numpy.floor(wanted)) - 0.5) < 1e-3
        ours_wrong, theirs_wrong = (apart & (numbers != right) for numbers in (ours[name], theirs[name].ravel()))
        return (f"{text}; {(apart & border).sum()} lie within 0.001 of a half; the rounding of float64 is theirs "
                f"{ours_wrong.sum()} times ({(ours_wrong & ~border).sum()} of them far from a half), ours "
                f"{theirs_wrong.sum()} times ({(theirs_wrong & ~border).sum()})")
    return ""


def compare(build, path, folder):
    """One row: differing answers, tensors inside and the explanation, for each way."""
    image = picture(path, numpy.random.default_rng(0))
    ours = next(iter(engines.run_ours(build, path, image, folder).values()))
    inner = folder / "inner.onnx"
    names = expose(path, inner)
    ours_inside = engines.run_ours(build, inner, image, folder)
    row = []
    for way, entries in WAYS.items():
        try:
            theirs = next(iter(engines.run_ort(path, image, **entries).values()))
            theirs_inside = engines.run_ort(inner, image, **entries)
        except Exception as failure:  # a peer that cannot is no failure of ours
            row.append((way, "-", "-", "-", "-", f"does not run: {str(failure).split(':')[-1].strip()[:80]}"))
            continue
        inside = sum(differing(ours_inside[name], theirs_inside[name]) for name in names)
        total = sum(ours_inside[name].size for name in names)
        why = explain(inner, names, ours_inside, theirs_inside) if way != "unoptimised" else ""
        row.append((way, differing(ours, theirs), theirs.size, inside, total, why))
    return row


def main(chosen):
    print("| Model | ONNX Runtime | Answers that differ | Integers inside that differ | |", "| --- | --- | --- | --- | --- |",
          sep="\n")
    refused = 0
    with tempfile.TemporaryDirectory() as made:
        models = chosen.integers or quantised.models(chosen.families, pathlib.Path(made))
        for path in models:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    rows = compare(chosen.build, path, pathlib.Path(folder))
                except RuntimeError as refusal:  # of our engine
                    rows, refused = [("", "-", "-", "-", "-", str(refusal)[:200])], refused + 1
                for way, answers, of, inside, total, why in rows:
                    print(f"| {path.stem} | {way} | {answers} of {of} | {inside} of {total} | {why} |", flush=True)
    return refused > 0
