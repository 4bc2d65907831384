# SPDX-License-Identifier: MIT
"""The results as a Markdown table."""

import statistics

import engines

OURS = "ours"
NOTEWORTHY_DEVIATION = 1e-2
NOTEWORTHY_BUSY = 0.1


def families(names):
    return list(dict.fromkeys(engines.PEERS[name].family for name in names))


def best_of(results, family):
    """Name and result of the family's fastest variant, or None."""
    timed = [(result["median_ms"], name) for name, result in results.items()
             if name != OURS and engines.PEERS[name].family == family and "median_ms" in result]
    return (min(timed)[1], results[min(timed)[1]]) if timed else None


def best_peer(results):
    """Name and median of the fastest peer that computes in fp32, or None."""
    timed = [(result["median_ms"], name) for name, result in results.items()
             if name != OURS and "median_ms" in result and result["precision"] == "fp32"]
    return min(timed)[::-1] if timed else None


def deviation(result, reference):
    """Largest difference of the sampled outputs in standard deviations of the reference."""
    scale = statistics.pstdev(reference["sample"] or [0.0]) or 1.0
    return max((abs(a - b) for a, b in zip(result["sample"], reference["sample"])), default=0.0) / scale


def add_deviations(results):
    """Adds "deviation" to every result: how far its output is from that of ONNX Runtime, else of the first engine."""
    timed = {name: result for name, result in results.items() if "median_ms" in result}
    if timed:
        reference = timed.get("onnxruntime") or next(iter(timed.values()))
        for result in timed.values():
            result["deviation"] = deviation(result, reference)


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def row(case, columns):
    results = case["engines"]
    ours = results.get(OURS, {}).get("median_ms")
    cells = [case["model"], str(case["batch"]), str(case["threads"]), number(ours)]
    for family in columns:
        found = best_of(results, family)
        cells.append(number(found[1]["median_ms"] if found else None))
    peer, limit = best_peer(results), case["limit_ms"]
    cells.append(f"{peer[0]} {number(peer[1])}" if peer else "-")
    cells.append(number(peer[1] / ours if peer and ours else None))
    cells.append(f"{100 * limit['best'] / ours:.0f} %" if limit and ours else "-")
    return cells


def table(cases, names):
    columns = families(names)
    head = ["Network", "Batch", "Threads", "Ours, ms", *columns, "Best fp32 peer", "Ratio", "Share of the limit"]
    lines = [head, ["---"] * len(head), *(row(case, columns) for case in cases)]
    ratios = {}
    for case in cases:
        ours, peer = case["engines"].get(OURS, {}).get("median_ms"), best_peer(case["engines"])
        if ours and peer:
            ratios.setdefault((case["batch"], case["threads"]), []).append(peer[1] / ours)
    for (batch, threads), values in ratios.items():
        lines.append(["geometric mean", str(batch), str(threads), *[""] * (len(columns) + 2),
                      number(statistics.geometric_mean(values)), ""])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def notes(cases):
    """What a reader must know: engines that did not run, outputs that differ, a machine that was not idle."""
    found = {}
    for case in cases:
        for name, result in case["engines"].items():
            if "error" in result:
                found.setdefault(f"{name}: {result['error']}", []).append(case["model"])
            elif result["deviation"] > NOTEWORTHY_DEVIATION and result["precision"] == "fp32":
                found.setdefault(f"{name}: output differs by more than {NOTEWORTHY_DEVIATION} standard deviations",
                                 []).append(case["model"])
        if case["others_busy"] > NOTEWORTHY_BUSY:
            found.setdefault("other programs took part of the machine", []).append(case["model"])
    return [f"* {what} ({', '.join(dict.fromkeys(models))})" for what, models in found.items()]
