# SPDX-License-Identifier: MIT
"""What a node that rounds into 8 bits gives, in float64, from the 8-bit tensors that go into it."""

import functools

import numpy
import onnx
import torch

# Operator -> number of the input with its result's zero point; the scale is the one before.
ROUNDING = {"QuantizeLinear": 2, "QLinearConv": 7, "QLinearMatMul": 7, "QLinearAdd": 7, "QLinearMul": 7, "QGemm": 8,
            "QLinearConcat": 1, "QLinearGlobalAveragePool": 4, "QLinearAveragePool": 4, "QLinearSigmoid": 4,
            "QLinearLeakyRelu": 4}


def zero_point_of(node):
    """Name of the zero point of what the node rounds into; "" where it has none, None where it does not round."""
    position = ROUNDING.get(node.op_type)
    if position is None:
        return None
    return node.input[position] if position < len(node.input) else ""


@functools.lru_cache(2)
def load(path):
    graph = onnx.load(path).graph
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    values |= {node.output[0]: onnx.numpy_helper.to_array(node.attribute[0].t)
               for node in graph.node if node.op_type == "Constant"}
    return values, {name: node for node in graph.node for name in node.output}


def describe(path, name):
    node = load(path)[1][name]
    behind = load(path)[1].get(node.input[0])
    return f"{node.op_type}{' of ' + behind.op_type if behind and node.op_type == 'QuantizeLinear' else ''} `{name}`"


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def padded(x, options, fill=0.0):
    """x with the node's padding, and its strides."""
    pads = options.get("pads", [0] * 4)
    if options.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise KeyError("auto_pad")
    half = len(pads) // 2
    sides = [side for axis in reversed(range(half)) for side in (pads[axis], pads[axis + half])]
    return torch.nn.functional.pad(x, sides, value=fill), options.get("strides", [1] * half)


def convolve(x, w, b, options):
    x, strides = padded(x, options)
    return torch.nn.functional.conv2d(x, w, b, strides, 0, options.get("dilations", [1, 1]), options.get("group", 1))


def multiply(x, w, b, options):
    product = (x.T if options.get("transA") else x) @ (w.T if options.get("transB") else w) * options.get("alpha", 1.0)
    return product if b is None else product + b


def average(x, options):
    """Without padding: what it counts as depends."""
    if any(options.get("pads", [0])):
        raise KeyError("padding of an average")
    return torch.nn.functional.avg_pool2d(x, options["kernel_shape"], options.get("strides", [1, 1]))


OPERATORS = {
    "Conv": lambda o, x, w, b=None: convolve(x, w, b, o),
    "Gemm": lambda o, x, w, b=None: multiply(x, w, b, o),
    "MatMul": lambda o, x, w: multiply(x, w, None, o),
    "Add": lambda o, a, b: a + b,
    "Mul": lambda o, a, b: a * b,
    "Relu": lambda o, x: x.clamp(min=0),
    "Clip": lambda o, x, low=None, high=None: x.clamp(o.get("min", low), o.get("max", high)),
    "Sigmoid": lambda o, x: x.sigmoid(),
    "HardSigmoid": lambda o, x: (x * o.get("alpha", 0.2) + o.get("beta", 0.5)).clamp(0, 1),
    "HardSwish": lambda o, x: x * (x / 6 + 0.5).clamp(0, 1),
    "GlobalAveragePool": lambda o, x: x.mean((2, 3), keepdim=True),
    "AveragePool": lambda o, x: average(x, o),
    "Concat": lambda o, *x: torch.cat(x, o["axis"]),
    "Flatten": lambda o, x: x.flatten(1),
}


def scaled(numbers, scale, zero, axis=1):
    """(numbers - zero) * scale; scales of an axis stand along it."""
    scale, zero = numpy.asarray(scale, numpy.float64), numpy.asarray(zero, numpy.float64)
    if scale.size > 1:
        shape = [-1 if a == axis else 1 for a in range(numbers.ndim)]
        scale, zero = scale.reshape(shape), zero.reshape(shape) if zero.size > 1 else zero
    return torch.from_numpy((numbers.astype(numpy.float64) - zero) * scale)


def rounded_into(path, name, tensors):
    """The value that `name` is the rounding of, float64, in units of its scale with the zero point added."""
    values, makers = load(path)
    values = tensors | values
    node = makers[name]

    def get(tensor):
        if not tensor:
            return None
        maker = makers.get(tensor)
        if tensor in values and values[tensor].dtype.kind == "f" and (maker is None or maker.op_type == "Constant"):
            return torch.from_numpy(values[tensor].astype(numpy.float64))
        if maker is None:
            raise KeyError(f"value of {tensor}")
        if maker.op_type == "DequantizeLinear":
            numbers, scale, *zero = maker.input
            return scaled(values[numbers], values[scale], values[zero[0]] if zero else 0, attributes(maker).get("axis", 1))
        return OPERATORS[maker.op_type](attributes(maker), *map(get, maker.input))

    def triple(first, axis=1):
        numbers, scale, zero = node.input[first:first + 3]
        return scaled(values[numbers], values[scale], values[zero], axis)

    position = ROUNDING[node.op_type]
    if node.op_type == "QuantizeLinear":
        result = get(node.input[0])
    elif node.op_type == "QLinearConv":
        bias = None
        if len(node.input) > 8:
            factor = numpy.float64(values[node.input[1]]) * values[node.input[4]]
            bias = torch.from_numpy(numpy.broadcast_to(values[node.input[8]] * factor, values[node.input[8]].shape).copy())
        result = convolve(triple(0), triple(3, 0), bias, attributes(node))
    elif node.op_type in ("QLinearAdd", "QLinearMul", "QLinearMatMul"):
        result = OPERATORS[node.op_type.removeprefix("QLinear")](attributes(node), triple(0), triple(3))
    elif node.op_type in ("QLinearSigmoid", "QLinearGlobalAveragePool"):
        result = OPERATORS[node.op_type.removeprefix("QLinear")](attributes(node), triple(0))
    else:
        raise KeyError(node.op_type)
    zero = values[node.input[position]] if position < len(node.input) else 0
    return result.numpy() / numpy.float64(values[node.input[position - 1]]) + numpy.float64(zero)
