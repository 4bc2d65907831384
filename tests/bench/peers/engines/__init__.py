# SPDX-License-Identifier: MIT
"""All peers by name. Nothing here imports an engine before one is made."""

from .mnn_nets import Mnn
from .ncnn_nets import Ncnn, NcnnBf16, NcnnParallel
from .onnx_readers import OnnxRuntime, OpenCvClassic, OpenCvNew, OpenVino
from .torch_modules import TorchEager, TorchInductor, TorchTraced

PEERS = {
    "onnxruntime": OnnxRuntime,
    "openvino": OpenVino,
    "opencv-classic": OpenCvClassic,
    "opencv-new": OpenCvNew,
    "torch-eager": TorchEager,
    "torch-traced": TorchTraced,
    "torch-inductor": TorchInductor,
    "ncnn-serial": Ncnn,
    "ncnn-parallel": NcnnParallel,
    "ncnn-bf16": NcnnBf16,
    "mnn": Mnn,
}
