# SPDX-License-Identifier: MIT
"""A network that was trained before and whose answers help to train the next one (Furlanello et al. 2018,
arXiv:1805.04770): it tells which other classes a picture, as cut and coloured this time, could also be."""

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from evaluate import predict_network
from network import VARIANTS, Network


def read_network(path):
    """(network, classes, mean and scale) of a bundle that export.py wrote."""
    model = onnx.load(path)
    entries = {entry.key: entry.value for entry in model.metadata_props}
    classes = entries["cnn.labels"].split("\n")
    weights = {value.name: torch.from_numpy(np.array(numpy_helper.to_array(value))) for value in model.graph.initializer}
    for variant in VARIANTS:
        network = Network(len(classes), variant)
        wanted = {name: value.shape for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
        if wanted == {name: value.shape for name, value in weights.items() if name in wanted}:
            network.load_state_dict(weights, strict=False)
            return network.eval().requires_grad_(False), classes
    raise SystemExit(f"{path}: its weights fit none of {', '.join(VARIANTS)}")


def fold(module):
    """Batch normalisation into the convolution before it, by the names that network.py gives to the pairs."""
    pairs = {"conv": "bn", "conv1": "bn1", "conv2": "bn2"}
    for name, child in list(module.named_children()):
        norm = getattr(module, pairs.get(name, ""), None) if name in pairs else None
        if isinstance(child, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(child, norm))
            setattr(module, pairs[name], nn.Identity())
        else:
            fold(child)


class Teacher:
    def __init__(self, path, run):
        network, classes = read_network(path)
        if classes != list(run.classes):
            raise SystemExit(f"{path}: {len(classes)} classes, not the {len(run.classes)} of the data in their order")
        fold(network)
        self.network = network.to(run.device, memory_format=torch.channels_last)
        self.run = run

    @torch.no_grad()
    def answers(self, batch):
        """batch: normalised [n, 3, side, side]. Probabilities [n, classes]."""
        return self.network(batch).softmax(1)

    def accuracy(self, pictures):
        logits = predict_network(self.network, pictures.pixels, self.run.normalise, self.run.device)
        return (logits.argmax(1) == pictures.labels).float().mean().item()
