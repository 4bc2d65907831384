#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports networks of every family, runs them in PyTorch, ONNX Runtime and our engine, and compares what they answer."""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnxruntime

import families
import first_difference
import options

LARGEST_DISTANCE = 1e-4


def distance(ours, theirs):
    """Relative L2; infinite where shapes or sizes differ."""
    ours, theirs = (numpy.asarray(x, dtype=numpy.float64).ravel() for x in (ours, theirs))
    if ours.shape != theirs.shape or not numpy.isfinite(ours).all():
        return float("inf")
    return float(numpy.linalg.norm(ours - theirs) / max(numpy.linalg.norm(theirs), 1e-12))


def top5(logits):
    return numpy.argsort(-numpy.asarray(logits).ravel(), kind="stable")[:5].tolist()


def run_ort(path, image):
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: image})))


def run_ours(build, path, image, folder, tensors=()):
    """name -> array; a RuntimeError with what the engine says."""
    image.astype(numpy.float32).tofile(folder / "input.f32")
    program = build / "tests" / "peers" / "model_outputs"
    done = subprocess.run([program, path, folder, *tensors], capture_output=True, text=True)
    if done.returncode or not done.stdout:
        raise RuntimeError(f"model_outputs ended with {done.returncode}: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    kinds = {"float32": numpy.float32, "int64": numpy.int64, "int32": numpy.int32, "bool": numpy.bool_}
    return {output["name"]: numpy.fromfile(folder / output["file"], dtype=kinds.get(output["type"], numpy.uint8))
            for output in answer["outputs"]}


def find_difference(build, path, image, folder):
    """Text about the first node that differs."""
    inner = folder / "inner.onnx"
    listed = first_difference.with_all_outputs(path, inner)
    theirs = run_ort(str(inner), image)
    ours = run_ours(build, str(inner), image, folder)
    return first_difference.first_difference(listed, theirs, ours, distance, LARGEST_DISTANCE)


def compare(build, family, exporter, folder):
    """One row; raises with the reason where a peer cannot take part."""
    network, image = families.build(family), families.picture(family)
    path = str(folder / "network.onnx")
    families.export(network, image, exporter, path)
    pixels = image.numpy()
    import torch
    with torch.no_grad():
        torch_logits = network(image).numpy()
    ort_logits = next(iter(run_ort(path, pixels).values()))
    row = {"family": family, "exporter": exporter, "torch_ort": distance(torch_logits, ort_logits)}
    try:
        ours = next(iter(run_ours(build, path, pixels, folder).values()))
    except RuntimeError as failure:
        return {**row, "passed": False, "why": str(failure)}
    row |= {"ort": distance(ours, ort_logits), "torch": distance(ours, torch_logits),
            "top5": top5(ours) == top5(ort_logits) == top5(torch_logits)}
    row["passed"] = row["ort"] <= LARGEST_DISTANCE and top5(ours) == top5(ort_logits)
    if not row["passed"]:
        try:
            row["why"] = find_difference(build, path, pixels, folder) or "no tensor inside differs without fusions"
        except Exception as failure:  # the comparison has failed already; this only explains
            row["why"] = f"the tensors inside could not be compared: {failure}"
    return row


def line(row):
    if row.get("skipped"):
        return f"| {row['family']} | {row['exporter']} | - | - | - | - | skipped: {row['why']} |"
    numbers = [f"{row[key]:.1e}" if key in row else "-" for key in ("ort", "torch", "torch_ort")]
    same = "yes" if row.get("top5") else "no"
    return f"| {row['family']} | {row['exporter']} | {' | '.join(numbers)} | {same} | {row.get('why', '')} |"


def main():
    chosen = options.parse(sys.argv[1:])
    rows = []
    print("| Family | Exporter | Ours to ONNX Runtime | Ours to PyTorch | PyTorch to ONNX Runtime | Same five classes | |",
          "| --- | --- | --- | --- | --- | --- | --- |", sep="\n", flush=True)
    for family in chosen.families:
        for exporter in chosen.exporters:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    row = compare(chosen.build, family, exporter, pathlib.Path(folder))
                except Exception as failure:  # a peer or an exporter that cannot: not ours to fail for
                    reason = f"{type(failure).__name__}: {failure}".strip().splitlines()[0][:160]
                    row = {"family": family, "exporter": exporter, "skipped": True, "why": reason}
            rows.append(row)
            print(line(row), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    passed = sum(row.get("passed", False) for row in rows)
    skipped = sum(row.get("skipped", False) for row in rows)
    print(f"{passed} passed, {len(rows) - passed - skipped} failed, {skipped} skipped")
    sys.exit(len(rows) > passed + skipped)


if __name__ == "__main__":
    main()
