# SPDX-License-Identifier: MIT
"""torchvision's networks with seeded random weights, as modules and as ONNX files.

    networks.py NAME BATCH FILE.onnx
"""

import sys
import warnings


def build(name):
    """The same weights in every process. BatchNorm gets statistics other than 0 and 1, so that folding it shows."""
    import torch
    import torchvision
    torch.manual_seed(0)
    network = getattr(torchvision.models, name)(weights=None).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network


def export(name, batch, path):
    import torch
    warnings.filterwarnings("ignore")
    pictures = torch.zeros(batch, 3, 224, 224)
    # The exporter without dynamo writes an opset that all peers read.
    torch.onnx.export(build(name), pictures, path, input_names=["input"], output_names=["output"], opset_version=17,
                      dynamo=False)


if __name__ == "__main__":
    export(sys.argv[1], int(sys.argv[2]), sys.argv[3])
