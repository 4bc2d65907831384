# SPDX-License-Identifier: MIT
"""MNN, whose models its own program converts."""

import pathlib
import subprocess
import sys

from .engine import Engine, is_newer


class Mnn(Engine):
    family = "mnn"
    module = "MNN"
    packages = {"MNN": "MNN"}

    def __init__(self, case, values):
        import MNN
        import numpy
        self.interpreter = MNN.Interpreter(str(self.file(case)))
        self.session = self.interpreter.createSession({"backend": "CPU", "precision": "high",
                                                       "numThread": case["threads"]})
        entry = self.interpreter.getSessionInput(self.session)
        self.interpreter.resizeTensor(entry, tuple(case["shape"]))
        self.interpreter.resizeSession(self.session)
        plain = (MNN.Halide_Type_Float, values, MNN.Tensor_DimensionType_Caffe)
        entry.copyFrom(MNN.Tensor(tuple(case["shape"]), *plain))
        self.result = self.interpreter.getSessionOutput(self.session)
        shape = self.result.getShape()
        self.plain = MNN.Tensor(shape, MNN.Halide_Type_Float, numpy.zeros(shape, numpy.float32),
                                MNN.Tensor_DimensionType_Caffe)

    @staticmethod
    def file(case):
        return pathlib.Path(case["folder"]) / f"{pathlib.Path(case['load']).stem}.mnn"

    @staticmethod
    def convert(case):
        made = Mnn.file(case)
        if is_newer(made, case["load"]):
            return
        part = made.with_suffix(".part.mnn")
        program = pathlib.Path(sys.executable).with_name("mnnconvert")
        subprocess.run([program, "-f", "ONNX", "--modelFile", case["load"], "--MNNModel", part, "--bizCode", "peers"],
                       check=True)
        part.rename(made)

    def run(self):
        self.interpreter.runSession(self.session)
        self.result.copyToHostTensor(self.plain)
        return self.plain.getNumpyData()
