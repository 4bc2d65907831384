# SPDX-License-Identifier: MIT
"""Engines that read ONNX files themselves."""

from .engine import Engine


class OnnxRuntime(Engine):
    family = "onnxruntime"
    module = "onnxruntime"
    packages = {"onnxruntime": "onnxruntime"}

    def __init__(self, case, values):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = case["threads"]
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(case["load"], options, providers=["CPUExecutionProvider"])
        outputs = [session.get_outputs()[0].name]
        feeds = {case["input"]: values}
        self.run = lambda: session.run(outputs, feeds)[0]


class OpenVino(Engine):
    family = "openvino"
    module = "openvino"
    packages = {"openvino": "openvino"}

    def __init__(self, case, values):
        import openvino
        core = openvino.Core()
        settings = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": str(case["threads"]),
                    "INFERENCE_PRECISION_HINT": "f32"}  # else bf16 where the CPU has it
        self.request = core.compile_model(core.read_model(case["load"]), "CPU", settings).create_infer_request()
        self.request.set_input_tensor(openvino.Tensor(values, shared_memory=True))

    def run(self):
        self.request.infer()
        return self.request.get_output_tensor(0).data


class OpenCvClassic(Engine):
    family = "opencv"
    module = "cv2"
    packages = {"cv2": "opencv-python-headless"}
    kinds = ("ENGINE_CLASSIC",)  # names of the same thing in different releases

    def __init__(self, case, values):
        import cv2
        cv2.setNumThreads(case["threads"])
        kind = next((getattr(cv2.dnn, kind) for kind in self.kinds if hasattr(cv2.dnn, kind)), None)
        if kind is None and type(self) is not OpenCvClassic:
            raise RuntimeError("this release has the classic engine only")
        self.net = cv2.dnn.readNetFromONNX(case["load"], *([] if kind is None else [kind]))
        self.values = values

    def run(self):
        self.net.setInput(self.values)
        return self.net.forward()


class OpenCvNew(OpenCvClassic):
    kinds = ("ENGINE_NEW", "ENGINE_OPENCV")
