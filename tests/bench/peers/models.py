# SPDX-License-Identifier: MIT
"""ONNX files for every batch size. All extents are constant in them, as every engine compiles best for that."""

import pathlib
import subprocess
import sys

import onnx

import options


class Unfit(Exception):
    """Why a model takes no part."""


def file_of(model, batch, folder):
    """The file of `model`, a network's name or a path, at `batch`; made in `folder` where there is none."""
    made = folder / f"{pathlib.Path(model).stem if model not in options.NETWORKS else model}.b{batch}.onnx"
    if made.exists() and (model in options.NETWORKS or made.stat().st_mtime >= pathlib.Path(model).stat().st_mtime):
        return made
    folder.mkdir(parents=True, exist_ok=True)
    part = made.with_suffix(".part")
    if model in options.NETWORKS:
        command = [sys.executable, str(pathlib.Path(__file__).with_name("networks.py")), model, str(batch), str(part)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise Unfit(f"not exported: {last_line(result.stderr)}")
    else:
        onnx.save(with_batch(onnx.load(model), batch), part)
    part.rename(made)
    return made


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "no reason given"


def with_batch(model, batch):
    """`model` for `batch` images. Where it reshapes to a literal batch of another size, engines will refuse it."""
    single_input(model)
    for value in [*model.graph.input, *model.graph.output]:
        extents = value.type.tensor_type.shape.dim
        if extents:
            extents[0].dim_value = batch
    del model.graph.value_info[:]
    return model


def single_input(model):
    """Name and extents of the only input."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) != 1 or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        raise Unfit("has not exactly one float32 input")
    shape = [extent.dim_value for extent in inputs[0].type.tensor_type.shape.dim]
    if len(shape) < 2 or 0 in shape[1:]:
        raise Unfit(f"leaves extents of its input open: {shape}")
    return inputs[0].name, shape


def case_of(model, batch, threads, folder):
    """The load request of worker.py for `model`."""
    path = file_of(model, batch, folder)
    name, shape = single_input(onnx.load(path, load_external_data=False))
    return {"load": str(path), "single": str(file_of(model, 1, folder)), "folder": str(folder), "batch": batch,
            "threads": threads, "input": name, "shape": shape, "network": model if model in options.NETWORKS else None}
