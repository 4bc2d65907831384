#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Predicts a network's time on more cores than this machine has, from the times of its layers on one core.

usage: simulate.py BUILD MODEL... [--cores 2 16 64] [--bandwidth GB/S]

A layer's time on one core is that of cnn-bench. On p cores it is divided by the pieces that its work can be cut into (at most four a core, none
below the size that is worth a thread's while), in whole rounds; it takes no less than its filters from memory at the stated bandwidth, and
each loop adds a start and an end. At batches the images are divided first. This is arithmetic, not a measurement.
"""

import argparse
import json
import math
import subprocess

LEAST_MACS = 5e4  # GemmSplit's least_work
JOIN_US = 1.0     # fork and join of two threads; each doubling of the threads adds as much
PIECES_PER_CORE = 4


def layers_of(build, model):
    command = [f"{build}/tools/cnn-bench", model, "--threads", "1", "--rounds", "8", "--layers", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["models"][0]["layers"]


def layer_us(layer, cores, bandwidth):
    alone = layer["median_us"]
    if alone <= 0:
        return 0.0
    pieces = max(1, min(PIECES_PER_CORE * cores, int(layer["macs"] / LEAST_MACS) if layer["macs"] else cores))
    divided = alone * math.ceil(pieces / min(cores, pieces)) / pieces
    join = JOIN_US * math.ceil(math.log2(cores)) if pieces > 1 else 0
    return max(divided, min(alone, layer["bytes"] / bandwidth / 1e3)) + join


def frame_us(layers, cores, batch, bandwidth):
    """Per image: images side by side as far as they go, the cores that are left inside of each."""
    abreast = min(batch, cores)
    inside = max(1, cores // abreast)
    one = sum(layer_us(layer, inside, bandwidth / abreast) for layer in layers)
    return one * math.ceil(batch / abreast) / batch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 16, 64])
    parser.add_argument("--bandwidth", type=float, default=200, help="GB/s of memory for all cores (default: 200)")
    options = parser.parse_args()
    print("| Network | Batch | One core, ms per image |", *(f"{cores} cores, ms (times) |" for cores in options.cores))
    print("|---|---|---|" + "---|" * len(options.cores))
    for model in options.models:
        layers = layers_of(options.build, model)
        alone = frame_us(layers, 1, 1, options.bandwidth)
        for batch in (1, 8, 64):
            times = [frame_us(layers, cores, batch, options.bandwidth) for cores in options.cores]
            cells = " | ".join(f"{time / 1e3:.2f} ({alone / time:.1f})" for time in times)
            print(f"| {model.rsplit('/', 1)[-1].split('.')[0]} | {batch} | {alone / 1e3:.2f} | {cells} |")


if __name__ == "__main__":
    main()
