# SPDX-License-Identifier: MIT
"""Quantised networks, as onnxruntime.quantization makes them."""

import numpy

import families


class Pictures:
    """Four random pictures for calibration."""

    def __init__(self, side):
        random = numpy.random.default_rng(0)
        self._left = iter([{"input": random.standard_normal((1, 3, side, side), dtype=numpy.float32)} for _ in range(4)])

    def get_next(self):
        return next(self._left, None)


def models(chosen, folder):
    """Paths, as they become ready: each family with QuantizeLinear around float operators, and with QLinear ones."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process
    for family in chosen:
        name = family.replace(" ", "-")
        exported, prepared = folder / f"{name}.onnx", folder / f"{name}.prepared.onnx"
        families.export(families.build(family), families.picture(family), "torchscript", str(exported))
        quant_pre_process(str(exported), str(prepared), skip_symbolic_shape=True)
        for form in (QuantFormat.QDQ, QuantFormat.QOperator):
            made = folder / f"{name}-{form.name}.onnx"
            quantize_static(str(prepared), str(made), Pictures(families.FAMILIES[family][2]), quant_format=form,
                            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
            yield made
