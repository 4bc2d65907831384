#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Models without the bytes of their weights, for machines that cannot be sent hundreds of megabytes.

weights.py strip MODEL.onnx OUT    OUT.gz: the file with zeros for weights, and OUT.json: where they were (needs onnx)
weights.py fill IN OUT.onnx        the file again, with seeded random weights of the usual sizes (needs numpy)
"""
import gzip
import json
import sys

LEAST_BYTES = 64


def kind_of(name, shape):
    """What random numbers a tensor gets: weights of a layer, or factors, variances and summands of channels."""
    if len(shape) >= 2:
        return "weights"
    last = name.rsplit(".", 1)[-1]
    if "var" in last:
        return "variance"
    return "factor" if last == "weight" or "gamma" in last else "summand"


def strip(path, out):
    import onnx

    data = bytearray(open(path, "rb").read())
    places, position = [], 0
    for tensor in onnx.load(path).graph.initializer:
        raw = tensor.raw_data
        if tensor.data_type != onnx.TensorProto.FLOAT or len(raw) < LEAST_BYTES:
            continue
        position = data.find(raw, position)
        if position < 0:
            sys.exit(f"weights.py: {path}: {tensor.name} does not lie in the file in order")
        data[position:position + len(raw)] = bytes(len(raw))
        shape = list(tensor.dims)
        places.append([position, shape, kind_of(tensor.name, shape)])
        position += len(raw)
    with gzip.open(out + ".gz", "wb", compresslevel=6) as packed:
        packed.write(data)
    json.dump(places, open(out + ".json", "w"))


def fill(path, out):
    import numpy

    data = bytearray(gzip.open(path + ".gz", "rb").read())
    generator = numpy.random.default_rng(1)
    for position, shape, kind in json.load(open(path + ".json")):
        count = int(numpy.prod(shape))
        values = generator.standard_normal(count, dtype=numpy.float32)
        if kind == "weights":
            # Kaiming's; a matrix of a dense layer is [outputs, inputs] or [inputs, outputs], which differ little here.
            values *= (2 / max(1, count // shape[0])) ** 0.5
        elif kind == "summand":
            values *= 0.1
        else:
            values = 1 + 0.2 * numpy.tanh(values)
        data[position:position + 4 * count] = values.tobytes()
    open(out, "wb").write(data)


if len(sys.argv) != 4 or sys.argv[1] not in ("strip", "fill"):
    sys.exit(__doc__)
(strip if sys.argv[1] == "strip" else fill)(sys.argv[2], sys.argv[3])
