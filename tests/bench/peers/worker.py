# SPDX-License-Identifier: MIT
"""One peer in a process of its own, beside tests/bench/engine_worker.cpp: JSON lines in, JSON lines out.

    worker.py ENGINE
    {"load": path, "batch": b, "threads": t, ...}  -> {"ok": true, "load_ms": .., "first_ms": .., "precision": ..,
                                                       "sample": [..], "memory": {"before", "opened", "ran": {..}}}
                                                      or {"ok": false, "error": ..}
    {"run": n}                                     -> {"ms": [n times one batch]}
"""

import gc
import importlib
import json
import os
import sys
import time

import engines

MEMORY = {"VmHWM:": "peak", "RssAnon:": "anonymous", "RssFile:": "file"}


def ramp(shape):
    """The input that engine_worker.cpp has too."""
    import numpy
    count = int(numpy.prod(shape))
    values = (numpy.arange(count, dtype=numpy.int64) * 7919 % 2003).astype(numpy.float32) / numpy.float32(1001.5) - 1
    return numpy.ascontiguousarray(values.astype(numpy.float32).reshape(shape))


def sample(result):
    """32 evenly spaced values."""
    import numpy
    values = numpy.asarray(result, dtype=numpy.float32).ravel()
    return [float(values[i * (values.size - 1) // 31]) for i in range(32)]


def milliseconds(function):
    start = time.perf_counter()
    result = function()
    return (time.perf_counter() - start) * 1e3, result


def memory():
    """Resident KiB of this process."""
    with open("/proc/self/status", encoding="ascii") as status:
        fields = [line.split() for line in status]
    return {MEMORY[field[0]]: int(field[1]) for field in fields if field[0] in MEMORY}


def forget_peak():
    """Makes the peak of memory begin at what is resident now."""
    gc.collect()
    with open("/proc/self/clear_refs", "w", encoding="ascii") as clear:
        clear.write("5")


def load(name, request):
    engine_class = engines.PEERS[name]
    engine_class.convert(request)
    importlib.import_module(engine_class.module)  # not part of opening a network
    values = ramp(request["shape"])
    forget_peak()
    used = {"before": memory()}
    load_ms, engine = milliseconds(lambda: engine_class(request, values))
    used["opened"] = memory()
    first_ms, result = milliseconds(engine.run)
    used["ran"] = memory()
    return engine, {"ok": True, "load_ms": load_ms, "first_ms": first_ms, "precision": engine_class.precision,
                    "sample": sample(result), "memory": used}


def main():
    # Libraries write on standard output what they like: the answers keep it for themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    engine = None
    for line in sys.stdin:
        request = json.loads(line)
        if "load" in request:
            try:
                engine, answer = load(sys.argv[1], request)
            except Exception as failure:
                answer = {"ok": False, "error": f"{type(failure).__name__}: {failure}".strip().splitlines()[0][:200]}
        else:
            answer = {"ms": [milliseconds(engine.run)[0] for _ in range(request["run"])]}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
