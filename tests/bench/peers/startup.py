# SPDX-License-Identifier: MIT
"""How long engines take to open a network, and the memory that they then hold: every opening in a fresh process."""

import statistics

import engines
import report
import turns


def measure(commands, case, rounds):
    """Opens `case` with every engine of `commands` (name -> command line), one process at a time, `rounds` times with
    the order rotating. Returns name -> medians, or {"error": reason}."""
    names, answers, failures = list(commands), {name: [] for name in commands}, {}
    for index in range(rounds):
        first = index % max(1, len(names))
        for name in names[first:] + names[:first]:
            if name in failures:
                continue
            try:
                answers[name].append(open_once(name, commands[name], case))
            except turns.Lost as reason:
                failures[name] = {"error": str(reason)}
    return {name: failures.get(name) or medians(answers[name]) for name in names}


def open_once(name, command, case):
    contestant = turns.Contestant(name, command, case["threads"])
    try:
        answer = contestant.ask(case, turns.LOAD_LIMIT_S)
    finally:
        contestant.end()
    if not answer["ok"]:
        raise turns.Lost(answer["error"])
    return answer


def medians(answers):
    """Times in ms; memory in MiB beyond what the process held before: at rest after the first run, and the largest
    until then."""
    def median(value):
        return statistics.median(value(answer) for answer in answers)

    def resident(used):
        return used["anonymous"] + used["file"]

    def grown(value):
        return median(lambda answer: value(answer["memory"]["ran"]) - resident(answer["memory"]["before"])) / 1024
    return {"open_ms": median(lambda answer: answer["load_ms"]),
            "result_ms": median(lambda answer: answer["load_ms"] + answer["first_ms"]),
            "rest_mib": grown(resident), "peak_mib": grown(lambda used: used["peak"])}


def table(cases, names, title, key, digits):
    """One row a network, one column an engine, and how we stand beside the least of the others (below 1: lower)."""
    head = ["Network", "Threads", "File, MiB", report.OURS + title, *names, "Ours / least"]
    lines = [head, ["---"] * len(head)]
    for case in cases:
        values = {name: case["engines"].get(name, {}).get(key) for name in [report.OURS, *names]}
        ours = values[report.OURS]
        others = [values[name] for name in names if values[name] and engines.PEERS[name].precision == "fp32"]
        lines.append([case["model"], str(case["threads"]), report.number(case["file_bytes"] / 2**20, 1),
                      *(report.number(value, digits) for value in values.values()),
                      report.number(ours / min(others) if ours and others else None)])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def tables(cases, names):
    kinds = ((", ms to open", "open_ms", 1), (", ms to the first result", "result_ms", 1),
             (", peak MiB", "peak_mib", 0), (", MiB at rest", "rest_mib", 0))
    failed = [f"* {name}: {result['error']} ({case['model']})" for case in cases
              for name, result in case["engines"].items() if "error" in result]
    return "\n\n".join([*(table(cases, names, *kind) for kind in kinds), "\n".join(failed)]).strip()
