# SPDX-License-Identifier: MIT
"""ncnn, whose models pnnx converts."""

import pathlib
import subprocess
import sys
import tempfile

from .engine import Engine, is_newer


class Ncnn(Engine):
    """Knows no batch: runs image by image."""

    family = "ncnn"
    module = "ncnn"
    packages = {"ncnn": "ncnn", "pnnx": "pnnx"}
    bf16 = False

    def __init__(self, case, values):
        import ncnn
        import numpy
        parameters, weights = self.files(case)
        self.net = ncnn.Net()
        self.net.opt.num_threads = self.threads_per_image(case)
        for option in ("use_vulkan_compute", "use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
            setattr(self.net.opt, option, False)
        self.net.opt.use_bf16_storage = self.bf16
        if self.net.load_param(str(parameters)) or self.net.load_model(str(weights)):
            raise RuntimeError("does not load what pnnx made of the model")
        self.values = values  # the matrices below borrow its memory
        self.images = [ncnn.Mat(image) for image in values]
        self.array = numpy.array

    def threads_per_image(self, case):
        return case["threads"]

    @staticmethod
    def files(case):
        stem = pathlib.Path(case["folder"]) / pathlib.Path(case["single"]).stem
        return [pathlib.Path(f"{stem}.ncnn.{kind}") for kind in ("param", "bin")]

    @staticmethod
    def convert(case):
        """The batch-1 model, with fp32 weights."""
        made = Ncnn.files(case)
        if all(is_newer(path, case["single"]) for path in made):
            return
        with tempfile.TemporaryDirectory(dir=case["folder"]) as folder:
            shape = ",".join(str(extent) for extent in [1, *case["shape"][1:]])
            program = pathlib.Path(sys.executable).with_name("pnnx")
            subprocess.run([program, case["single"], f"inputshape=[{shape}]", "fp16=0", "ncnnparam=param",
                            "ncnnbin=bin", "ncnnpy=ncnn.py", "pnnxparam=pnnx.param", "pnnxbin=pnnx.bin",
                            "pnnxpy=pnnx.py", "pnnxonnx=pnnx.onnx"], cwd=folder, check=True)
            for path in made:
                (pathlib.Path(folder) / path.suffix[1:]).rename(path)

    def image_result(self, image):
        extractor = self.net.create_extractor()
        extractor.input("in0", image)
        failed, result = extractor.extract("out0")
        if failed:
            raise RuntimeError("does not compute the output")
        return self.array(result)

    def run(self):
        return self.array([self.image_result(image) for image in self.images])


class NcnnParallel(Ncnn):
    """Several images at a time, each on one thread."""

    def __init__(self, case, values):
        import concurrent.futures
        super().__init__(case, values)
        self.pool = concurrent.futures.ThreadPoolExecutor(case["threads"])

    @staticmethod
    def fits(batch, threads):
        return batch > 1 and threads > 1

    def threads_per_image(self, case):
        return 1

    def run(self):
        return self.array(list(self.pool.map(self.image_result, self.images)))


class NcnnBf16(Ncnn):
    family = "ncnn-bf16"
    precision = "bf16"
    bf16 = True
