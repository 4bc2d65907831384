#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times our engine and ONNX Runtime on the same models in one interleaved run and prints medians and ratios.

    tests/bench/beside_onnxruntime.py --engine build/tests/bench/engine_worker MODEL.onnx ... [--threads 1 2] [--batch 1]

Needs the PyPI packages onnxruntime and numpy. One process per engine; the one whose turn it is not is stopped, so that
spinning threads do not disturb; the order alternates from round to round; the median over all rounds is reported.
"""
import argparse, json, os, signal, statistics, subprocess, sys


def onnxruntime_worker():
    import time
    import numpy as np
    import onnxruntime as ort
    session = feeds = None
    for line in sys.stdin:
        request = json.loads(line)
        if "load" in request:
            options = ort.SessionOptions()
            options.intra_op_num_threads = request["threads"]
            options.log_severity_level = 3
            start = time.perf_counter()
            session = ort.InferenceSession(request["load"], options, providers=["CPUExecutionProvider"])
            load_ms = (time.perf_counter() - start) * 1e3
            kinds = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
            feeds = {}
            for tensor in session.get_inputs():
                shape = [d if isinstance(d, int) and i else (d if isinstance(d, int) and d > 1 else request["batch"])
                         for i, d in enumerate(tensor.shape)]
                count = int(np.prod(shape))
                values = (np.arange(count, dtype=np.int64) * 7919 % 2003) / 1001.5 - 1
                feeds[tensor.name] = values.astype(kinds[tensor.type]).reshape(shape)
            start = time.perf_counter()
            try:
                session.run(None, feeds)
            except Exception as failure:  # a model with the batch 1 written into it
                print(json.dumps({"ok": False, "error": str(failure).splitlines()[0]}), flush=True)
                continue
            answer = {"ok": True, "load_ms": load_ms, "first_ms": (time.perf_counter() - start) * 1e3}
        else:
            times = []
            for _ in range(request["run"]):
                start = time.perf_counter()
                session.run(None, feeds)
                times.append((time.perf_counter() - start) * 1e3)
            answer = {"ms": times}
        print(json.dumps(answer), flush=True)


class Engine:
    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.times = []

    def ask(self, request):
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        os.kill(self.process.pid, signal.SIGSTOP)
        return answer


def compare(engines, model, threads, batch, rounds, runs):
    for engine in engines:
        engine.times = []
        engine.load = engine.ask({"load": model, "batch": batch, "threads": threads})
        if not engine.load["ok"]:
            return f"{os.path.basename(model):44} t{threads} b{batch}  {engine.name}: {engine.load['error']}"
        engine.ask({"run": 3})
    for round_index in range(rounds):
        for engine in engines if round_index % 2 else engines[::-1]:
            engine.times += engine.ask({"run": runs})["ms"]
    ours, theirs = (statistics.median(engine.times) for engine in engines)
    return (f"{os.path.basename(model):44} t{threads} b{batch}  ours {ours:8.2f} ms  onnxruntime {theirs:8.2f} ms  "
            f"ratio {theirs / ours:5.2f}  open {engines[0].load['load_ms']:6.0f} / {engines[1].load['load_ms']:6.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*")
    parser.add_argument("--engine", default="build/tests/bench/engine_worker")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--onnxruntime-worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.onnxruntime_worker:
        return onnxruntime_worker()
    import onnxruntime
    print(f"onnxruntime {onnxruntime.__version__}, median of {options.rounds * options.runs} runs")
    engines = [Engine("ours", [options.engine]), Engine("onnxruntime", [sys.executable, __file__, "--onnxruntime-worker"])]
    for model in options.models:
        for threads in options.threads:
            print(compare(engines, model, threads, options.batch, options.rounds, options.runs), flush=True)
    for engine in engines:
        os.kill(engine.process.pid, signal.SIGCONT)
        engine.process.kill()


if __name__ == "__main__":
    main()
