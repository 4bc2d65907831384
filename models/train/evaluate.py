#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a bundle over a labelled split: accuracy overall and per class, frequent confusions.

    evaluate.py MODEL.onnx FOLDER [--split val]     FOLDER/<split>/<class>/*.jpg or FOLDER/<split>.tar.xz"""

import argparse
import json
from collections import Counter

import numpy as np
import torch

from data import load


@torch.no_grad()
def predict_network(network, pixels, normalise, device, batch=256):
    network.eval()
    parts = [network(normalise(part.to(device).float())).cpu() for part in pixels.split(batch)]
    return torch.cat(parts)


def read_bundle(path):
    """(metadata, side of the input)"""
    import onnx

    model = onnx.load(path)
    side = model.graph.input[0].type.tensor_type.shape.dim[-1].dim_value
    return {entry.key: entry.value for entry in model.metadata_props}, side


def predict_onnx(path, pixels, preprocessing, batch=256):
    """Through uint8 and mean/scale, as the engine does it."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name
    mean, scale = (np.array(preprocessing[key], np.float32).reshape(1, -1, 1, 1) for key in ("mean", "scale"))
    parts = []
    for part in pixels.split(batch):
        parts.append(session.run(None, {entry: (part.numpy().astype(np.float32) - mean) * scale})[0])
    return torch.from_numpy(np.concatenate(parts))


def shares(groups, right):
    """{group: (share right, count)}"""
    result = {}
    for group in sorted(set(groups)):
        members = np.array([entry == group for entry in groups])
        result[group] = (float(right[members].mean()), int(members.sum()))
    return result


def report(logits, pictures):
    labels = pictures.labels.numpy()
    ranked = logits.argsort(1, descending=True).numpy()
    right = ranked[:, 0] == labels
    top3 = (ranked[:, :3] == labels[:, None]).any(1)
    lines = [f"top-1 {100 * right.mean():.2f} %   top-3 {100 * top3.mean():.2f} %   of {len(labels)} pictures", ""]
    names = [pictures.classes[label] for label in labels]
    for name, (share, count) in sorted(shares(names, right).items(), key=lambda item: item[1][0]):
        lines.append(f"{name:24s} {100 * share:5.1f} %  of {count}")
    sources = shares(pictures.sources, right)
    if len(sources) < 20:
        lines.append("")
        lines += [f"from {name:19s} {100 * share:5.1f} %  of {count}" for name, (share, count) in sources.items()]
    lines += ["", "confusions (true -> given):"]
    wrong = Counter((labels[i], ranked[i, 0]) for i in np.flatnonzero(~right))
    for (true, given), count in wrong.most_common(12):
        lines.append(f"{count:4d}  {pictures.classes[true]} -> {pictures.classes[given]}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--split", default="val")
    args = parser.parse_args()
    bundle, size = read_bundle(args.model)
    pictures = load(args.data, args.split, size, bundle["cnn.labels"].split("\n"))
    print(report(predict_onnx(args.model, pictures.pixels, json.loads(bundle["cnn.preprocessing"])), pictures))


if __name__ == "__main__":
    main()
