#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times all engines on all models, or measures how they start, writes the results as JSON after every case and prints
a table at the end."""

import datetime
import importlib.metadata
import json
import pathlib
import sys

import engines
import limits
import models
import options
import report
import startup
import turns


def versions(names):
    """package -> version, of what is installed."""
    found = {}
    for package in sorted({package for name in names for package in engines.PEERS[name].packages.values()}):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def commands(chosen, batch, threads):
    worker = pathlib.Path(__file__).with_name("worker.py")
    lines = {report.OURS: [str(chosen.build / "tests" / "bench" / "engine_worker")]}
    for name in chosen.engines:
        if engines.PEERS[name].fits(batch, threads):
            lines[name] = [sys.executable, str(worker), name]
    return lines


def run_case(chosen, model, batch, threads, rates):
    case = models.case_of(model, batch, threads, chosen.cache)
    if chosen.startup:
        return {"model": pathlib.Path(model).stem, "threads": threads,
                "file_bytes": pathlib.Path(case["load"]).stat().st_size,
                "engines": startup.measure(commands(chosen, batch, threads), case, chosen.rounds)}
    results, others = turns.compare(commands(chosen, batch, threads), case, chosen.rounds, chosen.turn_ms)
    report.add_deviations(results)
    layers = limits.layers(chosen.build, case["single"])
    return {"model": pathlib.Path(model).stem, "batch": batch, "threads": threads, "engines": results,
            "limit_ms": limits.limit_ms(layers, batch, rates) if layers else None, "others_busy": others}


def main():
    chosen = options.parse(sys.argv[1:])
    for program in ("tests/bench/engine_worker", "tools/cnn-bench", "tools/cnn-inspect"):
        if not (chosen.build / program).exists():
            sys.exit(f"peers: {chosen.build / program} is missing: build first (ninja -C {chosen.build})")
    everyday = options.ROOT / "models" / "everyday.onnx"
    rates = {threads: {} if chosen.startup else limits.machine(chosen.build, everyday, threads)
             for threads in chosen.threads}
    cases = []
    record = {"date": datetime.date.today().isoformat(), "versions": versions(chosen.engines), "machine": rates,
              "cases": cases}
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    for model in chosen.models:
        for batch in chosen.batch:
            for threads in chosen.threads:
                print(f"peers: {model}, batch {batch}, threads {threads}", file=sys.stderr)
                try:
                    cases.append(run_case(chosen, model, batch, threads, rates[threads]))
                except models.Unfit as reason:
                    print(f"peers: {model} {reason}", file=sys.stderr)
                chosen.json.write_text(json.dumps(record, indent=1), encoding="utf-8")
    if chosen.startup:
        print(startup.tables(cases, chosen.engines), "", sep="\n")
    else:
        print(report.table(cases, chosen.engines), "", *report.notes(cases), "", sep="\n")
    cpu = [rate["cpu"] for rate in list(rates.values())[:1] if rate]
    print(*cpu, record["date"], *(f"{package} {version}" for package, version in record["versions"].items()), sep=", ")


if __name__ == "__main__":
    main()
