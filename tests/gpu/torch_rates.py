#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times of PyTorch for the same networks: fp16, channels_last, compiled, in CUDA graphs.

torch_rates.py OUT.json SECONDS NAME...   names of torchvision's models; writes {name: {batch: ms}}
"""
import json
import statistics
import sys
import time

BATCHES = (1, 8, 32, 256)
RUNS = 15


def measure(network, batch, torch):
    """Milliseconds of one batch on the device, by events, with a new input each time so that the L2 is cold."""
    inputs = [torch.randn(batch, 3, 224, 224, device="cuda", dtype=torch.float16).to(memory_format=torch.channels_last)
              for _ in range(4)]
    static = inputs[0].clone(memory_format=torch.channels_last)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            network(static)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        network(static)
    times = []
    for run in range(RUNS + 3):
        static.copy_(inputs[run % 4])
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times[3:])


def main():
    out, limit, names = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    try:
        import torch
        import torchvision
    except ImportError as missing:
        json.dump({"skipped": str(missing)}, open(out, "w"))
        return
    start, rates = time.monotonic(), {}
    for compiled in (False, True):
        for name in names:
            for batch in BATCHES:
                if time.monotonic() - start > limit:
                    break
                entry = rates.setdefault(name, {}).setdefault(str(batch), {})
                try:
                    with torch.inference_mode():
                        network = torchvision.models.get_model(name).eval().cuda().half().to(memory_format=torch.channels_last)
                        if compiled:
                            network = torch.compile(network)
                        entry["compiled" if compiled else "eager"] = measure(network, batch, torch)
                except Exception as failure:  # one network's trouble is no other's
                    entry["error"] = str(failure).splitlines()[0]
                torch._dynamo.reset()
            json.dump({"torch": torch.__version__, "cudnn": torch.backends.cudnn.version(), "ms": rates}, open(out, "w"))


if len(sys.argv) < 4:
    sys.exit(__doc__)
main()
