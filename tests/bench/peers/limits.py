# SPDX-License-Identifier: MIT
"""The least time in which a machine can run a network: for each layer the larger of arithmetic and memory traffic.

The machine's rates come from cnn-bench, the layers from cnn-inspect. Every byte comes at least from the second-level
cache; weights come from memory when all of them together exceed the last-level cache.
"""

import json
import math
import subprocess

# Winograd's F(m x m, 3 x 3), Lavin and Gray 2015 (arXiv 1509.09308): additions of one transform of length m + 2.
TRANSFORM_ADDITIONS = {2: 4, 4: 12, 6: 24}
LEAST_CHANNELS = 8  # with fewer the transforms cost more than they bring


def tool_json(build, tool, *arguments):
    result = subprocess.run([build / "tools" / tool, *arguments, "--json", "--device", "cpu"], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)


def machine(build, model, threads):
    """Peaks with `threads` threads; `model` is any file that loads."""
    return tool_json(build, "cnn-bench", model, "--rounds", "1", "--threads", str(threads))["machine"]


def layers(build, path):
    """None where our engine does not open the file."""
    try:
        return tool_json(build, "cnn-inspect", path)["layers"]
    except subprocess.CalledProcessError:
        return None


def winograd(layer, m):
    """Products, transformed weights and additions of a layer at batch 1, all relative to what they replace: (share of
    the MACs, share of the weights' bytes, additions). None where the algorithm does not apply."""
    if layer["operator"] != "Conv" or [layer["kernel"], layer["stride"], layer["dilation"]] != [[3, 3], [1, 1], [1, 1]]:
        return None
    _, outputs, height, width = layer["output_shape"]
    inputs = layer["macs"] // (outputs * height * width * 9)
    if inputs < LEAST_CHANNELS:
        return None
    tiles = math.ceil(height / m) * math.ceil(width / m)
    side = m + 2
    additions = tiles * TRANSFORM_ADDITIONS[m] * (inputs * 2 * side + outputs * (side + m))
    growth = side * side / 9
    return growth * tiles / (height * width), growth, additions


def limit_ms(network, batch, rates):
    """{"direct": .., "best": ..}: with all multiplications, and with Winograd's where they take less time."""
    peak = rates["fp32_gflop_per_s"] * 1e9
    cache, memory = rates["cache_read_gb_per_s"] * 1e9, rates["memory_read_gb_per_s"] * 1e9
    spills = sum(layer["constant_bytes"] for layer in network) > rates["last_cache_bytes"]

    def seconds(macs, weights, activations):
        traffic = (weights + activations) / cache
        return max(2 * macs / peak, max(traffic, weights / memory) if spills else traffic)

    direct = best = 0.0
    for layer in network:
        macs, activations = layer["macs"] * batch, layer["activation_bytes"] * batch
        choices = [seconds(macs, layer["constant_bytes"], activations)]
        for m in TRANSFORM_ADDITIONS:
            if scaled := winograd(layer, m):
                products, growth, additions = scaled
                # An addition takes the place of a multiply-add, which counts as two.
                choices.append(seconds(macs * products, layer["constant_bytes"] * growth, activations)
                               + additions * batch * 2 / peak)
        direct += choices[0]
        best += min(choices)
    return {"direct": direct * 1e3, "best": best * 1e3}
