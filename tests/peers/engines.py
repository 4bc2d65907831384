# SPDX-License-Identifier: MIT
"""A model in ONNX Runtime and in our engine, and how far their answers are apart."""

import json
import subprocess

import numpy
import onnxruntime

LARGEST_DISTANCE = 1e-4
KINDS = {"float32": numpy.float32, "int64": numpy.int64, "int32": numpy.int32, "bool": numpy.bool_, "int8": numpy.int8}


def distance(ours, theirs):
    """Relative L2; infinite where shapes or sizes differ."""
    ours, theirs = (numpy.asarray(x, dtype=numpy.float64).ravel() for x in (ours, theirs))
    if ours.shape != theirs.shape or not numpy.isfinite(ours).all():
        return float("inf")
    return float(numpy.linalg.norm(ours - theirs) / max(numpy.linalg.norm(theirs), 1e-12))


def top5(logits):
    return numpy.argsort(-numpy.asarray(logits).ravel(), kind="stable")[:5].tolist()


def run_ort(path, image, **entries):
    """name -> array. `entries` are configuration entries of the session, with "_" for "."; optimise=False leaves the graph
    as it is."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    if not entries.pop("optimise", True):
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    for key, value in entries.items():
        settings.add_session_config_entry(key.replace("_", "."), value)
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: image})))


def run_ours(build, path, image, folder, tensors=()):
    """name -> flat array; a RuntimeError with what the engine says."""
    image.tofile(folder / "input.f32")
    program = build / "tests" / "peers" / "model_outputs"
    done = subprocess.run([program, path, folder, *tensors], capture_output=True, text=True)
    if done.returncode or not done.stdout:
        raise RuntimeError(f"model_outputs ended with {done.returncode}: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return {output["name"]: numpy.fromfile(folder / output["file"], dtype=KINDS.get(output["type"], numpy.uint8))
            for output in answer["outputs"]}
