#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports networks of every family, runs them in PyTorch, ONNX Runtime and our engine, and compares what they answer."""

import json
import pathlib
import sys
import tempfile

import families
import first_difference
import integers
import light
import options
from engines import LARGEST_DISTANCE, distance, run_ort, run_ours, top5


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
    if chosen.light:
        sys.exit(light.main(chosen))
    if chosen.integers is not None:
        sys.exit(integers.main(chosen))
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
