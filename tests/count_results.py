# SPDX-License-Identifier: MIT
"""Adds up what `meson test` and the GoogleTest programs reported: single cases, not programs."""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree


def read_cases(file):
    """Yields (name, state, reason) of each case in a GoogleTest report."""
    for case in xml.etree.ElementTree.parse(file).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None:
            yield name, "failed", ""
        elif skipped is not None:
            reason = skipped.get("message") or (skipped.text or "").strip()
            yield name, "skipped", reason.splitlines()[-1] if reason else "no reason given"
        elif case.get("result", "completed") == "completed":
            yield name, "passed", ""
        else:
            yield name, "skipped", "disabled"


def read_programs(log):
    """Yields the entries of meson's log, one for each test program."""
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def program_state(result):
    return {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(result, "failed")


def main():
    build = pathlib.Path(sys.argv[1])
    log = build / "meson-logs" / "testlog.json"
    count = collections.Counter()
    failures, skips = [], collections.defaultdict(list)
    for program in read_programs(log):
        cases = []
        # The log says "project:suite / name", the report is called after the name alone.
        report = build / (program["name"].split(" / ")[-1].split(":")[-1] + ".xml")
        if report.exists():
            try:
                cases = list(read_cases(report))
            except xml.etree.ElementTree.ParseError:
                pass  # the program died while writing it; its own state tells
        state = program_state(program["result"])
        if not cases or (state == "failed" and all(case[1] != "failed" for case in cases)):
            cases.append((program["name"], state, f"see {log}"))
        for name, case_state, reason in cases:
            count[case_state] += 1
            if case_state == "failed":
                failures.append(name)
            elif case_state == "skipped":
                skips[reason].append(name)
    for reason, names in sorted(skips.items()):
        print(f"skipped {len(names)}: {reason} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})")
    for name in failures:
        print(f"failed: {name}")
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
