#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a trained network as one .onnx file with labels, preprocessing and a golden output in its metadata.

    export.py --work train-work --out my.onnx       exports the averaged weights of the last checkpoint"""

import argparse
import base64
import copy
import io
import json
from pathlib import Path

import numpy as np
import onnx
import torch

from network import Network

FEATURES = "features"


def golden_picture(size):
    """uint8 [size, size, 3]: gradients, a disc and stripes, so that every channel and direction matters."""
    y, x = np.mgrid[0:size, 0:size] / (size - 1)
    picture = np.stack([x, y, 1 - (x + y) / 2], axis=-1) * 200 + 20
    disc = (x - 0.62) ** 2 + (y - 0.4) ** 2 < 0.05
    picture[disc] = (235, 180, 40)
    stripes = (y > 0.75) & ((x * 8).astype(int) % 2 == 0)
    picture[stripes] = (30, 40, 90)
    return picture.round().astype(np.uint8)


def module_name(node):
    """"/network/layer2/layer2.0/conv1/Conv" becomes "layer2.0.conv1", "/network/layer2/layer2.0/Add" "layer2.0.add"."""
    *path, operator = [part for part in node.name.split("/") if part and part != "network"]
    kept = [part for part, following in zip(path, [*path[1:], ""]) if not following.startswith(part + ".")]
    if node.op_type in ("Add", "Flatten"):
        kept.append(operator.lower())
    return ".".join(kept)


def readable(model):
    """Nodes are named after their modules and each tensor after the node that makes it."""
    graph = model.graph
    fixed = {value.name for value in graph.output}
    renamed = {}
    for node in graph.node:
        node.name = module_name(node)
        for i, output in enumerate(node.output):
            if output not in fixed:
                renamed[output] = node.output[i] = node.name
        for i, source in enumerate(node.input):
            node.input[i] = renamed.get(source, source)
    del graph.value_info[:]
    return model


class Headed(torch.nn.Module):
    """Gives the features beside the logits, so that the feature tensor has a name in the graph."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        features = self.network.features(x)
        return self.network.classifier(features), features


def to_onnx(network, size):
    network = copy.deepcopy(network).cpu().eval()
    buffer = io.BytesIO()
    torch.onnx.export(
        Headed(network),
        torch.zeros(1, 3, size, size),
        buffer,
        dynamo=False,
        opset_version=17,
        do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
        input_names=["input"],
        output_names=["logits", FEATURES],
        dynamic_axes={"input": {0: "n"}, "logits": {0: "n"}, FEATURES: {0: "n"}},
    )
    model = onnx.load_from_string(buffer.getvalue())
    for value in model.graph.initializer:
        value.name = value.name.removeprefix("network.")
    for node in model.graph.node:
        for i, source in enumerate(node.input):
            node.input[i] = source.removeprefix("network.")
    model = readable(model)
    kept = [output for output in model.graph.output if output.name == "logits"]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    return model


def add_metadata(model, entries):
    for key, value in entries.items():
        model.metadata_props.add(key=key, value=value)


def run_onnx(path, batch):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: batch})[0]


def write_bundle(network, path, name, bundle):
    """bundle: classes, size, mean and scale. Returns the largest difference between PyTorch and onnxruntime, or nan
    where onnxruntime is not installed."""
    network = copy.deepcopy(network).cpu().float().eval()
    size = bundle["size"]
    picture = golden_picture(size)
    mean, scale = ([round(value, 5) for value in bundle[key]] for key in ("mean", "scale"))
    normalised = (picture.astype(np.float64) - mean) * scale
    batch = torch.from_numpy(normalised.transpose(2, 0, 1)[None].astype(np.float32))
    with torch.no_grad():
        logits = network(batch)[0].numpy()
    preprocessing = {"color": "RGB", "mean": mean, "scale": scale, "resize": "stretch"}
    golden = {
        "width": size,
        "height": size,
        "input": base64.b64encode(picture.tobytes()).decode(),
        "output": [round(float(value), 6) for value in logits],
        "tolerance": 0.001,
    }
    model = to_onnx(network, size)
    model.producer_name, model.graph.name = "gst-cnn models/train", name
    add_metadata(
        model,
        {
            "cnn.bundle": "1",
            "cnn.name": name,
            "cnn.labels": "\n".join(bundle["classes"]),
            "cnn.preprocessing": json.dumps(preprocessing),
            "cnn.output": "logits",
            "cnn.features": FEATURES,
            "cnn.golden": json.dumps(golden, separators=(",", ":")),
        },
    )
    onnx.checker.check_model(model, full_check=True)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    try:
        return float(np.abs(run_onnx(path, batch.numpy())[0] - logits).max())
    except ImportError:
        return float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, help="folder of checkpoints that train.py was given")
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", help="model id in the bundle; default: stem of --out")
    args = parser.parse_args()
    state = torch.load(Path(args.work) / "checkpoint.pt", map_location="cpu", weights_only=True)
    bundle = state["bundle"]
    network = Network(len(bundle["classes"]), bundle["variant"])
    network.load_state_dict(state["averaged"])
    difference = write_bundle(network, args.out, args.name or Path(args.out).stem, bundle)
    print(f"{args.out}: differs from PyTorch by at most {difference:.1e}")


if __name__ == "__main__":
    main()
