#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts what gpu-check has measured into one JSON file and prints the tables. report.py FOLDER RESULT.json"""
import json
import pathlib
import sys

# Of an H200, as measured (bytes/s, FLOP/s in fp16); other GPUs are held against it too, for comparison.
BYTES_PER_SECOND, FLOPS = 4.3e12, 790e12


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def bound_ms(layer):
    """The least time of a layer: its arithmetic or its bytes."""
    bytes_moved = layer["activation_bytes"] + layer["constant_bytes"]
    return 1e3 * max(2 * layer["macs"] / FLOPS, bytes_moved / BYTES_PER_SECOND)


def worst_layers(result, count=3):
    gaps = [(layer["ms"] - bound_ms(layer), layer) for layer in result.get("layers", [])]
    gaps.sort(key=lambda gap: -gap[0])
    return [{"name": layer["name"], "type": layer["type"], "algorithm": layer["algorithm"], "ms": layer["ms"],
             "bound_ms": bound_ms(layer)} for _, layer in gaps[:count]]


def pool_lines(name, result):
    """What computes each pooling: cuDNN's engine, where it was faster than the own kernel."""
    pools = [layer for layer in result.get("layers", []) if layer["type"].endswith("Pool")]
    return [f"{name}, batch {result['batch']}: {layer['name']} ({layer['type']}) by {layer['algorithm']},"
            f" {1e3 * layer['ms']:.1f} us" for layer in pools]


def operators(work):
    """Counts of the operator cases, and those that fell back to the CPU, with the reasons."""
    found = read(work / "operators.json")
    if not found:
        return None
    cases = [case for suite in found["testsuites"] for case in suite["testsuite"]]
    return {"run": len(cases), "failed": [f"{c['classname']}.{c['name']}" for c in cases if c.get("failures")],
            "on_the_cpu": {f"{c['classname']}.{c['name']}": c["cpu"] for c in cases if "cpu" in c}}


def main():
    work, out = pathlib.Path(sys.argv[1]), sys.argv[2]
    networks, pytorch = read(work / "networks.json") or {}, read(work / "pytorch.json") or {}
    report = {
        "versions": (work / "versions.txt").read_text().splitlines(),
        "failed_sections": [line for line in (work / "failed.txt").read_text().splitlines() if line],
        "operators": operators(work), "frames": read(work / "frames.json"), "networks": networks.get("networks"), "failed": networks.get("failed"),
        "pytorch": pytorch,
        "logs": {path.stem: path.read_text(errors="replace")[-4000:] for path in sorted(work.glob("*.txt"))},
    }
    lines = []
    print("| network | precision | batch | ms on the GPU | images/s | PyTorch compiled ms | ratio | relative L2 |")
    print("|---|---|---|---|---|---|---|---|")
    for name, results in (networks.get("networks") or {}).items():
        for result in results:
            if "error" in result:
                print(f"| {name} | {result['precision']} | {result['batch']} | {result['error']} | | | | |")
                continue
            result["worst_layers"] = worst_layers(result)
            lines += pool_lines(name, result)
            peer = pytorch.get("ms", {}).get(name, {}).get(str(result["batch"]), {})
            best = min((ms for kind, ms in peer.items() if kind != "error"), default=None)
            beside = result["precision"] == "fp16" and best is not None
            print(f"| {name} | {result['precision']} | {result['batch']} | {result['device_ms']:.3f} |"
                  f" {result['images_per_s']:.0f} | {f'{best:.3f}' if beside else ''} |"
                  f" {f'''{best / result['device_ms']:.2f}''' if beside else ''} | {result['relative_l2']:.1e} |")
    print("\nPoolings:" if lines else "", *lines, sep="\n")
    pathlib.Path(out).write_text(json.dumps(report, indent=1) + "\n")
    print(f"written: {out}")
    return 1 if report["failed"] else 0


if len(sys.argv) != 3:
    sys.exit(__doc__)
sys.exit(main())
